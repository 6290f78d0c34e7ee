"""Who may not decide or read: told why not, noted in the log, and nothing changed."""

import pytest

from bot.case import Case
from playground import school as pretend
from playground.residents import User
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY, HEAD = pretend.TEACHER, pretend.DSL, pretend.DEPUTY, pretend.HEAD
ASKED = SURE | {"advice": "wanted"}


@pytest.fixture
async def waiting(school: PretendSchool) -> Case:
    """A case that waits in the DSL's channel."""
    await school.check(TEACHER, **ASKED)
    return await school.finish(TEACHER)


async def test_who_is_not_on_the_route_is_told_why_not_and_it_is_noted(
    school: PretendSchool, waiting: Case
):
    await school.press(DSL, "case.decide.share")
    opened = school.workspace.view_for(DSL)

    await school.hand_in(HEAD, opened, reason="I am the head")

    assert await school.happened(waiting) == ["recorded", "refused"]
    refused = (await school.read(lambda unit: unit.history(waiting)))[-1]
    assert (refused.actor, refused.codes) == ("head", {"refusal": "NotOnRoute"})
    assert (await school.case(waiting)).status == "waiting"


async def test_a_guest_in_the_channel_may_look_but_not_decide_or_read(
    school: PretendSchool, waiting: Case
):
    for button in ("case.decide.share", "case.read", "case.ask"):
        await school.press(pretend.GUEST, button)
        assert "Guests, and people from other organisations" in school.page(pretend.GUEST)

    assert await school.happened(waiting) == ["recorded", "refused", "refused", "refused"]
    assert (await school.case(waiting)).status == "waiting"


async def test_somebody_of_another_organisation_in_the_channel_may_not_decide(
    school: PretendSchool,
):
    stranger = "U0STRANGER"
    school.workspace.add_user(
        User(stranger, "Social worker", team_id="T0OTHER001", is_stranger=True)
    )
    school.workspace.invite(pretend.DSL_CHANNEL, stranger)
    await school.check(TEACHER, **ASKED)
    case = await school.finish(TEACHER)

    await school.press(stranger, "case.decide.share")

    assert "Guests, and people from other organisations" in school.page(stranger)
    history = await school.read(lambda unit: unit.history(case))
    assert (history[-1].kind, history[-1].codes) == ("refused", {"refusal": "Guest"})


async def test_the_requester_cannot_decide_with_a_form_that_was_opened_for_a_reviewer(
    school: PretendSchool, waiting: Case
):
    await school.press(DSL, "case.decide.share")
    opened = school.workspace.view_for(DSL)

    answer = await school.hand_in(TEACHER, opened, reason="I say so")

    assert answer["view"]["title"]["text"] == "Your own case"
    assert (await school.case(waiting)).status == "waiting"
    assert await school.happened(waiting) == ["recorded", "refused"]


async def test_who_joins_the_channel_may_decide_at_once(school: PretendSchool, waiting: Case):
    school.workspace.invite(pretend.DSL_CHANNEL, HEAD)

    await school.do(HEAD, "case.decide.share", reason="I joined today")

    assert (await school.case(waiting)).decision.by == "head"


async def test_who_leaves_the_channel_may_not_decide_once_a_minute_has_passed(
    school: PretendSchool, waiting: Case
):
    await school.press(DEPUTY, "case.decide.share")
    school.workspace.remove(pretend.DSL_CHANNEL, DEPUTY)
    school.app.desk.roster._known.clear()

    await school.submit(DEPUTY, reason="I have not gone yet")

    assert "sent to other people" in school.page(DEPUTY)
    assert (await school.case(waiting)).status == "waiting"
