"""Slack's limits on layout blocks. Source: docs.slack.dev/reference/block-kit/blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playground.element_limits import (
    ACCESSORIES,
    ACTIONS,
    ID,
    IMAGE,
    INPUTS,
    MODAL_ONLY,
    elements,
    plain,
    text,
)
from playground.inputs import elements_of
from playground.limit_forms import (
    Check,
    Form,
    anything,
    by_type,
    choice,
    flag,
    join,
    listing,
    string,
)


def _check_section(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    if value.get("text") is None and not value.get("fields"):
        yield f"{path}: needs text or fields"


def _check_action_ids(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    """Within one block an action id stands for one element."""
    ids = [element["action_id"] for element in value["elements"] if "action_id" in element]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"{join(path, 'elements')}: action_id {twice!r} is there more than once"


_CONTEXT: Check = by_type(
    {
        "image": IMAGE,
        **{
            kind: Form(
                {"type": anything, "text": string(3000), "emoji": flag, "verbatim": flag},
                ("text",),
            )
            for kind in ("plain_text", "mrkdwn")
        },
    },
    "a context block",
)
_RICH = by_type(
    {
        kind: Form(
            {
                "type": anything,
                "elements": listing(anything, 0, 1000),
                "style": choice("bullet", "ordered"),
                "indent": anything,
                "offset": anything,
                "border": anything,
                "language": anything,
            },
            ("elements",),
        )
        for kind in (
            "rich_text_section",
            "rich_text_list",
            "rich_text_quote",
            "rich_text_preformatted",
        )
    },
    "a rich_text block",
)
_COMMON: Mapping[str, Check] = {"type": anything, "block_id": ID}

BLOCKS: Mapping[str, Form] = {
    "section": Form(
        {
            **_COMMON,
            "text": text(3000),
            "fields": listing(text(2000), 1, 10),
            "accessory": elements(ACCESSORIES, "a section"),
            "expand": flag,
        },
        rules=(_check_section,),
    ),
    "header": Form({**_COMMON, "text": plain(150)}, ("text",)),
    "divider": Form(_COMMON),
    "image": Form({**_COMMON, **IMAGE.fields, "title": plain(2000)}, IMAGE.required, IMAGE.rules),
    "context": Form({**_COMMON, "elements": listing(_CONTEXT, 1, 10)}, ("elements",)),
    "actions": Form(
        {**_COMMON, "elements": listing(elements(ACTIONS, "an actions block"), 1, 25)},
        ("elements",),
        (_check_action_ids,),
    ),
    "input": Form(
        {
            **_COMMON,
            "label": plain(2000),
            "hint": plain(2000),
            "element": elements(INPUTS, "an input block"),
            "optional": flag,
            "dispatch_action": flag,
        },
        ("label", "element"),
    ),
    "rich_text": Form({**_COMMON, "elements": listing(_RICH, 1, 1000)}, ("elements",)),
    "markdown": Form({**_COMMON, "text": string(12_000)}, ("text",)),
}
MESSAGES_ONLY = frozenset({"markdown"})


def blocks(surface: str, least: int, most: int) -> Check:
    """A list of blocks as a surface (`view`, `message` or `home`) takes them."""
    known = {k: f for k, f in BLOCKS.items() if surface == "message" or k not in MESSAGES_ONLY}
    each = listing(by_type(known, f"a {surface}"), least, most)

    def check(path: str, value: Any) -> Iterator[str]:
        yield from each(path, value)
        sound = [(place, one) for place, one in _places(path, value) if isinstance(one, dict)]
        yield from _check_block_ids(path, [one for _, one in sound])
        for place, block in sound:
            yield from _check_surface(place, block, surface)

    return check


def _places(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    for place, one in enumerate(value if isinstance(value, list) else ()):
        yield f"{path}[{place}]", one


def _check_block_ids(path: str, sound: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    ids = [block["block_id"] for block in sound if isinstance(block.get("block_id"), str)]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"{path}: block_id {twice!r} is there more than once"


def _check_surface(path: str, block: Mapping[str, Any], surface: str) -> Iterator[str]:
    element = block.get("element")
    kind = element.get("type") if isinstance(element, dict) else None
    if surface != "view" and kind in MODAL_ONLY:
        yield f"{path}.element.type: {kind!r} is allowed in modals only"


def focused(sound: Sequence[dict[str, Any]]) -> int:
    """How many elements ask for the cursor when the view opens."""
    return sum(
        1
        for block in sound
        for element in elements_of(block)
        if isinstance(element, dict) and element.get("focus_on_load")
    )
