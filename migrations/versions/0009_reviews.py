"""The yearly review of members: rosters, turnout, boxes, counts and decisions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.append_only import protect

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "vote_try",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "begins_at", name=op.f("pk_vote_try")),
    )
    op.create_table(
        "review",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.CheckConstraint(
            "status IN ('prepared','open','counted','decided','publicised','closed','withdrawn')",
            name=op.f("ck_review_status"),
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_review_created_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_review_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_status_closes_on", "review", ["status", "closes_on"], unique=False)
    op.create_index(
        "uq_review_organisation_id_year",
        "review",
        ["organisation_id", "year"],
        unique=True,
        sqlite_where=sa.text("status <> 'withdrawn'"),
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )
    op.create_table(
        "review_box",
        sa.Column("review_id", ID, nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("sums", JSON, nullable=False),
        sa.CheckConstraint("part IN ('peers','masses')", name=op.f("ck_review_box_part")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_box_review_id")),
        sa.PrimaryKeyConstraint("review_id", "part", name=op.f("pk_review_box")),
    )
    op.create_table(
        "review_code",
        sa.Column("review_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_code_review_id")),
        sa.PrimaryKeyConstraint("review_id", "number", name=op.f("pk_review_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_review_code_code_hash")),
    )
    op.create_table(
        "review_count",
        sa.Column("review_id", ID, nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("excellent", sa.Integer(), nullable=False),
        sa.Column("qualified", sa.Integer(), nullable=False),
        sa.Column("basic", sa.Integer(), nullable=False),
        sa.Column("unqualified", sa.Integer(), nullable=False),
        sa.Column("abstain", sa.Integer(), nullable=False),
        sa.CheckConstraint("part IN ('peers','masses')", name=op.f("ck_review_count_part")),
        sa.CheckConstraint("source IN ('phone','paper')", name=op.f("ck_review_count_source")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_review_count_member_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_count_review_id")),
        sa.PrimaryKeyConstraint("review_id", "part", "source", "member_id", name=op.f("pk_review_count")),
    )
    op.create_table(
        "review_decision",
        sa.Column("review_id", ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=20), nullable=False),
        sa.Column("minute", sa.String(length=200), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.CheckConstraint("body IN ('committee','assembly')", name=op.f("ck_review_decision_body")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_decision_review_id")),
        sa.PrimaryKeyConstraint("review_id", "round", name=op.f("pk_review_decision")),
    )
    op.create_table(
        "review_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("review_id", ID, nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("old", sa.String(length=20), nullable=False),
        sa.Column("new", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["sign_in.id"], name=op.f("fk_review_event_by_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_event_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_event")),
    )
    op.create_index(op.f("ix_review_event_review_id"), "review_event", ["review_id"], unique=False)
    op.create_table(
        "review_grade",
        sa.Column("review_id", ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "grade IN ('excellent','qualified','basic','unqualified')", name=op.f("ck_review_grade_grade")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_review_grade_member_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_grade_review_id")),
        sa.PrimaryKeyConstraint("review_id", "round", "member_id", name=op.f("pk_review_grade")),
    )
    op.create_index(op.f("ix_review_grade_member_id"), "review_grade", ["member_id"], unique=False)
    op.create_table(
        "review_member",
        sa.Column("review_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("votes", sa.Boolean(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("self_grade", sa.String(length=20), nullable=True),
        sa.Column("self_text", sa.String(length=1000), nullable=False),
        sa.Column("self_on_paper", sa.Boolean(), nullable=False),
        sa.Column("self_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "self_grade IS NULL OR self_grade IN ('excellent','qualified','basic','unqualified')",
            name=op.f("ck_review_member_self_grade"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_review_member_member_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_member_review_id")),
        sa.PrimaryKeyConstraint("review_id", "member_id", name=op.f("pk_review_member")),
    )
    op.create_index(op.f("ix_review_member_member_id"), "review_member", ["member_id"], unique=False)
    op.create_table(
        "review_paper",
        sa.Column("review_id", ID, nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("given_out", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("valid", sa.Integer(), nullable=False),
        sa.Column("counter", sa.String(length=100), nullable=False),
        sa.Column("second_counter", sa.String(length=100), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", ID, nullable=True),
        sa.CheckConstraint("part IN ('peers','masses')", name=op.f("ck_review_paper_part")),
        sa.CheckConstraint(
            "0 <= valid AND valid <= returned AND returned <= given_out", name=op.f("ck_review_paper_ballots")
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["sign_in.id"], name=op.f("fk_review_paper_entered_by_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_paper_review_id")),
        sa.PrimaryKeyConstraint("review_id", "part", name=op.f("pk_review_paper")),
    )
    op.create_table(
        "review_turnout",
        sa.Column("review_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_review_turnout_member_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_turnout_review_id")),
        sa.PrimaryKeyConstraint("review_id", "member_id", name=op.f("pk_review_turnout")),
    )
    for table in ("review_event", "review_turnout", "review_grade"):
        protect(table)
