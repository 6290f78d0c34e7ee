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

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.cards import Renderer
from bot.chat import Place, Platform
from bot.remembered_table import remember
from bot.rules import known_packs_by_digest, load_pack
from bot.settings import Settings, SettingsError, build_schools
from handlers.delivery import Courier
from handlers.desk import Desk, WalkLock, utc_now
from handlers.report import plan_digests
from handlers.slack import SlackEdge
from handlers.slack_calls import SlackClient
from handlers.slack_chat import SlackChat
from handlers.slack_http import SlackHttp
from handlers.slack_socket import SlackSocket
from storage.errors import StoreUnavailable
from storage.store import Store
from storage.vault import Vault

API_TIMEOUT = 10
"""Seconds that a call of the Slack API may take; shorter than the worker's lease."""

NO_GOOD = frozenset({"invalid_auth", "account_inactive", "token_revoked", "token_expired"})
"""What Slack says of a token that will never do."""

SEEN_KEPT = timedelta(days=7)
"""How long the keys of requests are kept; Slack sends nothing again after minutes."""

log = structlog.get_logger()


@dataclass
class Sharecheck:
    """One running application: the desk, the worker, the Slack edge and their HTTP routes."""

    settings: Settings
    desk: Desk
    courier: Courier
    edge: SlackEdge
    http: SlackHttp | None
    socket: SlackSocket | None
    session: aiohttp.ClientSession

    @property
    def asgi(self) -> Starlette:
        """The routes: `/healthz` (the process lives), `/readyz` (it can work).

        With a signing secret also `/slack/events`.
        """
        routes = [Route("/healthz", _say_alive), Route("/readyz", self._say_ready)]
        if self.http is not None:
            # What comes most often stands first.
            routes.insert(0, Route("/slack/events", self.http.handle, methods=["POST"]))
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
        if self.http is None and not (self.socket and self.socket.connected):
            return _not_ready("slack_not_connected")
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
) -> AsyncIterator[Sharecheck]:
    """Build the application, open it, and close it in order: socket, tasks, worker, store.

    `deliver=False` leaves the outbox to whoever drains it; `renderer` is one that is warm already.
    Raises StorageError or SettingsError.
    """
    vault = read_vault(settings)
    timeout = aiohttp.ClientTimeout(total=API_TIMEOUT)
    # One closing that fails keeps none of the others from being done.
    async with contextlib.AsyncExitStack() as closing:
        session = await closing.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        store = Store(settings.database_url, vault)
        store.open()
        closing.push_async_callback(store.close)
        app = _assemble(settings, vault, store, session, clock, renderer or _warm_renderer())
        closing.push_async_callback(app.desk.roster.close)
        await store.write(lambda unit: unit.forget_seen(utc_now() - SEEN_KEPT), within=10)
        await plan_digests(app.desk)
        if deliver:
            store.on_commit = app.courier.wake
            worker = asyncio.create_task(app.courier.run())
            closing.push_async_callback(_stop, worker)
        closing.push_async_callback(app.edge.finish)
        if app.socket is not None:
            app.socket.start()
            closing.push_async_callback(app.socket.finish)
        yield app


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def check_workspace(app: Sharecheck) -> None:
    """See that the token is good, and for the workspace of the settings. Raises SettingsError.

    Raises SlackApiError, ClientError or TimeoutError while Slack cannot say.
    """
    try:
        answer = await app.edge.chat.client.auth_test()
    except SlackApiError as error:
        if (code := error.response.get("error")) in NO_GOOD:
            raise SettingsError(f"slack_bot_token: Slack does not take it ({code})") from None
        raise
    wanted, found = app.edge.chat.team, answer.get("team_id")
    if not found:
        raise SlackApiError("no team_id", answer)  # type: ignore[no-untyped-call]
    if found != wanted:
        raise SettingsError(f"slack_bot_token: it is for workspace {found}, not {wanted}")


def _assemble(
    settings: Settings,
    vault: Vault,
    store: Store,
    session: aiohttp.ClientSession,
    clock: Callable[[], datetime],
    renderer: Renderer,
) -> Sharecheck:
    schools = build_schools(settings)
    first = settings.schools[0]
    pack = remember(load_pack(settings.rule_pack))
    token = settings.slack_bot_token.get_secret_value()
    client = SlackClient(token, settings.slack_api_url, session, _quiet_logger())
    chat = SlackChat(client, first.slack_team, renderer)
    operator = settings.operator_channel
    desk = Desk(
        store=store,
        schools=schools,
        packs=known_packs_by_digest(pack),
        pack=pack,
        chats={Platform.SLACK: chat},
        lock=WalkLock(sha256(vault.keyed_hash(first.id, "seal", "walk").encode()).digest()),
        clock=clock,
        operator_place=Place(Platform.SLACK, first.slack_team, operator) if operator else None,
    )
    edge = SlackEdge(desk, chat, renderer)
    http, socket = _ways_in(settings, edge, session)
    courier = Courier(desk, f"{os.getpid()}")
    return Sharecheck(settings, desk, courier, edge, http, socket, session)


def _ways_in(
    settings: Settings, edge: SlackEdge, session: aiohttp.ClientSession
) -> tuple[SlackHttp | None, SlackSocket | None]:
    """How Slack reaches the edge: over HTTP, over a socket, or both."""
    secret, token = settings.slack_signing_secret, settings.slack_app_token
    http = SlackHttp(edge, secret.get_secret_value()) if secret else None
    if token is None:
        return http, None
    opener = SlackClient(token.get_secret_value(), settings.slack_api_url, session, _quiet_logger())
    return http, SlackSocket(edge, opener, session)


def _warm_renderer() -> Renderer:
    renderer = Renderer()
    renderer.warm()
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
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(
                f"{path}: another Sharecheck is running on this database. Stop it first, or use "
                "PostgreSQL for several processes."
            ) from None
        yield


def _quiet_logger() -> logging.Logger:
    """Slack's libraries may log whole payloads; nothing of theirs below a fault is let through."""
    logger = logging.getLogger("sharecheck.slack")
    logger.setLevel(logging.CRITICAL)
    return logger


def _not_ready(code: str) -> Response:
    return JSONResponse({"ready": False, "code": code}, 503)


async def _say_alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})
