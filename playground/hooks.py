"""Response URLs: five answers within half an hour, for whoever holds the address."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from secrets import token_urlsafe

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.residents import Json, Message, SlackRefusalError
from playground.slack_limits import faults
from playground.workspace import Workspace

USES = 5
LIFE = 30 * 60.0
KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Hook:
    person: str
    channel: str
    ts: str | None
    expires: float
    uses: int = USES


class Hooks:
    """The response URLs that were given out with commands and presses."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._elapsed = workspace.clocks.elapsed
        self._hooks: dict[str, Hook] = {}

    def issue(self, person: str, channel: str, ts: str | None = None) -> str:
        """The path of a new response URL; `ts` names the message that was pressed."""
        token = token_urlsafe(18)
        if len(self._hooks) >= KEPT:
            del self._hooks[next(iter(self._hooks))]
        self._hooks[token] = Hook(person, channel, ts, self._elapsed() + LIFE)
        return f"/hooks/{token}"

    def answer(self, token: str, payload: Json) -> None:
        """Do what was posted to a response URL.

        Refused with `used_url`, `expired_url`, `no_text` or `invalid_blocks`.
        """
        hook = self._use(token)
        if hook.ts and payload.get("delete_original"):
            self._workspace.delete(self._workspace.find_message(hook.channel, hook.ts))
        elif hook.ts and payload.get("replace_original"):
            self._replace(hook, hook.ts, payload)
        else:
            post_answer(self._workspace, hook.person, hook.channel, payload)

    def _use(self, token: str) -> Hook:
        hook = self._hooks.get(token)
        if hook is None or hook.uses == 0:
            raise SlackRefusalError("used_url")
        if self._elapsed() > hook.expires:
            raise SlackRefusalError("expired_url")
        self._hooks[token] = replace(hook, uses=hook.uses - 1)
        return hook

    def _replace(self, hook: Hook, ts: str, payload: Json) -> None:
        _check(payload)
        message = self._workspace.find_message(hook.channel, ts)
        blocks = tuple(payload.get("blocks") or ())
        self._workspace.edit(message, text=payload.get("text") or "", blocks=blocks)


def hook_routes(hooks: Hooks) -> list[Route]:
    """The route of response URLs, `/hooks/<token>`."""

    async def answer(request: Request) -> Response:
        try:
            hooks.answer(request.path_params["token"], await _read(request))
        except SlackRefusalError as refusal:
            return JSONResponse({"ok": False, "error": refusal.code}, HTTPStatus.NOT_FOUND)
        return Response("ok", media_type="text/plain")

    return [Route("/hooks/{token}", answer, methods=["POST"])]


async def _read(request: Request) -> Json:
    try:
        payload = json.loads(await request.body())
    except ValueError:
        raise SlackRefusalError("invalid_payload") from None
    if not isinstance(payload, dict):
        raise SlackRefusalError("invalid_payload")
    return payload


def post_answer(workspace: Workspace, person: str, channel: str, payload: Json) -> Message:
    """Show what an app answered: to the person alone, unless `response_type` says `in_channel`.

    Refused with `no_text` or `invalid_blocks`.
    """
    _check(payload)
    blocks = payload.get("blocks") or ()
    text = payload.get("text") or ""
    thread = payload.get("thread_ts")
    if payload.get("response_type") == "in_channel":
        bot = workspace.app.user_id
        message = Message(
            channel, workspace.stamp(), bot, text, tuple(blocks), thread, from_app=True
        )
        return workspace.post(message)
    return workspace.whisper(person, channel, text, blocks=blocks, thread_ts=thread)


def _check(payload: Json) -> None:
    found = faults("message", payload)
    if found:
        raise SlackRefusalError("invalid_blocks", tuple(found))
    if not payload.get("text") and not payload.get("blocks"):
        raise SlackRefusalError("no_text")
