"""A chat API that takes everything at once, in a process of its own: it must never be the brake.

Run as `python -m bench.chat_api <port>`. Under `/api/` it answers as Slack's Web API would when all
is well; under `/bench/` it tells what it was called with, and takes a delay for every answer.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import uvloop

from bench.installation import DEPUTY, DSL, TEAM
from bench.processes import LOOPBACK

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_USER = re.compile(rb"user=([A-Z0-9]+)")
_TRIGGER = re.compile(rb'"trigger_id": ?"([^"]+)"')
_KEY = re.compile(rb'"key": ?"([^"]+)"')
_ME: Mapping[str, Any] = {"team_id": TEAM, "user_id": "U0BENCHBOT", "bot_id": "B0BENCHBOT"}

Call = tuple[str, float, bytes]
"""A method, when it was called (Unix time), and the body."""


class Listener:
    """What was called since it was last told to forget, and what to answer."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.delay = 0.0
        self._numbers: Iterator[int] = itertools.count(1)
        self._fixed: dict[str, bytes] = {
            method: as_answer({"ok": True, **answer}) for method, answer in _ANSWERS.items()
        }

    def answer(self, path: str, body: bytes) -> bytes:
        """The whole HTTP answer to a call; it is remembered with the moment it arrived."""
        method, _, query = path.removeprefix("/api/").partition("?")
        self.calls.append((method, time.time(), body))
        if method == "chat.postMessage":
            ts = f"1700000000.{next(self._numbers):06d}"
            return as_answer({"ok": True, "channel": "C0BENCH", "ts": ts, "message": {}})
        if method == "users.info":
            found = _USER.search(query.encode() + body)
            user = found[1].decode() if found else DSL
            return as_answer({"ok": True, "user": {"id": user, "team_id": TEAM, "name": "dsl"}})
        return self._fixed.get(method, self._fixed[""])

    def tell(self, path: str) -> bytes:
        """`/bench/…`: `counts`, `calls`, `views`, `forget`, `delay/<milliseconds>`.

        `socket/<port>` says where sockets are taken.
        """
        what, _, number = path.removeprefix("/bench/").partition("/")
        if what == "delay":
            self.delay = int(number) / 1000
        elif what == "socket":
            url = f"ws://{LOOPBACK}:{number}/link"
            self._fixed["apps.connections.open"] = as_answer({"ok": True, "url": url})
        elif what == "forget":
            self.calls.clear()
        told: Mapping[str, Callable[[], Any]] = {
            "counts": lambda: Counter(method for method, _, _ in self.calls),
            "calls": lambda: [
                (m, at, _found(_TRIGGER, b), _found(_KEY, b)) for m, at, b in self.calls
            ],
            "views": lambda: [json.loads(b) for m, _, b in self.calls if m == "views.open"],
        }
        return as_answer(told.get(what, lambda: True)())


class Caller(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._heard = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while (end := self._heard.find(_HEAD_ENDS)) >= 0:
            head = bytes(self._heard[:end])
            length = _LENGTH.search(head)
            whole = end + len(_HEAD_ENDS) + (int(length[1]) if length else 0)
            if len(self._heard) < whole:
                return
            body = bytes(self._heard[end + len(_HEAD_ENDS) : whole])
            del self._heard[:whole]
            self._reply(head.split(b" ", 2)[1].decode(), body)

    def _reply(self, path: str, body: bytes) -> None:
        if path.startswith("/bench/"):
            self._transport.write(self._listener.tell(path))
            return
        answer = self._listener.answer(path, body)
        if self._listener.delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self._listener.delay, self._transport.write, answer)
        else:
            self._transport.write(answer)


_ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "": {},
    "auth.test": {**_ME, "url": "https://bench.invalid/", "team": "Bench", "user": "sharecheck"},
    "views.open": {"view": {"id": "V0BENCH", "hash": "1.bench"}},
    "views.update": {"view": {"id": "V0BENCH", "hash": "2.bench"}},
    "chat.update": {"channel": "C0BENCH", "ts": "1700000000.000001"},
    "conversations.open": {"channel": {"id": "D0BENCH"}},
    "conversations.members": {"members": [DSL, DEPUTY]},
}


def as_answer(content: Any) -> bytes:
    """A whole HTTP answer with JSON in it."""
    body = json.dumps(content).encode()
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def _found(pattern: re.Pattern[bytes], body: bytes) -> str | None:
    found = pattern.search(body)
    return found[1].decode() if found else None


async def answer_calls(port: int) -> None:
    """Answer until the process is ended."""
    loop = asyncio.get_running_loop()
    listener = Listener()
    server = await loop.create_server(lambda: Caller(listener), LOOPBACK, port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(answer_calls(int(sys.argv[1])))
