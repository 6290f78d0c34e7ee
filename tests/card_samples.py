"""Contexts for every template: normal ones, as empty as they can be, and hostile ones."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Context = dict[str, Any]

CASE_ID = "0f" * 16
AT = 1_795_000_000
HOSTILE = (
    '"}],\\ {{ 7 * 7 }} {% raw %} <!channel> <@U0DSL00001> <https://example.org|press>'
    " &amp; *bold* **bold** _slanted_ ~gone~ `code`\n> quote\n@here #dsl :fire: "
    "\u202eesrever\u202c \u2066x\u2069 \x00\x07\x1b[31m\u200b\u2028 </script> {conditions} 👩‍👩‍👧 שלום \ud83d "
)
HOSTILE_3000 = (HOSTILE * 20)[:3000]
BLANK_LOOKING = "\u202e\u200b \u2069"
# What is a text from people, settings or the rule pack, wherever it stands in a context.
TEXTS = frozenset(
    {
        "account", "after", "because", "button", "email", "filed_at", "help", "label", "lado",
        "limits", "line", "nobody", "out_of_hours", "phone", "post", "reason", "recipient_type",
        "reference", "reply", "route_post", "school", "social_care", "text", "title", "when",
    }
)  # fmt: skip
STATUSES = (
    "reason_due", "waiting", "asked", "outside", "decided", "closed", "withdrawn", "disposed",
)  # fmt: skip
EVENTS = (
    "recorded", "decided", "asked", "answered", "commented", "handed_over", "rerouted", "passed_on",
    "left_outside", "withdrawn", "close_requested", "reason_given", "reported", "replied",
    "amended", "filed", "held", "released",
)  # fmt: skip
REFUSALS = (
    "OwnCase", "NotOnRoute", "Excluded", "Guest", "AlreadyDecided", "NotWaiting", "ReasonRequired",
    "StalePage", "RouteNotAllowed", "UnknownCase", "PersonalData", "UnknownWorkspace", "Unheard",
)  # fmt: skip
KINDS = ("date_of_birth", "postcode", "phone", "email", "upn", "nhs", "ni", "unheard")
OUTCOMES = ("share", "share_limited", "do_not_share")
NUMBERS = {"social_care": "0300 555 0100", "out_of_hours": "0300 555 0101", "lado": "0300 555 0102"}
CONTACT = {"post": "LADO", "phone": "0300 555 0102", "email": "lado@council.example"}

DSL = {"id": "dsl", "post": "DSL", "user": "U0DSL00001"}
DEPUTY = {"id": "deputy", "post": "deputy DSL", "user": "U0DEPUTY01"}
TEACHER = {"id": "slack:T0SCHOOL01:U0TEACHER1", "post": None, "user": "U0TEACHER1"}
ELSEWHERE = {"id": "teams:x:y", "post": None, "user": None}

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
    "text": "**Ring 999 now.** Then ring children's social care: 0300 555 0100 (nights and weekends: "
    "0300 555 0101). Tell them what they need to keep people safe. You do not need anyone's permission. If someone phoned _you_ about this, do not "
    "give them details: ring the numbers here. Stay with the child if that is safe.",
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
        facts("closed", filed=True, hold=True, linked=True),
        {**facts("waiting", restricted=True, route="head", route_post="head"), "requester": None},
        {**facts("decided"), "decision": decision("do_not_share", single=True, by=ELSEWHERE)},
        danger_facts(),
        own_facts("followed"),
        own_facts("against"),
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


def question(number: int = 5, chosen: str | None = None, **more: Any) -> Context:
    options = [{"id": f"option{i}", "label": f"Answer number {i}"} for i in range(number)]
    words = {"text": "Is someone in danger now, or likely to be hurt today?", "help": "Do say."}
    return {"id": "danger", **words, "options": options, "chosen": chosen, **more}


def box(name: str, *, required: bool = True, multiline: bool = True, value: str = "") -> Context:
    words = {"label": "In a sentence or two, why have you decided this?", "help": "No names."}
    return {"id": name, **words, "required": required, "multiline": multiline, "value": value}


def walk_contexts() -> Iterator[tuple[str, Context]]:
    common = {"walk": "ab" * 400, "numbers": NUMBERS, "can_back": True}
    start = {
        "id": "start",
        "title": "Before you start",
        "help": "In danger? Ring 999 first. You can fill this in later. Do not type any names.",
        "rule": None,
    }
    rule6 = {
        "id": "rule6",
        "title": "Rule 6: who and what",
        "help": "Only what they need.",
        "rule": 6,
    }
    both = [question(3), question(6, "option2", id="adult")]
    first = {"page": start, "questions": both, "can_back": False, "can_ask": False, "first": True}
    yield "page", {**common, **first}
    three = [question(5, id="role"), question(2, id="verified"), question(4, id="content")]
    later = {"page": rule6, "questions": three, "can_ask": True, "first": False}
    yield "page", {**common, **later}
    ticks = {
        **start,
        "id": "people",
        "title": "Who must not see it",
        "question": "Are any of these people the one you are worried about, or too close to them?",
        "nobody": "None of these people",
        "button": "Keep it from them",
    }
    for number in (0, 1, 9, 10, 99, 250):
        people = [
            {"id": f"person{i}", "label": f"Post {i}", "chosen": i == 1} for i in range(number)
        ]
        yield "people", {**common, "page": ticks, "people": people}
    outcome = {
        **common,
        **ASK_FIRST,
        "emergency": False,
        "outcome": "escalate",
        "page": {"id": "outcome", "rule": 7},
        "fields": [box("reason"), box("filed_at", required=False, multiline=False)],
        "course": False,
        "against": None,
        "purpose": None,
        "route_post": "DSL",
        "submit": "send",
    }
    yield "outcome", outcome
    yield "outcome", {**outcome, "emergency": True, "purpose": question(4, id="purpose")}
    share = {**outcome, **WITH_CARE, "outcome": "share", "course": True, "submit": "record"}
    yield "outcome", {**share, "against": {"id": "against_reason", "title": "-", "text": "-"}}
    tried = {"values": {"reason": "Because.", "course": "against"}, "trouble": {"reference": "r1"}}
    blocked = {"field": "reason", "kind": "postcode"}
    yield "outcome", {**share, **tried, "blocked": blocked}
    yield (
        "nearly",
        {
            **common,
            "title": "Nearly there",
            "text": "One thing to do first:",
            "after": "If the risk grows, do not wait: ring 0300 555 0100.",
            "because": WITH_CARE["because"],
            "conditions": ["Put the phone down. Ring back on a number the school already holds."],
            "line": "Put the phone down. Ring back on a number the school already holds.",
            "fix": "verified",
            "emergency": False,
        },
    )
    yield "unsent", {"walk": "ab" * 400, "numbers": NUMBERS}
    written = {
        "case": CASE_ID,
        "ref": "SC-7F3K2",
        "numbers": NUMBERS,
        "emergency": True,
        "restricted": False,
        "route_post": "DSL",
        "contact": None,
        "outside": False,
        "course": None,
        "can_check_another": False,
        "fields": [box("reason", required=False)],
    }
    yield "danger", {**written, **DANGER, "status": "reason_due"}
    restricted = {"restricted": True, "outside": True, "contact": CONTACT, "route_post": "LADO"}
    yield "danger", {**written, **DANGER, **restricted, "status": "reason_due"}
    done = {**written, **ASK_FIRST, "status": "waiting", "fields": [], "can_check_another": True}
    yield "done", {**done, "outcome": "escalate"}
    yield "done", {**done, **WITH_CARE, "outcome": "share", "emergency": False}
    yield "done", {**done, **WITH_CARE, "status": "decided", "course": "against"}
    yield "done", {**done, **WITH_CARE, "status": "decided", "course": "followed"}
    yield "done", {**done, **restricted, "status": "outside", "can_check_another": False}


def form_contexts() -> Iterator[tuple[str, Context]]:
    plain = {"case": CASE_ID, "ref": "SC-7F3K2"}
    again = {
        **plain,
        "values": {
            "reason": "Because.",
            "limits": "The address.",
            "outcome": "share",
            "to": "head",
        },
        "blocked": {"field": "reason", "kind": "phone"},
        "trouble": {"reference": "r-1234"},
        "may_override": True,
        "numbers": NUMBERS,
    }
    many = [{"id": f"person{i}", "label": f"Post {i}"} for i in range(150)]
    colleagues = many[:3]
    routes = [{"id": "head", "label": "headteacher"}, {"id": "dpo", "label": "data protection"}]
    more: dict[str, list[Context]] = {
        "decide": [{"outcome": one} for one in OUTCOMES]
        + [{"outcome": "share", "single": True, "lado": True, "numbers": NUMBERS}],
        "ask": [{}],
        "answer": [{"question": "Who told you that?"}],
        "comment": [{}],
        "hand_over": [{"colleagues": colleagues}, {"colleagues": []}, {"colleagues": many}],
        "reroute": [{"routes": routes}, {"routes": []}],
        "withdraw": [{}, {"harmish": True}],
        "reason": [{}, {"fields": [box("reason")]}],
        "outside": [{}],
        "report": [{}, {"values": {"done": "yes", "how": "phone", "kinds": "worry,health"}}],
        "reply": [{}],
        "amend": [{}],
        "hold": [{"held": False}, {"held": True}],
    }
    for name, contexts in more.items():
        for context in contexts:
            yield name, {**plain, **context}
            yield name, {**again, **context}


def read_contexts() -> Iterator[Context]:
    texts = [
        {"id": "reason", "text": "I saw a mark."},
        {"id": "recipient", "text": "Duty social worker"},
    ]
    remarks = [
        {"kind": "asked", "by": DSL, "at": AT, "text": "Who told you?"},
        {"kind": "answered", "by": TEACHER, "at": AT + 60, "text": "The pupil."},
    ]
    decided = decision("share_limited", reason="It helps.", limits="Not the address.")
    report = {
        "account": "Rang them.", "done": "yes", "how": "phone", "kinds": "worry,health",
        "checked": "called_back", "when": "Tuesday", "reply": "They will visit.",
    }  # fmt: skip
    base = {"ref": "SC-7F3K2", "texts": texts, "remarks": remarks}
    yield {**base, "decision": decided, "report": report}
    yield {"ref": "SC-7F3K2", "texts": [], "remarks": [], "decision": None, "report": {}}
    yield {**base, "remarks": remarks * 30, "decision": decided, "report": None}


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
    yield "help", {"numbers": NUMBERS}
    yield "help", {"numbers": None}
    for name in ("mine", "open"):
        yield name, {"cases": case_contexts()[:10], "more": True, "page": 1}
        yield name, {"cases": [], "more": False, "page": 0}
        yield name, {"cases": case_contexts() * 3, "more": True, "page": 0}
    yield from (("digest", one) for one in digests())
    for kind in KINDS:
        yield "complaint", {"code": "PersonalData", "field": "reason", "kind": kind}
    for field in ("reason", "recipient", "limits", "question", "account", "unheard"):
        yield "complaint", {"code": "ReasonRequired", "field": field, "kind": None}
    for code in ("AnswerRequired", "NobodyAndSomebody", "RouteNotAllowed", "StoreUnavailable"):
        yield "complaint", {"code": code, "field": None, "kind": None}


def refusal(code: str) -> Context:
    return {
        "code": code,
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


def samples() -> dict[str, list[Context]]:
    """Template name -> contexts: normal, with nothing that may be left out, and hostile."""
    found: dict[str, list[Context]] = {}
    for name in ("root", "thread", "copy", "assignee", "requester_copy", "reason_nag", "unreached"):
        found[name] = case_contexts()
    found |= {"thread_note": event_contexts(), "requester_turn": event_contexts()}
    found |= {"read": list(read_contexts())}
    for name, context in (*walk_contexts(), *form_contexts(), *other_contexts()):
        found.setdefault(name, []).append(context)
    return {
        name: [*contexts, *(emptied(c) for c in contexts), *(hostile(c) for c in contexts)]
        for name, contexts in found.items()
    }


def hostile(context: Context, text: str = HOSTILE_3000) -> Context:
    """The context with every text in it replaced by a hostile one."""
    return _replaced(copy.deepcopy(context), text)


def emptied(context: Context) -> Context:
    """The context with every text blank and what may be left out left out."""
    bare = _replaced(copy.deepcopy(context), BLANK_LOOKING)
    for key in ("filed_at", "recipient_type", "decision", "report", "contact", "requester"):
        if key in bare and context.get("status") != "disposed":
            bare[key] = None
    for key in ("answers", "doubt", "remarks", "texts", "oldest_open", "unsure", "conditions"):
        if key in bare:
            bare[key] = []
    for key in ("values", "blocked", "trouble", "may_override", "said", "may_repeat", "harmish"):
        bare.pop(key, None)
    return bare


def _replaced(value: Any, text: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _replaced(item, text, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, text, key) for item in value]
    is_question = key == "question" and isinstance(value, str) and " " in value
    if isinstance(value, str) and (key in TEXTS or key == "conditions" or is_question):
        return text
    return value
