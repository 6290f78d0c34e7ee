"""What stands in a dialog and should not, or is missing: refused or left out, never a fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.case import Case
from playground import school as pretend
from playground.slack_payloads import encode_form
from tests.pretend_school import PretendSchool, references, words_of
from tests.scenarios import SURE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
ASKED = SURE | {"advice": "wanted"}
STALE = "This page is out of date, so nothing was sent."


@pytest.fixture
async def waiting(school: PretendSchool) -> Case:
    await school.check(TEACHER, **ASKED)
    return await school.finish(TEACHER)


def text(words: str) -> dict[str, str]:
    return {"type": "plain_text_input", "value": words}


def option(value: str) -> dict[str, Any]:
    return {"type": "radio_buttons", "selected_option": {"value": value}}


OFF_THE_PACK = {
    "an option that is not there": {"q.what.trigger": {"trigger": option("burglar")}},
    "a question that is not there": {"q.what.colour": {"colour": option("yes")}},
    "a question of another page": {"q.what.role": {"role": option("statutory")}},
}


@pytest.mark.parametrize("change", OFF_THE_PACK.values(), ids=list(OFF_THE_PACK))
async def test_answers_that_are_not_in_the_pack_are_refused(
    school: PretendSchool, logged: list[Any], change: dict[str, Any]
):
    await school.walk(TEACHER, [{"danger": "no", "adult": "none"}])
    payload = school.submit_payload(TEACHER, trigger="own", identifiable="yes")
    before = school.remembered()
    payload["view"]["state"]["values"] |= change

    answer = await school.send_payload(payload)

    assert STALE in words_of(answer)
    assert references(logged)[0] in words_of(answer)
    assert school.remembered() == before


async def test_a_course_that_is_neither_is_refused(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    payload = school.submit_payload(TEACHER, reason="So", recipient="Nurse")
    payload["view"]["state"]["values"]["f.course"] = {"course": option("sideways")}

    assert STALE in words_of(await school.send_payload(payload))
    assert await school.cases() == []


async def test_values_of_pages_that_were_there_before_are_not_taken_for_answers(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE)
    payload = school.submit_payload(TEACHER, reason="So", recipient="Nurse", course="followed")
    payload["view"]["state"]["values"] |= {
        "q.rule1.purpose": {"purpose": option("welfare")},
        "f.not_safe": {"not_safe": text("Left over from an answer since changed")},
        "f.colour": {"colour": text("Blue")},
    }

    await school.send_payload(payload)

    case = await school.case()
    assert case.answers == SURE
    assert set(case.texts) == {"reason", "recipient"}


async def test_whoever_is_ticked_is_kept_out_under_every_name_they_go_by(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "no", "adult": "staff"}])
    await school.slack.answer(TEACHER, people=["head"])

    case = await school.finish(TEACHER)

    assert case.excluded == {"head", f"slack:{pretend.TEAM}:{pretend.HEAD}"}


async def test_an_outcome_that_is_none_is_asked_for_again(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"adult": "conflict"})
    await school.finish(TEACHER)
    await school.press_here(TEACHER, "case.outside")
    payload = school.submit_payload(TEACHER, reason="So")
    payload["view"]["state"]["values"]["f.outcome"] = {"outcome": option("burn")}

    answer = await school.send_payload(payload)

    assert set(answer["errors"]) == {"f.outcome"}
    assert (await school.case()).status == "outside"


# ---------------------------------------------------------------------------- pieces that are missing


async def test_nobody_is_no_user(school: PretendSchool, logged: list[Any], waiting: Case):
    command = {"command": "/sharecheck", "team_id": pretend.TEAM, "text": "mine"}
    press = school.press_payload(DSL, school.message_with(DSL, "case.read"), "case.read")
    await school.check(TEACHER, **ASKED)
    submit = school.submit_payload(TEACHER, reason="So")
    before = school.remembered()
    press["user"], submit["user"] = {}, {}

    told = await school.send(encode_form(command))
    answered = await school.send_payload(submit)
    await school.send_payload(press)

    assert "out of date" in told["text"]
    assert STALE in words_of(answered)
    assert STALE in school.page(DSL)
    assert len(references(logged)) == 3
    assert school.remembered() == before


def without_each_part(payload: Any) -> Iterator[Any]:
    """The payload again and again, each time with one part taken out or replaced by nonsense."""
    for path in _paths(payload, ()):
        for nonsense in (..., None, "", 7, [], {}):
            changed = copy.deepcopy(payload)
            _put(changed, path, nonsense)
            yield path, nonsense, changed


def _paths(part: Any, so_far: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    keys = part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    for key in keys:
        if key not in {"blocks", "title", "submit", "close", "domain", "token"}:
            yield (*so_far, key)
            yield from _paths(part[key], (*so_far, key))


def _put(part: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        part = part[key]
    if value is ...:
        del part[path[-1]]
    else:
        part[path[-1]] = value


@pytest.mark.parametrize("what", ["page", "button", "form"])
async def test_a_payload_that_lacks_any_part_is_never_a_server_error_and_changes_nothing(
    school: PretendSchool, logged: list[Any], waiting: Case, what: str
):
    if what == "page":
        await school.walk(TEACHER, [{"danger": "no", "adult": "none"}])
        payload = school.submit_payload(TEACHER, trigger="own", identifiable="yes")
    elif what == "button":
        message = school.message_with(DSL, "case.decide.share")
        payload = school.press_payload(DSL, message, "case.decide.share")
        payload.pop("message")
    else:
        await school.press(DSL, "case.decide.share")
        payload = school.submit_payload(DSL, reason=" ")
    happened = await school.happened(waiting)

    for path, nonsense, changed in without_each_part(payload):
        reply = await school.slack.courier.send(encode_form({"payload": json.dumps(changed)}))
        assert reply.status == 200, (path, nonsense)
        await school.app.slack.edge.finish()

    assert {e for e in await school.happened(waiting) if e != "refused"} == set(happened)
    assert (await school.case(waiting)).status == "waiting"
    assert all("reference" in line for line in logged if line["event"] in {"fault", "refused"})
    school.workspace.faults.clear()
