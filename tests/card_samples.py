"""Contexts for every template: normal ones, as empty as they can be, and hostile ones."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from tests.case_samples import (
    Context,
    case_contexts,
    decision_contexts,
    event_contexts,
    other_contexts,
)
from tests.dialog_samples import form_contexts, read_contexts, walk_contexts

HOSTILE = (
    '"}],\\ {{ 7 * 7 }} {% raw %} <!channel> <@U0DSL00001> <https://example.org|press>'
    " &amp; *bold* **bold** _slanted_ ~gone~ `code`\n> quote\n@here #dsl :fire: "
    "\u202eesrever\u202c \u2066x\u2069 \x00\x07\x1b[31m\u200b\u2028 </script> {conditions} 👩‍👩‍👧 "
    "שלום \ud83d "
)
HOSTILE_3000 = (HOSTILE * 20)[:3000]
BLANK_LOOKING = "\u202e\u200b \u2069"
# What holds a code, an id or a sealed walk, wherever it stands in a context. Everything else is a text
# from people, settings or the rule pack, so that a new text is tried with hostile words by itself.
CODES = frozenset(
    {
        "by", "case", "checked", "chosen", "code", "course", "done", "event", "field", "fix", "how",
        "id", "key", "kind", "kinds", "miss", "no_action", "option", "outcome", "question", "ref", "route",
        "status", "submit", "target", "teams", "template", "to", "urgency", "user", "walk", "week", "where",
        "which",
    }
)  # fmt: skip
CODE = re.compile(r"[\w:.,-]*")


def samples() -> dict[str, list[Context]]:
    """Template name -> contexts: normal, with nothing that may be left out, and hostile."""
    return {
        name: [*contexts, *(emptied(c) for c in contexts), *(hostile(c) for c in contexts)]
        for name, contexts in normal_samples().items()
    }


def normal_samples() -> dict[str, list[Context]]:
    """Template name -> contexts as the product gives them; a new template gets its own here."""
    found: dict[str, list[Context]] = {}
    for name in ("root", "thread", "copy", "assignee", "requester_copy", "reason_nag", "unreached"):
        found[name] = case_contexts()
    found["thread"] = [*case_contexts(), *decision_contexts()]
    found |= {"thread_note": event_contexts(), "requester_turn": event_contexts()}
    found |= {"read": list(read_contexts())}
    for name, context in (*walk_contexts(), *form_contexts(), *other_contexts()):
        found.setdefault(name, []).append(context)
    return found


def hostile(
    context: Context, text: str = HOSTILE_3000, but: frozenset[str] = frozenset()
) -> Context:
    """The context with every text in it replaced by a hostile one, `but` those under some keys."""
    return _replaced(copy.deepcopy(context), text, but=but)


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


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a context with the key under which it stands."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from strings(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, key)
    elif isinstance(value, str):
        yield key, value


def is_text(key: str, value: str) -> bool:
    """Whether a string of a context is a text. A form's `question` is one, an answer's is a code."""
    return key not in CODES or (key == "question" and " " in value)


def _replaced(value: Any, text: str, key: str = "", but: frozenset[str] = frozenset()) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(item, text, name, but) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, text, key, but) for item in value]
    return text if isinstance(value, str) and is_text(key, value) and key not in but else value
