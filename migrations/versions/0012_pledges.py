"""Pledges: their steps and ratings, and imports of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.append_only import protect

revision = "0012"
down_revision = "0011"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "pledge_rating",
        sa.Column("id", ID, nullable=False),
        sa.Column("pledge_id", ID, nullable=False),
        sa.Column("side", sa.String(length=12), nullable=False),
        sa.Column("rater", sa.String(length=64), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.CheckConstraint("side IN ('member','masses','organisation')", name=op.f("ck_pledge_rating_side")),
        sa.CheckConstraint("count > 0", name=op.f("ck_pledge_rating_count")),
        sa.CheckConstraint("grade BETWEEN 1 AND 4", name=op.f("ck_pledge_rating_grade")),
        sa.ForeignKeyConstraint(["by_id"], ["sign_in.id"], name=op.f("fk_pledge_rating_by_id")),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("fk_pledge_rating_pledge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_rating")),
        sa.UniqueConstraint("pledge_id", "side", "rater", name=op.f("uq_pledge_rating_pledge_id_side_rater")),
    )
    op.create_table(
        "pledge_step",
        sa.Column("id", ID, nullable=False),
        sa.Column("pledge_id", ID, nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("old", sa.String(length=20), nullable=True),
        sa.Column("new", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("text", sa.String(length=500), nullable=True),
        sa.Column("before", JSON, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["sign_in.id"], name=op.f("fk_pledge_step_by_id")),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("fk_pledge_step_pledge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_step")),
    )
    op.create_index(op.f("ix_pledge_step_pledge_id"), "pledge_step", ["pledge_id"], unique=False)
    protect("pledge_step")
    take_in()


def take_in() -> None:
    """Let a file of pledges be imported: one more word in the check of an import's kind."""
    before, after = "'attendance','entries'", "'attendance','entries','pledges'"
    if op.get_bind().dialect.name == "sqlite":
        # A table that others refer to cannot be made anew here; SQLite's documents name this way for
        # a check that becomes wider, which changes nothing of what is stored.
        op.execute("PRAGMA writable_schema=ON")
        op.execute(
            sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :before, :after) WHERE type = 'table' AND name = 'import'"
            ).bindparams(before=before, after=after)
        )
        op.execute("PRAGMA writable_schema=RESET")
        return
    op.drop_constraint("ck_import_kind", "import")
    op.create_check_constraint(
        op.f("ck_import_kind"), "import", f"kind IN ('organisations','members','scheme',{after})"
    )
