"""What Teams takes of an Adaptive Card, in one checker: schema 1.5, and what bots' messages may be.

Source: adaptivecards.io, schema 1.5, and learn.microsoft.com, cards and dialogs of Teams. Elements
that are not listed here are refused, and where nothing is written down the stricter reading is
taken: what passes here passes there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from playground.limit_forms import (
    Check,
    Form,
    anything,
    by_type,
    check_form,
    choice,
    flag,
    join,
    listing,
    nested,
    pattern,
    string,
    whole,
)

Json = dict[str, Any]
LARGEST_CARD = 28 * 1024
MOST_BUTTONS = 6
"""In one row; Teams hides those that come after."""
MOST_PEOPLE_TO_REFRESH = 60
_LONGEST = 20_000
_MOST = 1_000


def faults(card: Json) -> list[str]:
    """What Teams would refuse in a card: one line a fault, each naming its path.

    Such as `body[2].choices[0].title: empty`. Empty when Teams takes it.
    """
    found = [*check_form("", card, _CARD)]
    ids = [*_ids(card)]
    found += [f"id {one!r} is there more than once" for one in _twice(ids)]
    size = len(json.dumps(card, ensure_ascii=False).encode())
    if size > LARGEST_CARD:
        found.append(f"card: {size:,} bytes, at most 28 KB")
    return found


def _twice(ids: list[str]) -> list[str]:
    return sorted({one for one in ids if ids.count(one) > 1})


def _ids(part: Any, *, in_data: bool = False) -> Iterator[str]:
    """The ids of elements and actions; what an action sends along is no part of the card."""
    if isinstance(part, dict):
        if isinstance(part.get("id"), str) and not in_data:
            yield part["id"]
        for name, value in part.items():
            yield from _ids(value, in_data=in_data or name == "data")
    elif isinstance(part, list):
        for item in part:
            yield from _ids(item, in_data=in_data)


# --------------------------------------------------------------------------------------- fields

_ID = string(255)
_TEXT = string(_LONGEST)
_SPACING = choice("None", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding")
_COLOR = choice("Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention")
_SIZE = choice("Default", "Small", "Medium", "Large", "ExtraLarge")
_WEIGHT = choice("Default", "Lighter", "Bolder")
_FONT = choice("Default", "Monospace")
_ALIGNED = choice("Left", "Center", "Right")
_UPRIGHT = choice("Top", "Center", "Bottom")
_CONTAINER_STYLE = choice("default", "emphasis", "good", "attention", "warning", "accent")
_ADDRESS = pattern(r"(https://|data:image/)\S+", "https://example.org/picture.png")
_TYPED: Check = string(_LONGEST, least=0)
_PLACED: Mapping[str, Check] = {
    "type": anything,
    "id": _ID,
    "spacing": _SPACING,
    "separator": flag,
    "isVisible": flag,
    "height": choice("auto", "stretch"),
}
_LETTERS: Mapping[str, Check] = {
    "text": _TEXT,
    "color": _COLOR,
    "fontType": _FONT,
    "isSubtle": flag,
    "size": _SIZE,
    "weight": _WEIGHT,
}


def _element(path: str, value: Any) -> Iterator[str]:
    yield from by_type(_ELEMENTS, "a card")(path, value)


def _action(path: str, value: Any) -> Iterator[str]:
    yield from by_type(_ACTIONS, "a place for actions")(path, value)


def _selected(path: str, value: Any) -> Iterator[str]:
    """What a press on an element itself does: all but unfolding a card."""
    known = {kind: form for kind, form in _ACTIONS.items() if kind != "Action.ShowCard"}
    yield from by_type(known, "selectAction")(path, value)


def _card(path: str, value: Any) -> Iterator[str]:
    yield from check_form(path, value, _CARD)


def _text_run(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _TEXT(path, value)
    else:
        yield from by_type({"TextRun": _TEXT_RUN}, "a RichTextBlock")(path, value)


def _data(path: str, value: Any) -> Iterator[str]:
    """What a press sends: our own values, and what Teams itself reads in `msteams`."""
    if not isinstance(value, dict):
        yield f"{path}: not an object"
        return
    if "msteams" in value:
        yield from nested(_FOR_TEAMS)(join(path, "msteams"), value["msteams"])


def _width(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from pattern(r"auto|stretch|\d+|\d+px", "auto, stretch, 2 or 50px")(path, value)
    else:
        yield from whole(1, 100)(path, value)


# ---------------------------------------------------------------------------------- whole parts


def _check_choices(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    """What is chosen is offered, nothing is offered twice, and a comma parts several."""
    offered = [one["value"] for one in value["choices"]]
    for twice in _twice(offered):
        yield f"{join(path, 'choices')}: {twice!r} is offered more than once"
    is_many = value.get("isMultiSelect", False)
    if is_many and any("," in one for one in offered):
        yield f"{join(path, 'choices')}: a value with a comma, where several may be chosen"
    given = value.get("value", "")
    chosen = given.split(",") if is_many else [given]
    if given and not set(chosen) <= set(offered):
        yield f"{join(path, 'value')}: not one of the choices"


def _check_length(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    written, most = value.get("value", ""), value.get("maxLength")
    if most is not None and len(written.encode("utf-16-le")) // 2 > most:
        yield f"{join(path, 'value')}: longer than maxLength"
    if "\n" in written and not value.get("isMultiline"):
        yield f"{join(path, 'value')}: several lines in a box of one"


def _check_sent(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    """What opens a dialog sends that mark and no other; only a submit can open one."""
    for_teams = value.get("data", {}).get("msteams")
    if for_teams is not None and value["type"] == "Action.Execute":
        yield f"{join(path, 'data.msteams')}: not read of Action.Execute"


def _check_unfolded(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    if "refresh" in value["card"]:
        yield f"{join(path, 'card.refresh')}: not in a card that unfolds"


_TEXT_RUN = Form(
    {
        "type": anything,
        **_LETTERS,
        "highlight": flag,
        "italic": flag,
        "strikethrough": flag,
        "underline": flag,
        "selectAction": _selected,
    },
    ("type", "text"),
)
_FACT = Form({"title": _TEXT, "value": _TEXT}, ("title", "value"))
_CHOICE = Form({"title": _TEXT, "value": string(500)}, ("title", "value"))
_COLUMN = Form(
    {
        **_PLACED,
        "items": listing(_element, 0, _MOST),
        "width": _width,
        "style": _CONTAINER_STYLE,
        "bleed": flag,
        "verticalContentAlignment": _UPRIGHT,
        "selectAction": _selected,
    },
)
_INPUT: Mapping[str, Check] = {
    **_PLACED,
    "label": _TEXT,
    "isRequired": flag,
    "errorMessage": _TEXT,
}


def _input(*rules: Check, needs: tuple[str, ...] = (), **more: Check) -> Form:
    return Form({**_INPUT, **more}, ("type", "id", *needs), rules)


_ELEMENTS: Mapping[str, Form] = {
    "TextBlock": Form(
        {
            **_PLACED,
            **_LETTERS,
            "wrap": flag,
            "maxLines": whole(1, 100),
            "horizontalAlignment": _ALIGNED,
            "style": choice("default", "heading"),
        },
        ("type", "text"),
    ),
    "RichTextBlock": Form(
        {**_PLACED, "inlines": listing(_text_run, 1, _MOST), "horizontalAlignment": _ALIGNED},
        ("type", "inlines"),
    ),
    "Image": Form(
        {
            **_PLACED,
            "url": _ADDRESS,
            "altText": _TEXT,
            "size": choice("Auto", "Stretch", "Small", "Medium", "Large"),
            "style": choice("Default", "Person"),
            "width": pattern(r"\d+px", "50px"),
            "horizontalAlignment": _ALIGNED,
            "selectAction": _selected,
        },
        ("type", "url"),
    ),
    "Container": Form(
        {
            **_PLACED,
            "items": listing(_element, 0, _MOST),
            "style": _CONTAINER_STYLE,
            "bleed": flag,
            "minHeight": pattern(r"\d+px", "50px"),
            "verticalContentAlignment": _UPRIGHT,
            "selectAction": _selected,
        },
        ("type", "items"),
    ),
    "ColumnSet": Form(
        {
            **_PLACED,
            "columns": listing(nested(_COLUMN), 1, 20),
            "style": _CONTAINER_STYLE,
            "bleed": flag,
            "horizontalAlignment": _ALIGNED,
            "selectAction": _selected,
        },
        ("type", "columns"),
    ),
    "FactSet": Form({**_PLACED, "facts": listing(nested(_FACT), 1, _MOST)}, ("type", "facts")),
    "ActionSet": Form(
        {**_PLACED, "actions": listing(_action, 1, MOST_BUTTONS), "horizontalAlignment": _ALIGNED},
        ("type", "actions"),
    ),
    "Input.Text": _input(
        _check_length,
        value=_TYPED,
        isMultiline=flag,
        maxLength=whole(1, _LONGEST),
        placeholder=_TEXT,
        regex=_TEXT,
        style=choice("text", "tel", "url", "email", "password"),
        inlineAction=_selected,
    ),
    "Input.ChoiceSet": _input(
        _check_choices,
        needs=("choices",),
        choices=listing(nested(_CHOICE), 1, _MOST),
        value=_TYPED,
        style=choice("compact", "expanded", "filtered"),
        isMultiSelect=flag,
        placeholder=_TEXT,
        wrap=flag,
    ),
    "Input.Toggle": _input(
        needs=("title",), title=_TEXT, value=_TYPED, valueOn=_TYPED, valueOff=_TYPED, wrap=flag
    ),
    "Input.Number": _input(value=anything, min=anything, max=anything, placeholder=_TEXT),
    "Input.Date": _input(value=_TYPED, min=_TYPED, max=_TYPED, placeholder=_TEXT),
    "Input.Time": _input(value=_TYPED, min=_TYPED, max=_TYPED, placeholder=_TEXT),
}

# -------------------------------------------------------------------------------------- actions

_FOR_TEAMS = Form({"type": choice("task/fetch")}, ("type",))
_PRESSED: Mapping[str, Check] = {
    "type": anything,
    "id": _ID,
    "title": _TEXT,
    "style": choice("default", "positive", "destructive"),
    "tooltip": _TEXT,
    "isEnabled": flag,
    "mode": choice("primary", "secondary"),
    "iconUrl": _ADDRESS,
}
_SENT: Mapping[str, Check] = {
    **_PRESSED,
    "data": _data,
    "associatedInputs": choice("auto", "none"),
}
_ACTIONS: Mapping[str, Form] = {
    "Action.Submit": Form(_SENT, ("type", "title"), (_check_sent,)),
    "Action.Execute": Form({**_SENT, "verb": _ID}, ("type", "title", "verb"), (_check_sent,)),
    "Action.ShowCard": Form(
        {**_PRESSED, "card": _card}, ("type", "title", "card"), (_check_unfolded,)
    ),
    "Action.OpenUrl": Form({**_PRESSED, "url": _ADDRESS}, ("type", "title", "url")),
}
_REFRESH = Form(
    {
        "action": by_type(
            {"Action.Execute": Form({**_SENT, "verb": _ID}, ("type", "verb"))}, "refresh"
        ),
        "userIds": listing(_ID, 0, MOST_PEOPLE_TO_REFRESH),
        "expires": _ID,
    },
    ("action",),
)
_WIDE = Form({"width": choice("Full", "full"), "entities": listing(anything, 0, _MOST)})
_CARD = Form(
    {
        "type": choice("AdaptiveCard"),
        "$schema": choice(
            "http://adaptivecards.io/schemas/adaptive-card.json",
            "https://adaptivecards.io/schemas/adaptive-card.json",
        ),
        "version": pattern(r"1\.[0-5]", "1.5"),
        "body": listing(_element, 0, _MOST),
        "actions": listing(_action, 0, MOST_BUTTONS),
        "refresh": nested(_REFRESH),
        "msteams": nested(_WIDE),
        "fallbackText": _TEXT,
        "speak": _TEXT,
        "lang": _ID,
        "minHeight": pattern(r"\d+px", "50px"),
        "verticalContentAlignment": _UPRIGHT,
        "rtl": flag,
        "selectAction": _selected,
    },
    ("type", "version"),
)
