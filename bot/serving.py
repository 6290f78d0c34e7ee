"""One process that serves: uvicorn around the application, until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp
import structlog
import uvicorn
from slack_sdk.errors import SlackApiError

from bot import app as composition
from bot.chat import NotNow
from bot.settings import Settings, SettingsError
from handlers.trouble import note_end

log = structlog.get_logger()
ENDINGS = (signal.SIGINT, signal.SIGTERM)
CHECKED_AGAIN = 60.0
"""Seconds after which the token is tried again, where Slack could not be asked."""
GRACE = 10
"""Seconds that requests under way may take when the process is told to end."""
BACKLOG = 2048
"""Connections that may wait to be taken."""
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

    def __init__(self, config: uvicorn.Config, when_begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_begun = when_begun

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

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_begun()


def listen(host: str, port: int) -> socket.socket:
    """Take an address for ourselves. Raises SettingsError naming the key that does not do."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # The protocol is named, since asyncio sends small answers at once (TCP_NODELAY) only then.
        listener = socket.socket(family, kind, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError as error:
        raise SettingsError(f"host: {host} is no address to listen on ({error.strerror})") from None
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(_explain_refusal(host, port, error)) from None
    return listener


def _explain_refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port: {port} on {host} is taken by another program. End that one, or give another "
            f"port here and to the proxy in front."
        )
    if error.errno == errno.EACCES:
        return f"port: {port} on {host} is not allowed; give one above 1023"
    return f"host: cannot listen on {host}, port {port} ({error.strerror})"


async def _serve(settings: Settings) -> None:
    began = time.monotonic()
    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        await _serve_on(listener, settings, began)


async def _serve_on(listener: socket.socket, settings: Settings, began: float) -> None:
    def say_begun() -> None:
        seconds = round(time.monotonic() - began, 3)
        port = listener.getsockname()[1]
        platforms = [str(platform) for platform in settings.platforms]
        over = settings.transports
        log.info("serving", port=port, platforms=platforms, over=over, seconds=seconds)

    async with composition.running(settings) as app:
        config = uvicorn.Config(
            app.asgi,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
        )
        calm_collector()
        async with watching(app):
            await Server(config, say_begun).serve(sockets=[listener])


@contextlib.asynccontextmanager
async def watching(app: composition.Sharecheck) -> AsyncIterator[None]:
    """Look at the tokens meanwhile; a fault of that is logged, and nothing else ends for it."""
    tasks = [asyncio.create_task(watch_token(app)), asyncio.create_task(watch_login(app))]
    for task in tasks:
        task.add_done_callback(note_end)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def watch_login(app: composition.Sharecheck, again: float = CHECKED_AGAIN) -> None:
    """Say early when Entra does not take the app; while it is away, ask again, as of Slack."""
    said = False
    while app.teams is not None:
        try:
            await app.teams.check()
        except SettingsError as error:
            log.error("settings_wrong", problem=str(error))  # noqa: TRY400 - the words say it all
            return
        except NotNow as error:
            if not said:
                log.warning("entra_not_reached", code=error.code)
            said = True
        else:
            return
        await asyncio.sleep(again)


async def watch_token(app: composition.Sharecheck, again: float = CHECKED_AGAIN) -> None:
    """Say early when the token is wrong; while Slack is away, ask again every `again` seconds."""
    said = False
    while app.slack is not None:
        try:
            await app.slack.check()
        except SettingsError as error:
            log.error("settings_wrong", problem=str(error))  # noqa: TRY400 - the words say it all
            return
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            if not said:
                log.warning("slack_not_reached", kind=type(error).__name__)
            said = True
        else:
            return
        await asyncio.sleep(again)
