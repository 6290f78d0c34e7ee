"""The playground as a whole: page, deeds, live updates, and a real Bolt app on the other side."""

import asyncio
import contextlib
import json
import logging
import time

import aiohttp
import pytest
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from playground.backstage import EmptyStage
from playground.residents import SlackRefusalError
from playground.school import DSL, DSL_CHANNEL, GUEST, STAFFROOM, TEACHER, TOKEN, open_school
from playground.server import build
from playground.serving import running

SECRET = "signing-secret"


def plain(text="Words"):
    return {"type": "plain_text", "text": text}


def page(number, question):
    options = [{"text": plain(value), "value": value} for value in ("yes", "no")]
    element = {"type": "radio_buttons", "action_id": question, "options": options}
    block = {"type": "input", "block_id": f"page-{number}", "label": plain(), "element": element}
    return {
        "type": "modal",
        "callback_id": f"page-{number}",
        "notify_on_close": True,
        "title": plain(f"Page {number}"),
        "submit": plain("Next"),
        "blocks": [block],
    }


def decision(text):
    button = {"type": "button", "action_id": "decide", "text": plain("Share"), "value": "share"}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return [section, {"type": "actions", "block_id": "decide", "elements": [button]}]


def hello_world(client):
    """A Bolt app of a few lines: a dialog of two pages, a card, a button that settles it."""
    app = AsyncApp(signing_secret=SECRET, client=client, process_before_response=True)

    @app.command("/sharecheck")
    async def begin(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=page(1, "danger"))

    @app.shortcut("check")
    async def enter(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=page(1, "danger"))

    @app.view("page-1")
    async def turn(ack, view):
        answer = view["state"]["values"]["page-1"]["danger"]["selected_option"]["value"]
        if answer == "yes":
            await ack(response_action="errors", errors={"page-1": "Ring 999 first."})
        else:
            await ack(response_action="update", view=page(2, "adult"))

    @app.view("page-2")
    async def finish(ack, client):
        await ack()
        await client.chat_postMessage(channel=DSL_CHANNEL, text="New", blocks=decision("New"))

    @app.action("decide")
    async def decide(ack, body, client, respond):
        await ack()
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**where, text="Decided", blocks=[])
        await respond("You decided.", replace_original=False)

    @app.view_closed("page-1")
    async def leave(ack, body, client):
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text="Not sent.")

    return AsyncSlackRequestHandler(app)


@pytest.fixture
def school():
    return open_school()


@pytest.fixture
def rows():
    return {"cases": [], "ledger": [], "outbox": []}


class Place:
    """The playground under its address, as the page uses it."""

    def __init__(self, session, url):
        self.session = session
        self.url = url

    async def get(self, path, **more):
        async with self.session.get(self.url + path, **more) as answer:
            return answer.status, await answer.text()

    async def state(self, person):
        _, text = await self.get(f"/play/state?person={person}")
        return json.loads(text)

    async def do(self, deed, headers=None, **asked):
        async with self.session.post(
            f"{self.url}/play/{deed}", json=asked, headers=headers
        ) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def place(school, rows):
    class Stage(EmptyStage):
        async def look(self):
            return rows

    application = build(school, "", SECRET, Stage())
    async with running(application) as url, aiohttp.ClientSession() as session:
        client = AsyncWebClient(TOKEN, base_url=f"{url}/api/", retry_handlers=[])
        async with running(hello_world(client)) as bot_url:
            application.state.client.courier.app_url = bot_url
            yield Place(session, url)


# A story


async def test_a_bolt_app_lives_through_a_whole_story(place, school):
    said = await place.do("command", person=TEACHER, channel=STAFFROOM, text="/sharecheck")
    view = (await place.state(TEACHER))["view"]

    async def submit(question, value):
        view = (await place.state(TEACHER))["view"]
        block = view["blocks"][0]
        option = next(o for o in block["element"]["options"] if o["value"] == value)
        values = {
            block["block_id"]: {question: {"type": "radio_buttons", "selected_option": option}}
        }
        return await place.do("submit", person=TEACHER, view_id=view["id"], values=values)

    _, refused = await submit("danger", "yes")
    _, turned = await submit("danger", "no")
    second = (await place.state(TEACHER))["view"]
    await submit("adult", "no")
    card = (await place.state(DSL))["messages"][DSL_CHANNEL][0]
    pressed = await place.do(
        "action",
        person=DSL,
        view_id=None,
        channel=DSL_CHANNEL,
        ts=card["ts"],
        block_id="decide",
        action_id="decide",
        type="button",
        value="share",
        values={},
    )
    after = (await place.state(DSL))["messages"][DSL_CHANNEL]

    assert said == (200, {"ok": True})
    assert view["title"]["text"] == "Page 1"
    assert refused["errors"] == {"page-1": "Ring 999 first."}
    assert turned["errors"] is None
    assert second["title"]["text"] == "Page 2"
    assert (await place.state(TEACHER))["view"] is None
    assert card["bot"]
    assert card["name"] == "Sharecheck"
    assert pressed == (200, {"ok": True})
    assert [(m["text"], m["edited"], m["ephemeral"]) for m in after] == [
        ("Decided", True, False),
        ("You decided.", False, True),
    ]
    assert school.faults == []
    assert school.notices == []


async def test_closing_a_dialog_is_told_to_the_app_and_closing_it_twice_is_harmless(place, school):
    await place.do("command", person=TEACHER, channel=STAFFROOM, text="/sharecheck")
    view_id = (await place.state(TEACHER))["view"]["id"]

    first = await place.do("close", person=TEACHER, view_id=view_id)
    second = await place.do("close", person=TEACHER, view_id=view_id)

    direct = (await place.state(TEACHER))["channels"][-1]
    assert first == second == (200, {"ok": True})
    assert direct["kind"] == "dm"
    assert school.texts_in(direct["id"]) == ["Not sent."]


async def test_an_app_that_is_away_shows_an_error_to_the_person_alone(place, school):
    async with running(build(school, "http://127.0.0.1:1", SECRET)) as url:
        away = Place(place.session, url)
        status, _ = await away.do(
            "command", person=TEACHER, channel=STAFFROOM, text="/sharecheck help"
        )

    assert status == 200
    assert [notice["text"] for notice in (await place.state(TEACHER))["notices"]] == [
        '/sharecheck failed with the error "http_client_error"'
    ]
    assert (await place.state(DSL))["notices"] == []


# The page


async def test_the_page_and_its_parts_are_served(place):
    status, text = await place.get("/")
    script, _ = await place.get("/static/app.js")
    missing, _ = await place.get("/static/nothing.js")

    assert status == 200
    assert "<!doctype html>" in text.lower()
    assert (script, missing) == (200, 404)


async def test_the_page_may_load_nothing_from_elsewhere(place):
    async with place.session.get(place.url + "/") as answer:
        policy = answer.headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'self'")


async def test_an_ordinary_text_is_a_message_and_goes_into_its_thread(place):
    await place.do("command", person=TEACHER, channel=STAFFROOM, text="Who has <keys>?")
    root = (await place.state(DSL))["messages"][STAFFROOM][0]
    await place.do("command", person=DSL, channel=STAFFROOM, text="I have.", thread_ts=root["ts"])

    root, reply = (await place.state(TEACHER))["messages"][STAFFROOM]
    assert (root["text"], root["reply_count"], root["bot"]) == ("Who has &lt;keys&gt;?", 1, False)
    assert (reply["name"], reply["thread_ts"]) == ("DSL", root["ts"])


async def test_a_shortcut_opens_a_dialog_from_anywhere_and_from_a_message(place, school):
    first = await place.do("shortcut", person=TEACHER, callback_id="check")
    opened = (await place.state(TEACHER))["view"]
    await place.do("close", person=TEACHER, view_id=opened["id"])
    await place.do("command", person=DSL, channel=STAFFROOM, text="Good morning")
    ts = (await place.state(TEACHER))["messages"][STAFFROOM][0]["ts"]
    asked = {"person": TEACHER, "channel": STAFFROOM, "ts": ts, "callback_id": "check"}

    second = await place.do("message_shortcut", **asked)

    assert first == second == (200, {"ok": True})
    assert opened["title"]["text"] == "Page 1"
    assert (await place.state(TEACHER))["view"]["title"]["text"] == "Page 1"
    assert (await place.state(DSL))["view"] is None
    assert school.faults == []


@pytest.mark.parametrize(
    ("deed", "asked", "error"),
    [
        ("command", {"person": "U0NOBODY001"}, "user_not_found"),
        ("command", {"person": TEACHER, "channel": STAFFROOM}, "invalid_arguments"),
        ("command", {"person": TEACHER, "channel": 7, "text": "x"}, "invalid_arguments"),
        (
            "command",
            {"person": TEACHER, "channel": DSL_CHANNEL, "text": "x"},
            "channel_not_found",
        ),
        ("submit", {"person": TEACHER, "view_id": "V9", "values": {}}, "view_not_found"),
        ("submit", {"person": TEACHER, "view_id": "V9", "values": [1]}, "invalid_arguments"),
        (
            "action",
            {
                "person": DSL,
                "channel": DSL_CHANNEL,
                "ts": "1.2",
                "block_id": "b",
                "action_id": "a",
            },
            "message_not_found",
        ),
        ("action", {"person": DSL, "action_id": "a", "type": "slider"}, "invalid_arguments"),
        ("shortcut", {"person": "U0NOBODY001", "callback_id": "check"}, "user_not_found"),
        ("shortcut", {"person": TEACHER}, "invalid_arguments"),
        ("message_shortcut", {"person": TEACHER, "callback_id": "check"}, "invalid_arguments"),
        (
            "message_shortcut",
            {"person": TEACHER, "channel": DSL_CHANNEL, "ts": "1.2", "callback_id": "check"},
            "channel_not_found",
        ),
        (
            "message_shortcut",
            {"person": DSL, "channel": DSL_CHANNEL, "ts": "1.2", "callback_id": "check"},
            "message_not_found",
        ),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(place, deed, asked, error):
    status, answer = await place.do(deed, **asked)

    assert (status, answer["ok"], answer["error"]) == (400, False, error)


async def test_a_body_that_is_no_json_is_refused(place):
    async with place.session.post(f"{place.url}/play/command", data=b"person=x") as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://elsewhere.example"}, {"Origin": "null"}, {"Host": "elsewhere.example"}],
)
async def test_another_site_can_neither_read_nor_drive_the_workspace(place, school, headers):
    read, _ = await place.get(f"/play/state?person={DSL}", headers=headers)
    drive, _ = await place.do("command", headers=headers, person=DSL, channel=DSL_CHANNEL, text="x")

    assert (read, drive) == (403, 403)
    assert school.texts_in(DSL_CHANNEL) == []


async def test_the_pages_own_origin_is_welcome(place):
    status, _ = await place.do(
        "command", headers={"Origin": place.url}, person=DSL, channel=DSL_CHANNEL, text="x"
    )

    assert status == 200


# Live


async def next_version(stream):
    while True:
        async with asyncio.timeout(3):
            line = (await stream.readline()).decode()
        if line.startswith("data:"):
            return json.loads(line.removeprefix("data:"))["version"]


async def test_a_change_is_told_to_whoever_follows(place, school):
    async with place.session.get(f"{place.url}/play/events?person={GUEST}") as following:
        assert following.headers["Content-Type"].startswith("text/event-stream")
        before = await next_version(following.content)

        await place.do("command", person=DSL, channel=DSL_CHANNEL, text="news")

        assert await next_version(following.content) > before


async def test_a_change_behind_the_scenes_is_told_too(place, rows):
    async with place.session.get(f"{place.url}/play/events?person={DSL}") as following:
        before = await next_version(following.content)
        await asyncio.sleep(0.7)

        rows["cases"].append({"id": "SC-7F3K2"})

        assert await next_version(following.content) > before
    _, panel = await place.get("/play/panel")
    assert json.loads(panel)["cases"] == [{"id": "SC-7F3K2"}]


# Serving


async def test_a_server_stops_at_once_though_somebody_still_follows(school, caplog):
    caplog.set_level(logging.WARNING)
    async with aiohttp.ClientSession() as session:
        async with running(build(school, "", SECRET)) as url:
            following = await session.get(f"{url}/play/events?person={DSL}")
            began = time.monotonic()
        stopped = time.monotonic() - began
        following.close()

    assert stopped < 2
    assert caplog.records == []


async def test_a_server_listens_on_this_machine_only(school):
    async with running(build(school, "", SECRET)) as url:
        assert url.startswith("http://127.0.0.1:")


async def test_an_application_that_does_not_start_is_an_error():
    @contextlib.asynccontextmanager
    async def fail(_):
        raise SlackRefusalError("no")
        yield

    with pytest.raises(RuntimeError, match="did not start"):
        async with running(Starlette(lifespan=fail)):
            pass
