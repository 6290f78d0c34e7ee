"""Backstage at the demo: the one who shows the rows, pushes the clock and makes mischief."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.app import Sharecheck, read_vault
from bot.demo_clock import PretendClock, Step, TooFar, moment_of
from bot.demo_panel import Panel
from bot.demo_record import Record
from bot.demo_switches import LIMITS, Switches, Trouble
from bot.demo_tamper import Tampering
from bot.demo_words import Words
from bot.people import School
from playground.backstage import EmptyStage, NoSuchDeed
from playground.conditions import Conditions
from storage.errors import StoreUnavailable

Json = dict[str, Any]
T = TypeVar("T", Step, Trouble, Tampering)


class Stage:
    """What is behind the demo's page. Empty until `show` gives it a running application.

    `limits` say how long each trouble may last.

    Everything it does tells every page that is open, as `news`.
    """

    def __init__(
        self, clock: PretendClock, limits: Mapping[Trouble, timedelta] | None = None
    ) -> None:
        self.clock = clock
        self._limits = limits or LIMITS
        self._play: _Play | None = None

    def show(self, app: Sharecheck, conditions: Conditions) -> None:
        """From now on this application, on its SQLite file, is what is behind the page."""
        self._play = _Play(self.clock, app, conditions, self._limits)

    async def end(self) -> None:
        """Turn all trouble off and show nothing any more."""
        play, self._play = self._play, None
        if play is not None:
            await play.end()

    async def look(self) -> Json:
        """The rows and the controls; see `playground.backstage`."""
        return await (self._play or EmptyStage()).look()

    async def do(self, deed: str, choice: str) -> str:
        """A deed of the page, and what came of it in a sentence. Raises NoSuchDeed."""
        return await (self._play or EmptyStage()).do(deed, choice)


class _Play:
    def __init__(
        self,
        clock: PretendClock,
        app: Sharecheck,
        conditions: Conditions,
        limits: Mapping[Trouble, timedelta],
    ) -> None:
        self._clock = clock
        self._app = app
        self._school: School = next(iter(app.desk.schools.values()))
        self._words = Words.read(self._school.time_zone)
        url = app.settings.database_url
        file = Path(url.removeprefix("sqlite:///"))
        vault = read_vault(app.settings)
        self.switches = Switches(conditions, file, self._tell_let_go, limits)
        self._record = Record(app.desk, file, self._words)
        self._panel = Panel(url, vault, self._school, self._words, clock)
        self._news: tuple[int, str] = (0, "")
        self._deeds: dict[str, Callable[[str], Awaitable[str]]] = {
            "push": self._push,
            "on": self._turn_on,
            "off": self._turn_off,
            "calm": self._calm,
            "check": self._check,
            "tamper": self._tamper,
            "restore": self._restore,
        }

    async def end(self) -> None:
        await self.switches.calm()
        self._panel.close()

    async def look(self) -> Json:
        rows = await self._panel.read(self._record.caught())
        delivery = rows["delivery"]
        shown = {name: rows[name] for name in ("cases", "ledger", "outbox")}
        return {**shown, "controls": {**self._draw(), "delivery": delivery}}

    async def do(self, deed: str, choice: str) -> str:
        if deed not in self._deeds:
            raise NoSuchDeed(deed)
        try:
            said = await self._deeds[deed](choice)
        except (StoreUnavailable, sqlite3.OperationalError):
            return self._words.say("record", "busy")
        self._tell(said)
        return said

    # Deeds

    async def _push(self, choice: str) -> str:
        now = self._clock()
        try:
            self._clock.push_to(moment_of(_one(Step, choice), now, self._school))
        except TooFar:
            return self._words.say("clock", "too_far")
        self._app.courier.wake()
        return self._words.say("clock", "pushed", when=self._words.moment(self._clock()))

    async def _turn_on(self, choice: str) -> str:
        trouble = _one(Trouble, choice)
        try:
            await self.switches.turn_on(trouble)
        except sqlite3.OperationalError:
            return self._words.say("switches", trouble, "busy")
        return self._words.say("switches", trouble, "turned_on")

    async def _turn_off(self, choice: str) -> str:
        trouble = _one(Trouble, choice)
        was_on = await self.switches.turn_off(trouble)
        self._app.courier.wake()
        path = (str(trouble), "turned_off") if was_on else ("nothing_on",)
        return self._words.say("switches", *path)

    async def _calm(self, _: str) -> str:
        was_on = await self.switches.calm()
        self._app.courier.wake()
        return self._words.say("switches", "calm" if was_on else "nothing_on")

    async def _check(self, _: str) -> str:
        return await self._record.check()

    async def _tamper(self, choice: str) -> str:
        return await self._record.tamper(_one(Tampering, choice))

    async def _restore(self, _: str) -> str:
        said = await self._record.restore()
        await self.switches.cut_waits_short()
        self._app.courier.wake()
        return said

    # What is shown

    def _draw(self) -> Json:
        return {
            "clock": self._draw_clock(),
            "switches": [self._draw_switch(trouble) for trouble in Trouble],
            "record": self._record.draw(),
            "news": {"number": self._news[0], "text": self._news[1]},
        }

    def _draw_clock(self) -> Json:
        now = self._clock()
        digest = self._words.moment(moment_of(Step.DIGEST, now, self._school))
        steps = [
            {"id": str(step), "name": self._words.say("clock", step, when=digest)} for step in Step
        ]
        ahead = round(self._clock.ahead.total_seconds(), 3)
        return {"ahead": ahead, "zone": self._school.time_zone, "steps": steps}

    def _draw_switch(self, trouble: Trouble) -> Json:
        until = self.switches.until.get(trouble)
        shown = {name: self._words.say("switches", trouble, name) for name in _OF_A_SWITCH}
        return {
            **shown,
            "id": str(trouble),
            "on": until is not None,
            "until": until.isoformat() if until else None,
            "most": self.switches.limits[trouble].total_seconds(),
        }

    def _tell_let_go(self, trouble: Trouble) -> None:
        off = self._words.say("switches", trouble, "turned_off")
        self._tell(f"{self._words.say('switches', 'let_go')} {off}")
        self._app.courier.wake()

    def _tell(self, said: str) -> None:
        self._news = (self._news[0] + 1, said)


_OF_A_SWITCH = ("name", "says", "try")


def _one(kind: type[T], choice: str) -> T:
    """Raises NoSuchDeed for a choice that is none."""
    try:
        return kind(choice)
    except ValueError:
        raise NoSuchDeed(choice) from None
