"""Serving ASGI applications for a test: uvicorn's protocol, without its pauses at the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from uvicorn.server import ServerState

LOOPBACK = "127.0.0.1"
GRACE = 1.0
"""Seconds that what is under way at the end may take; only what a test slowed takes longer."""


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve on a free port of this machine and give the address; tells the app of it and its end.

    What is under way at the end gets its answer; streams end when `app.state.stopping` is set.
    """
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(config=config, server_state=state, app_state={}),
        LOOPBACK,
        0,
    )
    address = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    app.state.base_url = address
    async with app.router.lifespan_context(app):
        try:
            yield address
        finally:
            if stopping := getattr(app.state, "stopping", None):
                stopping.set()
            await _close(server, state)


async def _close(server: asyncio.Server, state: ServerState) -> None:
    server.close()
    for connection in list(state.connections):
        connection.shutdown()
    if state.tasks:
        await asyncio.wait(state.tasks, timeout=GRACE)
    for connection in list(state.connections):
        connection.transport.abort()
