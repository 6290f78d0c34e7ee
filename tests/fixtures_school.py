"""A whole pretend school in a test: the bot, its database, and Slack, over signed HTTP."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot import app as composition
from bot.cards import Renderer
from bot.demo import MANIFEST
from bot.demo_school import SECRET, TEAMS, pretend_school, pretend_settings
from bot.settings import SchoolSettings, Settings
from playground import school as pretend
from playground import teams_school
from playground.server import build
from playground.teams_client import TeamsClient
from playground.teams_login import LoginOverHttp
from storage import migrate
from storage.vault import Vault
from tests.pretend_school import PretendSchool
from tests.pretend_teams import TeamsSchool
from tests.quick_server import served

CLEAR_SHARE = [
    {"danger": "no", "adult": "none"},
    {"trigger": "professional", "identifiable": "yes"},
    {"purpose": "harm"},
    {"openness": "told"},
    {"agreement": "agreed"},
    {"advice": "confident"},
    {"identity_risk": "none"},
    {"role": "statutory", "verified": "yes", "content": "minimal"},
]
"""Answers, page by page, that lead to "You can share this"."""
UNCERTAIN = [
    *CLEAR_SHARE[:3],
    {"openness": "unsure"},
    *CLEAR_SHARE[4:7],
    {"role": "safeguarding", "verified": "yes", "content": "minimal"},
]
"""Answers, page by page, that lead to the DSL."""


@contextlib.asynccontextmanager
async def open_pretend_school(folder: Path, **changes: Any) -> AsyncIterator[PretendSchool]:
    """A school whose data lie in `folder`; opened again there, it goes on where it was.

    `changes` go over the settings; `deliver=True` lets the worker run by itself, `clock` pushes
    time, `workspace` is a Slack that is there already, `over` is how it reaches the bot: `http`, or
    `socket`.
    """
    how = {k: changes.pop(k) for k in ("deliver", "clock") if k in changes}
    over = changes.pop("over", "http")
    workspace = changes.pop("workspace", None) or pretend.open_school(manifest=MANIFEST)
    workspace.app = replace(workspace.app, uses_sockets=over == "socket")
    page = build(workspace, "", SECRET, changes.pop("backstage", None))
    async with served(page) as address:
        settings = pretend_settings(folder, address, over=over).model_copy(update=changes)
        prepare(settings)
        how = {"deliver": False, "renderer": warm_renderer()} | how
        async with (
            composition.running(settings, **how) as app,
            served(app.asgi) as bot,
        ):
            page.state.client.courier.app_url = f"{bot}/slack/events"
            if over == "socket":
                await workspace.sockets.until(lambda: workspace.sockets.count > 0)
            yield PretendSchool(app, page.state.client, settings, folder)


@contextlib.asynccontextmanager
async def open_teams_school(folder: Path, **changes: Any) -> AsyncIterator[TeamsSchool]:
    """A school on Teams, or (`on=BOTH`) on Slack beside it; else as `open_pretend_school`."""
    how = {k: changes.pop(k) for k in ("deliver", "clock") if k in changes}
    on = changes.pop("on", TEAMS)
    own = {name: changes.pop(name) for name in SchoolSettings.model_fields if name in changes}
    workspace = pretend.open_school(manifest=MANIFEST)
    workspace.app = replace(workspace.app, uses_sockets=False)
    tenant = teams_school.open_tenant(conditions=workspace.conditions)
    client = TeamsClient(tenant, "")
    page = build(workspace, "", SECRET, teams=client)
    async with served(page) as address:
        settings = pretend_settings(folder, address, on=on).model_copy(update=changes)
        given = settings.schools[0]
        own["routes"] = given.routes | own.get("routes", {})
        settings = settings.model_copy(update={"schools": (given.model_copy(update=own),)})
        prepare(settings)
        how = {"deliver": False, "renderer": warm_renderer(), "login": LoginOverHttp(address)} | how
        async with (
            composition.running(settings, **how) as app,
            served(app.asgi) as bot,
        ):
            page.state.client.courier.app_url = f"{bot}/slack/events"
            client.courier.bot_url = bot
            school = TeamsSchool(app, page.state.client, settings, folder, client)
            for person in sorted(tenant.installed):
                await client.install(person)
            await school.settle()
            yield school


@pytest.fixture
async def teams(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    """A school on Teams alone, whose pretend tenant must have refused nothing."""
    async with open_teams_school(tmp_path) as opened:
        yield opened
        assert opened.tenant.faults == []


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[PretendSchool]:
    """A school whose pretend Slack must have refused nothing, and got nothing twice."""
    async with open_pretend_school(tmp_path) as opened:
        yield opened
        assert opened.workspace.faults == []
        assert len(opened.posted_keys()) == len(set(opened.posted_keys()))


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """What the product logs during a test, one dictionary an event."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def open_changed_school(folder: Path, **changes: Any) -> Any:
    """As `open_pretend_school`, with changes to the school's own settings, such as its routes."""
    school = pretend_school()
    own = {name: changes.pop(name) for name in SchoolSettings.model_fields if name in changes}
    own["routes"] = school.routes | own.get("routes", {})
    return open_pretend_school(folder, schools=(school.model_copy(update=own),), **changes)


def prepare(settings: Settings) -> None:
    """The database and the keys, unless they are there already."""
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(migrated_database())
    Vault.create(settings.keys_dir, [s.id for s in settings.schools])


@functools.cache
def migrated_database() -> bytes:
    """An empty SQLite database as the migrations make it; they run once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        migrate.upgrade(f"sqlite:///{file}")
        return file.read_bytes()


@functools.cache
def warm_renderer() -> Renderer:
    """The product's renderer with the product's templates, compiled once for all tests."""
    renderer = Renderer()
    renderer.warm()
    return renderer
