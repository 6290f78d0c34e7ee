# ruff: noqa: S608 - the tables and columns are ours
"""The decision log tells of whatever was changed behind its back, and where."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import Unreadable
from storage.ledger import is_canonical
from tests.stored_cases import decided, make_case, recorded
from tests.stores import add, ask, faults, tamper


@pytest.fixture
def store(filled_store):
    return filled_store


def rewritten(store, number: int, **changes):
    """An entry's body with changes, canonical and hashed anew: what a forger would put."""
    row = ask(store, "SELECT body FROM ledger WHERE school = 'hill' AND seq = :n", n=number)[0]
    body = rfc8785.dumps({**json.loads(row.body), **changes})
    return {"seq": number, "body": body, "hash": hashlib.sha256(body).hexdigest()}


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

    assert {(fault.what, fault.case_id) for fault in report.faults} in (
        {("case_changed", case.id), ("unreadable", case.id)},
        {("case_unrecorded", case.id), ("unreadable", case.id)},
    )


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

    assert [what for _, _, what in faults(store)] == ["case_unrecorded", "key_missing"]


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


def test_texts_swapped_between_two_entries_are_noticed(store):
    case = make_case()
    store.write_now(lambda unit: unit.add(case, recorded(case, reason="bruises")))
    store.write_now(lambda unit: unit.save(*decided(case)))
    first, second = ask(store, f"SELECT seq, sealed FROM ledger {HILL} > 6 ORDER BY seq")
    for at, other in ((first, second), (second, first)):
        statement = f"UPDATE ledger SET sealed = :sealed {HILL} = :at"
        tamper(store, statement, at=at.seq, sealed=other.sealed)

    found = {(seq, what) for _, seq, what in faults(store)}
    assert found == {(7, "sealed"), (7, "unreadable"), (8, "sealed"), (8, "unreadable")}


def test_contents_swapped_between_two_cases_are_noticed_and_open_for_neither(store):
    pair = [add(store, make_case()), add(store, make_case())]
    sealed = [ask(store, "SELECT sealed FROM cases WHERE id = :id", id=c.id)[0][0] for c in pair]
    for case, other in zip(pair, reversed(sealed), strict=True):
        tamper(store, "UPDATE cases SET sealed = :other WHERE id = :id", id=case.id, other=other)

    for case in pair:
        with pytest.raises(Unreadable):
            store.read_now(lambda unit, c=case: unit.load(c.id))
    found = store.read_now(lambda unit: unit.verify()).faults
    assert {(f.what, f.case_id) for f in found} == {
        (what, case.id) for what in ("case_changed", "unreadable") for case in pair
    }


def test_contents_swapped_with_their_keys_open_for_neither(store):
    pair = [add(store, make_case()), add(store, make_case())]
    query = "SELECT sealed, wrapped FROM cases JOIN case_keys ON case_id = id WHERE id = :id"
    rows = [ask(store, query, id=case.id)[0] for case in pair]
    for case, other in zip(pair, reversed(rows), strict=True):
        tamper(
            store,
            "UPDATE cases SET sealed = :sealed WHERE id = :id",
            "UPDATE case_keys SET wrapped = :wrapped WHERE case_id = :id",
            id=case.id,
            **other._mapping,
        )

    for case in pair:
        with pytest.raises(Unreadable):
            store.read_now(lambda unit, c=case: unit.load(c.id))


def test_what_a_school_sealed_about_no_case_must_open_too(store):
    sealed = bytes(60)
    forged = rewritten(store, 6, sealed=hashlib.sha256(sealed).hexdigest())
    tamper(
        store,
        f"UPDATE ledger SET body = :body, hash = :hash, sealed = :sealed {HILL} = :seq",
        **forged,
        sealed=sealed,
    )

    assert ("hill", 6, "unreadable") in faults(store)


# A forged chain, and a bot that goes on writing


def test_an_entry_put_on_without_the_keys_is_noticed(store):
    last = ask(store, f"SELECT hash FROM ledger {HILL} = 6")[0].hash
    forged = rewritten(store, 6, seq=7, prev=last, codes={"refusal": "OwnCase"})
    tamper(
        store,
        "INSERT INTO ledger (school, seq, at, kind, body, sealed, hash)"
        f" SELECT school, 7, at, kind, :body, sealed, :hash FROM ledger {HILL} = :seq",
        "UPDATE ledger_heads SET seq = 7, hash = :hash WHERE school = 'hill'",
        **forged,
    )

    assert set(faults(store)) == {("hill", 7, "head_mac"), ("hill", 7, "unreadable")}


def test_what_is_written_after_a_forged_end_does_not_vouch_for_it(store):
    forged = rewritten(store, 6, codes={"refusal": "OwnCase"})
    tamper(
        store,
        f"UPDATE ledger SET body = :body, hash = :hash {HILL} = :seq",
        "UPDATE ledger_heads SET hash = :hash WHERE school = 'hill'",
        **forged,
    )
    for _ in range(2):
        add(store, make_case())

    assert faults(store) == [("hill", 8, "head_mac")]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM ledger_heads WHERE school = 'hill'",
        "UPDATE ledger_heads SET seq = 2 WHERE school = 'hill'",
        "UPDATE ledger_heads SET hash = 'x' WHERE school = 'hill'",
        "UPDATE ledger_heads SET mac = 'x' WHERE school = 'hill'",
    ],
)
def test_a_broken_head_stops_no_one_from_recording_and_is_never_mended_in_silence(store, change):
    tamper(store, change)

    case = add(store, make_case())
    add(store, make_case())

    assert store.read_now(lambda unit: unit.load(case.id)) == case
    assert faults(store) == [("hill", 8, "head_mac")]


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text("abcdefghij_", min_size=1), st.none() | st.integers(0, 2**53 - 1) | st.text()
    )
)
def test_the_quick_canonical_form_never_disagrees_with_rfc_8785(body):
    text_ = rfc8785.dumps(body)

    assert is_canonical(body, text_)
    assert not is_canonical(body, text_ + b" ")
