"""What the page asks and does under `/play/`, for whoever the person at it pretends to be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from playground.inputs import NoSuchInputError, plain
from playground.residents import Json, SlackRefusalError
from playground.screens import draw_screen
from playground.slack_client import SlackClient
from playground.workspace import Workspace

HEARTBEAT = 15.0
PANEL_INTERVAL = 0.5
Inspect = Callable[[], Awaitable[Json]]
Deed = Callable[[SlackClient, Json], Awaitable[Json]]


class Changing(Protocol):
    """What somebody can follow: a workspace, or a tenant."""

    async def changed_since(self, version: int) -> int:
        """Wait for a version later than the one named, and give it."""


class BadRequestError(Exception):
    """Raised when the page asks for something in a form that does not exist."""


class PanelWatch:
    """Notices changes behind the scenes while somebody looks, and tells the page of them."""

    def __init__(self, workspace: Workspace, inspect: Inspect) -> None:
        self.watchers = 0
        self._workspace = workspace
        self._inspect = inspect

    async def watch(self) -> None:
        """Look every half second, for as long as this runs."""
        before = ""
        while True:
            await asyncio.sleep(PANEL_INTERVAL)
            if self.watchers:
                now = json.dumps(await self._inspect(), sort_keys=True, default=str)
                if before and now != before:
                    self._workspace.touch()
                before = now


def play_routes(
    client: SlackClient, inspect: Inspect, watch: PanelWatch, stopping: asyncio.Event
) -> list[Route]:
    """The routes of the page: what it reads, and what its person does."""
    workspace = client.workspace

    async def read_state(request: Request) -> Response:
        person = _person(workspace, request.query_params)
        return JSONResponse({"ok": True, **draw_screen(workspace, person)})

    async def read_panel(_: Request) -> Response:
        return JSONResponse({"ok": True, **await inspect()})

    async def follow(request: Request) -> Response:
        _person(workspace, request.query_params)
        return _stream(_tell_watched(workspace, watch, stopping))

    return [
        Route("/play/state", read_state),
        Route("/play/panel", read_panel),
        Route("/play/events", follow),
        _deed_route(client, "/play/command", _type),
        _deed_route(client, "/play/shortcut", _use_shortcut),
        _deed_route(client, "/play/message_shortcut", _use_message_shortcut),
        _deed_route(client, "/play/action", _act),
        _deed_route(client, "/play/submit", _submit),
        _deed_route(client, "/play/close", _close),
        _deed_route(client, "/play/home", _open_home),
    ]


def _deed_route(client: SlackClient, path: str, deed: Deed) -> Route:
    async def answer(request: Request) -> Response:
        asked = await _read(request)
        _person(client.workspace, asked)
        return JSONResponse({"ok": True, **await deed(client, asked)})

    return Route(path, answer, methods=["POST"])


def follow_route(path: str, source: Changing, stopping: asyncio.Event) -> Route:
    """The line that tells the page of every change of a source, until the end."""

    async def follow(_: Request) -> Response:
        return _stream(_tell_changes(source, stopping))

    return Route(path, follow)


def _stream(changes: AsyncIterator[str]) -> Response:
    return StreamingResponse(changes, media_type="text/event-stream")


async def _tell_watched(
    workspace: Workspace, watch: PanelWatch, stopping: asyncio.Event
) -> AsyncIterator[str]:
    watch.watchers += 1
    try:
        async for change in _tell_changes(workspace, stopping):
            yield change
    finally:
        watch.watchers -= 1


async def _tell_changes(source: Changing, stopping: asyncio.Event) -> AsyncIterator[str]:
    version = -1
    while not stopping.is_set():
        changed = await _next_change(source, version, stopping)
        version = version if changed is None else changed
        yield ": still here\n\n" if changed is None else f'data: {{"version": {version}}}\n\n'


async def _next_change(source: Changing, version: int, stopping: asyncio.Event) -> int | None:
    change = asyncio.create_task(source.changed_since(version))
    end = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({change, end}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
        return change.result() if change.done() else None
    finally:
        change.cancel()
        end.cancel()


async def _type(client: SlackClient, asked: Json) -> Json:
    person, channel, text = asked["person"], _text(asked, "channel"), _text(asked, "text")
    thread = asked.get("thread_ts")
    if text.startswith("/") and not thread:
        command, _, rest = text.partition(" ")
        await client.slash_command(person, channel, command, rest.strip())
    else:
        await client.say(person, channel, text, thread)
    return {}


async def _use_shortcut(client: SlackClient, asked: Json) -> Json:
    await client.shortcut(asked["person"], _text(asked, "callback_id"))
    return {}


async def _use_message_shortcut(client: SlackClient, asked: Json) -> Json:
    person, channel, ts = asked["person"], _text(asked, "channel"), _text(asked, "ts")
    message = client.workspace.find_message_seen_by(person, channel, ts)
    await client.message_shortcut(person, message, _text(asked, "callback_id"))
    return {}


async def _act(client: SlackClient, asked: Json) -> Json:
    person, action_id = asked["person"], _text(asked, "action_id")
    answer = _answer(asked)
    home = client.workspace.homes.get(person)
    if home and asked.get("view_id") == home.id:
        await client.press_home(person, action_id, answer, block_id=_text(asked, "block_id"))
        return {}
    message = None
    if not asked.get("view_id"):
        channel, ts = _text(asked, "channel"), _text(asked, "ts")
        message = client.workspace.find_message_seen_by(person, channel, ts)
    await client.press(
        person,
        action_id,
        message=message,
        block_id=_text(asked, "block_id"),
        answer=answer,
        values=_values(asked),
    )
    return {}


async def _submit(client: SlackClient, asked: Json) -> Json:
    view_id = _text(asked, "view_id")
    submitted = await client.submit_view(asked["person"], _values(asked), view_id)
    return {"errors": dict(submitted.errors) if submitted.errors else None}


async def _close(client: SlackClient, asked: Json) -> Json:
    view_id = _text(asked, "view_id")
    if any(dialog.id == view_id for dialog in client.workspace.dialogs.stack(asked["person"])):
        await client.close_view(asked["person"], view_id)
    return {}


async def _open_home(client: SlackClient, asked: Json) -> Json:
    await client.open_home(asked["person"])
    return {}


async def _read(request: Request) -> Json:
    try:
        asked = json.loads(await request.body())
    except ValueError:
        raise BadRequestError("not JSON") from None
    if not isinstance(asked, dict):
        raise BadRequestError("not an object")
    return asked


def _person(workspace: Workspace, asked: Mapping[str, Any]) -> str:
    person = asked.get("person")
    if not isinstance(person, str) or person not in workspace.users:
        raise SlackRefusalError("user_not_found")
    return person


def _text(asked: Json, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequestError(f"{name} is missing")
    return value


def _values(asked: Json) -> dict[str, dict[str, Json]]:
    values = asked.get("values") or {}
    if not isinstance(values, dict) or not all(isinstance(one, dict) for one in values.values()):
        raise BadRequestError("values are not state values")
    return values


def _answer(asked: Json) -> Any:
    if asked.get("type") in (None, "button"):
        return None
    try:
        return plain(asked)
    except (KeyError, TypeError):
        raise NoSuchInputError(f"{asked.get('type')!r} holds no value") from None
