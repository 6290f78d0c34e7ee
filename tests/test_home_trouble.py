"""Lists and the home page while Slack is slow, or where a case can no longer be opened."""

from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.settings import RouteSettings
from playground import school as pretend
from storage.lists import Listed
from tests.fixtures_school import open_changed_school
from tests.home_pages import offered, open_home, press, search, section
from tests.pretend_school import PretendSchool
from tests.test_home import WAITING, ask, fill, references

TEACHER, DSL = pretend.TEACHER, pretend.DSL
TOO_LONG = 30.0


def forget_members(school: PretendSchool) -> None:
    """Nothing is remembered of who is in which channel."""
    desk = school.app.desk
    desk.roster._known.clear()


async def spoil(school: PretendSchool, case_id: str) -> None:
    """Lose the key of a case, so that nobody can open it."""

    def lose(unit: Any) -> None:
        unit._connection.execute(text("DELETE FROM case_keys WHERE case_id = :id"), {"id": case_id})

    await school.app.desk.store.write(lose)


async def test_a_case_that_cannot_be_opened_hides_none_of_those_after_it(school: PretendSchool):
    case = await ask(school)
    cases = await fill(school, case, 12)
    await spoil(school, cases[-2].id)

    await open_home(school, TEACHER)
    assert "home.all" in offered(school, TEACHER)
    await press(school, TEACHER, "home.all", f"{Listed.MINE}.0")
    first = references(school, TEACHER)
    await press(school, TEACHER, "home.older")
    second = references(school, TEACHER)

    everyone = {one.ref for one in [case, *cases]}
    assert len(first) == 9
    assert {*first, *second} == everyone - {cases[-2].ref}


async def test_a_case_that_cannot_be_opened_is_still_counted(school: PretendSchool):
    case = await ask(school)
    cases = await fill(school, case, 1)
    await spoil(school, cases[0].id)

    await open_home(school, DSL)

    waiting = section(school, DSL, WAITING)
    assert "·  2" in waiting
    assert "1 check here cannot be opened" in waiting
    assert references(school, DSL)[0] == case.ref


async def test_a_danger_is_on_the_page_that_lies_below_its_dialog(school: PretendSchool):
    await open_home(school, TEACHER)
    await press(school, TEACHER, "home.check")

    await school.slack.answer(TEACHER, danger="yes", adult="none")
    await school.app.slack.edge.finish()

    assert "case.reason" in offered(school, TEACHER)


async def test_turning_pages_draws_no_home_page(school: PretendSchool):
    await open_home(school, TEACHER)
    await press(school, TEACHER, "home.check")

    await school.slack.answer(TEACHER, danger="no", adult="none")
    await school.app.slack.edge.finish()

    assert len(school.workspace.calls_of("views.publish")) == 1


async def test_a_search_that_slack_was_too_slow_for_does_not_say_that_there_is_nothing(
    tmp_path: Path,
):
    people = {"head": RouteSettings(post="Headteacher", people=("dsl",))}
    async with open_changed_school(tmp_path, routes=people) as school:
        case = await ask(school)
        await open_home(school, DSL)
        forget_members(school)
        school.workspace.conditions["conversations.members"].latency = TOO_LONG

        answer = await search(school, DSL, case.ref)

    assert "There is nothing for you" not in answer
    assert "try again in a minute" in answer


async def test_a_persons_own_list_asks_slack_nothing(school: PretendSchool):
    case = await ask(school)
    forget_members(school)
    asked = len(school.workspace.calls_of("conversations.members"))

    await school.run(TEACHER, "mine")

    assert case.ref in school.whispered(TEACHER)
    assert len(school.workspace.calls_of("conversations.members")) == asked


async def test_a_danger_is_written_though_slack_does_not_say_who_the_head_is(tmp_path: Path):
    channel = RouteSettings(post="Headteacher", slack_channel=pretend.DPO_CHANNEL)
    async with open_changed_school(tmp_path, routes={"head": channel}) as school:
        school.workspace.conditions["conversations.members"].latency = TOO_LONG
        await school.run(TEACHER)

        await school.slack.answer(TEACHER, danger="yes", adult="head")
        case = await school.case()

    assert case.advice.urgency == "now"
    assert case.route == "chair"


# ------------------------------------------------------------------------- who is asked, how often


def asked(school: PretendSchool) -> list[str]:
    """The channels whose members Slack was asked for."""
    calls = school.workspace.calls_of("conversations.members")
    return [str(call.arguments["channel"]) for call in calls]


async def test_one_drawing_asks_for_the_members_of_a_channel_once(school: PretendSchool):
    case = await ask(school)
    forget_members(school)
    before = len(asked(school))

    page = await open_home(school, DSL)

    assert case.ref in page
    assert sorted(asked(school)[before:]) == sorted({*asked(school)[before:]})
    assert pretend.DSL_CHANNEL in asked(school)[before:]


async def test_the_next_drawing_asks_anew_for_the_channel_of_whoever_reviews(
    school: PretendSchool,
):
    await ask(school)
    await open_home(school, DSL)
    before = len(asked(school))

    await open_home(school, DSL)

    assert asked(school)[before:] == [pretend.DSL_CHANNEL]
