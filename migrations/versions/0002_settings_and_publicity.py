"""What organisations decide for themselves, and tallies publicised."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "organisation_setting",
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_organisation_setting_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "name", name=op.f("pk_organisation_setting")),
    )
    op.create_table(
        "publication",
        sa.Column("id", ID, nullable=False),
        sa.Column("tally_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["published_by_id"], ["sign_in.id"], name=op.f("fk_publication_published_by_id")),
        sa.ForeignKeyConstraint(["tally_id"], ["tally.id"], name=op.f("fk_publication_tally_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("tally_id", "version", name=op.f("uq_publication_tally_id_version")),
    )
