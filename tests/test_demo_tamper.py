"""Somebody cheats in the demo's file: the product's own check catches it, and it is put back."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo_tamper import NothingToChange, Tampering, restore, tamper
from playground import school as pretend
from tests.fixtures_demo import Demo
from tests.scenarios import SURE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
ASKED = SURE | {"advice": "wanted"}

every_kind = pytest.mark.parametrize("kind", Tampering)


async def decide_one(demo: Demo) -> None:
    """A case that was asked about and decided: two entries of the log."""
    await demo.school.check(TEACHER, **ASKED)
    await demo.school.finish(TEACHER)
    await demo.school.do(DSL, "case.decide.share", reason="It is right")


async def advise_one(demo: Demo) -> None:
    """Another case, while the first may be unreadable."""
    await demo.school.check(TEACHER, **SURE)
    sent = await demo.school.submit(
        TEACHER, reason="Seen twice", recipient="Front door", course="followed"
    )
    assert sent.sent and not sent.errors, sent


def kept(file: Path) -> list[Any]:
    """Every row and every guard, as they lie in the file."""
    tables = ("cases", "case_keys", "ledger", "ledger_heads", "sqlite_master")
    order = {"sqlite_master": "type, name", "ledger": "school, seq"}
    with contextlib.closing(sqlite3.connect(file)) as look:
        return [
            [row[:2] + row[4:] if t == "sqlite_master" else row for row in
             look.execute(f"SELECT * FROM {t} ORDER BY {order.get(t, '1')}")]  # noqa: S608
            for t in tables
        ]  # fmt: skip


async def record(demo: Demo) -> dict[str, Any]:
    found: dict[str, Any] = (await demo.controls())["record"]
    return found


@pytest.mark.parametrize(
    ("kind", "expected", "where"),
    [
        (Tampering.CHANGE_CASE, {"case_changed", "unreadable"}, "Case SC-"),
        (Tampering.CHANGE_ENTRY, {"head"}, "The end of the log"),
        (Tampering.DELETE_ENTRY, {"head", "case_changed"}, "The end of the log"),
    ],
)
async def test_what_was_changed_is_caught_told_and_put_back_to_the_letter(
    demo: Demo, kind: Tampering, expected: set[str], where: str
):
    await decide_one(demo)
    before = kept(demo.school.database)

    said = await demo.do("tamper", kind)
    changed, faults = await record(demo), await demo.faults()
    during = kept(demo.school.database)
    put_back = await demo.do("restore")

    assert "caught it" in said
    assert faults == expected
    assert {fault["code"] for fault in changed["check"]["faults"]} == expected
    assert changed["check"]["faults"][0]["where"].startswith(where)
    assert changed["check"]["sound"] is False and changed["changed"]
    assert during != before
    assert kept(demo.school.database) == before
    assert "back as it was" in put_back and "All is well" in put_back
    assert await demo.faults() == set()
    assert (await record(demo))["changed"] is None


@every_kind
async def test_what_happens_meanwhile_is_kept_and_the_record_is_sound_afterwards(
    demo: Demo, kind: Tampering
):
    await decide_one(demo)
    await demo.do("tamper", kind)
    await advise_one(demo)
    caught = await demo.faults()

    await demo.do("restore")

    assert caught
    assert await demo.faults() == set()
    assert len(await demo.school.cases()) == 2


async def test_a_message_about_a_changed_case_waits_and_goes_when_it_is_back(demo: Demo):
    await decide_one(demo)
    (case,) = await demo.school.cases()
    await demo.do("tamper", Tampering.CHANGE_CASE)
    await demo.school.press(DSL, "case.read", case)
    await demo.do("restore")
    await demo.school.settle()

    assert await demo.school.outbox(state="buried") == []
    assert {r.state for r in await demo.school.outbox() if r.case_id == case.id} == {"done"}


@every_kind
async def test_the_logs_guards_are_on_while_a_row_is_changed(demo: Demo, kind: Tampering):
    await decide_one(demo)
    await demo.do("tamper", kind)

    with contextlib.closing(sqlite3.connect(demo.school.database)) as other:
        for attempt in ("DELETE FROM ledger", "UPDATE ledger SET kind = 'read'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(attempt)


async def test_two_visitors_at_once_change_one_row(demo: Demo):
    await decide_one(demo)
    before = kept(demo.school.database)

    said = await asyncio.gather(*(demo.do("tamper", kind) for kind in Tampering))
    back = await asyncio.gather(*(demo.do("restore") for _ in range(3)))

    assert sum("caught it" in one for one in said) == 1
    assert sum("Put it back first" in one for one in said) == 2
    assert sum("back as it was" in one for one in back) == 1
    assert kept(demo.school.database) == before


@every_kind
async def test_before_there_is_anything_to_change_it_says_so(demo: Demo, kind: Tampering):
    before = kept(demo.school.database)

    said = await demo.do("tamper", kind)

    assert "Finish one check first" in said
    assert kept(demo.school.database) == before
    assert await demo.do("restore") == "Nothing is changed, so there is nothing to put back."


async def test_the_check_alone_says_how_much_was_checked(demo: Demo):
    await decide_one(demo)
    await demo.school.press(DSL, "case.read")

    said = await demo.do("check")

    assert said.startswith("All is well. 3 lines of the log and 1 case were checked.")
    check = (await record(demo))["check"]
    assert (check["sound"], check["faults"]) == (True, [])


async def test_the_rows_that_were_caught_are_marked_in_the_panel(demo: Demo):
    await decide_one(demo)
    await demo.do("tamper", Tampering.CHANGE_CASE)
    (case,) = (await demo.panel())["cases"]
    await demo.do("restore")
    (after,) = (await demo.panel())["cases"]

    assert "caught" in [mark["text"] for mark in case["marks"]]
    assert case["sealed"]["plain"] is None and "does not open" in case["sealed"]["trouble"]
    assert "caught" not in [mark["text"] for mark in after["marks"]]


async def test_while_the_database_is_locked_nothing_is_changed_and_the_demo_goes_on(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
):
    await decide_one(demo)
    monkeypatch.setattr("bot.demo_tamper.PATIENCE", 0.05)
    before = kept(demo.school.database)
    with held(demo.school.database):
        said = await demo.do("tamper", Tampering.CHANGE_ENTRY)
        checked = await demo.do("check")

    assert "busy or locked" in said
    assert "All is well" in checked
    assert kept(demo.school.database) == before


async def test_a_row_that_somebody_changed_again_is_left_alone(demo: Demo):
    await decide_one(demo)
    file = demo.school.database
    changed = tamper(file, Tampering.CHANGE_CASE)
    with contextlib.closing(sqlite3.connect(file)) as other, other:
        other.execute("UPDATE cases SET decision = 'share_limited'")

    assert restore(file, changed) is False
    assert "case_changed" in await demo.faults()


async def test_an_entry_that_is_there_again_is_not_put_in_twice(demo: Demo):
    await decide_one(demo)
    file = demo.school.database
    changed = tamper(file, Tampering.DELETE_ENTRY)

    assert restore(file, changed) is True
    assert restore(file, changed) is False
    assert await demo.faults() == set()


async def test_a_file_without_rows_is_left_as_it_is(demo: Demo):
    before = kept(demo.school.database)

    with pytest.raises(NothingToChange):
        tamper(demo.school.database, Tampering.DELETE_ENTRY)

    assert kept(demo.school.database) == before


@contextlib.contextmanager
def held(file: Path) -> Iterator[None]:
    """Somebody else has the write lock."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
