"""Killed again and again while Slack fails, limits and lies: no message lost, none twice."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.case import Outcome
from bot.chat import Account, Platform
from handlers.review import Visit
from playground import school as pretend
from storage.outbox import State
from tests.fixtures_school import open_pretend_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

KILLS = 25
CASES = 60
METHODS = (
    "chat.postMessage",
    "chat.update",
    "conversations.open",
    "conversations.history",
    "conversations.replies",
    "conversations.members",
    "users.info",
)


@contextlib.asynccontextmanager
async def delivering(school: PretendSchool) -> AsyncIterator[None]:
    """A courier in a process of its own, killed at the end."""
    address = school.settings.slack_api_url.removesuffix("/api/")
    command = [sys.executable, "-m", "tests.courier_process", str(school.folder), address]
    here = Path(__file__).parent.parent
    process = await asyncio.create_subprocess_exec(
        *command, cwd=here, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            assert await process.stdout.readline() == b"delivering\n"
        yield
    finally:
        process.kill()
        await process.wait()


async def worsen(school: PretendSchool, chance: random.Random) -> None:
    """Bad weather that changes several times a second."""
    while True:
        for method in METHODS:
            condition = school.workspace.conditions[method]
            condition.down = chance.random() < 0.1
            condition.latency = chance.choice((0.0, 0.0, 0.05, 0.2, 0.7))
            condition.rate_limited = chance.choice((0, 0, 0, 2))
            condition.drop_after_accepting = chance.choice((0, 0, 2))
            condition.fail_after_accepting = chance.choice((0, 0, 2))
        await asyncio.sleep(0.15)


async def keep_busy(school: PretendSchool) -> None:
    """Cases are raised, and decided past the messages, all the while."""
    for number in range(CASES):
        await school.check(pretend.TEACHER, **SURE | {"advice": "wanted"})
        await school.slack.answer(pretend.TEACHER, reason=f"Reason {number}")
        if number % 2:
            case = (await school.cases())[-1]
            reviewer = Account(Platform.SLACK, pretend.TEAM, pretend.DSL)
            desk = school.app.desk
            visit = Visit(desk, desk.schools["pretend"], reviewer, case.id)
            await visit.decide(Outcome.SHARE, "It is right")
        await asyncio.sleep(0.2)


async def unfinished(school: PretendSchool) -> list[str]:
    rows = [row for row in await school.outbox() if row.template != "digest"]
    return [row.key for row in rows if row.state in {State.PENDING, State.CLAIMED}]


@pytest.mark.long
async def test_a_courier_killed_many_times_loses_nothing_and_sends_nothing_twice(tmp_path: Path):
    chance = random.Random(20_261_122)  # noqa: S311 - the same bad luck each time
    async with open_pretend_school(tmp_path) as school:
        await school.app.desk.members(school.app.desk.schools["pretend"].routes["dsl"].place)
        busy = asyncio.create_task(keep_busy(school))
        weather = asyncio.create_task(worsen(school, chance))
        try:
            for _ in range(KILLS):
                async with delivering(school):
                    await asyncio.sleep(chance.uniform(0.05, 1.2))
            await busy
        finally:
            busy.cancel()
            weather.cancel()
        school.workspace.conditions.clear()
        async with delivering(school), asyncio.timeout(60):
            while await unfinished(school):
                await asyncio.sleep(0.2)

        sent = [row.key for row in await school.outbox(verb="send", state=State.DONE)]
        times = Counter(school.posted_keys())
        assert len(await school.cases()) == CASES
        assert await school.outbox(state=State.BURIED) == []
        assert [key for key in sent if times[key] == 0] == []
        assert [key for key, count in times.items() if count > 1] == []
        assert len(sent) >= CASES * 3 + CASES // 2 * 2
        assert school.workspace.faults == []
