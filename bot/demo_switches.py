"""The switches of the demo: what may go wrong is made to go wrong, and lets go by itself."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from handlers.desk import utc_now
from playground import teams_weather
from playground.conditions import Conditions

POSTING = ("chat.postMessage", "chat.update", *teams_weather.POSTING)
LOST = ("chat.postMessage", teams_weather.POSTING[0])
"""The calls whose answer may be lost: one for each chat program."""
REACHING = (
    *POSTING,
    "chat.postEphemeral",
    "chat.delete",
    "conversations.history",
    "conversations.members",
    "conversations.open",
    "conversations.replies",
    "users.info",
    *(method for method in teams_weather.REACHING if method != "teams.login"),
)
"""What the app calls to reach people, but for dialogs: they open, so that there is more to send."""
ENDLESS = 1_000_000_000
PAUSE = 5
"""Seconds that pretend chat asks for when it says that messages are too many."""
LOCK_PATIENCE = 5.0
BRIEFLY = 0.5
"""Seconds to wait for a lock where it may as well be left."""
CHAT_LIMIT = timedelta(minutes=10)
LOCK_LIMIT = timedelta(seconds=60)

_CUT_SHORT = """UPDATE outbox SET not_before = NULL
    WHERE state = 'pending' AND not_before IS NOT NULL"""


class Trouble(StrEnum):
    CHAT_DOWN = "chat_down"
    RATE_LIMITED = "rate_limited"
    DROPS = "drops"
    DATABASE_LOCKED = "database_locked"


LIMITS: Mapping[Trouble, timedelta] = {
    Trouble.CHAT_DOWN: CHAT_LIMIT,
    Trouble.RATE_LIMITED: CHAT_LIMIT,
    Trouble.DROPS: CHAT_LIMIT,
    Trouble.DATABASE_LOCKED: LOCK_LIMIT,
}
"""How long each may last at most."""


class WriteLock:
    """Holds SQLite's write lock on a file from a connection of its own, until it is let go."""

    def __init__(self, file: Path, patience: float = LOCK_PATIENCE) -> None:
        self._file = file
        self._patience = patience
        self._holding: sqlite3.Connection | None = None

    def take(self) -> None:
        """Raises sqlite3.OperationalError when somebody else has it for long."""
        if self._holding is not None:
            return
        database = sqlite3.connect(
            f"file:{self._file}?mode=rw",
            uri=True,
            timeout=self._patience,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            database.close()
            raise
        self._holding = database

    def let_go(self) -> None:
        """Nothing was written, so nothing changes. Twice is harmless."""
        database, self._holding = self._holding, None
        if database is not None:
            database.close()


@dataclass
class Switches:
    """Each is off or on until a moment. `conditions` are those of both pretend chats.

    `on_let_go` hears of one that went off because its time was up.
    """

    conditions: Conditions
    file: Path
    on_let_go: Callable[[Trouble], None]
    limits: Mapping[Trouble, timedelta] = field(default_factory=lambda: LIMITS)
    until: dict[Trouble, datetime] = field(default_factory=dict)
    _timers: dict[Trouble, asyncio.Task[None]] = field(default_factory=dict)
    _turning: asyncio.Lock = field(default_factory=asyncio.Lock)
    _lock: WriteLock = field(init=False)

    def __post_init__(self) -> None:
        self._lock = WriteLock(self.file)

    async def turn_on(self, trouble: Trouble) -> None:
        """Make it go wrong, for as long as its limit; again starts the time anew.

        Raises sqlite3.OperationalError when the database cannot be locked.
        """
        async with self._turning:
            await self._set(trouble, on=True)
            limit = self.limits[trouble]
            self.until[trouble] = utc_now() + limit
            self._stop_timer(trouble)
            self._timers[trouble] = asyncio.create_task(self._let_go_after(trouble, limit))

    async def turn_off(self, trouble: Trouble) -> bool:
        """Let it go well again; False when it did already."""
        async with self._turning:
            self._stop_timer(trouble)
            was_on = await self._end(trouble)
        if was_on:
            await self.cut_waits_short()
        return was_on

    async def calm(self) -> bool:
        """Turn all off, the lock first, so that nothing waits for it; False when none was on."""
        return any([await self.turn_off(trouble) for trouble in reversed(Trouble)])

    async def cut_waits_short(self) -> None:
        """What waits to be tried again need not wait on, now that it can go; if the file lets us.

        Leases are left alone: what is under way stays with whoever has it.
        """
        await asyncio.to_thread(_cut_waits_short, self.file)

    async def _let_go_after(self, trouble: Trouble, limit: timedelta) -> None:
        await asyncio.sleep(limit.total_seconds())
        async with self._turning:
            # Whoever had the lock before may have started the time anew.
            if self._timers.get(trouble) is not asyncio.current_task():
                return
            del self._timers[trouble]
            await self._end(trouble)
        await self.cut_waits_short()
        self.on_let_go(trouble)

    async def _end(self, trouble: Trouble) -> bool:
        was_on = self.until.pop(trouble, None) is not None
        await self._set(trouble, on=False)
        return was_on

    def _stop_timer(self, trouble: Trouble) -> None:
        timer = self._timers.pop(trouble, None)
        if timer is not None:
            timer.cancel()

    async def _set(self, trouble: Trouble, *, on: bool) -> None:
        if trouble is Trouble.CHAT_DOWN:
            for method in REACHING:
                self.conditions[method].down = on
        elif trouble is Trouble.RATE_LIMITED:
            for method in POSTING:
                self.conditions[method].rate_limited = ENDLESS if on else 0
                self.conditions[method].retry_after = PAUSE
        elif trouble is Trouble.DROPS:
            for method in LOST:
                self.conditions[method].drop_after_accepting = ENDLESS if on else 0
        else:
            await asyncio.to_thread(self._lock.take if on else self._lock.let_go)


def _cut_waits_short(file: Path) -> None:
    url = f"file:{file}?mode=rw"
    with (
        contextlib.suppress(sqlite3.OperationalError),
        contextlib.closing(sqlite3.connect(url, uri=True, timeout=BRIEFLY)) as database,
        database,
    ):
        database.execute(_CUT_SHORT)
