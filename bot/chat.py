"""The port: what the product asks of any chat platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Platform(StrEnum):
    SLACK = "slack"
    TEAMS = "teams"


class Standing(StrEnum):
    """What a person is to the workspace: only a MEMBER may review."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Account:
    """One login on one platform; `str()` gives its stable id, such as `slack:T1:U1`."""

    platform: Platform
    team: str
    user: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.team}:{self.user}"

    @staticmethod
    def parse(text: str) -> Account:
        """Read what `str()` wrote. Raises ValueError when it is not three parts."""
        platform, team, user = text.split(":", 2)
        return Account(Platform(platform), team, user)


@dataclass(frozen=True, slots=True)
class Member:
    """Someone in a place; `name` is what the platform shows, for eyes in that workspace only.

    `emails` are work addresses in lower case that the platform vouches for; none of guests.
    """

    account: Account
    standing: Standing
    name: str = ""
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a message can be put: a channel or a direct conversation."""

    platform: Platform
    team: str
    id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.team}:{self.id}"

    @staticmethod
    def parse(text: str) -> Place:
        """Read what `str()` wrote. Raises ValueError when it is not three parts."""
        platform, team, place = text.split(":", 2)
        return Place(Platform(platform), team, place)


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A posted message: where, and the platform's id of it (Slack: `ts`)."""

    place: Place
    id: str


@dataclass(frozen=True, slots=True)
class Card:
    """A template's name and its context, never text: each platform draws its best form."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


class DeliveryError(Exception):
    """Something the platform answered, or did not, when asked to deliver."""


@dataclass(eq=False)
class NotNow(DeliveryError):
    """Surely not sent; try again after `after` seconds (rate limit, platform down)."""

    code: str
    after: float | None = None


@dataclass(eq=False)
class InDoubt(DeliveryError):
    """It may have been sent: look before sending again."""

    code: str


@dataclass(eq=False)
class RefusedForGood(DeliveryError):
    """The platform will never take it (`channel_not_found`, `is_archived`, ...)."""

    code: str


class Chat(Protocol):
    async def send(
        self,
        place: Place,
        card: Card,
        *,
        thread: MessageRef | None = None,
        only_for: Account | None = None,
        key: str,
        look_first: bool = False,
    ) -> MessageRef:
        """Post a card; `look_first` returns the message already posted under `key`, if any.

        Raises NotNow, InDoubt or RefusedForGood.
        """

    async def update(self, ref: MessageRef, card: Card) -> None:
        """Replace a posted card. Raises NotNow, InDoubt or RefusedForGood."""

    async def open(self, trigger: str, card: Card) -> None:
        """Open a dialog for whoever pressed; triggers live 3 seconds on Slack."""

    async def show_home(self, account: Account, card: Card, *, version: str = "") -> str:
        """Show an account's home page, unless it no longer shows the version that is given.

        Gives the version now shown; empty on a platform that has none. Raises NotNow, InDoubt or
        RefusedForGood.
        """

    async def direct(self, account: Account) -> Place:
        """The one-to-one conversation with an account."""

    async def members(self, place: Place) -> tuple[Member, ...]:
        """Everyone in a place, bots left out. Raises a DeliveryError."""

    async def profile(self, account: Account) -> Member | None:
        """What the platform says of one person; None of somebody it does not know.

        Raises a DeliveryError where it cannot say now.
        """
