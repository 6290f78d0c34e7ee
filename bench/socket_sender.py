"""Slack's end of a socket, which sends envelopes so many at a time, in a process of its own.

Run as `python -m bench.socket_sender <port>`. The program connects to `/link`. Under `/bench/` it
is told what to send, and says what came back: `[status, when sent (Unix time), seconds]` each.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import uvloop
from aiohttp import WSMsgType, web

from bench.load import SLACK_WAITS
from bench.processes import LOOPBACK

Outcome = tuple[int, float, float]
_LARGEST = 16_000_000
"""Bytes of the payloads of one round."""


class Sender:
    """The connections that are there, and the envelopes that have no acknowledgement yet."""

    def __init__(self) -> None:
        self._connections: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._numbers = itertools.count(1)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """One socket of the program's, until it closes it."""
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_json({"type": "hello", "num_connections": 1})
        self._connections.append(ws)
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                self._acknowledge(message.data)
        self._connections.remove(ws)
        return ws

    async def tell(self, _request: web.Request) -> web.Response:
        """200 once the program is connected."""
        return web.json_response(True, status=200 if self._connections else 503)

    async def send(self, request: web.Request) -> web.Response:
        """Send `payloads`, `at_once` at a time."""
        asked = await request.json()
        envelopes = iter([self._put_in(payload) for payload in asked["payloads"]])
        outcomes: list[Outcome] = []
        await asyncio.gather(
            *(self._keep_sending(envelopes, outcomes) for _ in range(asked["at_once"]))
        )
        return web.json_response(outcomes)

    def _put_in(self, payload: Any) -> tuple[str, str]:
        name = f"envelope-{next(self._numbers)}"
        envelope = {
            "envelope_id": name,
            "type": "slash_commands",
            "accepts_response_payload": True,
            "payload": payload,
        }
        return name, json.dumps(envelope)

    async def _keep_sending(
        self, envelopes: Iterator[tuple[str, str]], outcomes: list[Outcome]
    ) -> None:
        for name, text in envelopes:
            outcomes.append(await self._send_one(name, text))

    async def _send_one(self, name: str, text: str) -> Outcome:
        """An acknowledgement that Slack would no longer wait for counts as none."""
        waiting = self._waiting[name] = asyncio.get_running_loop().create_future()
        sent_at, began = time.time(), perf_counter()
        try:
            await self._connections[0].send_str(text)
            async with asyncio.timeout(SLACK_WAITS):
                await waiting
        except (TimeoutError, ConnectionError, IndexError):
            return 0, sent_at, perf_counter() - began
        finally:
            del self._waiting[name]
        return 200, sent_at, perf_counter() - began

    def _acknowledge(self, text: str) -> None:
        waiting = self._waiting.get(json.loads(text)["envelope_id"])
        if waiting is not None and not waiting.done():
            waiting.set_result(None)


async def serve(port: int) -> None:
    """Answer until the process is ended."""
    sender = Sender()
    app = web.Application(client_max_size=_LARGEST)
    app.add_routes(
        [
            web.get("/link", sender.take),
            web.get("/bench/connected", sender.tell),
            web.get("/bench/alive", _say_alive),
            web.post("/bench/send", sender.send),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    await asyncio.Event().wait()


async def _say_alive(_request: web.Request) -> web.Response:
    return web.json_response(True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as run:
        run.run(serve(int(sys.argv[1])))
