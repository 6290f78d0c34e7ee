"""Calls to the connector and Graph: what goes over the wire, and what each answer means."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.chat import InDoubt, NotNow, RefusedForGood
from handlers.teams_calls import Call, Doubt, RefusedCall, TeamsCalls, segment
from handlers.teams_tokens import CONNECTOR, GRAPH, Tokens
from playground.teams_login import LoginOverHttp, login_routes
from playground.teams_school import APP_ID, APP_SECRET, TENANT, open_tenant
from tests.quick_server import served

HTML, JSON, TEXT = "text/html", "application/json", "text/plain"
NO_ANSWERS = [
    (200, HTML, "<html>blocked</html>"),
    (200, JSON, "<html>blocked</html>"),
    (200, TEXT, ""),
    (202, JSON, "null"),
    (200, JSON, "null"),
    (200, JSON, "[]"),
    (200, JSON, "7"),
    (200, JSON, '{"id": tr'),
    (200, JSON, "[" * 100_000),
    (201, HTML, "<html>blocked</html>"),
    (202, HTML, "<html>blocked</html>"),
    (302, HTML, ""),
    (400, JSON, "{}"),
    (400, JSON, '{"error": "BadSyntax"}'),
    (403, HTML, "<html>forbidden</html>"),
    (403, JSON, ""),
    (404, TEXT, "not here"),
    (407, HTML, ""),
    (500, JSON, '{"error": {"code": "ServiceError", "message": "Unknown"}}'),
    (502, HTML, "<html>bad gateway</html>"),
    (503, TEXT, "Service Unavailable"),
    (504, JSON, '{"error": {"code": "GatewayTimeout"}}'),
]
"""What leaves it open whether a post was taken."""
DOUBTS = pytest.mark.parametrize("doubt", [InDoubt, NotNow])
MARK = "zebrafinch"
"""What somebody typed: no error may repeat it."""
POSTED = '{"id": "1776390257332"}'
PATH = f"/v3/conversations/{segment('19:dsl@thread.tacv2;messageid=17')}/activities"


@dataclass
class Service:
    """A connector or a Graph that gives its answers in turn, the last one for ever."""

    answers: list[tuple[int, str, str, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    address: str = ""
    silent: asyncio.Event | None = None

    def say(self, status: int, body: str = "", kind: str = JSON, **headers: str) -> Service:
        """Answer so, after all that it was to answer before."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, kind, body, named))
        return self

    async def answer(self, request: Request) -> Response:
        raw = request.scope["raw_path"].decode()
        self.asked.append((request.method, raw, dict(request.headers), await request.body()))
        if self.silent:
            await self.silent.wait()
        status, kind, body, headers = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if status == 0:  # as when the line breaks
            request.receive.__self__.transport.abort()  # type: ignore[attr-defined]
        return Response(body, status or 200, headers={"content-type": kind, **headers})

    @property
    def tokens(self) -> list[str]:
        return [headers["authorization"] for _, _, headers, _ in self.asked]


@asynccontextmanager
async def calls_to(
    service: Service, *, secret: str = APP_SECRET, patience: float = 10.0
) -> AsyncIterator[TeamsCalls]:
    """Our calls, with real tokens from the pretend login beside the service."""
    app = Starlette(
        routes=[
            *login_routes(open_tenant()),
            Route("/{rest:path}", service.answer, methods=["GET", "POST", "PUT"]),
        ]
    )
    timeout = aiohttp.ClientTimeout(total=patience)
    async with served(app) as address, aiohttp.ClientSession(timeout=timeout) as session:
        service.address = address
        tokens = Tokens(TENANT, APP_ID, secret, http_client=LoginOverHttp(address))
        yield TeamsCalls(session, tokens)
        tokens.close()


def post(service: Service, doubt: Doubt = InDoubt, **body: Any) -> Call:
    return Call("POST", service.address + PATH, CONNECTOR, doubt, body or {"text": "hello"})


async def outcome(service: Service, doubt: Doubt = InDoubt) -> Any:
    """What a post came to: the answer, or the error."""
    async with calls_to(service) as calls:
        try:
            return await calls.ask(post(service, doubt))
        except (NotNow, InDoubt, RefusedForGood) as error:
            return error


# ------------------------------------------------------------------------------ on the wire


async def test_a_post_goes_as_json_with_the_token_to_an_encoded_path():
    service = Service().say(201, POSTED)
    async with calls_to(service) as calls:
        answer = await calls.ask(post(service, text="£ 5, “so”"))

    ((method, path, headers, body),) = service.asked
    assert answer == {"id": "1776390257332"}
    assert (method, path) == (
        "POST",
        "/v3/conversations/19%3Adsl%40thread.tacv2%3Bmessageid%3D17/activities",
    )
    assert headers["authorization"].startswith("Bearer pretend-")
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert body == '{"text":"£ 5, “so”"}'.encode()


@pytest.mark.parametrize("name", ["../../v3/x", "a/b?c#d", "19:ä", "%2e%2e", "a b", ";", "\\"])
def test_whatever_an_id_holds_it_is_one_part_of_a_path(name: str):
    assert not set("/?#:;\\ ä") & set(segment(name))
    assert "%2e%2e" not in segment(name)


async def test_one_token_serves_many_calls_and_each_service_has_its_own():
    service = Service().say(200, POSTED)
    async with calls_to(service) as calls:
        for scope in (CONNECTOR, GRAPH, CONNECTOR):
            await calls.look(Call("GET", f"{service.address}/x", scope, NotNow))

    assert service.tokens[0] == service.tokens[2] != service.tokens[1]


async def test_a_token_follows_no_redirection():
    elsewhere = Service().say(200, POSTED)
    async with calls_to(elsewhere):
        service = Service().say(307, location=f"{elsewhere.address}/caught")
        found = await outcome(service)

    assert (type(found), found.code) == (InDoubt, "http_307")
    assert elsewhere.asked == []


# ------------------------------------------------------------------------------ doubt and delay


@DOUBTS
@pytest.mark.parametrize(("status", "kind", "body"), NO_ANSWERS)
async def test_what_is_no_answer_of_microsofts_is_a_doubt(
    status: int, kind: str, body: str, doubt: Doubt
):
    found = await outcome(Service().say(status, body, kind), doubt)

    assert type(found) is doubt


@DOUBTS
async def test_a_line_that_breaks_after_the_words_were_sent_is_a_doubt(doubt: Doubt):
    service = Service().say(0)
    found = await outcome(service, doubt)

    assert (type(found), found.code, len(service.asked)) == (doubt, "connection_lost", 1)


@DOUBTS
async def test_no_answer_in_time_is_a_doubt(doubt: Doubt):
    service = Service(silent=asyncio.Event()).say(201, POSTED)
    async with calls_to(service, patience=0.2) as calls:
        await calls._tokens.token(CONNECTOR)
        with pytest.raises(doubt) as caught:
            await calls.ask(post(service, doubt))
        service.silent.set()

    assert caught.value.code == "timeout"


async def test_where_nobody_listens_it_was_surely_not_sent():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with calls_to(Service()) as calls:
            url = f"http://127.0.0.1:{closed.getsockname()[1]}{PATH}"
            with pytest.raises(NotNow) as caught:
                await calls.ask(Call("POST", url, CONNECTOR, InDoubt, {}))

    assert caught.value.code == "no_connection"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_nothing_is_sent_a_second_time_by_itself(status: int):
    service = Service().say(status).say(201, POSTED)
    await outcome(service)

    assert len(service.asked) == 1


@pytest.mark.parametrize("status", [412, 429])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), ("-5", 0), ("99999999", 3600), ("soon", None), ("nan", None)],
)
async def test_however_a_limit_is_written_the_pause_is_one_that_ends(
    status: int, header: str, seconds: float | None
):
    found = await outcome(Service().say(status, retry_after=header))

    assert (type(found), found.after) == (NotNow, seconds)


async def test_where_teams_does_not_say_how_long_nobody_guesses():
    found = await outcome(Service().say(429, '{"error": {"code": "Throttled"}}'))

    assert (found.code, found.after) == ("rate_limited", None)


# ------------------------------------------------------------------------------ what was taken


@pytest.mark.parametrize("status", [201, 202])
@pytest.mark.parametrize("body", ["", " \r\n", "{}"])
async def test_what_was_taken_without_a_word_is_taken(status: int, body: str):
    assert await outcome(Service().say(status, body)) is None


@pytest.mark.parametrize("body", ["", "{}"])
async def test_what_microsoft_marked_as_its_own_is_taken_with_any_success(body: str):
    assert await outcome(Service().say(200, body, ms_cv="p82ptW4x80GRgeZm9NkMlQ.0")) is None


async def test_a_page_is_no_answer_whoever_marked_it():
    found = await outcome(Service().say(200, "<html>", HTML, ms_cv="p82ptW4x80GRgeZm9NkMlQ.0"))

    assert type(found) is InDoubt


async def test_a_look_needs_an_answer():
    service = Service().say(202)
    async with calls_to(service) as calls:
        with pytest.raises(NotNow):
            await calls.look(Call("GET", service.address, CONNECTOR, NotNow))


# ------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [
        (400, "BadSyntax", "bad_syntax"),
        (400, "BadArgument", "bad_argument"),
        (403, "BotNotInConversationRoster", "bot_not_in_roster"),
        (403, "ConversationBlockedByUser", "bot_blocked"),
        (403, "MessageWritesBlocked", "bot_blocked"),
        (403, "ForbiddenOperationException", "bot_not_installed"),
        (403, "BotDisabledByAdmin", "bot_disabled"),
        (403, "Authorization_RequestDenied", "graph_not_allowed"),
        (404, "ConversationNotFound", "conversation_not_found"),
        (404, "ActivityNotFoundInConversation", "message_not_found"),
        (404, "Request_ResourceNotFound", "request_resource_not_found"),
        (413, "MessageSizeTooBig", "message_too_big"),
        (403, f"{MARK} and more", "http_403"),
        (403, "x" * 100, "http_403"),
        (403, 7, "http_403"),
    ],
)
async def test_microsofts_own_word_is_a_refusal_for_good_and_has_a_name(
    status: int, code: object, ours: str
):
    said = json.dumps({"error": {"code": code, "message": f"no, {MARK}"}})
    found = await outcome(Service().say(status, said))

    assert (type(found), found.code, found.status) == (RefusedCall, ours, status)
    assert MARK not in repr(found) + str(found)


async def test_a_refusal_in_words_alone_is_one_and_repeats_none_of_them():
    found = await outcome(Service().say(403, json.dumps({"message": f"no, {MARK}"})))

    assert (type(found), found.code) == (RefusedCall, "http_403")
    assert MARK not in repr(found) + str(found)


async def test_whoever_says_that_it_is_too_big_it_stays_too_big():
    found = await outcome(Service().say(413, "<html>too large</html>", HTML))

    assert (type(found), found.code) == (RefusedCall, "message_too_big")


# ------------------------------------------------------------------------------ tokens


async def test_a_token_that_is_refused_is_replaced_once():
    service = Service().say(401, '{"message": "denied"}').say(201, POSTED)

    assert await outcome(service) == {"id": "1776390257332"}
    assert len(service.tokens) == len(set(service.tokens)) == 2


async def test_when_the_new_token_is_refused_too_it_waits():
    service = Service().say(401)
    found = await outcome(service)

    assert (type(found), found.code, len(service.asked)) == (NotNow, "unauthorized", 2)


async def test_without_a_token_nothing_is_sent():
    service = Service().say(201, POSTED)
    async with calls_to(service, secret="another.secret") as calls:
        with pytest.raises(RefusedForGood) as caught:
            await calls.ask(post(service))

    assert caught.value.code == "login_refused"
    assert service.asked == []
