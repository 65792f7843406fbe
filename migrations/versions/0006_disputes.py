"""Objections to entries and results."""

import sqlalchemy as sa
from alembic import op

from migrations.append_only import protect

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _dispute()
    op.create_table(
        "dispute_entry",
        sa.Column("dispute_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_entry_dispute_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_dispute_entry_entry_id")),
        sa.PrimaryKeyConstraint("dispute_id", "entry_id", name=op.f("pk_dispute_entry")),
    )
    op.create_index(op.f("ix_dispute_entry_entry_id"), "dispute_entry", ["entry_id"])
    op.create_table(
        "dispute_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("dispute_id", ID, nullable=False),
        sa.Column("old", sa.String(length=10), nullable=True),
        sa.Column("new", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("sign_in_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_log_dispute_id")),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_dispute_log_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_log")),
    )
    op.create_index(op.f("ix_dispute_log_dispute_id"), "dispute_log", ["dispute_id"])
    protect("dispute_log")


def _dispute() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("tally_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("raised_by_id", ID, nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply_due_on", sa.Date(), nullable=False),
        sa.Column("reply", sa.String(length=1000), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(entry_id IS NULL) <> (tally_id IS NULL)", name=op.f("ck_dispute_about")),
        sa.CheckConstraint("(tally_id IS NULL) = (version IS NULL)", name=op.f("ck_dispute_version")),
        sa.CheckConstraint("(status = 'open') = (decided_at IS NULL)", name=op.f("ck_dispute_decided")),
        sa.CheckConstraint(
            "status NOT IN ('upheld', 'dismissed') OR decided_by_id <> raised_by_id",
            name=op.f("ck_dispute_four_eyes"),
        ),
        sa.CheckConstraint("status IN ('open','upheld','dismissed','withdrawn')", name=op.f("ck_dispute_status")),
        sa.CheckConstraint("how IN ('online','phone','paper')", name=op.f("ck_dispute_how")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_dispute_member_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_dispute_entry_id")),
        sa.ForeignKeyConstraint(["tally_id"], ["tally.id"], name=op.f("fk_dispute_tally_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["organisation.id"], name=op.f("fk_dispute_branch_id")),
        sa.ForeignKeyConstraint(["raised_by_id"], ["sign_in.id"], name=op.f("fk_dispute_raised_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["sign_in.id"], name=op.f("fk_dispute_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    open_entry = sa.text("status = 'open' AND entry_id IS NOT NULL")
    open_result = sa.text("status = 'open' AND tally_id IS NOT NULL")
    still_open = sa.text("status = 'open'")
    for name, columns, unique, where in (
        ("ix_dispute_entry_id", ["entry_id"], False, None),
        ("ix_dispute_tally_id", ["tally_id"], False, None),
        ("uq_dispute_open_entry", ["entry_id"], True, open_entry),
        ("uq_dispute_open_result", ["tally_id", "member_id"], True, open_result),
        ("ix_dispute_branch_id_id", ["branch_id", "id"], False, None),
        ("ix_dispute_member_id_id", ["member_id", "id"], False, None),
        ("ix_dispute_decided_at", ["decided_at"], False, None),
        ("ix_dispute_due", ["reply_due_on"], False, still_open),
    ):
        op.create_index(name, "dispute", columns, unique=unique, sqlite_where=where, postgresql_where=where)
