"""The state of a pretend Microsoft tenant: who is in what, what was said, where its app is."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

from playground.conditions import Conditions
from playground.residents import Call
from playground.teams_keys import TeamsKeys
from playground.teams_passes import Passes
from playground.teams_residents import (
    BLOCKED,
    ConnectorError,
    Json,
    TeamsApp,
    TeamsChannel,
    TeamsChannelKind,
    TeamsDialog,
    TeamsGroup,
    TeamsMessage,
    TeamsPerson,
    TeamsRefusalError,
    TeamsTeam,
    Toast,
    bare,
)

CALLS_KEPT = 20_000
TOASTS_KEPT = 200
PATIENCE = 10.0
MILLISECONDS = 1_000
Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class TenantClocks:
    """`now` gives the epoch seconds that messages carry, `elapsed` those that tokens age by."""

    now: Callable[[], float] = time.time
    elapsed: Callable[[], float] = time.monotonic


class Directory:
    """Entra: the tenant's id and name, its people and its groups."""

    def __init__(
        self, tenant: str, name: str, people: Iterable[TeamsPerson], groups: Iterable[TeamsGroup]
    ) -> None:
        self.tenant = tenant
        self.name = name
        self.people = {person.id: person for person in people}
        self.groups = {group.id: group for group in groups}

    def person(self, person: str) -> TeamsPerson:
        """A person by object id. Refused with `unknown_person`."""
        if person not in self.people:
            raise TeamsRefusalError("unknown_person")
        return self.people[person]

    def find(self, name: str) -> TeamsPerson | None:
        """A person by object id, `29:…` id or user name, in capitals or not."""
        known = (p for p in self.people.values())
        return next((p for p in known if name.lower() in (p.id, p.account, p.upn.lower())), None)

    def people_in(self, group: str) -> list[TeamsPerson]:
        """Everyone in a group, and in the groups in it, once each."""
        found: dict[str, TeamsPerson] = {}
        waiting, seen = [group], set()
        while waiting:
            one = waiting.pop(0)
            if one in seen or one not in self.groups:
                continue
            seen.add(one)
            found |= {person: self.people[person] for person in self.groups[one].members}
            waiting += self.groups[one].groups
        return list(found.values())


class Tenant:
    """People, channels, chats, messages and dialogs of one tenant, and what went wrong with them.

    `faults` lists whatever real Teams would have refused or shown as an error; `toasts` the lines
    that people were shown; `calls` every call of the connector, of Graph and of the login. Lists
    come in pages of `page_size`; `roles` are what the app was allowed in Graph.
    """

    def __init__(
        self,
        app: TeamsApp,
        directory: Directory,
        team: TeamsTeam,
        installed: Iterable[str],
        *,
        base_url: Callable[[], str],
        conditions: Conditions | None = None,
        clocks: TenantClocks | None = None,
    ) -> None:
        self.id = directory.tenant
        self.name = directory.name
        self.app = app
        self.directory = directory
        self.team = team
        self.channels = {channel.id: channel for channel in team.channels}
        self.installed = set(installed)
        self.blocked: dict[str, str] = {}
        self.base_url = base_url
        self.conditions = conditions or Conditions()
        self.clocks = clocks or TenantClocks()
        self.keys = TeamsKeys(app.id)  # tokens stay on real time
        self.passes = Passes(self.clocks.elapsed)
        self.page_size = 100
        self.roles = {"User.Read.All", "GroupMember.Read.All"}
        self.messages: defaultdict[str, list[TeamsMessage]] = defaultdict(list)
        self.dialogs: dict[str, TeamsDialog] = {}
        self._own_views: dict[tuple[str, str], tuple[int, Json]] = {}
        self.toasts: deque[Toast] = deque(maxlen=TOASTS_KEPT)
        self.faults: list[str] = []
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.version = 0
        self._last_id = 0
        self._changed = asyncio.Event()

    @property
    def service_url(self) -> str:
        """The address of the connector, as activities name it."""
        return f"{self.base_url()}/teams/connector/"

    # Change

    def touch(self) -> None:
        """Tell everyone who waits that something has changed."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed_since(self, version: int) -> int:
        """Wait for a version later than the one named, and give it."""
        while self.version <= version:
            await self._changed.wait()
        return self.version

    async def until(self, look: Callable[[], Wanted | None], patience: float = PATIENCE) -> Wanted:
        """What `look` finds, once it finds something. TimeoutError after `patience` seconds."""
        async with asyncio.timeout(patience):
            while not (found := look()):
                await self.changed_since(self.version)
        return found

    def new_id(self) -> str:
        """An id as Teams gives messages: its time in milliseconds, unlike all before it."""
        self._last_id = max(int(self.clocks.now() * MILLISECONDS), self._last_id + 1)
        return str(self._last_id)

    def time_of(self, message_id: str) -> str:
        """The moment in an id, as activities write it."""
        at = datetime.fromtimestamp(int(message_id) / MILLISECONDS, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def note_fault(self, fault: str) -> None:
        """Record something that real Teams would have refused."""
        self.faults.append(fault)

    def toast(self, person: str, text: str) -> None:
        """Show a person a line, as Teams does above a card."""
        name = self.new_id()
        self.toasts.append(Toast(name, person, text, self.time_of(name)))
        self.touch()

    def record_call(self, method: str, arguments: Mapping[str, Any], error: str | None) -> None:
        """Keep a call of an API, with the error that it was answered."""
        self.calls.append(Call(method, dict(arguments), self.clocks.now(), error))

    def calls_of(self, method: str) -> list[Call]:
        """Every call of one method, in the order they came."""
        return [call for call in self.calls if call.method == method]

    # People, channels and where the app is

    def person(self, person: str) -> TeamsPerson:
        """A person by object id. Refused with `unknown_person`."""
        return self.directory.person(person)

    def chat_id(self, person: str) -> str:
        """The id of the one-to-one conversation between a person and the bot."""
        told = f"{self.id} {self.app.id} {person}"
        return f"a:1{sha256(told.encode()).hexdigest()[:60]}"

    def person_of_chat(self, conversation: str) -> TeamsPerson | None:
        """Whose conversation with the bot it is, if it is one."""
        people = self.directory.people.values()
        return next((p for p in people if self.chat_id(p.id) == conversation), None)

    def channel_seen_by(self, channel: str, person: str) -> TeamsChannel:
        """A channel that a person is in. Refused with `channel_not_found`."""
        found = self.channels.get(channel)
        if found is None or person not in found.members:
            raise TeamsRefusalError("channel_not_found")
        return found

    def channels_of(self, person: str) -> list[TeamsChannel]:
        """The channels on a person's screen."""
        return [channel for channel in self.channels.values() if person in channel.members]

    def add_member(self, channel: str, person: str) -> None:
        """Put someone into a channel, without telling the bot."""
        found = self.channels[channel]
        self.put_channel(replace(found, members=found.members | {person}))

    def put_channel(self, channel: TeamsChannel) -> None:
        """Add a channel, or replace the one with the same id."""
        self.channels[channel.id] = channel
        self.touch()

    def set_app_in_team(self, *, there: bool) -> None:
        """Put the app into every channel of the team, or take it out, without telling it."""
        for channel in list(self.channels.values()):
            self.put_channel(replace(channel, has_app=there))

    def set_installed(self, person: str, *, there: bool) -> None:
        """Give a person the app for themselves, or take it away, without telling it."""
        (self.installed.add if there else self.installed.discard)(person)
        self.touch()

    def block(self, person: str, code: str = BLOCKED[0]) -> None:
        """Let a person block the bot; `code` is what the connector then calls it."""
        self.blocked[person] = code
        self.touch()

    def unblock(self, person: str) -> None:
        self.blocked.pop(person, None)
        self.touch()

    def roster(self, conversation: str) -> list[TeamsPerson]:
        """Who is in a conversation; in a standard channel that is the whole team.

        Refused with `ConversationNotFound` or `BotNotInConversationRoster`.
        """
        place, _ = bare(conversation)
        channel = self.channels.get(place)
        if channel is None:
            return [self._other_in(place)]
        if not channel.has_app:
            raise ConnectorError("BotNotInConversationRoster")
        everyone = self._team() if channel.kind is TeamsChannelKind.STANDARD else channel.members
        return [person for person in self.directory.people.values() if person.id in everyone]

    def _team(self) -> frozenset[str]:
        """Who is in a private channel is in the team, guests too."""
        return frozenset().union(*(channel.members for channel in self.channels.values()))

    def _other_in(self, conversation: str) -> TeamsPerson:
        person = self.person_of_chat(conversation)
        if person is None:
            raise ConnectorError("ConversationNotFound")
        if person.id not in self.installed:
            raise ConnectorError("BotNotInConversationRoster")
        return person

    # Messages

    def post(
        self, conversation: str, by: str, body: Json, *, from_app: bool = False
    ) -> TeamsMessage:
        """Put a message into a conversation, or into the thread that its id names.

        Refused with `ConversationNotFound` where that thread has no first message.
        """
        place, root = bare(conversation)
        if root and not any(m.id == root and not m.root for m in self.messages[place]):
            raise ConnectorError("ConversationNotFound")
        name = self.new_id()
        message = TeamsMessage(place, name, by, self.time_of(name), body, root, from_app=from_app)
        self.messages[place].append(message)
        self.touch()
        return message

    def find_message(self, conversation: str, message_id: str) -> TeamsMessage:
        """A message. Refused with `ActivityNotFoundInConversation`."""
        place, _ = bare(conversation)
        for message in self.messages[place]:
            if message.id == message_id and not message.is_deleted:
                return message
        raise ConnectorError("ActivityNotFoundInConversation")

    def update(self, message: TeamsMessage, body: Json) -> TeamsMessage:
        """Replace what a message says; what it said before is kept."""
        before = (*message.before, message.body)
        return self._swap(
            message, replace(message, body=body, version=message.version + 1, before=before)
        )

    def delete(self, message: TeamsMessage) -> None:
        """Take a message away."""
        self._swap(message, replace(message, body={}, is_deleted=True))

    def show_own_view(self, person: str, message: TeamsMessage, card: Json) -> None:
        """Show one person a card in a message's place, until the message is updated."""
        now = self.find_message(message.conversation, message.id)
        self._own_views[person, message.id] = (now.version, card)
        self.touch()

    def card_for(self, person: str, message: TeamsMessage) -> Json | None:
        """The card of a message, as a person sees it."""
        version, card = self._own_views.get((person, message.id), (0, None))
        return card if version == message.version else message.card

    def messages_in(self, conversation: str) -> list[TeamsMessage]:
        """What a conversation shows, oldest first; with a thread in its id, that thread only."""
        place, root = bare(conversation)
        there = [m for m in self.messages[place] if not m.is_deleted]
        return [m for m in there if root in (None, m.thread)]

    def summaries_in(self, conversation: str) -> list[str]:
        """What notifications said of every message there, oldest first."""
        return [m.summary or m.text for m in self.messages_in(conversation)]

    def _swap(self, old: TeamsMessage, new: TeamsMessage) -> TeamsMessage:
        messages = self.messages[old.conversation]
        messages[messages.index(old)] = new
        self.touch()
        return new

    # Dialogs

    def show_dialog(self, person: str, dialog: TeamsDialog) -> None:
        """Show a page to a person, in place of the one that is open."""
        self.dialogs[person] = dialog
        self.touch()

    def close_dialog(self, person: str) -> None:
        """Close what a person has open."""
        self.dialogs.pop(person, None)
        self.touch()
