"""Members' lives, accounts and settings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "exemption",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ground", sa.String(length=20), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("own_wish", sa.Boolean(), nullable=False),
        sa.Column("former", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.CheckConstraint(
            "ground IN ('age','illness','abroad','study','service','leave','other')", name=op.f("ck_exemption_ground")
        ),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_exemption_days")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["sign_in.id"], name=op.f("fk_exemption_ended_by_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_exemption_member_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["sign_in.id"], name=op.f("fk_exemption_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption")),
    )
    op.create_index(
        "ix_exemption_due",
        "exemption",
        ["ends_on"],
        unique=False,
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_index(op.f("ix_exemption_member_id"), "exemption", ["member_id"], unique=False)
    op.create_index(
        "uq_exemption_running",
        "exemption",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "member_merge",
        sa.Column("id", ID, nullable=False),
        sa.Column("kept_id", ID, nullable=False),
        sa.Column("duplicate_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("organisation_id", ID, nullable=True),
        sa.Column("member_since", sa.Date(), nullable=True),
        sa.Column("sign_ins", JSON, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by_id", ID, nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", ID, nullable=True),
        sa.CheckConstraint("kept_id <> duplicate_id", name=op.f("ck_member_merge_two")),
        sa.ForeignKeyConstraint(["duplicate_id"], ["member.id"], name=op.f("fk_member_merge_duplicate_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["member.id"], name=op.f("fk_member_merge_kept_id")),
        sa.ForeignKeyConstraint(["merged_by_id"], ["sign_in.id"], name=op.f("fk_member_merge_merged_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_member_merge_organisation_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["sign_in.id"], name=op.f("fk_member_merge_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_merge")),
    )
    op.create_index(op.f("ix_member_merge_duplicate_id"), "member_merge", ["duplicate_id"], unique=False)
    op.create_index(op.f("ix_member_merge_kept_id"), "member_merge", ["kept_id"], unique=False)
    op.create_index(
        "uq_member_merge_standing",
        "member_merge",
        ["duplicate_id"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "away_receipt",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("host_organisation_id", ID, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by_id", ID, nullable=True),
        sa.Column("remind_on", sa.Date(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lapses_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("entry_id", ID, nullable=True),
        sa.CheckConstraint("host <> '' OR host_organisation_id IS NOT NULL", name=op.f("ck_away_receipt_host")),
        sa.CheckConstraint("status IN ('pending','confirmed','refused','lapsed')", name=op.f("ck_away_receipt_status")),
        sa.ForeignKeyConstraint(["branch_id"], ["organisation.id"], name=op.f("fk_away_receipt_branch_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["sign_in.id"], name=op.f("fk_away_receipt_decided_by_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_away_receipt_entry_id")),
        sa.ForeignKeyConstraint(
            ["host_organisation_id"], ["organisation.id"], name=op.f("fk_away_receipt_host_organisation_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_away_receipt_member_id")),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["sign_in.id"], name=op.f("fk_away_receipt_submitted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_away_receipt")),
    )
    op.create_index("ix_away_receipt_branch_id_id", "away_receipt", ["branch_id", "id"], unique=False)
    op.create_index("ix_away_receipt_member_id_id", "away_receipt", ["member_id", "id"], unique=False)
    op.create_index(
        "ix_away_receipt_pending",
        "away_receipt",
        ["branch_id", "lapses_on"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "uq_away_receipt_once",
        "away_receipt",
        ["member_id", "kind", "held_on"],
        unique=True,
        sqlite_where=sa.text("status IN ('pending', 'confirmed')"),
        postgresql_where=sa.text("status IN ('pending', 'confirmed')"),
    )
    op.add_column("member_category", sa.Column("decision", sa.String(length=200), nullable=True))
    op.create_index(
        "ix_membership_ended",
        "membership",
        ["organisation_id", "member_id"],
        unique=False,
        sqlite_where=sa.text("ends_on IS NOT NULL"),
        postgresql_where=sa.text("ends_on IS NOT NULL"),
    )
