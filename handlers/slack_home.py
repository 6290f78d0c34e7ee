"""The home page on Slack: drawn when it is opened, when something on it is pressed, and anew after
whoever has it open did something to a case.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.chat import Account, Card, RefusedForGood
from handlers import home
from handlers.home import Where
from handlers.slack_payload import Payload, read_view
from handlers.slack_visitor import SlackVisitor
from handlers.trouble import EXPECTED, note_trouble
from handlers.visitor import Press

Draw = Callable[[], Awaitable[tuple[Where, Card]]]
MOST_KEPT = 2_000
OVERTAKEN = "hash_conflict"
log = structlog.get_logger()


@dataclass
class Homes:
    """What each person's home page shows, of those drawn last by this process.

    Slack tells of a page that is opened, and never of one that lies open below a dialog.
    """

    _shown: dict[Account, tuple[Where, str]] = field(default_factory=dict)

    def remember(self, account: Account, where: Where, version: str) -> None:
        self._shown.pop(account, None)
        self._shown[account] = (where, version)
        if len(self._shown) > MOST_KEPT:
            del self._shown[next(iter(self._shown))]

    def shown_to(self, account: Account) -> tuple[Where, str] | None:
        """What the page shows, and its version; None for a page that is not known here."""
        return self._shown.get(account)


async def on_opened(visitor: SlackVisitor, event: Payload) -> None:
    """The app was opened, at its home page or at its messages."""
    if event.get("tab") == "home":
        await _draw(visitor, Where(), _version_of(read_view(event)))


async def on_go(visitor: SlackVisitor, press: Press) -> None:
    """Another page of it."""
    where = Where.parse(press.value)
    await _draw(visitor, where, _version_of(read_view(visitor.body)))


async def on_search(visitor: SlackVisitor, press: Press) -> None:
    """A reference was typed; where it is none, it goes no further than this."""

    async def find() -> tuple[Where, Card]:
        school = visitor.school
        return await home.search(visitor.desk, school, visitor.account, press.value)

    await _publish(visitor, Where(), _version_of(read_view(visitor.body)), find)


def redraw(visitor: SlackVisitor) -> None:
    """Draw anew, soon, the home page that lies open below what somebody did."""
    if shown := visitor.edge.homes.shown_to(visitor.account):
        visitor.edge.background.begin(_draw(visitor, *shown))


ACTIONS: Mapping[str, Callable[[SlackVisitor, Press], Coroutine[Any, Any, None]]] = {
    **{f"home.{name}": on_go for name in ("all", "again", "back", "case", "newer", "older")},
    "home.search": on_search,
}


async def _draw(visitor: SlackVisitor, where: Where, version: str) -> None:
    async def draw() -> tuple[Where, Card]:
        school = visitor.school
        return where, await home.home_card(visitor.desk, school, visitor.account, where)

    await _publish(visitor, where, version, draw)


async def _publish(
    visitor: SlackVisitor,
    where: Where,
    version: str,
    draw: Callable[[], Awaitable[tuple[Where, Card]]],
) -> None:
    """Draw and show it, unless a page was shown meanwhile that `version` does not know."""
    edge = visitor.edge
    try:
        where, card = await draw()
    except EXPECTED as problem:
        reference = note_trouble(problem)
        facts = home.problem_facts(visitor.known_school, problem, reference)
        card = Card("home_trouble", {**facts, "where": str(where)})
    try:
        shown = await edge.chat.show_home(visitor.account, card, version=version)
    except RefusedForGood as error:
        if error.code != OVERTAKEN:
            raise
        log.info("home_overtaken")
    else:
        edge.homes.remember(visitor.account, where, shown)


def _version_of(view: Payload) -> str:
    return str(view.get("hash") or "")
