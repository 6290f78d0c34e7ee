"""What people can send through a Teams client of their own making, and what comes of it: nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.case import Case
from bot.demo_school import BOTH
from handlers.teams import PRESSES
from handlers.teams_cards import EXECUTED
from handlers.teams_payload import LARGEST
from playground import teams_school as tenant
from playground.teams_cards import buttons
from playground.teams_courier import BotReply
from tests.fixtures_school import open_teams_school
from tests.pretend_teams import TeamsSchool, name_of
from tests.scenarios import SURE
from tests.test_journeys_across import ON_TEAMS

ASKED = SURE | {"advice": "wanted"}
TYPED = "A zebrafinch was seen"
PHONE = "07700 900123"
NOT_THEIRS = (tenant.OFFICE, tenant.HEAD, tenant.CHAIR, tenant.DPO, tenant.GUEST)
"""People who did not ask about the case, and are not on its route."""


async def invoke(
    teams: TeamsSchool, person: str, name: str, value: Any, **changes: Any
) -> BotReply:
    """An invoke as a client of somebody's own making can send it: all in `value` is theirs."""
    place = teams.tenant.chat_id(person)
    activity = teams.teams.activities._invoke(teams.tenant.person(person), name, place, value, None)
    reply = await teams.teams.deliver(activity | changes)
    await teams.settle()
    return reply


async def execute(
    teams: TeamsSchool, person: str, verb: str, data: Any, trigger: str = "manual"
) -> BotReply:
    action = {"type": "Action.Execute", "verb": verb, "data": data}
    value = {"action": action, "trigger": trigger}
    return await invoke(teams, person, "adaptiveCard/action", value)


async def submit(teams: TeamsSchool, person: str, **data: Any) -> BotReply:
    return await invoke(teams, person, "task/submit", {"data": data})


async def fetch(teams: TeamsSchool, person: str, **data: Any) -> BotReply:
    return await invoke(teams, person, "task/fetch", {"data": data})


@pytest.fixture
async def waiting(teams: TeamsSchool) -> Case:
    """A case that waits for the DSL."""
    await teams.check(tenant.TEACHER, **ASKED)
    return await teams.finish(tenant.TEACHER, reason=TYPED)


def secrets_of(case: Case) -> tuple[str, ...]:
    return (case.ref, TYPED, *case.texts.values())


@pytest.mark.parametrize("person", NOT_THEIRS)
async def test_whoever_a_case_is_not_for_learns_nothing_of_it_by_any_button(
    teams: TeamsSchool, waiting: Case, person: str
):
    replies = [await fetch(teams, person, do=name, value=waiting.id) for name in PRESSES]
    replies += [
        await submit(teams, person, do=n, kept=waiting.id, value=waiting.id) for n in PRESSES
    ]
    for verb in EXECUTED:
        for value in (waiting.id, f"case.{waiting.id}", "waiting.0", "recent.0", "0"):
            for trigger in ("manual", "automatic"):
                data = {"value": value, "f.reason": "Mine now", "home.search": waiting.ref}
                replies.append(await execute(teams, person, verb, data, trigger))

    said = "\n".join([reply.text for reply in replies] + teams.told(person))
    assert {reply.status for reply in replies} == {200}
    assert not [secret for secret in secrets_of(waiting) if secret in said]
    assert (await teams.case(waiting)).status == "waiting"


@pytest.mark.parametrize("person", [tenant.DSL, tenant.DEPUTY, tenant.DPO, tenant.OFFICE])
async def test_a_worry_about_staff_is_hidden_from_the_dsl_whatever_is_pressed(
    teams: TeamsSchool, person: str
):
    await teams.check(tenant.TEACHER, **(SURE | {"adult": "staff"}))
    case = await teams.finish(tenant.TEACHER, reason=TYPED)

    replies = [await fetch(teams, person, do=name, value=case.id) for name in PRESSES]
    replies += [await submit(teams, person, do=name, kept=case.id) for name in PRESSES]
    for verb in EXECUTED:
        for value in (case.id, f"case.{case.id}", "waiting.0", "recent.0", "0"):
            data = {"value": value, "f.reason": "Mine now", "home.search": case.ref}
            replies.append(await execute(teams, person, verb, data))
            replies.append(await execute(teams, person, verb, data, "automatic"))

    said = "\n".join([reply.text for reply in replies] + teams.told(person))
    assert case.route == "head"
    assert not [secret for secret in secrets_of(case) if secret in said]
    assert (await teams.case(case)).status == "waiting"


@pytest.mark.parametrize("person", NOT_THEIRS)
async def test_a_slip_in_a_form_shows_no_form_to_whoever_may_not_open_it(
    teams: TeamsSchool, waiting: Case, person: str
):
    await teams.do(tenant.DSL, "case.ask", question="Which zebrafinch was it?")

    answered = await submit(teams, person, do="case.answer", kept=waiting.id, **{"f.answer": PHONE})
    decided = await submit(teams, person, do="case.outside", kept=waiting.id)

    for reply in (answered, decided):
        assert "zebrafinch" not in reply.text
        assert waiting.ref not in reply.text
    assert (await teams.happened(waiting))[-2:] == ["refused", "refused"]


async def test_a_walk_of_somebody_else_is_no_walk(teams: TeamsSchool):
    await teams.check(tenant.TEACHER, **ASKED)
    page = teams.card(tenant.TEACHER)
    data = next(b.action["data"] for b in buttons(page) if name_of(b.action) == "walk.outcome")

    for name in ("walk.outcome", "walk.page", "walk.people", "walk.back", "walk.ask"):
        reply = await submit(teams, tenant.OFFICE, **{**data, "do": name, "f.reason": TYPED})
        assert "old page" in reply.text.lower() or "start" in reply.text.lower(), reply.text

    assert await teams.cases() == []


async def test_the_extension_in_a_chat_of_other_people_is_not_where_anybody_is_told(
    teams: TeamsSchool, waiting: Case
):
    elsewhere = {
        "id": "19:teacher_parent@unq.gbl.spaces",
        "conversationType": "personal",
        "tenantId": tenant.TENANT,
    }
    value = {"commandId": "sharecheck", "commandContext": "compose"}

    for name in ("composeExtension/fetchTask", "composeExtension/submitAction"):
        await invoke(teams, tenant.TEACHER, name, value, conversation=elsewhere)
    await teams.do(tenant.DSL, "case.decide.share", reason="It is right")

    assert "share it now" in teams.told(tenant.TEACHER)[-1]
    kept = sqlite3.connect(teams.database).execute("select id, conversation from conversations")
    assert "teacher_parent" not in str(kept.fetchall())


@pytest.mark.parametrize("says", ["from", "channelData"])
async def test_people_of_another_tenant_in_a_shared_channel_write_nothing_down(
    teams: TeamsSchool, says: str
):
    there = {"tenantId": tenant.OTHER_TENANT} if says == "from" else {}
    home = tenant.TENANT if says == "from" else tenant.OTHER_TENANT
    conversation = {
        "id": f"{tenant.STAFF_CHANNEL};messageid=1",
        "conversationType": "channel",
        "tenantId": tenant.TENANT,
    }
    told = {
        "from": {"id": "29:elsewhere", "aadObjectId": tenant.TEACHER, **there},
        "conversation": conversation,
        "channelData": {"tenant": {"id": home}},
    }
    await teams.check(tenant.TEACHER, **ASKED)
    page = teams.card(tenant.TEACHER)
    data = next(b.action["data"] for b in buttons(page) if name_of(b.action) == "walk.outcome")

    begun = await invoke(
        teams, tenant.TEACHER, "composeExtension/fetchTask", {"commandId": "sharecheck"}, **told
    )
    sent = await invoke(teams, tenant.TEACHER, "task/submit", {"data": data}, **told)

    assert "other organisations" in begun.text
    assert "other organisations" in sent.text
    assert await teams.cases() == []


async def test_more_than_the_boxes_hold_is_not_taken(teams: TeamsSchool):
    """The client keeps to what a box takes; one of somebody's own making does not."""
    await teams.check(tenant.TEACHER, **ASKED)
    page = teams.card(tenant.TEACHER)
    data = next(b.action["data"] for b in buttons(page) if name_of(b.action) == "walk.outcome")

    reply = await submit(teams, tenant.TEACHER, **{**data, "f.reason": "a " * (LARGEST // 2 + 1)})

    assert reply.status == 200
    assert await teams.cases() == []


@pytest.mark.parametrize("page", ["\u00b2", "9" * 30, "9" * 5000, "-1", "1.0", "", [0], None])
@pytest.mark.parametrize("which", ["list.mine.older", "list.open.newer"])
async def test_an_odd_page_of_a_list_is_refused_and_no_fault(
    teams: TeamsSchool, logged: list[Any], which: str, page: Any
):
    reply = await execute(teams, tenant.DSL, which, {"value": page})

    assert reply.status == 200
    assert not [line for line in logged if line["event"] == "fault"]


@pytest.mark.parametrize("kind", [[], {}, None, 5, "message/x", "event"])
async def test_an_activity_of_no_kind_is_acknowledged(
    teams: TeamsSchool, logged: list[Any], kind: Any
):
    reply = await invoke(teams, tenant.TEACHER, "task/fetch", {}, type=kind)

    assert (reply.status, reply.text) == (200, "")
    assert not [line for line in logged if line["event"] == "fault"]


async def test_what_comes_again_is_done_once(teams: TeamsSchool, waiting: Case):
    await teams.press(tenant.DSL, "case.decide.share", waiting, reason="It is right")
    told = len(teams.told(tenant.TEACHER))
    pressed = next(a for a in reversed(teams.teams.sent) if a.get("name") == "adaptiveCard/action")
    handed_in = next(
        a for a in reversed(teams.teams.sent) if a.get("name") == "composeExtension/submitAction"
    )

    for activity in (pressed, pressed | {"id": "f:another"}, handed_in, handed_in | {"id": "f:9"}):
        assert (await teams.teams.deliver(activity)).status == 200
        await teams.settle()

    happened = await teams.happened(waiting)
    assert len(await teams.cases()) == 1
    assert happened.count("decided") == 1
    assert len(teams.told(tenant.TEACHER)) == told


async def test_a_form_sent_twice_has_one_effect(teams: TeamsSchool, waiting: Case):
    await teams.press(tenant.DSL, "case.ask", waiting)
    await teams.submit(tenant.DSL, question="Which one?")
    form = next(a for a in reversed(teams.teams.sent) if a.get("name") == "task/submit")

    await teams.teams.deliver(form | {"id": "f:another"})
    await teams.settle()

    assert (await teams.happened(waiting)).count("asked") == 1


@pytest.mark.long
async def test_nobody_waits_longer_than_teams_does_while_it_does_not_say_who_reviews(
    teams: TeamsSchool, waiting: Case
):
    """Teams gives up first otherwise, and what was shown as failed is done later."""
    teams.app.desk.roster._known.clear()
    teams.tenant.conditions["teams.members"].latency = 60

    replies = [
        await execute(
            teams, tenant.DSL, "case.decide.share", {"value": waiting.id, "f.reason": "x"}
        ),
        await fetch(teams, tenant.DSL, do="case.ask", value=waiting.id),
        await fetch(teams, tenant.DSL, do="case.read", value=waiting.id),
    ]

    assert [(reply.status, reply.failure) for reply in replies] == [(200, None)] * 3
    assert (await teams.case(waiting)).status == "waiting"


async def test_no_log_line_and_no_row_says_who_or_what(tmp_path: Path, logged: list[Any]):
    async with open_teams_school(tmp_path) as teams:
        await teams.check(tenant.TEACHER, **ASKED)
        case = await teams.finish(tenant.TEACHER, reason=TYPED)
        await fetch(teams, tenant.OFFICE, do="case.read", value=case.id)
        await submit(teams, tenant.OFFICE, do=TYPED, kept=TYPED, value=TYPED)
        await execute(teams, tenant.OFFICE, TYPED, {"value": TYPED})
        await invoke(teams, tenant.OFFICE, TYPED, {"commandId": TYPED})
        await teams.teams.say(tenant.TEACHER, teams.tenant.chat_id(tenant.TEACHER), TYPED)
        await teams.do(tenant.DSL, "case.ask", question=TYPED)
        await teams.do(tenant.TEACHER, "case.answer", answer=TYPED)
        await teams.do(tenant.DSL, "case.decide.share", reason=TYPED)
        token = teams.teams.courier.token()
        database = sqlite3.connect(teams.database)
        tables = ("outbox", "ledger", "seen_keys", "cases")
        rows = [str(database.execute(f"select * from {t}").fetchall()) for t in tables]  # noqa: S608

    mails = [tenant.email_of(person) for person in tenant.SAME_PEOPLE]
    written = "\n".join([str(logged), *rows])
    for secret in (TYPED, token, tenant.APP_SECRET, tenant.TEACHER, *mails, "Class teacher"):
        assert secret not in written


async def test_whoever_gets_an_address_after_somebody_gets_none_of_their_cases(tmp_path: Path):
    """Addresses of a post, such as that of the special needs lead, go from one to the next."""
    async with open_teams_school(tmp_path, on=BOTH, routes=ON_TEAMS) as both:
        await both.check(tenant.TEACHER, **ASKED)
        case = await both.finish(tenant.TEACHER)
        people = both.tenant.directory.people
        left, next_one = people[tenant.TEACHER], people[tenant.OFFICE]
        people[tenant.OFFICE] = replace(next_one, upn=left.upn, mail=left.mail)
        people[tenant.TEACHER] = replace(left, upn="left@school.example", mail=None)
        await both.teams.install(tenant.OFFICE)

        await both.run(tenant.OFFICE, "mine")
        read = await fetch(both, tenant.OFFICE, do="case.read", value=case.id)

        assert case.ref not in "\n".join([*both.told(tenant.OFFICE), read.text])


async def test_of_many_decisions_at_once_one_is_made(teams: TeamsSchool, waiting: Case):
    pressed = [
        execute(teams, person, f"case.decide.{outcome}", {"value": waiting.id, "f.reason": "Now"})
        for person in (tenant.DSL, tenant.DEPUTY)
        for outcome in ("share", "do_not_share", "share")
    ]

    told = len(teams.told(tenant.TEACHER))
    replies = await asyncio.gather(*pressed)

    assert {reply.status for reply in replies} == {200}
    assert (await teams.happened(waiting)).count("decided") == 1
    assert len(teams.told(tenant.TEACHER)) == told + 1
