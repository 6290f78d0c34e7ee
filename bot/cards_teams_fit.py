"""A drawn Adaptive Card finished: its boxes filled in, its faults said, its size kept to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.card_text import fit, units
from bot.cards_teams import fit_marked

Json = dict[str, Any]

DrawMarks = Callable[[Mapping[str, str]], Json]
"""Draws what is said of faults, `by_field` and `look` for the top, and `cut` for cut texts."""
LARGEST = 26 * 1024
"""Bytes of a card as JSON in UTF-8: Teams takes 28 KB with what is around the card."""
_FROM, _STEP, _LEAST = 3000.0, 0.9, 12
"""UTF-16 units of the longest text: at first, by how much less at each step, and at last."""
_WORDS = {
    "TextBlock": ("text",),
    "TextRun": ("text",),
    "Input.Text": ("value", "label"),
    "Input.ChoiceSet": ("label",),
    "": ("title",),
}
"""What may be cut, by type; choices have none, and their own words are never long."""


def finish(
    card: Json, values: Mapping[str, str], errors: Mapping[str, str], draw_marks: DrawMarks
) -> None:
    """Make a card whole that was drawn.

    `values`, by field, go into boxes in which nothing stands yet; `errors` are said below them.
    """
    card["body"] = _with_lines(card["body"])
    if values:
        _fill_in(card["body"], values)
    if errors:
        card["body"] = _marked(card["body"], draw_marks(errors))
    if _size(card) > LARGEST:
        card["body"].insert(0, draw_marks({})["cut"])
        _shorten(card)


def _with_lines(body: list[Json]) -> list[Json]:
    """A line between parts belongs to the part below it."""
    drawn: list[Json] = []
    below = False
    for part in body:
        if part["type"] != "line":
            drawn.append({**part, "separator": True, "spacing": "Medium"} if below else part)
        below = part["type"] == "line"
    return drawn


def _fill_in(body: list[Json], values: Mapping[str, str]) -> None:
    for part in body:
        given = values.get(_field(part), "")
        if part["type"] == "Input.Text" and "value" not in part and given:
            text = given if part["isMultiline"] else " ".join(given.split())
            part["value"] = fit(text, part["maxLength"])


def _marked(body: list[Json], marks: Mapping[str, Any]) -> list[Json]:
    """What is wrong stands below the box; on top where the card has no such box."""
    faults = dict(marks["by_field"])
    drawn: list[Json] = []
    for part in body:
        fault = faults.pop(_field(part), None)
        drawn += [part] if fault is None else [part, fault]
    return [marks["look"], *faults.values(), *drawn]


def _field(part: Json) -> str:
    """The field of a box; empty for what is none."""
    name = part.get("id", "")
    return "people" if name.startswith("q.people.") else name.rpartition(".")[2]


def _shorten(card: Json) -> None:
    """Cut the longest texts, step by step, until Teams takes the card.

    What buttons say and carry is never cut, nor is what a choice sends.
    """
    most, size = _FROM, _size(card)
    while most > _LEAST and size > LARGEST:
        most = max(_LEAST, most * min(_STEP, LARGEST / size))
        for part in _parts(card):
            for name in _WORDS.get(part.get("type", ""), ()):
                if units(part.get(name, "")) > most:
                    cut = fit_marked if part.get("type") == "TextBlock" else fit
                    part[name] = cut(part[name], int(most))
        size = _size(card)


def _size(card: Json) -> int:
    return len(json.dumps(card, ensure_ascii=False).encode())


def _parts(value: Any) -> Iterator[Json]:
    """Every object of a card; what an action carries is none."""
    if isinstance(value, dict):
        yield value
        for name, item in value.items():
            if name != "data":
                yield from _parts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _parts(item)
