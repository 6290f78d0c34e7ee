"""How fast Slack is answered: whole requests over signed HTTP, in turns with a hello-world app."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median

from bench.bare_database import BareDatabase, bare_database
from bench.effort import Effort, Say
from bench.figures import Figure
from bench.load import Answer, run, send_all, sign
from bench.installation import SECRET
from bench.payloads import make_command
from bench.processes import Served
from bench.stage import Stage, open_stage
from bench.walks import finished_walks, page_turns

AT_ONCE = 32
API_DELAY = 150
"""Milliseconds that every call of the chat API takes during a burst."""
_BREATH = 0.015
"""Seconds between requests that come one at a time: what an answer left to do is then done."""


def measure(wanted: frozenset[str], effort: Effort, say: Say) -> list[Figure]:
    """The figures with these ids, of one run of our program and one of the floor."""
    figures: list[Figure] = []
    with open_stage() as stage:
        for ids, scene in SCENES.items():
            if wanted & set(ids):
                say(f"measuring {', '.join(ids)}")
                figures += scene(stage, effort)
    return figures


def _commands_at_once(stage: Stage, effort: Effort) -> list[Figure]:
    ours, hello = _in_turns(effort, stage, lambda one: _opened_a_second(stage, one, effort))
    return [
        Figure(
            id="slack-command-32",
            what="/sharecheck answered and its dialog opened, 32 at a time "
            "(floor: hello-world app)",
            value=max(ours),
            unit="requests/s",
            floor=max(hello),
            target=1.5,
            higher_is_better=True,
            of="ratio",
        )
    ]


def _commands_one_by_one(stage: Stage, effort: Effort) -> list[Figure]:
    ours, hello = _in_turns(effort, stage, lambda one: _latencies(stage, one, effort))
    return [
        Figure(
            id="slack-command-1-p50",
            what="/sharecheck, one at a time: half are answered within (floor: hello-world app)",
            value=min(acked for acked, _ in ours),
            unit="ms",
            floor=min(acked for acked, _ in hello),
            target=0.1,
            higher_is_better=False,
            of="ratio",
        ),
        Figure(
            id="slack-command-1-opened-p50",
            what="/sharecheck, one at a time: half call for the dialog within "
            "(floor: hello-world app)",
            value=min(opened for _, opened in ours),
            unit="ms",
            floor=min(opened for _, opened in hello),
            target=1.0,
            higher_is_better=False,
            of="ratio",
        ),
    ]


def _page_turns(stage: Stage, effort: Effort) -> list[Figure]:
    forms = run(page_turns(stage))
    many = [forms[n % len(forms)] for n in range(effort.turns)]
    ours, hello = _in_turns(effort, stage, lambda one: _answered_a_second(one, many))
    return [
        Figure(
            id="page-turn",
            what="a page of the walk handed in and the next one drawn, 32 at a time "
            "(floor: hello-world app only acks)",
            value=max(ours),
            unit="pages/s",
            floor=max(hello),
            target=1.0,
            higher_is_better=True,
            of="ratio",
        )
    ]


def _final_submits(stage: Stage, effort: Effort) -> list[Figure]:
    ours: list[float] = []
    floor: list[float] = []
    with bare_database(stage.folder) as bare:
        for _ in range(effort.rounds):
            forms = run(finished_walks(stage, effort.submits))
            floor.append(bare.rate(effort.submits))
            ours.append(_recorded_a_second(stage, forms))
            stage.api.wait_until_quiet()
    return [
        Figure(
            id="final-submit",
            what="a whole check written down for good, with vault, ledger and outbox, while its "
            "messages go out (floor: bare SQLite commits, one by one)",
            value=max(ours),
            unit="cases/s",
            floor=max(floor),
            target=200,
            higher_is_better=True,
        )
    ]


def _commit_to_call(stage: Stage, effort: Effort) -> list[Figure]:
    forms = run(finished_walks(stage, effort.paced))
    stage.api.forget()
    requests = [sign(form, SECRET) for form in forms]
    run(send_all(stage.ours.port, requests, 1, pause=0.03))
    stage.api.wait_until_quiet()
    with bare_database(stage.folder) as bare:
        floor = _bare_delays(stage, bare, effort.paced)
    return [
        Figure(
            id="commit-to-call",
            what="from a case's commit to the first call about it, median "
            "(floor: a bare commit, then a bare call)",
            value=median(_delays(stage)) * 1000,
            unit="ms",
            floor=median(floor) * 1000,
            target=20,
            higher_is_better=False,
        )
    ]


def _burst(stage: Stage, effort: Effort) -> list[Figure]:
    stage.api.delay(API_DELAY)
    ours, hello = _in_turns(effort, stage, lambda one: _one_burst(stage, one, effort.burst))
    stage.api.delay(0)
    best, floor = min(ours), min(hello)
    common = f"{effort.burst} commands at once while the chat API takes {API_DELAY} ms a call: "
    return [
        Figure(
            id="burst-200",
            what=common + "slowest answer (floor: hello-world app)",
            value=best[1],
            unit="s",
            floor=floor[1],
            target=1.0,
            higher_is_better=False,
        ),
        Figure(
            id="burst-200-unanswered",
            what=common + "commands without an answer, in all rounds",
            value=sum(unanswered for unanswered, _, _ in ours),
            unit="commands",
            floor=sum(unanswered for unanswered, _, _ in hello),
            target=0,
            higher_is_better=False,
        ),
        Figure(
            id="burst-200-opened",
            what=common + "slowest call for a dialog (Slack takes it for 3 s)",
            value=best[2],
            unit="s",
            floor=floor[2],
            target=3.0,
            higher_is_better=False,
        ),
    ]


def _memory(stage: Stage, effort: Effort) -> list[Figure]:
    for one in (stage.hello, stage.ours):
        _opened_a_second(stage, one, effort)
    return [
        Figure(
            id="resident",
            what="memory resident after the load (floor: hello-world app)",
            value=stage.ours.resident_mb,
            unit="MB",
            floor=stage.hello.resident_mb,
            target=150,
            higher_is_better=False,
        )
    ]


Scene = Callable[[Stage, Effort], list[Figure]]

SCENES: Mapping[tuple[str, ...], Scene] = {
    ("slack-command-32",): _commands_at_once,
    ("slack-command-1-p50", "slack-command-1-opened-p50"): _commands_one_by_one,
    ("page-turn",): _page_turns,
    ("final-submit",): _final_submits,
    ("commit-to-call",): _commit_to_call,
    ("burst-200", "burst-200-unanswered", "burst-200-opened"): _burst,
    ("resident",): _memory,
}
IDS = tuple(one for ids in SCENES for one in ids)


def _in_turns[T](
    effort: Effort, stage: Stage, one_round: Callable[[Served], T]
) -> tuple[list[T], list[T]]:
    raise NotImplementedError
