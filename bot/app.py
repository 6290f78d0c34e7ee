"""The composition root: the only place that knows concrete classes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from bot.app_slack import SlackSide, make_slack_chat, make_slack_side
from bot.cards import Renderer
from bot.chat import Chat, Platform
from bot.remembered_table import remember
from bot.rules import known_packs_by_digest, load_pack
from bot.settings import Settings, SettingsError, build_schools
from handlers.delivery import Courier
from handlers.desk import Desk, WalkLock, utc_now
from handlers.report import plan_digests
from storage.errors import StoreUnavailable
from storage.store import Store
from storage.vault import Vault

API_TIMEOUT = 10
"""Seconds that a call of the Slack API may take; shorter than the worker's lease."""

ABOUT = Path(__file__).with_name("about.html")
ABOUT_MAY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load for that page: nothing but the style that is in it."""

SEEN_KEPT = timedelta(days=7)
"""How long the keys of requests are kept; Slack sends nothing again after minutes."""

if TYPE_CHECKING:
    from bot.app_teams import TeamsLine, TeamsSide
    from handlers.teams_tokens import HttpClient

log = structlog.get_logger()


@dataclass
class Sharecheck:
    """One running application: the desk, the worker, and the sides it has."""

    settings: Settings
    desk: Desk
    courier: Courier
    slack: SlackSide | None
    teams: TeamsSide | None
    session: aiohttp.ClientSession

    @property
    def asgi(self) -> Starlette:
        """The routes: `/healthz` (the process lives), `/readyz` (it can work).

        With a signing secret also `/slack/events`, with Teams also `/teams/messages`, and with a
        public address `/about`.
        """
        routes = [Route("/healthz", _say_alive), Route("/readyz", self._say_ready)]
        if self.settings.public_url is not None:
            routes.append(Route("/about", _say_about))
        # What comes most often stands first.
        if self.teams is not None:
            routes.insert(0, Route("/teams/messages", self.teams.http.handle, methods=["POST"]))
        if self.slack is not None and self.slack.http is not None:
            routes.insert(0, Route("/slack/events", self.slack.http.handle, methods=["POST"]))
        return Starlette(routes=routes)

    async def _say_ready(self, _request: Request) -> Response:
        try:
            await self.desk.store.read(lambda unit: unit.next_due())
        except StoreUnavailable as error:
            return _not_ready(error.code)
        except Exception as problem:  # noqa: BLE001 - the edge: whatever it is, it cannot work
            log.warning("not_ready", kind=type(problem).__name__)
            return _not_ready("broken")
        if not self.courier.alive:
            return _not_ready("worker_stopped")
        if self.slack is not None and not self.slack.is_connected:
            return _not_ready("slack_not_connected")
        if self.teams is not None and not self.teams.is_reachable:
            self.teams.start()
            return _not_ready("teams_keys_missing")
        return JSONResponse({"ready": True})


def read_vault(settings: Settings) -> Vault:
    """The schools' keys. Raises KeyMissing or KeyWrong: without them nothing may start."""
    vault = Vault.from_dir(settings.keys_dir)
    for school in settings.schools:
        vault.key(school.id)
    return vault


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    deliver: bool = True,
    renderer: Renderer | None = None,
    login: HttpClient | None = None,
) -> AsyncIterator[Sharecheck]:
    """Build the application, open it, and close it in order: socket, tasks, worker, store.

    `deliver=False` leaves the outbox to whoever drains it; `renderer` is one that is warm already;
    `login` carries the calls to Entra instead of msal's own client. Raises StorageError or
    SettingsError.
    """
    vault = read_vault(settings)
    timeout = aiohttp.ClientTimeout(total=API_TIMEOUT)
    # One closing that fails keeps none of the others from being done.
    async with contextlib.AsyncExitStack() as closing:
        session = await closing.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        store = Store(settings.database_url, vault)
        store.open()
        closing.push_async_callback(store.close)
        outside = _Outside(settings, store, session, renderer or _warm_renderer(settings), login)
        app = _assemble(outside, vault, clock)
        closing.push_async_callback(app.desk.roster.close)
        closing.push_async_callback(app.desk.acquaintance.close)
        await store.write(lambda unit: unit.forget_seen(utc_now() - SEEN_KEPT), within=10)
        await plan_digests(app.desk)
        if deliver:
            store.on_commit = app.courier.wake
            worker = asyncio.create_task(app.courier.run())
            closing.push_async_callback(_stop, worker)
        if app.teams is not None:
            app.teams.start()
            closing.push_async_callback(app.teams.finish)
        if app.slack is not None:
            closing.push_async_callback(app.slack.edge.finish)
            if app.slack.socket is not None:
                app.slack.socket.start()
                closing.push_async_callback(app.slack.socket.finish)
        yield app


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True)
class _Outside:
    """What the application is put together from."""

    settings: Settings
    store: Store
    session: aiohttp.ClientSession
    renderer: Renderer
    login: HttpClient | None


def _assemble(outside: _Outside, vault: Vault, clock: Callable[[], datetime]) -> Sharecheck:
    settings, session = outside.settings, outside.session
    schools = build_schools(settings)
    pack = remember(load_pack(settings.rule_pack))
    slack = make_slack_chat(settings, session, outside.renderer)
    teams = _teams_line(outside)
    chats: dict[Platform, Chat] = {}
    if slack is not None:
        chats[Platform.SLACK] = slack
    if teams is not None:
        chats[Platform.TEAMS] = teams.chat
    seal = vault.keyed_hash(next(iter(schools)), "seal", "walk")
    desk = Desk(
        store=outside.store,
        schools=schools,
        packs=known_packs_by_digest(pack),
        pack=pack,
        chats=chats,
        lock=WalkLock(sha256(seal.encode()).digest()),
        clock=clock,
        operator_place=settings.operator_place,
    )
    slack_side = make_slack_side(settings, desk, slack, session) if slack else None
    teams_side = _teams_side(outside, desk, teams) if teams else None
    courier = Courier(desk, f"{os.getpid()}")
    return Sharecheck(settings, desk, courier, slack_side, teams_side, session)


def _teams_line(outside: _Outside) -> TeamsLine | None:
    """Microsoft's libraries take two seconds to load: only where there is Teams."""
    if outside.settings.teams_app_id is None:
        return None
    from bot.app_teams import make_teams_line

    return make_teams_line(
        outside.settings, outside.store, outside.session, outside.renderer, outside.login
    )


def _teams_side(outside: _Outside, desk: Desk, line: TeamsLine) -> TeamsSide:
    from bot.app_teams import make_teams_side

    return make_teams_side(outside.settings, desk, line, outside.session, outside.renderer)


def _warm_renderer(settings: Settings) -> Renderer:
    """A renderer with the templates compiled that the platforms in the settings use."""
    used = {
        Platform.SLACK: settings.slack_bot_token is not None,
        Platform.TEAMS: settings.teams_app_id is not None,
    }
    renderer = Renderer()
    renderer.warm(*(platform for platform, is_used in used.items() if is_used))
    return renderer


def start_logging(level: str) -> None:
    """One JSON line an event on standard error; ids and codes only, no libraries' chatter."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@contextlib.contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """On SQLite a second `serve` is refused: one file, one writer. Raises SettingsError."""
    import fcntl

    url = settings.database_url
    if not url.startswith("sqlite"):
        yield
        return
    path = Path(url.split("///", 1)[-1]).with_suffix(".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise SettingsError(f"database_url: {path} cannot be written ({error.strerror})") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(
                f"{path}: another Sharecheck is running on this database. Stop it first, or use "
                "PostgreSQL for several processes."
            ) from None
        yield


def _not_ready(code: str) -> Response:
    return JSONResponse({"ready": False, "code": code}, 503)


async def _say_about(_request: Request) -> Response:
    """The page that the Teams app package links to, on what the app is, privacy and terms."""
    return FileResponse(ABOUT, headers={"content-security-policy": ABOUT_MAY})


async def _say_alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})
