"""Calls to the connector and to Graph: one shared session, and every trouble under its own name."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.chat import DeliveryError, InDoubt, NotNow, RefusedForGood

T = TypeVar("T")
Doubt = type[InDoubt] | type[NotNow]

LONGEST_LIMIT = 3600.0
"""Seconds of a rate limit that are believed."""
OK, UNAUTHORIZED, TOO_BIG = 300, 401, 413
"""The first status that is no success, and two that mean the same whoever answers them."""
NOT_YET: Mapping[int, str] = {412: "precondition_failed", 429: "rate_limited"}
"""Statuses with which Teams asks to wait: nothing was taken."""
MAYBE_DONE = 500
ACCEPTED = frozenset({201, 202})
"""With these the connector also says nothing else: taken, but not under which id."""
MARK = "MS-CV"
"""The header by which Microsoft traces a call; what only stands between us does not set it."""
CODES: Mapping[str, str] = {
    "ActivityNotFoundInConversation": "message_not_found",
    "Authorization_RequestDenied": "graph_not_allowed",
    "BotDisabledByAdmin": "bot_disabled",
    "BotNotInConversationRoster": "bot_not_in_roster",
    "ConversationBlockedByUser": "bot_blocked",
    "ForbiddenOperationException": "bot_not_installed",
    "MessageSizeTooBig": "message_too_big",
    "MessageWritesBlocked": "bot_blocked",
}
"""Our names for Microsoft's; all others are only written in our way."""
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{1,59}")
_HUMP = re.compile(r"(?<=[a-z])_?(?=[A-Z])")


class Tokens(Protocol):
    """Where the app's own tokens come from; see `handlers.teams_tokens`."""

    async def token(self, scope: str) -> str: ...

    def forget(self, scope: str) -> None: ...


@dataclass(eq=False)
class RefusedCall(RefusedForGood):
    """A refusal in Microsoft's own words, with the HTTP status it came with."""

    status: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask. `doubt` is what it means when nobody knows whether it was done."""

    method: str
    url: str
    scope: str
    doubt: Doubt
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    text: bytes

    @property
    def said(self) -> dict[str, Any] | None:
        """The JSON object in it; None where there is none, as from a filter on the way."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    @property
    def is_wordless(self) -> bool:
        """Whether it was taken, and nothing is said of it."""
        theirs = self.status in ACCEPTED or MARK in self.headers
        return theirs and (not self.text.strip() or self.said == {})


class TeamsCalls:
    """Calls over one session. A post is never sent again by itself, but once with a new token.

    What may be done twice is: aiohttp asks again when a line that it had kept turns out broken.
    """

    def __init__(self, session: aiohttp.ClientSession, tokens: Tokens) -> None:
        self._session = session
        self._tokens = tokens

    async def look(self, call: Call) -> dict[str, Any]:
        """What was asked for. Raises NotNow, RefusedCall, and what `Tokens` raises."""
        said = await self.ask(call)
        if said is None:
            raise NotNow("unreadable")
        return said

    async def ask(self, call: Call) -> dict[str, Any] | None:
        """The object in the answer; None where the connector took it without a word.

        Raises NotNow (surely not done), RefusedCall, `call.doubt`, and what `Tokens` raises.
        """
        answer = await self._once(call)
        if answer.status == UNAUTHORIZED:
            self._tokens.forget(call.scope)
            answer = await self._once(call)
        if answer.status >= OK:
            raise _named(answer, call.doubt)
        if answer.is_wordless:
            return None
        said = answer.said
        if said is None:
            raise call.doubt("unreadable")
        return said

    async def _once(self, call: Call) -> _Answer:
        headers = {
            "Authorization": f"Bearer {await self._tokens.token(call.scope)}",
            "Accept": "application/json",
            **call.headers,
        }
        body = None
        if call.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
            body = json.dumps(call.body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            return await self._send(call, headers, body)
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientHttpProxyError,
        ) as error:
            raise NotNow("no_connection") from error
        except TimeoutError as error:
            raise call.doubt("timeout") from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise call.doubt("connection_lost") from error

    async def _send(self, call: Call, headers: Mapping[str, str], body: bytes | None) -> _Answer:
        # The path is encoded already, and a token follows no redirection to anywhere else.
        url = URL(call.url, encoded=True)
        async with self._session.request(
            call.method, url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            return _Answer(answer.status, answer.headers, await answer.read())


def segment(name: str) -> str:
    """An id as one part of a path, whatever is in it."""
    return quote(name, safe="")


def part(said: Mapping[str, Any], name: str, kind: type[T], doubt: Doubt) -> T:
    """A part that such an answer has; without it, it was not Microsoft that answered."""
    found = said.get(name)
    if not isinstance(found, kind):
        raise doubt(f"no_{name}")
    return found


def _named(answer: _Answer, doubt: Doubt) -> DeliveryError:
    """What is not known to be a refusal is a doubt: something between may have answered."""
    status = answer.status
    if status in NOT_YET:
        return NotNow(NOT_YET[status], _seconds(answer))
    if status == UNAUTHORIZED:
        return NotNow("unauthorized")
    if status >= MAYBE_DONE:
        return doubt(f"http_{status}")
    if status == TOO_BIG:
        return RefusedCall("message_too_big", status)
    code = _code_in(answer.said, status)
    return RefusedCall(code, status) if code else doubt(f"http_{status}")


def _code_in(said: Mapping[str, Any] | None, status: int) -> str:
    """What Microsoft calls the refusal, in our words; empty where it is no answer of theirs."""
    error = (said or {}).get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    if isinstance(code, str) and _CODE.fullmatch(code):
        return CODES.get(code) or _HUMP.sub("_", code).lower()
    # Some of its services say it in words only, and those could repeat what was sent.
    named = isinstance(error, Mapping) or isinstance((said or {}).get("message"), str)
    return f"http_{status}" if named else ""


def _seconds(answer: _Answer) -> float | None:
    """How long to wait; None where Teams does not say, or it is no number of seconds."""
    try:
        seconds = float(answer.headers.get("Retry-After", "nan"))
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_LIMIT) if math.isfinite(seconds) else None
