"""Who may speak as Teams: tokens of the Bot Framework, checked by Microsoft's own validator."""

from __future__ import annotations

import hashlib
import logging
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from handlers.teams_keys import SigningKey, SigningKeys

if TYPE_CHECKING:
    from jwt import PyJWK, PyJWKClient
    from microsoft_teams.apps.auth.token_validator import TokenValidator

CHANNEL = "msteams"
REMEMBERED_FOR = 300.0
"""Seconds; Teams sends one token for about an hour."""
MOST_REMEMBERED = 1_000
LONGEST_TOKEN = 16_384
"""Characters; real ones have about a thousand."""
TALKATIVE = "microsoft_teams.apps.auth.token_validator"
"""The SDK's logger that repeats claims."""


@dataclass(eq=False)
class NoPass(Exception):
    """A token that does not do; `status` is 401, or 403 for one that is only not for us."""

    code: str
    status: int = 401


@dataclass(frozen=True, slots=True)
class Pass:
    """What a good token says: the service it came from, and until when it is believed."""

    service_url: str
    until: float


class Passes:
    """The door: bearer tokens in, passes out; a good token is remembered for five minutes."""

    def __init__(
        self,
        keys: SigningKeys,
        app_id: str,
        service_urls: Iterable[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        logging.getLogger(TALKATIVE).setLevel(logging.CRITICAL + 1)
        self._keys = keys
        self._origins = frozenset(origin_of(url) for url in service_urls)
        self._clock = clock
        # Not the SDK's validator for any inbound activity: that one also takes tokens from Entra,
        # and does not compare their service URL.
        self._validator = _import_validator().for_service(app_id.lower())
        self._validator._jwks_client = cast("PyJWKClient", _Ring(keys))  # noqa: SLF001
        self._edition = keys.edition
        self._passes: dict[bytes, Pass] = {}

    async def check(self, token: str) -> Pass:
        """The pass of a token. Raises NoPass, or NoKeys where no key could be fetched."""
        if len(token) > LONGEST_TOKEN:
            raise NoPass("token_too_long")
        self._follow_keys()
        trace = hashlib.sha256(token.encode()).digest()
        known = self._passes.get(trace)
        if known is not None and known.until > self._clock():
            return known
        self._passes.pop(trace, None)
        claims = await self._validate(token)
        self._follow_keys()
        return self._remember(trace, claims)

    def _follow_keys(self) -> None:
        """Forget what was checked with keys that are no longer the same."""
        if self._edition != self._keys.edition:
            self._passes.clear()
            self._edition = self._keys.edition

    def _remember(self, trace: bytes, claims: Mapping[str, Any]) -> Pass:
        now = self._clock()
        url, end = claims.get("serviceurl"), claims.get("exp")
        if not isinstance(end, (int, float)):
            raise NoPass("token_without_end")
        if not isinstance(url, str) or not url:
            raise NoPass("token_without_service")
        if origin_of(url) not in self._origins:
            raise NoPass("service_not_allowed", 403)
        found = Pass(url.rstrip("/"), min(now + REMEMBERED_FOR, end))
        while len(self._passes) >= MOST_REMEMBERED:
            del self._passes[next(iter(self._passes))]
        self._passes[trace] = found
        return found

    async def _validate(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that is signed, for us, and of now. Raises NoPass or NoKeys."""
        from jwt.exceptions import PyJWTError

        key = await self._keys.find(_read_key_id(token))
        if key is None:
            raise NoPass("key_unknown")
        try:
            claims = await self._validator.validate_token(token)
        except PyJWTError as problem:
            raise NoPass(type(problem).__name__) from None
        if key.channels is not None and CHANNEL not in key.channels:
            raise NoPass("key_not_for_teams", 403)
        return claims


def _import_validator() -> type[TokenValidator]:
    """The SDK's validator; its package warns of parts of its own while it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from microsoft_teams.apps.auth.token_validator import TokenValidator
    return TokenValidator


class _Ring:
    """What the SDK's validator asks for keys: those in memory, since it would fetch and block."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def get_signing_key_from_jwt(self, token: str) -> PyJWK:
        key: SigningKey | None = self._keys.known(_read_key_id(token))
        if key is None:
            raise NoPass("key_unknown")
        return key.jwk


def _read_key_id(token: str) -> str:
    """The key that a token says it is signed with. Raises NoPass."""
    import jwt

    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise NoPass("token_unreadable") from None
    key_id = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(key_id, str):
        raise NoPass("token_of_another_kind")
    return key_id


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL; empty of what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.netloc else ""
