"""Exports, the nightly reconciliation, and what an import left out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("id", ID, nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("checked", JSON, nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("faults", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
        sa.UniqueConstraint("period", name=op.f("uq_reconciliation_period")),
    )
    op.create_index(op.f("ix_reconciliation_began_at"), "reconciliation", ["began_at"], unique=False)
    op.create_table(
        "export",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued','running','done','failed','removed')", name=op.f("ck_export_status")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_export_created_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_export_job_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_export_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_index("ix_export_organisation_id_id", "export", ["organisation_id", "id"], unique=False)
    op.create_index("ix_export_status_expires_at", "export", ["status", "expires_at"], unique=False)
    op.create_table(
        "export_piece",
        sa.Column("export_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], name=op.f("fk_export_piece_export_id")),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_piece")),
    )
    op.add_column("import", sa.Column("left_out", sa.Integer(), nullable=False, server_default="0"))
