"""The Bot Framework's connector: what a bot may say where, and who is there."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground.card_limits import faults
from playground.teams_passes import CONNECTOR
from playground.teams_residents import (
    ADAPTIVE,
    THREAD_MARK,
    ConnectorError,
    Json,
    TeamsMessage,
    TeamsPerson,
    bare,
)
from playground.teams_tenant import Tenant
from playground.teams_weather import Answer, Call, Form, carry_out

MOST_BYTES = 28 * 1024
START = "/teams/connector/v3/conversations"
KINDS = ("message", "typing")
LAYOUTS = ("list", "carousel")
Work = Callable[[Tenant, Request, Json], Answer]


def connector_routes(tenant: Tenant) -> list[Route]:
    """The routes of the connector, `/teams/connector/v3/…`."""

    def route(path: str, verb: str, name: str, work: Work) -> Route:
        return Route(START + path, _endpoint(tenant, name, work), methods=[verb])

    one, said = "/{id}", "/{id}/activities"
    return [
        route("", "POST", "teams.create", _create),
        route(said, "POST", "teams.post", _post),
        route(said + "/{activity}", "POST", "teams.post", _post),
        route(said + "/{activity}", "PUT", "teams.update", _update),
        route(said + "/{activity}", "DELETE", "teams.delete", _delete),
        route(one + "/members", "GET", "teams.members", _list_members),
        route(one + "/pagedmembers", "GET", "teams.members", _page_members),
        route(one + "/pagedMembers", "GET", "teams.members", _page_members),
        route(one + "/members/{member}", "GET", "teams.member", _find_member),
    ]


def _endpoint(tenant: Tenant, name: str, work: Work) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        raw = await _read(request)

        async def carry() -> Answer:
            _check_token(tenant, request)
            return work(tenant, request, _parse(raw))

        shown = {**request.path_params, "body": _try(raw)}
        return await carry_out(tenant, Call(name, request, shown, carry), _FORM)

    return answer


def _check_token(tenant: Tenant, request: Request) -> None:
    if not tenant.passes.opens(request.headers.get("authorization", ""), CONNECTOR):
        raise ConnectorError("Unauthorized")


async def _read(request: Request) -> bytes:
    """The body, or as much of it as is too much."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            break
    return body


def _parse(raw: bytes) -> Json:
    if len(raw) > MOST_BYTES:
        raise ConnectorError("MessageSizeTooBig")
    body = _try(raw)
    if body is None:
        raise ConnectorError("BadSyntax")
    return body


def _try(raw: bytes) -> Json | None:
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


# Conversations


def _create(tenant: Tenant, _: Request, body: Json) -> Answer:
    """A chat with one person who has the app, or a new thread in a channel that has it."""
    data = body.get("channelData") or {}
    named = body.get("tenantId") or (data.get("tenant") or {}).get("id")
    if named != tenant.id:
        raise ConnectorError("BadArgument", "The tenant is missing or another.")
    channel = (data.get("channel") or {}).get("id")
    if channel:
        return _begin_thread(tenant, channel, body)
    person = _only_member(tenant, body)
    if person.id not in tenant.installed:
        raise ConnectorError("ForbiddenOperationException")
    chat = tenant.chat_id(person.id)
    answer = {"id": chat, "serviceUrl": tenant.service_url}
    if body.get("activity"):
        answer["activityId"] = _say(tenant, chat, body["activity"]).id
    return Answer(answer, HTTPStatus.CREATED)


def _begin_thread(tenant: Tenant, channel: str, body: Json) -> Answer:
    if not isinstance(body.get("activity"), dict):
        raise ConnectorError("BadSyntax", "A new thread needs an activity.")
    message = _say(tenant, channel, body["activity"])
    thread = f"{channel}{THREAD_MARK}{message.id}"
    answer = {"id": thread, "activityId": message.id, "serviceUrl": tenant.service_url}
    return Answer(answer, HTTPStatus.CREATED)


def _only_member(tenant: Tenant, body: Json) -> TeamsPerson:
    members = body.get("members") or []
    if body.get("isGroup") or len(members) != 1:
        raise ConnectorError("BadArgument", "A chat has one member.")
    person = tenant.directory.find(str(members[0].get("id") or ""))
    if person is None or person.tenant != tenant.id:
        raise ConnectorError("BadArgument", "The member is unknown.")
    return person


# Messages


def _post(tenant: Tenant, request: Request, body: Json) -> Answer:
    conversation = request.path_params["id"]
    answered = request.path_params.get("activity")
    if answered and conversation in tenant.channels:
        root = tenant.find_message(conversation, answered).thread
        conversation = f"{conversation}{THREAD_MARK}{root}"
    if body.get("type") == "typing":
        _check_may_say(tenant, conversation)
        return Answer({}, HTTPStatus.ACCEPTED)
    return Answer({"id": _say(tenant, conversation, body).id}, HTTPStatus.CREATED)


def _say(tenant: Tenant, conversation: str, body: Json) -> TeamsMessage:
    _check_may_say(tenant, conversation)
    _check_activity(body)
    place, root = bare(conversation)
    if root and place not in tenant.channels:
        raise ConnectorError("BadArgument", "A chat with one person has no threads.")
    return tenant.post(conversation, tenant.app.account, body, from_app=True)


def _update(tenant: Tenant, request: Request, body: Json) -> Answer:
    message = _own_message(tenant, request)
    _check_activity(body)
    return Answer({"id": tenant.update(message, body).id})


def _delete(tenant: Tenant, request: Request, _: Json) -> Answer:
    tenant.delete(_own_message(tenant, request))
    return Answer({})


def _own_message(tenant: Tenant, request: Request) -> TeamsMessage:
    conversation = request.path_params["id"]
    _check_may_say(tenant, conversation)
    message = tenant.find_message(conversation, request.path_params["activity"])
    if not message.from_app:
        raise ConnectorError("NotEnoughPermissions")
    return message


def _check_may_say(tenant: Tenant, conversation: str) -> None:
    there = tenant.roster(conversation)
    place, _ = bare(conversation)
    if place not in tenant.channels and there[0].id in tenant.blocked:
        raise ConnectorError(tenant.blocked[there[0].id])


def _check_activity(body: Json) -> None:
    if body.get("type") != "message":
        raise ConnectorError("BadSyntax", "The activity is no message.")
    attachments = body.get("attachments") or []
    if not isinstance(attachments, list):
        raise ConnectorError("BadSyntax", "The attachments are no list.")
    if not (attachments or _words(body, "text")):
        raise ConnectorError("BadSyntax", "The message is empty.")
    _words(body, "summary")
    if body.get("attachmentLayout", LAYOUTS[0]) not in LAYOUTS:
        raise ConnectorError("BadSyntax", "The layout is unknown.")
    for attachment in attachments:
        _check_attachment(attachment)


def _words(body: Json, name: str) -> str:
    words = body.get(name, "")
    if not isinstance(words, str):
        raise ConnectorError("BadSyntax", f"{name} is no text.")
    return words


def _check_attachment(attachment: Json) -> None:
    if not isinstance(attachment, dict) or attachment.get("contentType") != ADAPTIVE:
        raise ConnectorError("BadSyntax", "The attachment is no Adaptive Card.")
    content = attachment.get("content")
    if not isinstance(content, dict):
        raise ConnectorError("BadSyntax", "The attachment has no card.")
    found = faults(content)
    if found:
        raise ConnectorError("BadSyntax", "; ".join(found))


# Members


def _list_members(tenant: Tenant, request: Request, _: Json) -> Answer:
    people = tenant.roster(request.path_params["id"])
    return Answer([person.as_member() for person in people])


def _page_members(tenant: Tenant, request: Request, _: Json) -> Answer:
    people = tenant.roster(request.path_params["id"])
    first = _number(request.query_params.get("continuationToken", "0"))
    asked = _number(request.query_params.get("pageSize", str(tenant.page_size)))
    size = min(asked or tenant.page_size, tenant.page_size)
    page: Json = {"members": [one.as_member() for one in people[first : first + size]]}
    if first + size < len(people):
        page["continuationToken"] = str(first + size)
    return Answer(page)


def _find_member(tenant: Tenant, request: Request, _: Json) -> Answer:
    people = tenant.roster(request.path_params["id"])
    named = tenant.directory.find(request.path_params["member"])
    if named is None or named not in people:
        raise ConnectorError("MemberNotFoundInConversation")
    return Answer(named.as_member())


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ConnectorError("BadArgument")
    return int(text)


def _explain(error: ConnectorError) -> Json:
    return {"error": {"code": error.code, "message": error.message}}


_FORM = Form(ConnectorError, ConnectorError, _explain, "Throttled", "ServiceError")
