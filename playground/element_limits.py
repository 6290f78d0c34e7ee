"""Slack's limits on block elements and on the objects they are made of.

Source: docs.slack.dev/reference/block-kit, block elements and composition objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from playground.inputs import options_of
from playground.limit_forms import (
    Check,
    Form,
    anything,
    by_type,
    choice,
    flag,
    join,
    listing,
    nested,
    pattern,
    string,
    whole,
)

ID = string(255)
URL = string(3000)
LONGEST_INPUT = 3000


def plain(most: int) -> Check:
    """A text object that must be `plain_text`."""
    return by_type({"plain_text": _text_form(most)}, "a place for plain_text")


def text(most: int) -> Check:
    """A text object of either kind."""
    form = _text_form(most)
    return by_type({"plain_text": form, "mrkdwn": form}, "a text object")


def _text_form(most: int) -> Form:
    fields = {"type": anything, "text": string(most), "emoji": flag, "verbatim": flag}
    return Form(fields, ("type", "text"), (_check_text_flags,))


def _check_text_flags(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    stray = "verbatim" if value["type"] == "plain_text" else "emoji"
    if stray in value:
        yield f"{join(path, stray)}: not allowed in {value['type']}"


CONFIRM = nested(
    Form(
        {
            "title": plain(100),
            "text": text(300),
            "confirm": plain(30),
            "deny": plain(30),
            "style": choice("primary", "danger"),
        },
        ("title", "text", "confirm", "deny"),
    )
)


def _option(words: Check, **more: Check) -> Form:
    fields = {"text": words, "value": string(75), "description": words, **more}
    return Form(fields, ("text", "value"))


PLAIN_OPTION = _option(plain(75))
RICH_OPTION = _option(text(75))
OVERFLOW_OPTION = _option(plain(75), url=URL)
OPTION_GROUP = Form(
    {"label": plain(75), "options": listing(nested(PLAIN_OPTION), 1, 100)}, ("label", "options")
)


def _check_options(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    """No value twice; what is chosen at first is one of the options, to the letter."""
    options = options_of(dict(value))
    values = [option["value"] for option in options]
    for twice in sorted({one for one in values if values.count(one) > 1}):
        yield f"{join(path, 'options')}: value {twice!r} is there more than once"
    bare = [_bare(option) for option in options]
    first = value.get("initial_option")
    if first is not None and _bare(first) not in bare:
        yield f"{join(path, 'initial_option')}: not one of the options"
    for place, one in enumerate(value.get("initial_options") or ()):
        if _bare(one) not in bare:
            yield f"{join(path, f'initial_options[{place}]')}: not one of the options"


def _bare(part: Any) -> Any:
    """An option without what changes nothing in it, for comparing."""
    if not isinstance(part, dict):
        return part
    return {k: _bare(v) for k, v in part.items() if k not in ("emoji", "verbatim")}


def _check_groups(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    if ("options" in value) == ("option_groups" in value):
        yield f"{path}: needs either options or option_groups"


def _check_lengths(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    most = value.get("max_length", LONGEST_INPUT)
    if value.get("min_length", 0) > most:
        yield f"{join(path, 'min_length')}: more than max_length"
    if len(value.get("initial_value") or "") > most:
        yield f"{join(path, 'initial_value')}: longer than max_length, which is {most:,}"


def _check_picture(path: str, value: Mapping[str, Any]) -> Iterator[str]:
    if ("image_url" in value) == ("slack_file" in value):
        yield f"{path}: needs either image_url or slack_file"


COMMON: Mapping[str, Check] = {"type": anything, "action_id": ID}
CONFIRMED: Mapping[str, Check] = {**COMMON, "confirm": CONFIRM}
FOCUSED: Mapping[str, Check] = {**CONFIRMED, "focus_on_load": flag}
MENU: Mapping[str, Check] = {**FOCUSED, "placeholder": plain(150)}
SEVERAL: Mapping[str, Check] = {**MENU, "max_selected_items": whole(1, 100_000)}
TYPED: Mapping[str, Check] = {
    **COMMON,
    "focus_on_load": flag,
    "placeholder": plain(150),
    "dispatch_action_config": nested(
        Form(
            {
                "trigger_actions_on": listing(
                    choice("on_enter_pressed", "on_character_entered"), 1, 2
                )
            }
        )
    ),
}
LISTED: Mapping[str, Check] = {
    "options": listing(nested(PLAIN_OPTION), 1, 100),
    "option_groups": listing(nested(OPTION_GROUP), 1, 100),
}
FILTERED: Mapping[str, Check] = {
    "default_to_current_conversation": flag,
    "filter": nested(
        Form(
            {
                "include": listing(choice("im", "mpim", "private", "public"), 1, 4),
                "exclude_external_shared_channels": flag,
                "exclude_bot_users": flag,
            }
        )
    ),
}

IMAGE = Form(
    {
        "type": anything,
        "image_url": URL,
        "slack_file": nested(Form({"id": ID, "url": URL})),
        "alt_text": string(2000),
    },
    ("alt_text",),
    (_check_picture,),
)

ELEMENTS: Mapping[str, Form] = {
    "button": Form(
        {
            **CONFIRMED,
            "text": plain(75),
            "url": URL,
            "value": string(2000, least=0),
            "style": choice("primary", "danger"),
            "accessibility_label": string(75),
        },
        ("text",),
    ),
    "checkboxes": Form(
        {
            **FOCUSED,
            "options": listing(nested(RICH_OPTION), 1, 10),
            "initial_options": listing(nested(RICH_OPTION), 1, 10),
        },
        ("options",),
        (_check_options,),
    ),
    "radio_buttons": Form(
        {
            **FOCUSED,
            "options": listing(nested(RICH_OPTION), 1, 10),
            "initial_option": nested(RICH_OPTION),
        },
        ("options",),
        (_check_options,),
    ),
    "overflow": Form(
        {**CONFIRMED, "options": listing(nested(OVERFLOW_OPTION), 1, 5)},
        ("options",),
        (_check_options,),
    ),
    "static_select": Form(
        {**MENU, **LISTED, "initial_option": nested(PLAIN_OPTION)},
        rules=(_check_groups, _check_options),
    ),
    "multi_static_select": Form(
        {**SEVERAL, **LISTED, "initial_options": listing(nested(PLAIN_OPTION), 1, 100)},
        rules=(_check_groups, _check_options),
    ),
    "external_select": Form(
        {**MENU, "initial_option": nested(PLAIN_OPTION), "min_query_length": whole(0, 3000)}
    ),
    "multi_external_select": Form(
        {
            **SEVERAL,
            "initial_options": listing(nested(PLAIN_OPTION), 1, 100),
            "min_query_length": whole(0, 3000),
        }
    ),
    "users_select": Form({**MENU, "initial_user": ID}),
    "multi_users_select": Form({**SEVERAL, "initial_users": listing(ID, 1, 1000)}),
    "channels_select": Form({**MENU, "initial_channel": ID, "response_url_enabled": flag}),
    "multi_channels_select": Form({**SEVERAL, "initial_channels": listing(ID, 1, 1000)}),
    "conversations_select": Form(
        {**MENU, **FILTERED, "initial_conversation": ID, "response_url_enabled": flag}
    ),
    "multi_conversations_select": Form(
        {**SEVERAL, **FILTERED, "initial_conversations": listing(ID, 1, 1000)}
    ),
    "datepicker": Form({**MENU, "initial_date": pattern(r"\d{4}-\d\d-\d\d", "2026-11-22")}),
    "timepicker": Form({**MENU, "initial_time": pattern(r"\d\d:\d\d", "15:30"), "timezone": ID}),
    "datetimepicker": Form({**FOCUSED, "initial_date_time": whole(10**9, 10**10 - 1)}),
    "plain_text_input": Form(
        {
            **TYPED,
            "initial_value": string(LONGEST_INPUT, least=0),
            "multiline": flag,
            "min_length": whole(0, LONGEST_INPUT),
            "max_length": whole(1, LONGEST_INPUT),
        },
        rules=(_check_lengths,),
    ),
    "email_text_input": Form({**TYPED, "initial_value": string(LONGEST_INPUT, least=0)}),
    "url_text_input": Form({**TYPED, "initial_value": string(LONGEST_INPUT, least=0)}),
    "number_input": Form(
        {
            **TYPED,
            "is_decimal_allowed": flag,
            "initial_value": string(LONGEST_INPUT, least=0),
            "min_value": string(LONGEST_INPUT),
            "max_value": string(LONGEST_INPUT),
        },
        ("is_decimal_allowed",),
    ),
    "rich_text_input": Form({**TYPED, "initial_value": anything}),
    "file_input": Form(
        {**COMMON, "filetypes": listing(string(255), 1, 1000), "max_files": whole(1, 10)}
    ),
    "image": IMAGE,
}

SELECTS = frozenset(kind for kind in ELEMENTS if kind.endswith("_select"))
PICKED = SELECTS | {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
ACCESSORIES = PICKED | {"button", "overflow", "image"}
ACTIONS = PICKED | {"button", "overflow", "datetimepicker", "rich_text_input"}
INPUTS = (
    PICKED
    | {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
    | {"rich_text_input", "file_input", "datetimepicker"}
)
MODAL_ONLY = frozenset({"email_text_input", "url_text_input", "number_input", "file_input"})


def elements(allowed: frozenset[str], where: str) -> Check:
    """An element of one of the types that a place allows."""
    return by_type({kind: ELEMENTS[kind] for kind in ELEMENTS if kind in allowed}, where)
