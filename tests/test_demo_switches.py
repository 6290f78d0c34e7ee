"""The demo's switches: what goes wrong, what waits, and that nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo_switches import LIMITS, Switches, Trouble, WriteLock
from playground import school as pretend
from playground import teams_school as there
from playground.conditions import Conditions
from tests.fixtures_demo import Demo, open_demo
from tests.pretend_teams import TeamsSchool
from tests.scenarios import SURE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
ASKED = SURE | {"advice": "wanted"}
CHAT = (Trouble.CHAT_DOWN, Trouble.RATE_LIMITED, Trouble.DROPS)


async def ask(demo: Demo) -> None:
    await demo.school.check(TEACHER, **ASKED)
    await demo.school.finish(TEACHER)


async def switch(demo: Demo, trouble: Trouble) -> dict[str, Any]:
    found = (await demo.controls())["switches"]
    return next(one for one in found if one["id"] == trouble)


def posted_once(demo: Demo) -> bool:
    keys = demo.school.posted_keys()
    return len(keys) == len(set(keys))


@pytest.mark.parametrize("trouble", CHAT)
async def test_a_case_is_saved_its_messages_wait_and_are_sent_once_when_it_is_over(
    demo: Demo, trouble: Trouble
):
    await demo.do("on", trouble)
    await ask(demo)
    waiting = await demo.school.outbox(state="pending", template="root")
    during = await demo.controls()

    await demo.do("off", trouble)
    await demo.school.settle()

    (case,) = await demo.school.cases()
    assert case.status == "waiting"
    assert [row.attempts for row in waiting] == [1]
    assert "nothing is lost" in during["delivery"]
    states = {row.template: row.state for row in await demo.school.outbox() if row.attempts}
    assert set(states.values()) == {"done"}
    assert len([w for w in demo.school.posted(pretend.DSL_CHANNEL) if case.ref in w]) == 1
    assert posted_once(demo)
    assert (await demo.controls())["delivery"] == "Nothing waits because of trouble."


@pytest.mark.parametrize("trouble", CHAT)
async def test_teams_is_troubled_as_slack_is_and_a_case_is_sent_when_it_is_over(
    teams: TeamsSchool, trouble: Trouble
):
    switches = Switches(teams.tenant.conditions, teams.database, lambda _: None)
    await switches.turn_on(trouble)
    await teams.check(there.TEACHER, **ASKED)
    case = await teams.finish(there.TEACHER)
    (during,) = await teams.outbox(template="root")

    await switches.turn_off(trouble)
    await teams.settle()

    assert case.status == "waiting"
    assert (during.state, during.attempts) == ("pending", 1)
    states = {row.template: row.state for row in await teams.outbox() if row.attempts}
    assert set(states.values()) == {"done"}
    shown = [message for message in teams.posted(there.DSL_CHANNEL) if case.ref in message]
    assert len(shown) == (2 if trouble is Trouble.DROPS else 1)
    repeated = [message for message in shown if "may be a repeat" in message]
    assert len(repeated) == (1 if trouble is Trouble.DROPS else 0)


async def test_a_message_that_was_accepted_and_dropped_is_there_and_is_found_again(demo: Demo):
    await demo.do("on", Trouble.DROPS)
    await ask(demo)
    there = len(demo.school.posted(pretend.DSL_CHANNEL))
    rows = {row["title"]: row for row in (await demo.panel())["outbox"]}

    await demo.do("off", Trouble.DROPS)
    await demo.school.settle()

    after = {row["title"]: row for row in (await demo.panel())["outbox"]}
    assert there == 1
    assert rows["root"]["fields"]["problem"] == "the line broke before chat answered"
    assert rows["thread"]["fields"]["now"] == "waits for the message it belongs under"
    assert after["root"]["fields"]["now"].startswith("sent; Sharecheck was in doubt before")
    assert posted_once(demo)


@pytest.mark.parametrize("trouble", Trouble)
async def test_the_page_itself_goes_on(demo: Demo, trouble: Trouble):
    await demo.do("on", trouble)

    async with demo.session.get(f"{demo.address}/play/state?person={TEACHER}") as answer:
        status = answer.status
    shown = await switch(demo, trouble)

    assert status == 200
    assert shown["on"] and shown["until"]
    assert await switch(demo, trouble) | {"on": False, "until": None} == {
        **shown,
        "on": False,
        "until": None,
    }


async def test_with_chat_down_a_dialog_still_opens_so_that_there_is_something_to_send(demo: Demo):
    await demo.do("on", Trouble.CHAT_DOWN)

    await demo.school.run(TEACHER)

    assert demo.school.has_dialog(TEACHER)


async def test_a_locked_database_keeps_the_page_open_and_the_same_press_works_afterwards(
    demo: Demo,
):
    await demo.school.run(TEACHER)
    await demo.do("on", Trouble.DATABASE_LOCKED)
    await demo.school.slack.answer(TEACHER, danger="yes", adult="none")
    during = await demo.school.cases()
    kept = demo.school.has_dialog(TEACHER)

    await demo.do("off", Trouble.DATABASE_LOCKED)
    await demo.school.slack.answer(TEACHER, danger="yes", adult="none")

    assert (during, kept) == ([], True)
    assert [case.status for case in await demo.school.cases()] == ["reason_due"]


async def test_the_lock_keeps_others_from_writing_and_not_from_reading(demo: Demo):
    await demo.do("on", Trouble.DATABASE_LOCKED)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_beside(demo.school.database)
    assert await demo.school.cases() == []


@pytest.mark.parametrize("trouble", Trouble)
async def test_each_lets_go_by_itself_and_says_so_though_it_was_turned_on_twice(
    tmp_path: Path, trouble: Trouble
):
    limits = dict.fromkeys(Trouble, timedelta(seconds=0.3))
    async with open_demo(tmp_path, limits=limits) as demo:
        await demo.do("on", trouble)
        await demo.do("on", trouble)

        await demo.until(lambda shown: "by itself" in shown["news"]["text"])

        assert not (await switch(demo, trouble))["on"]
        assert not demo.school.workspace.conditions.is_down("chat.postMessage")
        write_beside(demo.school.database)


async def test_what_is_turned_on_again_just_as_its_time_is_up_stays_on(tmp_path: Path):
    went_off: list[Trouble] = []
    limits = dict(LIMITS) | {Trouble.CHAT_DOWN: timedelta(0)}
    conditions = Conditions()
    switches = Switches(conditions, small_file(tmp_path), went_off.append, limits)
    await switches.turn_on(Trouble.CHAT_DOWN)
    limits[Trouble.CHAT_DOWN] = timedelta(minutes=1)

    with held(switches.file):
        first = asyncio.create_task(switches.turn_on(Trouble.DATABASE_LOCKED))
        again = asyncio.create_task(switches.turn_on(Trouble.CHAT_DOWN))
        await (
            let_others_go_on()
        )  # The first waits for the file, `again` for it, the timer for both.
    await asyncio.gather(first, again)
    await let_others_go_on()

    assert set(switches.until) == {Trouble.CHAT_DOWN, Trouble.DATABASE_LOCKED}
    assert conditions.is_down("chat.postMessage")
    assert went_off == []
    assert await switches.calm()


async def let_others_go_on() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_no_trouble_lasts_for_ever_and_the_lock_a_minute_at_most():
    assert set(LIMITS) == set(Trouble)
    assert max(LIMITS.values()) <= timedelta(minutes=10)
    assert LIMITS[Trouble.DATABASE_LOCKED] <= timedelta(seconds=60)


async def test_one_button_turns_everything_off(demo: Demo):
    for trouble in Trouble:
        await demo.do("on", trouble)

    said = await demo.do("calm")
    again = await demo.do("calm")

    conditions = demo.school.workspace.conditions
    assert not any([(await switch(demo, trouble))["on"] for trouble in Trouble])
    assert not conditions.is_down("chat.postMessage")
    assert conditions.take_rate_limit("chat.postMessage") is None
    assert not conditions.take_drop("chat.postMessage")
    write_beside(demo.school.database)
    assert said != again == "Nothing was on."


async def test_what_is_off_already_stays_off(demo: Demo):
    assert await demo.do("off", Trouble.DATABASE_LOCKED) == "Nothing was on."


async def test_a_lock_that_somebody_else_holds_is_not_taken(demo: Demo):
    lock = WriteLock(demo.school.database, patience=0.05)
    with held(demo.school.database), pytest.raises(sqlite3.OperationalError):
        lock.take()

    lock.let_go()
    write_beside(demo.school.database)


async def test_the_demo_ends_with_all_trouble_off(tmp_path: Path):
    async with open_demo(tmp_path) as demo:
        await demo.do("on", Trouble.DATABASE_LOCKED)
        database = demo.school.database

    write_beside(database)


def test_a_lock_may_be_taken_and_let_go_twice(tmp_path: Path):
    file = small_file(tmp_path)
    lock = WriteLock(file)

    lock.take()
    lock.take()
    lock.let_go()
    lock.let_go()

    write_beside(file)


def small_file(folder: Path) -> Path:
    """A database with as much of an outbox as the switches touch."""
    file = folder / "some.db"
    with contextlib.closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE outbox (state TEXT, not_before TEXT)")
    return file


def write_beside(file: Path) -> None:
    """Write as another program would. Raises sqlite3.OperationalError when the file is locked."""
    with contextlib.closing(sqlite3.connect(file, timeout=0.05)) as other, other:
        other.execute("UPDATE outbox SET state = state")


@contextlib.contextmanager
def held(file: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
