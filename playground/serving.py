"""Serving an ASGI application on this machine, within the loop that is running."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn

LOOPBACK = "127.0.0.1"
GRACE = 5
TICK = 0.1


class _QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever runs the loop, and ends as soon as it is told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        ticks = itertools.count()
        while not await self.on_tick(next(ticks)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self.ending.wait()

    def end(self) -> None:
        """Take no more requests, answer those that are there, and stop."""
        self.should_exit = True
        self.ending.set()


@contextlib.asynccontextmanager
async def running(app: Any, port: int = 0) -> AsyncIterator[str]:
    """Serve an application on 127.0.0.1 and give its address, such as `http://127.0.0.1:54321`.

    Port 0 takes a free one. Sets `app.state.base_url`, and `app.state.stopping` at the end, where
    the application has a state. Raises RuntimeError when it does not start.
    """
    listener = _listen(port)
    address = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    state = getattr(app, "state", None)
    if state is not None:
        state.base_url = address
    server = _QuietServer(_configure(app))
    serving = asyncio.create_task(_serve(server, listener))
    try:
        await _until_started(server, serving)
        yield address
    finally:
        _announce_end(state)
        server.end()
        await serving
        listener.close()


def _listen(port: int) -> socket.socket:
    # The protocol is named, since asyncio sends small answers at once (TCP_NODELAY) only then.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return listener


def _configure(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=GRACE,
    )


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until the end. An application that fails at its start must not end the process."""
    with contextlib.suppress(SystemExit):
        await server.serve(sockets=[listener])


async def _until_started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started:
        if serving.done():
            raise RuntimeError("the application did not start")
        await asyncio.sleep(0.005)


def _announce_end(state: Any) -> None:
    stopping = getattr(state, "stopping", None)
    if isinstance(stopping, asyncio.Event):
        stopping.set()
