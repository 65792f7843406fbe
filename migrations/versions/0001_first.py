"""The first schema: people, schemes, ledger, activities, tallies, imports, notices, audit, jobs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.append_only import protect

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("sign_in_id", ID, nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_action_object_id", "audit_event", ["action", "object_id"], unique=False)
    op.create_index("ix_audit_event_at", "audit_event", ["at"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("dedupe", sa.String(length=120), nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("doing", sa.String(length=100), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'dead')", name=op.f("ck_job_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_job_dedupe")),
    )
    op.create_index(
        "ix_job_due",
        "job",
        ["next_at", "id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "member",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("initials", sa.String(length=40), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("number", name=op.f("uq_member_number")),
    )
    op.create_index(op.f("ix_member_initials"), "member", ["initials"], unique=False)
    op.create_index(op.f("ix_member_name"), "member", ["name"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("secretary", sa.String(length=100), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('district','street','township','office','enterprise','community','village','branch')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_organisation_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
    )
    op.create_index(op.f("ix_organisation_name"), "organisation", ["name"], unique=False)
    op.create_index(op.f("ix_organisation_parent_id"), "organisation", ["parent_id"], unique=False)
    op.create_table(
        "period_run",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "period", name=op.f("pk_period_run")),
    )
    op.create_table(
        "rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
        sa.UniqueConstraint("code", name=op.f("uq_rule_code")),
    )
    op.create_table(
        "member_category",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_member_category_days")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_category_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_category")),
        sa.UniqueConstraint("member_id", "starts_on", name=op.f("uq_member_category_member_id_starts_on")),
    )
    op.create_index(
        "uq_member_category_open",
        "member_category",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("ends_on IS NULL"),
        postgresql_where=sa.text("ends_on IS NULL"),
    )
    op.create_table(
        "membership",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_membership_days")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_membership_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_membership_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("member_id", "starts_on", name=op.f("uq_membership_member_id_starts_on")),
    )
    op.create_index(
        "ix_membership_organisation_id_member_id", "membership", ["organisation_id", "member_id"], unique=False
    )
    op.create_index(
        "uq_membership_open",
        "membership",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("ends_on IS NULL"),
        postgresql_where=sa.text("ends_on IS NULL"),
    )
    op.create_table(
        "organisation_reach",
        sa.Column("above_id", ID, nullable=False),
        sa.Column("below_id", ID, nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["above_id"], ["organisation.id"], name=op.f("fk_organisation_reach_above_id")),
        sa.ForeignKeyConstraint(["below_id"], ["organisation.id"], name=op.f("fk_organisation_reach_below_id")),
        sa.PrimaryKeyConstraint("above_id", "below_id", name=op.f("pk_organisation_reach")),
    )
    op.create_index(op.f("ix_organisation_reach_below_id"), "organisation_reach", ["below_id"], unique=False)
    op.create_table(
        "previous_total",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("cycle_starts_on", sa.Date(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.CheckConstraint("source IN ('declared', 'tally')", name=op.f("ck_previous_total_source")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_previous_total_member_id")),
        sa.PrimaryKeyConstraint("member_id", "cycle_starts_on", name=op.f("pk_previous_total")),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("display", sa.String(length=20), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("display IN ('plain', 'elder')", name=op.f("ck_sign_in_display")),
        sa.CheckConstraint("role <> 'member' OR member_id IS NOT NULL", name=op.f("ck_sign_in_member")),
        sa.CheckConstraint(
            "role IN ('district_admin','supervisor','secretary','member','auditor','system_admin')",
            name=op.f("ck_sign_in_role"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sign_in_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_sign_in_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("name", name=op.f("uq_sign_in_name")),
    )
    op.create_index(op.f("ix_sign_in_member_id"), "sign_in", ["member_id"], unique=False)
    op.create_index(op.f("ix_sign_in_organisation_id"), "sign_in", ["organisation_id"], unique=False)
    op.create_table(
        "browser_session",
        sa.Column("id", ID, nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("sign_in_id", ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_browser_session_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_session")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_browser_session_key_hash")),
    )
    op.create_index(op.f("ix_browser_session_sign_in_id"), "browser_session", ["sign_in_id"], unique=False)
    op.create_table(
        "column_choice",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("heading", sa.String(length=200), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["chosen_by_id"], ["sign_in.id"], name=op.f("fk_column_choice_chosen_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_choice")),
        sa.UniqueConstraint("kind", "heading", name=op.f("uq_column_choice_kind_heading")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("sign_in_id", ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", JSON, nullable=False),
        sa.Column("location", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_idempotency_key_sign_in_id")),
        sa.PrimaryKeyConstraint("sign_in_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "import",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("organisation_id", ID, nullable=True),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("doubtful", JSON, nullable=False),
        sa.Column("problem", JSON, nullable=True),
        sa.Column("marks", JSON, nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "kind IN ('organisations','members','scheme','attendance','entries')", name=op.f("ck_import_kind")
        ),
        sa.CheckConstraint(
            "status IN ('queued','running','mapping','checked','done','failed','undone')", name=op.f("ck_import_status")
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_import_created_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_import_job_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_import_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    op.create_index(op.f("ix_import_created_by_id"), "import", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_import_organisation_id"), "import", ["organisation_id"], unique=False)
    op.create_table(
        "meeting",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_meeting_created_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_meeting_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint(
            "organisation_id", "held_on", "kind", "title", name=op.f("uq_meeting_organisation_id_held_on_kind_title")
        ),
    )
    op.create_index("ix_meeting_held_on", "meeting", ["held_on"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("sign_in_id", ID, nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.Column("link", sa.String(length=300), nullable=True),
        sa.Column("dedupe", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_notice_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_notice_dedupe")),
    )
    op.create_index("ix_notice_sign_in_id_id", "notice", ["sign_in_id", "id"], unique=False)
    op.create_table(
        "scheme",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", ID, nullable=True),
        sa.CheckConstraint("status IN ('draft', 'published')", name=op.f("ck_scheme_status")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_scheme_created_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_scheme_organisation_id")),
        sa.ForeignKeyConstraint(["published_by_id"], ["sign_in.id"], name=op.f("fk_scheme_published_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme")),
        sa.UniqueConstraint("organisation_id", "version", name=op.f("uq_scheme_organisation_id_version")),
    )
    op.create_index(
        "ix_scheme_organisation_id_status_starts_on", "scheme", ["organisation_id", "status", "starts_on"], unique=False
    )
    op.create_table(
        "tally",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("cutoff_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("unreckoned", sa.Integer(), nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by_id", ID, nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued','running','computed','failed','publicised','sealed')", name=op.f("ck_tally_status")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_tally_job_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_tally_organisation_id")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["sign_in.id"], name=op.f("fk_tally_requested_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
        sa.UniqueConstraint("organisation_id", "period", name=op.f("uq_tally_organisation_id_period")),
    )
    op.create_table(
        "token",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("sign_in_id", ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_token_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_token_token_hash")),
    )
    op.create_index(op.f("ix_token_sign_in_id"), "token", ["sign_in_id"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("id", ID, nullable=False),
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("mark", sa.String(length=10), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by_id", ID, nullable=True),
        sa.CheckConstraint(
            "mark IS NULL OR mark IN ('present','late','leave','absent')", name=op.f("ck_attendance_mark")
        ),
        sa.ForeignKeyConstraint(["marked_by_id"], ["sign_in.id"], name=op.f("fk_attendance_marked_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_attendance_meeting_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_attendance_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("meeting_id", "member_id", name=op.f("uq_attendance_meeting_id_member_id")),
    )
    op.create_index(op.f("ix_attendance_member_id"), "attendance", ["member_id"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("rule_id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=True),
        sa.Column("matter", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", ID, nullable=True),
        sa.Column("natural_key", sa.String(length=120), nullable=True),
        sa.Column("reverses_id", ID, nullable=True),
        sa.CheckConstraint("(source = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_entry_reversal")),
        sa.CheckConstraint(
            "source IN ('single','batch','meeting','import','reversal','declaration','receipt','merge','pledge',"
            "'service')",
            name=op.f("ck_entry_source"),
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["organisation.id"], name=op.f("fk_entry_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_entry_member_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["sign_in.id"], name=op.f("fk_entry_recorded_by_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["entry.id"], name=op.f("fk_entry_reverses_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["rule.id"], name=op.f("fk_entry_rule_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_entry_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_entry_natural_key")),
    )
    op.create_index("ix_entry_branch_id_occurred_on", "entry", ["branch_id", "occurred_on"], unique=False)
    op.create_index("ix_entry_member_id_id", "entry", ["member_id", "id"], unique=False)
    op.create_index(
        "ix_entry_reckoning",
        "entry",
        ["member_id", "rule_id", "occurred_on", "points", "recorded_at", "reverses_id", "matter"],
        unique=False,
        postgresql_include=["id"],
    )
    op.create_index(
        "ix_entry_reversals",
        "entry",
        ["member_id", "reverses_id"],
        unique=False,
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_include=["recorded_at"],
    )
    op.create_index("ix_entry_source_source_id", "entry", ["source", "source_id"], unique=False)
    op.create_index(
        "uq_entry_reverses_id",
        "entry",
        ["reverses_id"],
        unique=True,
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "rejected_row",
        sa.Column("id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("sheet", sa.String(length=200), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=200), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.Column("cells", JSON, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_rejected_row_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_row")),
    )
    op.create_index("ix_rejected_row_import_id_id", "rejected_row", ["import_id", "id"], unique=False)
    op.create_table(
        "standing",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("cycle_starts_on", sa.Date(), nullable=False),
        sa.Column("raw", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("carried", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("veto", sa.Boolean(), nullable=False),
        sa.Column("groups", JSON, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["organisation.id"], name=op.f("fk_standing_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_standing_member_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_standing_scheme_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_standing")),
    )
    op.create_index("ix_standing_branch_id_total", "standing", ["branch_id", "total", "member_id"], unique=False)
    op.create_index("ix_standing_total", "standing", ["total"], unique=False)
    op.create_table(
        "tally_result",
        sa.Column("tally_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("raw", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("carried", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("veto", sa.Boolean(), nullable=False),
        sa.Column("groups", JSON, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.PrimaryKeyConstraint("tally_id", "version", "member_id", name=op.f("pk_tally_result")),
    )
    op.create_index(
        "ix_tally_result_branch",
        "tally_result",
        ["tally_id", "version", "branch_id", "scheme_id", "grade"],
        unique=False,
    )
    op.create_index(
        "ix_tally_result_order", "tally_result", ["tally_id", "version", "total", "member_id"], unique=False
    )
    protect("entry")
    protect("audit_event")
