"""How fast the rule pack decides and turns pages."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from bench.figures import Figure
from bot.rules import RulePack, live_questions, load_pack, next_page

_LINES = 50_000
_WALKS = 2_000
_PROGRAM = "from bot.cli import main; main()"


def measure() -> list[Figure]:
    """Verdicts a second through the program, start-up included; microseconds for a page turn."""
    pack = load_pack()
    chance = random.Random(2024)  # noqa: S311 - the same answers each time, nothing secret
    lines = [json.dumps(_answers(pack, chance)) for _ in range(_LINES)]
    return [_decide(lines), _turn_page(pack, chance)]


def _decide(lines: list[str]) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answers.jsonl"
        file.write_text("\n".join(lines) + "\n")
        command = [sys.executable, "-c", _PROGRAM, "rules", "decide", "--jsonl", str(file)]
        started = perf_counter()
        done = subprocess.run(command, check=True, capture_output=True)
        seconds = perf_counter() - started
    if done.stdout.count(b"\n") != len(lines):
        raise AssertionError("not one verdict a line")
    return Figure(
        id="rules-decide",
        what="rules decide --jsonl, start-up included (floor: reading and writing the JSON alone)",
        value=len(lines) / seconds,
        unit="verdicts/s",
        floor=_copy_json(lines),
        target=5_000,
        higher_is_better=True,
    )


def _copy_json(lines: list[str]) -> float:
    out = io.StringIO()
    started = perf_counter()
    for line in lines:
        out.write(json.dumps(json.loads(line)) + "\n")
    return len(lines) / (perf_counter() - started)


def _turn_page(pack: RulePack, chance: random.Random) -> Figure:
    turns = 0
    answers = [_answers(pack, chance) for _ in range(_WALKS)]
    harmless = {"danger": "no", "adult": "none", "trigger": "own", "advice": "confident"}
    started = perf_counter()
    for one in answers:
        everything = {**one, **harmless}
        given: dict[str, str] = {}
        page = next_page(pack, given)
        while page:
            asked = live_questions(pack, given, page)
            given.update({q.id: everything[q.id] for q in asked})
            page = next_page(pack, given, after=page.id)
            turns += 1
    return Figure(
        id="rules-page-turn",
        what="what to ask next, a page turn (next page and its questions)",
        value=(perf_counter() - started) / turns * 1e6,
        unit="us",
        floor=None,
        target=100,
        higher_is_better=False,
    )


def _answers(pack: RulePack, chance: random.Random) -> dict[str, str]:
    return {q.id: chance.choice(q.options).id for q in pack.questions.values()}
