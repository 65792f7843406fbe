"""Drafts that are rewritten, and rehearsals of them on what was recorded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("scheme", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "rehearsal",
        sa.Column("id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("in_force_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("cutoff_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("apart", sa.Integer(), nullable=False),
        sa.Column("report", JSON, nullable=True),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", ID, nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued','running','done','failed')", name=op.f("ck_rehearsal_status")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_rehearsal_scheme_id")),
        sa.ForeignKeyConstraint(["in_force_id"], ["scheme.id"], name=op.f("fk_rehearsal_in_force_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_rehearsal_organisation_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_rehearsal_job_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["sign_in.id"], name=op.f("fk_rehearsal_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsal")),
    )
    op.create_index("ix_rehearsal_scheme_id_id", "rehearsal", ["scheme_id", "id"])
    op.create_table(
        "rehearsal_result",
        sa.Column("rehearsal_id", ID, nullable=False),
        sa.Column("under_draft", sa.Boolean(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("summed", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("veto", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("rehearsal_id", "under_draft", "member_id", name=op.f("pk_rehearsal_result")),
    )
