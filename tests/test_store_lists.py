"""The lists: whose cases, in which order, and never a restricted one by accident."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.case import Outcome, Status
from storage.errors import Unreadable
from tests.stored_cases import NOON, RESTRICTED, decided, make_case
from tests.stores import add, tamper


def test_a_persons_own_cases_come_newest_first_a_page_at_a_time(empty_store):
    times = [NOON + timedelta(minutes=n) for n in range(5)]
    own = [add(empty_store, make_case(requester="class-teacher", created_at=at)) for at in times]
    add(empty_store, make_case(requester="office"))

    def mine(**page):
        return empty_store.read_now(lambda unit: unit.mine("hill", "class-teacher", **page))

    assert [c.ref for c in mine()] == [c.ref for c in reversed(own)]
    assert [c.ref for c in mine(limit=2, offset=2)] == [own[2].ref, own[1].ref]


def test_the_same_person_id_at_another_school_is_another_person(empty_store):
    add(empty_store, make_case(school="hill", requester="dsl"))

    assert empty_store.read_now(lambda unit: unit.mine("river", "dsl")) == []


def test_open_cases_come_most_urgent_then_oldest_first(empty_store):
    late, early = NOON + timedelta(hours=1), NOON
    urgencies = [("normal", early), ("high", late), ("now", late), ("high", early)]
    for urgency, at in urgencies:
        advice = replace(make_case().advice, urgency=urgency)
        status = Status.REASON_DUE if urgency == "now" else Status.WAITING
        add(empty_store, make_case(advice=advice, created_at=at, status=status))

    found = empty_store.read_now(lambda unit: unit.open_on("hill", ["dsl"], restricted=False))

    assert [(c.advice.urgency, c.created_at) for c in found] == [
        ("now", late),
        ("high", early),
        ("high", late),
        ("normal", early),
    ]


def test_open_cases_are_those_of_the_school_and_the_routes_that_still_wait(empty_store):
    wanted = {
        add(empty_store, make_case(status=status)).ref
        for status in (Status.WAITING, Status.ASKED, Status.REASON_DUE)
    }
    for status in set(Status) - {Status.WAITING, Status.ASKED, Status.REASON_DUE}:
        add(empty_store, make_case(status=status))
    add(empty_store, make_case(school="river"))
    add(empty_store, make_case(route="dpo"))

    found = empty_store.read_now(lambda unit: unit.open_on("hill", ["dsl"], restricted=True))

    assert {c.ref for c in found} == wanted


def test_cases_left_outside_the_school_are_listed_only_when_asked_for(empty_store):
    case = add(empty_store, make_case(status=Status.OUTSIDE))

    def listed(**wanted):
        return empty_store.read_now(
            lambda unit: unit.open_on("hill", ["dsl"], restricted=False, **wanted)
        )

    assert listed() == []
    assert listed(outside=True) == [case]


SPOILT = {
    "its key is gone": "DELETE FROM case_keys WHERE case_id = :id",
    "its key is broken": "UPDATE case_keys SET wrapped = :broken WHERE case_id = :id",
    "its key is of another number": "UPDATE case_keys SET number = 7 WHERE case_id = :id",
    "its content is broken": "UPDATE cases SET sealed = :broken WHERE id = :id",
    "its content is gone": "UPDATE cases SET sealed = NULL WHERE id = :id",
    "it was changed": "UPDATE cases SET urgency = 'now' WHERE id = :id",
}
NONSENSE = {
    "its advice is no JSON": "UPDATE cases SET advice = '{' WHERE id = :id",
    "its advice is bottomless": "UPDATE cases SET advice = :deep WHERE id = :id",
    "its time is no time": "UPDATE cases SET decided_at = 'never' WHERE id = :id",
    "its content is text": "UPDATE cases SET sealed = 'text' WHERE id = :id",
}


def a_case_among_two_others(store, statement):
    cases = [add(store, make_case(created_at=NOON + timedelta(hours=n))) for n in range(3)]
    tamper(store, statement, id=cases[1].id, broken=bytes(60), deep="[" * 100_000)
    return cases


def the_others_are_listed(store, cases, caplog):
    on_route = store.read_now(lambda unit: unit.open_on("hill", ["dsl"], restricted=False))
    mine = store.read_now(lambda unit: unit.mine("hill", cases[0].requester))
    lines = [record.getMessage() for record in caplog.records]
    assert on_route == [cases[0], cases[2]]
    assert mine == [cases[2], cases[0]]
    assert len(lines) == 2
    for line in lines:
        assert re.fullmatch(rf"case_unreadable ref='{cases[1].ref}' why=\w+", line)


@pytest.mark.parametrize("statement", SPOILT.values(), ids=SPOILT)
def test_a_case_that_cannot_be_opened_is_left_out_of_the_lists_and_logged_by_reference(
    empty_store, caplog, statement
):
    cases = a_case_among_two_others(empty_store, statement)

    the_others_are_listed(empty_store, cases, caplog)


@pytest.mark.parametrize("statement", NONSENSE.values(), ids=NONSENSE)
def test_a_case_that_holds_nonsense_is_left_out_of_the_lists_and_does_not_load(
    sqlite_store, caplog, statement
):
    cases = a_case_among_two_others(sqlite_store, statement)

    the_others_are_listed(sqlite_store, cases, caplog)
    with pytest.raises(Unreadable):
        sqlite_store.read_now(lambda unit: unit.load(cases[1].id))


def test_restricted_cases_are_listed_only_when_asked_for_and_counted_never(empty_store):
    case = add(empty_store, make_case(advice=RESTRICTED, route="head"))
    span = NOON - timedelta(days=1), NOON + timedelta(days=1)

    def listed(*, restricted):
        return empty_store.read_now(
            lambda unit: unit.open_on("hill", ["head"], restricted=restricted)
        )

    assert [c.ref for c in listed(restricted=True)] == [case.ref]
    assert listed(restricted=False) == []
    assert empty_store.read_now(lambda unit: unit.figures("hill", *span)) == []
    assert empty_store.read_now(lambda unit: unit.open_figures("hill")) == []


def test_figures_are_those_of_the_span_with_its_end_left_out(empty_store):
    since, until = NOON, NOON + timedelta(days=7)
    inside = [add(empty_store, make_case(created_at=at)) for at in (since, until - timedelta(1))]
    for at in (since - timedelta(microseconds=1), until):
        add(empty_store, make_case(created_at=at))
    add(empty_store, make_case(school="river"))
    empty_store.write_now(lambda unit: unit.save(*decided(inside[1])))

    found = empty_store.read_now(lambda unit: unit.figures("hill", since, until))

    assert [(f.ref, f.decision) for f in found] == [
        (inside[0].ref, None),
        (inside[1].ref, Outcome.SHARE),
    ]
    assert found[0].answers["purpose"] == "harm"
    assert len(empty_store.read_now(lambda unit: unit.open_figures("hill"))) == 3


def test_a_school_began_with_its_first_entry(empty_store):
    add(empty_store, make_case())

    def began(school, moment):
        return empty_store.read_now(lambda unit: unit.began_before(school, moment))

    assert began("hill", NOON + timedelta(seconds=1))
    assert not began("hill", NOON)
    assert not began("river", NOON + timedelta(days=1))


def test_references_are_short_new_and_hard_to_mistake(empty_store):
    refs = empty_store.write_now(lambda unit: [unit.new_ref() for _ in range(500)])

    assert all(re.fullmatch(r"SC-[2-9B-DF-HJKMNP-TV-Z]{5}", ref) for ref in refs)
    assert len(set(refs)) > 495


def test_a_reference_that_is_taken_is_not_given_again(empty_store, monkeypatch):
    add(empty_store, make_case(ref="SC-22222"))
    letters = iter("2222233333")
    monkeypatch.setattr("secrets.choice", lambda _letters: next(letters))

    assert empty_store.write_now(lambda unit: unit.new_ref()) == "SC-33333"
