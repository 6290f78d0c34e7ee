"""Who is told what: every kind of event, and the few rules around the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.case import Case, Course, Event, EventKind, Status
from bot.notices import TABLE, Audience, Hold, notices_for, route_is_told
from tests.example_cases import NOON, ROWS, make_case, own

SHARE_NEEDS = ("notify", "approval", "nothing")
# Besides `recorded`: whom an event tells, and with which message.
TOLD = {
    "asked": {("requester", "requester_turn"), ("threads", "thread_note"), ("posted", "posted")},
    "answered": {("threads", "thread_note"), ("posted", "posted")},
    "commented": {("requester", "requester_turn"), ("threads", "thread_note")},
    "decided": {("requester", "requester_turn"), ("threads", "thread_note"), ("posted", "posted")},
    "handed_over": {
        ("assignee", "assignee"),
        ("requester", "requester_turn"),
        ("threads", "thread_note"),
        ("posted", "posted"),
    },
    "rerouted": {
        ("requester", "requester_turn"),
        ("threads", "thread_note"),
        ("posted", "posted"),
        ("route", "root"),
    },
    "passed_on": {("requester", "requester_turn"), ("route", "root")},
    "left_outside": {("requester", "requester_turn")},
    "withdrawn": {
        ("requester", "requester_turn"),
        ("threads", "thread_note"),
        ("posted", "posted"),
    },
    "close_requested": {
        ("requester", "requester_turn"),
        ("threads", "thread_note"),
        ("posted", "posted"),
    },
    "reason_given": {
        ("requester", "requester_turn"),
        ("threads", "thread_note"),
        ("posted", "posted"),
    },
    "reported": {("threads", "thread_note"), ("posted", "posted")},
    "replied": {("requester", "requester_turn"), ("threads", "thread_note"), ("posted", "posted")},
    "amended": {("threads", "thread_note"), ("posted", "posted")},
    "filed": {("threads", "thread_note"), ("posted", "posted")},
    "held": {("threads", "thread_note"), ("posted", "posted")},
    "released": {("threads", "thread_note"), ("posted", "posted")},
    "read": set(),
    "refused": set(),
}


def event(kind: str, **codes: str) -> Event:
    return Event(EventKind(kind), NOON, "dsl", codes)


def told(case: Case, of: Event, share_needs: str = "notify") -> set[tuple[str, str]]:
    return {(n.audience.value, n.template) for n in notices_for(case, of, share_needs)}


def first(row: int, status: Status = Status.WAITING, **changes) -> Case:
    return make_case(row, status, **changes)


def test_every_kind_of_event_is_accounted_for():
    assert set(TOLD) | {"recorded"} == set(EventKind)


@pytest.mark.parametrize("kind", TOLD)
def test_an_event_tells_these(kind: str):
    assert told(make_case(), event(kind)) == TOLD[kind]


@pytest.mark.parametrize("kind", [k for k in TOLD if k in {"asked", "decided", "withdrawn"}])
def test_the_requester_is_told_at_once(kind: str):
    notices = notices_for(make_case(), event(kind), "notify")

    assert {n.after for n in notices if n.audience is Audience.REQUESTER} == {timedelta()}


def test_nothing_in_the_table_waits_or_depends():
    assert all(
        (n.after, n.holds) == (timedelta(), Hold.ALWAYS) for ns in TABLE.values() for n in ns
    )


# ---------------------------------------------------------------------------------- a new case


@pytest.mark.parametrize("row", [8, 9, 11, 12, 24])
@pytest.mark.parametrize("status", ["waiting", "outside"])
def test_a_copied_post_hears_of_a_new_case_even_where_its_own_route_is_not_in_chat(row, status):
    case = first(row, Status(status))

    found = told(case, event("recorded"))

    assert ("copies", "copy") in found
    assert (("route", "root") in found) is (status == "waiting")


@pytest.mark.parametrize("row", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("kind", EventKind)
def test_a_restricted_case_is_copied_to_nobody(row: int, kind: EventKind):
    case = first(row)
    hostile = replace(case, advice=replace(case.advice, copy=("dsl", "dpo")))

    for one in (case, hostile):
        for share_needs in SHARE_NEEDS:
            found = notices_for(one, event(kind.value), share_needs)
            assert Audience.COPIES not in {notice.audience for notice in found}


@pytest.mark.parametrize("share_needs", SHARE_NEEDS)
@pytest.mark.parametrize("row", [r for r in ROWS if r not in {13, 14, 15, 16, 17, 20, 32, 36}])
def test_what_somebody_must_look_at_is_told_whatever_the_school_chose(row: int, share_needs: str):
    status = Status.REASON_DUE if row <= 4 else Status.WAITING

    assert ("route", "root") in told(first(row, status), event("recorded"), share_needs)


@pytest.mark.parametrize(
    ("row", "course", "share_needs", "is_told"),
    [
        (32, Course.FOLLOWED, "notify", True),
        (36, Course.FOLLOWED, "notify", True),
        (20, Course.FOLLOWED, "notify", True),
        (32, Course.FOLLOWED, "nothing", False),
        (32, Course.AGAINST, "nothing", True),
        (13, Course.FOLLOWED, "nothing", True),
        (14, Course.FOLLOWED, "nothing", True),
        (16, Course.FOLLOWED, "nothing", True),
        (15, Course.FOLLOWED, "notify", False),
        (17, Course.FOLLOWED, "notify", False),
        (15, Course.AGAINST, "nothing", True),
        (1, Course.FOLLOWED, "nothing", True),
    ],
)
def test_what_somebody_decided_themselves_is_told_only_where_it_should_be(
    row, course, share_needs, is_told
):
    case = own(row, course)

    assert route_is_told(case, share_needs) is is_told
    assert (("route", "root") in told(case, event("recorded"), share_needs)) is is_told
    assert ("requester", "requester_copy") in told(case, event("recorded"), share_needs)


@pytest.mark.parametrize("share_needs", SHARE_NEEDS)
def test_a_share_that_waits_for_approval_is_told(share_needs: str):
    assert route_is_told(first(36, Status.WAITING), share_needs)


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        (own(32), Hold.ORDINARY_STAFF),
        (own(32, Course.AGAINST), Hold.ALWAYS),
        (own(13), Hold.ALWAYS),
        (own(1), Hold.ALWAYS),
        (make_case(36), Hold.ALWAYS),
        (make_case(10), Hold.ALWAYS),
        (make_case(1, Status.REASON_DUE), Hold.ALWAYS),
    ],
)
def test_only_a_reviewers_own_plain_share_goes_untold(case: Case, holds: Hold):
    (root,) = (n for n in notices_for(case, event("recorded"), "notify") if n.template == "root")

    assert root.holds is holds


def test_a_danger_case_asks_for_its_reason_again_and_again_until_it_is_given():
    notices = notices_for(make_case(1, Status.REASON_DUE), event("recorded"), "nothing")

    nags = [n for n in notices if n.template == "reason_nag"]
    assert [n.after for n in nags] == [
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=4),
    ]
    assert {(n.audience, n.holds) for n in nags} == {(Audience.REQUESTER, Hold.REASON_DUE)}


@pytest.mark.parametrize("status", ["waiting", "asked", "outside", "decided"])
def test_nobody_else_is_nagged(status: str):
    assert "reason_nag" not in {
        t for _, t in told(make_case(10, Status(status)), event("recorded"))
    }


def test_a_changed_decision_is_told_to_both_sides():
    amended = make_case(32, Status.DECIDED, linked_to="1" * 32)

    found = told(amended, event("recorded", amends="SC-7F3K2"), "nothing")

    assert found == {("requester", "requester_turn"), ("route", "root")}


# ---------------------------------------------------------------------------- "no further action"


@pytest.mark.parametrize(
    ("case", "share_needs", "new_card"),
    [
        (own(32, status=Status.CLOSED), "nothing", True),
        (own(15, status=Status.CLOSED), "notify", True),
        (own(32, status=Status.CLOSED), "notify", False),
        (own(13, status=Status.CLOSED), "nothing", False),
        (own(32, Course.AGAINST, status=Status.CLOSED), "nothing", False),
        (make_case(10, Status.CLOSED), "nothing", False),
    ],
)
def test_no_further_action_reaches_the_dsl_also_where_they_had_no_card(case, share_needs, new_card):
    silent = told(case, event("replied", no_action="no"), share_needs)
    alarming = told(case, event("replied", no_action="yes"), share_needs)

    assert silent == TOLD["replied"]
    assert alarming - silent == ({("route", "root")} if new_card else set())
