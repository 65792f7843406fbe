"""Boards, profiles, consents, comments of the public, badges and door plates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.append_only import protect

revision = "0013"
down_revision = "0012"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "board",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("wanted", JSON, nullable=False),
        sa.Column("shown", JSON, nullable=False),
        sa.Column("submitted_by_id", ID, nullable=True),
        sa.Column("approved_by_id", ID, nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.CheckConstraint(
            "kind IN ('board','vanguard','demonstration','household','honour','portrait')", name=op.f("ck_board_kind")
        ),
        sa.CheckConstraint(
            "status IN ('draft','submitted','approved','published','withdrawn')", name=op.f("ck_board_status")
        ),
        sa.CheckConstraint("approved_by_id <> submitted_by_id", name=op.f("ck_board_four_eyes")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["sign_in.id"], name=op.f("fk_board_approved_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_board_created_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_board_organisation_id")),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["sign_in.id"], name=op.f("fk_board_submitted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board")),
        sa.UniqueConstraint("code", name=op.f("uq_board_code")),
    )
    op.create_index("ix_board_expires_on", "board", ["expires_on"], unique=False)
    op.create_index("ix_board_organisation_id_id", "board", ["organisation_id", "id"], unique=False)
    op.create_table(
        "board_profile",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("post", sa.String(length=100), nullable=False),
        sa.Column("duties", sa.String(length=500), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_board_profile_member_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["sign_in.id"], name=op.f("fk_board_profile_updated_by_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_board_profile")),
    )
    op.create_table(
        "consent",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("how IN ('self','paper')", name=op.f("ck_consent_how")),
        sa.CheckConstraint("kind IN ('display','photo','details')", name=op.f("ck_consent_kind")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_consent_member_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["sign_in.id"], name=op.f("fk_consent_recorded_by_id")),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["sign_in.id"], name=op.f("fk_consent_withdrawn_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_member_id_id", "consent", ["member_id", "id"], unique=False)
    op.create_index(
        "uq_consent_standing",
        "consent",
        ["member_id", "kind"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "insignia",
        sa.Column("id", ID, nullable=False),
        sa.Column("branch_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("household", sa.String(length=200), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by_id", ID, nullable=True),
        sa.CheckConstraint("kind = 'badge' OR household <> ''", name=op.f("ck_insignia_household")),
        sa.CheckConstraint("kind IN ('badge','plate')", name=op.f("ck_insignia_kind")),
        sa.ForeignKeyConstraint(["branch_id"], ["organisation.id"], name=op.f("fk_insignia_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_insignia_member_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["sign_in.id"], name=op.f("fk_insignia_recorded_by_id")),
        sa.ForeignKeyConstraint(["taken_back_by_id"], ["sign_in.id"], name=op.f("fk_insignia_taken_back_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insignia")),
    )
    op.create_index("ix_insignia_branch_id_id", "insignia", ["branch_id", "id"], unique=False)
    op.create_index(
        "ix_insignia_branch_id_kind_issued_on", "insignia", ["branch_id", "kind", "issued_on"], unique=False
    )
    op.create_index(op.f("ix_insignia_member_id"), "insignia", ["member_id"], unique=False)
    op.create_table(
        "board_comment",
        sa.Column("id", ID, nullable=False),
        sa.Column("board_id", ID, nullable=False),
        sa.Column("pledge_id", ID, nullable=True),
        sa.Column("rating", sa.String(length=10), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'waiting') = (decided_at IS NULL)", name=op.f("ck_board_comment_decided")),
        sa.CheckConstraint("rating IN ('good','fair','poor')", name=op.f("ck_board_comment_rating")),
        sa.CheckConstraint("status IN ('waiting','approved','refused')", name=op.f("ck_board_comment_status")),
        sa.CheckConstraint("text <> '' OR rating IS NOT NULL", name=op.f("ck_board_comment_something")),
        sa.CheckConstraint("rating IS NULL OR pledge_id IS NOT NULL", name=op.f("ck_board_comment_rated")),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name=op.f("fk_board_comment_board_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["sign_in.id"], name=op.f("fk_board_comment_decided_by_id")),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("fk_board_comment_pledge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_comment")),
    )
    op.create_index("ix_board_comment_board_id_status", "board_comment", ["board_id", "status", "id"], unique=False)
    op.create_index("ix_board_comment_pledge_id", "board_comment", ["pledge_id"], unique=False)
    op.create_table(
        "board_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("board_id", ID, nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("old", sa.String(length=10), nullable=True),
        sa.Column("new", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("sign_in_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name=op.f("fk_board_log_board_id")),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_board_log_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_log")),
    )
    op.create_index(op.f("ix_board_log_board_id"), "board_log", ["board_id"], unique=False)
    op.create_table(
        "board_picture",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("board_id", ID, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", ID, nullable=True),
        sa.CheckConstraint("(member_id IS NULL) <> (board_id IS NULL)", name=op.f("ck_board_picture_whose")),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name=op.f("fk_board_picture_board_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_board_picture_member_id")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["sign_in.id"], name=op.f("fk_board_picture_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_picture")),
        sa.UniqueConstraint("board_id", name=op.f("uq_board_picture_board_id")),
        sa.UniqueConstraint("member_id", name=op.f("uq_board_picture_member_id")),
    )
    op.create_index(op.f("ix_board_picture_sha256"), "board_picture", ["sha256"], unique=False)
    protect("board_log")
