"""Conversations to write into first, accounts of one human, and where a posted message is found."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.String()
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("platform", TEXT, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("conversation", TEXT, nullable=False),
        sa.Column("service_url", TEXT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "tenant", "kind", "id", name="pk_conversations"),
    )
    op.create_table(
        "account_links",
        sa.Column("school", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("email_hash", TEXT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("school", "account", "email_hash", name="pk_account_links"),
    )
    op.create_index(
        "ix_account_links_school_email_hash", "account_links", ["school", "email_hash"]
    )
    op.add_column("outbox", sa.Column("posted_hash", TEXT))
    op.create_index("ix_outbox_posted_hash", "outbox", ["posted_hash"])
