"""Behind the scenes: each row is explained, and stands beside what only the key can read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.app import read_vault
from bot.case import Course, EventKind, Status
from bot.demo_clock import Step
from bot.demo_panel import Panel
from bot.demo_switches import Trouble
from bot.demo_tamper import Tampering
from bot.demo_words import Words
from bot.notices import TABLE
from playground import school as pretend
from storage.outbox import State
from tests.fixtures_demo import Demo
from tests.reading import Reading, measured
from tests.scenarios import SURE

TEACHER, DSL, HEAD = pretend.TEACHER, pretend.DSL, pretend.HEAD
SECRET = "Seen with bruises"
ASKED = SURE | {"advice": "wanted"}


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.read("Europe/London")


async def one(demo: Demo, **answers: str) -> dict[str, Any]:
    """A case that was just asked about, as the panel shows it."""
    await demo.school.check(TEACHER, **answers)
    await demo.school.finish(TEACHER, reason=SECRET)
    found: dict[str, Any] = (await demo.panel())["cases"][-1]
    return found


async def test_ciphertext_stands_beside_the_plain_text_that_it_holds(demo: Demo):
    case = await one(demo, **SURE)

    sealed = case["sealed"]
    assert sealed["plain"]["reason"] == SECRET
    assert sealed["plain"]["who asked"].startswith("Class teacher")
    assert bytes.fromhex(sealed["cipher"])
    assert sealed["bytes"] > len(SECRET)
    assert SECRET.encode() not in demo.school.database.read_bytes()


async def test_what_is_plain_in_the_file_names_nobody_and_tells_no_story(demo: Demo):
    await one(demo, **ASKED)
    await demo.school.do(DSL, "case.decide.share", reason=SECRET)
    panel = await demo.panel()

    for row in (row for name in ("cases", "ledger", "outbox") for row in panel[name]):
        plain = json.dumps({name: value for name, value in row.items() if name != "sealed"})
        assert SECRET not in plain and TEACHER not in plain
        assert row["sealed"]["plain"] is not None


async def test_who_wrote_what_is_opened_in_the_log_too(demo: Demo):
    await one(demo, **ASKED)
    await demo.school.do(DSL, "case.decide.share", reason="It is right")

    entry = (await demo.panel())["ledger"][-1]

    assert entry["title"] == "2. decided"
    assert entry["sealed"]["plain"] == {"who did it": "DSL (dsl)", "reason": "It is right"}


async def test_a_restricted_case_shows_that_even_the_answers_are_sealed(demo: Demo):
    case = await one(demo, **(SURE | {"adult": "staff"}))

    assert "even the answers are locked" in case["says"]
    assert "restricted" in [mark["text"] for mark in case["marks"]]
    assert not case["fields"]["answers"]
    assert case["sealed"]["plain"]["answers"] == "danger no, adult staff"


async def test_a_case_says_who_must_act(demo: Demo):
    waits = await one(demo, **ASKED)
    head = await one(demo, **(SURE | {"adult": "staff"}))
    await demo.school.run(TEACHER)
    await demo.school.slack.answer(TEACHER, danger="yes", adult="none")
    await demo.school.settle()
    danger = (await demo.panel())["cases"][-1]

    assert "waits for the DSL" in waits["says"]
    assert "waits for the Headteacher" in head["says"]
    assert "saved at once" in danger["says"]


async def test_a_message_says_what_it_is_and_how_it_stands(demo: Demo):
    await one(demo, **SURE)

    rows = {row["title"]: row for row in (await demo.panel())["outbox"]}

    assert rows["root"]["says"].startswith("The card for those who decide")
    assert rows["root"]["fields"]["now"] == "sent"
    assert rows["digest"]["fields"]["now"] == "waits until it is due"
    assert "where it went" in rows["root"]["sealed"]["plain"]


async def test_the_newest_rows_are_shown_oldest_first(demo: Demo):
    for _ in range(3):
        await one(demo, **SURE)

    entries = (await demo.panel())["ledger"]

    assert [entry["title"] for entry in entries] == ["1. recorded", "2. recorded", "3. recorded"]


async def test_a_page_without_an_app_behind_it_has_no_controls(demo: Demo):
    await demo.stage.end()

    panel = await demo.panel()

    assert (panel["cases"], panel["controls"]) == ([], None)


async def test_what_was_caught_is_marked_for_whoever_asks_and_for_nobody_else(
    demo: Demo, words: Words
):
    await one(demo, **SURE)
    (case,) = await demo.school.cases()
    settings, desk = demo.school.settings, demo.school.app.desk
    panel = Panel(
        settings.database_url, read_vault(settings), desk.schools["pretend"], words, demo.clock
    )

    with contextlib.closing(panel):
        asked = [{("cases", case.id)}, {("ledger", "pretend:1")}, set()] * 5
        shown = await asyncio.gather(*[panel.read(frozenset(rows)) for rows in asked])

    assert [caught_in(rows) for rows in shown] == [{"cases"}, {"ledger"}, set()] * 5


def caught_in(panel: dict[str, Any]) -> set[str]:
    tables = ("cases", "ledger", "outbox")
    return {
        name
        for name in tables
        for row in panel[name]
        if "caught" in [mark["text"] for mark in row["marks"]]
    }


# The words


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_entry_is_explained(words: Words, kind: EventKind):
    assert words.has("ledger", kind)


@pytest.mark.parametrize("status", [*Status, *(f"decided_{course}" for course in Course)])
def test_every_standing_of_a_case_is_explained(words: Words, status: str):
    assert words.has("cases", status)


def test_every_message_is_explained(words: Words):
    notices = [notice for notices in TABLE.values() for notice in notices]
    templates = {n.template for n in notices} - {"posted"}
    templates |= {"requester_copy", "thread", "reason_nag", "digest", "buried", "unreached", "copy"}

    assert {name for name in templates if not words.has("outbox", name)} == set()


@pytest.mark.parametrize("state", State)
def test_every_state_of_a_message_is_explained(words: Words, state: State):
    assert words.has("states", state)


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("part", ["name", "says", "try", "turned_on", "turned_off"])
def test_every_switch_says_what_happens_and_what_to_try(words: Words, trouble: Trouble, part: str):
    assert words.has("switches", trouble, part)


@pytest.mark.parametrize("kind", Tampering)
@pytest.mark.parametrize("part", ["name", "says", "done", "none"])
def test_every_way_to_cheat_is_explained(words: Words, kind: Tampering, part: str):
    assert words.has("record", "kinds", kind, part)


@pytest.mark.parametrize("step", Step)
def test_every_step_of_the_clock_has_a_name(words: Words, step: Step):
    assert words.has("clock", step)


@pytest.mark.parametrize(
    "what",
    ["gap", "prev", "hash", "body", "columns", "sealed", "head", "head_mac", "case_changed",
     "case_missing", "case_unrecorded", "key_missing", "unreadable"],
)  # fmt: skip
def test_every_fault_is_explained(words: Words, what: str):
    assert words.has("record", "faults", what)


def sentences_of(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for one in part.values():
            yield from sentences_of(one)
    else:
        yield re.sub(r"\{\w+\}", "x", str(part)).translate(
            {ord(quote): "" for quote in "\u201c\u201d"}
        )


def test_the_words_can_be_read_at_eleven(words: Words):
    found = [measured(sentence) for sentence in sentences_of(words._sections)]
    whole = sum(found, Reading(0, 0, 0))

    assert whole.sentences > 100
    assert whole.grade < 6
    assert max(one.grade for one in found) < 10


def test_what_has_no_words_of_its_own_is_still_told(words: Words):
    assert words.say("outbox", "brand_new") == words.say("outbox", "other")
    assert words.say("record", "faults", "unreadable_cases") == words.say(
        "record", "faults", "other"
    )
    assert words.say("problems", "brand_new") == "brand new"


def test_one_thing_is_told_of_as_one(words: Words):
    assert words.count("delivery", "waiting", 1).startswith("1 message waits")
    assert words.count("delivery", "waiting", 2).startswith("2 messages wait")
