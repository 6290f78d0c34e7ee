"""The same small school on each platform: our chat, who is there, and what they see of it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from bot.chat import Account, Chat, Place, Platform
from bot.demo import MANIFEST, SECRET
from handlers.slack_calls import SlackClient
from handlers.slack_chat import SlackChat
from playground import school, teams_school
from playground.conditions import Conditions
from playground.residents import User
from playground.server import build
from storage.store import Store
from tests.fixtures_school import warm_renderer
from tests.quick_server import served
from tests.teams_line import teams_line

STRANGER = "U0STRANGE1"


@dataclass(frozen=True)
class Seen:
    """A message as people see it: its id, the thread it is in, the words of its notification."""

    id: str
    thread: str | None
    words: str
    body: str
    """All that it says, buttons and all."""


@dataclass(frozen=True)
class World:
    """One platform. `verbs` are what its API calls our verbs, for conditions and counting."""

    platform: Platform
    chat: Chat
    room: Place
    nowhere: Place
    people: dict[str, Account]
    emails: dict[str, str]
    verbs: dict[str, str]
    conditions: Conditions
    faults: list[str]
    seen: Callable[[Place], list[Seen]]
    told: Callable[[Account], list[Seen]]
    """What somebody alone was shown by the bot, wherever."""
    calls: Callable[[str], list[Any]]
    finds_posts: bool
    has_home: bool

    def asked(self, verb: str) -> int:
        """How often the API was called for one of our verbs."""
        return len(self.calls(self.verbs[verb]))


@asynccontextmanager
async def slack_world(_: Store) -> AsyncIterator[World]:
    workspace = school.open_school(manifest=MANIFEST)
    workspace.add_user(User(STRANGER, "Social worker", is_stranger=True))
    workspace.invite(school.DSL_CHANNEL, STRANGER)
    # A school that wants accounts to be linked by address grants this too.
    scopes = workspace.app.scopes | {"users:read.email"}
    workspace.app = replace(workspace.app, scopes=scopes)

    def seen(place: Place) -> list[Seen]:
        kept = [m for m in workspace.messages[place.id] if m.ephemeral_to is None]
        return [Seen(m.ts, m.thread_ts, m.text, repr(m.blocks)) for m in kept]

    def told(person: Account) -> list[Seen]:
        direct = workspace.direct_from_app(person.user).id
        alone = [m for there in workspace.messages.values() for m in there if m.ephemeral_to]
        own = [m for m in alone if m.ephemeral_to == person.user]
        shown = [Seen(m.ts, m.thread_ts, m.text, repr(m.blocks)) for m in own]
        return [*shown, *seen(Place(Platform.SLACK, school.TEAM, direct))]

    page = build(workspace, "", SECRET)
    async with served(page) as address, aiohttp.ClientSession() as session:
        quiet = logging.getLogger("quiet")
        client = SlackClient(school.TOKEN, f"{address}/api/", session, quiet)
        yield World(
            platform=Platform.SLACK,
            chat=SlackChat(client, school.TEAM, warm_renderer()),
            room=Place(Platform.SLACK, school.TEAM, school.DSL_CHANNEL),
            nowhere=Place(Platform.SLACK, school.TEAM, "C0NOWHERE1"),
            people={
                name: Account(Platform.SLACK, school.TEAM, user)
                for name, user in {
                    "teacher": school.TEACHER,
                    "dsl": school.DSL,
                    "deputy": school.DEPUTY,
                    "guest": school.GUEST,
                    "stranger": STRANGER,
                    "nobody": "U0NOBODY01",
                }.items()
            },
            emails={"dsl": "dsl@school.example", "teacher": "class.teacher@school.example"},
            verbs={
                "send": "chat.postMessage",
                "update": "chat.update",
                "direct": "conversations.open",
                "members": "conversations.members",
                "profile": "users.info",
            },
            conditions=workspace.conditions,
            faults=workspace.faults,
            seen=seen,
            told=told,
            calls=workspace.calls_of,
            finds_posts=True,
            has_home=True,
        )


@asynccontextmanager
async def teams_world(store: Store) -> AsyncIterator[World]:
    async with teams_line(store) as line:
        tenant = line.tenant
        tenant.add_member(teams_school.DSL_CHANNEL, teams_school.STRANGER)

        def seen(place: Place) -> list[Seen]:
            return [
                Seen(m.id, m.root, m.summary or m.text, repr(list(m.cards())))
                for m in tenant.messages_in(place.id)
            ]

        def told(person: Account) -> list[Seen]:
            chat = tenant.chat_id(person.user)
            return seen(Place(Platform.TEAMS, teams_school.TENANT, chat))

        accounts = {
            "teacher": teams_school.TEACHER,
            "dsl": teams_school.DSL,
            "deputy": teams_school.DEPUTY,
            "guest": teams_school.GUEST,
            "nobody": "00000000-0000-4000-8000-000000000000",
        }
        home, other = teams_school.TENANT, teams_school.OTHER_TENANT
        people = {name: Account(Platform.TEAMS, home, user) for name, user in accounts.items()}
        people["stranger"] = Account(Platform.TEAMS, other, teams_school.STRANGER)
        yield World(
            platform=Platform.TEAMS,
            chat=line.chat,
            room=Place(Platform.TEAMS, home, teams_school.DSL_CHANNEL),
            nowhere=Place(Platform.TEAMS, home, "19:nowhere@thread.tacv2"),
            people=people,
            emails={
                name: teams_school.email_of(accounts[name]).lower() for name in ("dsl", "teacher")
            },
            verbs={
                "send": "teams.post",
                "update": "teams.update",
                "direct": "teams.create",
                "members": "teams.members",
                "profile": "teams.user",
            },
            conditions=tenant.conditions,
            faults=tenant.faults,
            seen=seen,
            told=told,
            calls=tenant.calls_of,
            finds_posts=False,
            has_home=False,
        )


WORLDS = {Platform.SLACK: slack_world, Platform.TEAMS: teams_world}
