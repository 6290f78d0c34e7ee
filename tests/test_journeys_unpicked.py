"""Choices that are left open: Slack holds such a page back, Teams hands it in."""

from __future__ import annotations

import pytest

from bot.case import Case, Course
from playground import teams_school as tenant
from tests.pretend_teams import TeamsSchool
from tests.scenarios import SURE

TEACHER, DSL = tenant.TEACHER, tenant.DSL
TEXTS = {"reason": "It is right", "recipient": "Council, duty social worker"}
CHOOSE = "Please choose one of these."


@pytest.fixture
async def decided(teams: TeamsSchool) -> Case:
    """A clear share that the teacher decided."""
    await teams.check(TEACHER, **SURE)
    return await teams.finish(TEACHER)


async def test_a_tick_list_left_empty_keeps_nobody_out_by_mistake(teams: TeamsSchool):
    await teams.begin(TEACHER)
    while teams.page_name(TEACHER) != "walk.people":
        given = {q: (SURE | {"adult": "staff"})[q] for q in teams.inputs(TEACHER)}
        await teams.hand_in_page(TEACHER, teams.page_name(TEACHER), **given)

    await teams.hand_in_page(TEACHER, "walk.people")

    assert teams.page_name(TEACHER) == "walk.people"
    assert CHOOSE in teams.page(TEACHER)


async def test_what_somebody_will_do_is_never_written_unless_they_said_it(teams: TeamsSchool):
    await teams.check(TEACHER, **SURE)

    await teams.hand_in_page(TEACHER, "walk.outcome", **TEXTS)

    assert await teams.cases() == []
    assert CHOOSE in teams.page(TEACHER)
    assert teams.chosen(TEACHER) == TEXTS
    await teams.hand_in_page(TEACHER, "walk.outcome", course="followed")
    (case,) = await teams.cases()
    assert case.course is Course.FOLLOWED


async def test_what_it_is_for_is_asked_on_the_last_page_until_it_is_said(teams: TeamsSchool):
    await teams.begin(TEACHER)
    await teams.hand_in_page(TEACHER, "walk.page", **{q: SURE[q] for q in teams.inputs(TEACHER)})
    await teams.press_here(TEACHER, "walk.ask")

    await teams.hand_in_page(TEACHER, "walk.outcome", **TEXTS)

    assert await teams.cases() == []
    assert CHOOSE in teams.page(TEACHER)
    await teams.hand_in_page(TEACHER, "walk.outcome", purpose=SURE["purpose"])
    assert len(await teams.cases()) == 1


async def test_whether_it_was_shared_is_not_taken_for_a_no(teams: TeamsSchool, decided: Case):
    await teams.press(TEACHER, "case.report")
    held = await teams.submit(TEACHER, account="Rang them at noon")

    assert CHOOSE in held.errors
    assert (await teams.case(decided)).status == "decided"
    await teams.submit(TEACHER, done="yes")
    assert (await teams.case(decided)).report["done"] == "yes"


async def test_what_they_are_going_to_do_is_not_taken_for_something(
    teams: TeamsSchool, decided: Case
):
    await teams.do(TEACHER, "case.report", done="yes", account="Rang them at noon")

    await teams.press(TEACHER, "case.reply")
    held = await teams.submit(TEACHER, reply="They rang back")

    assert CHOOSE in held.errors
    assert "reply" not in (await teams.case(decided)).report


@pytest.mark.parametrize("action", ["case.hand_over", "case.reroute"])
async def test_who_should_have_it_is_asked_again_with_the_reason_still_there(
    teams: TeamsSchool, action: str
):
    await teams.check(TEACHER, **(SURE | {"advice": "wanted"}))
    case = await teams.finish(TEACHER)

    await teams.press(DSL, action, case)
    held = await teams.submit(DSL, reason="Not for me")

    assert CHOOSE in held.errors
    assert teams.chosen(DSL)["reason"] == "Not for me"


async def test_a_changed_decision_names_the_new_one(teams: TeamsSchool):
    await teams.check(TEACHER, **(SURE | {"advice": "wanted"}))
    await teams.finish(TEACHER)
    await teams.do(DSL, "case.decide.share", reason="It is right")

    await teams.press(DSL, "case.amend")
    held = await teams.submit(DSL, reason="There is news")

    assert CHOOSE in held.errors
