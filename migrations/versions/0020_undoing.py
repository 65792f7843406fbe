"""What undoing needs: what went along with a merged record, and which file brought an item of the lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("member_merge", sa.Column("moved", JSON, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("member_merge", sa.Column("once", JSON, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("list_item", sa.Column("import_id", ID, nullable=True))
    op.create_index(op.f("ix_list_item_import_id"), "list_item", ["import_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_list_item_import_id"), table_name="list_item")
    op.drop_column("list_item", "import_id")
    op.drop_column("member_merge", "once")
    op.drop_column("member_merge", "moved")
