"""The weekly digest: once per ISO week and school, whatever restarts, fails or is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo import MANIFEST
from bot.settings import RouteSettings
from handlers.delivery import Courier
from playground import school as pretend
from playground.workspace import Workspace
from tests.fixtures_school import open_changed_school, open_pretend_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE, WELFARE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
WEDNESDAY = datetime(2026, 11, 18, 10, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


class Calendar:
    """A clock that a test pushes; it ticks, so that no two things happen at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
def calendar() -> Calendar:
    return Calendar(WEDNESDAY)


@pytest.fixture
def slack() -> Iterator[Workspace]:
    """A workspace that is there while the bot comes and goes; nothing is in it twice."""
    workspace = pretend.open_school(manifest=MANIFEST)
    yield workspace
    assert workspace.faults == []


def begin(
    folder: Path, calendar: Calendar, slack: Workspace, **changes: Any
) -> AbstractAsyncContextManager[PretendSchool]:
    return open_changed_school(folder, **changes, clock=calendar, workspace=slack)


def digests(school: PretendSchool) -> list[str]:
    return [words for words in school.posted(pretend.DSL_CHANNEL) if "the week to" in words]


async def ask(school: PretendSchool, answers: dict[str, str] = SURE) -> str:
    await school.check(TEACHER, **answers)
    return (await school.finish(TEACHER)).ref


async def test_it_is_posted_at_the_schools_time_and_tells_how_the_week_went(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    async with begin(tmp_path, calendar, slack) as school:
        await ask(school)
        await ask(school, WELFARE | {"role": "none"})
        waits = await ask(school, SURE | {"content": "unsure"})
        await ask(school, WELFARE | {"advice": "wanted"})
        calendar.now += timedelta(minutes=50)
        await school.do(DSL, "case.decide.share", reason="It is right")
        calendar.now = FRIDAY - MINUTE
        await school.settle()
        assert digests(school) == []

        calendar.now = FRIDAY
        await school.settle()

        (digest,) = digests(school)
        assert "the week to 20 November 2026" in digest
        for words in (
            "4 checks",
            "2 needed somebody to decide",
            "50 minutes",
            "Open now: 1",
            waits,
        ):
            assert words in digest
        assert "Is it only what they need" in digest


async def test_a_restricted_case_is_in_none_of_its_figures(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    async with begin(tmp_path, calendar, slack) as school:
        ref = await ask(school, SURE | {"adult": "staff"})
        calendar.now = FRIDAY
        await school.settle()

        (digest,) = digests(school)
        assert "A quiet week: nobody asked, and nothing is open." in digest
        assert ref not in str(school.posted(pretend.DSL_CHANNEL))


async def test_a_quiet_week_is_posted_too(tmp_path: Path, calendar: Calendar, slack: Workspace):
    async with begin(tmp_path, calendar, slack) as school:
        calendar.now = FRIDAY
        await school.settle()

        assert "A quiet week" in digests(school)[0]


async def test_weeks_follow_each_other_while_the_bot_runs(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    async with begin(tmp_path, calendar, slack) as school:
        for week in range(5):
            calendar.now = FRIDAY + week * WEEK
            await school.settle()

        said = [words.splitlines()[0] for words in digests(school)]
        days = ("20 November", "27 November", "4 December", "11 December", "18 December")
        assert [f"the week to {day}" in words for day, words in zip(days, said, strict=True)] == [
            True
        ] * 5


async def test_however_often_the_bot_starts_again_a_week_is_posted_once(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    async with begin(tmp_path, calendar, slack) as school:
        await ask(school)
    calendar.now = FRIDAY + MINUTE
    for _ in range(4):
        async with begin(tmp_path, calendar, slack) as school:
            await school.settle()
            assert len(digests(school)) == 1
        calendar.now += timedelta(hours=20)


async def test_after_a_long_absence_only_the_newest_missed_week_is_posted(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    async with begin(tmp_path, calendar, slack) as school:
        await ask(school)
    calendar.now = FRIDAY + 3 * WEEK + timedelta(days=2)

    async with begin(tmp_path, calendar, slack) as school:
        await school.settle()

        (digest,) = digests(school)
        assert "the week to 11 December 2026" in digest
        skipped = await school.outbox(template="digest", state="skipped")
        assert [row.last_error for row in skipped] == ["superseded"]


async def test_a_school_where_nobody_asked_yet_gets_the_newest_week_it_missed_too(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    async with begin(tmp_path, calendar, slack) as school:
        await school.settle()
    calendar.now = FRIDAY + 3 * WEEK + timedelta(days=2)

    for _ in range(2):
        async with begin(tmp_path, calendar, slack) as school:
            await school.settle()

            (digest,) = digests(school)
            assert "the week to 11 December 2026" in digest
            assert "A quiet week" in digest


async def test_a_slow_decision_is_told_in_the_week_it_came(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    async with begin(tmp_path, calendar, slack) as school:
        await ask(school, SURE | {"content": "unsure"})
        calendar.now = FRIDAY
        await school.settle_in_time(2)
        calendar.now = WEDNESDAY + WEEK
        await school.do(DSL, "case.decide.share", reason="It is right")
        calendar.now = FRIDAY + WEEK
        await school.settle_in_time(2)

        first, second = digests(school)
        assert "1 check" in first
        assert "Half of them" not in first
        assert "0 checks" in second
        assert "7 days" in second


async def test_a_school_that_begins_today_has_missed_nothing(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    calendar.now = FRIDAY + timedelta(days=1)

    async with begin(tmp_path, calendar, slack) as school:
        await school.settle()

        assert digests(school) == []
        assert [r.key for r in await school.outbox()] == ["digest:pretend:2026-W48"]


async def test_two_workers_post_it_once(tmp_path: Path, calendar: Calendar, slack: Workspace):
    async with begin(tmp_path, calendar, slack) as school:
        calendar.now = FRIDAY
        other = Courier(school.app.desk, "another")

        await asyncio.gather(school.app.courier.drain(), other.drain())
        await school.settle()

        assert len(digests(school)) == 1


async def test_slack_being_away_on_friday_delays_it_and_does_not_double_it(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    async with begin(tmp_path, calendar, slack) as school:
        calendar.now = FRIDAY
        slack.conditions["chat.postMessage"].fail_after_accepting = 2
        await school.settle_in_time(4)

        assert len(digests(school)) == 1
        assert len(await school.outbox(template="digest", state="pending")) == 1


@pytest.mark.parametrize("trouble", ["refused", "away for weeks"])
async def test_a_week_that_could_not_be_posted_does_not_end_the_weeks_after_it(
    tmp_path: Path, calendar: Calendar, slack: Workspace, trouble: str
):
    async with begin(tmp_path, calendar, slack) as school:
        await ask(school)
        if trouble == "refused":
            slack.conditions["chat.postMessage"].refusals = ("is_archived",)
            calendar.now = FRIDAY
            await school.settle()
        else:
            slack.conditions["chat.postMessage"].down = True
            for _ in range(12):
                calendar.now += timedelta(days=1)
                await school.settle_in_time(1)
            slack.conditions.clear()
        calendar.now = FRIDAY + 2 * WEEK
        await school.settle_in_time(4)

        assert "the week to 4 December 2026" in digests(school)[-1]
        calendar.now = FRIDAY + 3 * WEEK
        await school.settle_in_time(2)
        assert "the week to 11 December 2026" in digests(school)[-1]


async def test_named_people_get_it_one_by_one(tmp_path: Path, calendar: Calendar, slack: Workspace):
    route = RouteSettings(post="DSL", people=("dsl", "deputy"))
    async with begin(tmp_path, calendar, slack, routes={"dsl": route}) as school:
        for week in range(2):
            calendar.now = FRIDAY + week * WEEK
            await school.settle()

        for person in (DSL, pretend.DEPUTY):
            assert len([words for words in school.told(person) if "the week to" in words]) == 2


async def test_where_nobody_is_in_chat_it_is_skipped_and_nothing_breaks(
    tmp_path: Path, calendar: Calendar, slack: Workspace
):
    card = RouteSettings(post="DSL", phone="01632 960 007")
    async with begin(tmp_path, calendar, slack, routes={"dsl": card}) as school:
        calendar.now = FRIDAY
        await school.settle()

        assert [r.state for r in await school.outbox(key="digest:pretend:2026-W47")] == ["skipped"]


async def test_it_keeps_the_schools_clock_when_the_clocks_change(tmp_path: Path, slack: Workspace):
    summer = Calendar(datetime(2026, 6, 24, 10, tzinfo=UTC))
    async with open_pretend_school(tmp_path, clock=summer, workspace=slack) as school:
        (row,) = await school.outbox(template="digest")

        assert row.due_at == datetime(2026, 6, 26, 14, 30, tzinfo=UTC)
