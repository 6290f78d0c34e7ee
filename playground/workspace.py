"""The state of a pretend Slack workspace, as strict about who may do what as the real one."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.conditions import Conditions
from playground.dialogs import Dialog, Dialogs
from playground.dressing import dress_blocks
from playground.residents import (
    App,
    Call,
    Channel,
    ChannelKind,
    Json,
    Message,
    Notice,
    SlackRefusalError,
    Team,
    User,
)
from playground.sockets import Sockets

CALLS_KEPT = 20_000
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now` gives the epoch seconds that messages carry, `elapsed` those that triggers age by."""

    now: Callable[[], float] = time.time
    elapsed: Callable[[], float] = time.monotonic


class Workspace:
    """People, channels, messages, dialogs and home pages, and what went wrong with them.

    `faults` lists whatever real Slack would have refused or shown as an error; `notices` what
    people were shown; `calls` every call of the Web API.
    """

    def __init__(
        self,
        *,
        team: Team,
        app: App,
        users: Iterable[User],
        channels: Iterable[Channel],
        clocks: Clocks | None = None,
    ) -> None:
        self.team = team
        self.app = app
        self.users = {user.id: user for user in users}
        self.channels = {channel.id: channel for channel in channels}
        self.messages: defaultdict[str, list[Message]] = defaultdict(list)
        self.clocks = clocks or Clocks()
        self.dialogs = Dialogs(team, app, self.clocks.elapsed)
        self.homes: dict[str, Dialog] = {}
        self.conditions = Conditions()
        self.sockets = Sockets(app.id, self.note_fault)
        self.strict_rate = False
        self.faults: list[str] = []
        self.notices: list[Notice] = []
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.version = 0
        self._last_stamp = 0
        self._posted_at: dict[str, float] = {}
        self._changed = asyncio.Event()

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

    def stamp(self) -> str:
        """A message's `ts`: unlike all before it, and later."""
        self._last_stamp = max(int(self.clocks.now() * MICROSECONDS), self._last_stamp + 1)
        seconds, micro = divmod(self._last_stamp, MICROSECONDS)
        return f"{seconds}.{micro:06d}"

    def note_fault(self, fault: str) -> None:
        """Record something that real Slack would have refused."""
        self.faults.append(fault)

    def notify(self, person: str, text: str, channel: str | None = None) -> None:
        """Show a person an error, as Slack does."""
        self.notices.append(Notice(person, text, channel, self.stamp()))
        self.touch()

    # People and channels

    def add_user(self, user: User) -> None:
        """Add an account, or replace the one with the same id."""
        self.users[user.id] = user
        self.touch()

    def add_channel(self, channel: Channel) -> None:
        """Add a channel, or replace the one with the same id."""
        self.channels[channel.id] = channel
        self.touch()

    def invite(self, channel_id: str, person: str) -> None:
        """Make someone a member of a channel."""
        channel = self.channels[channel_id]
        self.add_channel(replace(channel, members=channel.members | {person}))

    def remove(self, channel_id: str, person: str) -> None:
        """Take someone out of a channel."""
        channel = self.channels[channel_id]
        self.add_channel(replace(channel, members=channel.members - {person}))

    def user(self, user_id: str) -> User:
        """A user. Refused with `user_not_found`."""
        if user_id not in self.users:
            raise SlackRefusalError("user_not_found")
        return self.users[user_id]

    def channel_seen_by(self, channel_id: str, person: str) -> Channel:
        """A channel that a person may know of. Refused with `channel_not_found`."""
        channel = self.channels.get(channel_id)
        if channel is None or not self.may_know(channel, person):
            raise SlackRefusalError("channel_not_found")
        return channel

    def may_know(self, channel: Channel, person: str) -> bool:
        """Members know their channels; members of the team know every public one."""
        if person in channel.members:
            return True
        return channel.kind is ChannelKind.PUBLIC and not self.users[person].is_guest

    def channels_of(self, person: str) -> list[Channel]:
        """The channels on a person's screen."""
        return [c for c in self.channels.values() if self.may_know(c, person)]

    def direct(self, person: str, other: str) -> Channel:
        """The conversation between two people, opened if it is not there yet."""
        pair = frozenset({person, other})
        for channel in self.channels.values():
            if channel.kind is ChannelKind.DIRECT and channel.members == pair:
                return channel
        channel = Channel(f"D{len(self.channels):08d}", "directmessage", ChannelKind.DIRECT, pair)
        self.add_channel(channel)
        return channel

    def direct_from_app(self, person: str) -> Channel:
        """The app's conversation with a person.

        Refused with `user_not_found`, `user_disabled` or `cannot_dm_bot`.
        """
        user = self.user(person)
        if user.deleted:
            raise SlackRefusalError("user_disabled")
        if user.is_bot:
            raise SlackRefusalError("cannot_dm_bot")
        return self.direct(self.app.user_id, person)

    def is_read_only(self, channel: Channel) -> bool:
        """Whether people may only read there: the app's manifest says so of its conversations."""
        with_app = channel.kind is ChannelKind.DIRECT and self.app.user_id in channel.members
        return with_app and not self.app.takes_messages

    # Messages

    def post(self, message: Message) -> Message:
        """Put a message in its channel, its blocks as Slack gives them back."""
        posted = _dressed(message)
        self.messages[message.channel].append(posted)
        self.touch()
        return posted

    def say(
        self,
        person: str,
        channel_id: str,
        text: str,
        *,
        blocks: Sequence[Json] = (),
        thread_ts: str | None = None,
    ) -> Message:
        """Post as a person or as the app. Refused with `channel_not_found`."""
        self.channel_seen_by(channel_id, person)
        return self.post(
            Message(
                channel=channel_id,
                ts=self.stamp(),
                user=person,
                text=text,
                blocks=tuple(blocks),
                thread_ts=thread_ts,
                from_app=person == self.app.user_id,
            )
        )

    def whisper(
        self,
        person: str,
        channel_id: str,
        text: str,
        *,
        blocks: Sequence[Json] = (),
        thread_ts: str | None = None,
    ) -> Message:
        """Post, from the app, what one person alone sees and no history keeps."""
        return self.post(
            Message(
                channel=channel_id,
                ts=self.stamp(),
                user=self.app.user_id,
                text=text,
                blocks=tuple(blocks),
                thread_ts=thread_ts,
                from_app=True,
                ephemeral_to=person,
            )
        )

    def find_message(self, channel_id: str, ts: str) -> Message:
        """A message, ephemeral ones too. Refused with `message_not_found`."""
        for message in reversed(self.messages[channel_id]):
            if message.ts == ts:
                return message
        raise SlackRefusalError("message_not_found")

    def find_message_seen_by(self, person: str, channel_id: str, ts: str) -> Message:
        """A message on a person's screen. Refused with `channel_not_found`, `message_not_found`."""
        channel = self.channel_seen_by(channel_id, person)
        message = self.find_message(channel.id, ts)
        if message.ephemeral_to not in (None, person):
            raise SlackRefusalError("message_not_found")
        return message

    def find_posted(self, channel_id: str, ts: str) -> Message:
        """A message that history keeps. Refused with `message_not_found`."""
        message = self.find_message(channel_id, ts)
        if message.ephemeral_to or message.is_tombstone:
            raise SlackRefusalError("message_not_found")
        return message

    def find_root(self, message: Message) -> Message | None:
        """The message that a reply answers, if it is still there."""
        there = self.messages[message.channel]
        return next((m for m in there if m.ts == message.thread_ts), None)

    def edit(self, message: Message, **changes: Any) -> Message:
        """Replace what a message says, and mark it as edited."""
        return self._swap(message, _dressed(replace(message, **changes, edited_ts=self.stamp())))

    def delete(self, message: Message) -> None:
        """Take a message away; one with replies leaves a tombstone."""
        if self.replies(message.channel, message.ts):
            text = "This message was deleted."
            gone = replace(message, text=text, blocks=(), metadata=None, is_tombstone=True)
            self._swap(message, gone)
        else:
            self.messages[message.channel].remove(message)
            self.touch()

    def history(self, channel_id: str) -> list[Message]:
        """What a channel's history keeps, replies left out, oldest first."""
        kept = (m for m in self.messages[channel_id] if m.ephemeral_to is None)
        return [m for m in kept if not m.is_reply or m.in_channel_too]

    def replies(self, channel_id: str, thread_ts: str) -> list[Message]:
        """The replies of a thread, its first message left out, oldest first."""
        kept = (m for m in self.messages[channel_id] if m.ephemeral_to is None)
        return [m for m in kept if m.is_reply and m.thread_ts == thread_ts]

    def messages_for(self, person: str, channel_id: str) -> list[Message]:
        """What a person sees in a channel, threads and their own ephemeral messages included."""
        there = self.messages[channel_id]
        return [m for m in there if m.ephemeral_to in (None, person)]

    def _swap(self, old: Message, new: Message) -> Message:
        messages = self.messages[old.channel]
        messages[messages.index(old)] = new
        self.touch()
        return new

    # Views

    def show_home(self, person: str, view: Json) -> Dialog:
        """Publish a person's home page. Refused with `user_not_found`, `invalid_arguments`."""
        self.user(person)
        self.homes[person] = self.dialogs.describe_home(view, self.homes.get(person))
        self.touch()
        return self.homes[person]

    def view_for(self, person: str) -> Dialog | None:
        """The dialog that a person is looking at."""
        return self.dialogs.top(person)

    # Rates

    def seconds_too_soon(self, channel_id: str, now: float) -> float:
        """Seconds by which a post comes before one a second allows; otherwise counts the post."""
        wait = self._posted_at.get(channel_id, now - 1) + 1 - now
        if wait <= 0:
            self._posted_at[channel_id] = now
        return max(wait, 0.0)

    # Records

    def calls_of(self, method: str) -> list[Call]:
        """Every call of one method, in the order they came."""
        return [call for call in self.calls if call.method == method]

    def texts_in(self, channel_id: str) -> list[str]:
        """The text of every message that a channel keeps, replies too, oldest first."""
        return [m.text for m in self.messages[channel_id] if m.ephemeral_to is None]

    def record_call(self, method: str, arguments: Mapping[str, Any], error: str | None) -> None:
        """Keep a call of the Web API, with the error that it was answered."""
        self.calls.append(Call(method, dict(arguments), time.time(), error))


def _dressed(message: Message) -> Message:
    return replace(message, blocks=tuple(dress_blocks(message.blocks)))
