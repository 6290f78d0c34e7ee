"""Contexts of cards about a case, and of the other messages, as the product builds them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

Context = dict[str, Any]

CASE_ID = "0f" * 16
AT = 1_795_000_000
STATUSES = (
    "reason_due", "waiting", "asked", "outside", "decided", "closed", "withdrawn", "disposed",
)  # fmt: skip
EVENTS = (
    "recorded", "decided", "asked", "answered", "commented", "handed_over", "rerouted", "passed_on",
    "left_outside", "withdrawn", "close_requested", "reason_given", "reported", "replied",
    "amended", "filed", "held", "released", "untold",
)  # fmt: skip
REFUSALS = (
    "OwnCase", "NotOnRoute", "Excluded", "Guest", "AlreadyDecided", "NotWaiting", "ReasonRequired",
    "StalePage", "AlreadySent", "RouteNotAllowed", "UnknownCase", "PersonalData", "UnknownWorkspace", "Unheard",
)  # fmt: skip
KINDS = ("date_of_birth", "postcode", "phone", "email", "upn", "nhs", "ni", "unheard")
OUTCOMES = ("share", "share_limited", "do_not_share")
NUMBERS = {"social_care": "0300 555 0100", "out_of_hours": "0300 555 0101", "lado": "0300 555 0102"}
CONTACT = {"post": "LADO", "phone": "0300 555 0102", "email": "lado@council.example"}

DSL = {"id": "dsl", "post": "DSL", "user": "U0DSL00001", "teams": "d51", "name": ""}
DEPUTY = {"id": "deputy", "post": "deputy DSL", "user": "U0DEPUTY01", "teams": "de9", "name": ""}
TEACHER = {
    "id": "slack:T0SCHOOL01:U0TEACHER1",
    "post": None,
    "user": "U0TEACHER1",
    "teams": None,
    "name": "the class teacher",
}
ELSEWHERE = {"id": "teams:x:y", "post": None, "user": None, "teams": "y", "name": ""}

ASK_FIRST = {
    "title": "Ask the DSL first",
    "text": "Wait before you share. The safeguarding lead (DSL) has been asked and will answer "
    "here. You have done the right thing. They are looking at: who would get it, and why they need "
    "it.",
    "after": "",
    "because": "Rule 6: Share only what is needed, only with people who need it. "
    "(DfE information sharing advice, 2024, golden rule 6)",
    "conditions": ["Find out what part they play in keeping the child safe, and why they need it."],
}
WITH_CARE = {
    "title": "Share, with care",
    "text": "Yes, you can share this with **Children's social care, the police, or an NHS team for "
    "the child** if you do these things:",
    "after": "If you cannot do one of them, ask the safeguarding lead (DSL). If the risk grows, do "
    "not wait. _Why: Keeping a child safe comes before anyone's privacy._",
    "because": "Rule 1: Keeping a child safe comes before anyone's privacy. "
    "(DfE information sharing advice, 2024, golden rule 1)",
    "conditions": [
        "Do not tell the family. Tell the person getting it that the family do not know, and why.",
        "Say clearly which parts you did not see or hear yourself.",
    ],
}
DANGER = {
    "title": "Danger: act now",
    "text": "**Ring 999 now.** Then ring children's social care: 0300 555 0100 (nights and "
    "weekends: 0300 555 0101). Tell them what they need to keep people safe. You do not need "
    "anyone's permission. If someone phoned _you_ about this, do not give them details: ring the "
    "numbers here. Stay with the child if that is safe. Write it down later; we will remind you.",
    "after": "",
    "because": "Rule 1: Keeping a child safe comes before anyone's privacy.",
    "conditions": ["Ring first. Everything else can wait."],
}
ANSWERS = [
    {"question": "danger", "option": "no", "label": "No, not right now"},
    {"question": "adult", "option": "none", "label": "No"},
    {
        "question": "trigger",
        "option": "own",
        "label": "Nobody has asked - I want to pass on a worry",
    },
    {"question": "purpose", "option": "harm", "label": "A child may be being hurt or neglected"},
    {
        "question": "agreement",
        "option": "refused",
        "label": "They said no, or asked us not to tell",
    },
    {"question": "role", "option": "unsure", "label": "I'm not sure"},
]


def facts(status: str = "waiting", event: str = "recorded", **case: Any) -> Context:
    """The common context of messages about a case, as `bot.facts.case_facts` builds it."""
    decided = status in {"decided", "closed", "disposed"}
    return {
        "case": {
            "id": CASE_ID,
            "ref": "SC-7F3K2",
            "status": status,
            "urgency": "high",
            "outcome": "escalate",
            "row": 23,
            "route": "dsl",
            "route_post": "DSL",
            "moved": False,
            "restricted": False,
            "harmish": True,
            "danger": False,
            "danger_unsure": False,
            "created": AT,
            "course": None,
            "assignee": None,
            "close_requested": False,
            "filed": False,
            "hold": False,
            "linked": False,
            "review": False,
            "shared": False,
            "no_action": False,
            **case,
        },
        "event": event,
        "school": "Pretend Primary School",
        "decision": decision("share") if decided else None,
        "requester": TEACHER,
        "advice": ASK_FIRST,
        "doubt": [{"rule": 6, "line": "who would get it, and why they need it"}],
        "answers": ANSWERS,
        "recipient_type": "I'm not sure",
        "filed_at": "CPOMS",
        "numbers": NUMBERS,
        "contact": CONTACT if status == "outside" else None,
        "said": {},
        "may_repeat": False,
    }


def decision(outcome: str, **more: Any) -> Context:
    return {"outcome": outcome, "by": DSL, "at": AT + 600, "single": False, "own": False, **more}


def danger_facts(status: str = "reason_due") -> Context:
    danger = {"urgency": "now", "outcome": "share", "danger": True, "row": 1}
    return {**facts(status, **danger), "advice": DANGER}


def own_facts(course: str) -> Context:
    own = facts("decided", outcome="share", course=course, urgency="high")
    nothing = [{"rule": 1, "line": ""}]
    return {
        **own,
        "advice": WITH_CARE,
        "doubt": nothing,
        "decision": decision("share", by=TEACHER, own=True),
    }


def case_contexts() -> list[Context]:
    """Every status, and the marks that a case may carry."""
    return [
        *(facts(status) for status in STATUSES),
        facts("waiting", assignee=DEPUTY, close_requested=True, moved=False),
        facts("waiting", moved=True, route_post="data-protection lead"),
        facts("waiting", outcome="share", urgency="normal", danger_unsure=True, may_repeat=True),
        facts("closed", filed=True, hold=True, linked=True, no_action=True),
        {**facts("waiting", restricted=True, route="head", route_post="head"), "requester": None},
        {**facts("decided"), "decision": decision("do_not_share", single=True, by=ELSEWHERE)},
        danger_facts(),
        own_facts("followed"),
        own_facts("against"),
    ]


def decision_contexts() -> list[Context]:
    """A decision made in the thread itself that was not taken: with a fault, and blocked."""
    tried = {"values": {"reason": "Because.", "limits": "The address."}}
    blocked = {"blocked": {"kind": "phone"}, "may_override": True}
    return [
        {**facts("waiting"), **tried, "errors": {"reason": "Please say why."}},
        {**facts("asked"), **tried, **blocked},
        {**facts("waiting"), **tried, "errors": {"reason": "Please say why.", "odd": "This too."}},
    ]


def event_contexts() -> list[Context]:
    after = {"withdrawn": "withdrawn", "asked": "asked", "decided": "decided", "replied": "closed"}
    plain = [facts(after.get(e, "waiting"), e, assignee=DEPUTY) for e in EVENTS]
    return [
        *plain,
        {**facts("closed", "replied"), "said": {"no_action": "yes"}},
        {**facts("closed", "amended"), "said": {"by": "SC-9Q2M4"}},
        {**facts("decided", "recorded"), "decision": decision("share_limited")},
        {**facts("decided", "decided"), "decision": decision("do_not_share", single=True)},
        {**facts("decided", "decided"), "decision": decision("share", by=TEACHER, own=True)},
        facts("outside", "left_outside", restricted=True, route_post="LADO"),
        facts("outside", "rerouted", restricted=True, route_post="LADO"),
    ]


def other_contexts() -> Iterator[tuple[str, Context]]:
    for code in REFUSALS:
        yield "refused", refusal(code)
        yield "refused_view", refusal(code)
    for status in STATUSES:
        yield "refused", {**refusal("NotWaiting"), "status": status}
    for name in ("trouble", "trouble_view"):
        yield name, {"reference": "r-1234", "numbers": NUMBERS}
        yield name, {"reference": None, "numbers": None}
    yield "buried", {"key": "0f:1:root", "code": "channel_not_found", "template": "root"}
    yield "help", {"numbers": NUMBERS, "posts": ["DSL", "Headteacher"]}
    yield "help", {"numbers": NUMBERS, "posts": []}
    yield "help", {"numbers": None, "posts": []}
    for numbers in (NUMBERS, None):
        yield "mention", {"numbers": numbers}
        for name in ("start", "welcome", "messaged", "not_installed"):
            yield name, {"school": "Pretend Primary School", "numbers": numbers}
    yield "changed", {}
    for name in ("mine", "open"):
        yield (
            name,
            {"cases": case_contexts()[:10], "more": True, "page": 1, "unsure": True, "lost": 2},
        )
        yield name, {"cases": [], "more": False, "page": 0, "unsure": False, "lost": 0}
        yield (
            name,
            {"cases": case_contexts() * 3, "more": True, "page": 0, "unsure": False, "lost": 1},
        )
    yield from home_contexts()
    yield from (("digest", one) for one in digests())
    for kind in KINDS:
        yield "complaint", {"code": "PersonalData", "field": "reason", "kind": kind}
    for field in ("reason", "recipient", "limits", "question", "account", "course", "unheard"):
        yield "complaint", {"code": "ReasonRequired", "field": field, "kind": None}
    for code in (
        "AnswerRequired",
        "NobodyAndSomebody",
        "RouteNotAllowed",
        "InDoubt",
        "StoreUnavailable",
    ):
        yield "complaint", {"code": code, "field": None, "kind": None}


def home_contexts() -> Iterator[tuple[str, Context]]:
    """The home page of staff and of reviewers: with nothing on it, and with more than it shows."""
    common = {"school": "Pretend Primary School", "numbers": NUMBERS}
    shown = [{**c, "mine": mine} for c in case_contexts() for mine in (True, False)]
    lists = ("todo", "mine", "waiting", "asked", "due", "recent")
    for reviewer, cases in itertools.product((False, True), ([], shown[:3], shown[3:])):
        parts = {
            which: {
                "which": which,
                "count": len(cases),
                "more": len(cases) > 3,
                "lost": len(cases) % 2,
                "cases": cases,
            }
            for which in lists
        }
        known = {**common, "reviewer": reviewer, "unsure": reviewer}
        yield "home", {**known, "parts": parts}
        for which, page in itertools.product(lists, (0, 1)):
            turn = {"which": which, "page": page, "more": page == 0, "lost": page, "cases": cases}
            yield "home_list", {**known, **turn}
        for miss in ("words", "nothing", "unsure"):
            yield "home_case", {**known, "case": None, "miss": miss}
    for one, reviews in itertools.product(shown, (False, True)):
        known = {**common, "reviewer": reviews, "unsure": False}
        yield "home_case", {**known, **one, "reviews": reviews, "miss": ""}
    for code in ("", "Guest", "UnknownWorkspace", "StalePage"):
        for numbers in (NUMBERS, None):
            facts = {"code": code, "reference": "r-1234", "numbers": numbers}
            yield "home_trouble", {**facts, "where": "waiting.2"}


def refusal(code: str) -> Context:
    return {
        "code": code,
        "ref": "SC-7F3K2",
        "by": DSL,
        "at": AT,
        "outcome": "share",
        "status": "waiting",
        "field": "reason",
        "target": "dsl",
        "kind": "postcode",
        "reference": "r-1234",
    }


def digests() -> Iterator[Context]:
    quiet = {
        "school": "Pretend Primary School",
        "week": "2026-W47",
        "since": AT - 604_800,
        "until": AT,
        "checks": 0,
        "outcomes": {},
        "escalations": 0,
        "median_minutes": None,
        "open_count": 0,
        "oldest_open": [],
        "unsure": [],
        "against": 0,
        "quiet": True,
    }
    yield quiet
    yield {
        **quiet,
        "checks": 14,
        "outcomes": {"share": 6, "do_not_share": 3, "share_limited": 1, "open": 3, "withdrawn": 1},
        "escalations": 7,
        "median_minutes": 42.4,
        "open_count": 3,
        "oldest_open": [
            {"ref": "SC-7F3K2", "since": AT - 90_000},
            {"ref": "SC-9Q2M4", "since": AT},
        ],
        "unsure": [{"question": "openness", "text": "Is it safe to tell?", "rule": 2, "count": 4}],
        "against": 1,
        "quiet": False,
    }
    yield {
        **quiet,
        "open_count": 1,
        "oldest_open": [{"ref": "SC-7F3K2", "since": AT}],
        "quiet": False,
    }
    yield {**quiet, "checks": 1, "outcomes": {"share": 1}, "median_minutes": 3000.0, "quiet": False}
