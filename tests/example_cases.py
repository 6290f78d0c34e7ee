"""Examples for the pure core: a school, its people, answers for each row, cases and actors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from bot.case import Case, Course, Decision, Draft, Outcome, PackRef, Status
from bot.chat import Account, Place, Platform, Standing
from bot.people import (
    ChannelRoute,
    Contact,
    ContactRoute,
    Numbers,
    PeopleRoute,
    Person,
    School,
)
from bot.permission import Actor
from bot.rules import RulePack, Verdict, decide, load_pack

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEAM = "T0SCHOOL01"
TEACHER = Account(Platform.SLACK, TEAM, "U0TEACHER1")
NUMBERS = Numbers("01632 960 001", "01632 960 002", "01632 960 003")
POSTS = {
    "dsl": "DSL",
    "deputy": "Deputy DSL",
    "head": "Headteacher",
    "chair": "Chair",
    "dpo": "DPO",
}

SHARE = {
    "danger": "no",
    "adult": "none",
    "trigger": "professional",
    "identifiable": "yes",
    "purpose": "harm",
    "openness": "told",
    "agreement": "agreed",
    "advice": "confident",
    "identity_risk": "none",
    "role": "statutory",
    "verified": "yes",
    "content": "minimal",
}
"""Every question, answered so that a clear share comes out (row 32)."""
WELFARE = {**SHARE, "purpose": "welfare"}
ROWS = {
    1: {**SHARE, "danger": "yes"},
    2: {**SHARE, "danger": "yes", "adult": "staff"},
    3: {**SHARE, "danger": "yes", "adult": "head"},
    4: {**SHARE, "danger": "yes", "adult": "conflict"},
    5: {**SHARE, "adult": "staff"},
    6: {**SHARE, "adult": "head"},
    7: {**SHARE, "adult": "conflict"},
    8: {**SHARE, "trigger": "records_request"},
    9: {**SHARE, "trigger": "legal_order"},
    10: {**SHARE, "advice": "wanted"},
    11: {**SHARE, "advice": "law"},
    12: {**WELFARE, "advice": "law"},
    13: {**SHARE, "identity_risk": "recipient_is_risk"},
    14: {**SHARE, "role": "none"},
    15: {**WELFARE, "role": "none"},
    16: {**SHARE, "trigger": "public", "role": "unsure"},
    17: {**WELFARE, "trigger": "public", "role": "unsure"},
    18: {**SHARE, "trigger": "public"},
    19: {**SHARE, "identifiable": "no", "role": "unsure"},
    20: {**SHARE, "identifiable": "no"},
    21: {**SHARE, "purpose": "unsure"},
    22: {**SHARE, "role": "family"},
    23: {**SHARE, "role": "unsure"},
    24: {**SHARE, "purpose": "none"},
    25: {**SHARE, "purpose": "none", "role": "safeguarding"},
    26: {**SHARE, "verified": "no"},
    27: {**SHARE, "identity_risk": "not_yet"},
    28: {**SHARE, "identity_risk": "unsure"},
    29: {**SHARE, "content": "excess"},
    30: {**SHARE, "content": "unsure"},
    31: {**SHARE, "openness": "unsure", "role": "safeguarding"},
    32: SHARE,
    33: {**WELFARE, "openness": "not_safe"},
    34: {**WELFARE, "content": "doubtful"},
    35: {**WELFARE, "agreement": "not_asked"},
    36: WELFARE,
}
"""A full set of answers for every row but the safety net."""


@cache
def england() -> RulePack:
    return load_pack()


def advice(row: int) -> Verdict:
    verdict = decide(england(), ROWS[row])
    assert verdict.row == row
    return verdict


def account_of(name: str) -> Account:
    return Account(Platform.SLACK, TEAM, f"U0{name.upper()}")


def person(name: str) -> Person:
    return Person(name, (account_of(name),), POSTS[name])


def make_school(**changes) -> School:
    """A school with a channel, named people and a contact card among its routes."""
    routes = {
        "dsl": ChannelRoute("DSL", Place(Platform.SLACK, TEAM, "C0DSL00001")),
        "head": PeopleRoute("Headteacher", (person("head"),)),
        "chair": PeopleRoute("Chair of governors", (person("chair"),)),
        "lado": ContactRoute("LADO", Contact("LADO", "01632 960 003", "lado@council.example")),
        "dpo": ChannelRoute("Data-protection lead", Place(Platform.SLACK, TEAM, "C0DPO00001")),
    }
    school = School(
        id="hill",
        name="Hill Primary",
        time_zone="Europe/London",
        slack_team=TEAM,
        routes=routes,
        people=tuple(person(name) for name in POSTS),
        numbers=NUMBERS,
    )
    return replace(school, **{**changes, "routes": {**routes, **changes.get("routes", {})}})


def make_draft(row: int = 10, **changes) -> Draft:
    pack = england()
    draft = Draft(
        id="0f" * 16,
        school="hill",
        requester="teacher",
        account=TEACHER,
        pack=PackRef(pack.id, pack.version, pack.digest),
        answers=ROWS[row],
        texts={"reason": "bruises seen twice", "recipient": "council front door"},
    )
    return replace(draft, **changes)


def decision(outcome: Outcome = Outcome.SHARE, by: str = "dsl", **changes) -> Decision:
    return replace(Decision(outcome, by, NOON, "the child needs it"), **changes)


def make_case(row: int = 10, status: Status = Status.WAITING, **changes) -> Case:
    """A case of a row; one that is decided or later has a reviewer's decision."""
    ended = status in {Status.DECIDED, Status.CLOSED, Status.DISPOSED}
    draft, verdict = make_draft(row), advice(row)
    case = Case(
        id=draft.id,
        ref="SC-7F3K2",
        school=draft.school,
        pack=draft.pack,
        status=status,
        version=3,
        requester=draft.requester,
        account=draft.account,
        answers=draft.answers,
        advice=verdict,
        route=verdict.route,
        created_at=NOON,
        changed_at=NOON,
        texts=draft.texts,
        decision=decision() if ended else None,
    )
    return replace(case, **changes)


def own(row: int, course: Course = Course.FOLLOWED, **changes) -> Case:
    """A case that its requester decided, as advised or against it."""
    by_requester = {"decision": decision(by="teacher"), "course": course}
    return make_case(row, **{"status": Status.DECIDED, **by_requester, **changes})


def actor(
    name: str, *, reviewers: tuple[str, ...] = ("dsl", "deputy"), standing=Standing.MEMBER
) -> Actor:
    return Actor(name, standing, frozenset(reviewers))
