"""The database locked, full or gone: the dialog keeps everything, and says whom to ring."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.case import Case
from playground import school as pretend
from tests.fixtures_school import open_pretend_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
ASKED = SURE | {"advice": "wanted"}
Trouble = Callable[[PretendSchool], AbstractContextManager[None]]


@contextlib.contextmanager
def locked(school: PretendSchool) -> Iterator[None]:
    """Somebody else holds the write lock."""
    with contextlib.closing(sqlite3.connect(school.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def gone(school: PretendSchool) -> Iterator[None]:
    """The file was moved away, and is put back later."""
    away = school.database.with_name("elsewhere.db")
    school.database.rename(away)
    yield
    away.rename(school.database)


@contextlib.contextmanager
def replaced(school: PretendSchool) -> Iterator[None]:
    """Another file stands in its place: what is written there would be lost."""
    with gone(school):
        school.database.write_bytes(b"")
        yield
        school.database.unlink()


@contextlib.contextmanager
def full(_school: PretendSchool) -> Iterator[None]:
    """No file may grow any more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


TROUBLES = {"locked": locked, "gone": gone, "replaced": replaced, "full": full}
every_trouble = pytest.mark.parametrize("trouble", TROUBLES.values(), ids=list(TROUBLES))


def says_what_to_do(words: str) -> bool:
    return all(
        part in words
        for part in ("did not send", "999", "01632 960 001", "What you wrote is still here")
    )


@every_trouble
async def test_the_last_page_keeps_everything_and_the_same_submit_works_afterwards(
    school: PretendSchool, logged: list[Any], trouble: Trouble
):
    await school.check(TEACHER, **ASKED)
    before = school.remembered()

    with trouble(school):
        sent = await school.slack.answer(TEACHER, reason="Seen twice", filed_at="Blue cabinet")
    assert set(sent.errors) == {"f.reason"}
    assert says_what_to_do(sent.errors["f.reason"])
    assert school.title(TEACHER) == "Ask the DSL first"
    kept = school.workspace.view_for(TEACHER).values
    assert kept["f.reason"]["reason"]["value"] == "Seen twice"
    assert school.remembered() == before
    assert [line for line in logged if line["event"] == "not_done" and line["reference"]]

    await school.slack.submit_view(TEACHER)
    await school.settle()

    case = await school.case()
    assert (case.status, case.texts["filed_at"]) == ("waiting", "Blue cabinet")
    assert case.ref in school.posted(pretend.DSL_CHANNEL)[0]


@every_trouble
async def test_danger_says_whom_to_ring_although_nothing_could_be_written(
    school: PretendSchool, logged: list[Any], trouble: Trouble
):
    await school.run(TEACHER)

    with trouble(school):
        sent = await school.slack.answer(TEACHER, danger="yes", adult="none")
    assert set(sent.errors) == {"q.start.danger"}
    assert says_what_to_do(sent.errors["q.start.danger"])

    await school.slack.submit_view(TEACHER)
    await school.settle()

    assert (await school.case()).status == "reason_due"
    assert school.title(TEACHER) == "Danger: act now"


@every_trouble
async def test_a_decision_is_kept_in_its_form_and_decides_once_afterwards(
    school: PretendSchool, logged: list[Any], trouble: Trouble
):
    case = await raised(school)
    await school.press(DSL, "case.decide.share_limited")
    before = school.remembered()

    with trouble(school):
        sent = await school.slack.answer(DSL, reason="It is right", limits="Not the address")
    assert len(sent.errors) == 1
    assert says_what_to_do(next(iter(sent.errors.values())))
    assert school.remembered() == before

    await school.slack.submit_view(DSL)
    await school.settle()

    decided = await school.case(case)
    assert (decided.decision.reason, decided.decision.limits) == ("It is right", "Not the address")
    assert await school.happened(case) == ["recorded", "decided"]


async def raised(school: PretendSchool) -> Case:
    await school.check(TEACHER, **ASKED)
    return await school.finish(TEACHER)


@every_trouble
async def test_what_was_written_is_not_shown_while_the_reading_cannot_be_noted(
    school: PretendSchool, logged: list[Any], trouble: Trouble
):
    case = await raised(school)

    with trouble(school):
        await school.slack.press(DSL, "case.read", message=school.message_with(DSL, "case.read"))
        await school.app.slack.edge.finish()

    assert school.title(DSL) == "This did not send"
    assert "Seen twice" not in school.page(DSL)
    assert await school.happened(case) == ["recorded"]


async def test_pages_turn_and_lists_are_shown_while_somebody_else_writes(school: PretendSchool):
    case = await raised(school)

    with locked(school):
        await school.check(TEACHER, **SURE)
        await school.run(TEACHER, "mine")

    assert case.ref in school.whispered(TEACHER)
    assert school.title(TEACHER) == "You can share this"


async def test_a_list_that_cannot_be_read_says_so(school: PretendSchool, logged: list[Any]):
    await raised(school)

    with gone(school):
        await school.run(TEACHER, "mine")

    said = school.whispered(TEACHER)
    assert "This did not send" in said
    assert "01632 960 001" in said
    assert logged[-1]["reference"] in said


async def test_turning_pages_needs_no_database_at_all(school: PretendSchool):
    with gone(school):
        await school.check(TEACHER, **SURE)

    assert school.title(TEACHER) == "You can share this"


async def test_a_lock_that_passes_in_time_is_not_noticed(school: PretendSchool):
    await school.check(TEACHER, **ASKED)

    async def release_soon(held: contextlib.ExitStack) -> None:
        await asyncio.sleep(0.8)
        held.close()

    with contextlib.ExitStack() as held:
        held.enter_context(locked(school))
        releasing = asyncio.create_task(release_soon(held))
        sent = await school.slack.answer(TEACHER, reason="Seen twice")
        await releasing

    assert not sent.errors
    assert (await school.case()).status == "waiting"


async def test_the_worker_waits_and_then_delivers_once(tmp_path: Path, logged: list[Any]):
    async with open_pretend_school(tmp_path, deliver=True) as school:
        school.workspace.conditions["chat.postMessage"].latency = 0.3
        await school.check(TEACHER, **ASKED)
        await school.slack.answer(TEACHER, reason="Seen twice")
        with locked(school):
            await asyncio.sleep(1)
        school.workspace.conditions.clear()

        await school.until(lambda: len(school.posted_keys()) == 3, seconds=10)

        assert len(set(school.posted_keys())) == 3
        assert school.workspace.faults == []


async def test_health_says_whether_it_can_work(tmp_path: Path):
    async with open_pretend_school(tmp_path, deliver=True) as school:
        url = school.slack.courier.app_url.removesuffix("/slack/events") + "/readyz"
        await school.until(lambda: school.app.courier.alive)
        assert await ask(url) == (200, {"ready": True})

        with gone(school):
            assert await ask(url) == (503, {"ready": False, "code": "gone"})


async def test_health_says_that_nobody_delivers(school: PretendSchool):
    url = school.slack.courier.app_url.removesuffix("/slack/events") + "/readyz"

    assert await ask(url) == (503, {"ready": False, "code": "worker_stopped"})


async def ask(url: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()
