"""Who is in which place, as its platform says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from bot.chat import Chat, Member, Place, Platform

KEPT = 60.0
"""Seconds for which the members of a place are believed."""

Members = tuple[Member, ...]


class Roster:
    """Members are asked for once at a time, however many wait, and remembered for a minute.

    `heard` is told of every answer, before anybody else gets it.
    """

    def __init__(
        self,
        chats: Mapping[Platform, Chat],
        heard: Callable[[Place, Members], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chats = chats
        self._heard = heard
        self._clock = clock
        self._known: dict[Place, tuple[float, Members]] = {}
        self._numbers: dict[Place, int] = {}
        self.looks = 0
        """How often a platform was asked."""
        self._asked: dict[Place, asyncio.Task[Members]] = {}

    async def members(self, place: Place, *, fresh: bool = False) -> Members:
        """Who is in a place, as of at most a minute ago, or (`fresh`) of now.

        Where the platform does not say who is there now, what it said before stays for those to
        whom that is enough. Raises a DeliveryError.
        """
        known = self._known.get(place)
        if known and not fresh and self._clock() - known[0] < KEPT:
            return known[1]
        if place not in self._asked:
            self._asked[place] = asyncio.create_task(self._ask(place))
        return await asyncio.shield(self._asked[place])

    def has_looked(self, place: Place, since: int) -> bool:
        """Whether what is known of a place was asked for after that many `looks`."""
        return self._numbers.get(place, 0) > since

    async def close(self) -> None:
        """Ask no more."""
        asked = list(self._asked.values())
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    async def _ask(self, place: Place) -> Members:
        task = asyncio.current_task()
        if task is not None:  # whoever asked may have gone, and nobody hear that it failed
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.looks += 1
        number = self.looks
        try:
            members = await self._chats[place.platform].members(place)
        finally:
            del self._asked[place]
        self._heard(place, members)
        self._known[place] = (self._clock(), members)
        self._numbers[place] = number
        return members
