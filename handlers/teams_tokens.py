"""The app's own tokens, for the connector and for Graph: fetched by msal in a thread, and kept."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from bot.chat import DeliveryError, NotNow, RefusedForGood
from handlers.teams_certificate import Certificate

CONNECTOR = "https://api.botframework.com/.default"
GRAPH = "https://graph.microsoft.com/.default"
LOGIN_URL = "https://login.microsoftonline.com"
EARLY = 300.0
"""Seconds before its end at which a token is used no longer."""
REFUSED_FOR = 60.0
"""Seconds for which a refusal is believed without asking again."""
AWAY_FOR = 5.0
"""Seconds for which nobody asks again where the login could not be reached."""
PATIENCE = (5.0, 15.0)
"""Seconds to connect in, and between two parts of an answer."""
WRONG = frozenset({400, 401, 403, 404})
PASSING = frozenset({"server_error", "temporarily_unavailable"})
"""What OAuth calls an error that goes away by itself."""
_NAME = re.compile(r"[A-Za-z_]{1,40}")

log = structlog.get_logger()


class HttpClient(Protocol):
    """What msal asks of a transport: answers have `status_code`, `text` and `headers`."""

    def get(
        self,
        url: str,
        params: Any = None,
        headers: Any = None,
    ) -> Any: ...

    def post(
        self,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Held:
    """What a login gave, for as long as it holds: a token, or why there is none."""

    until: float
    token: str = field(default="", repr=False)
    problem: type[DeliveryError] | None = None
    after: float | None = None

    def open(self) -> str:
        if self.problem is NotNow:
            raise NotNow("login_failed", self.after)
        if self.problem is not None:
            raise RefusedForGood("login_refused")
        return self.token


class Tokens:
    """The tokens of one app in one tenant; one login at a time, and one for all who wait."""

    def __init__(
        self,
        tenant: str,
        app_id: str,
        credential: str | Certificate,
        *,
        login_url: str = LOGIN_URL,
        http_client: HttpClient | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        # msal logs what it cannot read, and that could be an answer with a token in it.
        logging.getLogger("msal").setLevel(logging.CRITICAL + 1)
        self._authority = f"{login_url.rstrip('/')}/{tenant}"
        self._app_id = app_id
        self._credential = credential
        self._line = _Line(http_client)
        self._clock = clock
        self._one = asyncio.Lock()
        self._held: dict[str, _Held] = {}
        self._asking: dict[str, asyncio.Task[_Held]] = {}
        self._forgotten = False
        self._client: Any = None

    async def token(self, scope: str) -> str:
        """A token for a scope, good for five minutes at least.

        Raises RefusedForGood("login_refused") when Entra does not take the credential, the app or
        the tenant, and NotNow("login_failed") when it could not be asked.
        """
        held = self._held.get(scope)
        if held is not None and held.until > self._clock():
            return held.open()
        task = self._asking.get(scope)
        if task is None:
            task = self._asking[scope] = asyncio.create_task(self._renew(scope))
        await asyncio.wait([task])  # who leaves early does not end it for the others
        return task.result().open()

    def forget(self, scope: str) -> None:
        """Use the token of a scope no longer: it was refused where it was shown."""
        held = self._held.get(scope)
        if held is not None and held.problem is None:
            del self._held[scope]
            self._forgotten = True

    def close(self) -> None:
        """Close the connections to the login."""
        self._line.close()

    async def _renew(self, scope: str) -> _Held:
        try:
            async with self._one:
                held = await asyncio.to_thread(self._log_in, scope)
            self._held[scope] = held
            return held
        finally:
            del self._asking[scope]

    def _log_in(self, scope: str) -> _Held:
        """Ask for a token; runs in a thread, since msal blocks."""
        self._line.begin()
        try:
            told = self._ask(scope)
        except Exception as problem:  # noqa: BLE001 - msal lets out whatever an answer makes of it
            return self._note_failure(type(problem).__name__, refused=self._line.refused())
        token, seconds = told.get("access_token"), told.get("expires_in")
        if isinstance(token, str) and token and isinstance(seconds, int):
            return _Held(self._clock() + max(seconds - EARLY, seconds / 2), token)
        name = str(told.get("error"))
        # Without a status msal said from memory what it was told a moment ago.
        refused = self._line.refused() or self._line.status is None
        return self._note_failure(name, refused=refused and name not in PASSING)

    def _ask(self, scope: str) -> Mapping[str, Any]:
        """What msal says; its own memory is emptied where a token of it was refused."""
        if self._client is None:
            self._client = self._build()
        if self._forgotten:
            self._forgotten = False
            self._client.remove_tokens_for_client()
        told = self._client.acquire_token_for_client([scope])
        return told if isinstance(told, dict) else {}

    def _build(self) -> Any:
        from msal import ConfidentialClientApplication  # type: ignore[import-untyped]

        shown = self._credential
        credential = (
            {"private_key": shown.private_key, "public_certificate": shown.public}
            if isinstance(shown, Certificate)
            else shown
        )
        return ConfidentialClientApplication(
            self._app_id,
            client_credential=credential,
            authority=self._authority,
            # The authority is in the settings: nothing is to be found out about it elsewhere.
            instance_discovery=False,
            http_client=self._line,
        )

    def _note_failure(self, name: str, *, refused: bool) -> _Held:
        """Log a login that failed, by name and by Entra's own numbers; its words may hold more."""
        event = "teams_login_refused" if refused else "teams_login_failed"
        error = name if _NAME.fullmatch(name) else ""
        log.warning(event, error=error, numbers=self._line.numbers(), status=self._line.status)
        now = self._clock()
        if refused:
            return _Held(now + REFUSED_FOR, problem=RefusedForGood)
        after = self._line.after
        return _Held(now + (after or AWAY_FOR), problem=NotNow, after=after)


class _Line:
    """The transport, and what the last answer over it was."""

    def __init__(self, client: HttpClient | None) -> None:
        self._client = client
        self.begin()

    def begin(self) -> None:
        """Forget the last answer."""
        self.status: int | None = None
        self.after: float | None = None
        self._error: Mapping[str, Any] = {}

    def get(self, url: str, **rest: Any) -> Any:
        return self._note(self._open().get(url, **rest))

    def post(self, url: str, **rest: Any) -> Any:
        return self._note(self._open().post(url, **rest))

    def refused(self) -> bool:
        """Whether the login itself said no: not something on the way, nor that it is busy."""
        name = self._error.get("error")
        return self.status in WRONG and isinstance(name, str) and name not in PASSING

    def numbers(self) -> list[int]:
        """Entra's numbers for what is wrong, such as 7000215 for a wrong secret."""
        numbers = self._error.get("error_codes")
        return [n for n in numbers if isinstance(n, int)] if isinstance(numbers, list) else []

    def close(self) -> None:
        if close := getattr(self._client, "close", None):
            close()

    def _open(self) -> HttpClient:
        if self._client is None:
            self._client = PatientClient()
        return self._client

    def _note(self, answer: Any) -> Any:
        self.status = answer.status_code
        told = {name.lower(): value for name, value in answer.headers.items()}
        wait = str(told.get("retry-after", ""))
        self.after = min(float(wait), 3600.0) if wait.isascii() and wait.isdigit() else None
        self._error = _read_error(answer.text) if self.status in WRONG else {}
        return answer


def _read_error(text: str) -> Mapping[str, Any]:
    """What the login says is wrong; empty for what is not its own, as a page of a web filter."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


class PatientClient:
    """The transport where none is given: requests, which by itself would wait for ever."""

    def __init__(self, patience: tuple[float, float] = PATIENCE) -> None:
        from requests import Session

        self._session = Session()
        self._patience = patience

    def get(self, url: str, params: Any = None, headers: Any = None) -> Any:
        return self._session.get(url, params=params, headers=headers, timeout=self._patience)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None) -> Any:
        return self._session.post(
            url, params=params, data=data, headers=headers, timeout=self._patience
        )

    def close(self) -> None:
        self._session.close()
