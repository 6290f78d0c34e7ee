"""The worker under faults of our own side: the database, one bad row, settings, who is present."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.case import Case
from bot.demo_school import pretend_school
from bot.settings import PersonSettings, RouteSettings
from handlers import delivery
from handlers.errand import Errand
from playground import school as pretend
from playground.residents import Channel, ChannelKind
from storage.outbox import OutboxRow
from tests.fixtures_school import open_changed_school, open_pretend_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, OFFICE, GUEST = pretend.TEACHER, pretend.OFFICE, pretend.GUEST
DSL, DEPUTY, HEAD, CHAIR = pretend.DSL, pretend.DEPUTY, pretend.HEAD, pretend.CHAIR
ASKED = SURE | {"advice": "wanted"}
ADULT = SURE | {"adult": "staff"}
HEAD_CHANNEL = "C0HEAD0001"
DSL_PEOPLE = {"dsl": RouteSettings(post="DSL", people=("dsl", "deputy"))}
HEADS = {"head": RouteSettings(post="Headteacher", slack_channel=HEAD_CHANNEL)}


async def hand_in(school: PretendSchool, answers: dict[str, str], *ticked: str) -> Case:
    """A case that is written, with nobody told yet."""
    await school.check(TEACHER, ticked or ("nobody",), **answers)
    await school.slack.answer(TEACHER, reason="Seen twice")
    await school.app.slack.edge.finish()
    return (await school.cases())[-1]


def add_head_channel(school: PretendSchool, *members: str) -> None:
    people = frozenset({*members, pretend.BOT})
    school.workspace.add_channel(Channel(HEAD_CHANNEL, "heads", ChannelKind.PRIVATE, people))


def cards_to(school: PretendSchool, person: str, case: Case) -> list[str]:
    """The cards of a case (not the replies under them) that a person was sent alone."""
    direct = school.workspace.direct_from_app(person)
    posted = school.workspace.messages_for(person, direct.id)
    return [m.text for m in posted if not m.is_reply and case.ref in m.text]


async def deliver(school: PretendSchool, *templates: str) -> None:
    """Deliver what is due of some kinds, as if the rest were still to be claimed."""
    rows = await school.app.courier._claim(24)
    for row in rows:
        if row.template in templates:
            await school.app.courier._handle(row)
    for row in (row for row in rows if row.template not in templates):
        free = replace(row)
        await school.write(lambda unit, row=free: unit.retry(row, row.due_at, "later"))


# ------------------------------------------------------------------------------ the worker ends


async def test_the_worker_ends_although_it_is_woken_at_that_moment(school: PretendSchool):
    """However few turns of the loop lie between the two."""
    courier = school.app.courier
    for turns in range(6):
        worker = asyncio.create_task(courier.run())
        await school.until(lambda: not courier._wake.is_set())
        await asyncio.sleep(0.05)

        courier.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        worker.cancel()

        ended, _ = await asyncio.wait([worker], timeout=5)
        worker.cancel()
        assert ended, turns


# ------------------------------------------------------------------------- the worker goes on


@contextlib.contextmanager
def outbox_away(school: PretendSchool) -> Iterator[None]:
    """The database answers, but not about messages."""
    with contextlib.closing(sqlite3.connect(school.database)) as database:
        database.execute("ALTER TABLE outbox RENAME TO away")
        try:
            yield
        finally:
            database.execute("ALTER TABLE away RENAME TO outbox")


async def ready(school: PretendSchool) -> tuple[int, Any]:
    url = school.slack.courier.app_url.replace("/slack/events", "/readyz")
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()


async def test_the_worker_outlives_a_database_that_went_away_and_delivers_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
):
    monkeypatch.setattr(delivery, "FAULT_PAUSE", 0.05)
    async with open_pretend_school(tmp_path, deliver=True) as school:
        courier = school.app.courier
        await school.until(lambda: courier.alive)
        with outbox_away(school):
            courier.wake()
            await school.until(lambda: not courier.alive)
            status, said = await ready(school)
            assert (status, said["ready"]) == (503, False)

        await school.until(lambda: courier.alive)
        case = await hand_in(school, ASKED)
        await school.until(lambda: case.ref in str(school.posted(pretend.DSL_CHANNEL)))

    stumbles = [line for line in logged if line["event"] == "outbox_worker_stumbled"]
    assert stumbles
    assert all(set(line) <= {"event", "kind", "code", "log_level"} for line in stumbles)


@pytest.mark.parametrize("problem", [RuntimeError("what was typed"), KeyError("x"), OSError()])
async def test_no_exception_whatever_ends_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[Any], problem: Exception
):
    monkeypatch.setattr(delivery, "FAULT_PAUSE", 0.02)
    async with open_pretend_school(tmp_path, deliver=True) as school:
        clock, broken = school.app.desk.clock, [True]

        def stumble() -> Any:
            if broken:
                raise problem
            return clock()

        school.app.desk.clock = stumble
        school.app.courier.wake()
        await school.until(lambda: not school.app.courier.alive)
        broken.clear()

        await school.until(lambda: school.app.courier.alive)
    assert "what was typed" not in str(logged)


async def test_ready_says_no_more_than_that_it_is(tmp_path: Path):
    async with open_pretend_school(tmp_path, deliver=True) as school:
        await school.until(lambda: school.app.courier.alive)

        assert await ready(school) == (200, {"ready": True})


async def test_without_a_worker_it_is_not_ready(school: PretendSchool):
    assert await ready(school) == (503, {"ready": False, "code": "worker_stopped"})


async def test_a_worker_that_was_cancelled_is_not_alive(tmp_path: Path):
    async with open_pretend_school(tmp_path, deliver=True) as school:
        await school.until(lambda: school.app.courier.alive)

    assert not school.app.courier.alive


# ------------------------------------------------------------------------- results written together


def fail(_unit: Any) -> None:
    raise RuntimeError("what was typed")


async def settle_together(school: PretendSchool, *settles: Any) -> list[Any]:
    """Results that wait for the same lock, so that one of them writes them all."""
    courier = school.app.courier
    async with courier._settling:
        waiting = [asyncio.create_task(courier._settle(settle)) for settle in settles]
        await asyncio.sleep(0)
    return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_result_that_cannot_be_written_takes_no_other_with_it(
    school: PretendSchool, place: int
):
    case = await hand_in(school, ASKED)
    rows = await school.app.courier._claim(10)
    settles = [lambda unit, row=row: unit.done(row, "slack:T:C", "1") for row in rows]
    settles.insert(place, fail)

    answers = await settle_together(school, *settles)

    assert [type(a) for n, a in enumerate(answers) if n == place] == [RuntimeError]
    assert [a for n, a in enumerate(answers) if n != place] == [None, None]
    done = {row.template for row in await school.outbox(case_id=case.id, state="done")}
    assert done == {row.template for row in rows}


async def test_a_writer_that_is_cancelled_leaves_no_result_unwritten(school: PretendSchool):
    await hand_in(school, ASKED)
    first, second = await school.app.courier._claim(10)
    courier = school.app.courier
    async with courier._settling:
        writer = asyncio.create_task(courier._settle(lambda unit: unit.skip(first, "test")))
        other = asyncio.create_task(courier._settle(lambda unit: unit.skip(second, "test")))
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    writer.cancel()

    await other

    assert second.key in {row.key for row in await school.outbox(last_error="test")}


async def test_a_message_whose_result_could_not_be_written_is_looked_for_not_repeated(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    case = await hand_in(school, ASKED)
    rows = await school.app.courier._claim(10)
    root = next(row for row in rows if row.template == "root")
    await school.app.courier._attempt(root)  # the message is out

    await school.app.courier._settle_failed(root)

    (after,) = await school.outbox(key=root.key)
    assert (after.state, after.doubt, after.last_error) == ("pending", True, "internal_error")
    await school.settle_in_time()
    assert len([card for card in school.posted(pretend.DSL_CHANNEL) if case.ref in card]) == 1


# ------------------------------------------------------------------------- sent one by one


async def test_what_leaves_the_process_about_a_single_message_does_not_say_whose_it_is(
    tmp_path: Path, logged: list[Any]
):
    async with open_changed_school(tmp_path, routes=HEADS) as school:
        add_head_channel(school, HEAD, CHAIR, OFFICE)
        school.workspace.conditions["chat.postMessage"].rate_limited = 5
        await hand_in(school, ADULT, "head")
        await school.settle_in_time()
        await school.do(CHAIR, "case.decide.share", reason="The LADO agrees")
        await school.settle_in_time()

        rows = await school.outbox()
        singles = [row for row in rows if row.target]
        plain = [(row.key, row.needs, row.payload, row.last_error) for row in rows]
        told = [m.metadata for there in school.workspace.messages.values() for m in there]
        for person in ("chair", OFFICE, CHAIR):
            assert person not in str((plain, told, logged))
        assert {row.target for row in singles} == {"chair", f"slack:{pretend.TEAM}:{OFFICE}"}
        assert len({row.key for row in singles}) == len(singles) == 4


async def test_a_digest_for_single_people_does_not_say_whose_it_is_either(tmp_path: Path):
    async with open_changed_school(tmp_path, routes=DSL_PEOPLE) as school:
        (digest,) = await school.outbox(template="digest")
        now = replace(digest, key="digest:now", due_at=school.app.desk.clock())
        await school.write(lambda unit: unit.put(now))

        await school.settle()

        keys = {row.target: row.key for row in await school.outbox(template="digest") if row.target}
        assert set(keys) == {"dsl", "deputy"}
        assert not [person for person, key in keys.items() if person in key]


async def test_a_person_has_another_number_in_every_case(tmp_path: Path):
    async with open_changed_school(tmp_path, routes=DSL_PEOPLE) as school:
        for _ in range(2):
            await hand_in(school, ASKED)
        await school.settle()

        roots = await school.outbox(template="root", target="dsl")
        assert len({row.key.rsplit(":", 1)[1] for row in roots}) == len(roots) == 2


async def test_two_workers_who_both_send_singly_put_each_message_once(tmp_path: Path):
    async with open_changed_school(tmp_path, routes=DSL_PEOPLE) as school:
        case = await hand_in(school, ASKED)
        rows = await school.app.courier._claim(10)
        root = next(row for row in rows if row.template == "root")
        first, second = [await Errand(school.app.desk, root).carry_out() for _ in range(2)]

        await school.write(first)
        await school.write(second)

        singles = [row for row in await school.outbox(case_id=case.id) if row.target]
        assert sorted((row.target, row.template) for row in singles) == [
            ("deputy", "root"),
            ("deputy", "thread"),
            ("dsl", "root"),
            ("dsl", "thread"),
        ]


@contextlib.asynccontextmanager
async def reopened_with_renamed(folder: Path, routes: dict[str, RouteSettings], old: str) -> Any:
    """A school with messages to single people on their way, whose settings then rename one."""
    async with open_changed_school(folder, routes=routes) as school:
        answers = ADULT if old == "head" else ASKED
        await hand_in(school, answers)
        await deliver(school, "root")  # becomes one for each person
    listed = pretend_school()
    people = {f"new-{k}" if k == old else k: v for k, v in listed.people.items()}
    now = {
        name: route.model_copy(
            update={"people": tuple(f"new-{p}" if p == old else p for p in route.people)}
        )
        for name, route in (listed.routes | routes).items()
        if route.people
    }
    async with open_changed_school(
        folder, workspace=school.workspace, people=people, routes=routes | now
    ) as later:
        yield later


async def test_when_the_only_person_left_the_settings_the_case_goes_to_whoever_comes_next(
    tmp_path: Path,
):
    async with reopened_with_renamed(tmp_path, {}, "head") as school:
        await school.settle()
        await school.let_rest_pass()
        await school.settle()

        (root,) = await school.outbox(template="root", target="head")
        assert (root.state, root.last_error, root.attempts) == ("buried", "no_account", 1)
        assert (await school.case()).route == "chair"
        assert school.sees(CHAIR, "case.decide.share")
        assert "chair of governors" in school.told(TEACHER)[-1]
        assert await school.outbox(template="unreached") == []


async def test_when_nobody_comes_next_whoever_asked_hears_of_it_at_once(tmp_path: Path):
    lado = {"lado": RouteSettings(post="LADO", people=("deputy",))}
    async with open_changed_school(tmp_path, routes=lado) as school:
        await hand_in(school, SURE | {"adult": "conflict"})
        school.workspace.conditions["chat.postMessage"].refusals = ("account_inactive",)
        await deliver(school, "root")
        await deliver(school, "root")
        await school.settle_in_time(3)

        assert (await school.case()).route == "lado"
        assert "please speak to the council's officer" in str(school.told(TEACHER))


async def test_while_somebody_else_is_told_nobody_is_alarmed(tmp_path: Path):
    async with reopened_with_renamed(tmp_path, DSL_PEOPLE, "deputy") as school:
        await school.settle_in_time(3)

        states = {r.target: r.state for r in await school.outbox(template="root") if r.target}
        assert states == {"deputy": "buried", "dsl": "done"}
        assert await school.outbox(template="unreached") == []


async def test_when_all_who_were_told_singly_are_gone_the_case_goes_on_once(tmp_path: Path):
    async with open_changed_school(tmp_path, routes=DSL_PEOPLE) as school:
        await hand_in(school, ASKED)
        await deliver(school, "root")
        school.workspace.conditions["chat.postMessage"].refusals = ("account_inactive",) * 2
        await deliver(school, "root")
        await school.settle_in_time(3)

        roots = [(r.route, r.target, r.state) for r in await school.outbox(template="root")]
        assert sorted((row for row in roots if row[1]), key=str) == [
            ("dsl", "deputy", "buried"),
            ("dsl", "dsl", "buried"),
            ("head", "head", "done"),
        ]
        assert (await school.happened(await school.case())).count("passed_on") == 1
        assert await school.outbox(template="unreached") == []


# ------------------------------------------------------------------------- who is there by now


@pytest.mark.parametrize("who", ["guest", "stranger", "unseen"])
async def test_with_outsiders_in_its_channel_a_restricted_case_goes_to_the_members_singly(
    tmp_path: Path, who: str
):
    async with open_changed_school(tmp_path, routes=HEADS) as school:
        add_head_channel(school, HEAD, OFFICE, GUEST)
        users = school.workspace.users
        if who == "stranger":
            users[GUEST] = replace(users[GUEST], is_ultra_restricted=False, is_stranger=True)
        await hand_in(school, ADULT)
        if who == "unseen":
            school.app.slack.edge.chat._profiles.clear()
            for seen in (pretend.BOT, HEAD, OFFICE):
                await school.app.slack.edge.chat._member(seen)
            school.workspace.conditions["users.info"].refusals = ("user_not_visible",)
        await school.settle()

        case = await school.case()
        assert school.posted(HEAD_CHANNEL) == []
        assert case.ref not in str(school.messages(GUEST))
        for person in (HEAD, OFFICE):
            assert len(cards_to(school, person, case)) == 1
        assert school.sees(HEAD, "case.decide.share", case)


async def test_an_ordinary_case_is_posted_although_a_guest_is_in_the_channel(school: PretendSchool):
    case = await hand_in(school, ASKED)
    await school.settle()

    assert case.ref in school.posted(pretend.DSL_CHANNEL)[0]


async def test_whoever_was_ticked_and_joins_just_before_the_card_goes_does_not_get_it(
    tmp_path: Path,
):
    async with open_changed_school(tmp_path, routes=HEADS) as school:
        add_head_channel(school, HEAD)
        case = await hand_in(school, ADULT, "chair")  # the members were read a moment ago
        school.workspace.invite(HEAD_CHANNEL, CHAIR)

        await school.settle()

        assert school.posted(HEAD_CHANNEL) == []
        assert case.ref not in str(school.messages(CHAIR))
        assert len(cards_to(school, HEAD, case)) == 1


async def test_somebody_ticked_by_account_stays_out_when_the_settings_name_them(tmp_path: Path):
    office = f"slack:{pretend.TEAM}:{OFFICE}"
    async with open_changed_school(tmp_path, routes=HEADS) as school:
        add_head_channel(school, HEAD, OFFICE)
        case = await hand_in(school, ADULT, office)
    people = pretend_school().people | {"office": PersonSettings(post="Office", slack=OFFICE)}
    changes = {"routes": HEADS, "people": people, "workspace": school.workspace}
    async with open_changed_school(tmp_path, **changes) as later:
        await later.settle()

        assert later.posted(HEAD_CHANNEL) == []
        assert case.ref not in str(later.messages(OFFICE))
        assert len(cards_to(later, HEAD, case)) == 1


@pytest.mark.parametrize(("joins", "code"), [(CHAIR, "excluded_present"), (GUEST, "guest_present")])
async def test_what_happens_after_somebody_joined_is_told_to_the_others_singly(
    tmp_path: Path, joins: str, code: str
):
    async with open_changed_school(tmp_path, routes=HEADS) as school:
        add_head_channel(school, HEAD, OFFICE)
        case = await hand_in(school, ADULT, "chair")
        await school.settle()
        before = school.posted(HEAD_CHANNEL)
        assert len(before) == 2
        school.workspace.invite(HEAD_CHANNEL, joins)

        await school.do(HEAD, "case.ask", question="Since when?")
        await school.do(TEACHER, "case.answer", answer="Since Monday")
        await school.do(HEAD, "case.decide.share", reason="The LADO agrees")

        assert school.posted(HEAD_CHANNEL) == before
        for person in (HEAD, OFFICE):
            assert len(cards_to(school, person, case)) == 1
            assert "decided by <@U0HEAD0001>" in str(school.told(person))
        assert case.ref not in str(
            school.workspace.messages[school.workspace.direct_from_app(joins).id]
        )
        notes = await school.outbox(template="thread_note", last_error=code)
        redraws = await school.outbox(verb="update", last_error=code)
        assert {row.state for row in [*notes, *redraws]} == {"skipped"}
        assert (len(notes), len(redraws)) == (3, 6)


async def test_whoever_joins_between_a_card_and_its_thread_gets_no_answers_to_read(tmp_path: Path):
    async with open_changed_school(tmp_path, routes=HEADS) as school:
        add_head_channel(school, HEAD)
        case = await hand_in(school, ADULT, "chair")
        await deliver(school, "root")
        assert len(school.posted(HEAD_CHANNEL)) == 1
        school.workspace.invite(HEAD_CHANNEL, CHAIR)

        await school.settle_in_time(3)

        assert len(school.posted(HEAD_CHANNEL)) == 1
        assert len(cards_to(school, HEAD, case)) == 1
        await school.do(HEAD, "case.decide.share", reason="The LADO agrees")
        assert (await school.case(case)).decision.by == "head"


async def test_a_single_message_to_somebody_who_was_ticked_is_not_sent(school: PretendSchool):
    case = await hand_in(school, ADULT, "chair")
    await school.settle()
    (root,) = await school.outbox(template="root", target="head")
    to_chair = replace(root, key=f"{root.key}:x", target="chair", state="pending", ref=None)

    await school.write(lambda unit: unit.put(to_chair))
    await school.settle()

    (row,) = await school.outbox(key=to_chair.key)
    assert (row.state, row.last_error) == ("skipped", "excluded")
    assert case.ref not in str(school.messages(CHAIR))


# ------------------------------------------------------------------------- what a row may ask for


def misled(row: OutboxRow, **changes: Any) -> OutboxRow:
    """A row that sends a case where it may not go."""
    return replace(row, key=f"{row.case_id}:misled", state="pending", lease=None, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"route": "dsl"},
        {"route": "dpo"},
        {"route": None},
        {"route": "dsl", "template": "copy", "audience": "copies"},
        {"route": "head", "template": "copy", "audience": "copies"},
        {"route": "dsl", "target": "dsl"},
        {"route": "dpo", "target": "dpo", "template": "assignee", "audience": "assignee"},
    ],
)
async def test_whatever_a_row_says_a_restricted_case_goes_to_its_own_routes_alone(
    school: PretendSchool, logged: list[Any], changes: dict[str, Any]
):
    case = await hand_in(school, ADULT)
    (root,) = await school.outbox(template="root")
    await school.write(lambda unit: unit.put(misled(root, **changes)))

    await school.settle()

    (row,) = await school.outbox(key=f"{case.id}:misled")
    assert (row.state, row.last_error) == ("skipped", "not_allowed")
    (line,) = [line for line in logged if line["event"] == "outbox_row_not_allowed"]
    assert line["log_level"] == "error"
    for person in (DSL, DEPUTY, pretend.DPO, CHAIR):
        assert case.ref not in str(school.messages(person))
    assert len(cards_to(school, HEAD, case)) == 1
