"""The ways in beside the command: shortcuts, which take nothing along, and the help."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from playground import school as pretend
from playground.residents import Message, SlackRefusalError
from playground.slack_payloads import Payloads
from tests.pretend_school import PretendSchool, payload_of, references, words_of
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY, HEAD = pretend.TEACHER, pretend.DSL, pretend.DEPUTY, pretend.HEAD
GUEST, STAFFROOM = pretend.GUEST, pretend.STAFFROOM
ASKED = SURE | {"advice": "wanted"}
MARK = "Zqmessagemark"
REVIEWING = "You are one of those who decide"
BOTH = pytest.mark.parametrize("way", ["global", "message"])


async def enter(school: PretendSchool, person: str, way: str, text: str = "Good morning") -> None:
    """Use a shortcut: the global one, or the one in the menu of a message with these words."""
    if way == "global":
        await school.slack.shortcut(person, "check")
    else:
        message = school.workspace.say(HEAD, STAFFROOM, text)
        await school.slack.message_shortcut(person, message, "check_message")
    await school.app.slack.edge.finish()


def shortcut_payload(school: PretendSchool, person: str, message: Message | None) -> dict[str, Any]:
    payloads: Payloads = school.slack._payloads
    if message is None:
        return payload_of(payloads.shortcut(person, "check"))
    url = f"{school.settings.slack_api_url}no-such-hook"
    return payload_of(payloads.message_shortcut(person, message, "check_message", url))


# ------------------------------------------------------------------------------------- shortcuts


@BOTH
async def test_a_shortcut_opens_the_first_page_just_as_the_command_does(
    school: PretendSchool, way: str
):
    await school.run(TEACHER)
    by_command = school.page(TEACHER)
    school.workspace.dialogs.clear(TEACHER)

    await enter(school, TEACHER, way)

    assert school.page(TEACHER) == by_command
    assert school.buttons(TEACHER) == set()
    assert [m.text for m in school.messages(TEACHER) if m.from_app] == []


@BOTH
async def test_a_walk_begun_by_a_shortcut_is_recorded_as_any_other(school: PretendSchool, way: str):
    await enter(school, TEACHER, way)
    await school.answer(TEACHER, ASKED)
    case = await school.finish(TEACHER)

    await school.check(TEACHER, **ASKED)
    by_command = await school.finish(TEACHER)

    assert case.id != by_command.id
    assert (case.answers, case.texts) == (by_command.answers, by_command.texts)
    assert (case.route, case.status) == ("dsl", "waiting")


async def test_a_shortcut_works_where_nobody_invited_the_bot(school: PretendSchool):
    between = school.workspace.direct(TEACHER, HEAD)
    message = school.workspace.say(HEAD, between.id, "Between us")

    await school.slack.message_shortcut(TEACHER, message, "check_message")
    await school.app.slack.edge.finish()

    assert school.dialog(TEACHER)["callback_id"] == "walk.page"


async def test_nothing_of_the_message_is_taken_along(
    school: PretendSchool, logged: list[Any], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    await enter(school, TEACHER, "message", f"{MARK} fell over")
    first = school.page(TEACHER)
    await school.answer(TEACHER, ASKED)
    await school.finish(TEACHER)

    assert MARK not in first
    assert MARK not in str(list(school.workspace.calls))
    assert MARK not in str(logged)
    assert MARK not in caplog.text
    assert MARK not in str(await school.outbox())
    assert MARK not in str(await school.cases())
    kept = [f for f in school.folder.rglob("*") if f.is_file()]
    assert kept
    assert not [f for f in kept if MARK.encode() in f.read_bytes()]


async def test_nobody_hears_of_the_message_when_the_dialog_does_not_open(
    school: PretendSchool, logged: list[Any]
):
    school.workspace.conditions["views.open"].refusals = ("expired_trigger_id",)

    await enter(school, TEACHER, "message", f"{MARK} fell over")

    assert MARK not in str(logged)
    assert MARK not in school.whispered(TEACHER)
    assert MARK not in str(list(school.workspace.calls))


async def test_where_a_global_shortcut_opens_nothing_it_is_said_one_to_one(
    school: PretendSchool, logged: list[Any]
):
    school.workspace.conditions["views.open"].refusals = ("expired_trigger_id",)

    await enter(school, TEACHER, "global")

    (said,) = school.told(TEACHER)
    assert "01632 960 001" in said
    assert references(logged)[0] in said
    assert [line["code"] for line in logged if line["event"] == "not_done"] == [
        "expired_trigger_id"
    ]


async def test_where_a_message_shortcut_opens_nothing_it_is_said_there_to_them_alone(
    school: PretendSchool, logged: list[Any]
):
    school.workspace.conditions["views.open"].refusals = ("expired_trigger_id",)

    await enter(school, TEACHER, "message")

    assert "01632 960 001" in school.whispered(TEACHER)
    assert references(logged)[0] in school.whispered(TEACHER)
    assert school.told(TEACHER) == []
    assert [m.text for m in school.messages(HEAD)] == ["Good morning"]


async def test_with_slack_away_a_shortcut_is_logged_and_nothing_else(
    school: PretendSchool, logged: list[Any]
):
    for method in ("views.open", "conversations.open"):
        school.workspace.conditions[method].refusals = ("team_access_not_granted",)

    await enter(school, TEACHER, "global")

    assert [line["event"] for line in logged] == ["not_done", "chat_call_failed"]
    assert [line["code"] for line in logged] == ["team_access_not_granted"] * 2
    assert school.told(TEACHER) == []


@BOTH
async def test_a_shortcut_of_another_workspace_is_told_so(
    school: PretendSchool, logged: list[Any], way: str
):
    message = school.workspace.say(HEAD, STAFFROOM, MARK) if way == "message" else None
    payload = shortcut_payload(school, TEACHER, message)
    payload["team"]["id"] = payload["user"]["team_id"] = "T0OTHER001"
    before = school.remembered()

    await school.send_payload(payload)

    assert "not set up for this workspace" in school.page(TEACHER)
    assert references(logged)[0] in school.page(TEACHER)
    assert school.remembered() == before


@BOTH
async def test_a_check_can_be_begun_while_the_database_is_gone(school: PretendSchool, way: str):
    """Turning pages needs none: only the last one does, and it keeps everything."""
    away = school.database.with_name("elsewhere.db")
    school.database.rename(away)
    try:
        await enter(school, TEACHER, way)
        await school.answer(TEACHER, ASKED)
        sent = await school.slack.answer(TEACHER, reason="Seen twice this week")
    finally:
        away.rename(school.database)

    assert sent.errors
    assert "01632 960 001" in str(sent.errors)
    case = await school.finish(TEACHER)
    assert case.texts["reason"] == "Seen twice this week"


@BOTH
async def test_a_shortcut_that_nobody_knows_opens_nothing(
    school: PretendSchool, logged: list[Any], way: str
):
    message = school.workspace.say(HEAD, STAFFROOM, MARK) if way == "message" else None
    payload = shortcut_payload(school, TEACHER, message) | {"callback_id": "secret"}

    await school.send_payload(payload)

    assert not school.has_dialog(TEACHER)
    assert [line["event"] for line in logged] == ["slack_unknown"]


async def test_a_shortcut_that_the_manifest_does_not_offer_cannot_be_used(school: PretendSchool):
    message = school.workspace.say(HEAD, STAFFROOM, "Good morning")

    for callback in ("check_message", "secret"):
        with pytest.raises(SlackRefusalError, match="unknown_shortcut"):
            await school.slack.shortcut(TEACHER, callback)
    with pytest.raises(SlackRefusalError, match="unknown_shortcut"):
        await school.slack.message_shortcut(TEACHER, message, "check")

    assert not school.has_dialog(TEACHER)


# ------------------------------------------------------------------------------------------ help


async def help_for(school: PretendSchool, person: str) -> str:
    place = STAFFROOM if person != GUEST else pretend.DSL_CHANNEL
    await school.slack.slash_command(person, place, "/sharecheck", "help")
    return school.whispered(person)


async def test_help_says_what_it_keeps_who_can_see_it_and_every_way_in(school: PretendSchool):
    said = await help_for(school, TEACHER)

    for part in (
        "What it keeps",
        "How long",
        "Who can see it",
        "the owners of this Slack",
        "What it never keeps",
        "`/sharecheck mine`",
        "under Apps",
        "from the shortcuts",
        "the menu of a message",
        "999",
        "not legal advice",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("person", "posts"), [(DSL, "(for: DSL)"), (HEAD, "(for: Headteacher, Data-protection lead)")]
)
async def test_whoever_reviews_something_is_told_what_is_different_for_them(
    school: PretendSchool, person: str, posts: str
):
    said = await help_for(school, person)

    assert REVIEWING in said
    assert posts in said


@pytest.mark.parametrize("person", [TEACHER, GUEST])
async def test_whoever_reviews_nothing_is_told_nothing_of_reviewing(
    school: PretendSchool, person: str
):
    assert REVIEWING not in await help_for(school, person)


async def test_somebody_who_left_the_channel_is_no_longer_told_of_reviewing(school: PretendSchool):
    assert REVIEWING in await help_for(school, DEPUTY)
    school.workspace.remove(pretend.DSL_CHANNEL, DEPUTY)
    desk = school.app.desk
    desk.roster._known.clear()

    assert REVIEWING not in await help_for(school, DEPUTY)


async def test_help_comes_while_slack_tells_nobody_who_reviews_what(school: PretendSchool):
    school.workspace.conditions["conversations.members"].down = True

    said = await help_for(school, DSL)

    assert "What it keeps" in said
    assert REVIEWING not in said


async def test_help_does_not_wait_long_for_who_reviews_what(school: PretendSchool):
    school.workspace.conditions["conversations.members"].latency = 30.0

    assert "What it keeps" in await help_for(school, DSL)


async def test_help_is_short_enough_to_be_read(school: PretendSchool):
    words = words_of((await shown_help(school)).blocks).split()

    assert len(words) < 420


async def shown_help(school: PretendSchool) -> Message:
    await help_for(school, DSL)
    return school.messages(DSL)[-1]
