# ruff: noqa: S608 - the tables and columns are ours
"""What tests do with a store beside what the product does: fill, count, hold up, leave no room."""

from __future__ import annotations

import resource
import time
from pathlib import Path

from sqlalchemy import text

from bot.case import Case
from storage.lists import Listed, Viewer
from storage.store import Store
from tests.stored_cases import recorded


def add(store: Store, case: Case, **texts: str) -> Case:
    store.write_now(lambda unit: unit.add(case, recorded(case, **texts)))
    return case


def how_many(store: Store, table: str = "cases") -> int:
    return store.read_now(
        lambda unit: unit._connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    )


VIEWER = Viewer("hill", frozenset({"class-teacher"}), frozenset({"dsl"}))
"""Someone on the DSL's route who asks things too."""


def listed(
    store: Store, which: Listed, viewer: Viewer = VIEWER, limit: int = 20, offset: int = 0
) -> list[Case]:
    found = store.read_now(lambda unit: unit.listed(viewer, which, limit=limit, offset=offset))
    return found.cases


def counted(store: Store, which: Listed, viewer: Viewer = VIEWER) -> int:
    return store.read_now(lambda unit: unit.count(viewer, which))


def hold_up(store: Store, seconds: float = 0.3) -> None:
    """Keep every writing thread busy for a while."""
    for _ in store._writer._threads:
        store._submit(lambda _unit: time.sleep(seconds), 10, None)
        time.sleep(0.02)


class no_room_beyond:  # noqa: N801 - reads as a sentence in a with statement
    """Within it, no file of this process may grow beyond the size of `file`'s journal now."""

    def __init__(self, file: Path) -> None:
        self.size = file.with_name(file.name + "-wal").stat().st_size

    def __enter__(self) -> None:
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(self.size, 4096), self.before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


def ask(store, query: str, **values):
    return store.read_now(lambda unit: unit._connection.execute(text(query), values).all())


def tamper(store, *statements: str, **values) -> None:
    """Change the tables as someone could who holds the database but not the keys."""

    def work(unit):
        connection = unit._connection
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            for name in ("changes", "shrinks", "replaces"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS ledger_never_{name}"))
        for statement in statements:
            known = {n: v for n, v in values.items() if f":{n}" in statement}
            assert connection.execute(text(statement), known).rowcount == 1

    store.write_now(work)


def faults(store, school=None) -> list[tuple[str, int, str]]:
    report = store.read_now(lambda unit: unit.verify(school))
    return [(fault.school, fault.seq, fault.what) for fault in report.faults]
