"""The way in for Teams, served, with the pretend Bot Framework's key set beside it over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handlers.teams_http import TeamsHttp
from handlers.teams_keys import SigningKeys
from playground.teams_keys import TeamsKeys
from tests.quick_server import served

APP = "a0000000-0000-4000-8000-000000000001"
TENANT = "b0000000-0000-4000-8000-000000000002"
SERVICE = "https://smba.trafficmanager.net/uk/"
ALLOWED = ("https://smba.trafficmanager.net/",)
MARK = "zebrafinch"
"""What people typed, and what stands in claims: no log may hold it."""


class Hands:
    """A clock that a test turns."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class KeySet:
    """The server of the key set: what it holds, how it answers, how often it was asked."""

    keys: TeamsKeys
    asked: int = 0
    status: int = 200
    body: bytes | None = None
    padding: int = 0
    location: str = ""
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()

    async def answer(self, _request: Request) -> Response:
        self.asked += 1
        await self.may_answer.wait()
        body = json.dumps(self.keys.as_jwks()).encode() if self.body is None else self.body
        body = body.ljust(self.padding)
        headers = {"location": self.location} if self.location else {}
        return Response(body, self.status, headers=headers)

    async def answer_elsewhere(self, _request: Request) -> Response:
        """The same set in another place, for who follows there."""
        return Response(json.dumps(self.keys.as_jwks()))

    async def until_asked(self, times: int = 1) -> None:
        """Wait until it was asked so often. Raises TimeoutError."""
        async with asyncio.timeout(10):
            while self.asked < times:
                await asyncio.sleep(0.001)


@dataclass
class Door:
    """A served `TeamsHttp`; what came through is in `heard`."""

    keys: TeamsKeys
    key_set: KeySet
    clock: Hands
    session: aiohttp.ClientSession
    url: str = ""
    signing_keys: SigningKeys = field(init=False)
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    replies: Any = (200, None)

    async def hear(self, activity: Mapping[str, Any]) -> Any:
        self.heard.append(activity)
        if isinstance(self.replies, Exception):
            raise self.replies
        return self.replies

    async def knock(
        self, body: Any = None, token: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Post a body, an activity where none is given, with a good token unless another is."""
        content = body if isinstance(body, bytes) else json.dumps(body or activity()).encode()
        if headers is None:
            shown = self.keys.token(SERVICE) if token is None else token
            headers = {"Authorization": f"Bearer {shown}"}
        async with self.session.post(self.url, data=content, headers=headers) as answer:
            return answer.status, await answer.text()


def activity(**changes: Any) -> dict[str, Any]:
    """A message as Teams sends it; None takes a part out."""
    told = {
        "type": "message",
        "id": "1700000000000",
        "text": MARK,
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "from": {"id": "29:teacher", "aadObjectId": "c0000000-0000-4000-8000-000000000003"},
        "conversation": {"id": "a:teacher", "conversationType": "personal", "tenantId": TENANT},
        "recipient": {"id": f"28:{APP}"},
        "channelData": {"tenant": {"id": TENANT}},
    } | changes
    return {name: value for name, value in told.items() if value is not None}


@contextlib.asynccontextmanager
async def key_set_served(keys: TeamsKeys) -> AsyncIterator[tuple[KeySet, str]]:
    """The key set over HTTP, and the address of the OpenID document beside it."""
    key_set = KeySet(keys)
    routes = [
        Route("/v1/.well-known/keys", key_set.answer),
        Route("/elsewhere", key_set.answer_elsewhere),
    ]
    async with served(Starlette(routes=routes)) as address:
        yield key_set, f"{address}/v1/.well-known/openidconfiguration"


@contextlib.asynccontextmanager
async def door_open(keys: TeamsKeys) -> AsyncIterator[Door]:
    async with (
        key_set_served(keys) as (key_set, openid_url),
        aiohttp.ClientSession() as session,
    ):
        door = Door(keys, key_set, Hands(1_000_000.0), session)
        door.signing_keys = SigningKeys(session, openid_url, door.clock)
        http = TeamsHttp(door.hear, door.signing_keys, APP, [TENANT], ALLOWED)
        route = Route("/teams/messages", http.handle, methods=["POST"])
        async with served(Starlette(routes=[route])) as address:
            door.url = f"{address}/teams/messages"
            yield door
            await door.signing_keys.finish()
