"""How every call of a pretend Microsoft API goes: its conditions, its record, its refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from playground.teams_residents import Json
from playground.teams_tenant import Tenant

POSTING = ("teams.post", "teams.create", "teams.update")
"""The calls that say something, the one for messages first: what may be too many, or be lost."""
REACHING = (
    *POSTING,
    "teams.delete",
    "teams.members",
    "teams.member",
    "teams.user",
    "teams.group",
    "teams.login",
)
"""Every call by which an app reaches the tenant."""


class Refusal(Protocol):
    """An error of an API, with what it is answered as."""

    code: str
    status: HTTPStatus
    message: str


class Answer(NamedTuple):
    body: Any
    status: HTTPStatus = HTTPStatus.OK


class Call(NamedTuple):
    """One call: its name, what was asked, and how it is carried out."""

    method: str
    request: Request
    arguments: Mapping[str, Any]
    work: Callable[[], Awaitable[Answer]]


class Form(NamedTuple):
    """How one API speaks of errors: `make` builds the one with a code, `draw` its JSON."""

    error: type[Exception]
    make: Callable[[str], Exception]
    draw: Callable[[Any], Json]
    throttled: str
    failed: str


async def carry_out(tenant: Tenant, call: Call, form: Form) -> Response:
    """Answer a call: late, not at all, refused or well, as the conditions say."""
    await asyncio.sleep(tenant.conditions.latency(call.method))
    if tenant.conditions.is_down(call.method):
        tenant.record_call(call.method, call.arguments, "service_unavailable")
        return Response("Service Unavailable", HTTPStatus.SERVICE_UNAVAILABLE)
    seconds = tenant.conditions.take_rate_limit(call.method)
    if seconds is not None:
        tenant.record_call(call.method, call.arguments, form.throttled)
        body = form.draw(form.make(form.throttled))
        return JSONResponse(body, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds)})
    try:
        answer = await _work(tenant, call, form)
    except form.error as error:
        return _refuse(tenant, call, form, error)
    tenant.record_call(call.method, call.arguments, None)
    return _send_or_lose(tenant, call, form, answer)


async def _work(tenant: Tenant, call: Call, form: Form) -> Answer:
    code = tenant.conditions.take_refusal(call.method)
    if code:
        raise form.make(code)
    try:
        return await call.work()
    except form.error as error:
        tenant.note_fault(f"{call.method}: {' '.join(str(part) for part in error.args if part)}")
        raise


def _refuse(tenant: Tenant, call: Call, form: Form, error: Any) -> Response:
    tenant.record_call(call.method, call.arguments, error.code)
    return JSONResponse(form.draw(error), error.status)


def _send_or_lose(tenant: Tenant, call: Call, form: Form, answer: Answer) -> Response:
    """The answer to a call that was carried out, unless it is to be lost on the way."""
    if tenant.conditions.take_drop(call.method):
        _hang_up(call.request)
    if tenant.conditions.take_failure(call.method):
        return JSONResponse(form.draw(form.make(form.failed)), HTTPStatus.INTERNAL_SERVER_ERROR)
    return JSONResponse(answer.body, answer.status)


def _hang_up(request: Request) -> None:
    """Close the connection under a request, so that its answer never arrives."""
    cycle = getattr(request.receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
