"""People's hands in a pretend tenant: each deed becomes the activity that Teams sends."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self, TypeVar

from playground.teams_activities import Activities
from playground.teams_answers import Answered, Outcome, check_taken, read_execution, read_task
from playground.teams_cards import (
    CardButton,
    Given,
    fill_in,
    find_button,
    held_back,
    pressed_data,
)
from playground.teams_courier import PATIENCE, BotReply, TeamsCourier
from playground.teams_residents import (
    THREAD_MARK,
    BotFaultError,
    Json,
    TeamsDialog,
    TeamsMessage,
    TeamsPerson,
    TeamsRefusalError,
    bare,
)
from playground.teams_tenant import Tenant

UNREACHABLE = "Unable to reach app. Please try again."
SENT_KEPT = 1_000
CONTEXTS = {"compose": "compose", "commandBox": "commandbox", "message": "message"}
"""Places of a command as the app's package calls them, and as activities do."""
Read = TypeVar("Read")


class TeamsClient:
    """What people do in the tenant, and what Teams sends to the bot because of it.

    People are named by their object ids. A bad answer of the bot is shown to the person, kept in
    the tenant's `faults`, and raised as BotFaultError. `sends_empty` sends empty boxes too, as
    some clients do. Use it as an async context manager, or `close()` it.
    """

    def __init__(self, tenant: Tenant, bot_url: str, *, patience: float = PATIENCE) -> None:
        self.tenant = tenant
        self.courier = TeamsCourier(tenant, bot_url, patience)
        self.activities = Activities(tenant)
        self.sends_empty = False
        self.sent: deque[Json] = deque(maxlen=SENT_KEPT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections to the bot."""
        await self.courier.close()

    async def deliver(self, activity: Json, *, token: str | None = None) -> BotReply:
        """Send an activity as it is; `token` replaces the good one, and an empty one is none."""
        self.sent.append(activity)
        return await self.courier.send(activity, token=token)

    # Messages

    async def say(
        self, person: str, place: str, text: str, thread: str | None = None
    ) -> TeamsMessage:
        """Type a message: the bot hears it one to one, and in channels where it is mentioned.

        Refused with `channel_not_found`, `not_in_chat`, `app_not_installed` or `empty`.
        """
        sender = self.tenant.person(person)
        in_channel = self._check_may_write(sender, place)
        if not text.strip():
            raise TeamsRefusalError("empty")
        written, mentions = self._write(text) if in_channel else (text, False)
        conversation = f"{place}{THREAD_MARK}{thread}" if thread and in_channel else place
        said = self.tenant.post(conversation, person, {"type": "message", "text": written})
        if not in_channel or (mentions and self.tenant.channels[place].has_app):
            activity = self.activities.message(sender, said, mentions=mentions)
            await self._tell(person, activity)
        return said

    # The message extension

    async def extension(
        self,
        person: str,
        where: str,
        place: str,
        *,
        message: TeamsMessage | None = None,
        command: str | None = None,
    ) -> Answered:
        """Use a command of the app: `where` is compose, commandBox or message.

        Refused with `app_not_installed`, `unknown_command`, `channel_not_found` or `no_message`.
        """
        asker = self.tenant.person(person)
        value = self._command_value(asker, where, place, command)
        if (where == "message") != (message is not None):
            raise TeamsRefusalError("no_message")
        if message:
            place = self.activities.place_of(message)
            value["messagePayload"] = self.activities.message_payload(message)
        activity = self.activities.extension(asker, "fetchTask", place, value)
        opened = TeamsDialog(self.tenant.new_id(), "", None, "", place, None, value)
        return await self._ask_page(asker, activity, opened)

    # Cards in messages

    async def press(
        self, person: str, message: TeamsMessage, wanted: Json, inputs: Given | None = None
    ) -> Answered:
        """Press the button that has everything `wanted` has, whatever kind it is.

        Raises NoSuchInputError; refused with `message_not_found`.
        """
        button = self._button(person, message, wanted)
        if button.action["type"] == "Action.Execute":
            return await self.execute(person, message, wanted, inputs)
        if _opens_dialog(button.action):
            return await self.fetch(person, message, wanted, inputs)
        if button.action["type"] != "Action.Submit":
            raise TeamsRefusalError("not_a_button")
        data = self._data(button, inputs)
        presser = self.tenant.person(person)
        await self._tell(person, self.activities.pressed(presser, message, data))
        return Answered(Outcome.CLOSED)

    async def fetch(
        self, person: str, message: TeamsMessage, wanted: Json, inputs: Given | None = None
    ) -> Answered:
        """Press a button that opens a dialog. Refused with `not_a_button` for any other."""
        button = self._button(person, message, wanted)
        if not _opens_dialog(button.action):
            raise TeamsRefusalError("not_a_button")
        presser = self.tenant.person(person)
        values = fill_in(button, inputs or {})
        if found := held_back(button, values):
            return Answered(Outcome.HELD_BACK, errors=tuple(found))
        activity = self.activities.fetch(presser, message, self._data(button, inputs))
        place = self.activities.place_of(message)
        opened = TeamsDialog(self.tenant.new_id(), "", None, "", place, message.id, None)
        return await self._ask_page(presser, activity, opened)

    async def execute(
        self,
        person: str,
        message: TeamsMessage,
        wanted: Json,
        inputs: Given | None = None,
        *,
        trigger: str = "manual",
    ) -> Answered:
        """Press an Action.Execute: a card in the answer is what this person sees from then on.

        Refused with `not_a_button` for any other action.
        """
        button = self._button(person, message, wanted)
        if button.action["type"] != "Action.Execute":
            raise TeamsRefusalError("not_a_button")
        values = fill_in(button, inputs or {})
        found = held_back(button, values) if trigger == "manual" else []
        if found:
            return Answered(Outcome.HELD_BACK, errors=tuple(found))
        data = self._data(button, inputs)
        return await self._run(person, message, button.action, data, trigger)

    async def refresh(self, person: str, message: TeamsMessage) -> Answered | None:
        """Look at a message: a client refreshes by itself a card that asks for it."""
        card = self.tenant.card_for(person, message) or {}
        asked = card.get("refresh") or {}
        people = asked.get("userIds")
        account = self.tenant.person(person).account
        if not asked or (people is not None and account not in people):
            return None
        action = asked["action"]
        return await self._run(person, message, action, action.get("data", {}), "automatic")

    # Dialogs

    async def submit(
        self, person: str, wanted: Json, inputs: Given | None = None, dialog: str | None = None
    ) -> Answered:
        """Press a button of the dialog that is open.

        Refused with `no_dialog`, or with `not_a_button` for what is no Action.Submit.
        """
        page = self._dialog(person, dialog)
        if page.card is None:
            raise TeamsRefusalError("not_a_button")
        button = find_button(page.card, wanted)
        if button.action["type"] != "Action.Submit":
            raise TeamsRefusalError("not_a_button")
        found = tuple(held_back(button, fill_in(button, inputs or {})))
        if found:
            self.tenant.show_dialog(person, replace(page, errors=found))
            return Answered(Outcome.HELD_BACK, errors=found)
        presser = self.tenant.person(person)
        data = self._data(button, inputs)
        if page.extension is None:
            activity = self.activities.submit(presser, page.conversation, page.message, data)
        else:
            value = {**page.extension, "data": data}
            activity = self.activities.extension(presser, "submitAction", page.conversation, value)
        return await self._ask_page(presser, activity, page)

    def dismiss(self, person: str, dialog: str | None = None) -> None:
        """Close the dialog that is open; Teams tells nobody. Refused with `no_dialog`."""
        self._dialog(person, dialog)
        self.tenant.close_dialog(person)

    # Where the app is

    async def install(self, person: str) -> None:
        """Add the app for a person."""
        self.tenant.set_installed(person, there=True)
        await self._announce(person, added=True, in_team=False)

    async def uninstall(self, person: str) -> None:
        """Remove the app for a person."""
        self.tenant.set_installed(person, there=False)
        await self._announce(person, added=False, in_team=False)

    async def install_in_team(self, person: str) -> None:
        """Let a person add the app to the team, and so to its channels."""
        self.tenant.set_app_in_team(there=True)
        await self._announce(person, added=True, in_team=True)

    async def remove_from_team(self, person: str) -> None:
        """Let a person remove the app from the team."""
        self.tenant.set_app_in_team(there=False)
        await self._announce(person, added=False, in_team=True)

    # Parts

    def _check_may_write(self, person: TeamsPerson, place: str) -> bool:
        """Whether the place is a channel."""
        if place in self.tenant.channels:
            self.tenant.channel_seen_by(place, person.id)
            return True
        if place != self.tenant.chat_id(person.id):
            raise TeamsRefusalError("not_in_chat")
        if person.id not in self.tenant.installed:
            raise TeamsRefusalError("app_not_installed")
        return False

    def _write(self, text: str) -> tuple[str, bool]:
        """The text with its mention of the bot as Teams writes it, and whether it has one."""
        name = self.tenant.app.name
        mention = f"<at>{name}</at>"
        written = re.sub(rf"@{re.escape(name)}\b", lambda _: mention, text)
        return written, mention in written

    def _command_value(
        self, person: TeamsPerson, where: str, place: str, command: str | None
    ) -> Json:
        commands = self.tenant.app.commands
        name = command or (commands[0].id if commands else "")
        offered = self.tenant.app.command(name)
        if offered is None or where not in offered.contexts:
            raise TeamsRefusalError("unknown_command")
        channel = self.tenant.channels.get(bare(place)[0])
        if channel:
            self.tenant.channel_seen_by(channel.id, person.id)
        if person.id not in self.tenant.installed and not (channel and channel.has_app):
            raise TeamsRefusalError("app_not_installed")
        asked = self.tenant.new_id()
        return {"commandId": name, "commandContext": CONTEXTS[where], "requestId": asked}

    def _button(self, person: str, message: TeamsMessage, wanted: Json) -> CardButton:
        self._check_sees(person, message)
        card = self.tenant.card_for(person, message)
        if card is None:
            raise TeamsRefusalError("not_a_button")
        return find_button(card, wanted)

    def _check_sees(self, person: str, message: TeamsMessage) -> None:
        place = message.conversation
        seen = place == self.tenant.chat_id(person) or (
            place in self.tenant.channels and person in self.tenant.channels[place].members
        )
        if not seen or message.is_deleted:
            raise TeamsRefusalError("message_not_found")

    def _data(self, button: CardButton, inputs: Given | None) -> Any:
        values = fill_in(button, inputs or {})
        if self.sends_empty:
            values = {str(one["id"]): "" for one in button.inputs} | values
        return pressed_data(button, values)

    def _dialog(self, person: str, dialog: str | None) -> TeamsDialog:
        page = self.tenant.dialogs.get(person)
        if page is None or dialog not in (None, page.id):
            raise TeamsRefusalError("no_dialog")
        return page

    async def _ask_page(self, person: TeamsPerson, activity: Json, opened: TeamsDialog) -> Answered:
        reply = await self.deliver(activity)
        extension = opened.extension is not None
        answered = self._read(person.id, activity, lambda: read_task(reply, extension=extension))
        if answered.outcome is Outcome.CLOSED:
            self.tenant.close_dialog(person.id)
            return answered
        page = TeamsDialog(
            self.tenant.new_id(),
            answered.title,
            answered.card,
            answered.text,
            opened.conversation,
            opened.message,
            opened.extension,
        )
        self.tenant.show_dialog(person.id, page)
        return answered

    async def _run(
        self, person: str, message: TeamsMessage, action: Json, data: Any, trigger: str
    ) -> Answered:
        presser = self.tenant.person(person)
        activity = self.activities.execute(presser, message, action, data, trigger)
        reply = await self.deliver(activity)
        answered = self._read(person, activity, lambda: read_execution(reply))
        if answered.card is not None:
            self.tenant.show_own_view(person, message, answered.card)
        elif trigger == "manual":
            self.tenant.toast(person, answered.text)
        return answered

    async def _tell(self, person: str, activity: Json) -> None:
        reply = await self.deliver(activity)
        self._read(person, activity, lambda: check_taken(reply))

    async def _announce(self, person: str, *, added: bool, in_team: bool) -> None:
        teller = self.tenant.person(person)
        for activity in self.activities.installed(teller, added=added, in_team=in_team):
            await self._tell(person, activity)

    def _read(self, person: str, activity: Json, read: Callable[[], Read]) -> Read:
        try:
            return read()
        except BotFaultError as fault:
            self.tenant.note_fault(f"{activity.get('name', activity['type'])}: {fault}")
            self.tenant.toast(person, UNREACHABLE)
            raise


def _opens_dialog(action: Json) -> bool:
    data = action.get("data")
    marked = data.get("msteams") if isinstance(data, dict) else None
    is_fetch = isinstance(marked, dict) and marked.get("type") == "task/fetch"
    return action["type"] == "Action.Submit" and is_fetch
