"""When an account lost an address; and no channels, of which nobody ever asked where to write."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account_links", sa.Column("left_at", sa.DateTime(timezone=True)))
    op.execute("DELETE FROM conversations WHERE kind = 'channel'")
