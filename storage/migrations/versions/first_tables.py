"""Cases, keys, the ledger with its triggers, the outbox and the seen keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.String()
MOMENT = sa.DateTime(timezone=True)
CODES = sa.JSON()
BYTES = sa.LargeBinary()

SQLITE_TRIGGERS = (
    """CREATE TRIGGER ledger_never_changes BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_never_shrinks BEFORE DELETE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_never_replaces BEFORE INSERT ON ledger
    WHEN EXISTS (SELECT 1 FROM ledger WHERE school = NEW.school AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
)
POSTGRES_TRIGGERS = (
    """CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$""",
    """CREATE TRIGGER ledger_never_changes BEFORE UPDATE OR DELETE ON ledger
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()""",
    """CREATE TRIGGER ledger_never_shrinks BEFORE TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()""",
)


def upgrade() -> None:
    make_cases()
    make_keys()
    make_ledger()
    make_outbox()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if sqlite else POSTGRES_TRIGGERS:
        op.execute(statement)


def make_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.Column("school", TEXT, nullable=False),
        sa.Column("pack_id", TEXT, nullable=False),
        sa.Column("pack_version", TEXT, nullable=False),
        sa.Column("pack_digest", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("route", TEXT, nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("urgency", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("advice", CODES, nullable=False),
        sa.Column("answers", CODES),
        sa.Column("fixes", CODES),
        sa.Column("course", TEXT),
        sa.Column("decision", TEXT),
        sa.Column("decided_at", MOMENT),
        sa.Column("single", sa.Boolean()),
        sa.Column("close_requested", sa.Boolean(), nullable=False),
        sa.Column("legal_hold", sa.Boolean(), nullable=False),
        sa.Column("filed_at", MOMENT),
        sa.Column("linked_to", TEXT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("requester_hash", TEXT),
        sa.Column("filed_hash", TEXT),
        sa.Column("sealed", BYTES),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("ref", name="uq_cases_ref"),
    )
    op.create_index("ix_cases_school_route_status", "cases", ["school", "route", "status"])
    op.create_index("ix_cases_school_created_at", "cases", ["school", "created_at"])
    op.create_index("ix_cases_requester_hash_created_at", "cases", ["requester_hash", "created_at"])
    op.create_index("ix_cases_filed_hash", "cases", ["filed_hash"])


def make_keys() -> None:
    op.create_table(
        "case_keys",
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("wrapped", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_keys"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_keys_case_id"),
    )
    op.create_table(
        "school_keys",
        sa.Column("school", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("school", "number", name="pk_school_keys"),
    )


def make_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("school", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("case_id", TEXT),
        sa.Column("version", sa.Integer()),
        sa.Column("body", BYTES, nullable=False),
        sa.Column("sealed", BYTES),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("school", "seq", name="pk_ledger"),
    )
    op.create_index("ix_ledger_case_id_seq", "ledger", ["case_id", "seq"])
    op.create_table(
        "ledger_heads",
        sa.Column("school", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("mac", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("school", name="pk_ledger_heads"),
    )


def make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("school", TEXT, nullable=False),
        sa.Column("case_id", TEXT),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("audience", TEXT, nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("needs", TEXT),
        sa.Column("route", TEXT),
        sa.Column("payload", CODES, nullable=False),
        sa.Column("sealed", BYTES),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", TEXT),
        sa.Column("lease_until", MOMENT),
        sa.Column("not_before", MOMENT),
        sa.Column("last_error", TEXT),
        sa.Column("doubt", sa.Boolean(), nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.PrimaryKeyConstraint("key", name="pk_outbox"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_outbox_case_id"),
        sa.ForeignKeyConstraint(["needs"], ["outbox.key"], name="fk_outbox_needs"),
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])
    op.create_index("ix_outbox_case_id", "outbox", ["case_id"])
    op.create_index("ix_outbox_needs", "outbox", ["needs"])
    op.create_table(
        "seen_keys",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_seen_keys"),
    )
    op.create_index("ix_seen_keys_at", "seen_keys", ["at"])
