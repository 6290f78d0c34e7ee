"""Example cases for what is remembered; every personal field can be filled with marked words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.case import (
    Case,
    Course,
    Decision,
    Event,
    EventKind,
    Outcome,
    PackRef,
    Remark,
    Status,
)
from bot.chat import Account, Platform
from bot.rules import Verdict
from storage.outbox import OutboxRow

SCHOOLS = ("hill", "river")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEACHER = Account(Platform.SLACK, "T0SCHOOL01", "U0TEACHER1")
ADVICE = Verdict("escalate", "dsl", (), "high", ("advice",), None, 10, 4, "Ask quickly.")
RESTRICTED = Verdict(
    "escalate", "head", (), "high", ("restricted",), None, 5, 1, "Only they see it."
)
ANSWERS = {"danger": "no", "adult": "none", "purpose": "harm", "advice": "wanted"}

_numbers = count(1)


def make_case(**changes) -> Case:
    """A waiting case with an id and a reference of its own."""
    number = next(_numbers)
    case = Case(
        id=f"{number:032x}",
        ref=f"SC-{number:05}",
        school="hill",
        pack=PackRef("england-2024", "1.0", "d" * 64),
        status=Status.WAITING,
        version=1,
        requester=str(TEACHER),
        account=TEACHER,
        answers=ANSWERS,
        advice=ADVICE,
        route="dsl",
        created_at=NOON,
        changed_at=NOON,
        texts={"reason": "bruises seen twice", "recipient": "council front door"},
    )
    return replace(case, **changes)


def recorded(case: Case, **texts) -> tuple[Event, ...]:
    codes = {"outcome": case.advice.outcome, "row": str(case.advice.row)}
    return (Event(EventKind.RECORDED, case.created_at, case.requester, codes, texts),)


def decided(case: Case, by: str = "dsl", outcome: Outcome = Outcome.SHARE):
    """The case decided, and the event: what `bot.life.decide` gives."""
    at = case.changed_at + timedelta(minutes=5)
    decision = Decision(outcome, by, at, "it is right to share", "no address", single=True)
    changed = replace(
        case,
        status=Status.DECIDED,
        version=case.version + 1,
        changed_at=at,
        decision=decision,
    )
    codes = {"outcome": outcome.value}
    return changed, (Event(EventKind.DECIDED, at, by, codes, {"reason": decision.reason}),)


def full_case(mark: str = "", **changes) -> Case:
    """A case with something in every field; `mark` is written into each personal one."""
    texts = {"reason": f"{mark}reason", "recipient": f"{mark}office", "filed_at": f"{mark}cabinet"}
    whole = {
        "requester": f"{mark}class-teacher",
        "account": Account(Platform.TEAMS, f"{mark}tenant", f"29:{mark}user"),
        "excluded": frozenset({f"{mark}deputy", f"{mark}office"}),
        "assignee": f"{mark}second-deputy",
        "texts": texts,
        "course": Course.AGAINST,
        "decision": Decision(
            Outcome.SHARE_LIMITED, f"{mark}dsl", NOON, f"{mark}why", f"{mark}limits", single=True
        ),
        "remarks": (
            Remark(EventKind.ASKED, f"{mark}dsl", NOON, f"{mark}question"),
            Remark(EventKind.ANSWERED, f"{mark}teacher", NOON, f"{mark}answer"),
        ),
        "report": {"done": "yes", "account": f"{mark}rang them"},
        "fixes": {"content": "done"},
        "status": Status.CLOSED,
        "close_requested": True,
        "filed_at": NOON + timedelta(days=1),
        "legal_hold": True,
        "linked_to": "f" * 32,
    }
    return make_case(**{**whole, **changes})


def make_row(key: str, **changes) -> OutboxRow:
    row = OutboxRow(key=key, school="hill", due_at=NOON, template="root", audience="route")
    return replace(row, **changes)
