"""What Slack sends to an app, field for field, and what it makes of the answers."""

import asyncio
import json
from urllib.parse import parse_qsl

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.answers import TROUBLE
from playground.courier import PATIENCE, signed_headers
from playground.hooks import hook_routes
from playground.inputs import NoSuchInputError, fill
from playground.residents import SlackRefusalError, User
from playground.school import (
    BOT,
    DEPUTY,
    DSL,
    DSL_CHANNEL,
    GUEST,
    STAFFROOM,
    TEACHER,
    open_school,
)
from playground.serving import running
from playground.slack_client import SlackClient

SECRET = "signing-secret"


class Bot:
    """An app that writes down what it is sent, and answers what it was told to."""

    def __init__(self):
        self.heard = []
        self.answers = []
        self.delay = 0.0

    async def hear(self, request):
        self.heard.append((dict(request.headers), await request.body()))
        await asyncio.sleep(self.delay)
        return self.answers.pop(0) if self.answers else Response()

    @property
    def form(self):
        return dict(parse_qsl(self.heard[-1][1].decode(), keep_blank_values=True))

    @property
    def payload(self):
        return json.loads(self.form["payload"])

    @property
    def json(self):
        return json.loads(self.heard[-1][1])


@pytest.fixture
def school():
    return open_school()


@pytest.fixture
def bot():
    return Bot()


@pytest.fixture
async def people(school, bot):
    application = Starlette(routes=[Route("/slack/events", bot.hear, methods=["POST"])])
    async with running(application) as url, SlackClient(school, url, SECRET) as client:
        yield client


def plain(text="Words"):
    return {"type": "plain_text", "text": text}


def radio(block_id="q1", action_id="danger"):
    options = [{"text": plain(value), "value": value} for value in ("yes", "no")]
    element = {"type": "radio_buttons", "action_id": action_id, "options": options}
    return {"type": "input", "block_id": block_id, "label": plain(), "element": element}


def button(action_id="go", **more):
    return {"type": "button", "action_id": action_id, "text": plain("Go"), "value": "1", **more}


def actions(*elements, block_id="act"):
    return {"type": "actions", "block_id": block_id, "elements": list(elements) or [button()]}


def modal(*blocks, **more):
    return {
        "type": "modal",
        "callback_id": "page",
        "title": plain("Page"),
        "submit": plain("Next"),
        "blocks": list(blocks) or [radio()],
        **more,
    }


def answers(**body):
    return JSONResponse(body)


# Requests


async def test_every_request_carries_a_signature_that_slacks_own_verifier_accepts(people, bot):
    await people.slash_command(TEACHER, STAFFROOM, "/sharecheck")

    headers, body = bot.heard[0]
    assert SignatureVerifier(SECRET).is_valid_request(body, headers)
    assert not SignatureVerifier("another").is_valid_request(body, headers)
    assert headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_signature_can_be_made_for_any_time():
    headers = signed_headers(SECRET, b"x", at=1_000_000)

    assert headers["X-Slack-Request-Timestamp"] == "1000000"
    assert headers["X-Slack-Signature"].startswith("v0=")


async def test_an_app_has_three_seconds(people, bot, school):
    assert people.courier.patience == PATIENCE == 3.0
    people.courier.patience = 0.05
    bot.delay = 0.5

    reply = await people.slash_command(TEACHER, STAFFROOM, "/sharecheck")

    assert reply.failure == "operation_timeout"
    assert school.faults == ["/sharecheck: operation_timeout"]
    assert school.notices[0].text == '/sharecheck failed with the error "operation_timeout"'
    assert school.notices[0].person == TEACHER


async def test_an_app_that_is_not_there_or_stumbles_is_a_fault(people, bot, school):
    bot.answers = [Response(status_code=500)]

    stumbled = await people.slash_command(TEACHER, STAFFROOM, "/sharecheck")
    people.courier.app_url = "http://127.0.0.1:1"
    absent = await people.slash_command(TEACHER, STAFFROOM, "/sharecheck")

    assert (stumbled.status, stumbled.failure) == (500, "http_service_error")
    assert absent.failure == "http_client_error"
    assert len(school.faults) == 2


# Commands


async def test_a_slash_command_has_the_fields_that_slack_sends(people, bot):
    await people.slash_command(TEACHER, STAFFROOM, "/sharecheck", "mine & more")

    form = bot.form
    assert form.pop("trigger_id").count(".") == 2
    assert form.pop("response_url").startswith("http://127.0.0.1/hooks/")
    assert form.pop("token")
    assert form == {
        "team_id": "T0SCHOOL01",
        "team_domain": "pretend-school",
        "channel_id": STAFFROOM,
        "channel_name": "staffroom",
        "user_id": TEACHER,
        "user_name": "class.teacher",
        "command": "/sharecheck",
        "text": "mine & more",
        "api_app_id": "A0SHARECHK",
        "is_enterprise_install": "false",
    }


async def test_private_places_do_not_give_their_names(people, bot, school):
    direct = school.direct(DSL, BOT)

    await people.slash_command(DSL, DSL_CHANNEL, "/sharecheck")
    private = bot.form["channel_name"]
    await people.slash_command(DSL, direct.id, "/sharecheck")

    assert (private, bot.form["channel_name"]) == ("privategroup", "directmessage")


async def test_a_command_cannot_be_typed_where_one_cannot_be(people, bot):
    with pytest.raises(SlackRefusalError, match="channel_not_found"):
        await people.slash_command(GUEST, STAFFROOM, "/sharecheck")

    assert bot.heard == []


async def test_a_command_that_no_app_has_reaches_none(people, bot, school, tmp_path):
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(
        "features: {slash_commands: [{command: /sharecheck}]}\n"
        "oauth_config: {scopes: {bot: [commands]}}\n"
    )
    school.app = open_school(manifest=manifest).app

    with pytest.raises(SlackRefusalError, match="unknown_command"):
        await people.slash_command(TEACHER, STAFFROOM, "/shout")

    assert bot.heard == []
    assert school.notices[0].text == "/shout is not a valid command."


async def test_a_command_cannot_be_typed_in_a_thread(people, bot, school):
    root = school.say(TEACHER, STAFFROOM, "root")

    with pytest.raises(SlackRefusalError, match="not_supported_in_threads"):
        await people.say(TEACHER, STAFFROOM, "/sharecheck help", root.ts)

    assert bot.heard == []
    assert school.notices[0].text == "/sharecheck is not supported in threads. Sorry!"


async def test_an_answer_in_text_is_seen_by_the_one_who_typed(people, bot, school):
    bot.answers = [Response("Only you", media_type="text/plain")]

    await people.slash_command(TEACHER, STAFFROOM, "/sharecheck", "help")

    assert [m.text for m in school.messages_for(TEACHER, STAFFROOM)] == ["Only you"]
    assert school.messages_for(DSL, STAFFROOM) == []


async def test_an_answer_in_json_may_be_for_the_whole_channel(people, bot, school):
    bot.answers = [answers(response_type="in_channel", text="For all")]

    await people.slash_command(TEACHER, STAFFROOM, "/sharecheck")

    assert [m.text for m in school.messages_for(DSL, STAFFROOM)] == ["For all"]


async def test_an_answer_that_breaks_a_limit_is_a_fault(people, bot, school):
    bot.answers = [answers(text="x", blocks=[{"type": "banner"}])]

    await people.slash_command(TEACHER, STAFFROOM, "/sharecheck")

    assert school.faults == [
        (
            "answer to /sharecheck: invalid_blocks; "
            "blocks[0].type: 'banner' is not allowed in a message"
        )
    ]
    assert school.messages_for(TEACHER, STAFFROOM) == []


# Submitting


async def test_a_submission_carries_the_view_its_values_and_a_new_trigger(people, bot, school):
    dialog = school.dialogs.open(TEACHER, modal(private_metadata="{}"))

    await people.answer(TEACHER, danger="no")

    payload = bot.payload
    view = payload["view"]
    assert payload["type"] == "view_submission"
    assert payload["team"] == {"id": "T0SCHOOL01", "domain": "pretend-school"}
    assert payload["user"] == {
        "id": TEACHER,
        "username": "class.teacher",
        "name": "class.teacher",
        "team_id": "T0SCHOOL01",
    }
    assert payload["api_app_id"] == "A0SHARECHK"
    assert payload["response_urls"] == []
    assert payload["enterprise"] is None
    assert school.dialogs.spend_trigger(payload["trigger_id"]) == TEACHER
    assert (view["id"], view["callback_id"], view["private_metadata"]) == (dialog.id, "page", "{}")
    assert view["hash"] == dialog.body["hash"]
    assert view["state"]["values"] == {
        "q1": {
            "danger": {
                "type": "radio_buttons",
                "selected_option": {
                    "text": {"type": "plain_text", "text": "no", "emoji": True},
                    "value": "no",
                },
            }
        }
    }


async def test_slack_holds_back_what_is_not_filled_in(people, bot, school):
    school.dialogs.open(TEACHER, modal())

    submitted = await people.submit_view(TEACHER)

    assert not submitted.sent
    assert submitted.errors == {"q1": "Please complete this required field."}
    assert bot.heard == []


async def test_an_empty_answer_closes_the_view_and_shows_the_one_below(people, school):
    below = school.dialogs.open(TEACHER, modal())
    school.dialogs.push(TEACHER, modal())

    await people.answer(TEACHER, danger="no")

    assert school.view_for(TEACHER) == below


async def test_update_replaces_the_view_and_keeps_answers_of_the_same_ids(people, bot, school):
    school.dialogs.open(TEACHER, modal())
    bot.answers = [answers(response_action="update", view=modal(radio(), radio("q2", "adult")))]

    submitted = await people.answer(TEACHER, danger="yes")

    values = school.view_for(TEACHER).values
    assert submitted.action == "update"
    assert values["q1"]["danger"]["selected_option"]["value"] == "yes"
    assert values["q2"]["adult"]["selected_option"] is None


async def test_push_lays_a_view_on_top_and_clear_takes_all_away(people, bot, school):
    school.dialogs.open(TEACHER, modal())
    bot.answers = [
        answers(response_action="push", view=modal()),
        answers(response_action="clear"),
    ]

    await people.answer(TEACHER, danger="yes")
    height = len(school.dialogs.stack(TEACHER))
    await people.answer(TEACHER, danger="yes")

    assert height == 2
    assert school.view_for(TEACHER) is None


async def test_errors_stand_beside_the_inputs_and_the_answers_stay(people, bot, school):
    dialog = school.dialogs.open(TEACHER, modal())
    bot.answers = [answers(response_action="errors", errors={"q1": "Please look again."})]

    submitted = await people.answer(TEACHER, danger="yes")

    assert submitted.errors == {"q1": "Please look again."}
    assert school.view_for(TEACHER).id == dialog.id
    assert school.view_for(TEACHER).values["q1"]["danger"]["selected_option"]["value"] == "yes"
    assert school.faults == []


UNUSABLE = {
    "errors beside no input": (
        lambda: answers(response_action="errors", errors={"head": "x"}),
        "errors for ['head'], which are no input blocks",
    ),
    "errors without any": (
        lambda: answers(response_action="errors", errors={}),
        "response_action errors without errors",
    ),
    "an error without words": (
        lambda: answers(response_action="errors", errors={"q1": ""}),
        "an error without words",
    ),
    "an update without a view": (
        lambda: answers(response_action="update"),
        "the answer has no view",
    ),
    "a view that breaks a limit": (
        lambda: answers(response_action="update", view=modal(title=plain("x" * 25))),
        "invalid_arguments; title.text: 25 characters, at most 24",
    ),
    "an unknown action": (
        lambda: answers(response_action="wait"),
        "response_action 'wait' is not one that Slack knows",
    ),
    "no JSON": (lambda: Response("OK"), "the answer is not JSON: 'OK'"),
    "no object": (lambda: JSONResponse(["x"]), "the answer is not an object: '[\"x\"]'"),
    "an error of the app": (lambda: Response(status_code=500), "http_service_error"),
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_an_answer_that_slack_cannot_use_shows_trouble_and_leaves_the_view_open(
    people, bot, school, name
):
    make, failure = UNUSABLE[name]
    dialog = school.dialogs.open(TEACHER, modal())
    bot.answers = [make()]

    submitted = await people.answer(TEACHER, danger="yes")

    assert submitted.failure == failure
    assert school.faults == [f"view_submission page: {failure}"]
    assert [notice.text for notice in school.notices] == [TROUBLE]
    assert school.view_for(TEACHER).id == dialog.id
    assert school.view_for(TEACHER).values["q1"]["danger"]["selected_option"]["value"] == "yes"


async def test_only_the_view_on_top_can_be_submitted(people, school):
    below = school.dialogs.open(TEACHER, modal())
    school.dialogs.push(TEACHER, modal())

    with pytest.raises(SlackRefusalError, match="view_not_found"):
        await people.submit_view(TEACHER, {}, below.id)
    with pytest.raises(SlackRefusalError, match="view_not_found"):
        await people.answer(DSL, danger="yes")


async def test_a_view_that_is_submitted_twice_or_closed_meanwhile_is_no_trouble(
    people, bot, school
):
    school.dialogs.open(TEACHER, modal())
    bot.delay = 0.05

    await asyncio.gather(*[people.answer(TEACHER, danger="yes") for _ in "12"])

    assert len(bot.heard) == 2
    assert school.view_for(TEACHER) is None
    assert school.faults == []


# Closing


async def test_the_app_hears_of_a_close_only_where_it_asked_to(people, bot, school):
    school.dialogs.open(TEACHER, modal())
    await people.close_view(TEACHER)
    unheard = list(bot.heard)
    school.dialogs.open(TEACHER, modal(notify_on_close=True))
    await people.close_view(TEACHER)

    assert unheard == []
    assert bot.payload["type"] == "view_closed"
    assert bot.payload["is_cleared"] is False
    assert "trigger_id" not in bot.payload
    assert school.view_for(TEACHER) is None


async def test_a_view_that_clears_on_close_takes_the_others_with_it(people, bot, school):
    school.dialogs.open(TEACHER, modal())
    school.dialogs.push(TEACHER, modal(clear_on_close=True, notify_on_close=True))

    await people.close_view(TEACHER)

    assert bot.payload["is_cleared"] is True
    assert school.view_for(TEACHER) is None


# Pressing


async def test_a_press_on_a_message_carries_message_container_and_action(people, bot, school):
    root = school.say(BOT, DSL_CHANNEL, "root")
    message = school.say(
        BOT, DSL_CHANNEL, "decide", blocks=[actions(button(style="danger"))], thread_ts=root.ts
    )

    await people.press(DSL, "go", message=message)

    payload = bot.payload
    action = payload["actions"][0]
    assert payload["type"] == "block_actions"
    assert payload["user"]["id"] == DSL
    assert payload["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": DSL_CHANNEL,
        "is_ephemeral": False,
        "thread_ts": root.ts,
    }
    assert payload["channel"] == {"id": DSL_CHANNEL, "name": "privategroup"}
    assert payload["message"]["ts"] == message.ts
    assert payload["message"]["thread_ts"] == root.ts
    assert payload["message"]["bot_id"] == "B0BOT00001"
    assert payload["state"] == {"values": {}}
    assert payload["response_url"]
    assert payload["trigger_id"]
    assert action.pop("action_ts")
    assert action == {
        "type": "button",
        "action_id": "go",
        "block_id": "act",
        "text": {"type": "plain_text", "text": "Go", "emoji": True},
        "value": "1",
        "style": "danger",
    }


async def test_a_press_on_an_ephemeral_message_carries_no_message(people, bot, school):
    message = school.whisper(DSL, DSL_CHANNEL, "for you", blocks=[actions()])

    await people.press(DSL, "go", message=message)

    assert bot.payload["container"]["is_ephemeral"] is True
    assert "message" not in bot.payload


async def test_nobody_can_press_on_what_they_do_not_see(people, bot, school):
    message = school.whisper(DSL, DSL_CHANNEL, "for you", blocks=[actions()])

    with pytest.raises(SlackRefusalError, match="message_not_found"):
        await people.press(DEPUTY, "go", message=message)
    with pytest.raises(SlackRefusalError, match="channel_not_found"):
        await people.press(TEACHER, "go", message=message)

    assert bot.heard == []


async def test_a_button_that_is_gone_cannot_be_pressed(people, school):
    message = school.say(BOT, DSL_CHANNEL, "decide", blocks=[actions()])
    school.edit(message, blocks=())

    with pytest.raises(NoSuchInputError):
        await people.press(DSL, "go", message=message)


async def test_buttons_of_one_action_id_are_told_apart_by_their_block(people, bot, school):
    blocks = [
        actions(button(value="1"), block_id="b1"),
        actions(button(value="2"), block_id="b2"),
    ]
    message = school.say(BOT, DSL_CHANNEL, "list", blocks=blocks)

    await people.press(DSL, "go", message=message, block_id="b2")

    assert bot.payload["actions"][0]["value"] == "2"


async def test_a_choice_on_a_message_stands_in_the_action_and_in_the_state(people, bot, school):
    picker = {"type": "users_select", "action_id": "who"}
    message = school.say(BOT, DSL_CHANNEL, "hand over", blocks=[actions(picker)])

    await people.press(DSL, "who", message=message, answer=DEPUTY)

    assert bot.payload["actions"][0]["selected_user"] == DEPUTY
    assert bot.payload["state"]["values"]["act"]["who"]["selected_user"] == DEPUTY


async def test_a_press_in_a_dialog_carries_what_is_filled_in_by_then(people, bot, school):
    dialog = school.dialogs.open(TEACHER, modal(radio(), actions()))
    values = fill(dialog.body, {"danger": "no"})

    await people.press(TEACHER, "go", values=values)

    payload = bot.payload
    assert payload["container"] == {"type": "view", "view_id": dialog.id}
    assert "message" not in payload
    assert "response_url" not in payload
    state = payload["view"]["state"]["values"]
    assert state["q1"]["danger"]["selected_option"]["value"] == "no"
    assert school.view_for(TEACHER).values == state


async def test_an_overflow_menu_gives_the_option_that_was_picked(people, bot, school):
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [{"text": plain("Pass on"), "value": "pass"}],
    }
    message = school.say(BOT, DSL_CHANNEL, "menu", blocks=[actions(menu)])

    await people.press(DSL, "more", message=message, answer="pass")

    assert bot.payload["actions"][0]["selected_option"]["value"] == "pass"


async def test_a_press_that_fails_is_a_fault_and_shown(people, bot, school):
    message = school.say(BOT, DSL_CHANNEL, "decide", blocks=[actions()])
    bot.answers = [Response(status_code=404)]

    await people.press(DSL, "go", message=message)

    assert school.faults == ["press go: http_service_error"]
    assert school.notices[0].person == DSL


# Response URLs


@pytest.fixture
async def hook(people, school, bot):
    """Press on a message and post to the response URL that came with it."""
    message = school.say(BOT, DSL_CHANNEL, "decide", blocks=[actions()])
    application = Starlette(routes=hook_routes(people.hooks))
    async with running(application) as url, aiohttp.ClientSession() as session:
        people._base_url = lambda: url
        await people.press(DSL, "go", message=message)

        async def post(payload):
            async with session.post(bot.payload["response_url"], json=payload) as answer:
                return answer.status, await answer.text()

        yield post


async def test_an_answer_to_a_press_is_for_the_one_who_pressed(hook, school):
    assert await hook({"text": "Taken", "replace_original": False}) == (200, "ok")

    assert school.messages_for(DSL, DSL_CHANNEL)[-1].text == "Taken"
    assert school.messages_for(DEPUTY, DSL_CHANNEL)[-1].text == "decide"


async def test_an_answer_to_a_press_may_replace_or_delete_what_was_pressed(hook, school):
    await hook({"text": "Decided", "replace_original": True})
    replaced = school.messages[DSL_CHANNEL][0]
    await hook({"delete_original": True})

    assert (replaced.text, replaced.blocks) == ("Decided", ())
    assert school.messages[DSL_CHANNEL] == []


async def test_a_response_url_takes_five_answers(hook):
    statuses = [(await hook({"text": str(n)}))[0] for n in range(6)]

    assert statuses == [200] * 5 + [404]


async def test_a_response_url_refuses_what_a_message_may_not_hold(hook, school):
    status, body = await hook({"text": "x", "blocks": [{"type": "banner"}]})

    assert status == 404
    assert json.loads(body)["error"] == "invalid_blocks"
    assert len(school.messages[DSL_CHANNEL]) == 1


# Events


async def test_a_mention_in_a_channel_of_the_apps_is_an_event(people, bot, school):
    message = await people.say(DSL, DSL_CHANNEL, "@Sharecheck help")

    envelope = bot.json
    assert envelope["type"] == "event_callback"
    assert (envelope["team_id"], envelope["api_app_id"]) == ("T0SCHOOL01", "A0SHARECHK")
    assert envelope["event_id"].startswith("Ev")
    assert envelope["authorizations"][0]["user_id"] == BOT
    assert envelope["event"] == {
        "type": "app_mention",
        "user": DSL,
        "text": f"<@{BOT}> help",
        "ts": message.ts,
        "channel": DSL_CHANNEL,
        "team": "T0SCHOOL01",
        "event_ts": message.ts,
    }


async def test_a_mention_in_a_thread_says_which_thread_and_whose(people, bot, school):
    root = school.say(DEPUTY, DSL_CHANNEL, "Who is on duty?")

    await people.say(DSL, DSL_CHANNEL, f"<@{BOT}> help", root.ts)

    event = bot.json["event"]
    assert (event["thread_ts"], event["parent_user_id"]) == (root.ts, DEPUTY)


async def test_a_mention_by_somebody_of_another_organisation_says_so(people, bot, school):
    school.add_user(User("U0STRANGE1", "Partner agency", team_id="T0OTHER001", is_stranger=True))
    school.invite(DSL_CHANNEL, "U0STRANGE1")

    await people.say("U0STRANGE1", DSL_CHANNEL, "@Sharecheck help")

    event = bot.json["event"]
    assert {event["team"], event["user_team"], event["source_team"]} == {"T0OTHER001"}
    assert bot.json["team_id"] == bot.json["authorizations"][0]["team_id"] == "T0SCHOOL01"


async def test_in_its_own_conversation_nothing_is_a_mention(people, bot, school):
    direct = school.direct(TEACHER, BOT)

    await people.say(TEACHER, direct.id, "@Sharecheck help")

    assert [json.loads(body)["event"]["type"] for _, body in bot.heard] == ["message"]


async def test_a_message_to_the_app_itself_is_an_event(people, bot, school):
    direct = school.direct(TEACHER, BOT)

    await people.say(TEACHER, direct.id, "hello")

    assert (bot.json["event"]["type"], bot.json["event"]["channel_type"]) == ("message", "im")


async def test_an_app_that_takes_no_messages_is_sent_none(people, bot, school, tmp_path):
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(
        "features: {app_home: {messages_tab_read_only_enabled: true}}\n"
        "oauth_config: {scopes: {bot: [commands]}}\n"
    )
    school.app = open_school(manifest=manifest).app
    direct = school.direct(TEACHER, BOT)

    with pytest.raises(SlackRefusalError, match="read_only"):
        await people.say(TEACHER, direct.id, "hello")

    assert bot.heard == []
    assert school.texts_in(direct.id) == []
    assert school.notices[0].text == "Sending messages to this app has been turned off."


async def test_other_messages_and_channels_without_the_app_are_none_of_its_business(people, bot):
    await people.say(DSL, DSL_CHANNEL, "between us")
    await people.say(TEACHER, STAFFROOM, "@Sharecheck help")

    assert bot.heard == []


async def test_an_event_is_sent_again_three_times_with_the_same_id(people, bot, school):
    people.retry_delays = (0.0, 0.0, 0.0)
    bot.answers = [Response(status_code=500) for _ in range(4)]

    await people.event({"type": "app_mention"})

    headers = [heard for heard, _ in bot.heard]
    assert [h.get("x-slack-retry-num") for h in headers] == [None, "1", "2", "3"]
    assert headers[1]["x-slack-retry-reason"] == "http_error"
    assert len({json.loads(body)["event_id"] for _, body in bot.heard}) == 1
    assert school.faults == ["event app_mention: http_service_error"]


async def test_an_app_may_forbid_retries(people, bot):
    people.retry_delays = (0.0, 0.0, 0.0)
    bot.answers = [Response(status_code=500, headers={"X-Slack-No-Retry": "1"})]

    await people.event({"type": "app_mention"})

    assert len(bot.heard) == 1


async def test_an_event_that_nobody_subscribed_to_is_not_sent(people, bot, school, tmp_path):
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text("oauth_config: {scopes: {bot: [commands]}}\n")
    school.app = open_school(manifest=manifest).app

    assert await people.event({"type": "app_mention"}) is None
    assert bot.heard == []


# Home


async def test_the_home_page_is_opened_and_its_buttons_pressed(people, bot, school):
    before = school.show_home(DSL, {"type": "home", "blocks": [actions()]})
    after = school.show_home(DSL, {"type": "home", "blocks": [actions()]})
    assert (after.id, after.body["hash"] != before.body["hash"]) == (before.id, True)

    await people.open_home(DSL)
    opened = bot.json["event"]
    await people.press_home(DSL, "go")

    assert (opened["type"], opened["tab"], opened["user"]) == ("app_home_opened", "home", DSL)
    assert opened["view"]["type"] == "home"
    assert bot.payload["container"]["view_id"] == school.homes[DSL].id
    assert bot.payload["view"]["type"] == "home"
