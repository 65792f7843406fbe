"""One table for what addresses tried, instead of one for the lists and one for the reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    # What stands there is of the last ten minutes.
    op.drop_table("vote_try")
    op.drop_table("list_public_try")
    op.create_table(
        "public_try",
        sa.Column("purpose", sa.String(length=5), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "address_hash", "begins_at", name=op.f("pk_public_try")),
    )
