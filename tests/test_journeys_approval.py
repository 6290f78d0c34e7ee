"""A school where every share is checked first: pages that say so, and those who need no check."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.settings import RouteSettings
from playground import school as pretend
from tests.fixtures_school import open_changed_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE, WELFARE

TEACHER, DSL, DEPUTY = pretend.TEACHER, pretend.DSL, pretend.DEPUTY


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[PretendSchool]:
    """A school where the DSL checks every share."""
    async with open_changed_school(tmp_path, share_needs="approval") as school:
        yield school
        assert school.workspace.faults == []


@pytest.mark.parametrize("answers", [SURE, WELFARE | {"openness": "will_tell"}])
async def test_the_last_page_says_to_wait_and_sends(strict: PretendSchool, answers: dict[str, str]):
    await strict.check(TEACHER, **answers)
    view = strict.dialog(TEACHER)

    assert (view["title"]["text"], view["submit"]["text"]) == ("Please wait", "Send")
    assert "Do not share it yet" in strict.page(TEACHER)
    assert "you can share" not in strict.page(TEACHER).lower()
    assert {"reason", "recipient", "filed_at"} <= set(strict.inputs(TEACHER))
    assert "course" not in strict.inputs(TEACHER)
    assert "walk.ask" not in strict.buttons(TEACHER)


async def test_it_is_checked_and_the_answer_told(strict: PretendSchool):
    await strict.check(TEACHER, **SURE)
    case = await strict.finish(TEACHER, filed_at="Blue cabinet")
    assert (case.status, case.course, strict.title(TEACHER)) == ("waiting", None, "Please wait")
    assert "Blue cabinet" in strict.posted(pretend.DSL_CHANNEL)[0]

    await strict.do(DSL, "case.decide.share", reason="They need it")

    assert "You can share it now" in strict.told(TEACHER)[-1]


@pytest.mark.parametrize("person", [DSL, DEPUTY])
async def test_whoever_would_check_it_needs_no_check(strict: PretendSchool, person: str):
    await strict.check(person, **SURE)
    assert strict.dialog(person)["submit"]["text"] == "Save"
    assert "course" in strict.inputs(person)
    assert "will check it" not in strict.page(person)

    case = await strict.finish(person)

    assert (case.status, case.course) == ("decided", "followed")
    assert case.decision.by == case.requester
    assert "will check it" not in "".join([strict.page(person), *strict.told(person)])
    assert strict.posted(pretend.DSL_CHANNEL) == []


async def test_whoever_would_check_it_may_go_against_the_advice(strict: PretendSchool):
    await strict.check(DSL, **SURE)

    case = await strict.finish(DSL, course="against", against_reason="Told in person")

    assert (case.status, case.decision.outcome) == ("decided", "do_not_share")


async def test_who_reviews_no_more_waits_like_everybody(strict: PretendSchool):
    await strict.check(DSL, **SURE)
    given = {"reason": "Seen twice", "recipient": "Front door", "course": "followed"}
    strict.workspace.remove(pretend.DSL_CHANNEL, DSL)
    strict.app.desk.roster._known.clear()

    await strict.submit(DSL, **given)

    case = await strict.case()
    assert (case.status, case.decision) == ("waiting", None)
    assert strict.title(DSL) == "Please wait"


async def test_where_slack_cannot_say_who_reviews_everybody_waits(strict: PretendSchool):
    await strict.check(DSL, **SURE)
    strict.app.desk.roster._known.clear()
    strict.workspace.conditions["conversations.members"].down = True
    given = {"reason": "Seen twice", "recipient": "Front door", "course": "followed"}
    await strict.submit(DSL, **given)
    strict.workspace.conditions.clear()

    assert (await strict.case()).status == "waiting"


async def test_nobody_waits_long_for_slack_to_say_who_reviews(strict: PretendSchool):
    await strict.check(DSL, **SURE)
    strict.app.desk.roster._known.clear()
    strict.workspace.conditions["conversations.members"].latency = 2
    given = {"reason": "Seen twice", "recipient": "Front door", "course": "followed"}
    await strict.submit(DSL, **given)
    strict.workspace.conditions.clear()

    assert (await strict.case()).status == "waiting"


async def test_danger_waits_for_nobody(strict: PretendSchool):
    await strict.walk(TEACHER, [{"danger": "yes", "adult": "none"}])
    await strict.settle()

    assert (await strict.case()).status == "reason_due"


async def test_with_nobody_in_chat_the_page_says_to_ring_first(tmp_path: Path):
    routes = {"dsl": RouteSettings(post="DSL", phone="01632 960 009")}
    async with open_changed_school(tmp_path, share_needs="approval", routes=routes) as school:
        await school.check(TEACHER, **SURE)
        assert school.dialog(TEACHER)["submit"]["text"] == "Save my note"
        assert "Do not share it yet. Ask the" in school.page(TEACHER)

        assert (await school.finish(TEACHER)).status == "outside"
