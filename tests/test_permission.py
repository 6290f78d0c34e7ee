"""Who may do what: every action, in every status, by everybody who may try it."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from bot import life
from bot.case import Case, Outcome, Status
from bot.chat import Standing
from bot.life import Reach
from bot.permission import Action, Actor
from bot.refusals import (
    AlreadyDecided,
    Excluded,
    Guest,
    NotOnRoute,
    NotWaiting,
    OwnCase,
    Refusal,
)
from tests.example_cases import NOON, actor, make_case

LATER = NOON + timedelta(minutes=5)

# What may be done -> (who, {status: the status after it}): the table of the life of a case.
LIFE = {
    Action.DECIDE: ("reviewer", {"waiting": "decided", "asked": "decided"}),
    Action.ASK: ("reviewer", {"waiting": "asked"}),
    Action.ANSWER: ("requester", {"asked": "waiting"}),
    Action.COMMENT: ("reviewer", {"reason_due": "reason_due"}),
    Action.HAND_OVER: ("reviewer", {"waiting": "waiting"}),
    Action.REROUTE: ("reviewer", {"waiting": "waiting"}),
    Action.WITHDRAW: ("requester", {"waiting": "waiting"}),
    Action.GIVE_REASON: ("requester", {"reason_due": "decided"}),
    Action.RECORD_OUTSIDE: ("either", {"outside": "decided"}),
    Action.REPORT: ("either", {"decided": "closed"}),
    Action.NOTE_REPLY: ("either", {"closed": "closed"}),
    Action.AMEND: ("reviewer", {"decided": "decided", "closed": "closed"}),
    Action.MARK_FILED: ("keeper", {"closed": "closed", "withdrawn": "withdrawn"}),
    Action.SET_HOLD: ("keeper", {"closed": "closed", "withdrawn": "withdrawn"}),
}
TAKES = {
    Action.DECIDE: lambda c, a: life.decide(c, a, Outcome.SHARE, "why", "", LATER),
    Action.ASK: lambda c, a: life.ask(c, a, "why", LATER),
    Action.ANSWER: lambda c, a: life.answer(c, a, "why", LATER),
    Action.COMMENT: lambda c, a: life.comment(c, a, "why", LATER),
    Action.HAND_OVER: lambda c, a: life.hand_over(c, a, "deputy", "why", LATER),
    Action.REROUTE: lambda c, a: life.reroute(
        c, a, Reach("head", outside=False), "why", LATER, wanted="head"
    ),
    Action.WITHDRAW: lambda c, a: life.withdraw(c, a, "why", LATER),
    Action.GIVE_REASON: lambda c, a: life.give_reason(c, a, {"reason": "why"}, LATER),
    Action.RECORD_OUTSIDE: lambda c, a: life.record_outside(c, a, Outcome.SHARE, "why", LATER),
    Action.REPORT: lambda c, a: life.report(c, a, done=True, texts={"account": "why"}, at=LATER),
    Action.NOTE_REPLY: lambda c, a: life.note_reply(c, a, no_action=False, text="why", at=LATER),
    Action.AMEND: lambda c, a: life.amend(
        c, a, Outcome.DO_NOT_SHARE, "why", ("1" * 32, "SC-9Q2M4"), LATER
    )[0],
    Action.MARK_FILED: lambda c, a: life.mark_filed(c, a, LATER),
    Action.SET_HOLD: lambda c, a: life.set_hold(c, a, held=True, reason="why", at=LATER),
}
PEOPLE = {
    "requester": actor("teacher"),
    "reviewer": actor("dsl"),
    "colleague": actor("office"),
    "excluded": actor("out", reviewers=("dsl", "deputy", "out")),
    "guest": actor("dsl", standing=Standing.GUEST),
    "stranger": actor("dsl", standing=Standing.STRANGER),
    "gone": actor("dsl", standing=Standing.GONE),
}
NOT_A_REVIEWER = {
    "requester": OwnCase,
    "colleague": NotOnRoute,
    "excluded": Excluded,
    "guest": Guest,
    "stranger": Guest,
    "gone": Guest,
}
OF_AN_OPEN_CASE = set(Action) - {
    Action.REPORT,
    Action.NOTE_REPLY,
    Action.AMEND,
    Action.MARK_FILED,
    Action.SET_HOLD,
}


def case_in(status: Status) -> Case:
    """Routed to the DSL, with one person kept out of it."""
    row = 1 if status is Status.REASON_DUE else 10
    return make_case(row, status, excluded=frozenset({"out"}))


def refusal_for(action: Action, status: Status, who: str) -> type[Refusal] | None:
    allowed, statuses = LIFE[action]
    if allowed == "requester" and who != "requester":
        return NotOnRoute
    if allowed == "keeper" and who == "requester":
        return NotOnRoute
    by_requester = who == "requester" and allowed == "either"
    if allowed != "requester" and who != "reviewer" and not by_requester:
        return NOT_A_REVIEWER[who]
    if status in statuses:
        return None
    decided = status in {Status.DECIDED, Status.CLOSED, Status.DISPOSED}
    return AlreadyDecided if decided and action in OF_AN_OPEN_CASE else NotWaiting


@pytest.mark.parametrize(
    ("action", "status", "who"), list(product(Action, Status, PEOPLE)), ids=str
)
def test_the_table_of_the_life_of_a_case_holds(action: Action, status: Status, who: str):
    case, refusal = case_in(status), refusal_for(action, status, who)

    if refusal is not None:
        with pytest.raises(refusal):
            TAKES[action](case, PEOPLE[who])
        return
    changed, events = TAKES[action](case, PEOPLE[who])

    assert changed.status == LIFE[action][1][status]
    assert changed.version == case.version + len(events) == case.version + 1
    assert changed.changed_at == events[0].at == LATER
    assert events[0].actor == PEOPLE[who].person


def test_every_action_is_in_the_table():
    assert set(LIFE) == set(TAKES) == set(Action)


@pytest.mark.parametrize(
    ("action", "texts"),
    [
        (Action.DECIDE, {"reason"}),
        (Action.ASK, {"question"}),
        (Action.ANSWER, {"answer"}),
        (Action.COMMENT, {"comment"}),
        (Action.HAND_OVER, {"to", "reason"}),
        (Action.REROUTE, {"reason"}),
        (Action.WITHDRAW, {"reason"}),
        (Action.GIVE_REASON, {"reason"}),
        (Action.RECORD_OUTSIDE, {"reason"}),
        (Action.REPORT, {"account"}),
        (Action.NOTE_REPLY, {"reply"}),
        (Action.SET_HOLD, {"reason"}),
    ],
)
def test_what_was_typed_goes_into_the_sealed_part_of_an_event_alone(
    action: Action, texts: set[str]
):
    who, statuses = LIFE[action]
    someone = PEOPLE["requester" if who in {"requester", "either"} else "reviewer"]

    _, (event,) = TAKES[action](case_in(Status(next(iter(statuses)))), someone)

    assert set(event.texts) == texts
    assert "why" not in event.codes.values()


# -------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize("status", Status)
def test_the_requester_and_the_reviewers_may_read_in_every_status(status: Status):
    for name in ("teacher", "dsl"):
        event = life.read(make_case(10, status), actor(name), LATER)
        assert (event.kind, event.actor) == ("read", name)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [(who, refusal) for who, refusal in NOT_A_REVIEWER.items() if who != "requester"],
)
def test_nobody_else_reads(who: str, refusal: type[Refusal]):
    with pytest.raises(refusal):
        life.read(case_in(Status.WAITING), PEOPLE[who], LATER)


def test_a_guest_reads_what_they_asked_themselves_and_a_closed_account_nothing():
    case = make_case()

    assert life.read(case, Actor("teacher", Standing.GUEST, frozenset()), LATER)
    with pytest.raises(Guest):
        life.read(case, Actor("teacher", Standing.GONE, frozenset()), LATER)
