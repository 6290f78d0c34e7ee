"""Shortcuts and the home page in the pretend workspace: what Slack sends, and where it refuses."""

import json
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from playground.answers import TROUBLE
from playground.residents import Shortcut, ShortcutKind, SlackRefusalError
from playground.school import DSL, DSL_CHANNEL, STAFFROOM, TEACHER, open_school
from playground.screens import draw_screen
from playground.serving import running
from playground.slack_client import SlackClient


class Bot:
    """An app that keeps what it is sent, and answers with a status."""

    def __init__(self):
        self.heard = []
        self.status = 200

    async def hear(self, request):
        self.heard.append(json.loads(dict(parse_qsl((await request.body()).decode()))["payload"]))
        return Response(status_code=self.status)


@pytest.fixture
def school():
    return open_school()


@pytest.fixture
def bot():
    return Bot()


@pytest.fixture
async def people(school, bot):
    application = Starlette(routes=[Route("/slack/events", bot.hear, methods=["POST"])])
    async with running(application) as url, SlackClient(school, url, "secret") as client:
        yield client


def install(school, tmp_path, features):
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(f"features: {features}\noauth_config: {{scopes: {{bot: [commands]}}}}\n")
    school.app = open_school(manifest=manifest).app


async def test_a_global_shortcut_has_the_fields_that_slack_sends(people, bot, school):
    await people.shortcut(TEACHER, "check")

    (payload,) = bot.heard
    trigger_id, stamp = payload.pop("trigger_id"), payload.pop("action_ts")
    assert school.dialogs.spend_trigger(trigger_id) == TEACHER
    assert float(stamp) > 0
    assert payload == {
        "type": "shortcut",
        "token": "pretend-verification-token",
        "team": {"id": "T0SCHOOL01", "domain": "pretend-school"},
        "user": {
            "id": TEACHER,
            "username": "class.teacher",
            "name": "class.teacher",
            "team_id": "T0SCHOOL01",
        },
        "enterprise": None,
        "is_enterprise_install": False,
        "callback_id": "check",
    }


async def test_a_message_shortcut_carries_the_whole_message_and_a_response_url(people, bot, school):
    message = school.say(DSL, STAFFROOM, "Good *morning*")

    await people.message_shortcut(TEACHER, message, "check_message")

    (payload,) = bot.heard
    assert (payload["type"], payload["callback_id"]) == ("message_action", "check_message")
    assert payload["channel"] == {"id": STAFFROOM, "name": "staffroom"}
    assert payload["message_ts"] == payload["message"]["ts"] == message.ts
    assert (payload["message"]["user"], payload["message"]["text"]) == (DSL, "Good *morning*")
    assert "/hooks/" in payload["response_url"]
    assert school.dialogs.spend_trigger(payload["trigger_id"]) == TEACHER


async def test_an_answer_to_a_message_shortcut_is_seen_by_whoever_used_it(people, bot, school):
    message = school.say(DSL, STAFFROOM, "Good morning")
    await people.message_shortcut(TEACHER, message, "check_message")

    token = bot.heard[0]["response_url"].rpartition("/")[2]
    people.hooks.answer(token, {"text": "Only for you", "replace_original": True})

    seen = [m.text for m in school.messages_for(TEACHER, STAFFROOM)]
    assert seen == ["Good morning", "Only for you"]
    assert [m.text for m in school.messages_for(DSL, STAFFROOM)] == ["Good morning"]


async def test_what_one_person_alone_sees_or_is_gone_has_no_shortcuts(people, bot, school):
    alone = school.whisper(TEACHER, STAFFROOM, "Only for you")
    private = school.say(DSL, DSL_CHANNEL, "Between us")
    gone = school.say(DSL, STAFFROOM, "Good morning")
    school.delete(gone)

    for message in (alone, private, gone):
        with pytest.raises(SlackRefusalError, match=r"message_not_found|channel_not_found"):
            await people.message_shortcut(TEACHER, message, "check_message")

    assert bot.heard == []


async def test_a_shortcut_is_there_only_if_the_manifest_says_so(people, bot, school, tmp_path):
    install(school, tmp_path, "{shortcuts: [{name: Check, type: global, callback_id: check}]}")
    message = school.say(DSL, STAFFROOM, "Good morning")

    await people.shortcut(TEACHER, "check")
    with pytest.raises(SlackRefusalError, match="unknown_shortcut"):
        await people.message_shortcut(TEACHER, message, "check")
    with pytest.raises(SlackRefusalError, match="unknown_shortcut"):
        await people.shortcut(TEACHER, "other")

    assert [payload["callback_id"] for payload in bot.heard] == ["check"]


async def test_a_shortcut_that_the_app_does_not_take_is_a_fault_and_shown(people, bot, school):
    bot.status = 500
    message = school.say(DSL, STAFFROOM, "Good morning")

    await people.shortcut(TEACHER, "check")
    await people.message_shortcut(TEACHER, message, "check_message")

    assert school.faults == [
        "shortcut check: http_service_error",
        "shortcut check_message: http_service_error",
    ]
    assert [notice.text for notice in school.notices] == [TROUBLE, TROUBLE]


async def test_a_home_page_that_the_manifest_turns_off_cannot_be_opened(
    people, bot, school, tmp_path
):
    install(school, tmp_path, "{}")

    with pytest.raises(SlackRefusalError, match="home_tab_disabled"):
        await people.open_home(TEACHER)

    assert bot.heard == []
    assert not draw_screen(school, TEACHER)["home_enabled"]


def test_the_screen_tells_which_shortcuts_there_are(school, tmp_path):
    shortcuts = "[{name: Check, type: global, callback_id: check}, "
    shortcuts += "{name: Check this, type: message, callback_id: this}]"
    install(school, tmp_path, f"{{app_home: {{home_tab_enabled: true}}, shortcuts: {shortcuts}}}")

    screen = draw_screen(school, TEACHER)

    assert screen["home_enabled"]
    assert screen["shortcuts"] == [
        {"name": "Check", "callback_id": "check", "type": "global"},
        {"name": "Check this", "callback_id": "this", "type": "message"},
    ]
    assert school.app.shortcuts[0] == Shortcut("Check", "check", ShortcutKind.GLOBAL)
