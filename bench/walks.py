"""Walks of the bench: dialogs opened and filled in page by page over signed HTTP."""

from __future__ import annotations

import json
import secrets
from typing import Any

from bench.installation import SECRET
from bench.load import Line, send_all, send_each, sign
from bench.payloads import make_command, make_submission
from bench.stage import Stage

AT_ONCE = 16
PEOPLE = 40
"""How many members of staff take turns: their direct conversations are soon known."""
OUTCOME = "walk.outcome"


def person(number: int) -> str:
    return f"U0STAFF{number % PEOPLE:03d}"


def new_trigger() -> str:
    return f"1.2.{secrets.token_hex(8)}"


async def page_turns(stage: Stage) -> list[bytes]:
    """The submissions of one whole walk, a form for each page; they may be sent again and again."""
    someone, view = (await _open_dialogs(stage, 1))[0]
    forms: list[bytes] = []
    await send_each(stage.ours.port, 1, [lambda line: _turn_all(line, someone, view, forms)])
    return forms[:-1]


async def finished_walks(stage: Stage, count: int) -> list[bytes]:
    """The last submissions of so many walks: each one records a case of its own."""
    last: list[bytes] = []

    async def walk(line: Line, someone: str, view: Any) -> None:
        forms: list[bytes] = []
        await _turn_all(line, someone, view, forms)
        last.append(forms[-1])

    opened = await _open_dialogs(stage, count)
    journeys = [lambda line, one=one: walk(line, *one) for one in opened]
    await send_each(stage.ours.port, AT_ONCE, journeys)
    return last


async def _open_dialogs(stage: Stage, count: int) -> list[tuple[str, Any]]:
    stage.api.forget()
    triggers = {new_trigger(): person(number) for number in range(count)}
    requests = [sign(make_command(who, trigger), SECRET) for trigger, who in triggers.items()]
    await send_all(stage.ours.port, requests, AT_ONCE)
    if len(stage.api.wait_for("views.open", count)) < count:
        raise RuntimeError(f"not all of {count} dialogs were opened")
    return [(triggers[trigger], view) for trigger, view in stage.api.views().items()]


async def _turn_all(line: Line, someone: str, view: Any, forms: list[bytes]) -> None:
    """Fill in page after page; the last form is that of the outcome, made but not sent."""
    forms.append(make_submission(someone, view))
    while view["callback_id"] != OUTCOME:
        answer = await line.ask(sign(forms[-1], SECRET))
        said = json.loads(answer.body)
        if said.get("response_action") != "update":
            raise RuntimeError(f"{view['callback_id']} was answered {answer.status}: {said}")
        view = said["view"]
        forms.append(make_submission(someone, view))
