"""The demo's clock: it goes forward only, and what is due by then happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.demo_clock import FURTHEST, PretendClock, Step, TooFar, moment_of
from bot.demo_school import pretend_settings
from bot.people import School
from bot.settings import build_schools
from playground import school as pretend
from tests.fixtures_demo import Demo, open_demo

TEACHER = pretend.TEACHER
SUNDAY = datetime(2026, 11, 22, 18, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Wall:
    """The real time, as a test says."""

    def __init__(self, now: datetime = SUNDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def clock(wall: Wall) -> PretendClock:
    return PretendClock(wall)


@pytest.fixture
def school(tmp_path: Path) -> School:
    return build_schools(pretend_settings(tmp_path, "http://127.0.0.1"))["pretend"]


def test_it_tells_the_real_time_until_it_is_pushed_and_runs_on_from_there(
    clock: PretendClock, wall: Wall
):
    before = clock()
    clock.push_to(SUNDAY + HOUR)
    pushed = clock()
    wall.now += timedelta(minutes=1)

    assert (before, pushed) == (SUNDAY, SUNDAY + HOUR)
    assert clock() == SUNDAY + HOUR + timedelta(minutes=1)
    assert clock.seconds() == clock().timestamp()


@pytest.mark.parametrize(
    "moment",
    [SUNDAY, SUNDAY + HOUR - timedelta(seconds=1), SUNDAY + FURTHEST + timedelta(seconds=1)],
)
def test_it_goes_neither_back_nor_further_than_a_year(clock: PretendClock, moment: datetime):
    clock.push_to(SUNDAY + HOUR)

    with pytest.raises(TooFar):
        clock.push_to(moment)

    assert clock() == SUNDAY + HOUR


def test_it_remembers_what_it_said_at_a_real_moment(clock: PretendClock, wall: Wall):
    first = wall.now
    wall.now += HOUR
    clock.push_to(clock() + 2 * HOUR)
    wall.now += HOUR
    clock.push_to(clock() + 5 * HOUR)

    assert clock.pretend(first) == first
    assert clock.pretend(SUNDAY + HOUR) == SUNDAY + 3 * HOUR
    assert clock.pretend(wall.now) == clock()
    assert clock.pretend(wall.now + HOUR) == clock() + HOUR


@pytest.mark.parametrize(
    ("now", "step", "moment"),
    [
        (SUNDAY, Step.QUARTER, SUNDAY + timedelta(minutes=15)),
        (SUNDAY, Step.HOUR, SUNDAY + HOUR),
        (SUNDAY, Step.MORNING, datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (SUNDAY, Step.DIGEST, datetime(2026, 11, 27, 15, 30, tzinfo=UTC)),
        (
            datetime(2026, 11, 27, 15, 30, tzinfo=UTC),
            Step.DIGEST,
            datetime(2026, 12, 4, 15, 30, tzinfo=UTC),
        ),
        # The clocks go forward in the night of 29 March 2026.
        (
            datetime(2026, 3, 28, 23, 59, tzinfo=UTC),
            Step.MORNING,
            datetime(2026, 3, 29, 8, tzinfo=UTC),
        ),
        # Half past midnight in summer: tomorrow is not this morning.
        (
            datetime(2026, 7, 1, 23, 30, tzinfo=UTC),
            Step.MORNING,
            datetime(2026, 7, 3, 8, tzinfo=UTC),
        ),
    ],
)
def test_a_step_leads_to_the_schools_own_time(
    school: School, now: datetime, step: Step, moment: datetime
):
    assert moment_of(step, now, school) == moment


# In the demo


def digests(demo: Demo) -> list[str]:
    return [w for w in demo.school.posted(pretend.DSL_CHANNEL) if "the week to" in w]


async def test_a_push_brings_the_reminder_of_a_missing_reason(demo: Demo):
    school = demo.school
    await school.run(TEACHER)
    await school.slack.answer(TEACHER, danger="yes", adult="none")
    await school.settle()
    (ref,) = [case.ref for case in await school.cases()]
    reminder = f"{ref}: when everyone is safe"
    early = [r.state for r in await school.outbox(template="reason_nag")]

    said = await demo.do("push", "quarter")
    await school.settle()

    assert early == ["pending"] * 3
    assert said.startswith("It is now ")
    states = sorted(r.state for r in await school.outbox(template="reason_nag"))
    assert states == ["done", "pending", "pending"]
    texts = school.workspace.texts_in(school.workspace.direct_from_app(TEACHER).id)
    assert sum(reminder in text for text in texts) == 1


async def test_a_push_to_the_digest_posts_it_once_and_the_next_step_is_a_week_on(demo: Demo):
    first = next(s for s in (await demo.controls())["clock"]["steps"] if s["id"] == "digest")

    await demo.do("push", "digest")
    await demo.school.settle()
    await demo.school.settle()
    posted = len(digests(demo))
    second = next(s for s in (await demo.controls())["clock"]["steps"] if s["id"] == "digest")
    await demo.do("push", "digest")
    await demo.school.settle()

    assert posted == 1
    assert len(digests(demo)) == 2
    assert first["name"] != second["name"]
    assert "Friday" in first["name"] and "15:30" in first["name"]


async def test_the_worker_is_woken_from_its_rest(live_demo: Demo):
    worker = live_demo.school.app.courier
    await live_demo.school.until(lambda: bool(worker._wake._waiters))

    await live_demo.do("push", "digest")

    await live_demo.school.until(lambda: len(digests(live_demo)) == 1)


async def test_messages_carry_the_pretend_time_and_leases_the_real_one(demo: Demo):
    before = datetime.now(UTC)
    await demo.do("push", "digest")
    await demo.school.settle()

    (message,) = demo.school.workspace.messages[pretend.DSL_CHANNEL]
    (row,) = await demo.school.outbox(template="digest", state="done")
    shown = next(r for r in (await demo.panel())["outbox"] if r["id"] == row.key)
    assert float(message.ts) >= row.due_at.timestamp()
    assert row.sent_at is not None and before <= row.sent_at <= datetime.now(UTC)
    assert datetime.fromisoformat(shown["fields"]["sent"]) >= row.due_at


async def test_a_year_ahead_is_far_enough(tmp_path: Path):
    wall = Wall(datetime.now(UTC))
    clock = PretendClock(wall)
    clock.push_to(wall.now + FURTHEST - timedelta(minutes=30))
    async with open_demo(tmp_path, clock=clock) as demo:
        said = await demo.do("push", "hour")

    assert "no more than a year" in said
    assert clock.ahead == FURTHEST - timedelta(minutes=30)


async def test_a_signed_request_is_still_taken_after_the_clock_was_pushed(demo: Demo):
    await demo.do("push", "digest")

    await demo.school.run(TEACHER)

    assert demo.school.has_dialog(TEACHER)
