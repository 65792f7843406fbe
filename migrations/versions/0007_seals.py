"""Seals, and the trees that they fix."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.append_only import protect

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "seal_leaf",
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("tally_id", ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ref_id", ID, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("kind IN ('entry', 'result')", name=op.f("ck_seal_leaf_kind")),
        sa.PrimaryKeyConstraint("kind", "tally_id", "version", "position", name=op.f("pk_seal_leaf")),
    )
    op.create_index(
        "uq_seal_leaf_entry",
        "seal_leaf",
        ["ref_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'entry'"),
        postgresql_where=sa.text("kind = 'entry'"),
    )
    op.create_index(
        "uq_seal_leaf_result",
        "seal_leaf",
        ["tally_id", "version", "ref_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'result'"),
        postgresql_where=sa.text("kind = 'result'"),
    )
    op.create_table(
        "seal",
        sa.Column("n", ID, autoincrement=False, nullable=False),
        sa.Column("tally_id", ID, nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("schemes", JSON, nullable=False),
        sa.Column("cutoff_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries_size", sa.Integer(), nullable=False),
        sa.Column("entries_root", sa.String(length=64), nullable=False),
        sa.Column("results_size", sa.Integer(), nullable=False),
        sa.Column("results_root", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["sealed_by_id"], ["sign_in.id"], name=op.f("fk_seal_sealed_by_id")),
        sa.ForeignKeyConstraint(["tally_id"], ["tally.id"], name=op.f("fk_seal_tally_id")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_seal")),
        sa.UniqueConstraint("chain", name=op.f("uq_seal_chain")),
        sa.UniqueConstraint("tally_id", name=op.f("uq_seal_tally_id")),
    )
    op.create_table(
        "seal_tree",
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("tally_id", ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("blocks", sa.LargeBinary(), nullable=False),
        sa.Column("planted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('entry', 'result')", name=op.f("ck_seal_tree_kind")),
        sa.ForeignKeyConstraint(["tally_id"], ["tally.id"], name=op.f("fk_seal_tree_tally_id")),
        sa.PrimaryKeyConstraint("kind", "tally_id", "version", name=op.f("pk_seal_tree")),
    )
    for table in ("seal", "seal_tree", "seal_leaf"):
        protect(table)
    freeze()


PLANTED = (
    "EXISTS (SELECT 1 FROM seal_tree t "
    "WHERE t.kind = 'result' AND t.tally_id = OLD.tally_id AND t.version = OLD.version)"
)


def freeze() -> None:
    """Refuse to change a sealed tally, and the results of a version that was publicised."""
    if op.get_bind().dialect.name == "sqlite":
        for table, frozen in (("tally", "OLD.status = 'sealed'"), ("tally_result", PLANTED)):
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} WHEN {frozen} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is frozen'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION frozen_tally() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is frozen', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER tally_frozen BEFORE UPDATE OR DELETE ON tally "
        "FOR EACH ROW WHEN (OLD.status = 'sealed') EXECUTE FUNCTION frozen_tally()"
    )
    op.execute(
        "CREATE FUNCTION frozen_result() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {PLANTED} THEN RAISE EXCEPTION '% is frozen', TG_TABLE_NAME; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER tally_result_frozen BEFORE UPDATE OR DELETE ON tally_result "
        "FOR EACH ROW EXECUTE FUNCTION frozen_result()"
    )
