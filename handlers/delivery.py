"""The worker: claim what is due, see that it still holds, send it, remember where it went."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from bot.chat import InDoubt, NotNow, RefusedForGood
from handlers.burial import Burial
from handlers.desk import Desk
from handlers.errand import Errand, Sent, Skipped
from storage.errors import StoreUnavailable
from storage.outbox import OutboxRow
from storage.unit import Unit

LEASE = timedelta(seconds=90)
"""How long a claimed row is ours: longer than any HTTP timeout."""
DOUBT_PAUSE = timedelta(seconds=35)
"""How long to wait before looking whether a doubtful message arrived: longer than a timeout."""
LONGEST_PAUSE = 600.0
MOST_TRIES = 150
SETTLE_WITHIN = 20.0
"""Seconds that a result may wait to be written; twice that is well within the lease."""
AT_ONCE = 24
IDLE = 15.0
"""Seconds after which the worker looks again although nobody woke it."""
FAULT_PAUSE = 1.0
"""Seconds that the worker rests after it stumbled, for instance because the database is away."""

log = structlog.get_logger()
Settle = Callable[[Unit], object]


def backoff(attempts: int) -> float:
    """Seconds to wait after so many tries: doubling from 1, at most 600, spread by a fifth."""
    return min(LONGEST_PAUSE, 2.0 ** min(attempts, 12)) * random.uniform(0.8, 1.2)  # noqa: S311


@dataclass
class Courier:
    """Delivers the outbox of one store. Several processes may each run one on PostgreSQL."""

    desk: Desk
    name: str
    doubt_pause: timedelta = DOUBT_PAUSE
    idle: float = IDLE
    alive: bool = False
    """Whether `run` is under way and did not stumble last: else nobody delivers what is due."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _settled: list[_Waiting] = field(default_factory=list)
    _settling: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wake(self) -> None:
        """Something was put: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled, whatever goes wrong meanwhile.

        What is under way is then given up and claimed again later.
        """
        self.alive = True
        try:
            while True:
                await self._take_or_rest()
        finally:
            self.alive = False
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def drain(self) -> int:
        """Deliver all that is due now and return how many rows were handled."""
        handled = 0
        while rows := await self._claim(AT_ONCE):
            handled += len(rows)
            await asyncio.gather(*(self._handle(row) for row in rows))
        return handled

    async def _take_or_rest(self) -> None:
        try:
            self._wake.clear()
            more = await self._take_more()
            self.alive = True
            if not more:
                await self._rest()
        except Exception as problem:  # noqa: BLE001 - the worker ends by cancellation alone
            self.alive = False
            _say("outbox_worker_stumbled", problem)
            await asyncio.sleep(FAULT_PAUSE)

    async def _take_more(self) -> bool:
        free = AT_ONCE - len(self._under_way)
        if free <= 0:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            return True
        rows = await self._claim(free)
        for row in rows:
            task = asyncio.create_task(self._handle(row))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return bool(rows)

    async def _claim(self, limit: int) -> list[OutboxRow]:
        now = self.desk.clock()
        return await self.desk.store.write(
            lambda unit: unit.claim(self.name, now, LEASE, limit), within=10
        )

    async def _rest(self) -> None:
        due = await self.desk.store.read(lambda unit: unit.next_due(self.desk.clock()), within=10)
        pause = (due - self.desk.clock()).total_seconds() if due else self.idle
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.005, min(pause, self.idle))):
                await self._wake.wait()

    async def _handle(self, row: OutboxRow) -> None:
        try:
            await self._settle(await self._attempt(row))
        except StoreUnavailable as error:
            _say("outbox_left_claimed", error, key=row.key)
        except Exception as problem:  # noqa: BLE001 - the worker goes on, whatever a row does
            _say("outbox_row_failed", problem, key=row.key)
            await self._settle_failed(row)

    async def _settle_failed(self, row: OutboxRow) -> None:
        """Try again later, and look first: it may have gone wrong after the message was out."""
        try:
            await self._settle(self._doubtful(row, InDoubt("internal_error")))
        except Exception as problem:  # noqa: BLE001 - its lease runs out, and it comes again
            _say("outbox_left_claimed", problem, key=row.key)

    async def _attempt(self, row: OutboxRow) -> Settle:
        try:
            result = await Errand(self.desk, row).carry_out()
        except NotNow as error:
            return self._later(row, error)
        except InDoubt as error:
            return self._doubtful(row, error)
        except RefusedForGood as error:
            return self._bury(row, error.code, refused=True)
        if isinstance(result, Sent):
            place, ref = (str(result.ref.place), result.ref.id) if result.ref else (None, None)
            return lambda unit: unit.done(row, place, ref)
        if isinstance(result, Skipped):
            return lambda unit: unit.skip(row, result.code)
        return result

    def _later(self, row: OutboxRow, error: NotNow) -> Settle:
        if row.attempts >= MOST_TRIES:
            return self._bury(row, error.code)
        pause = error.after if error.after is not None else backoff(row.attempts)
        return self._retry(row, timedelta(seconds=pause), error, doubt=row.doubt)

    def _doubtful(self, row: OutboxRow, error: InDoubt) -> Settle:
        if row.attempts >= MOST_TRIES:
            return self._bury(row, error.code)
        pause = max(self.doubt_pause, timedelta(seconds=backoff(row.attempts)))
        return self._retry(row, pause, error, doubt=True)

    def _retry(
        self, row: OutboxRow, pause: timedelta, error: NotNow | InDoubt, *, doubt: bool
    ) -> Settle:
        again = datetime.now(UTC) + pause
        log.info("outbox_retry", key=row.key, code=error.code, seconds=pause.total_seconds())
        return lambda unit: unit.retry(row, again, error.code, doubt=doubt)

    def _bury(self, row: OutboxRow, code: str, *, refused: bool = False) -> Settle:
        log.error("outbox_buried", key=row.key, template=row.template, code=code)

        def bury(unit: Unit) -> None:
            if unit.bury(row, code):
                Burial(self.desk, row, code, refused).report(unit)

        return bury

    async def _settle(self, settle: Settle) -> None:
        """Write results together: whoever holds the lock writes for all who wait.

        When that fails each writes its own, so that no result is lost by another's fault.
        """
        mine = _Waiting(settle)
        self._settled.append(mine)
        async with self._settling:
            if mine in self._settled:
                batch, self._settled = self._settled, []
                await self._settle_together(batch)
        if not mine.written:
            await self.desk.store.write(settle, within=SETTLE_WITHIN)
        self.wake()

    async def _settle_together(self, batch: list[_Waiting]) -> None:
        def settle_all(unit: Unit) -> None:
            for item in batch:
                item.settle(unit)

        try:
            await self.desk.store.write(settle_all, within=SETTLE_WITHIN)
        except Exception as problem:  # noqa: BLE001 - each of them hears of its own
            _say("outbox_settled_singly", problem)
            return
        for item in batch:
            item.written = True


@dataclass(eq=False)
class _Waiting:
    settle: Settle
    written: bool = False


def _say(event: str, problem: Exception, **facts: str) -> None:
    """Log what kind of problem it was; its message could repeat what somebody typed."""
    code = problem.code if isinstance(problem, StoreUnavailable) else ""
    log.warning(event, kind=type(problem).__name__, code=code, **facts)
