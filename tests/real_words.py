"""Cards with the words that people really read: the rule pack's own, for each page and row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.boxes import boxes_for
from bot.chat import Card
from bot.facts import advice_facts, answer_facts
from bot.people import Contact, ContactRoute, School
from bot.rules import decide
from tests.card_samples import normal_samples
from tests.case_samples import NUMBERS, Context
from tests.example_cases import ROWS, SHARE, england, make_school

PACK = england()
SHARES = (
    {"openness": "will_tell"},
    {"openness": "not_safe", "advice": "advised"},
    {"openness": "not_practicable", "identity_risk": "protected"},
    {"openness": "unsure", "agreement": "refused", "content": "doubtful"},
)
"""Answers that bring conditions to a share, all of them among these."""
WALK = frozenset({"page", "people", "outcome", "nearly", "done", "danger", "requester_copy"})
FOR_THOSE_WHO_DECIDE = frozenset(
    {
        "root",
        "thread",
        "thread_note",
        "copy",
        "assignee",
        "open",
        "digest",
        "decide",
        "amend",
        "hold",
    }
)
"""Cards that only the DSL, the head and others with a post read: they know its letters."""


def real_cards() -> list[Card]:
    """Every page and message as a reader gets it, in every branch that has words of its own."""
    plain = normal_samples()
    rest = (Card(name, c) for name, found in plain.items() if name not in WALK for c in found)
    return [*rest, *_pages(plain), *_outcomes(plain)]


def _pages(plain: dict[str, list[Context]]) -> Iterator[Card]:
    for page in PACK.pages:
        facts = {"id": page.id, "title": page.title, "help": page.help, "rule": page.rule}
        if page.tick_list:
            tick = page.tick_list
            words = {"question": tick.question, "nobody": tick.nobody, "button": tick.button}
            yield Card("people", {**plain["people"][1], "page": {**facts, **words}})
            continue
        first = page is PACK.pages[0]
        for head_is_dsl in (False, True):
            asked = [_question(name, head_is_dsl=head_is_dsl) for name in map(_id, page.questions)]
            context = {"page": facts, "questions": asked, "first": first, "can_ask": not first}
            yield Card("page", {**plain["page"][0], **context})


def _outcomes(plain: dict[str, list[Context]]) -> Iterator[Card]:
    for school in (make_school(), make_school(share_needs="approval"), _with_nobody_in_chat()):
        for answers in (*ROWS.values(), *({**SHARE, **more} for more in SHARES)):
            yield from _cards_of(plain, school, answers)


def _cards_of(
    plain: dict[str, list[Context]], school: School, answers: dict[str, str]
) -> Iterator[Card]:
    verdict = decide(PACK, answers)
    route = school.routes[verdict.route]
    contact = route.contact if isinstance(route, ContactRoute) else None
    known = {
        "outcome": verdict.outcome,
        "danger": verdict.urgency == "now",
        "route_post": route.post,
        "outside": contact is not None,
        "contact": {"post": contact.post, "phone": contact.phone, "email": contact.email}
        if contact
        else None,
        "restricted": "restricted" in verdict.conditions,
        "emergency": answers["danger"] != "no",
        "numbers": NUMBERS,
    }
    say = {"answers": answers, "route": verdict.route}
    before = {**known, **advice_facts(PACK, verdict, school, **say, sent=False)}
    after = {**known, **advice_facts(PACK, verdict, school, **say)}
    if verdict.urgency == "now":
        yield Card("danger", {**plain["danger"][0], **after, "fields": [_box("danger")]})
        yield _copy(plain, after, answers, "outside" if contact else "reason_due")
        return
    if verdict.fix:
        mending = {**known, **advice_facts(PACK, verdict, school, **say, sent=False, mending=True)}
        yield Card("nearly", {**plain["nearly"][0], **mending, "line": mending["conditions"][0]})
    boxes = [_box(name, required=required) for name, required in boxes_for(verdict, answers)]
    share = verdict.outcome != "escalate"
    decided = {"fields": boxes, "course": share, "can_ask": share}
    page = {**plain["outcome"][0], **before, **decided, "submit": "record" if share else "send"}
    yield Card("outcome", page)
    every_box = [_box(name) for name in PACK.boxes]
    yield Card("outcome", {**page, "purpose": _question("purpose"), "fields": every_box})
    status = "outside" if contact else "decided" if share else "waiting"
    yield Card("done", {**plain["done"][0], **after, "status": status, "fields": []})
    yield _copy(plain, after, answers, status)


def _copy(
    plain: dict[str, list[Context]], after: Context, answers: dict[str, str], status: str
) -> Card:
    (sample, *_) = (c for c in plain["requester_copy"] if c["case"]["status"] == status)
    case = {**sample["case"], "outcome": after["outcome"], "restricted": after["restricted"]}
    case |= {"route_post": after["route_post"], "danger_unsure": answers["danger"] == "unsure"}
    case |= {"danger": after["danger"]}
    if sample["decision"]:
        sample = {**sample, "decision": {**sample["decision"], "own": True}}
    words = {name: after[name] for name in ("title", "text", "after", "because", "conditions")}
    given = answer_facts(PACK, answers)
    return Card(
        "requester_copy",
        {**sample, "case": case, "advice": words, "answers": given, "contact": after["contact"]},
    )


def _question(name: str, *, head_is_dsl: bool = False) -> Context:
    question = PACK.questions[name]
    options = [{"id": o.id, "label": o.label} for o in question.offered(head_is_dsl=head_is_dsl)]
    words: dict[str, Any] = {"text": question.text, "help": question.help}
    return {"id": name, **words, "options": options, "chosen": None}


def _box(name: str, *, required: bool = True) -> Context:
    box = PACK.boxes[name]
    shown = {"label": box.label, "help": box.help, "required": required}
    return {"id": name, **shown, "multiline": True, "value": ""}


def _id(question: Any) -> str:
    return str(question.id)


def _with_nobody_in_chat() -> School:
    """A school whose posts are all rung: the words then name the post and the number."""
    school = make_school()
    contact = Contact("", "01632 960 009", "office@school.example")
    return make_school(
        routes={
            name: ContactRoute(route.post, replace(contact, post=route.post))
            for name, route in school.routes.items()
        }
    )
