"""Who may do what to a case, and while it is in which status: the table, and its named refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.case import Case, Status
from bot.chat import Standing
from bot.refusals import AlreadyDecided, Excluded, Guest, NotOnRoute, NotWaiting, OwnCase


class Action(StrEnum):
    """What people do to a case; the words are the past tenses of the ledger's, in the present."""

    DECIDE = "decide"
    ASK = "ask"
    ANSWER = "answer"
    COMMENT = "comment"
    HAND_OVER = "hand_over"
    REROUTE = "reroute"
    WITHDRAW = "withdraw"
    GIVE_REASON = "reason"
    RECORD_OUTSIDE = "outside"
    REPORT = "report"
    NOTE_REPLY = "reply"
    AMEND = "amend"
    MARK_FILED = "filed"
    SET_HOLD = "hold"


class Who(StrEnum):
    REQUESTER = "requester"
    REVIEWER = "reviewer"
    EITHER = "either"
    KEEPER = "keeper"
    """A reviewer who keeps the record in order; that may be one's own."""


Rule = tuple[Who, frozenset[Status]]


def _rule(who: Who, *statuses: Status) -> Rule:
    return who, frozenset(statuses)


ALLOWED: Mapping[Action, Rule] = {
    Action.DECIDE: _rule(Who.REVIEWER, Status.WAITING, Status.ASKED),
    Action.ASK: _rule(Who.REVIEWER, Status.WAITING),
    Action.ANSWER: _rule(Who.REQUESTER, Status.ASKED),
    Action.COMMENT: _rule(Who.REVIEWER, Status.REASON_DUE),
    Action.HAND_OVER: _rule(Who.REVIEWER, Status.WAITING),
    Action.REROUTE: _rule(Who.REVIEWER, Status.WAITING),
    Action.WITHDRAW: _rule(Who.REQUESTER, Status.WAITING),
    Action.GIVE_REASON: _rule(Who.REQUESTER, Status.REASON_DUE),
    Action.RECORD_OUTSIDE: _rule(Who.EITHER, Status.OUTSIDE),
    Action.REPORT: _rule(Who.EITHER, Status.DECIDED),
    Action.NOTE_REPLY: _rule(Who.EITHER, Status.CLOSED),
    Action.AMEND: _rule(Who.REVIEWER, Status.DECIDED, Status.CLOSED),
    Action.MARK_FILED: _rule(Who.KEEPER, Status.CLOSED, Status.WITHDRAWN, Status.DECIDED),
    Action.SET_HOLD: _rule(Who.KEEPER, Status.CLOSED, Status.WITHDRAWN),
}
"""Who may do what while the case is in which status: the table of the life of a case."""

_DECIDED_OR_LATER = frozenset({Status.DECIDED, Status.CLOSED, Status.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, their standing in the workspace, and who reviews the case's route now."""

    person: str
    standing: Standing
    reviewers: frozenset[str]


def allow(action: Action, case: Case, actor: Actor) -> bool:
    """Check an action against `ALLOWED`; True when a requester is the only one left to review.

    Raises Guest, Excluded, OwnCase or NotOnRoute for the person; for the status AlreadyDecided,
    when the action is one of an open case and somebody decided first, else NotWaiting.
    """
    who, statuses = ALLOWED[action]
    single = False
    if who is Who.REQUESTER or (who is Who.EITHER and actor.person == case.requester):
        _be_requester(case, actor)
    else:
        single = check_reviewer(case, actor, own_allowed=who is Who.KEEPER)
    if case.status not in statuses or _is_to_be_reported(action, case):
        if case.decision is not None and not statuses & _DECIDED_OR_LATER:
            by, at, outcome = case.decision.by, case.decision.at, case.decision.outcome.value
            raise AlreadyDecided(by, at, outcome, mine=actor.person == case.requester)
        raise NotWaiting(case.status.value)
    return single


def check_reviewer(case: Case, actor: Actor, *, own_allowed: bool = False) -> bool:
    """Raises Guest, Excluded, OwnCase or NotOnRoute; True for the only reviewer, of their own."""
    if actor.standing is not Standing.MEMBER:
        raise Guest
    if actor.person in case.excluded:
        raise Excluded
    own = actor.person == case.requester
    if own and not own_allowed and eligible(case, actor.reviewers):
        raise OwnCase
    if actor.person not in actor.reviewers:
        raise OwnCase if own and not own_allowed else NotOnRoute
    return own and not own_allowed


def eligible(case: Case, reviewers: frozenset[str]) -> frozenset[str]:
    """The reviewers who may decide: not excluded, not the requester."""
    return reviewers - case.excluded - {case.requester}


def _is_to_be_reported(action: Action, case: Case) -> bool:
    """A decision to share is filed only once somebody said how it went."""
    return action is Action.MARK_FILED and case.status is Status.DECIDED and not case.settled


def _be_requester(case: Case, actor: Actor) -> None:
    if actor.person != case.requester:
        raise NotOnRoute
