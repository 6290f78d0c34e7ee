"""Indexes for the lists that people see: they hold all that is needed to sort and to count."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ON_ROUTES = (
    "school",
    "restricted",
    "route",
    "status",
    "filed_at",
    "urgency",
    "created_at",
    "changed_at",
    "requester_hash",
    "decision",
    "id",
)
OF_ONE = ("school", "requester_hash", "restricted", "status", "decision", "urgency", "created_at", "id")


def upgrade() -> None:
    op.create_index("ix_cases_on_routes", "cases", list(ON_ROUTES))
    op.create_index("ix_cases_of_one", "cases", list(OF_ONE))
    op.drop_index("ix_cases_school_route_status", "cases")
