"""An Adaptive Card in somebody's hands: its buttons, its boxes, and what a press sends along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from playground.inputs import NoSuchInputError
from playground.teams_residents import Json, TeamsRefusalError

Given = Mapping[str, Any]
_PARTS = ("body", "items", "columns", "rows", "cells", "inlines", "actions")
_ACTIONS = ("selectAction", "inlineAction")


class CardButton(NamedTuple):
    """An action of a card, and the boxes whose values go with it."""

    action: Json
    inputs: tuple[Json, ...]


def buttons(card: Json, above: tuple[Json, ...] = ()) -> list[CardButton]:
    """Every action of a card, with the cards that its buttons unfold; in the order they stand."""
    inputs = (*above, *inputs_in(card))
    found: list[CardButton] = []
    for element in _elements(card):
        if element["type"] == "Action.ShowCard":
            found += buttons(element.get("card") or {}, inputs)
        elif str(element["type"]).startswith("Action."):
            found.append(CardButton(element, inputs))
    return found


def inputs_in(card: Json) -> tuple[Json, ...]:
    """The boxes of a card itself; those of cards that unfold are not among them."""
    return tuple(e for e in _elements(card) if str(e["type"]).startswith("Input."))


def find_button(card: Json, wanted: Json) -> CardButton:
    """The first action that has everything `wanted` has. Raises NoSuchInputError."""
    for button in buttons(card):
        if _holds(button.action, wanted):
            return button
    raise NoSuchInputError(f"no such action: {wanted}")


def words_of(card: Json) -> list[str]:
    """Every text that a card shows, in the order it stands there."""
    names = ("text", "title", "label", "placeholder", "errorMessage", "value", "altText")
    told: list[str] = []
    for element in _everything(card):
        parts = [element, *element.get("facts", ()), *element.get("choices", ())]
        for part in parts:
            told += [part[name] for name in names if isinstance(part.get(name), str)]
    return told


def fill_in(button: CardButton, given: Given) -> dict[str, str]:
    """The values that a press sends: what was filled in, laid over what stood there.

    Raises NoSuchInputError for boxes and choices that are not on the card, and refuses with
    `too_long`, `one_line_only` or `not_a_value` what a box does not take.
    """
    inputs = {str(one["id"]): one for one in button.inputs}
    strange = set(given) - set(inputs)
    if strange:
        raise NoSuchInputError(f"no such input: {sorted(strange)}")
    values: dict[str, str] = {}
    for name, element in inputs.items():
        value = _value(element, given.get(name, element.get("value")))
        if value:
            values[name] = value
    return values


def held_back(button: CardButton, values: Mapping[str, str]) -> list[str]:
    """What the client itself says is wrong with the values, before it sends anything."""
    found: list[str] = []
    for element in button.inputs:
        value = values.get(str(element["id"]), "")
        missing = element.get("isRequired") is True and not value
        wrong = bool(value and "regex" in element and not re.search(element["regex"], value))
        if missing or wrong:
            found.append(str(element.get("errorMessage") or element["id"]))
    return found


def pressed_data(button: CardButton, values: Mapping[str, str]) -> Any:
    """The data that goes out with a press: the action's own, and the values over it."""
    if button.action.get("associatedInputs") == "none":
        values = {}
    data = button.action.get("data", {})
    if isinstance(data, dict):
        return {**data, **values}
    return data if not values else dict(values)


def _value(element: Json, given: Any) -> str:
    kind = element["type"]
    if kind == "Input.ChoiceSet":
        return _choice(element, given)
    if kind == "Input.Toggle":
        return _toggle(element, given)
    if given is None or given == "":
        return ""
    if kind == "Input.Number":
        return _number(element, given)
    if not isinstance(given, str):
        raise TeamsRefusalError("not_a_value", str(element["id"]))
    if kind == "Input.Text":
        return _text(element, given)
    if kind == "Input.Date":
        return _date(element, given)
    if kind == "Input.Time":
        return _time(element, given)
    raise NoSuchInputError(f"{kind} holds no value")


def _text(element: Json, given: str) -> str:
    longest = element.get("maxLength")
    if isinstance(longest, int) and len(given) > longest:
        raise TeamsRefusalError("too_long", str(element["id"]))
    if "\n" in given and element.get("isMultiline") is not True:
        raise TeamsRefusalError("one_line_only", str(element["id"]))
    return given


def _choice(element: Json, given: Any) -> str:
    is_many = element.get("isMultiSelect") is True
    picked = _picked(given, is_many=is_many)
    offered = [str(choice["value"]) for choice in element.get("choices", ())]
    strange = [value for value in picked if value not in offered]
    if strange or (len(picked) > 1 and not is_many):
        raise NoSuchInputError(f"{element['id']} does not offer {strange or picked}")
    return ",".join(value for value in offered if value in picked) if is_many else "".join(picked)


def _picked(given: Any, *, is_many: bool) -> list[str]:
    if given is None or given == "":
        return []
    if isinstance(given, str):
        return given.split(",") if is_many else [given]
    if isinstance(given, Sequence):
        return [str(value) for value in given]
    raise NoSuchInputError(f"{given!r} is no choice")


def _toggle(element: Json, given: Any) -> str:
    on, off = str(element.get("valueOn", "true")), str(element.get("valueOff", "false"))
    if given in (True, on):
        return on
    if given in (None, False, "", off):
        return off
    raise NoSuchInputError(f"{element['id']} is on or off")


def _number(element: Json, given: Any) -> str:
    try:
        number = float(given)
    except (TypeError, ValueError):
        raise TeamsRefusalError("not_a_value", str(element["id"])) from None
    if not element.get("min", number) <= number <= element.get("max", number):
        raise TeamsRefusalError("not_a_value", str(element["id"]))
    return str(given)


def _date(element: Json, given: str) -> str:
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise TeamsRefusalError("not_a_value", str(element["id"])) from None


def _time(element: Json, given: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", given):
        raise TeamsRefusalError("not_a_value", str(element["id"]))
    return given


def _elements(part: Json) -> Iterator[Json]:
    """The elements below a part, not those in cards that unfold."""
    for name in _PARTS:
        for child in part.get(name) or ():
            if isinstance(child, dict):
                yield from _with_own(child)
    for name in _ACTIONS:
        if isinstance(part.get(name), dict):
            yield part[name]


def _with_own(element: Json) -> Iterator[Json]:
    """Columns, rows and text runs may stand without a type."""
    if isinstance(element.get("type"), str):
        yield element
    yield from _elements(element)


def _everything(card: Json) -> Iterator[Json]:
    for element in _elements(card):
        yield element
        if element["type"] == "Action.ShowCard":
            yield from _everything(element.get("card") or {})


def _holds(there: Any, wanted: Any) -> bool:
    if isinstance(there, dict) and isinstance(wanted, dict):
        return all(name in there and _holds(there[name], wanted[name]) for name in wanted)
    return bool(there == wanted)
