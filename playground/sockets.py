"""Socket Mode from Slack's side: one-use addresses, envelopes and their acknowledgements."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from aiohttp import WSMsgType, web

from playground.courier import FORM, JSON, PATIENCE, Reply
from playground.residents import Json, SlackRefusalError

LOOPBACK = "127.0.0.1"
MOST_CONNECTIONS = 10
LIFE = 3600
"""Seconds that a connection may live, as hello says; tests end it when they like."""
HEARTBEAT = 15.0
LARGEST_MESSAGE = 1_000_000
ENVELOPES_KEPT = 1_000
_ANSWERED_IN_PAYLOAD = frozenset({"view_submission", "block_suggestion"})


@dataclass(eq=False)
class _Connection:
    """One of the app's sockets, and the envelopes on it that have no acknowledgement yet."""

    ws: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    is_leaving: bool = False

    def break_off(self) -> None:
        """End it as a cut cable would: without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()
        self.fail_waiting()

    def fail_waiting(self) -> None:
        for acknowledged in self.waiting.values():
            if not acknowledged.done():
                acknowledged.set_exception(ConnectionResetError())


@dataclass(slots=True)
class Mishaps:
    """What is to go wrong with the next n envelopes."""

    cut_on_delivery: int = 0
    """The connection breaks when they are on their way, before they can be acknowledged."""
    lose_acks: int = 0
    """The connection breaks as their acknowledgement arrives, which then counts for nothing."""
    send_twice: int = 0
    """They are sent twice on the same connection."""


class Sockets:
    """The app's sockets, and the carrier over them, for an app in Socket Mode.

    Serves on a port of 127.0.0.1 of its own, while `serving`.
    """

    def __init__(self, app_id: str, note_fault: Callable[[str], None]) -> None:
        self.patience = PATIENCE
        self.mishaps = Mishaps()
        self.delivered: deque[Json] = deque(maxlen=ENVELOPES_KEPT)
        """The envelopes that were sent last, as they were sent."""
        self.issued = 0
        """How many addresses were given out."""
        self._app_id = app_id
        self._note_fault = note_fault
        self._address = ""
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._turns = itertools.count()
        self._changed = asyncio.Event()

    # Addresses and connections

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Take connections at addresses that `issue_url` gave out."""
        server = web.Application()
        server.router.add_get("/link/", self._take)
        runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, 0).start()
        self._address = f"ws://{LOOPBACK}:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            self._address = ""
            self.cut()
            await runner.cleanup()

    def issue_url(self) -> str:
        """An address that takes one connection. Refused with `internal_error` when not serving."""
        if not self._address:
            raise SlackRefusalError("internal_error")
        ticket = token_urlsafe(18)
        self.issued += 1
        self._tickets.add(ticket)
        return f"{self._address}/link/?ticket={ticket}&app_id={self._app_id}"

    @property
    def count(self) -> int:
        """How many connections the app has."""
        return len(self._connections)

    async def until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        """Wait for a state of the connections. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not holds():
                await self._changed.wait()

    def cut(self) -> None:
        """Break every connection, without a word."""
        for connection in list(self._connections):
            self._break_off(connection)

    async def say_goodbye(self, reason: str = "refresh_requested") -> None:
        """Tell each connection to go, as Slack does about hourly; things still come on it."""
        for connection in list(self._connections):
            connection.is_leaving = True
            await connection.ws.send_json({"type": "disconnect", "reason": reason, **_DEBUG})

    async def hang_up(self) -> None:
        """Close the connections that were told to go, once everything on them is answered."""
        leaving = [connection for connection in self._connections if connection.is_leaving]
        await asyncio.gather(*(self._retire(connection) for connection in leaving))

    async def _retire(self, connection: _Connection) -> None:
        self._connections.remove(connection)
        if connection.waiting:
            await asyncio.wait(connection.waiting.values(), timeout=self.patience)
        await connection.ws.close()
        self._tell_of_change()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LARGEST_MESSAGE)
        await ws.prepare(request)
        if self.count >= MOST_CONNECTIONS:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets", **_DEBUG})
            await ws.close()
            return ws
        await self._serve(_Connection(ws, request))
        return ws

    async def _serve(self, connection: _Connection) -> None:
        self._connections.append(connection)
        await connection.ws.send_json(
            {
                "type": "hello",
                "num_connections": self.count,
                "debug_info": {
                    "host": "applink-pretend",
                    "approximate_connection_time": LIFE,
                },
                "connection_info": {"app_id": self._app_id},
            }
        )
        self._tell_of_change()
        try:
            async for message in connection.ws:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(connection, message.data)
        finally:
            self._forget(connection)

    def _break_off(self, connection: _Connection) -> None:
        connection.break_off()
        self._forget(connection)

    def _forget(self, connection: _Connection) -> None:
        connection.fail_waiting()
        if connection in self._connections:
            self._connections.remove(connection)
            self._tell_of_change()

    def _tell_of_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # Envelopes

    async def send(
        self, body: bytes, *, content_type: str = FORM, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send in an envelope what would be a request's body; no answer in three seconds fails.

        `headers` may carry Slack's word of a retry, as over HTTP.
        """
        envelope = _put_in_envelope(body, content_type, headers or {})
        if not self._connections:
            return Reply(None, failure="dispatch_failed")
        connection = self._connections[next(self._turns) % self.count]
        try:
            said = await self._deliver(connection, envelope)
        except TimeoutError:
            return Reply(None, failure="operation_timeout")
        except ConnectionError:
            return Reply(None, failure="dispatch_failed")
        return self._read_answer(envelope, said)

    async def send_event(self, body: bytes, delays: Iterable[float]) -> Reply:
        """Send an event, and again after each delay in seconds until the app takes it."""
        reply = await self.send(body, content_type=JSON)
        for number, delay in enumerate(delays, start=1):
            if reply.failure is None:
                break
            await asyncio.sleep(delay)
            again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "timeout"}
            reply = await self.send(body, content_type=JSON, headers=again)
        return reply

    async def _deliver(self, connection: _Connection, envelope: Json) -> Json:
        """What the app said to it. Raises TimeoutError, or ConnectionError when cut off."""
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = acknowledged
        self.delivered.append(envelope)
        try:
            for _ in range(1 + _take_one(self.mishaps, "send_twice")):
                await connection.ws.send_json(envelope)
            if _take_one(self.mishaps, "cut_on_delivery"):
                self._break_off(connection)
            async with asyncio.timeout(self.patience):
                return await acknowledged
        finally:
            del connection.waiting[envelope["envelope_id"]]

    def _acknowledge(self, connection: _Connection, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        if not isinstance(said, dict) or "envelope_id" not in said:
            self._note_fault(f"socket: what the app said is no acknowledgement: {text[:80]!r}")
            return
        if _take_one(self.mishaps, "lose_acks"):
            self._break_off(connection)
            return
        acknowledged = connection.waiting.get(said["envelope_id"])
        if acknowledged is not None and not acknowledged.done():
            acknowledged.set_result(said)

    def _read_answer(self, envelope: Json, said: Json) -> Reply:
        payload = said.get("payload")
        if payload and not envelope["accepts_response_payload"]:
            self._note_fault(f"socket: an answer to {envelope['type']}, which takes none")
        text = json.dumps(payload) if payload else ""
        return Reply(HTTPStatus.OK, text, JSON if payload else "")


_DEBUG: Json = {"debug_info": {"host": "applink-pretend"}}


def _put_in_envelope(body: bytes, content_type: str, headers: Mapping[str, str]) -> Json:
    if content_type == JSON:
        return {
            "envelope_id": str(uuid4()),
            "type": "events_api",
            "accepts_response_payload": False,
            "payload": json.loads(body),
            "retry_attempt": int(headers.get("X-Slack-Retry-Num", 0)),
            "retry_reason": headers.get("X-Slack-Retry-Reason", ""),
        }
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    payload: Any = json.loads(form["payload"]) if "payload" in form else form
    takes = "payload" not in form or payload.get("type") in _ANSWERED_IN_PAYLOAD
    return {
        "envelope_id": str(uuid4()),
        "type": "interactive" if "payload" in form else "slash_commands",
        "accepts_response_payload": takes,
        "payload": payload,
    }


def _take_one(mishaps: Mishaps, name: str) -> bool:
    """Use up one mishap of a kind, if there is one left."""
    left = int(getattr(mishaps, name))
    if left:
        setattr(mishaps, name, left - 1)
    return left > 0
