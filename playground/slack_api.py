"""The Web API of the pretend workspace under `/api/`: tokens, scopes, errors, bad weather."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground import slack_lookups as lookups
from playground import slack_methods as methods
from playground.arguments import Arguments, read_arguments
from playground.residents import Json, RateLimitedError, SlackRefusalError
from playground.workspace import Workspace

Handler = Callable[[Workspace, Arguments], Json]


class Method(NamedTuple):
    """One method, and the scopes of which the app needs one."""

    handle: Handler
    scopes: tuple[str, ...] = ()
    is_app_level: bool = False
    """It wants the app-level token, and no other method takes that."""


METHODS: Mapping[str, Method] = {
    "apps.connections.open": Method(methods.open_socket, is_app_level=True),
    "auth.test": Method(lookups.identify),
    "chat.delete": Method(methods.delete_message, ("chat:write",)),
    "chat.postEphemeral": Method(methods.post_ephemeral, ("chat:write",)),
    "chat.postMessage": Method(methods.post_message, ("chat:write",)),
    "chat.update": Method(methods.update_message, ("chat:write",)),
    "conversations.history": Method(
        lookups.read_history, ("channels:history", "groups:history", "im:history")
    ),
    "conversations.info": Method(
        lookups.describe_conversation, ("channels:read", "groups:read", "im:read")
    ),
    "conversations.members": Method(
        lookups.list_members, ("channels:read", "groups:read", "im:read")
    ),
    "conversations.open": Method(lookups.open_conversation, ("im:write",)),
    "conversations.replies": Method(
        lookups.read_replies, ("channels:history", "groups:history", "im:history")
    ),
    "users.info": Method(lookups.describe_person, ("users:read",)),
    "users.list": Method(lookups.list_people, ("users:read",)),
    "users.lookupByEmail": Method(lookups.find_by_email, ("users:read.email",)),
    "views.open": Method(methods.open_view),
    "views.publish": Method(methods.publish_view),
    "views.push": Method(methods.push_view),
    "views.update": Method(methods.update_view),
}


def api_routes(workspace: Workspace) -> list[Route]:
    """The routes of the Web API, `/api/<method>`."""

    async def answer(request: Request) -> Response:
        return await _answer(workspace, request)

    return [Route("/api/{method}", answer, methods=["GET", "POST"])]


async def _answer(workspace: Workspace, request: Request) -> Response:
    method = request.path_params["method"]
    arguments = Arguments({})
    try:
        arguments = await read_arguments(request)
        await asyncio.sleep(workspace.conditions.latency(method))
        stopped = _stop(workspace, method, arguments)
        if stopped:
            return stopped
        answer = _call(workspace, request, method, arguments)
    except SlackRefusalError as refusal:
        workspace.record_call(method, arguments.given, refusal.code)
        return JSONResponse(_explain(refusal))
    except RateLimitedError as limit:
        workspace.record_call(method, arguments.given, "ratelimited")
        return _say_too_fast(math.ceil(limit.seconds))
    workspace.record_call(method, arguments.given, None)
    return _send_or_lose(workspace, request, method, answer)


def _stop(workspace: Workspace, method: str, arguments: Arguments) -> Response | None:
    """What keeps a call from being carried out at all, if anything does."""
    if workspace.conditions.is_down(method):
        workspace.record_call(method, arguments.given, "service_unavailable")
        return Response("Service Unavailable", HTTPStatus.SERVICE_UNAVAILABLE)
    seconds = workspace.conditions.take_rate_limit(method)
    if seconds is None:
        return None
    workspace.record_call(method, arguments.given, "ratelimited")
    return _say_too_fast(seconds)


def _send_or_lose(workspace: Workspace, request: Request, method: str, answer: Json) -> Response:
    """The answer to a call that was carried out, unless it is to be lost on the way."""
    if workspace.conditions.take_drop(method):
        _hang_up(request)
    if workspace.conditions.take_failure(method):
        return Response("Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR)
    return JSONResponse({"ok": True, **answer})


def _call(workspace: Workspace, request: Request, method: str, arguments: Arguments) -> Json:
    if method not in METHODS:
        raise SlackRefusalError("unknown_method")
    refusal = workspace.conditions.take_refusal(method)
    if refusal:
        raise SlackRefusalError(refusal)
    try:
        _check_token(workspace, request, arguments, METHODS[method])
        _check_scopes(workspace, METHODS[method])
        return METHODS[method].handle(workspace, arguments)
    except SlackRefusalError as error:
        workspace.note_fault("; ".join((f"{method}: {error.code}", *error.messages)))
        raise


def _check_token(
    workspace: Workspace, request: Request, arguments: Arguments, method: Method
) -> None:
    header = request.headers.get("authorization", "")
    token = header.removeprefix("Bearer ") or arguments.given.pop("token", "")
    if not token:
        raise SlackRefusalError("not_authed")
    wanted, other = workspace.app.token, workspace.app.app_token
    if method.is_app_level:
        wanted, other = other, wanted
    if token == other:
        raise SlackRefusalError("not_allowed_token_type")
    if token != wanted:
        raise SlackRefusalError("invalid_auth")


def _check_scopes(workspace: Workspace, method: Method) -> None:
    if method.scopes and not any(workspace.app.may(scope) for scope in method.scopes):
        raise SlackRefusalError("missing_scope", needed=",".join(method.scopes))


def _explain(refusal: SlackRefusalError) -> Json:
    answer: Json = {"ok": False, "error": refusal.code, **refusal.extra}
    if refusal.messages:
        messages = [f"[ERROR] {message}" for message in refusal.messages]
        answer["response_metadata"] = {"messages": messages}
    return answer


def _say_too_fast(seconds: int) -> Response:
    return JSONResponse(
        {"ok": False, "error": "ratelimited"},
        HTTPStatus.TOO_MANY_REQUESTS,
        {"Retry-After": str(seconds)},
    )


def _hang_up(request: Request) -> None:
    """Close the connection under a request, so that its answer never arrives."""
    cycle = getattr(request.receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
