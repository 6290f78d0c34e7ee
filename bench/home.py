"""How fast the home page is drawn for a school with ten thousand cases: from the event in to the
call that shows it, over signed HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from time import perf_counter, time
from typing import Any

from bench import school_years
from bench.chat_api import Caller, Listener
from bench.effort import FULL, Effort, Say
from bench.figures import Figure
from bench.installation import DSL, SECRET, TEAM, Installation, install
from bench.load import Line, run, sign
from bench.processes import LOOPBACK, Served, free_port
from bench.stage import serving_ours
from storage.store import Store
from storage.vault import Vault

IDS = ("home",)
AT_ONCE = 4
"""Home pages under way at a time, each of another person."""
ROUNDS = 100
"""Pages that each person opens."""
TARGET = 100
REVIEWERS = (DSL, "U0DEPUTY", "U0DEPUTY2", "U0DEPUTY3")
STAFF = tuple(f"U0STAFF{number:03d}" for number in range(AT_ONCE))


class HomeListener(Listener):
    """The chat API, which says at once whose home page was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[str, asyncio.Future[float]] = {}
        self._fixed["conversations.members"] = self.as_answer({"members": [*REVIEWERS]})

    def answer(self, path: str, body: bytes) -> bytes:
        """As a `Listener`; `views.publish` ends somebody's waiting."""
        if path.startswith("/api/views.publish"):
            arrived, person = perf_counter(), json.loads(body)["user_id"]
            self.shown[person].set_result(arrived)
            return self.as_answer({"view": {"id": "V0HOME", "hash": f"{arrived}"}})
        return super().answer(path, body)

    @staticmethod
    def as_answer(content: dict[str, Any]) -> bytes:
        body = json.dumps({"ok": True, **content}).encode()
        head = "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
        return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def measure(_wanted: frozenset[str], effort: Effort, say: Say) -> list[Figure]:
    """Half and nearly all of the pages, of staff and of those who review."""
    count, rounds = (school_years.CASES, ROUNDS) if effort is FULL else (200, 3)
    with tempfile.TemporaryDirectory(prefix="sharecheck-bench-") as name:
        say(f"writing {count:,} cases")
        api_port, port = free_port(), free_port()
        installation = install(Path(name), port, api_port)
        _fill(installation, count)
        say("measuring home")
        return run(_measure(installation, port, api_port, rounds, count))


def _fill(installation: Installation, count: int) -> None:
    vault = Vault.from_dir(installation.settings.parent / "keys")
    store = Store(f"sqlite:///{installation.database}", vault)
    store.open()
    try:
        school_years.fill(store, "bench", TEAM, DSL, count)
    finally:
        store.close_now()


async def _measure(
    installation: Installation, port: int, api_port: int, rounds: int, count: int
) -> list[Figure]:
    listener = HomeListener()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Caller(listener), LOOPBACK, api_port)
    with contextlib.ExitStack() as stack:
        serving = serving_ours(installation, port)
        ours: Served = await asyncio.to_thread(stack.enter_context, serving)
        staff = await _open_homes(listener, ours, STAFF, rounds)
        reviewers = await _open_homes(listener, ours, REVIEWERS, rounds)
        server.close()
    return [*_figures("staff", staff, count), *_figures("reviewer", reviewers, count)]


async def _open_homes(
    listener: HomeListener, ours: Served, people: tuple[str, ...], rounds: int
) -> list[float]:
    """Seconds from each event to the call that shows the page, but for each one's first."""
    return [
        seconds
        for one in await asyncio.gather(
            *(_open_again_and_again(listener, ours, person, rounds) for person in people)
        )
        for seconds in one[1:]
    ]


async def _open_again_and_again(
    listener: HomeListener, ours: Served, person: str, rounds: int
) -> list[float]:
    loop = asyncio.get_running_loop()
    line = (await loop.create_connection(Line, LOOPBACK, ours.port))[1]
    seconds = []
    try:
        for event in _events(person, rounds + 1):
            shown = listener.shown[person] = loop.create_future()
            began = perf_counter()
            await line.ask(sign(event, SECRET))
            async with asyncio.timeout(10):
                seconds.append(await shown - began)
    finally:
        line.close()
    return seconds


def _events(person: str, count: int) -> Iterator[bytes]:
    """`app_home_opened`, as Slack tells of it."""
    for number in range(count):
        event = {"type": "app_home_opened", "user": person, "channel": "D0BENCH", "tab": "home"}
        yield json.dumps(
            {
                "token": "bench",
                "team_id": TEAM,
                "api_app_id": "A0BENCH",
                "type": "event_callback",
                "event": {**event, "event_ts": f"{time():.6f}"},
                "event_id": f"Ev{person}{number:06d}",
                "event_time": int(time()),
                "authorizations": [{"team_id": TEAM, "user_id": "U0BENCHBOT", "is_bot": True}],
            }
        ).encode()


def _figures(who: str, seconds: list[float], count: int) -> list[Figure]:
    hundredths = quantiles(seconds, n=100, method="inclusive")
    what = f"home page of a {who} opened to the call that shows it, {count:,} cases, "
    return [
        Figure(
            id=f"home-{who}-p{part}",
            what=f"{what}{AT_ONCE} at a time, {'median' if part == 50 else 'p99'}",
            value=hundredths[part - 1] * 1000,
            unit="ms",
            floor=None,
            target=TARGET,
            higher_is_better=False,
        )
        for part in (50, 99)
    ]
