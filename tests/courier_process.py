"""A process that delivers the outbox of a pretend school until it is killed.

Run as `python -m tests.courier_process <folder of the school> <address of the pretend Slack>`. All
waits are a tenth of the product's and stand in the same order: timeout, pause in doubt, lease.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from bot import app as composition
from bot.demo_school import pretend_settings
from handlers import delivery

TIMEOUT = 0.4
DOUBT_PAUSE = timedelta(seconds=1.2)
LEASE = timedelta(seconds=4)


async def deliver(folder: Path, address: str) -> None:
    async with composition.running(pretend_settings(folder, address)) as app:
        app.courier.doubt_pause = DOUBT_PAUSE
        sys.stdout.write("delivering\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main(folder: str, address: str) -> None:
    composition.API_TIMEOUT = TIMEOUT
    delivery.LEASE = LEASE
    delivery.backoff = lambda attempts: min(1.0, 0.1 * attempts)
    composition.start_logging("error")
    asyncio.run(deliver(Path(folder), address))


if __name__ == "__main__":
    main(*sys.argv[1:])
