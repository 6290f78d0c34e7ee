"""Contexts of dialogs: the walk, the forms of a case, the page where one reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.case_samples import (
    ASK_FIRST,
    AT,
    CASE_ID,
    CONTACT,
    DANGER,
    DSL,
    NUMBERS,
    OUTCOMES,
    TEACHER,
    WITH_CARE,
    Context,
    decision,
)


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
    yield "page", {**common, **first, "rules_changed": True, "lost": True}
    choose = {"danger": "Please choose one of these."}
    yield "page", {**common, **first, "values": {"adult": "option2"}, "errors": choose}
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
    both_ticked = {"people": "Please tick the people, or nobody, but not both."}
    yield "people", {**common, "page": ticks, "people": people[:3], "errors": both_ticked}
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
    yield "outcome", {**share, **tried, "errors": {"reason": "Please say why.", "odd": "This too."}}
    yield "outcome", {**share, **tried, "blocked": blocked, "may_override": True, "lost": True}
    to_check = {"to_check": True, "course": False, "submit": "send", "awaited": True}
    yield "outcome", {**share, **to_check}
    yield "outcome", {**share, **to_check, "outside": True}
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
    unsent = {"walk": "ab" * 400, "numbers": NUMBERS}
    yield "unsent", unsent
    yield "unsent", {**unsent, "contact": CONTACT}
    yield "unsent", {**unsent, "doubt": True}
    yield "unsent", {"open_again": True}
    yield "unsent", {"sent_as": "SC-7F3K2"}
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
    yield "danger", {**written, **DANGER, "status": "reason_due", "unmet": True}
    restricted = {"restricted": True, "outside": True, "contact": CONTACT, "route_post": "LADO"}
    yield "danger", {**written, **DANGER, **restricted, "status": "reason_due"}
    done = {**written, **ASK_FIRST, "status": "waiting", "fields": [], "can_check_another": True}
    yield "done", {**done, "outcome": "escalate"}
    yield "done", {**done, "outcome": "escalate", "unmet": True}
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
            yield name, {**plain, **context, "errors": {"reason": "Please say why, in a sentence."}}


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
