"""How fast Slack is answered: whole requests over signed HTTP, in turns with a hello-world app."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.bare_database import bare_database
from bench.effort import Effort, Say
from bench.figures import Figure
from bench.installation import SECRET
from bench.load import run, send_all, sign
from bench.processes import Served
from bench.rounds import (
    AT_ONCE,
    BREATH,
    answered_a_second,
    bare_delays,
    delays_to_call,
    middle_ms,
    recorded_a_second,
    send_commands,
    take_turns,
)
from bench.stage import Stage, open_stage
from bench.walks import finished_walks, page_turns

API_DELAY = 150
"""Milliseconds that every call of the chat API takes during a burst."""
PACE = 0.03
"""Seconds between cases while each one's way from commit to call is measured."""


def measure(wanted: frozenset[str], effort: Effort, say: Say) -> list[Figure]:
    """The figures with these ids, of one run of our program and one of the floor."""
    figures: list[Figure] = []
    with open_stage() as stage:
        for ids, scene in SCENES.items():
            if wanted & set(ids):
                say(f"measuring {', '.join(ids)}")
                figures += scene(stage, effort)
    return [figure for figure in figures if figure.id in wanted]


def _commands_at_once(stage: Stage, effort: Effort) -> list[Figure]:
    def rate(one: Served) -> float:
        return send_commands(stage, one, effort.commands, AT_ONCE).a_second

    ours, hello = take_turns(stage, effort, rate)
    return [
        Figure(
            id="slack-command-32",
            what="/sharecheck acked and its dialog opened, 32 at a time (floor: hello-world app)",
            value=max(ours),
            unit="requests/s",
            floor=max(hello),
            target=1.5,
            higher_is_better=True,
            of="ratio",
        )
    ]


def _commands_one_by_one(stage: Stage, effort: Effort) -> list[Figure]:
    def latencies(one: Served) -> tuple[float, float]:
        sent = send_commands(stage, one, effort.singles, 1, pause=BREATH)
        pairs = zip(sent.answers, sent.opened, strict=True)
        opened = [called - answer.asked_at for answer, called in pairs]
        return middle_ms([answer.seconds for answer in sent.answers]), middle_ms(opened)

    ours, hello = take_turns(stage, effort, latencies)
    return [
        Figure(
            id="slack-command-1-p50",
            what="/sharecheck acked, one at a time, median (floor: hello-world app)",
            value=min(acked for acked, _ in ours),
            unit="ms",
            floor=min(acked for acked, _ in hello),
            target=0.1,
            higher_is_better=False,
            of="ratio",
        ),
        Figure(
            id="slack-command-1-opened-p50",
            what="/sharecheck to the call that opens its dialog, one at a time, median "
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
    many = [forms[number % len(forms)] for number in range(effort.turns)]
    ours, hello = take_turns(stage, effort, lambda one: answered_a_second(one, many))
    return [
        Figure(
            id="page-turn",
            what="a page handed in and the next one drawn, 32 at a time "
            "(floor: the hello-world app acks the same)",
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
        for _ in range(min(effort.rounds, 3)):
            forms = run(finished_walks(stage, effort.submits))
            floor.append(bare.rate(effort.submits))
            ours.append(recorded_a_second(stage, forms))
            stage.api.wait_until_quiet()
    return [
        Figure(
            id="final-submit",
            what="a check written for good (case, vault, ledger, outbox) while messages go out, "
            "32 at a time (floor: bare SQLite commits, one by one)",
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
    run(send_all(stage.ours.port, requests, 1, pause=PACE))
    stage.api.wait_until_quiet()
    ours = delays_to_call(stage)
    with bare_database(stage.folder) as bare:
        floor = bare_delays(stage, bare, effort.paced)
    return [
        Figure(
            id="commit-to-call",
            what="from just before a case's commit to the first call about it, median "
            "(floor: a bare commit, then a bare call)",
            value=middle_ms(ours),
            unit="ms",
            floor=middle_ms(floor),
            target=20,
            higher_is_better=False,
        )
    ]


def _burst(stage: Stage, effort: Effort) -> list[Figure]:
    stage.api.delay(API_DELAY)
    ours, hello = take_turns(
        stage, effort, lambda one: send_commands(stage, one, effort.burst, effort.burst)
    )
    stage.api.delay(0)
    common = f"{effort.burst} commands at once, the chat API taking {API_DELAY} ms a call: "
    return [
        Figure(
            id="burst-200",
            what=common + "slowest ack (floor: hello-world app)",
            value=min(one.slowest for one in ours),
            unit="s",
            floor=min(one.slowest for one in hello),
            target=1.0,
            higher_is_better=False,
        ),
        Figure(
            id="burst-200-unacked",
            what=common + "left without an ack in any round (floor: hello-world app)",
            value=sum(one.unanswered for one in ours),
            unit="commands",
            floor=sum(one.unanswered for one in hello),
            target=0,
            higher_is_better=False,
        ),
        Figure(
            id="burst-200-opened",
            what=common + "slowest call for a dialog; Slack takes it for 3 s "
            "(floor: hello-world app)",
            value=min(one.slowest_opened for one in ours),
            unit="s",
            floor=min(one.slowest_opened for one in hello),
            target=3.0,
            higher_is_better=False,
        ),
    ]


def _memory(stage: Stage, effort: Effort) -> list[Figure]:
    for one in (stage.hello, stage.ours):
        send_commands(stage, one, effort.commands, AT_ONCE)
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


SCENES: Mapping[tuple[str, ...], Callable[[Stage, Effort], list[Figure]]] = {
    ("slack-command-32",): _commands_at_once,
    ("slack-command-1-p50", "slack-command-1-opened-p50"): _commands_one_by_one,
    ("page-turn",): _page_turns,
    ("final-submit",): _final_submits,
    ("commit-to-call",): _commit_to_call,
    ("burst-200", "burst-200-unacked", "burst-200-opened"): _burst,
    ("resident",): _memory,
}
IDS = tuple(one for ids in SCENES for one in ids)
