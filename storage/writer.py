"""The threads that write: queued works, each a transaction or part of one, answered once it lasts.

On SQLite one thread writes, and works that wait at the same time share a commit, each under a
savepoint; whichever did not end well there is done again by itself. On PostgreSQL each of a few
threads takes one work at a time.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database
from storage.errors import CaseExists, ConcurrentChange, StorageError, StoreUnavailable, TryAgain
from storage.unit import Unit

TRIES = 6
_PAUSE = 0.005

Work = Callable[[Unit], Any]
MakeUnit = Callable[[Connection], Unit]


@dataclass(eq=False)
class Job:
    """A queued work: not begun after `deadline` (monotonic seconds); `tell` when rows were put."""

    work: Work
    deadline: float
    tell: Callable[[], Any] | None = None
    answer: Future[Any] = field(default_factory=Future)
    begun: bool = False

    @property
    def in_time(self) -> bool:
        """Whether somebody waits for it still."""
        return time.monotonic() <= self.deadline and not self.answer.cancelled()

    def begin(self) -> bool:
        """Claim it from whoever waits for it; False when they have given up."""
        if not self.begun and not self.answer.cancelled():
            self.begun = self.answer.set_running_or_notify_cancel()
        return self.begun

    def fail(self, error: BaseException) -> None:
        if self.begin():
            self.answer.set_exception(error)

    def finish(self, value: Any, *, put_any: bool) -> None:
        self.answer.set_result(value)
        if put_any and self.tell is not None:
            with suppress(RuntimeError):  # the event loop has ended meanwhile
                self.tell()


class Writer:
    """Runs works in `threads` threads, up to `group` of them in one commit."""

    def __init__(self, database: Database, unit: MakeUnit, *, threads: int, group: int) -> None:
        self._database = database
        self._unit = unit
        self._group = group
        self._tries = 1 if database.sqlite else TRIES  # one writer is in nobody's way but its own
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"store-write-{n}", daemon=True)
            for n in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        self._queue.put(job)

    def stop(self) -> None:
        """Finish what is queued, then end the threads."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        last = False
        while not last:
            jobs, last = self._take()
            waiting = self._do_together(jobs) if len(jobs) > 1 else jobs
            for job in waiting:
                self._do_alone(job)

    def _take(self) -> tuple[list[Job], bool]:
        """Wait for a job, then take what else is there; True when it is time to stop."""
        jobs: list[Job] = []
        item = self._queue.get()
        while item is not None:
            jobs.append(item)
            if len(jobs) == self._group:
                return jobs, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return jobs, False
        return jobs, True

    def _do_together(self, jobs: list[Job]) -> list[Job]:
        """One commit for all; gives back those that must be done again, each by itself."""
        ended: list[tuple[Job, Any, bool]] = []
        again: list[Job] = []
        try:
            with self._database.writing() as connection:
                for job in jobs:
                    if job.in_time and job.begin():
                        self._do_one_of_many(connection, job, ended, again)
                    elif not job.answer.cancelled():
                        again.append(job)
                self._database.commit(connection)
        except (SQLAlchemyError, StorageError):
            return jobs
        for job, value, put_any in ended:
            job.finish(value, put_any=put_any)
        return again

    def _do_one_of_many(
        self,
        connection: Connection,
        job: Job,
        ended: list[tuple[Job, Any, bool]],
        again: list[Job],
    ) -> None:
        unit = self._unit(connection)
        connection.exec_driver_sql("SAVEPOINT work")
        try:
            value = job.work(unit)
        except SQLAlchemyError:
            raise
        except Exception:  # noqa: BLE001 - done again alone, and told to the caller then
            connection.exec_driver_sql("ROLLBACK TO work")
            again.append(job)
        else:
            ended.append((job, value, unit.put_any))
        connection.exec_driver_sql("RELEASE work")

    def _do_alone(self, job: Job) -> None:
        try:
            value, put_any = self._try_until_done(job)
        except Exception as error:  # noqa: BLE001 - carried to the caller, whatever it is
            job.fail(error)
        else:
            job.finish(value, put_any=put_any)

    def _try_until_done(self, job: Job) -> tuple[Any, bool]:
        fault: StorageError = StoreUnavailable("timed_out")
        tries = 0
        while tries < self._tries and job.in_time:
            try:
                return self._try(job)
            except TryAgain as error:
                named = isinstance(error, (CaseExists, ConcurrentChange))
                fault, tries = error if named else StoreUnavailable("locked"), tries + 1
                time.sleep(random.uniform(0, _PAUSE * tries))  # noqa: S311 - no secret
            except StoreUnavailable as error:
                fault, tries = error, tries + job.begun
                if not _may_pass(error, tries):
                    raise
        raise fault

    def _try(self, job: Job) -> tuple[Any, bool]:
        with self._database.writing() as connection:
            if not job.begin():
                raise StoreUnavailable("timed_out")
            unit = self._unit(connection)
            value = job.work(unit)
            self._database.commit(connection)
        return value, unit.put_any


def _may_pass(error: StoreUnavailable, tries: int) -> bool:
    """A lock not yet ours; or a pooled connection found dead, once: a new one may be well."""
    return (error.code == "locked" and tries == 0) or (error.code == "gone" and tries == 1)
