"""More journeys on Teams: what is rarer, by the same steps and with the same ends as on Slack."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.case import Case
from bot.chat import Card, Platform
from handlers.teams import PAGES, PRESSES
from handlers.teams_cards import EXECUTED
from playground import teams_school as tenant
from playground.teams_cards import buttons
from tests.card_samples import normal_samples
from tests.drawn import DRAWN, card_in
from tests.fixtures_school import open_teams_school, warm_renderer
from tests.pretend_teams import TeamsSchool, name_of
from tests.scenarios import SURE, WELFARE

TEACHER, DSL, DEPUTY, HEAD, CHAIR, DPO, GUEST = (
    tenant.TEACHER,
    tenant.DSL,
    tenant.DEPUTY,
    tenant.HEAD,
    tenant.CHAIR,
    tenant.DPO,
    tenant.GUEST,
)
ASKED = SURE | {"advice": "wanted"}
SLACK_ALONE = {"unsent"}
"""Teams does not tell that a dialog was closed, so nobody is asked there to carry on."""
DANGER = {"danger": "yes", "adult": "none"}


async def in_danger(teams: TeamsSchool) -> Case:
    """A case of danger, just written; its page is open."""
    await teams.begin(TEACHER)
    await teams.hand_in_page(TEACHER, "walk.page", **DANGER)
    await teams.settle()
    return await teams.case()


async def raised(teams: TeamsSchool, ticked: tuple[str, ...] = ("nobody",), **answers: str) -> Case:
    await teams.check(TEACHER, ticked, **(ASKED | answers))
    return await teams.finish(TEACHER)


def names_on(card: object) -> set[str]:
    return {name_of(button.action) for button in buttons(card)} - {""}


# --------------------------------------------------------------------------------------- the walk


async def test_the_reason_is_given_on_the_page_of_the_numbers(teams: TeamsSchool):
    case = await in_danger(teams)

    sent = await teams.submit(TEACHER, reason="I saw the injury myself")

    assert sent.sent
    case = await teams.case(case)
    assert (case.status, case.decision.outcome) == ("decided", "share")
    assert case.texts["reason"] == "I saw the injury myself"
    assert "They have given their reason" in teams.posted(tenant.DSL_CHANNEL)[-1]


async def test_a_blank_reason_is_asked_for_on_that_page(teams: TeamsSchool):
    case = await in_danger(teams)

    sent = await teams.submit(TEACHER, reason="  \n ")

    assert "Please look at what is marked" in sent.errors
    assert (await teams.case(case)).status == "reason_due"


async def test_whoever_closed_the_page_is_reminded_and_gives_the_reason_from_there(tmp_path: Path):
    now = datetime.now(UTC)
    async with open_teams_school(tmp_path, clock=lambda: now) as teams:
        await in_danger(teams)
        told = [len(teams.told(TEACHER))]
        for minutes in (14, 2, 50, 180):
            now += timedelta(minutes=minutes)
            await teams.settle()
            told.append(len(teams.told(TEACHER)))
        assert told == [told[0], told[0], told[0] + 1, told[0] + 2, told[0] + 3]

        await teams.do(TEACHER, "case.reason", reason="I rang social care")

        assert (await teams.case()).status == "decided"


async def test_nearly_there_goes_back_to_the_one_question_and_then_says_yes(teams: TeamsSchool):
    await teams.check(TEACHER, **SURE | {"verified": "no"})
    assert teams.title(TEACHER) == "Nearly there"

    await teams.press_here(TEACHER, "walk.fixed")
    await teams.hand_in_page(TEACHER, "walk.page", **{q: SURE[q] for q in teams.inputs(TEACHER)})
    case = await teams.finish(TEACHER)

    assert (case.advice.row, case.status) == (32, "decided")
    assert case.fixes == {"verified": "done"}


async def test_who_cannot_mend_it_asks_the_dsl(teams: TeamsSchool):
    await teams.check(TEACHER, **WELFARE | {"agreement": "not_asked"})

    await teams.press_here(TEACHER, "walk.cannot")
    case = await teams.finish(TEACHER)

    assert (case.advice.row, case.status) == (35, "waiting")
    assert case.fixes == {"agreement": "cannot"}


async def test_who_is_ticked_hears_nothing_and_the_next_post_decides(teams: TeamsSchool):
    case = await raised(teams, ("head",), adult="staff")

    assert case.route == "chair"
    assert case.ref not in "\n".join([*teams.told(HEAD), *teams.posted(tenant.DSL_CHANNEL)])
    await teams.do(CHAIR, "case.decide.share", reason="The LADO agrees")
    assert (await teams.case(case)).decision.by == "chair"


async def test_somebody_and_nobody_cannot_both_be_ticked(teams: TeamsSchool):
    await teams.begin(TEACHER)
    await teams.hand_in_page(TEACHER, "walk.page", danger="no", adult="staff")

    await teams.hand_in_page(TEACHER, "walk.people", people=("head", "nobody"))

    assert teams.page_name(TEACHER) == "walk.people"
    assert "Please look at what is marked" in teams.page(TEACHER)
    assert set(teams.chosen(TEACHER)["people"].split(",")) >= {"head"}


async def test_a_guest_may_ask(teams: TeamsSchool):
    await teams.teams.install(GUEST)
    await teams.check(GUEST, **ASKED)

    case = await teams.finish(GUEST)

    assert case.ref in teams.told(GUEST)[-1]
    await teams.do(DSL, "case.ask", question="Since when?")
    await teams.do(GUEST, "case.answer", answer="Since Monday")
    assert (await teams.case(case)).status == "waiting"


async def test_what_looks_like_personal_data_is_held_back_and_a_reviewer_may_say_it_is_none(
    teams: TeamsSchool,
):
    case = await raised(teams)
    await teams.press(DSL, "case.ask")

    await teams.submit(DSL, question="Is 07700 900123 the lead's number?")
    assert "07700 900123" in teams.chosen(DSL)["question"]
    assert (await teams.case(case)).status == "waiting"

    await teams.submit(DSL, override=("yes",), question=teams.chosen(DSL)["question"])
    assert (await teams.case(case)).status == "asked"


async def test_a_requester_has_to_take_personal_data_out(teams: TeamsSchool):
    await teams.check(TEACHER, **ASKED)

    await teams.hand_in_page(TEACHER, "walk.outcome", reason="Ring 07700 900123")

    assert "override" not in teams.inputs(TEACHER)
    assert "Please look at what is marked" in teams.page(TEACHER)
    assert await teams.cases() == []


# -------------------------------------------------------------------------------------- the case


async def test_a_records_request_goes_to_the_dpo_and_the_dsl_may_read_and_no_more(
    teams: TeamsSchool,
):
    case = await raised(teams, trigger="records_request", advice="confident")

    assert case.route == "dpo"
    copy, *_ = teams.posted(tenant.DSL_CHANNEL)
    assert case.ref in copy
    assert not teams.sees(DSL, "case.decide.share", case)
    await teams.press(DSL, "case.read", case)
    assert "Seen twice" in teams.page(DSL)
    await teams.do(DPO, "case.decide.share_limited", reason="They may", limits="Not the notes")
    assert (await teams.case(case)).decision.limits == "Not the notes"


async def test_what_a_contact_card_decided_is_written_down(teams: TeamsSchool):
    case = await raised(teams, adult="conflict")
    assert (case.route, case.status) == ("lado", "outside")

    await teams.do(TEACHER, "case.outside", outcome="share", reason="The LADO said so")

    assert (await teams.case(case)).status == "decided"


async def test_a_changed_decision_is_a_new_case_and_one_may_be_kept_for_law(teams: TeamsSchool):
    case = await raised(teams)
    await teams.do(DSL, "case.decide.share", reason="It is right")

    await teams.do(DSL, "case.amend", outcome="do_not_share", reason="We know more now")
    await teams.do(TEACHER, "case.kept")
    await teams.do(DSL, "case.hold.keep", reason="A court may ask")

    old, new = await teams.cases()
    assert old.id == case.id
    assert (new.decision.outcome, new.status) == ("do_not_share", "closed")
    assert new.legal_hold


async def test_the_home_card_leads_to_a_case_and_its_question(teams: TeamsSchool):
    case = await raised(teams)
    await teams.run(DSL, "home")
    assert case.ref in teams.told(DSL)[-1]

    await teams.press(DSL, "home.case")
    await teams.press(DSL, "case.ask", case)
    await teams.submit(DSL, question="Who saw it?")

    assert (await teams.case(case)).status == "asked"


async def test_who_was_refused_in_a_thread_learns_it_one_to_one_and_it_is_noted(
    teams: TeamsSchool,
):
    case = await raised(teams)
    await teams.teams.install(GUEST)
    root, *_ = teams.tenant.messages_in(tenant.DSL_CHANNEL)

    await teams.teams.say(GUEST, tenant.DSL_CHANNEL, "@Sharecheck", root.id)
    await teams.settle()

    assert case.ref not in teams.told(GUEST)[-1]
    assert (await teams.happened(case))[-1] == "refused"


@pytest.mark.parametrize("person", [GUEST, TEACHER, HEAD])
async def test_a_refresh_in_the_client_of_somebody_else_leaves_no_trace_either(
    teams: TeamsSchool, person: str
):
    case = await raised(teams)
    message = teams.message_with(DSL, "case.decide.share", case)
    wanted = teams._wanted(DSL, message, "case.decide.share", case)
    before = teams.remembered()
    asked = teams.teams.activities.execute(
        teams.tenant.person(person), message, wanted, wanted["data"], "automatic"
    )

    reply = await teams.teams.deliver(asked)

    assert reply.status == 200
    assert case.ref not in reply.text
    assert teams.remembered() == before


async def test_who_took_the_app_away_is_told_by_the_dsl(teams: TeamsSchool):
    case = await raised(teams)
    await teams.teams.uninstall(TEACHER)

    await teams.do(DSL, "case.decide.share", reason="It is right")

    assert (await teams.case(case)).status == "decided"
    assert "could not be told" in teams.posted(tenant.DSL_CHANNEL)[-1]
    (buried,) = await teams.outbox(state="buried", template="requester_turn")
    assert buried.last_error in {"bot_not_installed", "bot_blocked"}
    teams.tenant.faults.clear()  # that they have not got the app is what this is about


# ------------------------------------------------------------------------- what Teams tells of


def conversations(teams: TeamsSchool) -> set[tuple[str, str]]:
    """The people and channels of which it is known where to write to them."""
    with contextlib.closing(sqlite3.connect(teams.database)) as look:
        return set(look.execute("SELECT kind, id FROM conversations").fetchall())


async def test_who_adds_the_app_is_welcomed_with_the_way_in(teams: TeamsSchool):
    await teams.teams.install(tenant.OFFICE)
    await teams.settle()

    assert "Hello. I am Sharecheck" in teams.told(tenant.OFFICE)[-1]
    await teams.press(tenant.OFFICE, "ways.check")
    assert teams.page_name(tenant.OFFICE) == "walk.page"


async def test_where_the_app_was_taken_away_nothing_more_is_kept(teams: TeamsSchool):
    await teams.teams.say(DSL, tenant.STAFF_CHANNEL, "@Sharecheck help")
    await teams.settle()
    assert ("person", TEACHER) in conversations(teams)

    await teams.teams.uninstall(TEACHER)
    await teams.settle()

    assert ("person", TEACHER) not in conversations(teams)
    assert ("person", DSL) in conversations(teams)


async def test_of_channels_nothing_is_kept_and_they_are_written_into(teams: TeamsSchool):
    before = len(teams.posted(tenant.STAFF_CHANNEL))
    await teams.teams.say(DSL, tenant.STAFF_CHANNEL, "@Sharecheck help")
    await teams.settle()

    assert len(teams.posted(tenant.STAFF_CHANNEL)) > before
    assert {kind for kind, _ in conversations(teams)} == {"person", "tenant"}
    book = teams.app.teams.edge.chat.book
    known = await book.of_person(tenant.TENANT, DSL)
    assert known is not None
    assert known.conversation == teams.tenant.chat_id(DSL)


async def test_what_nobody_knows_is_answered_as_teams_expects(
    teams: TeamsSchool, logged: list[Any]
):
    chat = teams.tenant.chat_id(TEACHER)
    activities, person = teams.teams.activities, teams.tenant.person(TEACHER)
    known = activities._invoke(person, "task/fetch", chat, {"data": {"do": "ways.check"}}, None)

    invoke = await teams.teams.deliver(known | {"name": "fileConsent/invoke"})
    event = await teams.teams.deliver({**known, "type": "typing", "name": None})

    assert (invoke.status, event.status) == (501, 200)
    assert not [line for line in logged if line["event"] == "fault"]


# ----------------------------------------------------------------------------------- the buttons


@pytest.mark.parametrize("name", sorted({*DRAWN} - SLACK_ALONE))
def test_every_button_that_is_drawn_is_one_that_does_something(name: str):
    """A button that the edge does not know would be answered as one of an old page."""
    known = {*PAGES, *PRESSES, *EXECUTED}
    for context in normal_samples()[name]:
        drawn = warm_renderer().render(Card(name, context), Platform.TEAMS)
        assert names_on(card_in(drawn)) <= known
