"""How fast Teams is answered: requests with signed tokens, in turns with the SDK's own app.

That app checks the same tokens with the same keys, as shipped, and posts to the same connector.
`teams-message-32` is the figure: cards that have arrived. `-acked` counts HTTP answers, which we
give before the card is posted, and the app after it.

`teams-members` counts reads that may be a minute old. These ask afresh, by design: a case opened in
private (`teams-members-afresh`), a decision by somebody who seems to be on no route, a reviewer's
home page, the buttons of a mention, and the posts of cases that are kept from somebody.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from time import perf_counter

from bench.effort import Effort, Say
from bench.figures import Figure
from bench.load import run, send_all
from bench.processes import Served
from bench.rounds import AT_ONCE, recorded_in, take_turns
from bench.teams_api import POST, ROSTER
from bench.teams_stage import Ground, Stage, open_ground, open_stage, serving_hello, serving_ours
from bench.teams_walks import Hands, finished_walks, page_turns
from playground import teams_school

WORD = "sharecheck"
TARGET = 5.0
"""How many times as fast as the SDK's own app."""
MINUTE = 60.0
SETTLED_WITHIN = 20.0
"""Seconds that cases may take to be told of."""
APP = "the SDK's own App, which checks tokens as shipped and answers with a small card"


def measure(wanted: frozenset[str], effort: Effort, say: Say) -> list[Figure]:
    """The figures with these ids, of one run of our program and one of the SDK's app."""
    figures: list[Figure] = []
    with contextlib.ExitStack() as stack:
        open_once = functools.cache(lambda: stack.enter_context(open_stage()))
        for ids, scene in SCENES.items():
            if wanted & set(ids):
                say(f"measuring {', '.join(ids)}")
                figures += scene(open_once(), effort)
    for ids, alone in ALONE.items():
        if wanted & set(ids):
            say(f"measuring {', '.join(ids)}")
            figures += alone(effort)
    return [figure for figure in figures if figure.id in wanted]


# Messages


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a second: until the HTTP answer, and until the posts are at the connector."""

    answered: float
    posted: float


def _messages(stage: Stage, effort: Effort) -> list[Figure]:
    hands = Hands(stage.ground.tenant)
    ours, hello = take_turns(
        stage, effort, lambda one: _say_word(stage, hands, one, effort.commands)
    )
    return [
        Figure(
            id="teams-message-32",
            what="`sharecheck` typed to the bot, token checked, and the card that answers it at "
            f"the connector, 32 at a time (floor: {APP})",
            value=max(one.posted for one in ours),
            unit="messages/s",
            floor=max(one.posted for one in hello),
            target=TARGET,
            higher_is_better=True,
            of="ratio",
        ),
        Figure(
            id="teams-message-32-acked",
            what="the same, until the HTTP answer: ours comes before the card is posted, the "
            "App's after it",
            value=max(one.answered for one in ours),
            unit="messages/s",
            floor=max(one.answered for one in hello),
            target=TARGET,
            higher_is_better=True,
            of="ratio",
        ),
    ]


def _say_word(stage: Stage, hands: Hands, to: Served, count: int) -> Rates:
    """Only messages with an answer, and only cards that came, count."""
    stage.api.forget()
    requests = [hands.say(number, WORD) for number in range(count)]
    began, began_at = perf_counter(), time.time()
    answers = run(send_all(to.port, requests, AT_ONCE))
    seconds = perf_counter() - began
    posts = stage.api.wait_for(POST, count)
    well = sum(answer.well for answer in answers)
    last = max((post.at for post in posts), default=math.inf)
    return Rates(well / seconds, len(posts) / (last - began_at))


# Dialogs


def _page_turns(stage: Stage, effort: Effort) -> list[Figure]:
    pages = page_turns(Hands(stage.ground.tenant), stage.ours.port)
    many = list(islice(cycle(pages), effort.turns))
    ours, hello = take_turns(stage, effort, lambda one: _answered_a_second(one, many))
    return [
        Figure(
            id="teams-page-turn",
            what="a page of the dialog handed in (task/submit), token checked, and the next one "
            f"drawn, 32 at a time (floor: {APP})",
            value=max(ours),
            unit="pages/s",
            floor=max(hello),
            target=TARGET,
            higher_is_better=True,
            of="ratio",
        )
    ]


def _answered_a_second(to: Served, requests: Sequence[bytes]) -> float:
    """Pages answered with a page in a second."""
    began = perf_counter()
    answers = run(send_all(to.port, requests, AT_ONCE))
    seconds = perf_counter() - began
    return sum(answer.well and b'"continue"' in answer.body for answer in answers) / seconds


# Members


def _members(effort: Effort) -> list[Figure]:
    """A program of its own: it has asked for nobody yet, and its minute begins here."""
    with open_ground() as ground, serving_ours(ground) as ours:
        hands = Hands(ground.tenant)
        began = time.time()
        believed = _count_believed(ground, ours, hands, effort.submits)
        minutes = math.ceil((time.time() - began) / MINUTE)
        afresh = _count_afresh(ground, ours, hands, effort.paced)
    return [
        Figure(
            id="teams-members",
            what=f"{effort.submits} checks made and decided in the DSL's channel: how often its "
            "members were fetched in a minute",
            value=believed / minutes,
            unit="calls",
            floor=None,
            target=1,
            higher_is_better=False,
        ),
        Figure(
            id="teams-members-afresh",
            what="a case opened in private, where who is in the channel is asked afresh: how "
            "often for each",
            value=afresh / effort.paced,
            unit="calls",
            floor=None,
            target=1,
            higher_is_better=False,
        ),
    ]


def _count_believed(ground: Ground, ours: Served, hands: Hands, count: int) -> int:
    """Dialogs opened, cases recorded and told of, each decided by the DSL: calls for members."""
    ground.api.forget()
    run(send_all(ours.port, finished_walks(hands, ours.port, count), AT_ONCE))
    ground.api.wait_until_quiet(SETTLED_WITHIN)
    dsl, channel = ground.tenant.person(teams_school.DSL), teams_school.DSL_CHANNEL
    cases = recorded_in(ground.installation.database)
    run(send_all(ours.port, [hands.decide(dsl, channel, case) for case in cases], AT_ONCE))
    ground.api.wait_until_quiet(SETTLED_WITHIN)
    if len(cases) < count:
        raise RuntimeError(f"only {len(cases)} of {count} cases were recorded")
    return _most_fetched(ground)


def _count_afresh(ground: Ground, ours: Served, hands: Hands, count: int) -> int:
    ground.api.forget()
    dsl = ground.tenant.person(teams_school.DSL)
    cases = islice(cycle(recorded_in(ground.installation.database)), count)
    answers = run(send_all(ours.port, [hands.read(dsl, case) for case in cases], 1))
    if not all(answer.well for answer in answers):
        raise RuntimeError("not every case was opened")
    return _most_fetched(ground)


def _most_fetched(ground: Ground) -> int:
    """How often the members of the place that was asked for most were fetched."""
    counts = ground.api.counts()
    return max((n for call, n in counts.items() if call.startswith(ROSTER)), default=0)


# The start


def _start(effort: Effort) -> list[Figure]:
    ours: list[float] = []
    hello: list[float] = []
    with open_ground() as ground:
        for _ in range(effort.starts):
            with serving_hello(ground) as one:
                hello.append(one.seconds)
            with serving_ours(ground) as one:
                ours.append(one.seconds)
    return [
        Figure(
            id="teams-ready",
            what="from the start of `sharecheck serve` to ready, Teams alone "
            "(floor: the SDK's own App)",
            value=min(ours),
            unit="s",
            floor=min(hello),
            target=4.0,
            higher_is_better=False,
        )
    ]


SCENES: Mapping[tuple[str, ...], Callable[[Stage, Effort], list[Figure]]] = {
    ("teams-message-32", "teams-message-32-acked"): _messages,
    ("teams-page-turn",): _page_turns,
}
ALONE: Mapping[tuple[str, ...], Callable[[Effort], list[Figure]]] = {
    ("teams-members", "teams-members-afresh"): _members,
    ("teams-ready",): _start,
}
"""Scenes that need programs which have done nothing yet."""
IDS = tuple(one for ids in (*SCENES, *ALONE) for one in ids)
