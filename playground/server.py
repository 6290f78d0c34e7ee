"""The playground as one application: the Web API, response URLs, the page and its deeds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.backstage import Backstage, EmptyStage, backstage_routes
from playground.hooks import hook_routes
from playground.inputs import NoSuchInputError
from playground.play import BadRequestError, PanelWatch, follow_route, play_routes
from playground.residents import SlackRefusalError
from playground.slack_api import api_routes
from playground.slack_client import SlackClient
from playground.teams_client import TeamsClient
from playground.teams_play import teams_play_routes
from playground.teams_server import teams_routes
from playground.workspace import Workspace

HERE = Path(__file__).parent
OWN_NAMES = ("127.0.0.1", "localhost")
PAGE_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"


def build(
    workspace: Workspace,
    bot_url: str,
    signing_secret: str,
    backstage: Backstage | None = None,
    base_url: str = "",
    teams: TeamsClient | None = None,
) -> Starlette:
    """The playground's application; it keeps `client`, `workspace` and `base_url` in its state.

    `base_url` is its own address, which `serving.running` fills in; `bot_url` the app's, which
    may be given later as `app.state.client.courier.app_url`. `backstage` is what the page shows of
    the app from behind. With `teams` the page has a Teams side, and the tenant's services are here.
    """
    stopping = asyncio.Event()
    stage = backstage or EmptyStage()
    client = SlackClient(
        workspace, bot_url, signing_secret, base_url=lambda: str(app.state.base_url)
    )
    watch = PanelWatch(workspace, stage.look)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(watch.watch())
        try:
            async with workspace.sockets.serving():
                yield
        finally:
            await client.close()
            if teams:
                await teams.close()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    app = Starlette(
        routes=[
            Route("/", _page_of(workspace, teams)),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            *api_routes(workspace),
            *hook_routes(client.hooks),
            *play_routes(client, stage.look, watch, stopping),
            *backstage_routes(workspace, stage),
            *(_teams_side(teams, stopping) if teams else ()),
        ],
        middleware=[Middleware(LocalOnly)],
        exception_handlers={
            SlackRefusalError: _say_refusal,
            NoSuchInputError: _say_bad_request,
            BadRequestError: _say_bad_request,
        },
        lifespan=lifespan,
    )
    app.state.workspace = workspace
    app.state.client = client
    app.state.base_url = base_url
    app.state.stopping = stopping
    if teams:
        teams.tenant.base_url = lambda: str(app.state.base_url)
    return app


def _teams_side(teams: TeamsClient, stopping: asyncio.Event) -> list[Route]:
    line = follow_route("/play/teams/events", teams.tenant, stopping)
    return [*teams_routes(teams.tenant), *teams_play_routes(teams), line]


class LocalOnly:
    """Refuses whatever another site, or another name for this machine, makes a browser send."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_own(Headers(scope=scope)):
            refusal = JSONResponse({"ok": False, "error": "not_local"}, HTTPStatus.FORBIDDEN)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_own(headers: Headers) -> bool:
    host = headers.get("host", "")
    origin = headers.get("origin")
    if urlsplit(f"//{host}").hostname not in OWN_NAMES:
        return False
    return origin is None or origin == f"http://{host}"


def _page_of(
    workspace: Workspace, teams: TeamsClient | None
) -> Callable[[Request], Awaitable[Response]]:
    templates = Environment(
        loader=FileSystemLoader(HERE / "pages"), autoescape=select_autoescape(default=True)
    )

    async def page(request: Request) -> Response:
        template = templates.get_template("index.html.j2")
        wanted = request.query_params.get("person")
        first = wanted if wanted in workspace.users else next(iter(workspace.users))
        there = _same_person(workspace.users[first].name, teams) if teams else ""
        text = template.render(first_person=first, first_in_teams=there, team=workspace.team)
        return HTMLResponse(text, headers={"Content-Security-Policy": PAGE_POLICY})

    return page


def _same_person(post: str, teams: TeamsClient) -> str:
    """The account in the tenant of whoever has that post; else the first one there."""
    people = teams.tenant.directory.people.values()
    return next((one.id for one in people if one.name == post), next(iter(people)).id)


async def _say_refusal(_: Request, error: Exception) -> Response:
    code = error.code if isinstance(error, SlackRefusalError) else "error"
    return JSONResponse({"ok": False, "error": code}, HTTPStatus.BAD_REQUEST)


async def _say_bad_request(_: Request, error: Exception) -> Response:
    answer = {"ok": False, "error": "invalid_arguments", "detail": str(error)}
    return JSONResponse(answer, HTTPStatus.BAD_REQUEST)
