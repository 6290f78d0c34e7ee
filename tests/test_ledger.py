# ruff: noqa: S608 - the tables and columns are ours
"""The decision log: whole, in order, never changed, one chain whoever writes."""

from __future__ import annotations

import hashlib
import json
import threading

import pytest
import rfc8785
from sqlalchemy import text

from bot.case import Event, EventKind
from storage.ledger import GENESIS
from tests.stored_cases import NOON, decided, make_case, recorded
from tests.stores import ask, faults


@pytest.fixture
def store(filled_store):
    return filled_store


# What is written


def test_an_untouched_log_has_no_faults_and_says_how_much_was_checked(store):
    report = store.read_now(lambda unit: unit.verify())

    assert (report.entries, report.cases, report.faults) == (7, 4, ())
    assert {school: head.seq for school, head in report.heads.items()} == {"hill": 6, "river": 1}


def test_one_school_can_be_checked_by_itself(store):
    report = store.read_now(lambda unit: unit.verify("river"))

    assert (report.entries, report.cases, list(report.heads)) == (1, 1, ["river"])


def test_an_empty_log_has_no_faults(empty_store):
    report = empty_store.read_now(lambda unit: unit.verify())

    assert (report.entries, report.cases, report.faults) == (0, 0, ())


def test_each_school_has_one_chain_that_starts_at_nothing_and_links_every_entry(store):
    rows = ask(store, "SELECT seq, body, hash FROM ledger WHERE school = 'hill' ORDER BY seq")

    before = GENESIS
    for number, row in enumerate(rows, 1):
        body = json.loads(row.body)
        assert row.seq == body["seq"] == number
        assert body["prev"] == before
        assert hashlib.sha256(row.body).hexdigest() == row.hash
        assert rfc8785.dumps(body) == bytes(row.body)
        before = row.hash
    assert len(rows) == 6


def test_an_entry_holds_exactly_the_fields_that_were_promised(store):
    row = ask(store, "SELECT body FROM ledger WHERE school = 'hill' AND seq = 4")[0]

    body = json.loads(row.body)
    assert set(body) == {
        *("v", "school", "seq", "at", "kind", "case", "ref", "codes"),
        *("status", "version", "state", "sealed", "prev"),
    }
    assert (body["kind"], body["status"], body["version"]) == ("decided", "decided", 2)
    assert body["codes"] == {"outcome": "share"}


def test_what_happened_to_a_case_can_be_read_back_by_whoever_has_the_key(store):
    case = make_case()
    first = recorded(case, reason="bruises")
    changed, second = decided(case)
    left = Event(EventKind.LEFT_OUTSIDE, NOON, "", {"to": "lado"})
    store.write_now(lambda unit: unit.add(case, first))
    store.write_now(lambda unit: unit.save(changed, second))
    store.write_now(lambda unit: unit.note(changed, left))

    history = store.read_now(lambda unit: unit.history(changed))

    assert history == [*first, *second, left]


def test_the_newest_entries_show_codes_and_no_person(store):
    entries = store.read_now(lambda unit: unit.entries("hill", limit=2))

    assert (entries[0].seq, entries[0].kind, entries[0].ref) == (6, "refused", None)
    assert entries[0].codes == {"refusal": "Guest"}
    assert entries[1].kind == "read"
    assert "guest" not in repr(entries).replace("'Guest'", "")


# What cannot be done


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET kind = 'read' WHERE seq = 1",
        "UPDATE ledger SET sealed = NULL",
        "DELETE FROM ledger WHERE seq = 6",
        "DELETE FROM ledger",
    ],
)
def test_an_entry_cannot_be_changed_or_removed(store, statement):
    with pytest.raises(Exception, match="append-only"):
        store.write_now(lambda unit: unit._connection.execute(text(statement)))

    assert faults(store) == []


def test_an_entry_cannot_be_replaced_on_sqlite(sqlite_store):
    case = make_case()
    sqlite_store.write_now(lambda unit: unit.add(case, recorded(case)))

    for way in ("REPLACE INTO", "INSERT OR REPLACE INTO"):
        statement = f"{way} ledger SELECT * FROM ledger"
        with pytest.raises(Exception, match="append-only"):
            sqlite_store.write_now(lambda unit, s=statement: unit._connection.execute(text(s)))

    assert faults(sqlite_store) == []


def test_the_log_cannot_be_emptied_on_postgresql(postgres_store):
    with pytest.raises(Exception, match="append-only"):
        postgres_store.write_now(lambda unit: unit._connection.execute(text("TRUNCATE ledger")))


# One chain, whoever writes


def test_writers_on_two_stores_never_fork_a_chain(database_url, open_store):
    stores = [open_store(database_url) for _ in range(2)]

    def write(store, name):
        for number in range(25):
            case = make_case(id=f"{name}-{number}", ref=f"SC-{name}-{number}")
            store.write_now(lambda unit, c=case: unit.add(c, recorded(c)), within=30)

    threads = [threading.Thread(target=write, args=(s, n)) for n, s in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    report = stores[0].read_now(lambda unit: unit.verify())
    assert (report.entries, report.faults) == (50, ())


def test_two_schools_in_one_transaction_in_either_order_do_not_end_in_a_deadlock(
    postgres_url, open_store
):
    stores = [open_store(postgres_url) for _ in range(2)]
    faults_seen: list[BaseException] = []

    def write(store, schools):
        for _ in range(3):
            notes = [(school, Event(EventKind.REFUSED, NOON, "x")) for school in schools]
            try:
                store.write_now(lambda u, n=notes: [u.note_school(*note) for note in n], within=30)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told below
                faults_seen.append(error)

    orders = (("hill", "river"), ("river", "hill"))
    threads = [
        threading.Thread(target=write, args=pair) for pair in zip(stores, orders, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults_seen == []
    assert stores[0].read_now(lambda unit: unit.verify()).entries == 12
