"""Teams over HTTP: the token is checked before the body is read, let alone believed."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.quick_json import read_json
from handlers.teams_keys import NoKeys, SigningKeys
from handlers.teams_passes import CHANNEL, NoPass, Pass, Passes
from handlers.teams_payload import Activity, read_tenant
from handlers.trouble import new_reference, note_fault

LARGEST_BODY = 1_000_000
"""Bytes; what Teams sends is a card's values and what somebody typed, a few KB."""
JSON = "application/json"

Body = Mapping[str, Any] | str | None
"""An object, or its JSON text."""
Answer = tuple[int, Body]

log = structlog.get_logger()


class TeamsHttp:
    """`POST /teams/messages`: activities of the tenants in the settings, given to the edge."""

    def __init__(
        self,
        answer: Callable[[Activity], Awaitable[Answer]],
        keys: SigningKeys,
        app_id: str,
        tenants: Iterable[str],
        service_urls: Iterable[str],
    ) -> None:
        self._answer = answer
        self._passes = Passes(keys, app_id, service_urls)
        self._tenants = frozenset(tenant.lower() for tenant in tenants)

    async def handle(self, request: Request) -> Response:
        """Answer one request.

        401 without a good token, 403 where it is not for us, 413 when too large, 400 when
        unreadable, 503 while there are no keys to check with; never 500.
        """
        try:
            activity = await self._admit(request)
        except NoPass as refusal:
            return _refuse(refusal.code, refusal.status)
        except NoKeys:
            return _refuse("no_keys", 503)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as problem:  # noqa: BLE001 - the edge: what cannot be checked stays out
            note_fault(problem)
            return Response(status_code=401)
        return await self._give(activity)

    async def _admit(self, request: Request) -> Activity:
        """The activity in a request that may be believed. Raises NoPass, NoKeys."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NoPass("no_token")
        shown = await self._passes.check(token)
        activity = read_activity(await _read_body(request))
        self._compare(activity, shown)
        return activity

    def _compare(self, activity: Activity, shown: Pass) -> None:
        """Refuse what the token does not vouch for, and what is not of a tenant of ours."""
        url = activity.get("serviceUrl")
        if not isinstance(url, str) or not url:
            raise NoPass("no_service_url")
        if url.rstrip("/") != shown.service_url:
            raise NoPass("service_url_differs")
        if activity.get("channelId") != CHANNEL:
            raise NoPass("channel_unknown", 403)
        if read_tenant(activity) not in self._tenants:
            raise NoPass("tenant_unknown", 403)

    async def _give(self, activity: Activity) -> Response:
        """What the edge answers; should it fail, what Teams takes for an answer all the same."""
        try:
            status, body = await self._answer(activity)
            return _respond(status, body)
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            return _respond(200, answer_fault(activity, note_fault(problem)))


def read_activity(body: bytes) -> Activity:
    """The JSON object in a body. Raises NoPass with 400 where there is none."""
    try:
        activity = read_json(body)
    except (ValueError, RecursionError):
        raise NoPass("body_unreadable", 400) from None
    if not isinstance(activity, dict):
        raise NoPass("body_unreadable", 400)
    return activity


def answer_fault(activity: Activity, reference: str) -> Mapping[str, Any] | None:
    """The least that tells somebody who waits that nothing was done: the reference to quote.

    No answer at all would close a dialog as if all were well.
    """
    name = str(activity.get("name")) if activity.get("type") == "invoke" else ""
    if name == "adaptiveCard/action":
        error = {"code": "InternalServerError", "message": reference}
        return {"statusCode": 500, "type": "application/vnd.microsoft.error", "value": error}
    if name.startswith(("task/", "composeExtension/")):
        return {"task": {"type": "message", "value": reference}}
    return None


def _respond(status: int, body: Body) -> Response:
    if body is None:
        return Response(status_code=status)
    text = body if isinstance(body, str) else json.dumps(body)
    return Response(text, status, media_type=JSON)


def _refuse(code: str, status: int) -> Response:
    log.warning("teams_refused", code=code, reference=new_reference())
    return Response(status_code=status)


async def _read_body(request: Request) -> bytes:
    """The body. Raises NoPass with 413 when it is larger than anything Teams sends."""
    body, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise NoPass("body_too_large", 413)
    return bytes(body)
