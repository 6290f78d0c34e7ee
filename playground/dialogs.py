"""Dialogs as Slack keeps them: triggers that live three seconds, stacks of three views."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from secrets import token_hex

from playground.dressing import dress_view
from playground.inputs import Values, initial_values, kept_values
from playground.residents import App, Json, SlackRefusalError, Team
from playground.slack_limits import Surface, faults

TRIGGER_LIFE = 3.0
TRIGGERS_KEPT = 10_000
STACK_HEIGHT = 3


@dataclass(frozen=True, slots=True)
class Trigger:
    id: str
    person: str
    expires: float
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Dialog:
    """A view that is open: Slack's view object, and what the person has filled in so far."""

    body: Json
    values: Values

    @property
    def id(self) -> str:
        return str(self.body["id"])

    def as_payload(self) -> Json:
        """The view as Slack sends it to the app, with the values of its own inputs only."""
        return {**self.body, "state": {"values": self.values}}


class Dialogs:
    """The open views of everyone, and the triggers that may open more."""

    def __init__(self, team: Team, app: App, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._team = team
        self._app = app
        self._elapsed = elapsed
        self._triggers: dict[str, Trigger] = {}
        self._stacks: dict[str, list[Dialog]] = {}
        self._numbers = itertools.count(1)

    def issue_trigger(self, person: str) -> str:
        """A new trigger id: it opens one view, within three seconds."""
        trigger_id = f"{next(self._numbers)}.{self._team.id}.{token_hex(16)}"
        expires = self._elapsed() + TRIGGER_LIFE
        if len(self._triggers) >= TRIGGERS_KEPT:
            del self._triggers[next(iter(self._triggers))]
        self._triggers[trigger_id] = Trigger(trigger_id, person, expires)
        return trigger_id

    def spend_trigger(self, trigger_id: str) -> str:
        """Use a trigger id up and name its person.

        Refused with `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackRefusalError("invalid_trigger_id")
        if trigger.spent:
            raise SlackRefusalError("exchanged_trigger_id")
        if self._elapsed() > trigger.expires:
            raise SlackRefusalError("expired_trigger_id")
        self._triggers[trigger_id] = replace(trigger, spent=True)
        return trigger.person

    def stack(self, person: str) -> tuple[Dialog, ...]:
        """The views open for a person, the one on top last."""
        return tuple(self._stacks.get(person, ()))

    def top(self, person: str) -> Dialog | None:
        """The view that a person is looking at."""
        stack = self._stacks.get(person)
        return stack[-1] if stack else None

    def find(self, view_id: str | None, external_id: str | None = None) -> tuple[str, Dialog]:
        """An open view and whose it is. Refused with `not_found`."""
        for person, stack in self._stacks.items():
            for dialog in stack:
                known = dialog.id if view_id else dialog.body["external_id"]
                if known and known == (view_id or external_id):
                    return person, dialog
        raise SlackRefusalError("not_found")

    def open(self, person: str, view: Json) -> Dialog:
        """Open a first view. Refused with `invalid_arguments` when it breaks a limit."""
        dialog = self._make(view, previous=None)
        self._stacks[person] = [dialog]
        return dialog

    def push(self, person: str, view: Json) -> Dialog:
        """Put a view on top. Refused with `push_limit_reached` above three views."""
        stack = self._stacks.get(person, [])
        if not stack:
            raise SlackRefusalError("not_found")
        if len(stack) >= STACK_HEIGHT:
            raise SlackRefusalError("push_limit_reached")
        dialog = self._make(view, previous=stack[-1])
        stack.append(dialog)
        return dialog

    def update(self, view_id: str, view: Json, expected_hash: str | None = None) -> Dialog:
        """Replace an open view; answers stay where block id and action id stay.

        Refused with `not_found`, `hash_conflict` or `invalid_arguments`.
        """
        person, old = self.find(view_id)
        if expected_hash and expected_hash != old.body["hash"]:
            raise SlackRefusalError("hash_conflict")
        body = {**self._dressed(view), **_identity(old.body), "hash": self._new_hash()}
        new = Dialog(body, kept_values(body, old.values))
        self._put(person, old, new)
        return new

    def keep_values(self, view_id: str, values: Mapping[str, Json]) -> Dialog:
        """Remember what a person has filled in; values of other blocks are not kept."""
        person, old = self.find(view_id)
        new = replace(old, values=kept_values(old.body, {**old.values, **values}))
        self._put(person, old, new)
        return new

    def close(self, person: str, view_id: str) -> None:
        """Take a view, and those above it, off a person's stack."""
        stack = self._stacks.get(person, [])
        below = list(itertools.takewhile(lambda dialog: dialog.id != view_id, stack))
        self._stacks[person] = below

    def clear(self, person: str) -> None:
        """Close everything a person has open."""
        self._stacks.pop(person, None)

    def describe_home(self, view: Json, shown: Dialog | None = None) -> Dialog:
        """A published home view, with the id of the one `shown` to the same person before.

        Refused with `invalid_arguments` when it breaks a limit.
        """
        home = self._make(view, previous=None, surface="home")
        if shown is None:
            return home
        return Dialog({**home.body, "id": shown.id, "root_view_id": shown.id}, home.values)

    def _put(self, person: str, old: Dialog, new: Dialog) -> None:
        stack = self._stacks[person]
        stack[stack.index(old)] = new

    def _make(self, view: Json, previous: Dialog | None, surface: Surface = "view") -> Dialog:
        view_id = f"V{next(self._numbers):09d}"
        body = {
            **self._dressed(view, surface),
            "id": view_id,
            "team_id": self._team.id,
            "app_id": self._app.id,
            "app_installed_team_id": self._team.id,
            "bot_id": self._app.bot_id,
            "hash": self._new_hash(),
            "root_view_id": previous.body["root_view_id"] if previous else view_id,
            "previous_view_id": previous.id if previous else None,
        }
        self._refuse_repeated_external_id(str(body["external_id"]))
        return Dialog(body, initial_values(body))

    def _dressed(self, view: Json, surface: Surface = "view") -> Json:
        found = faults(surface, view)
        if any("at most 250 KB" in fault for fault in found):
            raise SlackRefusalError("view_too_large", tuple(found))
        if found:
            raise SlackRefusalError("invalid_arguments", tuple(found))
        return dress_view(view)

    def _refuse_repeated_external_id(self, external_id: str) -> None:
        everyone = itertools.chain.from_iterable(self._stacks.values())
        if external_id and any(d.body["external_id"] == external_id for d in everyone):
            raise SlackRefusalError("duplicate_external_id")

    def _new_hash(self) -> str:
        return f"{int(time.time())}.{token_hex(4)}"


def _identity(body: Json) -> Json:
    names = ("id", "team_id", "app_id", "app_installed_team_id", "bot_id", "root_view_id")
    return {name: body[name] for name in (*names, "previous_view_id")}
