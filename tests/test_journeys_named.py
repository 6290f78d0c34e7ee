"""A channel that many can read, and few decide in: only these are told what must stay with them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.case import Case
from bot.settings import PersonSettings, RouteSettings
from playground import school as pretend
from playground.residents import Channel, ChannelKind
from tests.fixtures_school import open_changed_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY = pretend.TEACHER, pretend.DSL, pretend.DEPUTY
HEAD, CHAIR, OFFICE, GUEST = pretend.HEAD, pretend.CHAIR, pretend.OFFICE, pretend.GUEST
ROOM, DECIDE = "C0ROOM0001", "case.decide.share"
ASKED = SURE | {"advice": "wanted"}
ABOUT_STAFF = SURE | {"adult": "staff"}
PEOPLE = {
    "dsl": PersonSettings(post="DSL", slack=DSL),
    "deputy": PersonSettings(post="Deputy DSL", slack=DEPUTY),
    "head": PersonSettings(post="Headteacher", slack=HEAD),
    "chair": PersonSettings(post="Chair of governors", slack=CHAIR),
}


def in_a_wide_room(
    folder: Path, route: str, *reviewers: str, **changes: object
) -> AbstractAsyncContextManager[PretendSchool]:
    """A school where cases of one route are posted where many others read them."""
    settings = RouteSettings(post="Them", slack_channel=ROOM, reviewers=reviewers)
    routes = {"dpo": RouteSettings(post="DPO", people=("deputy",)), route: settings}
    return open_changed_school(folder, routes=routes, people=PEOPLE, **changes)


def seat(school: PretendSchool, *people: str) -> None:
    there = frozenset({*people, pretend.BOT})
    school.workspace.add_channel(Channel(ROOM, "room", ChannelKind.PRIVATE, there))


async def raised(school: PretendSchool, answers: dict[str, str], *ticked: str) -> Case:
    await school.check(TEACHER, ticked or ("nobody",), **answers)
    return await school.finish(TEACHER)


def alone(school: PretendSchool, case: Case) -> set[str]:
    """Who was written to one to one about a case."""
    found = set()
    for person in (DSL, DEPUTY, HEAD, CHAIR, OFFICE, GUEST):
        direct = school.workspace.direct_from_app(person).id
        if case.ref in str(school.workspace.messages.get(direct, ())):
            found.add(person)
    return found


async def test_only_who_is_named_decides_and_the_others_are_refused(tmp_path: Path):
    async with in_a_wide_room(tmp_path, "dsl", "dsl", "deputy") as school:
        seat(school, TEACHER, OFFICE, DSL, DEPUTY, GUEST)
        case = await raised(school, ASKED)
        assert case.ref in str(school.posted(ROOM))
        assert alone(school, case) == set()

        for person in (OFFICE, GUEST):
            await school.press(person, DECIDE, case)
            assert not school.has_dialog(person) or "Not possible" in school.title(person)
        history = await school.read(lambda unit: unit.history(case))
        said = [e.codes["refusal"] for e in history if e.kind == "refused"]
        assert said == ["NotOnRoute", "NotOnRoute"]

        await school.do(DEPUTY, DECIDE, reason="The child needs it")
        assert (await school.case(case)).decision.by == "deputy"


async def test_a_case_with_somebody_kept_out_goes_to_the_reviewers_alone(tmp_path: Path):
    async with in_a_wide_room(tmp_path, "chair", "chair", "dsl") as school:
        seat(school, TEACHER, OFFICE, HEAD, CHAIR, DSL, DEPUTY)

        case = await raised(school, SURE | {"adult": "head"})

        assert case.ref not in str(school.posted(ROOM))
        assert alone(school, case) == {CHAIR, DSL}
        rows = await school.outbox(template="root", audience="route", target=None)
        assert {row.state for row in rows} <= {"skipped"}
        await school.do(DSL, DECIDE, reason="The LADO agrees")
        assert (await school.case(case)).decision.by == "dsl"


async def test_a_restricted_case_is_not_posted_where_others_read_it(tmp_path: Path):
    async with in_a_wide_room(tmp_path, "head", "head") as school:
        seat(school, TEACHER, OFFICE, HEAD, CHAIR)

        case = await raised(school, ABOUT_STAFF)

        assert case.restricted
        assert case.ref not in str(school.posted(ROOM))
        assert alone(school, case) == {HEAD}
        (row,) = await school.outbox(template="root", last_error="sent_singly")
        assert row.target is None


async def test_a_restricted_case_is_posted_where_only_reviewers_are(tmp_path: Path):
    async with in_a_wide_room(tmp_path, "head", "head", "chair") as school:
        seat(school, HEAD, CHAIR)

        case = await raised(school, ABOUT_STAFF)

        assert case.ref in str(school.posted(ROOM))
        assert alone(school, case) == set()


async def test_whoever_comes_in_later_reads_no_more_of_a_restricted_case(tmp_path: Path):
    async with in_a_wide_room(tmp_path, "head", "head", "chair") as school:
        seat(school, HEAD, CHAIR)
        case = await raised(school, ABOUT_STAFF)
        before = school.posted(ROOM)
        school.workspace.invite(ROOM, OFFICE)

        await school.do(HEAD, "case.ask", question="Since when?")

        assert school.posted(ROOM) == before
        assert alone(school, case) == {HEAD, CHAIR}
        assert await school.outbox(template="thread_note", last_error="others_present")


async def test_where_all_who_are_named_are_kept_out_the_next_post_gets_it(tmp_path: Path):
    async with in_a_wide_room(tmp_path, "head", "head") as school:
        seat(school, TEACHER, OFFICE, HEAD)

        case = await raised(school, ABOUT_STAFF, "head")

        assert case.route == "chair"
        assert case.ref not in str(school.posted(ROOM))
        assert alone(school, case) == {CHAIR}


async def test_only_who_would_decide_is_offered_to_be_kept_out(tmp_path: Path):
    async with in_a_wide_room(tmp_path, "head", "head") as school:
        seat(school, TEACHER, OFFICE, HEAD, DSL)
        await school.run(TEACHER)
        await school.slack.answer(TEACHER, danger="no", adult="staff")

        page = str(school.dialog(TEACHER))

        assert school.dialog(TEACHER)["callback_id"] == "walk.people"
        assert "Headteacher" in page
        assert "Chair of governors" in page
        assert OFFICE not in page
        assert "School office" not in page


async def test_the_digest_goes_to_the_reviewers_alone(tmp_path: Path):
    now = [datetime(2026, 11, 18, 12, tzinfo=UTC)]
    async with in_a_wide_room(tmp_path, "dsl", "dsl", "deputy", clock=lambda: now[0]) as school:
        seat(school, TEACHER, OFFICE, DSL, DEPUTY)
        now[0] += timedelta(days=3)

        await school.settle()

        assert "A quiet week" not in str(school.posted(ROOM))
        for person in (DSL, DEPUTY):
            direct = school.workspace.direct_from_app(person).id
            assert "A quiet week" in str(school.workspace.messages[direct])
        rows = await school.outbox(template="digest", state="done")
        assert {row.target for row in rows} == {"dsl", "deputy"}
