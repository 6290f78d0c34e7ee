"""A mention outside a case's thread is answered with help; what may go wrong with any mention."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bot.case import Case
from playground import school as pretend
from playground.residents import Message
from playground.shapes import describe_event
from tests.mentions import START, card_of, everything, mention, send_event
from tests.pretend_school import PretendSchool, buttons_of, references, words_of
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY, HEAD = pretend.TEACHER, pretend.DSL, pretend.DEPUTY, pretend.HEAD
GUEST, DSL_CHANNEL, STAFFROOM = pretend.GUEST, pretend.DSL_CHANNEL, pretend.STAFFROOM
ASKED = SURE | {"advice": "wanted"}
HELP = "Press the button and answer a few questions"
MARK = "Zqmentionmark"


@pytest.fixture
async def waiting(school: PretendSchool) -> Case:
    await school.check(TEACHER, **ASKED)
    return await school.finish(TEACHER)


def written(school: PretendSchool, person: str, thread: Message | None = None) -> dict[str, Any]:
    """The event of a message that is there already, as Slack would send it."""
    said = school.workspace.say(
        person, DSL_CHANNEL, "<@U0BOT00001> please", thread_ts=thread.ts if thread else None
    )
    return describe_event(school.workspace, said)


def answers(school: PretendSchool) -> list[Message]:
    return [m for m in everything(school) if m.ephemeral_to]


# ------------------------------------------------------------------------------------- elsewhere


async def test_a_mention_in_a_channel_is_answered_with_help_and_a_button(school: PretendSchool):
    shown = await mention(school, DSL, None)

    assert shown is not None
    assert shown.thread_ts is None
    assert HELP in words_of(shown.blocks)
    assert "01632 960 001" in words_of(shown.blocks)
    assert buttons_of(shown.blocks) == {START}


@pytest.mark.parametrize("person", [DSL, GUEST])
async def test_the_button_below_the_help_starts_a_check(school: PretendSchool, person: str):
    shown = await mention(school, person, None)

    await school.slack.press(person, START, message=shown)
    await school.app.slack.edge.finish()

    assert school.dialog(person)["callback_id"] == "walk.page"
    await school.answer(person, ASKED)
    assert (await school.finish(person)).status == "waiting"


async def test_where_that_button_opens_nothing_it_is_said_there_and_the_help_stays(
    school: PretendSchool, logged: list[Any]
):
    shown = await mention(school, DSL, None)
    school.workspace.conditions["views.open"].refusals = ("expired_trigger_id",)

    await school.slack.press(DSL, START, message=shown)
    await school.app.slack.edge.finish()

    assert references(logged)[-1] in school.whispered(DSL)
    assert shown in school.messages(DSL)


async def test_a_thread_of_somebodys_own_in_a_review_channel_is_answered_with_help(
    school: PretendSchool, waiting: Case
):
    own = school.workspace.say(DEPUTY, DSL_CHANNEL, "Who is on duty?")

    shown = await mention(school, DSL, own)

    assert shown is not None
    assert shown.thread_ts == own.ts
    assert buttons_of(shown.blocks) == {START}


async def test_in_a_channel_without_cases_slack_is_not_even_asked_what_a_thread_is_about(
    school: PretendSchool, waiting: Case
):
    school.workspace.invite(STAFFROOM, pretend.BOT)
    own = school.workspace.say(HEAD, STAFFROOM, "Who is on duty?")

    shown = await mention(school, TEACHER, own, STAFFROOM)

    assert shown is not None
    assert buttons_of(shown.blocks) == {START}
    assert school.workspace.calls_of("conversations.replies") == []


async def test_a_thread_whose_first_message_is_gone_is_answered_with_help(
    school: PretendSchool, logged: list[Any]
):
    school.workspace.conditions["conversations.replies"].refusals = ("thread_not_found",)
    own = school.workspace.say(DEPUTY, DSL_CHANNEL, "Who is on duty?")

    shown = await mention(school, DSL, own)

    assert shown is not None
    assert buttons_of(shown.blocks) == {START}
    assert [line["code"] for line in logged] == ["thread_not_found"]


# ------------------------------------------------------------------- told twice, by bots, or wrong


async def test_a_mention_that_slack_tells_of_again_is_answered_once(
    school: PretendSchool, waiting: Case
):
    event = written(school, DSL, card_of(school))

    for _ in range(3):
        await send_event(school, event, event_id="Ev0AGAIN")
    assert len(answers(school)) == 1
    await send_event(school, event, event_id="Ev0OTHER")
    assert len(answers(school)) == 2


@pytest.mark.parametrize(
    "made_by",
    [{"bot_id": "B0OTHER001"}, {"subtype": "bot_message"}, {"subtype": "document_mention"}],
)
async def test_bots_and_documents_get_no_answer(
    school: PretendSchool, waiting: Case, made_by: dict[str, str]
):
    await send_event(school, written(school, DSL, card_of(school)) | made_by)

    assert answers(school) == []


@pytest.mark.parametrize("subtype", ["thread_broadcast", "file_share", "me_message"])
async def test_people_may_send_a_mention_to_the_channel_too_or_with_a_file(
    school: PretendSchool, waiting: Case, subtype: str
):
    await send_event(school, written(school, DSL, card_of(school)) | {"subtype": subtype})

    (shown,) = answers(school)
    assert "case.decide.share" in buttons_of(shown.blocks, waiting)


@pytest.mark.parametrize("missing", ["user", "channel"])
async def test_a_mention_that_does_not_say_who_or_where_is_logged_and_left(
    school: PretendSchool, logged: list[Any], missing: str
):
    event = written(school, DSL)
    del event[missing]

    await send_event(school, event)

    assert answers(school) == []
    assert [(line["event"], line["code"]) for line in logged] == [("refused", "StalePage")]


async def test_a_mention_in_a_workspace_that_is_not_set_up_is_logged_and_left(
    school: PretendSchool, logged: list[Any]
):
    authorised = [{"team_id": "T0OTHER001", "user_id": "U0OTHERBOT", "is_bot": True}]

    await send_event(school, written(school, DSL), authorizations=authorised)

    assert answers(school) == []
    assert [(line["event"], line["code"]) for line in logged] == [("refused", "UnknownWorkspace")]


async def test_what_is_written_beside_the_mention_goes_nowhere(
    school: PretendSchool, waiting: Case, logged: list[Any], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    for person in (DSL, GUEST):
        for thread in (card_of(school).ts, None):
            await school.slack.say(person, DSL_CHANNEL, f"@Sharecheck {MARK} fell over", thread)
            await school.settle()

    assert len(answers(school)) == 4
    assert MARK not in str(answers(school))
    assert MARK not in str(list(school.workspace.calls))
    assert MARK not in str(logged)
    assert MARK not in caplog.text
    assert not [
        f for f in school.folder.rglob("*") if f.is_file() and MARK.encode() in f.read_bytes()
    ]


# -------------------------------------------------------------------------------------- bad weather


@pytest.mark.parametrize("in_thread", [True, False])
async def test_an_answer_that_slack_does_not_take_is_logged_with_its_code(
    school: PretendSchool, waiting: Case, logged: list[Any], *, in_thread: bool
):
    card = card_of(school) if in_thread else None
    condition = school.workspace.conditions["chat.postEphemeral"]
    condition.rate_limited = 1
    limited = await mention(school, DSL, card)
    condition.down = True
    down = await mention(school, DSL, card)
    condition.down = False

    assert (limited, down) == (None, None)
    assert [(line["event"], line["code"]) for line in logged] == [
        ("chat_call_failed", "ratelimited"),
        ("chat_call_failed", "http_503"),
    ]
    assert await mention(school, DSL, card) is not None


@pytest.mark.parametrize("method", ["conversations.replies", "conversations.members"])
async def test_when_slack_does_not_say_whose_case_it_is_there_are_no_buttons(
    school: PretendSchool, waiting: Case, logged: list[Any], method: str
):
    school.workspace.conditions[method].down = True

    shown = await mention(school, DSL, card_of(school))

    assert shown is not None
    assert buttons_of(shown.blocks) == set()
    assert "01632 960 001" in words_of(shown.blocks)
    assert references(logged)[0] in words_of(shown.blocks)


async def test_while_the_database_is_gone_it_is_said_whom_to_ring(
    school: PretendSchool, waiting: Case, logged: list[Any]
):
    card = card_of(school)
    event = written(school, DSL, card)
    away = school.database.with_name("elsewhere.db")
    school.database.rename(away)
    try:
        body = school.slack._payloads.event({"type": "app_mention", **event})
        await school.slack.courier.send(body, content_type="application/json")
        await school.app.slack.edge.finish()
    finally:
        away.rename(school.database)

    (shown,) = answers(school)
    assert shown.ephemeral_to == DSL
    assert shown.thread_ts == card.ts
    assert "01632 960 001" in words_of(shown.blocks)
    assert references(logged)[0] in words_of(shown.blocks)
    assert buttons_of(shown.blocks) == set()


async def test_cards_that_people_have_one_to_one_hear_no_mention(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"adult": "staff"})
    await school.finish(TEACHER)
    direct = school.workspace.direct_from_app(HEAD)
    assert school.told(HEAD)

    event = {"type": "app_mention", "user": HEAD, "channel": direct.id, "team": pretend.TEAM}
    await send_event(school, event | {"ts": card_of(school, direct.id).ts, "text": "-"})

    (shown,) = answers(school)
    assert buttons_of(shown.blocks) == {START}
