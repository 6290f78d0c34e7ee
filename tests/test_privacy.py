"""What somebody types goes nowhere but into the encrypted record and a dialog opened on purpose."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog

from bot.case import Case
from handlers import report
from playground import school as pretend
from playground.residents import Call, ChannelKind, Message
from storage.outbox import OutboxRow
from tests.dialogs import leave
from tests.fixtures_school import open_pretend_school
from tests.forms import EVERY, fill_in, reach
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, DSL, CHAIR = pretend.TEACHER, pretend.DSL, pretend.CHAIR
PLANTED = tuple((box, f"Zq{number}mark") for number, box in enumerate(EVERY))
"""A word for each box, found nowhere else."""
DROPPED, RESTRICTED, HANDED = "Zqdroppedmark", "Zqrestrictedmark", "Zqhandedmark"
TURNED = "Zqturnedmark"
"""Typed on a page that was turned, kept with the dialog, and closed with it."""
ON_THE_CARD = {HANDED, *(mark for box, mark in PLANTED if box.name == "filed_at")}
MARKS = {*(mark for _, mark in PLANTED), DROPPED, RESTRICTED, HANDED, TURNED}
VIEWS = ("views.open", "views.update", "views.push")


@dataclass(frozen=True)
class Evidence:
    """Everything that left the process, or rests on disk, after all boxes were filled in once."""

    cases: list[Case]
    kept: str
    in_channels: list[Message]
    in_private: list[Message]
    private_to: dict[str, str]
    calls: list[Call]
    answers: str
    outbox: list[OutboxRow]
    digest: str
    checks: int
    health: str
    logged: str
    chatter: str
    files: dict[str, bytes]
    rows: str


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Lived once for all the looks at it."""
    heard = io.StringIO()
    listener = logging.StreamHandler(heard)
    root = logging.getLogger()
    before = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        with structlog.testing.capture_logs() as logged:
            found = asyncio.run(live(tmp_path_factory.mktemp("lived")))
    finally:
        root.removeHandler(listener)
        root.setLevel(before)
    return Evidence(**found, logged=str(logged), chatter=heard.getvalue())


async def live(folder: Path) -> dict[str, Any]:
    """A school in which every box was filled in, read, listed, refused, and a week went by."""
    later = timedelta()
    async with open_pretend_school(folder, clock=lambda: datetime.now(UTC) + later) as school:
        answers = []
        for box, mark in PLANTED:
            person = await reach(school, box)
            answers.append(await fill_in(school, person, box, f"They said {mark} twice"))
            assert "errors" not in answers[-1], box
            school.workspace.dialogs.clear(person)
        await live_on(school)
        later = timedelta(days=8)
        await school.settle_in_time(3)
        return await gather(school) | {"answers": str(answers)}


async def live_on(school: PretendSchool) -> None:
    """What else may carry words somewhere: reading, lists, refusals, faults, a restricted case."""
    await school.run(TEACHER, f"{DROPPED} has bruises")
    await school.check(TEACHER, ("head",), **SURE | {"adult": "staff"})
    await school.finish(TEACHER, reason=RESTRICTED, filed_at=RESTRICTED)
    await school.press(CHAIR, "case.read")
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    await school.finish(TEACHER, filed_at=HANDED)
    await school.do(DSL, "case.hand_over", to="deputy", reason="I am away")
    for person in (TEACHER, DSL):
        for word in ("mine", "open", "help"):
            await school.run(person, word)
        await school.press(person, "case.read")
    await school.press(pretend.GUEST, "case.read")
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    await school.slack.answer(TEACHER, reason=f"{DROPPED} at SW1A 1AA")
    await school.slack.close_view(TEACHER)
    await school.check(TEACHER, **SURE)
    for button in ("walk.ask", "walk.back", "walk.ask"):
        await leave(school, TEACHER, button, reason=f"They said {TURNED} twice")
    await school.slack.close_view(TEACHER)
    school.workspace.conditions["chat.postMessage"].drop_after_accepting = 3
    await school.settle_in_time(3)


async def gather(school: PretendSchool) -> dict[str, Any]:
    desk = school.app.desk
    settings = desk.schools["pretend"]
    digest = await report.make_digest(
        desk, settings, report.week_in(settings, None, datetime.now(UTC))
    )
    cases = await school.cases()
    histories = [await school.read(lambda unit, c=c: unit.history(c)) for c in cases]
    everyone = {school.workspace.direct_from_app(u).id: u for u in pretend.POSTS}
    return {
        "cases": cases,
        "kept": str([event.texts for events in histories for event in events]),
        "in_channels": posted(school, ChannelKind.PUBLIC, ChannelKind.PRIVATE),
        "in_private": posted(school, ChannelKind.DIRECT),
        "private_to": everyone,
        "calls": list(school.workspace.calls),
        "outbox": await school.outbox(),
        "digest": str(report.digest_card(desk.pack, settings, digest)),
        "checks": digest.checks,
        "health": await ask_health(school),
        "files": {f.name: f.read_bytes() for f in at_rest(school.folder)},
        "rows": school.remembered(),
    }


def posted(school: PretendSchool, *kinds: ChannelKind) -> list[Message]:
    channels = [c for c in school.workspace.channels.values() if c.kind in kinds]
    return [m for channel in channels for m in school.workspace.messages[channel.id]]


def at_rest(folder: Path) -> list[Path]:
    return [f for f in folder.rglob("*") if f.is_file() and "keys" not in f.parts]


async def ask_health(school: PretendSchool) -> str:
    base = school.slack.courier.app_url.removesuffix("/slack/events")
    said = []
    async with aiohttp.ClientSession() as session:
        for path in ("/readyz", "/healthz"):
            async with session.get(base + path) as answer:
                said.append(f"{answer.status} {dict(answer.headers)} {await answer.text()}")
    return str(said)


def marks_in(what: Any) -> set[str]:
    text = what if isinstance(what, str) else json.dumps(what)
    return {mark for mark in MARKS if mark in text}


def test_each_word_was_kept_so_that_the_search_means_something(evidence: Evidence):
    assert marks_in(evidence.kept) == MARKS - {DROPPED, TURNED}


def test_of_all_that_is_typed_only_where_the_file_is_kept_is_on_a_channels_card(
    evidence: Evidence,
):
    carrying = [m for m in evidence.in_channels if marks_in(list(m.blocks))]

    assert marks_in([list(m.blocks) for m in carrying]) == ON_THE_CARD
    assert not [m for m in carrying if m.is_reply]


def test_messages_to_one_person_hold_nothing_typed_but_a_restricted_cases_card(
    evidence: Evidence,
):
    carrying = [m for m in evidence.in_private if marks_in(list(m.blocks))]

    assert {evidence.private_to[m.channel] for m in carrying} == {CHAIR}
    assert marks_in([list(m.blocks) for m in carrying]) == {RESTRICTED}
    assert not [m for m in carrying if m.is_reply]


def test_notifications_and_metadata_hold_nothing_typed(evidence: Evidence):
    messages = [*evidence.in_channels, *evidence.in_private]

    assert marks_in([[m.text, m.metadata] for m in messages]) == set()
    assert {name for m in messages if m.metadata for name in m.metadata["event_payload"]} == {"key"}


def test_what_travels_with_a_dialog_holds_nothing_typed(evidence: Evidence):
    views = [_json(c.arguments["view"]) for c in evidence.calls if c.method in VIEWS]

    assert len(views) > len(EVERY)
    assert marks_in([view["private_metadata"] for view in views]) == set()
    filled_in = [v for v in views if v["callback_id"] == "walk.outcome"]
    assert marks_in(filled_in) == {TURNED}  # given back to whoever is typing it
    opened = {v["callback_id"] for v in views if marks_in(v) - {TURNED}}
    assert opened == {"case.read"}  # opened on purpose, and each opening is noted
    assert TURNED not in str([v for v in views if v not in filled_in])


def test_no_other_call_of_slack_carries_it(evidence: Evidence):
    cards = [c for c in evidence.calls if c.method not in VIEWS and marks_in(_plain(c))]

    assert {c.method for c in cards} <= {"chat.postMessage", "chat.update"}
    assert marks_in([_plain(c) for c in cards]) == {*ON_THE_CARD, RESTRICTED}
    assert marks_in([_json(c.arguments.get("metadata")) for c in evidence.calls]) == set()


def test_answers_to_slack_repeat_nothing_typed(evidence: Evidence):
    assert marks_in(evidence.answers) == set()


def test_logs_hold_nothing_typed_and_no_persons_id(evidence: Evidence):
    assert "outbox_retry" in evidence.logged
    assert "refused" in evidence.logged
    assert marks_in(evidence.logged) == set()
    assert pretend.TEACHER not in evidence.logged
    assert marks_in(evidence.chatter) == set()


def test_nothing_typed_and_no_requester_rests_on_disk_in_the_clear(evidence: Evidence):
    assert {"sharecheck.db", "sharecheck.db-wal"} <= set(evidence.files)
    for name, raw in evidence.files.items():
        for word in (*MARKS, pretend.TEACHER, "Plain words"):
            assert word.encode() not in raw, (name, word)
            assert word.encode("utf-16-le") not in raw, (name, word)


def test_the_answers_of_a_restricted_case_are_encrypted_too(evidence: Evidence):
    (case,) = [c for c in evidence.cases if RESTRICTED in c.texts.values()]
    (row,) = [r for r in evidence.rows.split("\n")[0].split("), (") if f"'{case.ref}'" in r]

    assert case.answers["adult"] == "staff"
    assert '"adult"' not in row
    other = next(r for r in evidence.rows.split("\n")[0].split("), (") if r is not row)
    assert '"adult"' in other


def test_the_outbox_holds_ids_and_codes_only(evidence: Evidence):
    rows = evidence.outbox

    assert marks_in([[r.key, dict(r.payload), r.last_error] for r in rows]) == set()
    assert {n for r in rows for n in r.payload} <= {"holds", "codes", "week"}


def test_the_digest_counts_and_names_no_restricted_case(evidence: Evidence):
    assert evidence.checks > 20
    assert marks_in(evidence.digest) == set()
    assert not [c.ref for c in evidence.cases if c.restricted and c.ref in evidence.digest]


def test_health_tells_counts_and_nothing_else(evidence: Evidence):
    assert '"ready"' in evidence.health
    assert '"alive"' in evidence.health
    assert marks_in(evidence.health) == set()


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _plain(call: Call) -> str:
    return json.dumps({name: _json_or_text(value) for name, value in call.arguments.items()})


def _json_or_text(value: Any) -> Any:
    try:
        return _json(value)
    except ValueError:
        return value
