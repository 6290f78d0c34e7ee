"""Calls to Slack's Web API: what goes over the wire, and what an answer that is no answer means."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.cards import Renderer
from bot.chat import Card, InDoubt, NotNow, Place, Platform, RefusedForGood
from handlers.slack_calls import SlackClient
from handlers.slack_chat import SlackChat
from tests.quick_server import served

CHANNEL = Place(Platform.SLACK, "T1", "C1")
CARD = Card("refused", {"code": "Guest"})


@dataclass
class Api:
    """A Web API that gives one answer to everything and keeps what it was asked."""

    status: int = 200
    body: str = '{"ok": true, "ts": "1.2", "channel": {"id": "D1"}}'
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        text = (await request.body()).decode()
        self.asked.append((request.url.path, dict(request.headers), text))
        headers = {"content-type": "application/json", **self.headers}
        return Response(self.body, self.status, headers=headers)


@asynccontextmanager
async def client_of(api: Api) -> AsyncIterator[SlackClient]:
    app = Starlette(routes=[Route("/api/{method}", api.answer, methods=["GET", "POST"])])
    async with served(app) as address, aiohttp.ClientSession() as session:
        yield SlackClient("xoxb-1", f"{address}/api/", session, logging.getLogger("quiet"))


@asynccontextmanager
async def chat_of(api: Api) -> AsyncIterator[SlackChat]:
    async with client_of(api) as client:
        yield SlackChat(client, "T1", Renderer())


async def test_a_dialog_goes_as_json_with_the_token_and_the_library_s_name():
    api = Api()
    async with client_of(api) as client:
        await client.views_open(trigger_id="1.2", view={"type": "modal", "title": "ä"})

    path, headers, text = api.asked[0]
    assert path == "/api/views.open"
    assert json.loads(text) == {"trigger_id": "1.2", "view": {"type": "modal", "title": "ä"}}
    assert headers["authorization"] == "Bearer xoxb-1"
    assert headers["content-type"] == "application/json;charset=utf-8"
    assert "slackclient" in headers["user-agent"]


async def test_what_is_not_json_goes_the_library_s_own_way():
    api = Api()
    async with client_of(api) as client:
        await client.conversations_open(users="U1")

    path, headers, _ = api.asked[0]
    assert (path, headers["authorization"]) == ("/api/conversations.open", "Bearer xoxb-1")


async def test_the_answer_can_be_read_like_the_library_s():
    async with client_of(Api()) as client:
        answer = await client.chat_postMessage(channel="C1", text="hello")

    assert (answer["ts"], answer.status_code) == ("1.2", 200)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, '{"ok": false, "error": "channel_not_found"}'), (200, "<html>"), (200, "[]"), (502, "")],
)
async def test_whatever_is_not_ok_is_an_error(status: int, body: str):
    async with client_of(Api(status, body)) as client:
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel="C1", text="hello")


async def test_nothing_is_sent_a_second_time_by_itself():
    api = Api(500, "")
    async with client_of(api) as client:
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel="C1", text="hello")

    assert len(api.asked) == 1


async def test_a_limit_says_when_to_come_back_however_the_header_is_written():
    api = Api(429, '{"ok": false, "error": "ratelimited"}', {"retry-after": "7"})
    async with chat_of(api) as chat:
        with pytest.raises(NotNow) as caught:
            await chat.send(CHANNEL, CARD, key="k")

    assert caught.value.after == 7


@pytest.mark.parametrize(
    ("status", "body"), [(200, "<html>"), (200, ""), (404, "<html>"), (502, "<html>")]
)
async def test_an_answer_that_cannot_be_read_leaves_a_message_in_doubt(status: int, body: str):
    async with chat_of(Api(status, body)) as chat:
        with pytest.raises(InDoubt):
            await chat.send(CHANNEL, CARD, key="k")


@pytest.mark.parametrize("status", [200, 404])
async def test_a_refusal_is_for_good(status: int):
    async with chat_of(Api(status, '{"ok": false, "error": "is_archived"}')) as chat:
        with pytest.raises(RefusedForGood):
            await chat.send(CHANNEL, CARD, key="k")
