"""The lists: whose cases, in which order, and never a restricted one by accident."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from bot.case import Outcome, Status
from tests.stored_cases import NOON, RESTRICTED, decided, make_case
from tests.stores import add


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
