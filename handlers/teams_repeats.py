"""What Teams tells again: it is done once, and once more only where it failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from handlers.teams_book import Kept
from handlers.teams_payload import Activity, read_conversation

MOST_KEPT, KEPT_FOR = 10_000, 600.0
"""How many activities are remembered, and for how many seconds."""


@dataclass
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    done: bool = False


class Repeats:
    """The newest activities, by their ids; in memory, for what does no harm when done twice."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._turns: Kept[str, _Turn] = Kept(MOST_KEPT, KEPT_FOR, clock)

    async def do_once(self, activity: Activity, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work unless it was done for this activity; one told again waits for the first.

        Raises what `work` raises, and StalePage where the activity does not say where it is.
        """
        known_by = activity.get("id")
        if not known_by:
            await work()
            return
        name = f"{read_conversation(activity)[0]} {known_by}"
        turn = self._turns.get(name)
        if turn is None:
            turn = _Turn()
            self._turns.put(name, turn)
        async with turn.lock:
            if not turn.done:
                await work()
                turn.done = True
