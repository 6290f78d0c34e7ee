"""Every limit that Slack puts on views, messages and home pages, in one checker.

Source: docs.slack.dev, reference of views, of `chat.postMessage` and of message metadata. Where
Slack writes nothing down, the stricter reading is taken: what passes here passes there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from playground.block_limits import blocks, focused
from playground.element_limits import plain
from playground.limit_forms import Form, check_form, choice, flag, string

Surface = Literal["view", "message", "home"]

LARGEST_VIEW = 250 * 1024
TOO_LARGE = "payload: {:,} bytes, at most 250 KB"


def faults(kind: Surface, payload: dict[str, Any]) -> list[str]:
    """What Slack would refuse in a payload: one line a fault, each naming its path.

    Such as `blocks[2].text.text: 3,412 characters, at most 3,000`. Empty when Slack takes it.
    """
    return list(_SURFACES[kind](payload))


def _check_view(payload: dict[str, Any]) -> Iterator[str]:
    found = [*check_form("", payload, _VIEW), *_check_size(payload)]
    yield from found
    sound = _sound_blocks(payload)
    if any(block.get("type") == "input" for block in sound) and not payload.get("submit"):
        yield "submit: required, since the view has inputs"
    if not found and focused(sound) > 1:
        yield "blocks: focus_on_load is set more than once"


def _check_home(payload: dict[str, Any]) -> Iterator[str]:
    yield from check_form("", payload, _HOME)
    yield from _check_size(payload)


def _check_message(payload: dict[str, Any]) -> Iterator[str]:
    yield from check_form("", {k: payload[k] for k in _MESSAGE.fields if k in payload}, _MESSAGE)


def _check_size(payload: dict[str, Any]) -> Iterator[str]:
    size = len(json.dumps(payload, ensure_ascii=False).encode())
    if size > LARGEST_VIEW:
        yield TOO_LARGE.format(size)


def _sound_blocks(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = payload.get("blocks")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _check_metadata(path: str, value: Any) -> Iterator[str]:
    if value != {}:
        yield from check_form(path, value, _METADATA)


def _check_event(path: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: not an object"
        return
    for name, part in value.items():
        if part is None:
            yield f"{path}.{name}: null"


_METADATA = Form(
    {"event_type": string(255), "event_payload": _check_event}, ("event_type", "event_payload")
)
_SHARED = {
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
_VIEW = Form(
    {
        **_SHARED,
        "type": choice("modal"),
        "title": plain(24),
        "submit": plain(24),
        "close": plain(24),
        "blocks": blocks("view", 1, 100),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
    ("type", "title", "blocks"),
)
_HOME = Form(
    {**_SHARED, "type": choice("home"), "blocks": blocks("home", 0, 100)}, ("type", "blocks")
)
_MESSAGE = Form(
    {
        "text": string(40_000, least=0),
        "blocks": blocks("message", 0, 50),
        "metadata": _check_metadata,
    }
)
_SURFACES = {"view": _check_view, "home": _check_home, "message": _check_message}
