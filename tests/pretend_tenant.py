"""A pretend tenant being served, and a small bot that keeps what it hears."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.residents import Json
from playground.teams_client import TeamsClient
from playground.teams_passes import CONNECTOR, GRAPH
from playground.teams_play import teams_play_routes
from playground.teams_residents import TeamsMessage
from playground.teams_school import APP_ID, APP_SECRET, TENANT, open_tenant
from playground.teams_server import build_tenant
from playground.teams_tenant import Tenant
from tests import quick_server

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
FETCH = {"do": "open", "msteams": {"type": "task/fetch"}}


def card(*body: Json, actions: tuple[Json, ...] = ()) -> Json:
    words = {"type": "TextBlock", "text": "Well?", "wrap": True}
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "body": [words, *body],
        "actions": list(actions),
    }


def message(content: Json, summary: str = "Something to decide") -> Json:
    attachment = {"contentType": ADAPTIVE, "content": content}
    return {"type": "message", "summary": summary, "attachments": [attachment]}


def page(content: Json) -> Json:
    attached = {"contentType": ADAPTIVE, "content": content}
    value = {"title": "A page", "height": "large", "width": "medium", "card": attached}
    return {"task": {"type": "continue", "value": value}}


REASON = {"type": "Input.Text", "id": "reason", "label": "Why?", "maxLength": 20}
PEOPLE = {
    "type": "Input.ChoiceSet",
    "id": "people",
    "label": "Who?",
    "style": "expanded",
    "isMultiSelect": True,
    "choices": [{"title": "DSL", "value": "1"}, {"title": "Deputy", "value": "2"}],
}
SEND = {"type": "Action.Submit", "title": "Send", "data": {"do": "send"}}
OPEN = {"type": "Action.Submit", "title": "Open", "data": FETCH}
DECIDE = {"type": "Action.Execute", "title": "Decide", "verb": "decide", "data": {"value": "7"}}
FORM = card(REASON, PEOPLE, actions=(SEND,))
QUESTION = card(REASON, actions=(DECIDE, OPEN))


@dataclass
class EchoBot:
    """Keeps what it hears, and answers each kind of thing with what `answers` holds for it."""

    heard: list[Json] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    held: asyncio.Event | None = None
    """Until this is set, it does not answer."""

    async def listen(self, request: Request) -> Response:
        activity = await request.json()
        self.heard.append(activity)
        self.tokens.append(request.headers.get("authorization", ""))
        if self.held:
            await self.held.wait()
        name = activity.get("name") or activity["type"]
        if name not in self.answers:
            return Response(status_code=self.status)
        return JSONResponse(self.answers[name], self.status)

    @property
    def last(self) -> Json:
        return self.heard[-1]


@dataclass
class Served:
    tenant: Tenant
    client: TeamsClient
    bot: EchoBot
    url: str
    web: aiohttp.ClientSession

    async def ask(self, verb: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        headers = more.pop("headers", {})
        if token := more.pop("token", None):
            headers["Authorization"] = f"Bearer {token}"
        where = path if path.startswith("http") else f"{self.url}/teams/{path}"
        async with self.web.request(verb, where, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def call(self, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A call of the connector with a good token."""
        token = self.tenant.passes.issue(CONNECTOR)
        return await self.ask(verb, f"connector/v3/conversations{path}", body, token=token)

    async def post(self, conversation: str, body: Json | None = None) -> tuple[int, Any]:
        path = f"/{quote(conversation, safe='')}/activities"
        return await self.call("POST", path, body or message(QUESTION))

    async def log_in(self, **asked: str) -> tuple[int, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": APP_SECRET,
            "scope": f"{CONNECTOR}/.default",
        } | asked
        form = {name: value for name, value in form.items() if value}
        path = f"{self.url}/teams/login/{TENANT}/oauth2/v2.0/token"
        async with self.web.post(path, data=form) as answer:
            return answer.status, await answer.json()

    async def graph(self, path: str, **headers: str) -> tuple[int, Any]:
        """A call of Graph with a good token."""
        token = self.tenant.passes.issue(GRAPH)
        return await self.ask("GET", f"graph/v1.0{path}", token=token, headers=headers)

    async def posted(self, conversation: str, content: Json = QUESTION) -> TeamsMessage:
        """A card that the bot posted."""
        status, said = await self.post(conversation, message(content))
        assert status == 201
        return self.tenant.find_message(conversation, said["id"])

    def chat(self, person: str) -> str:
        return self.tenant.chat_id(person)


@asynccontextmanager
async def serving(patience: float = 5.0) -> AsyncIterator[Served]:
    """The tenant and the bot, at one address."""
    tenant, bot = open_tenant(), EchoBot()
    async with TeamsClient(tenant, "", patience=patience) as client:
        services = build_tenant(tenant)
        listen = Route("/teams/messages", bot.listen, methods=["POST"])
        services.router.routes.extend([listen, *teams_play_routes(client)])
        async with quick_server.served(services) as url, aiohttp.ClientSession() as web:
            client.courier.bot_url = url
            yield Served(tenant, client, bot, url, web)
            await client.close()
