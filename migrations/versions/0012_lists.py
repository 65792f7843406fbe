"""The three lists: sets, items, claims, links, stages, and each change."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.append_only import protect

revision = "0012"
down_revision = "0011"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

CLOSING = (("problems", "问题清单", "problem"), ("tasks", "任务清单", "task"), ("duties", "责任清单", "duty"))
CLOSING_LINKS = [["tasks", "problems"], ["duties", "tasks"]]
EXCHANGE = (("needs", "需求清单", "need"), ("resources", "资源清单", "offer"), ("projects", "项目清单", "project"))
EXCHANGE_LINKS = [["needs", "resources"], ["projects", "needs"], ["projects", "resources"]]
# What each district begins with: code, name, kind of life, lists, links, whether it is confidential.
READY = (
    ("exchange", "需求、资源、项目三张清单", "exchange", EXCHANGE, EXCHANGE_LINKS, False),
    ("problems", "问题、任务、责任三张清单", "closing", CLOSING, CLOSING_LINKS, False),
    ("weak", "软弱涣散党组织整顿台账", "closing", CLOSING, CLOSING_LINKS, True),
    ("villages", "重点村、难点村整治台账", "closing", CLOSING, CLOSING_LINKS, True),
)


def upgrade() -> None:
    _tables()
    protect("list_item_log")
    _ready_sets()
    _take_in()


def _take_in() -> None:
    """Let a file of lists be imported: one more word in the check of an import's kind, whatever stood there."""
    before, after = "'attendance','entries'", "'attendance','entries','lists'"
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
    checks = sa.inspect(op.get_bind()).get_check_constraints("import")
    kinds = re.findall(r"'(\w+)'", next(check["sqltext"] for check in checks if check["name"] == "ck_import_kind"))
    op.drop_constraint("ck_import_kind", "import")
    words = ",".join(f"'{kind}'" for kind in [*kinds, "lists"])
    op.create_check_constraint(op.f("ck_import_kind"), "import", f"kind IN ({words})")


def _ready_sets() -> None:
    """The districts that are there get their sets; those that come later get them when they come."""
    district = sa.table("organisation", sa.column("id"), sa.column("kind"), sa.column("created_at"))
    names = ("organisation_id", "code", "name", "life", "lists", "links", "template", "confidential")
    target = sa.table("list_set", *map(sa.column, (*names, "last_number", "created_at")))
    for code, name, life, lists, links, confidential in READY:
        rows = sa.select(
            district.c.id,
            sa.literal(code, sa.String),
            sa.literal(name, sa.String),
            sa.literal(life, sa.String),
            sa.literal([dict(zip(("key", "name", "side"), one, strict=True)) for one in lists], JSON),
            sa.literal(links, JSON),
            sa.literal(code, sa.String),
            sa.literal(confidential, sa.Boolean),
            sa.literal(0, sa.Integer),
            district.c.created_at,
        ).where(district.c.kind == "district")
        op.execute(target.insert().from_select([*names, "last_number", "created_at"], rows))


def _tables() -> None:
    op.create_table(
        "list_public_try",
        sa.Column("purpose", sa.String(length=5), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "address_hash", "begins_at", name=op.f("pk_list_public_try")),
    )
    op.create_table(
        "list_set",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("life", sa.String(length=10), nullable=False),
        sa.Column("lists", JSON, nullable=False),
        sa.Column("links", JSON, nullable=False),
        sa.Column("template", sa.String(length=20), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("life IN ('exchange','closing')", name=op.f("ck_list_set_life")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_list_set_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_set")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_list_set_organisation_id_code")),
    )
    op.create_table(
        "list_item",
        sa.Column("id", ID, nullable=False),
        sa.Column("set_id", ID, nullable=False),
        sa.Column("list", sa.String(length=20), nullable=False),
        sa.Column("life", sa.String(length=10), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("cause", sa.String(length=1000), nullable=False),
        sa.Column("measure", sa.String(length=1000), nullable=False),
        sa.Column("responsible", sa.String(length=100), nullable=False),
        sa.Column("reviewer", sa.String(length=100), nullable=False),
        sa.Column("acceptance", sa.String(length=500), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_ref", sa.String(length=64), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("finished_by_id", ID, nullable=True),
        sa.Column("rating", sa.String(length=12), nullable=True),
        sa.Column("thanks", sa.String(length=500), nullable=True),
        sa.Column("confirmed_how", sa.String(length=10), nullable=True),
        sa.Column("confirmed_by_id", ID, nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", ID, nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("aged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("life IN ('exchange','closing')", name=op.f("ck_list_item_life")),
        sa.CheckConstraint(
            "rating IS NULL OR rating IN ('satisfied','fair','unsatisfied')", name=op.f("ck_list_item_rating")
        ),
        sa.CheckConstraint(
            "source IN ('public','phone','unit','inspection','import')", name=op.f("ck_list_item_source")
        ),
        sa.CheckConstraint(
            "status IN ('open','claimed','agreed','under_way','done','confirmed','publicised','withdrawn',"
            "'asked','closed')",
            name=op.f("ck_list_item_status"),
        ),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> finished_by_id", name=op.f("ck_list_item_four_eyes")
        ),
        sa.CheckConstraint(
            "ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name=op.f("ck_list_item_days")
        ),
        sa.CheckConstraint("quota >= 1 AND taken >= 0 AND taken <= quota", name=op.f("ck_list_item_quota")),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["sign_in.id"], name=op.f("fk_list_item_confirmed_by_id")),
        sa.ForeignKeyConstraint(["finished_by_id"], ["sign_in.id"], name=op.f("fk_list_item_finished_by_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["sign_in.id"], name=op.f("fk_list_item_opened_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_list_item_organisation_id")),
        sa.ForeignKeyConstraint(["set_id"], ["list_set.id"], name=op.f("fk_list_item_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_item")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_list_item_code_hash")),
        sa.UniqueConstraint("set_id", "number", name=op.f("uq_list_item_set_id_number")),
    )
    op.create_index(
        "ix_list_item_due_on",
        "list_item",
        ["due_on"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_list_item_opened_at", "list_item", ["opened_at"], unique=False)
    op.create_index(
        "ix_list_item_organisation_id", "list_item", ["organisation_id", "set_id", "list", "id"], unique=False
    )
    op.create_index("ix_list_item_set_id_list", "list_item", ["set_id", "list", "id"], unique=False)
    op.create_index("ix_list_item_set_id_list_status", "list_item", ["set_id", "list", "status", "id"], unique=False)
    op.create_index(
        "uq_list_item_source",
        "list_item",
        ["source", "source_ref"],
        unique=True,
        sqlite_where=sa.text("source_ref IS NOT NULL"),
        postgresql_where=sa.text("source_ref IS NOT NULL"),
    )
    op.create_table(
        "list_claim",
        sa.Column("id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by_id", ID, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (reason IS NULL)", name=op.f("ck_list_claim_ended")),
        sa.CheckConstraint("amount >= 1", name=op.f("ck_list_claim_amount")),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["sign_in.id"], name=op.f("fk_list_claim_claimed_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["sign_in.id"], name=op.f("fk_list_claim_ended_by_id")),
        sa.ForeignKeyConstraint(["item_id"], ["list_item.id"], name=op.f("fk_list_claim_item_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_list_claim_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_claim")),
    )
    op.create_index("ix_list_claim_item_id", "list_claim", ["item_id", "id"], unique=False)
    op.create_index(op.f("ix_list_claim_organisation_id"), "list_claim", ["organisation_id"], unique=False)
    op.create_index(
        "uq_list_claim_standing",
        "list_claim",
        ["item_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "list_item_contact",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["list_item.id"], name=op.f("fk_list_item_contact_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_list_item_contact")),
    )
    op.create_table(
        "list_item_link",
        sa.Column("from_id", ID, nullable=False),
        sa.Column("to_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["sign_in.id"], name=op.f("fk_list_item_link_by_id")),
        sa.ForeignKeyConstraint(["from_id"], ["list_item.id"], name=op.f("fk_list_item_link_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["list_item.id"], name=op.f("fk_list_item_link_to_id")),
        sa.PrimaryKeyConstraint("from_id", "to_id", name=op.f("pk_list_item_link")),
    )
    op.create_index(op.f("ix_list_item_link_to_id"), "list_item_link", ["to_id"], unique=False)
    op.create_table(
        "list_item_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("old", sa.String(length=10), nullable=True),
        sa.Column("new", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", ID, nullable=True),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("sign_in_id", ID, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["list_item.id"], name=op.f("fk_list_item_log_item_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_list_item_log_organisation_id")
        ),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_list_item_log_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_item_log")),
    )
    op.create_index(op.f("ix_list_item_log_item_id"), "list_item_log", ["item_id"], unique=False)
    op.create_table(
        "list_item_stage",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["done_by_id"], ["sign_in.id"], name=op.f("fk_list_item_stage_done_by_id")),
        sa.ForeignKeyConstraint(["item_id"], ["list_item.id"], name=op.f("fk_list_item_stage_item_id")),
        sa.PrimaryKeyConstraint("item_id", "place", name=op.f("pk_list_item_stage")),
    )
    op.create_table(
        "list_item_tag",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.CheckConstraint("kind IN ('tag', 'skill')", name=op.f("ck_list_item_tag_kind")),
        sa.ForeignKeyConstraint(["item_id"], ["list_item.id"], name=op.f("fk_list_item_tag_item_id")),
        sa.PrimaryKeyConstraint("item_id", "kind", "word", name=op.f("pk_list_item_tag")),
    )
    op.create_index("ix_list_item_tag_word", "list_item_tag", ["word", "kind", "item_id"], unique=False)
