"""What a workspace consists of: people, channels, messages, and the refusals of its API."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class SlackRefusalError(Exception):
    """Raised when Slack would answer `ok: false`; carries its error code and its messages."""

    def __init__(self, code: str, messages: tuple[str, ...] = (), **extra: str) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.extra = extra


class RateLimitedError(Exception):
    """Raised when a channel gets more than a post a second; carries the seconds to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class ChannelKind(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    domain: str


class ShortcutKind(StrEnum):
    """Where a shortcut is offered: in the menu beside the message box, or in that of a message."""

    GLOBAL = "global"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Shortcut:
    name: str
    callback_id: str
    kind: ShortcutKind


@dataclass(frozen=True, slots=True)
class App:
    """The installed app: its ids, its token, and what its manifest was granted."""

    id: str
    bot_id: str
    user_id: str
    token: str
    app_token: str = ""
    """The app-level token, which opens sockets and does nothing else."""
    scopes: frozenset[str] | None = None
    events: frozenset[str] | None = None
    commands: frozenset[str] | None = None
    takes_messages: bool = True
    shortcuts: tuple[Shortcut, ...] | None = None
    has_home: bool = True
    uses_sockets: bool = False
    """Its manifest turned Socket Mode on: Slack then sends nothing to addresses."""

    def may(self, scope: str) -> bool:
        """Whether a scope was granted; without a manifest everything is."""
        return self.scopes is None or scope in self.scopes

    def hears(self, event: str) -> bool:
        """Whether an event is subscribed to; without a manifest every event is."""
        return self.events is None or event in self.events

    def answers_to(self, command: str) -> bool:
        """Whether a slash command belongs to the app; without a manifest each does."""
        return self.commands is None or command in self.commands

    def offers(self, callback_id: str, kind: ShortcutKind) -> bool:
        """Whether a shortcut belongs to the app; without a manifest each does."""
        offered = self.shortcuts
        return offered is None or any(
            (s.callback_id, s.kind) == (callback_id, kind) for s in offered
        )


@dataclass(frozen=True, slots=True)
class User:
    """One account. `name` is the post, which is all a pretend person is called."""

    id: str
    name: str
    email: str | None = None
    team_id: str | None = None
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False

    @property
    def handle(self) -> str:
        """The user name Slack shows beside the full one, such as `class.teacher`."""
        return ".".join("".join(c if c.isalnum() else " " for c in self.name.lower()).split())

    @property
    def is_guest(self) -> bool:
        """Whether Slack hides from them the channels they are not in."""
        return self.is_restricted or self.is_ultra_restricted or self.is_stranger


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    kind: ChannelKind
    members: frozenset[str]
    is_archived: bool = False

    def other_than(self, person: str) -> str | None:
        """The person at the other end of a direct conversation."""
        if self.kind is not ChannelKind.DIRECT:
            return None
        return next(iter(self.members - {person}), None)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `ephemeral_to` names the only person who sees it."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Json, ...] = ()
    thread_ts: str | None = None
    from_app: bool = False
    metadata: Json | None = None
    edited_ts: str | None = None
    ephemeral_to: str | None = None
    is_tombstone: bool = False
    in_channel_too: bool = False

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True)
class Notice:
    """An error that Slack shows to one person, such as a command that did not answer."""

    person: str
    text: str
    channel: str | None
    ts: str


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call as it arrived; `error` is the code that was answered, if any."""

    method: str
    arguments: Json = field(repr=False)
    at: float
    error: str | None = None
