# ruff: noqa: S608 - the tables and columns are ours
"""Several processes, some of them killed: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.outbox import State
from tests.processes import AT_ONCE, finish, start
from tests.stored_cases import NOON, make_row
from tests.stores import ask


@pytest.mark.long
def test_two_processes_claim_every_row_and_none_twice_under_a_live_lease(
    database_url, open_store, tmp_path
):
    store = open_store(database_url)
    for first in range(0, 2000, 100):
        rows = [make_row(f"{n:05}") for n in range(first, first + 100)]
        store.write_now(lambda unit, rows=rows: [unit.put(row) for row in rows], within=30)

    workers = [start("claim", database_url, tmp_path / "keys", f"w{n}") for n in range(2)]
    taken = [finish(worker).split() for worker in workers]

    assert all(taken), "both had something to do"
    assert len(taken[0]) + len(taken[1]) == len(set(taken[0]) | set(taken[1])) == 2000
    assert len(store.read_now(lambda unit: unit.listing(State.DONE, 3000))) == 2000


@pytest.mark.long
def test_two_processes_never_fork_a_chain(database_url, open_store, tmp_path):
    store = open_store(database_url)

    writers = [start("write_some", database_url, tmp_path / "keys", f"w{n}") for n in range(2)]
    assert [finish(writer).strip() for writer in writers] == ["200", "200"]

    report = store.read_now(lambda unit: unit.verify())
    assert (report.entries, report.cases, report.faults) == (400, 400, ())


@pytest.mark.long
@pytest.mark.parametrize(
    ("together", "pause"), [(1, 0.05), (1, 0.2), (1, 0.35), (2, 0.05), (2, 0.3)]
)
def test_writers_that_are_killed_lose_nothing_they_acknowledged(
    database_url, open_store, tmp_path, together, pause
):
    """One at a time, and two that write to the same chain and are killed in the same moment."""
    store = open_store(database_url)
    said: list[list[str]] = []
    for life in range(8):
        names = [f"life{life}-{n}" for n in range(together)]
        writers = [start("write", database_url, tmp_path / "keys", name) for name in names]
        said += [writer.stdout.readline().split() for writer in writers]
        time.sleep(pause)
        for writer in writers:
            writer.kill()
        for writer in writers:
            writer.wait(timeout=10)
            rest = writer.stdout.read()  # after `readline`, whose buffer `communicate` would skip
            writer.stdout.close()
            said += [line.split() for line in rest.splitlines(keepends=True) if "\n" in line]

    added = {words[1] for words in said if words[0] == "added"}
    decided_ = {words[1] for words in said if words[0] == "decided"}
    report = store.read_now(lambda unit: unit.verify())
    kept = {row.id: row for row in ask(store, "SELECT id, status FROM cases")}
    assert len(added) >= 8 * together
    assert added <= set(kept)
    assert {kept[case].status for case in decided_} <= {"decided"}
    assert len(kept) - len(added) <= 8 * together * AT_ONCE, (
        "only what was under way is unacknowledged"
    )
    assert report.faults == ()
    for table in ("outbox", "seen_keys", "case_keys"):
        assert ask(store, f"SELECT count(*) AS n FROM {table}")[0].n == len(kept)
    assert report.entries == len(kept) + sum(row.status == "decided" for row in kept.values())
    last = store.read_now(lambda unit: unit.entries("hill", limit=1))[0]
    assert last.at <= NOON + timedelta(minutes=5)
    assert replace(last, seq=report.entries) == last
