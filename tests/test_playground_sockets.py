"""The pretend workspace's sockets: addresses for one use, hello, limits, tokens, what counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.courier import JSON
from playground.residents import SlackRefusalError
from playground.school import APP_TOKEN, STAFFROOM, TEACHER, TOKEN, open_school
from playground.server import build
from playground.sockets import MOST_CONNECTIONS, Sockets
from playground.workspace import Workspace
from tests.quick_server import served

COMMAND = b"command=%2Fsharecheck&text=&user_id=U1"
SUBMISSION = b"payload=%7B%22type%22%3A%22view_submission%22%7D"
PRESS = b"payload=%7B%22type%22%3A%22block_actions%22%7D"


@pytest.fixture
def school() -> Workspace:
    workspace = open_school()
    workspace.app = replace(workspace.app, uses_sockets=True)
    return workspace


@pytest.fixture
async def sockets(school: Workspace) -> AsyncIterator[Sockets]:
    async with school.sockets.serving():
        yield school.sockets


class Caller:
    """An app's end of a socket: it answers when told to."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, hello: Any) -> None:
        self.ws = ws
        self.hello = hello

    async def hear(self) -> Any:
        return await self.ws.receive_json(timeout=5)

    async def answer(self, **payload: Any) -> Any:
        envelope = await self.hear()
        said = {"envelope_id": envelope["envelope_id"]} | ({"payload": payload} if payload else {})
        await self.ws.send_json(said)
        return envelope


@pytest.fixture
async def connect(sockets: Sockets) -> AsyncIterator[Any]:
    async with aiohttp.ClientSession() as session:

        async def connect_(url: str | None = None) -> Caller:
            ws = await session.ws_connect(url or sockets.issue_url())
            return Caller(ws, await ws.receive_json(timeout=5))

        yield connect_


async def test_hello_says_which_app_and_how_many_there_are(connect: Any):
    first, second = await connect(), await connect()

    assert first.hello["type"] == "hello"
    assert first.hello["connection_info"] == {"app_id": "A0SHARECHK"}
    assert first.hello["debug_info"]["approximate_connection_time"] > 0
    assert [one.hello["num_connections"] for one in (first, second)] == [1, 2]


async def test_an_address_takes_one_connection(connect: Any, sockets: Sockets):
    url = sockets.issue_url()
    await connect(url)

    with pytest.raises(aiohttp.WSServerHandshakeError):
        await connect(url)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await connect(url.replace("ticket=", "ticket=x"))


async def test_there_may_be_ten_connections_and_no_more(connect: Any, sockets: Sockets):
    held = [await connect() for _ in range(MOST_CONNECTIONS)]

    refused = await connect()

    assert [one.hello["type"] for one in held] == ["hello"] * MOST_CONNECTIONS
    assert (refused.hello["type"], refused.hello["reason"]) == ("disconnect", "too_many_websockets")
    assert sockets.count == MOST_CONNECTIONS


async def test_each_envelope_goes_to_one_of_them(connect: Any, sockets: Sockets):
    callers = [await connect() for _ in range(3)]
    heard = asyncio.gather(*(caller.answer() for caller in callers))

    replies = [await sockets.send(COMMAND) for _ in range(3)]

    assert [reply.failure for reply in replies] == [None] * 3
    assert len({envelope["envelope_id"] for envelope in await heard}) == 3


@pytest.mark.parametrize(
    ("body", "kind", "takes"),
    [
        (COMMAND, "slash_commands", True),
        (SUBMISSION, "interactive", True),
        (PRESS, "interactive", False),
    ],
)
async def test_an_envelope_says_what_it_holds_and_whether_it_takes_an_answer(
    connect: Any, sockets: Sockets, school: Workspace, body: bytes, kind: str, *, takes: bool
):
    caller = await connect()
    heard = asyncio.create_task(caller.answer(text="Hello"))

    reply = await sockets.send(body)

    envelope = await heard
    assert (envelope["type"], envelope["accepts_response_payload"]) == (kind, takes)
    assert json.loads(reply.text) == {"text": "Hello"}
    assert (school.faults == []) == takes


async def test_an_event_that_is_not_acknowledged_comes_again_three_times(
    connect: Any, sockets: Sockets
):
    sockets.patience = 0.05
    caller = await connect()

    reply = await sockets.send_event(b'{"event_id":"Ev1"}', (0, 0, 0))

    heard = [await caller.hear() for _ in range(4)]
    assert reply.failure == "operation_timeout"
    assert [e["retry_attempt"] for e in heard] == [0, 1, 2, 3]
    assert [e["retry_reason"] for e in heard] == ["", "timeout", "timeout", "timeout"]
    assert {e["payload"]["event_id"] for e in heard} == {"Ev1"}
    assert len({e["envelope_id"] for e in heard}) == 4


async def test_without_a_socket_nothing_arrives(sockets: Sockets):
    assert (await sockets.send(COMMAND)).failure == "dispatch_failed"


async def test_an_acknowledgement_on_another_connection_does_not_count(
    connect: Any, sockets: Sockets
):
    sockets.patience = 0.1
    first, second = await connect(), await connect()
    sending = asyncio.create_task(sockets.send(COMMAND))
    got, idle = first, second
    envelope = await got.hear()

    await idle.ws.send_json({"envelope_id": envelope["envelope_id"]})

    assert (await sending).failure == "operation_timeout"


@pytest.mark.parametrize("said", ["{", "[]", "{}", "hello"])
async def test_what_is_no_acknowledgement_is_a_fault(
    connect: Any, sockets: Sockets, school: Workspace, said: str
):
    caller = await connect()
    await caller.ws.send_str(said)
    sending = asyncio.create_task(sockets.send(COMMAND))
    await caller.answer()
    await sending

    assert len(school.faults) == 1


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_a_goodbye_is_said_before_the_connection_closes(
    connect: Any, sockets: Sockets, reason: str
):
    caller = await connect()
    await sockets.say_goodbye(reason)
    assert sockets.count == 1

    said = await caller.hear()
    going = asyncio.create_task(sockets.hang_up())
    after = await caller.ws.receive(timeout=5)
    await going

    assert (said["type"], said["reason"]) == ("disconnect", reason)
    assert after.type is aiohttp.WSMsgType.CLOSE
    assert sockets.count == 0


async def test_what_is_under_way_when_a_connection_breaks_fails_at_once(
    connect: Any, sockets: Sockets
):
    caller = await connect()
    sending = asyncio.create_task(sockets.send(COMMAND))
    await caller.hear()

    sockets.cut()

    assert (await sending).failure == "dispatch_failed"
    assert (await caller.ws.receive(timeout=5)).type is not aiohttp.WSMsgType.TEXT


async def test_a_ping_is_answered(connect: Any):
    caller = await connect()
    await caller.ws.ping(b"still there?")
    with pytest.raises(asyncio.TimeoutError):
        await caller.ws.receive(timeout=0.1)


# ----------------------------------------------------------------------------------------- tokens


@pytest.fixture
async def api(school: Workspace) -> AsyncIterator[str]:
    async with served(build(school, "", "signing-secret")) as address:
        yield f"{address}/api/"


@pytest.mark.parametrize(
    ("token", "code"),
    [(TOKEN, "not_allowed_token_type"), ("xapp-other", "invalid_auth"), ("", "not_authed")],
)
async def test_a_socket_is_opened_for_the_app_level_token_alone(
    api: str, school: Workspace, token: str, code: str
):
    client = AsyncWebClient(base_url=api, retry_handlers=[])

    given = await client.apps_connections_open(app_token=APP_TOKEN)
    with pytest.raises(SlackApiError) as refused:
        await client.apps_connections_open(app_token=token)

    assert given["url"].startswith("ws://127.0.0.1:")
    assert refused.value.response["error"] == code


async def test_the_app_level_token_does_nothing_else(api: str):
    client = AsyncWebClient(APP_TOKEN, base_url=api, retry_handlers=[])

    with pytest.raises(SlackApiError) as refused:
        await client.auth_test()

    assert refused.value.response["error"] == "not_allowed_token_type"


def test_no_address_is_given_while_nobody_listens(school: Workspace):
    with pytest.raises(SlackRefusalError, match="internal_error"):
        school.sockets.issue_url()


async def test_with_socket_mode_on_nothing_goes_to_an_address(school: Workspace):
    app = build(school, "http://127.0.0.1:1", "signing-secret")
    async with served(app):
        client = app.state.client
        over_socket = await client.slash_command(TEACHER, STAFFROOM, "/sharecheck")
        school.app = replace(school.app, uses_sockets=False)
        over_http = await client.slash_command(TEACHER, STAFFROOM, "/sharecheck")

    assert over_socket.failure == "dispatch_failed"
    assert over_http.failure == "http_client_error"


async def test_the_body_of_an_event_is_the_payload(connect: Any, sockets: Sockets):
    caller = await connect()
    heard = asyncio.create_task(caller.answer())

    reply = await sockets.send(b'{"type":"event_callback"}', content_type=JSON)

    assert (await heard)["payload"] == {"type": "event_callback"}
    assert (reply.status, reply.text) == (200, "")
