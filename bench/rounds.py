"""One round of load on one program, and what came of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Protocol, TypeVar

from bench.bare_database import BareDatabase
from bench.effort import Effort
from bench.installation import SECRET
from bench.load import Answer, Line, run, send_all, send_each, sign
from bench.payloads import make_command
from bench.processes import LOOPBACK, Served
from bench.stage import Call, Stage
from bench.walks import new_trigger, person

T = TypeVar("T")
AT_ONCE = 32
BREATH = 0.002
"""Seconds between requests that come one at a time: what an answer left to do is then done."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands sent: their answers, and when the dialog of each was called for (Unix time)."""

    answers: Sequence[Answer]
    opened: Sequence[float]

    @property
    def a_second(self) -> float:
        """Dialogs opened a second, from the first question to the last call."""
        began = min(answer.asked_at for answer in self.answers)
        return len(self.opened) / (max(self.opened, default=began) - began + 1e-9)

    @property
    def unanswered(self) -> int:
        return sum(not answer.well for answer in self.answers)

    @property
    def slowest(self) -> float:
        """Seconds until the last answer."""
        return max(answer.seconds for answer in self.answers)

    @property
    def slowest_opened(self) -> float:
        """Seconds until the last dialog was called for; infinite when one never was."""
        if len(self.opened) < len(self.answers):
            return float("inf")
        return max(self.opened) - min(answer.asked_at for answer in self.answers)


class Sides(Protocol):
    """A stage with our program and a floor on it."""

    @property
    def ours(self) -> Served: ...

    @property
    def hello(self) -> Served: ...


def take_turns(
    stage: Sides, effort: Effort, one_round: Callable[[Served], T]
) -> tuple[list[T], list[T]]:
    """Rounds of ours and of the floor in turns, so that a busy machine is busy for both."""
    ours: list[T] = []
    hello: list[T] = []
    for _ in range(effort.rounds):
        hello.append(one_round(stage.hello))
        ours.append(one_round(stage.ours))
    return ours, hello


def send_commands(stage: Stage, to: Served, count: int, at_once: int, pause: float = 0) -> Commands:
    """Send `/sharecheck` so often; ends when all dialogs are called for, or 5 s later."""
    stage.api.forget()
    triggers = [new_trigger() for _ in range(count)]
    requests = [sign(make_command(person(n), t), SECRET) for n, t in enumerate(triggers)]
    answers = run(send_all(to.port, requests, at_once, pause=pause))
    calls = {call.trigger: call.at for call in stage.api.wait_for("views.open", count)}
    return Commands(answers, [calls[t] for t in triggers if t in calls])


def answered_a_second(to: Served, forms: Sequence[bytes]) -> float:
    """Send forms 32 at a time; how many were answered well in a second."""
    requests = [sign(form, SECRET) for form in forms]
    began = perf_counter()
    answers = run(send_all(to.port, requests, AT_ONCE))
    return sum(answer.well for answer in answers) / (perf_counter() - began)


def recorded_a_second(stage: Stage, forms: Sequence[bytes]) -> float:
    """Hand in finished walks 32 at a time; how many cases are in the database for each second."""
    before = len(recorded(stage))
    requests = [sign(form, SECRET) for form in forms]
    began = perf_counter()
    run(send_all(stage.ours.port, requests, AT_ONCE))
    seconds = perf_counter() - began
    return (len(recorded(stage)) - before) / seconds


def recorded(stage: Stage) -> dict[str, float]:
    """The cases in the database, each with when it was written (Unix time), just before commit."""
    return recorded_in(stage.installation.database)


def recorded_in(database: Path) -> dict[str, float]:
    """The same, of any SQLite database."""
    file = f"file:{database}?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as connection:
        rows = connection.execute("SELECT id, created_at FROM cases").fetchall()
    return {case: datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() for case, at in rows}


def delays_to_call(stage: Stage) -> list[float]:
    """Seconds from each case's writing to the first message about it, of all since `forget`."""
    written = recorded(stage)
    first: dict[str, float] = {}
    for call in stage.api.calls("chat.postMessage"):
        first.setdefault(_case_of(call), call.at)
    return [at - written[case] for case, at in first.items()]


def bare_delays(stage: Stage, bare: BareDatabase, count: int) -> list[float]:
    """Seconds that a bare commit and a bare call of the chat API take, one after the other."""
    request = (
        f"POST /api/chat.postMessage HTTP/1.1\r\nhost: {LOOPBACK}\r\ncontent-length: 2\r\n\r\n{{}}"
    )
    began: list[float] = []

    async def commit_and_call(line: Line) -> None:
        for _ in range(count):
            began.append(time.time())
            bare.commit_one()
            await line.ask(request.encode())

    stage.api.forget()
    run(send_each(stage.api.port, 1, [commit_and_call]))
    arrived = [call.at for call in stage.api.wait_for("chat.postMessage", count)]
    return [there - then for then, there in zip(began, arrived, strict=True)]


def middle_ms(seconds: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return median(seconds) * 1000


def _case_of(call: Call) -> str:
    """A message's key begins with its case's id."""
    return str(call.key).partition(":")[0]
