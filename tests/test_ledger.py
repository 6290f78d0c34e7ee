# ruff: noqa: S608 - the tables and columns are ours
"""The decision log: whole, in order, never changed, and telling of whatever was changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bot.case import Event, EventKind
from storage.errors import Unreadable
from storage.ledger import GENESIS, _is_canonical
from tests.processes import AT_ONCE, finish, start
from tests.stored_cases import NOON, RESTRICTED, decided, full_case, make_case, recorded


@pytest.fixture
def store(empty_store):
    """A store with three cases at one school, one of them decided, and one at another school."""
    cases = [make_case(), full_case(), make_case(advice=RESTRICTED), make_case(school="river")]
    for case in cases:
        empty_store.write_now(lambda unit, c=case: unit.add(c, recorded(c, reason="bruises")))
    changed, events = decided(cases[0])
    empty_store.write_now(lambda unit: unit.save(changed, events))
    read = Event(EventKind.READ, NOON, "dsl")
    empty_store.write_now(lambda unit: unit.note(changed, read))
    refused = Event(EventKind.REFUSED, NOON, "guest", {"refusal": "Guest"})
    empty_store.write_now(lambda unit: unit.note_school("hill", refused))
    return empty_store


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


# What is noticed


def rewritten(store, seq: int, **changes):
    """An entry's body with changes, canonical and hashed anew: what a forger would put."""
    row = ask(store, "SELECT body FROM ledger WHERE school = 'hill' AND seq = :seq", seq=seq)[0]
    body = rfc8785.dumps({**json.loads(row.body), **changes})
    return {"seq": seq, "body": body, "hash": hashlib.sha256(body).hexdigest()}


HILL = "WHERE school = 'hill' AND seq"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"UPDATE ledger SET body = :empty {HILL} = 2", {(2, "hash"), (2, "prev")}),
        (f"UPDATE ledger SET body = :other {HILL} = 2", {(2, "hash"), (2, "body")}),
        (f"UPDATE ledger SET body = :deep {HILL} = 2", {(2, "hash"), (2, "body")}),
        (f"UPDATE ledger SET hash = 'x' {HILL} = 2", {(2, "hash"), (3, "prev")}),
        (f"UPDATE ledger SET kind = 'read' {HILL} = 2", {(2, "columns")}),
        (f"UPDATE ledger SET case_id = 'x' {HILL} = 5", {(5, "columns")}),
        (f"UPDATE ledger SET version = 9 {HILL} = 4", {(4, "columns")}),
        (f"UPDATE ledger SET at = '2027-01-01 00:00:00.000000' {HILL} = 2", {(2, "columns")}),
        (f"UPDATE ledger SET sealed = NULL {HILL} = 2", {(2, "sealed")}),
        (f"DELETE FROM ledger {HILL} = 5", {(6, "gap"), (6, "prev")}),
        (f"DELETE FROM ledger {HILL} = 6", {(5, "head")}),
        ("DELETE FROM ledger_heads WHERE school = 'hill'", {(6, "head")}),
        ("UPDATE ledger_heads SET seq = 7 WHERE school = 'hill'", {(6, "head")}),
        ("UPDATE ledger_heads SET mac = '1.00' WHERE school = 'hill'", {(6, "head_mac")}),
    ],
)
def test_tampering_with_the_log_is_noticed_and_placed(store, statement, expected):
    tamper(store, statement, empty=b"{}", other=b"\xff", deep=b"[" * 100_000)

    assert set(faults(store)) >= {("hill", seq, what) for seq, what in expected}
    assert {school for school, _, _ in faults(store)} == {"hill"}


@pytest.mark.parametrize("change", ["at = 'never'", "body = 'text'"])
def test_what_no_program_of_ours_could_have_written_is_told_and_does_not_stop_the_check(
    sqlite_store, change
):
    case = make_case()
    sqlite_store.write_now(lambda unit: unit.add(case, recorded(case)))
    tamper(sqlite_store, f"UPDATE ledger SET {change}")

    assert ("", 0, "unreadable_entries") in faults(sqlite_store)


def test_a_case_that_holds_nonsense_is_told_and_does_not_stop_the_check(sqlite_store):
    case = make_case()
    sqlite_store.write_now(lambda unit: unit.add(case, recorded(case)))
    tamper(sqlite_store, "UPDATE cases SET advice = '{'")

    assert faults(sqlite_store) == [("", 0, "unreadable_cases")]


def test_an_entry_that_is_not_canonical_is_noticed(store):
    row = ask(store, "SELECT body FROM ledger WHERE school = 'hill' AND seq = 6")[0]
    body = bytes(row.body).replace(b'":', b'": ')
    digest = hashlib.sha256(body).hexdigest()
    tamper(
        store, f"UPDATE ledger SET body = :body, hash = :hash {HILL} = 6", body=body, hash=digest
    )

    assert ("hill", 6, "body") in faults(store)


def test_a_rewritten_end_of_the_chain_is_betrayed_by_the_head_that_needs_the_key(store):
    forged = rewritten(store, 6, codes={"refusal": "OwnCase"})

    tamper(
        store,
        f"UPDATE ledger SET body = :body, hash = :hash {HILL} = :seq",
        "UPDATE ledger_heads SET hash = :hash WHERE school = 'hill'",
        **forged,
    )

    assert faults(store) == [("hill", 6, "head_mac")]


def test_a_cut_off_chain_is_betrayed_by_the_head_that_needs_the_key(store):
    end = ask(store, "SELECT hash FROM ledger WHERE school = 'hill' AND seq = 5")[0].hash

    tamper(
        store,
        f"DELETE FROM ledger {HILL} = 6",
        "UPDATE ledger_heads SET seq = 5, hash = :hash WHERE school = 'hill'",
        hash=end,
    )

    assert faults(store) == [("hill", 5, "head_mac")]


def test_a_whole_log_taken_away_is_noticed_by_the_cases(store):
    tamper(
        store,
        "DELETE FROM ledger WHERE school = 'river'",
        "DELETE FROM ledger_heads WHERE school = 'river'",
    )

    assert faults(store) == [("river", 0, "case_unrecorded")]


CASE_COLUMNS = (
    "ref = 'SC-FORGE'",
    "status = 'closed'",
    "version = 9",
    "route = 'dpo'",
    "urgency = 'normal'",
    "outcome = 'share'",
    "decision = 'do_not_share'",
    "decided_at = '2027-01-01 00:00:00.000000'",
    "created_at = '2027-01-01 00:00:00.000000'",
    "legal_hold = true",
    "pack_version = '9'",
    "linked_to = 'x'",
    "requester_hash = '1.00'",
    "answers = NULL",
    "sealed = NULL",
    "school = 'river'",
)


@pytest.mark.parametrize("change", CASE_COLUMNS)
def test_a_case_changed_behind_the_logs_back_is_noticed(store, change):
    case = ask(store, "SELECT id, school FROM cases WHERE decision = 'share'")[0]
    tamper(store, f"UPDATE cases SET {change} WHERE id = :id", id=case.id)

    report = store.read_now(lambda unit: unit.verify())

    assert [fault.case_id for fault in report.faults] == [case.id]
    assert report.faults[0].what in {"case_changed", "case_unrecorded"}


def test_a_case_put_back_to_an_earlier_state_is_noticed(store):
    case = make_case()
    store.write_now(lambda unit: unit.add(case, recorded(case)))
    before = ask(store, "SELECT * FROM cases WHERE id = :id", id=case.id)[0]._mapping
    store.write_now(lambda unit: unit.save(*decided(case)))
    columns = ("status", "version", "decision", "decided_at", "single", "changed_at", "sealed")
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    tamper(
        store,
        f"UPDATE cases SET {sets} WHERE id = :id",
        id=case.id,
        **{name: before[name] for name in columns},
    )

    assert store.read_now(lambda unit: unit.load(case.id)) == case
    assert [what for _, _, what in faults(store)] == ["case_changed"]


def test_a_case_taken_away_is_noticed(store):
    case = ask(store, "SELECT id FROM cases WHERE school = 'river'")[0].id
    tamper(
        store,
        "DELETE FROM case_keys WHERE case_id = :id",
        "DELETE FROM cases WHERE id = :id",
        id=case,
    )

    report = store.read_now(lambda unit: unit.verify())

    assert [(f.what, f.case_id) for f in report.faults] == [("case_missing", case)]


def test_a_case_put_in_behind_the_logs_back_is_noticed(store):
    columns = list(ask(store, "SELECT * FROM cases")[0]._mapping)
    copied = ", ".join({"id": "'forged'", "ref": "'SC-FORGE'"}.get(c, c) for c in columns)
    tamper(
        store,
        f"INSERT INTO cases ({', '.join(columns)})"
        f" SELECT {copied} FROM cases WHERE school = 'river'",
    )

    assert [what for _, _, what in faults(store)] == ["case_unrecorded"]


def test_a_text_sealed_for_one_entry_does_not_open_in_another(store):
    case = make_case()
    first = recorded(case, reason="bruises")
    store.write_now(lambda unit: unit.add(case, first))
    store.write_now(lambda unit: unit.save(*decided(case)))
    rows = ask(store, "SELECT seq, sealed FROM ledger WHERE case_id = :id ORDER BY seq", id=case.id)
    statement = f"UPDATE ledger SET sealed = :sealed {HILL} = :seq"
    tamper(store, statement, seq=rows[0].seq, sealed=rows[1].sealed)

    with pytest.raises(Unreadable):
        store.read_now(lambda unit: unit.history(case))


def test_destroying_a_cases_key_leaves_the_chain_whole(store):
    case = make_case()
    store.write_now(lambda unit: unit.add(case, recorded(case, reason="bruises")))
    tamper(store, "DELETE FROM case_keys WHERE case_id = :id", id=case.id)

    assert faults(store) == []


@given(
    st.dictionaries(
        st.text("abcdefghij_", min_size=1), st.none() | st.integers(0, 2**53 - 1) | st.text()
    )
)
def test_the_quick_canonical_form_never_disagrees_with_rfc_8785(body):
    text_ = rfc8785.dumps(body)

    assert _is_canonical(body, text_)
    assert not _is_canonical(body, text_ + b" ")


# One chain, whoever writes


def test_writers_on_two_stores_never_fork_a_chain(database_url, open_store):
    import threading

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
    import threading

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


@pytest.mark.long
def test_two_processes_never_fork_a_chain(database_url, open_store, tmp_path):
    store = open_store(database_url)

    writers = [start("write_some", database_url, tmp_path / "keys", f"w{n}") for n in range(2)]
    assert [finish(writer).strip() for writer in writers] == ["200", "200"]

    report = store.read_now(lambda unit: unit.verify())
    assert (report.entries, report.cases, report.faults) == (400, 400, ())


@pytest.mark.long
@pytest.mark.parametrize("pause", [0.05, 0.2, 0.35])
def test_a_writer_that_is_killed_loses_nothing_it_acknowledged(
    database_url, open_store, tmp_path, pause
):
    import time

    store = open_store(database_url)
    said: list[list[str]] = []
    for life in range(8):
        writer = start("write", database_url, tmp_path / "keys", f"life{life}")
        lines = [writer.stdout.readline().split()]
        time.sleep(pause)
        writer.kill()
        rest, _ = writer.communicate(timeout=10)
        said += lines + [line.split() for line in rest.splitlines(keepends=True) if "\n" in line]

    added = {words[1] for words in said if words[0] == "added"}
    decided_ = {words[1] for words in said if words[0] == "decided"}
    report = store.read_now(lambda unit: unit.verify())
    kept = {row.id: row for row in ask(store, "SELECT id, status FROM cases")}
    assert len(added) >= 8
    assert added <= set(kept)
    assert {kept[case].status for case in decided_} <= {"decided"}
    assert len(kept) - len(added) <= 8 * AT_ONCE, "only what was under way is unacknowledged"
    assert report.faults == ()
    for table in ("outbox", "seen_keys", "case_keys"):
        assert ask(store, f"SELECT count(*) AS n FROM {table}")[0].n == len(kept)
    assert report.entries == len(kept) + sum(row.status == "decided" for row in kept.values())
    last = store.read_now(lambda unit: unit.entries("hill", limit=1))[0]
    assert last.at <= NOON + timedelta(minutes=5)
    assert replace(last, seq=report.entries) == last
