"""The lists: whose cases, in which order, and never a restricted one by accident."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.case import Decision, Outcome, Status
from storage.errors import Unreadable
from storage.lists import Listed, Viewer
from tests.stored_cases import NOON, RESTRICTED, decided, make_case, make_row, recorded
from tests.stores import add, counted, listed, tamper


def test_a_persons_own_cases_come_newest_first_a_page_at_a_time(empty_store):
    times = [NOON + timedelta(minutes=n) for n in range(5)]
    own = [add(empty_store, make_case(requester="class-teacher", created_at=at)) for at in times]
    add(empty_store, make_case(requester="office"))

    assert [c.ref for c in listed(empty_store, Listed.MINE)] == [c.ref for c in reversed(own)]
    page = listed(empty_store, Listed.MINE, limit=2, offset=2)
    assert [c.ref for c in page] == [own[2].ref, own[1].ref]


def test_a_person_finds_what_they_asked_under_each_of_their_ids(empty_store):
    cases = [add(empty_store, make_case(requester=one)) for one in ("dsl", "slack:T1:U1", "dpo")]
    viewer = Viewer("hill", frozenset({"dsl", "slack:T1:U1"}))

    found = listed(empty_store, Listed.MINE, viewer)

    assert {c.ref for c in found} == {c.ref for c in cases[:2]}


def test_the_same_person_id_at_another_school_is_another_person(empty_store):
    add(empty_store, make_case(school="hill", requester="dsl"))

    assert listed(empty_store, Listed.MINE, Viewer("river", frozenset({"dsl"}))) == []


@pytest.mark.parametrize("which", [Listed.WAITING, Listed.OPEN])
def test_what_waits_comes_most_urgent_then_oldest_first(empty_store, which):
    late, early = NOON + timedelta(hours=1), NOON
    urgencies = [("normal", early), ("high", late), ("now", late), ("high", early)]
    for urgency, at in urgencies:
        advice = replace(make_case().advice, urgency=urgency)
        status = Status.REASON_DUE if urgency == "now" else Status.WAITING
        add(empty_store, make_case(advice=advice, created_at=at, status=status))

    found = listed(empty_store, which)

    assert [(c.advice.urgency, c.created_at) for c in found] == [
        ("now", late),
        ("high", early),
        ("high", late),
        ("normal", early),
    ]


def test_what_changed_last_comes_first_among_the_recent(empty_store):
    hours = (1, 3, 2)
    for hour in hours:
        add(empty_store, make_case(changed_at=NOON + timedelta(hours=hour)))

    found = listed(empty_store, Listed.RECENT)

    assert [(c.changed_at - NOON).seconds // 3600 for c in found] == [3, 2, 1]


ME, MY_ROUTES = "class-teacher", frozenset({"dsl", "head"})
BESIDE, KEPT = frozenset({"lado"}), frozenset({"lado", "dpo"})
LOOKING = Viewer("hill", frozenset({ME}), MY_ROUTES, BESIDE, KEPT)


def every_kind_of_case():
    """All that may tell whether a case is in a list, in every combination; each at its own time."""
    numbers = itertools.count()
    for status, route, requester, privacy, outcome, filed in itertools.product(
        Status,
        ("dsl", "head", "dpo", "lado"),
        (ME, "office"),
        ({}, {"advice": RESTRICTED}, {"excluded": frozenset({"office"})}),
        (None, Outcome.SHARE, Outcome.DO_NOT_SHARE),
        (None, NOON),
    ):
        number = next(numbers)
        urgency = ("normal", "high", "now")[number * 7 % 3]
        advice = replace(privacy.get("advice", make_case().advice), urgency=urgency)
        decision = Decision(outcome, "dsl", NOON, "why") if outcome else None
        at = NOON + timedelta(seconds=number * 37 % 3457)
        known = {"status": status, "route": route, "requester": requester, "filed_at": filed}
        whole = {**privacy, **known, "advice": advice, "decision": decision, "created_at": at}
        yield make_case(**whole, changed_at=NOON + timedelta(seconds=number * 53 % 3461))


def turn_of_requester(case):
    turns = {Status.REASON_DUE, Status.ASKED, Status.OUTSIDE, Status.DECIDED}
    return case.requester == ME and case.status in turns and not is_settled(case)


def on_my_routes(case, *statuses):
    return case.route in MY_ROUTES and case.status in statuses and not turn_of_requester(case)


def waits(case):
    to_record = case.route in BESIDE and case.status is Status.OUTSIDE
    return (to_record and not turn_of_requester(case)) or on_my_routes(
        case, Status.WAITING, Status.REASON_DUE
    )


def is_settled(case):
    return case.decision is not None and case.decision.outcome is Outcome.DO_NOT_SHARE


def is_due(case):
    ended = case.status in {Status.CLOSED, Status.WITHDRAWN} and case.filed_at is None
    kept = case.route in KEPT and case.status is Status.DECIDED and is_settled(case)
    to_file = case.route in MY_ROUTES | KEPT and ended
    return on_my_routes(case, Status.DECIDED) or to_file or kept


def is_asked(case):
    return on_my_routes(case, Status.ASKED)


BELONGS = {
    Listed.TODO: turn_of_requester,
    Listed.MINE: lambda case: case.requester == ME,
    Listed.WAITING: waits,
    Listed.ASKED: is_asked,
    Listed.OPEN: lambda case: waits(case) or is_asked(case),
    Listed.DUE: is_due,
    Listed.RECENT: lambda case: case.route in MY_ROUTES,
}
URGENCIES = ("now", "high", "normal")
ORDER = {
    Listed.MINE: lambda case: -case.created_at.timestamp(),
    Listed.DUE: lambda case: case.created_at.timestamp(),
    Listed.RECENT: lambda case: -case.changed_at.timestamp(),
}


def by_urgency(case):
    return URGENCIES.index(case.advice.urgency), case.created_at


def test_each_list_shows_and_counts_just_what_belongs_in_it_in_its_order(empty_store):
    cases = [
        case
        for case in every_kind_of_case()
        if (case.status is Status.DECIDED) <= (case.decision is not None)
    ]

    def fill(unit):
        for case in cases:
            unit.add(case, recorded(case))

    empty_store.write_now(fill, within=60)
    open_to_all = [
        case
        for case in cases
        if not (case.restricted or case.excluded or case.status is Status.DISPOSED)
    ]

    for which in Listed:
        belong = [case for case in open_to_all if BELONGS[which](case)]
        key = ORDER.get(which, by_urgency)
        expected = sorted(belong, key=lambda case: (key(case), case.id))
        assert len(expected) > 9
        found = listed(empty_store, which, LOOKING, limit=1000)
        assert [c.ref for c in found] == [c.ref for c in expected]
        assert counted(empty_store, which, LOOKING) == len(expected)
        pages = [listed(empty_store, which, LOOKING, limit=3, offset=3 * n) for n in range(3)]
        assert [c.ref for page in pages for c in page] == [c.ref for c in expected[:9]]


@pytest.mark.parametrize("which", [w for w in Listed if w not in {Listed.TODO, Listed.MINE}])
def test_whoever_reviews_nothing_sees_and_counts_nothing_of_others(empty_store, which):
    for status in Status:
        add(empty_store, make_case(status=status))
        add(empty_store, make_case(status=status, requester=ME))
    nobody = Viewer("hill", frozenset({ME}))

    assert listed(empty_store, which, nobody) == []
    assert counted(empty_store, which, nobody) == 0


@pytest.mark.parametrize("which", Listed)
def test_another_schools_reviewer_sees_nothing_here(empty_store, which):
    for status in Status:
        add(empty_store, make_case(status=status, requester=ME))
    elsewhere = replace(LOOKING, school="river")

    assert listed(empty_store, which, elsewhere) == []
    assert counted(empty_store, which, elsewhere) == 0


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
    viewer = Viewer("hill", frozenset({cases[0].requester}), frozenset({"dsl"}))
    on_route = listed(store, Listed.WAITING, viewer)
    mine = listed(store, Listed.MINE, viewer)
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


def test_restricted_cases_are_counted_never(empty_store):
    add(empty_store, make_case(advice=RESTRICTED, route="head"))
    span = NOON - timedelta(days=1), NOON + timedelta(days=1)

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


def test_figures_hold_what_was_decided_in_the_span_though_recorded_before_it(empty_store):
    since, until = NOON, NOON + timedelta(days=7)
    early = since - timedelta(days=3)
    late = add(empty_store, make_case(created_at=early, changed_at=since))
    before = add(empty_store, make_case(created_at=early, changed_at=early))
    after = add(empty_store, make_case(created_at=early, changed_at=until))
    for case in (late, before, after):
        empty_store.write_now(lambda unit, c=case: unit.save(*decided(c)))

    found = empty_store.read_now(lambda unit: unit.figures("hill", since, until))

    assert [figure.ref for figure in found] == [late.ref]


def test_a_school_began_with_its_first_entry_or_with_what_it_was_first_to_send(empty_store):
    add(empty_store, make_case())
    empty_store.write_now(lambda unit: unit.put(make_row("digest:river", school="river")))

    def began(school, moment):
        return empty_store.read_now(lambda unit: unit.began_before(school, moment))

    for school in ("hill", "river"):
        assert began(school, NOON + timedelta(seconds=1))
        assert not began(school, NOON)
    assert not began("lake", NOON + timedelta(days=1))


def test_references_are_short_new_and_hard_to_mistake(empty_store):
    refs = empty_store.write_now(lambda unit: [unit.new_ref() for _ in range(500)])

    assert all(re.fullmatch(r"SC-[2-9B-DF-HJKMNP-TV-Z]{5}", ref) for ref in refs)
    assert len(set(refs)) > 495


def test_a_reference_that_is_taken_is_not_given_again(empty_store, monkeypatch):
    add(empty_store, make_case(ref="SC-22222"))
    letters = iter("2222233333")
    monkeypatch.setattr("secrets.choice", lambda _letters: next(letters))

    assert empty_store.write_now(lambda unit: unit.new_ref()) == "SC-33333"
