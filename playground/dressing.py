"""What Slack adds to the views and blocks it is given: ids, defaults, `emoji` and `verbatim`."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Any

from playground.inputs import elements_of
from playground.residents import Json


def dress_view(view: Json) -> Json:
    """A view as Slack gives it back, its identity left out."""
    dressed = {
        "type": view["type"],
        "title": _dress(view.get("title")),
        "submit": _dress(view.get("submit")),
        "close": _dress(view.get("close")),
        "blocks": dress_blocks(view["blocks"]),
        "private_metadata": view.get("private_metadata") or "",
        "callback_id": view.get("callback_id") or "",
        "external_id": view.get("external_id") or "",
        "clear_on_close": bool(view.get("clear_on_close", False)),
        "notify_on_close": bool(view.get("notify_on_close", False)),
    }
    if view["type"] == "home":
        dressed["title"] = {"type": "plain_text", "text": "View Title", "emoji": True}
    return dressed


def dress_blocks(blocks: Sequence[Json]) -> list[Json]:
    """Blocks as Slack gives them back: each with an id, each element with an action id."""
    return [_dress_block(block) for block in blocks]


def _dress_block(block: Json) -> Json:
    dressed: Json = _dress(block)
    dressed.setdefault("block_id", token_urlsafe(4))
    for element in elements_of(dressed):
        if element["type"] != "image":
            element.setdefault("action_id", token_urlsafe(4))
    if dressed["type"] == "input":
        dressed.setdefault("optional", False)
        dressed.setdefault("dispatch_action", False)
    return dressed


def _dress(part: Any) -> Any:
    if isinstance(part, list):
        return [_dress(one) for one in part]
    if not isinstance(part, dict):
        return part
    dressed = {key: _dress(value) for key, value in part.items() if value is not None}
    if "text" in dressed and dressed.get("type") == "plain_text":
        dressed.setdefault("emoji", True)
    if "text" in dressed and dressed.get("type") == "mrkdwn":
        dressed.setdefault("verbatim", False)
    return dressed
