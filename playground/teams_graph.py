"""The part of Microsoft Graph that an app may need: a person, and everyone in a group."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground.teams_passes import GRAPH
from playground.teams_residents import Json, TeamsPerson
from playground.teams_tenant import Tenant
from playground.teams_weather import Answer, Call, Form, carry_out

START = "/teams/graph/v1.0"
MOST_IN_PAGE = 999
USUAL = ("displayName", "givenName", "id", "jobTitle", "mail", "surname", "userPrincipalName")
"""What Graph tells of a person who is not asked about more closely."""
OTHERS = ("accountEnabled", "userType")
_STATUSES = {
    "Authorization_RequestDenied": (403, "Insufficient privileges to complete the operation."),
    "BadRequest": (400, "Could not find a property named as asked on type 'user'."),
    "InvalidAuthenticationToken": (401, "Access token is empty, expired or for another audience."),
    "Request_BadRequest": (400, "Invalid object identifier or page."),
    "Request_ResourceNotFound": (404, "Resource does not exist."),
    "Request_UnsupportedQuery": (400, "The query needs ConsistencyLevel and $count."),
    "TooManyRequests": (429, "Too many requests."),
    "UnknownError": (500, "An error has occurred."),
    "badGateway": (502, "Bad gateway."),
    "gatewayTimeout": (504, "Gateway timeout."),
    "serviceNotAvailable": (503, "The service is not available."),
}


class GraphError(Exception):
    """Raised when Graph would refuse; carries its code, status and message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        status, self.message = _STATUSES[code]
        self.status = HTTPStatus(status)


def graph_routes(tenant: Tenant) -> list[Route]:
    """The routes of Graph, `/teams/graph/v1.0/…`."""

    async def describe_person(request: Request) -> Response:
        async def work() -> Answer:
            return Answer(_describe_person(tenant, request))

        call = Call("teams.user", request, dict(request.path_params), work)
        return await carry_out(tenant, call, _FORM)

    async def list_group(request: Request) -> Response:
        async def work() -> Answer:
            return Answer(_list_group(tenant, request))

        call = Call("teams.group", request, dict(request.path_params), work)
        return await carry_out(tenant, call, _FORM)

    members = "/groups/{id}/transitiveMembers/microsoft.graph.user"
    return [
        Route(START + "/users/{id}", describe_person),
        Route(START + members, list_group),
    ]


def _describe_person(tenant: Tenant, request: Request) -> Json:
    _check(tenant, request, "User.Read.All")
    person = tenant.directory.find(request.path_params["id"])
    if person is None or person.tenant != tenant.id or person.account == request.path_params["id"]:
        raise GraphError("Request_ResourceNotFound")
    context = f"{tenant.base_url()}{START}/$metadata#users/$entity"
    return {"@odata.context": context, **_draw(person, tenant, _selected(request))}


def _list_group(tenant: Tenant, request: Request) -> Json:
    """The cast to people is an advanced query, which Graph wants to be told."""
    _check(tenant, request, "GroupMember.Read.All")
    group, query = request.path_params["id"], request.query_params
    eventual = request.headers.get("ConsistencyLevel", "").lower() == "eventual"
    if not (eventual and query.get("$count") == "true"):
        raise GraphError("Request_UnsupportedQuery")
    if group.lower() not in tenant.directory.groups:
        raise GraphError("Request_ResourceNotFound")
    people = tenant.directory.people_in(group.lower())
    first, size = _number(query.get("$skiptoken", "0")), _size(tenant, request)
    page = people[first : first + size]
    answer: Json = {"@odata.context": f"{tenant.base_url()}{START}/$metadata#users"}
    if first == 0:
        answer["@odata.count"] = len(people)
    if first + size < len(people):
        url = request.url.include_query_params(**{"$skiptoken": str(first + size)})
        answer["@odata.nextLink"] = f"{tenant.base_url()}{url.path}?{url.query}"
    return answer | {"value": [_draw(one, tenant, _selected(request)) for one in page]}


def _check(tenant: Tenant, request: Request, role: str) -> None:
    if not tenant.passes.opens(request.headers.get("authorization", ""), GRAPH):
        raise GraphError("InvalidAuthenticationToken")
    if role not in tenant.roles:
        raise GraphError("Authorization_RequestDenied")


def _selected(request: Request) -> tuple[str, ...]:
    asked = request.query_params.get("$select")
    if not asked:
        return USUAL
    names = tuple(name.strip() for name in asked.split(","))
    if not set(names) <= {*USUAL, *OTHERS}:
        raise GraphError("BadRequest")
    return names


def _size(tenant: Tenant, request: Request) -> int:
    asked = _number(request.query_params.get("$top", str(tenant.page_size)))
    if not 1 <= asked <= MOST_IN_PAGE:
        raise GraphError("Request_BadRequest")
    return min(asked, tenant.page_size)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise GraphError("Request_BadRequest")
    return int(text)


def _draw(person: TeamsPerson, tenant: Tenant, names: tuple[str, ...]) -> Json:
    member = person.as_member()
    is_outside = person.is_guest or person.tenant != tenant.id
    known = {
        "displayName": person.name,
        "givenName": member["givenName"],
        "id": person.id,
        "jobTitle": None,
        "mail": person.mail,
        "surname": member["surname"],
        "userPrincipalName": person.upn,
        "accountEnabled": person.is_enabled,
        "userType": "Guest" if is_outside else "Member",
    }
    return {name: known[name] for name in names}


def _explain(error: GraphError) -> Json:
    inner = {"date": "2026-11-02T09:00:00", "request-id": "0", "client-request-id": "0"}
    return {"error": {"code": error.code, "message": error.message, "innerError": inner}}


_FORM = Form(GraphError, GraphError, _explain, "TooManyRequests", "UnknownError")
