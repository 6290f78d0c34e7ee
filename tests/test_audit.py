"""The check of the log tells of content that is lost, though the chain is whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.case import Status
from tests.stored_cases import decided, make_case
from tests.stores import add, faults, tamper


@pytest.fixture
def store(filled_store):
    return filled_store


def test_a_key_that_is_gone_is_told_once_and_the_chain_is_whole(store):
    case = add(store, make_case(), reason="bruises")
    tamper(store, "DELETE FROM case_keys WHERE case_id = :id", id=case.id)

    found = store.read_now(lambda unit: unit.verify()).faults
    assert [(f.school, f.seq, f.what, f.case_id) for f in found] == [
        ("hill", 7, "key_missing", case.id)
    ]


def test_all_keys_gone_is_a_fault_of_every_case(store):
    tamper(
        store, *(["DELETE FROM case_keys WHERE case_id = (SELECT min(case_id) FROM case_keys)"] * 4)
    )

    assert [what for _, _, what in faults(store)] == ["key_missing"] * 4


@pytest.mark.parametrize("change", ["wrapped = :zeros", "wrapped = :short", "number = 7"])
def test_a_key_that_opens_nothing_is_told_of_the_case_and_of_each_of_its_entries(store, change):
    case = add(store, make_case(), reason="bruises")
    store.write_now(lambda unit: unit.save(*decided(case)))
    statement = f"UPDATE case_keys SET {change} WHERE case_id = :id"  # noqa: S608 - our own
    tamper(store, statement, id=case.id, zeros=bytes(60), short=b"\0")

    found = store.read_now(lambda unit: unit.verify()).faults
    assert {f.case_id for f in found} == {case.id}
    assert [(f.seq, f.what) for f in found] == [
        (7, "unreadable"),
        (8, "unreadable"),
        (8, "unreadable"),
    ]


def test_a_case_that_was_disposed_of_needs_no_key(store):
    case = add(store, make_case(), reason="bruises")
    changed, events = decided(case)
    disposed = replace(changed, status=Status.DISPOSED)
    store.write_now(lambda unit: unit.save(disposed, events))
    tamper(store, "DELETE FROM case_keys WHERE case_id = :id", id=case.id)

    assert faults(store) == []


def test_a_key_taken_away_cannot_be_passed_off_as_a_disposal(store):
    case = add(store, make_case(), reason="bruises")
    tamper(
        store,
        "DELETE FROM case_keys WHERE case_id = :id",
        "UPDATE cases SET status = 'disposed' WHERE id = :id",
        id=case.id,
    )

    assert faults(store) == [("hill", 7, "case_changed")]
