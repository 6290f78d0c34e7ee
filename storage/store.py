"""The store: work is handed over as a function of a unit, and answered once it is safe on disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, inspect, select, text

from storage.database import Database
from storage.errors import KeyWrong, NotMigrated, StoreUnavailable
from storage.tables import school_keys
from storage.unit import Unit
from storage.vault import SchoolKey, Vault
from storage.writer import Job, Writer

__all__ = ["Store", "StoreUnavailable", "Unit", "utc_now"]

T = TypeVar("T")
Work = Callable[[Unit], T]

_ANSWERS = select(school_keys)

SCHEMA = "0004"
"""The migration that this program works with."""
GRACE = 0.5
"""Seconds that work which has begun in time may still take before its caller is told."""
_READERS = 4
_POSTGRES_WRITERS = 4
_GROUP = 32


def utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """Cases, ledger and outbox in one database. Nothing is opened before `open()`.

    `clock` is the real time, for leases and request keys. A unit's work may be run more than once,
    so it must change nothing but through the unit.
    """

    def __init__(self, url: str, vault: Vault, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._vault = vault
        self._clock = clock
        database = Database(url, writers=_POSTGRES_WRITERS, readers=_READERS)
        self._database = database
        threads, group = (1, _GROUP) if database.sqlite else (_POSTGRES_WRITERS, 1)
        self._writer = Writer(database, self._unit, threads=threads, group=group)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")
        self._running = False
        self.on_commit: Callable[[], None] | None = None
        """Called in the event loop after each commit that put outbox rows."""

    def open(self) -> None:
        """Check tables and keys, then take work.

        Raises StoreUnavailable, NotMigrated, KeyMissing, or KeyWrong naming the file.
        """
        with ExitStack() as on_failure:
            on_failure.callback(self.close_now)
            self._database.check()
            self._check_schema()
            unknown = self._check_keys()
            self._writer.start()
            self._running = True
            if unknown:
                self.write_now(partial(_keep_answers, unknown))
                self._check_keys()
            on_failure.pop_all()

    async def write(self, work: Work[T], *, within: float = 2.0) -> T:
        """Run work in one durable transaction; what it raises undoes it and comes through.

        Work that has not begun `within` seconds never runs. Raises StoreUnavailable (then nothing
        was written, unless its code is `in_doubt`) and, after some tries, ConcurrentChange or
        CaseExists.
        """
        tell = partial(asyncio.get_running_loop().call_soon_threadsafe, self._committed)
        return await _wait(self._submit(work, within, tell), within, unfinished="in_doubt")

    async def read(self, work: Work[T], *, within: float = 2.0) -> T:
        """Run work that sees one moment of the database and changes nothing.

        Raises StoreUnavailable.
        """
        self._be_running()
        answer: Future[T] = self._readers.submit(self.read_now, work)
        return await _wait(answer, within, unfinished="timed_out")

    def write_now(self, work: Work[T], *, within: float = 10.0) -> T:
        """As `write`, for callers without an event loop; `on_commit` is not called."""
        return self._submit(work, within, None).result()

    def read_now(self, work: Work[T]) -> T:
        """As `read`, in the calling thread, however long it takes."""
        self._be_running()
        try:
            return self._read(work)
        except StoreUnavailable as error:
            if error.code != "gone":
                raise
        return self._read(work)  # a pooled connection had died; a new one may be well

    async def close(self) -> None:
        """Finish what was handed over, then close."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """As `close`, for callers without an event loop. Closing twice does nothing."""
        if self._running:
            self._running = False
            self._writer.stop()
        self._readers.shutdown()
        self._database.dispose()

    def keyed_hash(self, school: str, purpose: str, text: str) -> str:
        """As `Unit.keyed_hash`, without a transaction."""
        return self._vault.keyed_hash(school, purpose, text)

    def _read(self, work: Work[T]) -> T:
        with self._database.reading() as connection:
            return work(self._unit(connection))

    def _unit(self, connection: Connection) -> Unit:
        return Unit(connection, self._vault, self._clock)

    def _submit(self, work: Work[T], within: float, tell: Callable[[], Any] | None) -> Future[T]:
        self._be_running()
        job = Job(work, time.monotonic() + within, tell)
        self._writer.submit(job)
        return job.answer

    def _be_running(self) -> None:
        if not self._running:
            raise StoreUnavailable("closed")

    def _committed(self) -> None:
        if self.on_commit is not None:
            self.on_commit()

    def _check_schema(self) -> None:
        with self._database.reading() as connection:
            found = None
            if inspect(connection).has_table("alembic_version"):
                found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found != SCHEMA:
            raise NotMigrated(found, SCHEMA)

    def _check_keys(self) -> list[SchoolKey]:
        """Compare the keys with what the database was written with; gives those new to it."""
        with self._database.reading() as connection:
            answers = {(r.school, r.number): r.answer for r in connection.execute(_ANSWERS)}
        for (school, number), answer in answers.items():
            key = self._vault.key(school, number)
            if key.answer != answer:
                raise KeyWrong(key.path)
        return [k for k in self._vault.all_keys() if (k.school, k.number) not in answers]


def _keep_answers(keys: list[SchoolKey], unit: Unit) -> None:
    for key in keys:
        unit.know_key(key)


async def _wait(answer: Future[T], within: float, *, unfinished: str) -> T:
    waiting = asyncio.wrap_future(answer)
    waiting.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    try:
        await asyncio.wait({waiting}, timeout=within)
        if not waiting.done() and not answer.cancel():
            await asyncio.wait({waiting}, timeout=GRACE)
        if waiting.done() and not waiting.cancelled():
            return waiting.result()
        raise StoreUnavailable("timed_out" if answer.cancelled() else unfinished)
    finally:
        answer.cancel()
