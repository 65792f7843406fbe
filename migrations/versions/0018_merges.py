"""What went along with a merged record, so that undoing the merge brings it back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("member_merge", sa.Column("moved", JSON, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("member_merge", sa.Column("once", JSON, server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    op.drop_column("member_merge", "once")
    op.drop_column("member_merge", "moved")
