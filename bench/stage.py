"""What the load is sent to: our program and the floor, side by side, and the chat API they call."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.installation import SECRET, Installation, install
from bench.processes import LOOPBACK, Served, ask, free_port, python_module, serving

_QUIET = 0.4
"""Seconds without a call after which nothing more is under way."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the chat API took: when (Unix time), and what it was about."""

    method: str
    at: float
    trigger: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Api:
    """The chat API's process, asked about what it was called with."""

    port: int

    def forget(self) -> None:
        ask(self.port, "/bench/forget")

    def delay(self, milliseconds: int) -> None:
        """Let every answer take so long from now on."""
        ask(self.port, f"/bench/delay/{milliseconds}")

    def counts(self) -> dict[str, int]:
        """How often each method was called since `forget`."""
        counted: dict[str, int] = ask(self.port, "/bench/counts")
        return counted

    def calls(self, method: str) -> list[Call]:
        """Calls of one method since `forget`."""
        told = (Call(*one) for one in ask(self.port, "/bench/calls"))
        return [call for call in told if call.method == method]

    def views(self) -> dict[str, Any]:
        """The dialogs opened since `forget`, by trigger."""
        return {one["trigger_id"]: one["view"] for one in ask(self.port, "/bench/views")}

    def wait_for(self, method: str, count: int, seconds: float = 5.0) -> list[Call]:
        """The calls of a method once there are `count`, or what there is after `seconds`."""
        until = time.monotonic() + seconds
        while self.counts().get(method, 0) < count:
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        return self.calls(method)

    def wait_until_quiet(self, seconds: float = 20.0) -> None:
        """Until no call has come for a moment, at most `seconds`."""
        until, before = time.monotonic() + seconds, -1
        while (now := sum(self.counts().values())) != before:
            if time.monotonic() > until:
                return
            before = now
            time.sleep(_QUIET)


@dataclass(frozen=True, slots=True)
class Stage:
    api: Api
    ours: Served
    hello: Served
    installation: Installation
    folder: Path


@contextlib.contextmanager
def open_stage() -> Iterator[Stage]:
    """Start the chat API, our program and the floor; end all three when the block is left."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sharecheck-bench-")))
        api = stack.enter_context(serving_api())
        port = free_port()
        installation = install(folder, port, api.port)
        ours = stack.enter_context(serving_ours(installation, port))
        hello = stack.enter_context(serving_hello(api))
        yield Stage(api, ours, hello, installation, folder)


@contextlib.contextmanager
def serving_api() -> Iterator[Api]:
    """The chat API in a process of its own."""
    port = free_port()
    with serving(python_module("bench.chat_api", port), port, "/bench/counts"):
        yield Api(port)


@contextlib.contextmanager
def serving_ours(installation: Installation, port: int) -> Iterator[Served]:
    """`sharecheck serve`, as installed beside this Python, ready to take work."""
    program = Path(sys.executable).with_name("sharecheck")
    command = [str(program), "serve", "--config", str(installation.settings)]
    with serving(command, port, "/readyz") as ours:
        yield ours


@contextlib.contextmanager
def serving_hello(api: Api) -> Iterator[Served]:
    """The hello-world app, which calls the same API."""
    port, api_url = free_port(), f"http://{LOOPBACK}:{api.port}/api/"
    with serving(python_module("bench.floor", port, api_url, SECRET), port, "/readyz") as hello:
        yield hello
