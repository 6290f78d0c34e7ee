"""What the page may ask of whoever runs the app behind it: what it keeps, and some mischief.

The playground knows nothing of that app. What is shown, and every word of it, comes through here.
"""

from __future__ import annotations

import json
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.residents import Json, SlackRefusalError
from playground.workspace import Workspace

MOST_BYTES = 1000


class NoSuchDeed(Exception):
    """Raised when the page asks for a deed, or a choice of one, that does not exist."""


class Backstage(Protocol):
    """The side of the app that no one in the workspace sees."""

    async def look(self) -> Json:
        """`cases`, `ledger` and `outbox` as lists of rows, and the `controls`, if there are any.

        A row has `id`, `title`, `says`, `marks`, `fields`, and `sealed` where something is.
        """
        ...

    async def do(self, deed: str, choice: str) -> str:
        """Do something, and say in a sentence what came of it. Raises NoSuchDeed."""
        ...


class EmptyStage:
    """A workspace without an app behind it: nothing to see, nothing to do."""

    async def look(self) -> Json:
        return {"cases": [], "ledger": [], "outbox": [], "controls": None}

    async def do(self, deed: str, choice: str) -> str:
        raise NoSuchDeed(deed, choice)


def backstage_routes(workspace: Workspace, backstage: Backstage) -> list[Route]:
    """The route of deeds; what it changes is told to every page that is open.

    Refused with `invalid_arguments`.
    """

    async def answer(request: Request) -> Response:
        deed, choice = await _read(request)
        try:
            said = await backstage.do(deed, choice)
        except NoSuchDeed:
            raise SlackRefusalError("invalid_arguments") from None
        workspace.touch()
        return JSONResponse({"ok": True, "said": said})

    return [Route("/play/backstage", answer, methods=["POST"])]


async def _read(request: Request) -> tuple[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise SlackRefusalError("invalid_arguments")
    try:
        asked = json.loads(body)
        deed, choice = asked["deed"], asked.get("choice", "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise SlackRefusalError("invalid_arguments") from None
    if not (isinstance(deed, str) and isinstance(choice, str)):
        raise SlackRefusalError("invalid_arguments")
    return deed, choice
