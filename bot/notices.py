"""Who is told what when something happens to a case: a table, and the few rules around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.case import Case, Course, Event, EventKind, Status


class Audience(StrEnum):
    """Whom a notice is for; the worker finds the places when it sends."""

    ROUTE = "route"
    """A new card for the reviewers of the case's route, and its thread."""
    THREADS = "threads"
    """A reply under each card that the route has."""
    POSTED = "posted"
    """The cards already posted about the case, drawn again."""
    COPIES = "copies"
    REQUESTER = "requester"
    ASSIGNEE = "assignee"


class Hold(StrEnum):
    """What must still be so when a notice is sent; checked against the case again then."""

    ALWAYS = "always"
    REASON_DUE = "reason_due"
    ORDINARY_STAFF = "ordinary_staff"
    """The requester is not a reviewer of the route: reviewers need not be told of their own."""


@dataclass(frozen=True, slots=True)
class Notice:
    audience: Audience
    template: str
    after: timedelta = timedelta()
    holds: Hold = Hold.ALWAYS


_NEW_CARD = Notice(Audience.ROUTE, "root")
_REDRAW = Notice(Audience.POSTED, "posted")
_REPLY = Notice(Audience.THREADS, "thread_note")
_TELL = Notice(Audience.REQUESTER, "requester_turn")
_COPY = Notice(Audience.COPIES, "copy")

NAGS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""When a danger case still wants its reason."""

TABLE: Mapping[EventKind, tuple[Notice, ...]] = {
    EventKind.ASKED: (_TELL, _REPLY, _REDRAW),
    EventKind.ANSWERED: (_REPLY, _REDRAW),
    EventKind.COMMENTED: (_TELL, _REPLY),
    EventKind.DECIDED: (_TELL, _REPLY, _REDRAW),
    EventKind.HANDED_OVER: (Notice(Audience.ASSIGNEE, "assignee"), _TELL, _REPLY, _REDRAW),
    EventKind.REROUTED: (_TELL, _REPLY, _REDRAW, _NEW_CARD),
    EventKind.PASSED_ON: (_TELL, _NEW_CARD),
    EventKind.LEFT_OUTSIDE: (_TELL,),
    EventKind.WITHDRAWN: (_TELL, _REPLY, _REDRAW),
    EventKind.CLOSE_REQUESTED: (_TELL, _REPLY, _REDRAW),
    EventKind.REASON_GIVEN: (_TELL, _REPLY, _REDRAW),
    EventKind.REPORTED: (_REPLY, _REDRAW),
    EventKind.REPLIED: (_TELL, _REPLY, _REDRAW),
    EventKind.AMENDED: (_REPLY, _REDRAW),
    EventKind.FILED: (_REPLY, _REDRAW),
    EventKind.HELD: (_REPLY, _REDRAW),
    EventKind.RELEASED: (_REPLY, _REDRAW),
}


def notices_for(case: Case, event: Event, share_needs: str) -> tuple[Notice, ...]:
    """What follows from an event; `share_needs` is `notify`, `approval` or `nothing`."""
    if event.codes.get("no_action") == "yes" and not _has_card(case, share_needs):
        return (*TABLE[event.kind], _NEW_CARD)
    if event.kind is not EventKind.RECORDED:
        return TABLE.get(event.kind, ())
    if "amends" in event.codes:
        return (_TELL, _NEW_CARD)
    first = [Notice(Audience.REQUESTER, "requester_copy")]
    if route_is_told(case, share_needs):
        first.append(Notice(Audience.ROUTE, "root", holds=_first_hold(case)))
    if case.advice.copy and not case.restricted:
        first.append(_COPY)
    if case.status is Status.REASON_DUE:
        nags = [Notice(Audience.REQUESTER, "reason_nag", t, Hold.REASON_DUE) for t in NAGS]
        first += nags
    return tuple(first)


def route_is_told(case: Case, share_needs: str) -> bool:
    """Whether the reviewers hear of a new case at all: not of every plain "no", nor on a card."""
    if case.status in {Status.WAITING, Status.REASON_DUE}:
        return True
    if case.status is Status.OUTSIDE:
        return False
    if case.course is Course.AGAINST or "dsl_review" in case.advice.conditions:
        return True
    if case.advice.urgency == "now":
        return True
    return case.advice.outcome == "share" and share_needs != "nothing"


def _has_card(case: Case, share_needs: str) -> bool:
    """Whether the reviewers heard of a case when it was new; they did of all they decided."""
    return case.advice.outcome == "escalate" or route_is_told(case, share_needs)


def _first_hold(case: Case) -> Hold:
    plain = case.advice.outcome == "share" and case.status is Status.DECIDED
    if plain and case.course is Course.FOLLOWED and case.advice.urgency != "now":
        return Hold.ORDINARY_STAFF
    return Hold.ALWAYS
