"""Inspections, findings, rectifications and bulletins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.append_only import protect

revision = "0016"
down_revision = "0015"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", ID, nullable=False),
        sa.Column("spot_check_id", ID, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("parts", JSON, nullable=False),
        sa.Column("snapshot", JSON, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("again_of_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by_id", ID, nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("(status = 'draft') = (sha256 IS NULL)", name=op.f("ck_bulletin_frozen")),
        sa.CheckConstraint("status IN ('draft','issued','withdrawn')", name=op.f("ck_bulletin_status")),
        sa.ForeignKeyConstraint(["again_of_id"], ["bulletin.id"], name=op.f("fk_bulletin_again_of_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["sign_in.id"], name=op.f("fk_bulletin_created_by_id")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["sign_in.id"], name=op.f("fk_bulletin_issued_by_id")),
        sa.ForeignKeyConstraint(["spot_check_id"], ["spot_check.id"], name=op.f("fk_bulletin_spot_check_id")),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["sign_in.id"], name=op.f("fk_bulletin_withdrawn_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
    )
    op.create_index(op.f("ix_bulletin_spot_check_id"), "bulletin", ["spot_check_id"], unique=False)
    op.create_index(
        "uq_bulletin_draft",
        "bulletin",
        ["spot_check_id"],
        unique=True,
        sqlite_where=sa.text("status = 'draft'"),
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.create_index(
        "uq_bulletin_issued",
        "bulletin",
        ["spot_check_id"],
        unique=True,
        sqlite_where=sa.text("status = 'issued'"),
        postgresql_where=sa.text("status = 'issued'"),
    )
    op.create_table(
        "inspection",
        sa.Column("id", ID, nullable=False),
        sa.Column("spot_check_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", ID, nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirm_due_on", sa.Date(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", ID, nullable=True),
        sa.Column("comment", sa.String(length=1000), nullable=True),
        sa.Column("reply", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "status IN ('open','half_signed','signed','contested','confirmed','maintained')",
            name=op.f("ck_inspection_status"),
        ),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["sign_in.id"], name=op.f("fk_inspection_confirmed_by_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["sign_in.id"], name=op.f("fk_inspection_opened_by_id")),
        sa.ForeignKeyConstraint(["spot_check_id"], ["spot_check.id"], name=op.f("fk_inspection_spot_check_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["spot_check_unit.id"], name=op.f("fk_inspection_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_inspection_unit_id")),
    )
    op.create_index("ix_inspection_signed_at", "inspection", ["signed_at"], unique=False)
    op.create_index("ix_inspection_spot_check_id_id", "inspection", ["spot_check_id", "id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", ID, nullable=False),
        sa.Column("inspection_id", ID, nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("article", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("written_by_id", ID, nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("severity IN ('minor','notable','serious')", name=op.f("ck_finding_severity")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_finding_inspection_id")),
        sa.ForeignKeyConstraint(["written_by_id"], ["sign_in.id"], name=op.f("fk_finding_written_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("inspection_id", "item", name=op.f("uq_finding_inspection_id_item")),
    )
    op.create_table(
        "inspection_answer",
        sa.Column("inspection_id", ID, nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "answer IS NULL OR answer IN ('conforms','finding','not_applicable')",
            name=op.f("ck_inspection_answer_answer"),
        ),
        sa.ForeignKeyConstraint(["answered_by_id"], ["sign_in.id"], name=op.f("fk_inspection_answer_answered_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_answer_inspection_id")),
        sa.PrimaryKeyConstraint("inspection_id", "item", name=op.f("pk_inspection_answer")),
    )
    op.create_table(
        "inspection_signature",
        sa.Column("id", ID, nullable=False),
        sa.Column("inspection_id", ID, nullable=False),
        sa.Column("inspector_id", ID, nullable=False),
        sa.Column("sign_in_id", ID, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_signature_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["spot_check_inspector.id"], name=op.f("fk_inspection_signature_inspector_id")
        ),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_inspection_signature_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_signature")),
    )
    op.create_index(
        "uq_inspection_signature_standing",
        "inspection_signature",
        ["inspection_id", "inspector_id"],
        unique=True,
        sqlite_where=sa.text("voided_at IS NULL"),
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_table(
        "rectification",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("finding_id", ID, nullable=False),
        sa.Column("spot_check_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("status", sa.String(length=15), nullable=False),
        sa.Column("demand", sa.String(length=1000), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by_id", ID, nullable=True),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("outcome", sa.String(length=1000), nullable=True),
        sa.Column("rechecked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rechecked_by_id", ID, nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('ordered','answered','returned','closed','not_rectified')", name=op.f("ck_rectification_status")
        ),
        sa.CheckConstraint(
            "rechecked_by_id IS NULL OR (rechecked_by_id <> ordered_by_id"
            " AND (answered_by_id IS NULL OR rechecked_by_id <> answered_by_id))",
            name=op.f("ck_rectification_four_eyes"),
        ),
        sa.ForeignKeyConstraint(["answered_by_id"], ["sign_in.id"], name=op.f("fk_rectification_answered_by_id")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_rectification_finding_id")),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["sign_in.id"], name=op.f("fk_rectification_ordered_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_rectification_organisation_id")
        ),
        sa.ForeignKeyConstraint(["rechecked_by_id"], ["sign_in.id"], name=op.f("fk_rectification_rechecked_by_id")),
        sa.ForeignKeyConstraint(["spot_check_id"], ["spot_check.id"], name=op.f("fk_rectification_spot_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification")),
        sa.UniqueConstraint("finding_id", name=op.f("uq_rectification_finding_id")),
        sa.UniqueConstraint("number", name=op.f("uq_rectification_number")),
    )
    op.create_index(
        "ix_rectification_due",
        "rectification",
        ["due_on"],
        unique=False,
        sqlite_where=sa.text("status IN ('ordered','answered','returned')"),
        postgresql_where=sa.text("status IN ('ordered','answered','returned')"),
    )
    op.create_index("ix_rectification_organisation_id_id", "rectification", ["organisation_id", "id"], unique=False)
    op.create_index("ix_rectification_spot_check_id_id", "rectification", ["spot_check_id", "id"], unique=False)
    op.create_table(
        "inspection_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("inspection_id", ID, nullable=False),
        sa.Column("rectification_id", ID, nullable=True),
        sa.Column("old", sa.String(length=15), nullable=True),
        sa.Column("new", sa.String(length=15), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=True),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("sign_in_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_log_inspection_id")),
        sa.ForeignKeyConstraint(
            ["rectification_id"], ["rectification.id"], name=op.f("fk_inspection_log_rectification_id")
        ),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_inspection_log_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_log")),
    )
    op.create_index(op.f("ix_inspection_log_inspection_id"), "inspection_log", ["inspection_id"], unique=False)
    op.create_index(op.f("ix_inspection_log_rectification_id"), "inspection_log", ["rectification_id"], unique=False)
    protect("inspection_log")
