"""Whoever typed, pressed or handed in something, on any platform, and how they can be answered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from bot.cards import Renderer
from bot.chat import Account, Card
from bot.people import School
from bot.refusals import UnknownWorkspace
from handlers.desk import Desk

Again = Callable[[], Awaitable[Card]]
"""Makes the page that somebody is on anew, with everything that they put into it."""


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody put into a page: one value for each box, choice or tick list."""

    texts: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    ticks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)
    """The full id of each that came, such as `f.reason`, to say an error beside it."""

    @property
    def ticked(self) -> frozenset[str]:
        return frozenset(code for found in self.ticks.values() for code in found)

    @property
    def values(self) -> dict[str, str]:
        """All of it as a page takes it to be filled in again; several codes with commas between."""
        ticked = {name: ",".join(codes) for name, codes in self.ticks.items()}
        return {**self.texts, **self.choices, **ticked}


class Page(Protocol):
    """A page of a dialog, as it came back."""

    @property
    def name(self) -> str:
        """What page it is, such as `walk.page` or `case.decide.share`."""

    @property
    def kept(self) -> str:
        """What we gave it to keep: a sealed walk, or the id of a case."""

    @property
    def request(self) -> str:
        """What this opening of the dialog is known by, however often it is handed in."""

    def form(self, *starts: str) -> Form:
        """What it holds; with `starts`, only what has an id that begins with one of them."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed in a message or on a page."""

    action: str
    value: str
    page: Page | None


class Visitor(ABC):
    """One person with one thing that they did; `acted` says whether it changed a case."""

    acted = False

    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self.desk = desk
        self.renderer = renderer

    @cached_property
    @abstractmethod
    def account(self) -> Account:
        """Who it is. Raises StalePage when the platform does not say."""

    @cached_property
    @abstractmethod
    def known_school(self) -> School | None:
        """The school whose workspace it came from, if the settings have it."""

    @property
    def school(self) -> School:
        """The same. Raises UnknownWorkspace."""
        if self.known_school is None:
            raise UnknownWorkspace
        return self.known_school

    @abstractmethod
    async def show(self, card: Card) -> bool:
        """Show a page: the next one of their dialog, or a new dialog. Gives whether it is there."""

    @abstractmethod
    async def complain(self, form: Form, faults: Mapping[str, str], again: Again) -> None:
        """Say what is wrong beside which box, with everything still there."""

    @abstractmethod
    async def close(self) -> None:
        """There is nothing more to show: the dialog goes away."""

    @abstractmethod
    async def reply(self, card: Card) -> None:
        """Answer what was typed, to this person alone."""

    @abstractmethod
    async def replace(self, card: Card) -> None:
        """Put another card in the place of the message whose button was pressed."""

    @abstractmethod
    def name_of(self, account: Account) -> str:
        """What the platform calls somebody, for eyes in that workspace only; or nothing."""

    async def is_met(self) -> bool:
        """Whether it is known that they can be written to."""
        return True

    def complaint(self, code: str, field: str = "", kind: str = "") -> str:
        """The words beside a box."""
        return self.renderer.say(Card("complaint", {"code": code, "field": field, "kind": kind}))
