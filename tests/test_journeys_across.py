"""One school on both platforms: who asks on one may be answered on the other, and stays one human."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.case import Case
from bot.demo_school import BOTH
from bot.settings import PersonSettings, RouteSettings
from playground import school as pretend
from playground import teams_school as tenant
from tests.fixtures_school import open_pretend_school, open_teams_school
from tests.pretend_school import PretendSchool
from tests.pretend_teams import TeamsSchool
from tests.scenarios import SCENARIOS, SURE, Scenario

ASKED = SURE | {"advice": "wanted"}
ON_TEAMS = {"dsl": RouteSettings(post="DSL", teams_channel=tenant.DSL_CHANNEL)}
SAMPLED = [
    one if one.row in {5, 8, 10, 29, 32} else pytest.param(one, marks=pytest.mark.long)
    for one in SCENARIOS
]
"""All of them take half a minute: a few are always run."""
FACTS = ("status", "route", "answers", "texts", "fixes", "course", "restricted")


def slack_of(both: TeamsSchool) -> PretendSchool:
    """The same school with hands on Slack."""
    return OnSlack(both.app, both.slack, both.settings, both.folder, both)


class OnSlack(PretendSchool):
    def __init__(
        self, app: Any, slack: Any, settings: Any, folder: Path, both: TeamsSchool
    ) -> None:
        super().__init__(app, slack, settings, folder)
        self._both = both

    async def settle(self) -> None:
        await self._both.settle()


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    """The DSL's channel is on Slack, the data-protection lead's on Teams."""
    async with open_teams_school(tmp_path, on=BOTH) as opened:
        yield opened
        assert opened.tenant.faults == []
        assert opened.workspace.faults == []


@pytest.fixture
async def turned(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    """The DSL's channel is on Teams."""
    async with open_teams_school(tmp_path, on=BOTH, routes=ON_TEAMS) as opened:
        yield opened
        assert opened.tenant.faults == []
        assert opened.workspace.faults == []


async def test_asked_on_slack_decided_on_teams_and_told_on_slack(turned: TeamsSchool):
    slack = slack_of(turned)
    await slack.check(pretend.TEACHER, **ASKED)
    case = await slack.finish(pretend.TEACHER)
    assert any(case.ref in words for words in turned.posted(tenant.DSL_CHANNEL))

    await turned.do(tenant.DSL, "case.decide.share", reason="It is right")

    case = await turned.case(case)
    assert (case.status, case.decision.by) == ("decided", "dsl")
    assert "share it now" in slack.told(pretend.TEACHER)[-1]
    assert not turned.sees(tenant.DSL, "case.decide.share", case)


async def test_asked_on_teams_decided_on_slack_and_told_on_teams(both: TeamsSchool):
    slack = slack_of(both)
    await both.check(tenant.TEACHER, **ASKED)
    case = await both.finish(tenant.TEACHER)
    root, *_ = slack.posted(pretend.DSL_CHANNEL)
    assert case.ref in root

    await slack.do(pretend.DSL, "case.decide.do_not_share", reason="Not to them")

    assert "do not share" in both.told(tenant.TEACHER)[-1].lower()
    assert (await both.case(case)).decision.by == "dsl"


async def test_a_question_and_its_answer_cross_over(turned: TeamsSchool):
    slack = slack_of(turned)
    await slack.check(pretend.TEACHER, **ASKED)
    case = await slack.finish(pretend.TEACHER)

    await turned.do(tenant.DSL, "case.ask", question="Who saw it?")
    await slack.do(pretend.TEACHER, "case.answer", answer="I did")

    await turned.press(tenant.DSL, "case.read", case)
    assert "I did" in turned.page(tenant.DSL)


async def test_nobody_decides_on_teams_what_they_asked_on_slack(turned: TeamsSchool):
    slack = slack_of(turned)
    await slack.check(pretend.DEPUTY, **ASKED)
    case = await slack.finish(pretend.DEPUTY)

    await turned.press(tenant.DEPUTY, "case.decide.share", case, reason="It is mine")

    assert (await turned.case(case)).status == "waiting"
    assert "refused" in await turned.happened(case)


async def test_nobody_decides_on_slack_what_they_asked_on_teams(both: TeamsSchool):
    slack = slack_of(both)
    await both.check(tenant.DEPUTY, **ASKED)
    case = await both.finish(tenant.DEPUTY)

    await slack.press(pretend.DEPUTY, "case.decide.share", case)

    assert (await both.case(case)).status == "waiting"
    assert "refused" in await both.happened(case)


async def test_people_whom_the_settings_do_not_name_are_one_by_their_verified_address(
    tmp_path: Path,
):
    """The deputy is in no settings: only the address, which both platforms vouch for, says it."""
    people = {
        "dsl": PersonSettings(post="DSL", slack=pretend.DSL, teams=tenant.DSL),
        "head": PersonSettings(post="Headteacher", slack=pretend.HEAD, teams=tenant.HEAD),
        "chair": PersonSettings(post="Chair", slack=pretend.CHAIR, teams=tenant.CHAIR),
    }
    async with open_teams_school(tmp_path, on=BOTH, routes=ON_TEAMS, people=people) as opened:
        slack = slack_of(opened)
        await slack.check(pretend.DEPUTY, **ASKED)
        case = await slack.finish(pretend.DEPUTY)

        await opened.press(tenant.DEPUTY, "case.decide.share", case, reason="It is mine")
        assert (await opened.case(case)).status == "waiting"

        await opened.do(tenant.DSL, "case.decide.share", reason="It is right")
        assert (await opened.case(case)).status == "decided"


async def test_who_was_ticked_on_slack_sees_nothing_of_it_on_teams(turned: TeamsSchool):
    slack = slack_of(turned)
    answers = SURE | {"adult": "staff"}

    await slack.check(pretend.TEACHER, ticked=("head",), **answers)
    case = await slack.finish(pretend.TEACHER)

    assert case.route == "chair"
    seen = "\n".join(turned.told(tenant.HEAD))
    assert case.ref not in seen
    assert case.ref in "\n".join(slack.told(pretend.CHAIR) + turned.told(tenant.CHAIR))


async def test_a_name_that_one_platform_knows_is_shown_on_the_other(turned: TeamsSchool):
    """The class teacher is in no settings: Teams shows what Slack calls them."""
    slack = slack_of(turned)
    await slack.check(pretend.TEACHER, **ASKED)
    await slack.finish(pretend.TEACHER)

    assert any(pretend.POSTS[pretend.TEACHER] in w for w in turned.posted(tenant.DSL_CHANNEL))
    message = turned.message_with(tenant.DSL, "case.decide.share")
    await turned.press(tenant.DSL, "case.decide.share")
    assert pretend.POSTS[pretend.TEACHER] in turned.words(tenant.DSL, message)


@pytest.mark.parametrize("scenario", SAMPLED, ids=str)
async def test_the_same_answers_give_the_same_record(tmp_path: Path, scenario: Scenario):
    async with open_pretend_school(tmp_path / "slack") as slack:
        first = await _whole(slack, pretend.TEACHER, scenario)
    async with open_teams_school(tmp_path / "teams") as teams:
        second = await _whole(teams, tenant.TEACHER, scenario)

    assert {name: getattr(first, name) for name in FACTS} == {
        name: getattr(second, name) for name in FACTS
    }
    assert first.advice == second.advice
    assert _named(first) == _named(second)


def _named(case: Case) -> set[str]:
    """Who is kept out, by the names of the settings."""
    return {name for name in case.excluded if ":" not in name}


async def _whole(school: Any, person: str, scenario: Scenario) -> Case:
    await school.check(person, **scenario.answers)
    if scenario.cannot:
        await school.press_here(person, "walk.cannot")
    case: Case = await school.finish(person)
    return case
