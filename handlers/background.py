"""Work that goes on once the platform has its answer: kept, awaited at the end, never silent."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.chat import DeliveryError
from bot.refusals import Refusal
from bot.rules import UnknownAnswer
from handlers.trouble import note_fault, refuse

GRACE = 10.0
"""Seconds that work under way may take at the end."""

log = structlog.get_logger()


@dataclass
class Background:
    """Tasks that nobody waits for while the process runs."""

    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something soon; the task is kept, and awaited at the end."""
        task = asyncio.create_task(_guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for what is still under way, ten seconds at most; then cancel it and log how many.

        What may be lost so is in no outbox: words to somebody whom the platform cannot reach now.
        """
        now = asyncio.get_running_loop().time
        end = now() + GRACE
        while self._tasks and now() < end:
            await asyncio.wait(self._tasks, timeout=end - now())
        if late := set(self._tasks):
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            log.warning("not_finished", count=len(late))


async def _guard(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except DeliveryError as error:
        log.warning("chat_call_failed", code=getattr(error, "code", ""))
    except (Refusal, UnknownAnswer) as problem:
        refuse(problem, None)
    except Exception as problem:  # noqa: BLE001 - the edge: nobody above would hear of it
        note_fault(problem)
