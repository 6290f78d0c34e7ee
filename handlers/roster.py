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
        self, chats: Mapping[Platform, Chat], heard: Callable[[Place, Members], None]
    ) -> None:
        self._chats = chats
        self._heard = heard
        self._known: dict[Place, tuple[float, Members]] = {}
        self._asked: dict[Place, asyncio.Task[Members]] = {}

    async def members(self, place: Place, *, fresh: bool = False) -> Members:
        """Who is in a place, as of at most a minute ago, or (`fresh`) of now.

        Where the platform does not say who is there now, what it said before stays for those to
        whom that is enough. Raises a DeliveryError.
        """
        known = self._known.get(place)
        if known and not fresh and time.monotonic() - known[0] < KEPT:
            return known[1]
        if place not in self._asked:
            self._asked[place] = asyncio.create_task(self._ask(place))
        return await asyncio.shield(self._asked[place])

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
        try:
            members = await self._chats[place.platform].members(place)
        finally:
            del self._asked[place]
        self._heard(place, members)
        self._known[place] = (time.monotonic(), members)
        return members
