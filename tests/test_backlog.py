"""What could not be told to somebody on Teams is told once they add the app."""

from __future__ import annotations

import pytest

from bot.case import Case
from handlers.backlog import tell_backlog
from playground import teams_school as tenant
from tests.pretend_teams import TeamsSchool
from tests.scenarios import SURE

TEACHER, OFFICE, DSL = tenant.TEACHER, tenant.OFFICE, tenant.DSL
ASKED = SURE | {"advice": "wanted"}


@pytest.fixture
async def case(teams: TeamsSchool) -> Case:
    """Asked in a channel by somebody who has not got the app."""
    await teams.teams.extension(OFFICE, "compose", tenant.STAFF_CHANNEL)
    await teams.answer(OFFICE, ASKED)
    return await teams.finish(OFFICE)


async def add_app(teams: TeamsSchool, person: str) -> list[str]:
    """Add the app; gives what is told to them then."""
    before = len(teams.told(person))
    await teams.teams.install(person)
    await teams.settle()
    teams.tenant.faults.clear()  # that they had not got the app is what this is about
    return teams.told(person)[before:]


async def test_who_adds_the_app_gets_the_answer_that_could_not_be_told(
    teams: TeamsSchool, case: Case
):
    await teams.do(DSL, "case.decide.share", reason="It is right")

    hello, *news = await add_app(teams, OFFICE)

    assert "Hello. I am Sharecheck" in hello
    assert sum(case.ref in words for words in news) == len(news) == 2
    assert any("You can share it now" in words for words in news)


async def test_of_several_turns_the_latest_is_told(teams: TeamsSchool, case: Case):
    await teams.do(DSL, "case.ask", question="Since when?")
    await teams.do(DSL, "case.decide.share", reason="It is right")

    news = await add_app(teams, OFFICE)

    assert "You can share it now" in "\n".join(news)
    assert not any("Read and answer" in words for words in news)
    turns = await teams.outbox(template="requester_turn")
    assert sorted(row.state for row in turns) == ["buried", "done"]


async def test_who_adds_it_once_more_is_told_nothing_again(teams: TeamsSchool, case: Case):
    await teams.do(DSL, "case.decide.share", reason="It is right")
    await add_app(teams, OFFICE)

    again = await add_app(teams, OFFICE)

    assert not any(case.ref in words for words in again)


async def test_somebody_else_who_adds_it_is_told_nothing_of_the_case(
    teams: TeamsSchool, case: Case
):
    await teams.do(DSL, "case.decide.share", reason="It is right")

    news = await add_app(teams, tenant.GUEST)

    assert not any(case.ref in words for words in news)
    assert {row.state for row in await teams.outbox(template="requester_turn")} == {"buried"}


async def test_what_was_given_up_for_another_reason_is_left_to_the_operator(
    teams: TeamsSchool, case: Case
):
    await teams.do(DSL, "case.decide.share", reason="It is right")
    desk, school = teams.app.desk, teams.app.desk.schools[case.school]

    assert await tell_backlog(desk, school, case.account, {"message_too_large"}) == 0
    assert await tell_backlog(desk, school, case.account, {"bot_not_installed"}) > 0
    assert {row.state for row in await teams.outbox(template="requester_turn")} == {"pending"}

    teams.tenant.faults.clear()  # that they have not got the app is what this is about
