"""A worry about the head reaches nobody on the head's route, whatever Slack says when."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.case import Case
from bot.chat import DeliveryError
from bot.settings import RouteSettings
from playground import school as pretend
from tests.fixtures_school import open_changed_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, HEAD, CHAIR = pretend.TEACHER, pretend.HEAD, pretend.CHAIR
HEADS_ROOM, GOVERNORS = pretend.DPO_CHANNEL, pretend.DSL_CHANNEL
ABOUT_THE_HEAD = SURE | {"adult": "head"}
MEMBERS = "conversations.members"
ROUTES = {
    "head": RouteSettings(post="Headteacher", slack_channel=HEADS_ROOM),
    "chair": RouteSettings(post="Chair of governors", slack_channel=GOVERNORS),
    "dsl": RouteSettings(post="DSL", people=("dsl",)),
    "dpo": RouteSettings(post="DPO", people=("dpo",)),
}


def seat(school: PretendSchool) -> None:
    """The head has a channel, and sits with the governors in the chair's."""
    for channel, people in ((HEADS_ROOM, {HEAD}), (GOVERNORS, {HEAD, CHAIR})):
        there = school.workspace.channels[channel].members
        for person in there - people - {school.workspace.app.user_id}:
            school.workspace.remove(channel, person)
        for person in people - there:
            school.workspace.invite(channel, person)


async def raise_worry(school: PretendSchool, **answers: str) -> Case:
    """A worry about the head, handed in while Slack does not say who is where."""
    await school.check(TEACHER, **ABOUT_THE_HEAD | answers)
    sent = await school.slack.answer(TEACHER, reason="Seen twice this week")
    assert sent.sent and not sent.errors
    return await school.case()


def slow(condition: Any) -> None:
    condition.latency = 30.0


def down(condition: Any) -> None:
    condition.down = True


@pytest.mark.parametrize("trouble", [slow, down])
async def test_the_head_gets_no_card_though_slack_did_not_say_who_the_head_is(
    tmp_path: Path, trouble: Any
):
    async with open_changed_school(tmp_path, routes=ROUTES) as school:
        seat(school)
        await school.check(TEACHER, **ABOUT_THE_HEAD)
        school.app.desk.roster._known.clear()
        trouble(school.workspace.conditions[MEMBERS])
        await school.slack.answer(TEACHER, reason="Seen twice this week")
        case = await school.case()
        school.workspace.conditions.clear()
        await school.app.desk.roster.close()

        await school.settle()

        assert case.route == "chair"
        assert school.posted(GOVERNORS) == []
        assert school.sees(CHAIR, "case.read")
        assert not school.sees(HEAD, "case.read")


async def test_nobody_opens_it_until_slack_has_said_who_the_head_is(tmp_path: Path):
    async with open_changed_school(tmp_path, routes=ROUTES) as school:
        seat(school)
        case = await raise_worry(school)
        await school.settle()
        card = school.message_with(CHAIR, "case.read", case)
        school.app.desk.roster._known.clear()
        school.workspace.conditions[MEMBERS].down = True

        await school.slack.press(CHAIR, "case.read", message=card)
        await school.app.slack.edge.finish()
        assert "Seen twice this week" not in school.page(CHAIR)

        school.workspace.conditions.clear()
        school.workspace.dialogs.clear(CHAIR)
        await school.slack.press(CHAIR, "case.read", message=card)
        await school.app.slack.edge.finish()
        assert "Seen twice this week" in school.page(CHAIR)
        assert "read" in await school.happened(case)


async def test_whoever_becomes_head_later_is_kept_out_of_it_too(tmp_path: Path):
    async with open_changed_school(tmp_path, routes=ROUTES) as school:
        seat(school)
        case = await raise_worry(school)
        await school.settle()
        school.workspace.invite(HEADS_ROOM, CHAIR)
        card = school.message_with(CHAIR, "case.decide.share", case)
        school.app.desk.roster._known.clear()

        await school.slack.press(CHAIR, "case.decide.share", message=card)
        await school.app.slack.edge.finish()

        assert not school.has_dialog(CHAIR) or "Not possible" in school.title(CHAIR)
        assert (await school.case(case)).status == "waiting"


async def test_asking_afresh_takes_nothing_from_those_to_whom_a_minute_old_is_enough(
    school: PretendSchool,
):
    desk = school.app.desk
    place = desk.schools["pretend"].routes["dsl"].place
    before = await desk.members(place)
    school.workspace.conditions[MEMBERS].down = True

    with pytest.raises(DeliveryError):
        await desk.members(place, fresh=True)

    assert await desk.members(place) == before


async def test_many_who_ask_at_once_cost_one_call(school: PretendSchool):
    desk = school.app.desk
    place = desk.schools["pretend"].routes["dsl"].place
    school.workspace.conditions[MEMBERS].latency = 0.1

    found = await asyncio.gather(*(desk.members(place, fresh=True) for _ in range(20)))

    assert len(set(found)) == 1
    assert len(school.workspace.calls_of(MEMBERS)) == 1
