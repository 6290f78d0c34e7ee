"""A message that was put, turned elsewhere or broken without the keys goes nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.outbox import State
from tests.stored_cases import NOON, make_case, make_row
from tests.stores import add, ask, tamper

LEASE = timedelta(seconds=60)


def put_three(store):
    """Three rows about a case, of which the tests spoil `b`."""
    case = add(store, make_case(id="c" * 32))
    rows = [
        make_row(key, case_id=case.id, route="head", target="head", payload={"to": "head"})
        for key in "abc"
    ]
    store.write_now(lambda unit: [unit.put(row) for row in rows])


def claim(store) -> list[str]:
    return [r.key for r in store.write_now(lambda unit: unit.claim("w1", NOON, LEASE))]


def buried(store) -> list[tuple[str, str | None, str | None]]:
    rows = store.read_now(lambda unit: unit.listing(State.BURIED))
    return [(row.key, row.last_error, row.target) for row in rows]


SPOILT = {
    "of another row": "sealed = (SELECT sealed FROM outbox WHERE key = 'a')",
    "gone": "sealed = NULL",
    "empty": "sealed = :empty",
    "of one byte": "sealed = :one",
    "under a key we never had": "sealed = :other_key",
    "under key nought": "sealed = :nought",
    "broken": "sealed = :broken",
    "of another school": "school = 'river'",
    "of an unknown school": "school = 'nowhere'",
    "of no known urgency": "rank = 9",
    "turned to another route": "route = 'dsl'",
    "turned to another audience": "audience = 'copies'",
    "with another template": "template = 'copy'",
    "with another payload": "payload = :payload",
    "about no case": "case_id = NULL",
    "with another verb": "verb = 'update'",
    "with no known verb": "verb = 'shout'",
    "of another event": "event = 'decided'",
}
NONSENSE = {
    "a payload that is no JSON": "payload = '{'",
    "a payload without bottom": "payload = :deep",
    "a content that is text": "sealed = 'text'",
    "a time that is no time": "sent_at = 'never'",
    "a due time that is no time": "due_at = '0'",
}
BYTES = {
    "empty": b"",
    "one": b"\0",
    "other_key": b"\x27\x0f" + bytes(28),
    "nought": bytes(60),
    "broken": b"\0\1" + bytes(60),
    "payload": '{"to": "dsl"}',
    "deep": "[" * 100_000,
}


def spoil(store, change: str) -> None:
    tamper(store, f"UPDATE outbox SET {change} WHERE key = 'b'", **BYTES)  # noqa: S608 - our own


@pytest.mark.parametrize("change", SPOILT.values(), ids=SPOILT)
def test_a_row_that_was_tampered_with_is_buried_and_does_not_hold_up_the_others(
    empty_store, change
):
    put_three(empty_store)
    spoil(empty_store, change)

    assert claim(empty_store) == ["a", "c"]
    assert buried(empty_store) == [("b", "unreadable", None)]


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE)
def test_a_row_that_holds_nonsense_is_buried_and_does_not_hold_up_the_others(sqlite_store, change):
    put_three(sqlite_store)
    spoil(sqlite_store, change)

    assert claim(sqlite_store) == ["a", "c"]
    assert buried(sqlite_store) == [("b", "unreadable", None)]
    assert sqlite_store.read_now(lambda unit: len(unit.posted("c" * 32))) >= 3


def test_a_row_put_in_without_the_keys_is_buried(empty_store):
    put_three(empty_store)
    columns = [*ask(empty_store, "SELECT * FROM outbox WHERE key = 'a'")[0]._mapping]
    for number, sealed in enumerate(("NULL", "sealed")):
        forged = {"key": f"'forged-{number}'", "route": "'dsl'", "sealed": sealed}
        copied = ", ".join(forged.get(column, column) for column in columns)
        statement = f"INSERT INTO outbox ({', '.join(columns)}) SELECT {copied} FROM outbox"  # noqa: S608
        tamper(empty_store, f"{statement} WHERE key = 'a'")

    assert claim(empty_store) == ["a", "b", "c"]
    assert [key for key, _, _ in buried(empty_store)] == ["forged-0", "forged-1"]


def test_a_row_buried_for_tampering_is_buried_again_when_revived(empty_store):
    put_three(empty_store)
    spoil(empty_store, "route = 'dsl'")
    claim(empty_store)

    assert empty_store.write_now(lambda unit: unit.revive("b")) == 1
    assert claim(empty_store) == []
    assert buried(empty_store) == [("b", "unreadable", None)]


def test_where_a_message_went_is_sealed_beside_the_same(empty_store):
    put_three(empty_store)
    rows = empty_store.write_now(lambda unit: unit.claim("w1", NOON, LEASE))
    empty_store.write_now(lambda unit: unit.done(rows[1], "slack:T1:C1", "1.1"))

    found = empty_store.read_now(lambda unit: unit.posted("c" * 32))
    assert [(r.key, r.place, r.ref) for r in found if r.state == "done"] == [
        ("b", "slack:T1:C1", "1.1")
    ]
    spoil(empty_store, "route = 'dsl'")
    found = empty_store.read_now(lambda unit: unit.posted("c" * 32))
    assert [(r.place, r.last_error) for r in found if r.key == "b"] == [(None, "unreadable")]
