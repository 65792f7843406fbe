"""Declarations of members, their sheets of paper and their evidence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.append_only import protect

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _evidence()
    _sheets()
    _declarations()
    _changes()
    _nobody_decides_on_the_own()


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_kind", sa.String(length=20), nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("filename", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("preview", sa.LargeBinary(), nullable=True),
        sa.Column("uploaded_by_id", ID, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("owner_kind IN ('declaration','pledge','finding')", name=op.f("ck_evidence_owner_kind")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["sign_in.id"], name=op.f("fk_evidence_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("owner_kind", "owner_id", "sha256", name=op.f("uq_evidence_owner_kind_owner_id_sha256")),
    )
    op.create_index("ix_evidence_owner_kind_owner_id", "evidence", ["owner_kind", "owner_id"], unique=False)
    op.create_index(op.f("ix_evidence_sha256"), "evidence", ["sha256"], unique=False)


def _sheets() -> None:
    op.create_table(
        "declaration_sheet",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("printed_at", TIME, nullable=False),
        sa.Column("printed_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_declaration_sheet_organisation_id")
        ),
        sa.ForeignKeyConstraint(["printed_by_id"], ["sign_in.id"], name=op.f("fk_declaration_sheet_printed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration_sheet")),
    )
    op.create_index(op.f("ix_declaration_sheet_organisation_id"), "declaration_sheet", ["organisation_id"])


def _declarations() -> None:
    foreign = {
        "member_id": "member",
        "branch_id": "organisation",
        "scheme_id": "scheme",
        "declared_by_id": "sign_in",
        "sheet_id": "declaration_sheet",
        "decided_by_id": "sign_in",
        "entry_id": "entry",
    }
    op.create_table(
        "declaration",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("matter", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("declared_by_id", ID, nullable=True),
        sa.Column("proxy", sa.Boolean(), nullable=False),
        sa.Column("sheet_id", ID, nullable=True),
        sa.Column("sheet_line", sa.Integer(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("form_key", sa.String(length=120), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending','approved','returned','withdrawn')", name=op.f("ck_declaration_status")
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> declared_by_id", name=op.f("ck_declaration_not_own")
        ),
        sa.CheckConstraint(
            "(status IN ('approved','returned')) = (decided_at IS NOT NULL)", name=op.f("ck_declaration_decided")
        ),
        sa.CheckConstraint("(status = 'approved') = (entry_id IS NOT NULL)", name=op.f("ck_declaration_entry")),
        sa.CheckConstraint("(sheet_id IS NULL) = (sheet_line IS NULL)", name=op.f("ck_declaration_sheet")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_declaration_{column}"))
            for column, table in foreign.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_declaration_entry_id")),
        sa.UniqueConstraint("form_key", name=op.f("uq_declaration_form_key")),
    )
    _index("uq_declaration_sheet_id_sheet_line", ["sheet_id", "sheet_line"], "status <> 'withdrawn'", unique=True)
    _index("ix_declaration_pending", ["branch_id", "id"], "status = 'pending'")
    op.create_index("ix_declaration_member_id_id", "declaration", ["member_id", "id"], unique=False)
    op.create_index("ix_declaration_branch_id_id", "declaration", ["branch_id", "id"], unique=False)


def _index(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "declaration", columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _changes() -> None:
    op.create_table(
        "declaration_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("declaration_id", ID, nullable=False),
        sa.Column("old", sa.String(length=10), nullable=True),
        sa.Column("new", sa.String(length=10), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("before", JSON, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["sign_in.id"], name=op.f("fk_declaration_change_by_id")),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declaration.id"], name=op.f("fk_declaration_change_declaration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration_change")),
    )
    op.create_index(op.f("ix_declaration_change_declaration_id"), "declaration_change", ["declaration_id"])
    protect("declaration_change")


_OWN = "EXISTS (SELECT 1 FROM sign_in WHERE id = NEW.decided_by_id AND member_id = NEW.member_id)"


def _nobody_decides_on_the_own() -> None:
    """A check sees one row only, so that the decider is not the member himself is left to triggers."""
    if op.get_bind().dialect.name == "sqlite":
        for name, event in (("insert", "INSERT"), ("update", "UPDATE OF decided_by_id, member_id")):
            op.execute(
                f"CREATE TRIGGER declaration_own_{name} BEFORE {event} ON declaration WHEN {_OWN} "
                "BEGIN SELECT RAISE(ABORT, 'nobody decides on the own declaration'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION declaration_own() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_OWN} THEN RAISE EXCEPTION 'nobody decides on the own declaration' USING ERRCODE = 'check_violation'; "
        "END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER declaration_own BEFORE INSERT OR UPDATE OF decided_by_id, member_id ON declaration "
        "FOR EACH ROW EXECUTE FUNCTION declaration_own()"
    )
