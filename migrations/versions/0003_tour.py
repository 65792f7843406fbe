"""Whether a person has seen the tour of the first day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("toured", sa.Boolean(), nullable=False, server_default=sa.false()))
