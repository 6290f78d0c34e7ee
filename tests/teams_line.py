"""Our chat on a pretend tenant that is served, with a store of its own and real tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot.cards import Renderer
from bot.chat import Account, Card, Place, Platform
from handlers.teams_book import TENANT, TeamsBook
from handlers.teams_chat import TeamsChat
from handlers.teams_tokens import Tokens
from playground import teams_school as pretend
from playground.teams_login import LoginOverHttp
from playground.teams_server import build_tenant
from playground.teams_tenant import Tenant
from storage.store import Store
from tests.fixtures_school import warm_renderer
from tests.quick_server import served

CARD = Card("refused", {"code": "Guest"})
OTHER_CARD = Card("refused", {"code": "OwnCase"})


@dataclass
class TeamsLine:
    """A tenant, and the chat that reaches it over HTTP."""

    tenant: Tenant
    chat: TeamsChat
    store: Store
    address: str
    session: aiohttp.ClientSession
    tokens: Tokens
    renderer: Renderer

    @property
    def services(self) -> tuple[str, ...]:
        return (f"{self.address}/teams/connector/",)

    def open_chat(self) -> TeamsChat:
        """Another chat on the same store, as a process has that was started anew."""
        return TeamsChat(
            self.session,
            self.tokens,
            self.renderer,
            TeamsBook(self.store, self.services),
            tenant=pretend.TENANT,
            app_id=pretend.APP_ID,
            graph_url=f"{self.address}/teams/graph/v1.0",
        )

    async def hear_of_channel(self) -> None:
        """What an activity from the DSL's channel makes known."""
        await self.chat.book.keep(pretend.TENANT, TENANT, "", "", self.tenant.service_url)


@asynccontextmanager
async def teams_line(store: Store, *, heard: bool = True) -> AsyncIterator[TeamsLine]:
    """`heard` is whether the bot was ever told of the tenant's service."""
    tenant = pretend.open_tenant()
    async with served(build_tenant(tenant)) as address, aiohttp.ClientSession() as session:
        login = LoginOverHttp(address)
        tokens = Tokens(pretend.TENANT, pretend.APP_ID, pretend.APP_SECRET, http_client=login)
        line = TeamsLine(tenant, None, store, address, session, tokens, warm_renderer())  # type: ignore[arg-type]
        line.chat = line.open_chat()
        if heard:
            await line.hear_of_channel()
        yield line
        tokens.close()


def account(person: str, tenant: str = pretend.TENANT) -> Account:
    return Account(Platform.TEAMS, tenant, person)


def place(conversation: str) -> Place:
    return Place(Platform.TEAMS, pretend.TENANT, conversation)
