"""A report keeps what its page asks for, whatever a client sends beside it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.boxes import REPORT_CODES, REPORT_TEXTS
from bot.case import Case, Status
from playground import school as pretend
from playground import teams_school as tenant
from playground.teams_cards import find_button
from tests.pretend_school import PretendSchool
from tests.pretend_teams import TeamsSchool
from tests.scenarios import SURE

TEACHER = pretend.TEACHER
WORDS = "They took it down"
STRANGE_BOXES = ("colour", "reply", "reason", "done_by", "limits")
UNKNOWN_PICKS = {"how": "pigeon", "checked": "Asked Mr Nobody", "done": "perhaps"}


@pytest.fixture
async def on_slack(school: PretendSchool) -> Case:
    """A share that is decided, with its report form open."""
    await school.check(TEACHER, **SURE)
    case = await school.finish(TEACHER)
    await school.press(TEACHER, "case.report")
    return case


@pytest.fixture
async def on_teams(teams: TeamsSchool) -> Case:
    await teams.check(tenant.TEACHER, **SURE)
    case = await teams.finish(tenant.TEACHER)
    await teams.press(tenant.TEACHER, "case.report")
    return case


async def send_to_slack(school: PretendSchool, boxes: dict[str, Any]) -> None:
    """Hand in the report, with more values than the form has boxes."""
    payload = school.submit_payload(TEACHER, done="yes", account=WORDS)
    payload["view"]["state"]["values"] |= {f"f.{name}": {name: v} for name, v in boxes.items()}
    await school.send_payload(payload)


async def send_to_teams(teams: TeamsSchool, boxes: dict[str, str]) -> None:
    client = teams.teams
    page = client._dialog(tenant.TEACHER, None)
    button = find_button(page.card, {"data": {"do": "case.report"}})
    given = {"f.done": "yes", "f.account": WORDS} | {f"f.{n}": v for n, v in boxes.items()}
    data = {**client._data(button, {}), **given}
    presser = teams.tenant.person(tenant.TEACHER)
    activity = client.activities.submit(presser, page.conversation, page.message, data)
    await client._ask_page(presser, activity, page)
    await teams.settle()


def text(words: str) -> dict[str, str]:
    return {"type": "plain_text_input", "value": words}


def option(value: str) -> dict[str, Any]:
    return {"type": "static_select", "selected_option": {"value": value}}


async def test_boxes_that_the_page_has_not_are_not_kept_on_slack(
    school: PretendSchool, on_slack: Case
):
    await send_to_slack(school, {name: text("Left over") for name in STRANGE_BOXES})

    case = await school.case(on_slack)
    assert (case.status, dict(case.report)) == (
        Status.CLOSED,
        {"done": "yes", "account": WORDS},
    )


async def test_boxes_that_the_page_has_not_are_not_kept_on_teams(
    teams: TeamsSchool, on_teams: Case
):
    await send_to_teams(teams, dict.fromkeys(STRANGE_BOXES, "Left over"))

    case = await teams.case(on_teams)
    assert (case.status, dict(case.report)) == (
        Status.CLOSED,
        {"done": "yes", "account": WORDS},
    )


@pytest.mark.parametrize("name", list(UNKNOWN_PICKS))
async def test_what_cannot_be_picked_is_not_taken_on_slack(
    school: PretendSchool, on_slack: Case, name: str
):
    await send_to_slack(school, {name: option(UNKNOWN_PICKS[name])})

    case = await school.case(on_slack)
    assert (case.status, dict(case.report)) == (Status.DECIDED, {})


@pytest.mark.parametrize("name", [*UNKNOWN_PICKS, "kinds"])
async def test_what_cannot_be_picked_is_not_taken_on_teams(
    teams: TeamsSchool, on_teams: Case, name: str
):
    await send_to_teams(teams, {name: {**UNKNOWN_PICKS, "kinds": "worry,gossip"}[name]})

    case = await teams.case(on_teams)
    assert (case.status, dict(case.report)) == (Status.DECIDED, {})


async def test_the_page_asks_for_what_is_kept_and_offers_what_is_taken(
    teams: TeamsSchool, on_teams: Case
):
    asked = teams.inputs(tenant.TEACHER)
    offered = {
        name: {choice["value"] for choice in box["choices"]}
        for name, box in asked.items()
        if "choices" in box
    }

    assert set(asked) == {"done", *REPORT_TEXTS, *REPORT_CODES}
    assert offered == {
        "done": {"yes", "no"},
        **{name: set(codes) for name, codes in REPORT_CODES.items()},
    }
