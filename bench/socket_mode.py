"""Socket Mode beside HTTP: the same commands to the same process, over the one and the other."""

from __future__ import annotations

import contextlib
import http.client
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from bench.effort import Effort, Say
from bench.figures import Figure
from bench.installation import SECRET, install
from bench.load import Answer, run, send_all, sign
from bench.payloads import make_command
from bench.processes import LOOPBACK, Served, ask, free_port, python_module, serving
from bench.rounds import AT_ONCE, Commands
from bench.stage import Api, serving_api, serving_ours
from bench.walks import new_trigger, person

IDS = ("socket-command-32",)
CONNECT_WITHIN = 20.0
"""Seconds that the program may take to open its socket."""
ROUND_WITHIN = 60.0

Carry = Callable[[Sequence[bytes]], Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class Stage:
    """The chat API, our program with both transports, and what sends over its socket."""

    api: Api
    ours: Served
    sender: int

    def over_http(self, forms: Sequence[bytes]) -> Sequence[Answer]:
        requests = [sign(form, SECRET) for form in forms]
        return run(send_all(self.ours.port, requests, AT_ONCE))

    def over_socket(self, forms: Sequence[bytes]) -> Sequence[Answer]:
        """The sender is a process of its own; only its figures come here."""
        payloads = [dict(parse_qsl(form.decode(), keep_blank_values=True)) for form in forms]
        body = json.dumps({"payloads": payloads, "at_once": AT_ONCE})
        connection = http.client.HTTPConnection(LOOPBACK, self.sender, timeout=ROUND_WITHIN)
        with contextlib.closing(connection):
            connection.request("POST", "/bench/send", body)
            outcomes = json.loads(connection.getresponse().read())
        return [Answer(status, b"", sent_at, seconds) for status, sent_at, seconds in outcomes]


def measure(wanted: frozenset[str], effort: Effort, say: Say) -> list[Figure]:
    """Rounds of both in turns, so that a busy machine is busy for both."""
    say(f"measuring {', '.join(sorted(wanted))}")
    http_rates: list[float] = []
    socket_rates: list[float] = []
    with open_stage() as stage:
        for _ in range(effort.rounds):
            http_rates.append(_rate(stage, effort.commands, stage.over_http))
            socket_rates.append(_rate(stage, effort.commands, stage.over_socket))
    return [
        Figure(
            id="socket-command-32",
            what="/sharecheck over Socket Mode acked and its dialog opened, 32 at a time "
            "(floor: the same process over HTTP)",
            value=max(socket_rates),
            unit="commands/s",
            floor=max(http_rates),
            target=0.8,
            higher_is_better=True,
            of="ratio",
        )
    ]


def _rate(stage: Stage, count: int, carry: Carry) -> float:
    """Dialogs opened a second, from the first command to the last call."""
    stage.api.forget()
    triggers = [new_trigger() for _ in range(count)]
    answers = carry([make_command(person(n), t) for n, t in enumerate(triggers)])
    calls = {call.trigger: call.at for call in stage.api.wait_for("views.open", count)}
    sent = Commands(answers, [calls[t] for t in triggers if t in calls])
    if sent.unanswered:
        raise RuntimeError(f"{sent.unanswered} of {count} commands were not answered")
    return sent.a_second


@contextlib.contextmanager
def open_stage() -> Iterator[Stage]:
    """Start all three and wait for the socket; end them when the block is left."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sharecheck-bench-")))
        api = stack.enter_context(serving_api())
        sender = free_port()
        command = python_module("bench.socket_sender", sender)
        stack.enter_context(serving(command, sender, "/bench/alive"))
        ask(api.port, f"/bench/socket/{sender}")
        port = free_port()
        installation = install(folder, port, api.port)
        plain = installation.settings.read_text()
        installation.settings.write_text(f'slack_app_token = "xapp-bench"\n{plain}')
        ours = stack.enter_context(serving_ours(installation, port))
        _wait_until_connected(sender)
        yield Stage(api, ours, sender)


def _wait_until_connected(sender: int) -> None:
    until = time.monotonic() + CONNECT_WITHIN
    while not _is_connected(sender):
        if time.monotonic() > until:
            raise RuntimeError("the program opened no socket")
        time.sleep(0.02)


def _is_connected(sender: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, sender, timeout=CONNECT_WITHIN)
    with contextlib.closing(connection):
        connection.request("GET", "/bench/connected")
        return connection.getresponse().status == http.client.OK
