"""Looking into drawn cards: their texts, buttons and ids, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator


def values_of(drawn, key) -> Iterator[str]:
    """Every value of a key, wherever it stands in a drawn card."""
    if isinstance(drawn, dict):
        for name, value in drawn.items():
            if name == key and isinstance(value, str):
                yield value
            yield from values_of(value, key)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from values_of(item, key)


def text_objects(drawn, kind):
    if isinstance(drawn, dict):
        if drawn.get("type") == kind:
            yield drawn["text"]
        for value in drawn.values():
            yield from text_objects(value, kind)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from text_objects(item, kind)


def buttons(drawn):
    if isinstance(drawn, dict):
        if drawn.get("type") == "button":
            yield drawn
        for value in drawn.values():
            yield from buttons(value)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from buttons(item)


def actions_of(drawn):
    """The action ids of the buttons, and of the boxes that send what was typed at once."""
    blocks = drawn.get("blocks", [])
    boxes = (block["element"] for block in blocks if block.get("dispatch_action"))
    return {element["action_id"] for element in (*buttons(drawn), *boxes)}
