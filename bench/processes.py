"""Processes of their own: started, waited for, measured, and always ended by their id."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

LOOPBACK = "127.0.0.1"
START_WITHIN = 30.0
"""Seconds that a process may take before it answers."""
END_WITHIN = 15.0
_LOOK_AGAIN = 0.004
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Served:
    """A process that answers on a port, and the seconds from its start until it was ready."""

    port: int
    process: subprocess.Popen[bytes]
    seconds: float

    @property
    def resident_mb(self) -> float:
        """Memory that the process holds now, in MB (10^6 bytes)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if status.is_file():
            return int(status.read_text().split("VmRSS:")[1].split()[0]) * 1024 / 1e6
        command = ["ps", "-o", "rss=", "-p", str(self.process.pid)]  # where there is no /proc
        return int(subprocess.run(command, check=True, capture_output=True).stdout) * 1024 / 1e6


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


def python_module(module: str, *arguments: object) -> list[str]:
    """The command that runs one of our modules in this environment."""
    return [sys.executable, "-m", module, *map(str, arguments)]


@contextlib.contextmanager
def serving(
    command: Sequence[str], port: int, ready: str, variables: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Start a program and wait until `ready` answers 200; end it when the block is left.

    `variables` are added to its environment. Raises RuntimeError with what the program said when it
    ends, or takes too long, before that.
    """
    with tempfile.TemporaryFile() as said:
        began = perf_counter()
        environment = {**_plain_environment(), **(variables or {})}
        process = subprocess.Popen(command, cwd=_ROOT, stdout=said, stderr=said, env=environment)
        try:
            while not _answers(port, ready):
                if process.poll() is not None or perf_counter() - began > START_WITHIN:
                    said.seek(0)
                    raise RuntimeError(f"{command} did not start: {said.read().decode()[-2000:]}")
                sleep(_LOOK_AGAIN)
            yield Served(port, process, perf_counter() - began)
        finally:
            _end(process)


def ask(port: int, path: str, method: str = "GET", seconds: float = 10.0) -> Any:
    """The JSON that a server on this machine answers. Raises OSError when there is none."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=seconds)
    try:
        connection.request(method, path)
        return json.loads(connection.getresponse().read() or b"null")
    finally:
        connection.close()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=START_WITHIN)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _plain_environment() -> dict[str, str]:
    """The settings of whoever runs the bench are not those of what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SHARECHECK_")}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
