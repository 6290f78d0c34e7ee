"""One process that serves: uvicorn around the application, until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
import time
from collections.abc import Iterator

import aiohttp
import structlog
import uvicorn
from slack_sdk.errors import SlackApiError

from bot import app as composition
from bot.settings import Settings, SettingsError

log = structlog.get_logger()
ENDINGS = (signal.SIGINT, signal.SIGTERM)
GRACE = 10
"""Seconds that requests under way may take when the process is told to end."""
YOUNG_OBJECTS = 10_000
"""How many new objects are let be before those no longer used are looked for (Python: 700)."""


def serve_until_ended(settings: Settings) -> None:
    """Serve on the settings' host and port. Raises StorageError or SettingsError at the start."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(settings))


def new_loop() -> asyncio.AbstractEventLoop:
    """The quickest event loop there is: uvloop, which Windows does not have."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def calm_collector() -> None:
    """Let the garbage collector leave alone what start-up made, which stays, and look less often.

    It took a sixth of the time of an answer.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


class Server(uvicorn.Server):
    """A server that ends when told, and leaves the rest of the process to end in order.

    uvicorn's own raises the signal again once it has stopped, which would end the process before
    what was begun after an acknowledgement is done and the database closed.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in ENDINGS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in ENDINGS:
                loop.remove_signal_handler(number)


async def _serve(settings: Settings) -> None:
    began = time.monotonic()
    async with composition.running(settings) as app:
        config = uvicorn.Config(
            app.asgi,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
        )
        server = Server(config)
        calm_collector()
        checking = asyncio.create_task(_check(app))
        log.info("serving", port=settings.port, seconds=round(time.monotonic() - began, 3))
        await server.serve()
        checking.cancel()
        await asyncio.gather(checking, return_exceptions=True)


async def _check(app: composition.Sharecheck) -> None:
    """Say early when the token is wrong; Slack being away does not stop us from starting."""
    try:
        await composition.check_workspace(app)
    except SettingsError as error:
        log.error("settings_wrong", problem=str(error))  # noqa: TRY400 - the words say it all
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("slack_not_reached", kind=type(error).__name__)
