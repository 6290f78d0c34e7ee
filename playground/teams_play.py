"""What the page asks and does under `/play/teams/`; its forms are at the top of `teams_screens`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.inputs import NoSuchInputError
from playground.teams_answers import Answered
from playground.teams_client import TeamsClient
from playground.teams_residents import (
    BotFaultError,
    ConnectorError,
    Json,
    TeamsMessage,
    TeamsRefusalError,
)
from playground.teams_screens import PLACES, draw_tenant

MOST_BYTES = 200_000
Deed = Callable[[TeamsClient, str, Json], Awaitable[Answered | None]]


def teams_play_routes(client: TeamsClient) -> list[Route]:
    """The routes of the page's Teams side: what it reads, and what its person does."""

    async def read_state(request: Request) -> Response:
        person = request.query_params.get("person", "")
        try:
            drawn = draw_tenant(client.tenant, person)
        except TeamsRefusalError as refusal:
            return _refuse(refusal.code, refusal.detail)
        return JSONResponse({"ok": True, **drawn})

    deeds = [_deed_route(client, name, deed) for name, deed in _DEEDS.items()]
    return [Route("/play/teams/state", read_state), *deeds]


def _deed_route(client: TeamsClient, name: str, deed: Deed) -> Route:
    async def answer(request: Request) -> Response:
        try:
            asked = await _read(request)
            person = client.tenant.person(_text(asked, "person")).id
            answered = await deed(client, person, asked)
        except BotFaultError as fault:
            return JSONResponse({"ok": True, "fault": str(fault), "errors": []})
        except TeamsRefusalError as refusal:
            return _refuse(refusal.code, refusal.detail)
        except ConnectorError as error:
            return _refuse(error.code, error.message)
        except NoSuchInputError as error:
            return _refuse("no_such_input", str(error))
        errors = list(answered.errors) if answered else []
        return JSONResponse({"ok": True, "fault": None, "errors": errors})

    return Route(f"/play/teams/{name}", answer, methods=["POST"])


async def _say(client: TeamsClient, person: str, asked: Json) -> None:
    thread = _text(asked, "thread") if asked.get("thread") else None
    await client.say(person, _text(asked, "channel"), _text(asked, "text"), thread)


async def _extend(client: TeamsClient, person: str, asked: Json) -> Answered:
    where = _text(asked, "where")
    if where not in PLACES:
        raise TeamsRefusalError("invalid_arguments", "where")
    message = _message(client, asked) if asked.get("message") else None
    command = _text(asked, "command") if asked.get("command") else None
    place = _text(asked, "channel")
    return await client.extension(person, PLACES[where], place, message=message, command=command)


async def _fetch(client: TeamsClient, person: str, asked: Json) -> Answered:
    return await client.fetch(
        person, _message(client, asked), _object(asked, "action"), _inputs(asked)
    )


async def _execute(client: TeamsClient, person: str, asked: Json) -> Answered:
    return await client.execute(
        person, _message(client, asked), _object(asked, "action"), _inputs(asked)
    )


async def _submit(client: TeamsClient, person: str, asked: Json) -> Answered:
    dialog = _text(asked, "dialog")
    return await client.submit(person, _object(asked, "action"), _inputs(asked), dialog)


async def _close(client: TeamsClient, person: str, asked: Json) -> None:
    client.dismiss(person, _text(asked, "dialog"))


async def _install(client: TeamsClient, person: str, asked: Json) -> None:
    change = client.install if _flag(asked, "there") else client.uninstall
    await change(person)


async def _block(client: TeamsClient, person: str, asked: Json) -> None:
    change = client.tenant.block if _flag(asked, "on") else client.tenant.unblock
    change(person)


_DEEDS: dict[str, Deed] = {
    "message": _say,
    "extension": _extend,
    "fetch": _fetch,
    "execute": _execute,
    "submit": _submit,
    "close": _close,
    "install": _install,
    "block": _block,
}


async def _read(request: Request) -> Json:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise TeamsRefusalError("invalid_arguments", "too much")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise TeamsRefusalError("invalid_arguments", "not JSON") from None
    if not isinstance(asked, dict):
        raise TeamsRefusalError("invalid_arguments", "not an object")
    return asked


def _refuse(code: str, detail: str) -> Response:
    answer = {"ok": False, "error": code, "detail": detail}
    return JSONResponse(answer, HTTPStatus.BAD_REQUEST)


def _message(client: TeamsClient, asked: Json) -> TeamsMessage:
    return client.tenant.find_message(_text(asked, "channel"), _text(asked, "message"))


def _text(asked: Json, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise TeamsRefusalError("invalid_arguments", name)
    return value


def _flag(asked: Json, name: str) -> bool:
    value = asked.get(name)
    if not isinstance(value, bool):
        raise TeamsRefusalError("invalid_arguments", name)
    return value


def _object(asked: Json, name: str) -> Json:
    value = asked.get(name)
    if not isinstance(value, dict):
        raise TeamsRefusalError("invalid_arguments", name)
    return value


def _inputs(asked: Json) -> dict[str, Any]:
    return _object(asked, "inputs") if asked.get("inputs") else {}
