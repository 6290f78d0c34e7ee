"""Slack's payloads read into our own terms, and refused by name when they are not what we know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yarl import query_to_pairs

from bot.cards import clean
from bot.chat import Account, Platform
from bot.refusals import StalePage
from handlers.visitor import Form, Press

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SlackPage:
    """A dialog of Slack as it came back: a view with its state."""

    view: Payload

    @property
    def name(self) -> str:
        return str(self.view.get("callback_id"))

    @property
    def kept(self) -> str:
        return str(self.view.get("private_metadata") or "")

    @property
    def id(self) -> str:
        return str(self.view["id"])

    @property
    def hash(self) -> str:
        """What the dialog's present page is known by."""
        return str(self.view["hash"])

    @property
    def request(self) -> str:
        return f"slack:{self.id}"

    def form(self, *starts: str) -> Form:
        """Slack may still send values of a page that was there before: the ids tell them apart."""
        return _read_form(self.view, starts)


@dataclass(frozen=True, slots=True)
class Mention:
    """Where the bot was mentioned: the channel, and the first message of the thread, if in one.

    What was written is left behind.
    """

    channel: str
    thread: str | None


def parse_body(body: bytes) -> dict[str, Any] | None:
    """What Slack posted: JSON, a form, or JSON in the `payload` of a form; None when unreadable.

    yarl takes a form apart in a sixteenth of the time of `urllib`, which dialogs make worth while.
    """
    text = body.decode("utf-8", "replace")
    try:
        if text.startswith("{"):
            parsed = json.loads(text)
        else:
            form = dict(query_to_pairs(text))
            parsed = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def read_account(body: Payload) -> Account:
    """Who sent it: a command names its parts flat, an event in `event`, all else in `user`.

    Raises StalePage when it does not say.
    """
    user, event = _part(body, "user"), _part(body, "event")
    own = user.get("team_id") or event.get("user_team") or event.get("team")
    team = own or read_team(body)
    name = body.get("user_id") or user.get("id") or event.get("user")
    if not (team and name):
        raise StalePage
    return Account(Platform.SLACK, str(team), str(name))


def read_team(body: Payload) -> str:
    """The workspace whose app was used, which is not always the person's own (shared channels).

    Of an event in a shared channel `team_id` may be the other workspace's; who was authorised is
    named beside it.
    """
    authorised = body.get("authorizations")
    first = authorised[0] if isinstance(authorised, list) and authorised else None
    of_app = first.get("team_id") if isinstance(first, Mapping) else None
    return str(of_app or body.get("team_id") or _part(body, "team").get("id") or "")


def read_view(body: Payload) -> Payload:
    """The dialog that a payload is about; empty when there is none."""
    return _part(body, "view")


def read_event(body: Payload) -> Payload:
    """What an event tells of; empty when the payload is none."""
    return _part(body, "event")


def read_event_id(body: Payload) -> str:
    """What an event is known by, however often it is sent. Raises StalePage without it."""
    event_id = body.get("event_id")
    if not isinstance(event_id, str) or not event_id:
        raise StalePage
    return event_id


def read_mention(event: Payload) -> Mention:
    """Raises StalePage when it does not say where it was."""
    channel, thread = event.get("channel"), event.get("thread_ts")
    if not isinstance(channel, str) or not channel:
        raise StalePage
    return Mention(channel, thread if isinstance(thread, str) and thread else None)


def read_press(body: Payload) -> Press:
    """The first action of a payload. Raises StalePage when there is none."""
    actions = body.get("actions") or []
    if not actions:
        raise StalePage
    action = actions[0]
    chosen = action.get("selected_option") or {}
    return Press(
        action=str(action.get("action_id", "")),
        value=str(action.get("value") or chosen.get("value") or ""),
        page=_dialog(body),
    )


def _read_form(view: Payload, starts: tuple[str, ...]) -> Form:
    texts: dict[str, str] = {}
    choices: dict[str, str] = {}
    ticks: dict[str, tuple[str, ...]] = {}
    blocks: dict[str, str] = {}
    values = (view.get("state") or {}).get("values") or {}
    for block, actions in values.items():
        if starts and not block.startswith(starts):
            continue
        for action, given in actions.items():
            blocks[action] = block
            if given.get("type") == "plain_text_input":
                texts[action] = _typed(given.get("value"))
            elif "selected_options" in given:
                ticks[action] = tuple(str(o["value"]) for o in given["selected_options"] or ())
            elif option := given.get("selected_option"):
                choices[action] = str(option["value"])
    return Form(texts, choices, ticks, blocks)


def _dialog(body: Payload) -> SlackPage | None:
    """The dialog that a button is in; a home page is none."""
    view = body.get("view")
    return SlackPage(view) if isinstance(view, Mapping) and view.get("type") != "home" else None


def _typed(value: object) -> str:
    """What was typed, without spaces around it; blank when there is nothing to be seen of it."""
    return value.strip() if isinstance(value, str) and clean(value).strip() else ""


def _part(body: Payload, name: str) -> Payload:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}
