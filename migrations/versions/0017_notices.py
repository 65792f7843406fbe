"""Notices: announcements, reminders, channels to the outside, messages that wait or were given up, wishes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sign_in_ids", JSON, nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.Column("link", sa.String(length=300), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("n > 0", name=op.f("ck_reminder_n")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("subject", "kind", "n", name=op.f("uq_reminder_subject_kind_n")),
    )
    op.create_index(
        "ix_reminder_due",
        "reminder",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("told_at IS NULL AND stopped_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL AND stopped_at IS NULL"),
    )
    op.create_table(
        "announcement",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("sign_in_ids", JSON, nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=True),
        sa.Column("open_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience IN ('everybody','leaders','named')", name=op.f("ck_announcement_audience")),
        sa.CheckConstraint(
            "topic IN ('announcement','work','result','check','system')", name=op.f("ck_announcement_topic")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["sign_in.id"], name=op.f("fk_announcement_author_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_announcement_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    op.create_index(op.f("ix_announcement_author_id"), "announcement", ["author_id"], unique=False)
    op.create_index(
        "ix_announcement_due",
        "announcement",
        ["open_at"],
        unique=False,
        sqlite_where=sa.text("opened_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("opened_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_index("ix_announcement_organisation_id_id", "announcement", ["organisation_id", "id"], unique=False)
    op.create_table(
        "channel",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", JSON, nullable=False),
        sa.Column("hint", sa.String(length=200), nullable=False),
        sa.Column("topics", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("away_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('wecom','dingtalk','feishu','mail','gateway')", name=op.f("ck_channel_kind")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_channel_created_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_channel_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
    )
    op.create_index(op.f("ix_channel_organisation_id"), "channel", ["organisation_id"], unique=False)
    op.create_table(
        "notice_wish",
        sa.Column("sign_in_id", ID, nullable=False),
        sa.Column("mail", sa.String(length=200), nullable=True),
        sa.Column("topics", JSON, nullable=False),
        sa.Column("quiet", sa.String(length=20), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_notice_wish_sign_in_id")),
        sa.PrimaryKeyConstraint("sign_in_id", name=op.f("pk_notice_wish")),
    )
    op.create_table(
        "outgoing",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("sign_in_id", ID, nullable=True),
        sa.Column("dedupe", sa.String(length=160), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("lines", JSON, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("status IN ('waiting','sent','dead','given_up')", name=op.f("ck_outgoing_status")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_outgoing_channel_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["sign_in.id"], name=op.f("fk_outgoing_settled_by_id")),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_outgoing_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_outgoing_dedupe")),
    )
    op.create_index(
        "ix_outgoing_dead",
        "outgoing",
        ["channel_id", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'dead'"),
        postgresql_where=sa.text("status = 'dead'"),
    )
    op.create_index(
        "ix_outgoing_waiting",
        "outgoing",
        ["channel_id", "next_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.add_column("job", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("settled_by_id", ID, nullable=True))
    op.add_column("job", sa.Column("reason", sa.String(length=500), nullable=True))
    op.create_index(
        "ix_job_dead",
        "job",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status = 'dead' AND settled_at IS NULL"),
        postgresql_where=sa.text("status = 'dead' AND settled_at IS NULL"),
    )
    op.add_column("notice", sa.Column("topic", sa.String(length=20), server_default="work", nullable=False))
    op.add_column("notice", sa.Column("announcement_id", ID, nullable=True))
    op.add_column("notice", sa.Column("collect", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(op.f("ix_notice_announcement_id"), "notice", ["announcement_id"], unique=False)
    op.create_index(
        "ix_notice_collect",
        "notice",
        ["sign_in_id"],
        unique=False,
        sqlite_where=sa.text("collect"),
        postgresql_where=sa.text("collect"),
    )
    keep_as_written()


def keep_as_written() -> None:
    """Refuse to change what an announcement's fingerprint covers, or to remove one."""
    covered = "organisation_id, audience, sign_in_ids, topic, title, body, link, open_at, salt, digest"
    if op.get_bind().dialect.name == "sqlite":
        for name, event in (("update", f"UPDATE OF {covered}"), ("delete", "DELETE")):
            op.execute(
                f"CREATE TRIGGER announcement_no_{name} BEFORE {event} ON announcement "
                "BEGIN SELECT RAISE(ABORT, 'announcement is kept as it was written'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION announcement_as_written() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'announcement is kept as it was written'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER announcement_as_written BEFORE UPDATE OF {covered} OR DELETE ON announcement "
        "FOR EACH STATEMENT EXECUTE FUNCTION announcement_as_written()"
    )
