"""Load: requests signed beforehand, sent over kept connections, so many at a time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar, cast

import uvloop

from bench.processes import LOOPBACK

T = TypeVar("T")
SLACK_WAITS = 3.0
"""Seconds after which Slack gives up on an answer."""
_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status 0 when nothing did; when it was asked (Unix time), and how long."""

    status: int
    body: bytes
    asked_at: float
    seconds: float

    @property
    def well(self) -> bool:
        return self.status == 200


def sign(form: bytes, secret: str) -> bytes:
    """A whole HTTP request as Slack would send it now; its signature holds for five minutes."""
    stamp = str(int(time.time()))
    seal = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + form, hashlib.sha256).hexdigest()
    head = (
        "POST /slack/events HTTP/1.1\r\n"
        f"host: {LOOPBACK}\r\n"
        "user-agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        "accept: application/json,*/*\r\n"
        "content-type: application/x-www-form-urlencoded\r\n"
        f"x-slack-request-timestamp: {stamp}\r\n"
        f"x-slack-signature: v0={seal}\r\n"
        f"content-length: {len(form)}\r\n\r\n"
    )
    return head.encode() + form


class Line(asyncio.Protocol):
    """One kept connection: a request goes out, its answer comes in, then the next."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    async def ask(self, request: bytes) -> Answer:
        """Send one request; an answer that Slack would no longer wait for counts as none."""
        asked_at, began = time.time(), perf_counter()
        status, body = await self._exchange(request)
        return Answer(status, body, asked_at, perf_counter() - began)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        end = self._heard.find(_HEAD_ENDS)
        if end < 0:
            return
        head = self._heard[:end].lower()
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        whole = end + len(_HEAD_ENDS) + length
        if len(self._heard) >= whole:
            body = bytes(self._heard[whole - length : whole])
            del self._heard[:whole]
            self._finish(int(head[9:12]), body)

    def connection_lost(self, _error: Exception | None) -> None:
        self._finish(0, b"")

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._transport is None or self._transport.is_closing():
            return 0, b""
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        self._transport.write(request)
        # Closed, it has no answer. `asyncio.timeout` takes longer than all the rest of this.
        patience = loop.call_later(SLACK_WAITS, self._transport.abort)
        try:
            return await self._answer
        finally:
            patience.cancel()

    def _finish(self, status: int, body: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run the sender's side on the fastest loop there is, so that it is not what is measured."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def send_all(
    port: int, requests: Iterable[bytes], at_once: int, *, pause: float = 0, seconds: float = 20
) -> list[Answer]:
    """Send requests over `at_once` connections, each waiting for its answer before the next.

    Ends when all are sent or after `seconds`. `pause`: seconds that a connection rests after an
    answer.
    """
    queue, until = iter(requests), perf_counter() + seconds
    answers: list[Answer] = []

    async def keep_asking(line: Line) -> None:
        for request in queue:
            answers.append(await line.ask(request))
            if pause:
                await asyncio.sleep(pause)
            if perf_counter() > until:
                return

    await _with_lines(port, at_once, keep_asking)
    return answers


async def send_each(
    port: int, at_once: int, journeys: Iterable[Callable[[Line], Coroutine[Any, Any, None]]]
) -> None:
    """Let journeys of several requests go over `at_once` connections."""
    queue = iter(journeys)

    async def keep_going(line: Line) -> None:
        for journey in queue:
            await journey(line)

    await _with_lines(port, at_once, keep_going)


async def _with_lines(
    port: int, count: int, work: Callable[[Line], Coroutine[Any, Any, None]]
) -> None:
    loop = asyncio.get_running_loop()
    lines = [(await loop.create_connection(Line, LOOPBACK, port))[1] for _ in range(count)]
    try:
        await asyncio.gather(*(work(line) for line in lines))
    finally:
        for line in lines:
            line.close()
