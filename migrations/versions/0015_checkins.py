"""Members in communities: check-ins, posts, claims, hours, words, cards, and what serves nearby."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "check_in",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("home_id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("skills", sa.String(length=200), nullable=False),
        sa.Column("paper", sa.Boolean(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.CheckConstraint("(status = 'ended') = (ended_on IS NOT NULL)", name=op.f("ck_check_in_ended")),
        sa.CheckConstraint(
            "(status IN ('accepted','ended')) = (accepted_on IS NOT NULL)", name=op.f("ck_check_in_accepted")
        ),
        sa.CheckConstraint(
            "status IN ('pending','accepted','refused','withdrawn','ended')", name=op.f("ck_check_in_status")
        ),
        sa.CheckConstraint("home_id <> community_id", name=op.f("ck_check_in_away")),
        sa.ForeignKeyConstraint(["community_id"], ["organisation.id"], name=op.f("fk_check_in_community_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_check_in_created_by_id")),
        sa.ForeignKeyConstraint(["home_id"], ["organisation.id"], name=op.f("fk_check_in_home_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_check_in_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
    )
    op.create_index("ix_check_in_community_id_status_id", "check_in", ["community_id", "status", "id"], unique=False)
    op.create_index("ix_check_in_home_id_id", "check_in", ["home_id", "id"], unique=False)
    op.create_index("ix_check_in_member_id_id", "check_in", ["member_id", "id"], unique=False)
    op.create_index(
        "uq_check_in_active",
        "check_in",
        ["member_id", "community_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('pending','accepted')"),
        postgresql_where=sa.text("status IN ('pending','accepted')"),
    )
    op.create_table(
        "service_card",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("home_id", ID, nullable=False),
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", ID, nullable=True),
        sa.Column("hours", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(acknowledged_at IS NULL) = (hours IS NULL)", name=op.f("ck_service_card_acknowledged")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"], ["sign_in.id"], name=op.f("fk_service_card_acknowledged_by_id")
        ),
        sa.ForeignKeyConstraint(["home_id"], ["organisation.id"], name=op.f("fk_service_card_home_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_service_card_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_card")),
    )
    op.create_index("ix_service_card_home_id_quarter_id", "service_card", ["home_id", "quarter", "id"], unique=False)
    op.create_index("uq_service_card_member_id_quarter", "service_card", ["member_id", "quarter"], unique=True)
    op.create_table(
        "service_post",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("duty", sa.String(length=500), nullable=False),
        sa.Column("times", sa.String(length=100), nullable=False),
        sa.Column("skills", sa.String(length=200), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.CheckConstraint("status IN ('open','closed')", name=op.f("ck_service_post_status")),
        sa.CheckConstraint("places BETWEEN 1 AND 999", name=op.f("ck_service_post_places")),
        sa.CheckConstraint("taken BETWEEN 0 AND places", name=op.f("ck_service_post_taken")),
        sa.ForeignKeyConstraint(["community_id"], ["organisation.id"], name=op.f("fk_service_post_community_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_service_post_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_post")),
    )
    op.create_index("ix_service_post_community_id_id", "service_post", ["community_id", "id"], unique=False)
    op.create_index("ix_service_post_status_kind_id", "service_post", ["status", "kind", "id"], unique=False)
    op.create_table(
        "service_claim",
        sa.Column("id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("check_in_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by_id", ID, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("(status = 'held') = (ended_at IS NULL)", name=op.f("ck_service_claim_ended")),
        sa.CheckConstraint("status IN ('held','left','ended')", name=op.f("ck_service_claim_status")),
        sa.ForeignKeyConstraint(["check_in_id"], ["check_in.id"], name=op.f("fk_service_claim_check_in_id")),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["sign_in.id"], name=op.f("fk_service_claim_claimed_by_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_service_claim_member_id")),
        sa.ForeignKeyConstraint(["post_id"], ["service_post.id"], name=op.f("fk_service_claim_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_claim")),
    )
    op.create_index(op.f("ix_service_claim_check_in_id"), "service_claim", ["check_in_id"], unique=False)
    op.create_index("ix_service_claim_claimed_at", "service_claim", ["claimed_at"], unique=False)
    op.create_index(op.f("ix_service_claim_member_id"), "service_claim", ["member_id"], unique=False)
    op.create_index(
        "uq_service_claim_held",
        "service_claim",
        ["post_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("status = 'held'"),
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_table(
        "service_point",
        sa.Column("id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("opening", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minutes BETWEEN 1 AND 15", name=op.f("ck_service_point_minutes")),
        sa.ForeignKeyConstraint(["community_id"], ["organisation.id"], name=op.f("fk_service_point_community_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_service_point_created_by_id")),
        sa.ForeignKeyConstraint(["item_id"], ["list_item.id"], name=op.f("fk_service_point_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_point")),
    )
    op.create_index(
        "ix_service_point_community_id_minutes_id", "service_point", ["community_id", "minutes", "id"], unique=False
    )
    op.create_index(
        "uq_service_point_item",
        "service_point",
        ["community_id", "item_id"],
        unique=True,
        sqlite_where=sa.text("item_id IS NOT NULL AND closed_at IS NULL"),
        postgresql_where=sa.text("item_id IS NOT NULL AND closed_at IS NULL"),
    )
    op.create_table(
        "service_word",
        sa.Column("check_in_id", ID, nullable=False),
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["check_in_id"], ["check_in.id"], name=op.f("fk_service_word_check_in_id")),
        sa.ForeignKeyConstraint(["said_by_id"], ["sign_in.id"], name=op.f("fk_service_word_said_by_id")),
        sa.PrimaryKeyConstraint("check_in_id", "quarter", name=op.f("pk_service_word")),
    )
    op.create_table(
        "service_record",
        sa.Column("id", ID, nullable=False),
        sa.Column("check_in_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("community_id", ID, nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("hours", sa.BigInteger(), nullable=False),
        sa.Column("deed", sa.String(length=500), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", ID, nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("entry_id", ID, nullable=True),
        sa.CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name=op.f("ck_service_record_decided")),
        sa.CheckConstraint(
            "status IN ('proposed','confirmed','refused','withdrawn','revoked')", name=op.f("ck_service_record_status")
        ),
        sa.CheckConstraint("hours BETWEEN 1 AND 2400", name=op.f("ck_service_record_hours")),
        sa.ForeignKeyConstraint(["check_in_id"], ["check_in.id"], name=op.f("fk_service_record_check_in_id")),
        sa.ForeignKeyConstraint(["community_id"], ["organisation.id"], name=op.f("fk_service_record_community_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["sign_in.id"], name=op.f("fk_service_record_decided_by_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_service_record_entry_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_service_record_member_id")),
        sa.ForeignKeyConstraint(["post_id"], ["service_post.id"], name=op.f("fk_service_record_post_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["sign_in.id"], name=op.f("fk_service_record_proposed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_record")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_service_record_entry_id")),
    )
    op.create_index("ix_service_record_check_in_id", "service_record", ["check_in_id"], unique=False)
    op.create_index("ix_service_record_community_id_id", "service_record", ["community_id", "id"], unique=False)
    op.create_index("ix_service_record_member_id_served_on", "service_record", ["member_id", "served_on"], unique=False)
    op.create_index(
        "ix_service_record_proposed",
        "service_record",
        ["community_id", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'proposed'"),
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_index(
        "uq_service_record_standing",
        "service_record",
        ["member_id", "served_on", "post_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('proposed','confirmed')"),
        postgresql_where=sa.text("status IN ('proposed','confirmed')"),
    )
