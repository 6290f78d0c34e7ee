"""Contexts for every template: normal ones, as empty as they can be, and hostile ones."""

from __future__ import annotations

import copy
from typing import Any

from tests.case_samples import Context, case_contexts, event_contexts, other_contexts
from tests.dialog_samples import form_contexts, read_contexts, walk_contexts

HOSTILE = (
    '"}],\\ {{ 7 * 7 }} {% raw %} <!channel> <@U0DSL00001> <https://example.org|press>'
    " &amp; *bold* **bold** _slanted_ ~gone~ `code`\n> quote\n@here #dsl :fire: "
    "\u202eesrever\u202c \u2066x\u2069 \x00\x07\x1b[31m\u200b\u2028 </script> {conditions} 👩‍👩‍👧 "
    "שלום \ud83d "
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
