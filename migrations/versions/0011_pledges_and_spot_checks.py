"""Pledges, and plans of spot-checks with their frames and draws."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "pledge",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("horizon", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("indicator", sa.String(length=200), nullable=False),
        sa.Column("baseline", sa.String(length=100), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("beneficiary", sa.String(length=200), nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("minute", sa.String(length=200), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.CheckConstraint("horizon IN ('yearly','emergency')", name=op.f("ck_pledge_horizon")),
        sa.CheckConstraint("kind IN ('common','post','practical')", name=op.f("ck_pledge_kind")),
        sa.CheckConstraint(
            "status IN ('draft','submitted','returned','approved','published','changing','fulfilled',"
            "'unfulfilled_cause','unfulfilled','rated','closed','withdrawn')",
            name=op.f("ck_pledge_status"),
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_pledge_created_by_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_pledge_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_pledge_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge")),
    )
    op.create_index(op.f("ix_pledge_member_id"), "pledge", ["member_id"], unique=False)
    op.create_index("ix_pledge_organisation_id_status", "pledge", ["organisation_id", "status", "id"], unique=False)
    op.create_index("ix_pledge_status_due_on", "pledge", ["status", "due_on"], unique=False)
    op.create_table(
        "spot_check",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=1000), nullable=False),
        sa.Column("programme", sa.String(length=200), nullable=False),
        sa.Column("filing", sa.String(length=100), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("cover_quarters", sa.Integer(), nullable=True),
        sa.Column("checklist", JSON, nullable=False),
        sa.Column("frame", sa.Text(), nullable=True),
        sa.Column("frame_sha256", sa.String(length=64), nullable=True),
        sa.Column("commitment", sa.String(length=64), nullable=True),
        sa.Column("secret", sa.String(length=64), nullable=True),
        sa.Column("digits", sa.String(length=200), nullable=True),
        sa.Column("seed", sa.String(length=64), nullable=True),
        sa.Column("sealed_sha256", sa.String(length=64), nullable=True),
        sa.Column("again_of_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("void_reason", sa.String(length=500), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.CheckConstraint(
            "status IN ('draft','frozen','drawn','reported','closed','void')", name=op.f("ck_spot_check_status")
        ),
        sa.ForeignKeyConstraint(["again_of_id"], ["spot_check.id"], name=op.f("fk_spot_check_again_of_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_spot_check_created_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_spot_check_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check")),
        sa.UniqueConstraint("plan", name=op.f("uq_spot_check_plan")),
    )
    op.create_index(op.f("ix_spot_check_organisation_id"), "spot_check", ["organisation_id"], unique=False)
    op.create_table(
        "spot_check_inspector",
        sa.Column("id", ID, nullable=False),
        sa.Column("spot_check_id", ID, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("body", sa.String(length=100), nullable=False),
        sa.Column("sign_in_id", ID, nullable=True),
        sa.Column("conflicts", JSON, nullable=False),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_spot_check_inspector_sign_in_id")),
        sa.ForeignKeyConstraint(
            ["spot_check_id"], ["spot_check.id"], name=op.f("fk_spot_check_inspector_spot_check_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check_inspector")),
        sa.UniqueConstraint("spot_check_id", "code", name=op.f("uq_spot_check_inspector_spot_check_id_code")),
    )
    op.create_index(op.f("ix_spot_check_inspector_sign_in_id"), "spot_check_inspector", ["sign_in_id"], unique=False)
    op.create_table(
        "spot_check_stratum",
        sa.Column("spot_check_id", ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('organisation','entry','pledge','other')", name=op.f("ck_spot_check_stratum_kind")
        ),
        sa.CheckConstraint("n > 0", name=op.f("ck_spot_check_stratum_n")),
        sa.ForeignKeyConstraint(["spot_check_id"], ["spot_check.id"], name=op.f("fk_spot_check_stratum_spot_check_id")),
        sa.PrimaryKeyConstraint("spot_check_id", "name", name=op.f("pk_spot_check_stratum")),
    )
    op.create_table(
        "spot_check_unit",
        sa.Column("id", ID, nullable=False),
        sa.Column("spot_check_id", ID, nullable=False),
        sa.Column("stratum", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", ID, nullable=True),
        sa.Column("excluded", sa.String(length=300), nullable=True),
        sa.Column("ticket", sa.String(length=64), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("skipped", sa.String(length=300), nullable=True),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_spot_check_unit_organisation_id")
        ),
        sa.ForeignKeyConstraint(["spot_check_id"], ["spot_check.id"], name=op.f("fk_spot_check_unit_spot_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check_unit")),
        sa.UniqueConstraint(
            "spot_check_id", "stratum", "code", name=op.f("uq_spot_check_unit_spot_check_id_stratum_code")
        ),
    )
    op.create_index(op.f("ix_spot_check_unit_organisation_id"), "spot_check_unit", ["organisation_id"], unique=False)
    op.create_index(
        "ix_spot_check_unit_place",
        "spot_check_unit",
        ["spot_check_id", "stratum", "place"],
        unique=False,
        sqlite_where=sa.text("place IS NOT NULL"),
        postgresql_where=sa.text("place IS NOT NULL"),
    )
    op.create_index(
        "ix_spot_check_unit_excluded",
        "spot_check_unit",
        ["spot_check_id"],
        unique=False,
        sqlite_where=sa.text("excluded IS NOT NULL"),
        postgresql_where=sa.text("excluded IS NOT NULL"),
    )
    op.create_table(
        "spot_check_assignment",
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("inspector_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("serves", sa.Boolean(), nullable=False),
        sa.Column("skipped", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["spot_check_inspector.id"], name=op.f("fk_spot_check_assignment_inspector_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["spot_check_unit.id"], name=op.f("fk_spot_check_assignment_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "inspector_id", name=op.f("pk_spot_check_assignment")),
    )
    op.create_table(
        "spot_check_entry",
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("in_order", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["sign_in.id"], name=op.f("fk_spot_check_entry_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["spot_check_unit.id"], name=op.f("fk_spot_check_entry_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_spot_check_entry")),
    )
