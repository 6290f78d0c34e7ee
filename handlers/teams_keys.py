"""The keys that the Bot Framework signs with: fetched without blocking, and kept."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog

from handlers.trouble import note_end

if TYPE_CHECKING:
    from jwt import PyJWK

DAY = 24 * 60 * 60.0
FRESH = DAY
"""Seconds after which the keys are fetched anew, as Microsoft asks for."""
KEPT = 5 * DAY
"""Seconds for which keys are used while no newer ones can be had."""
AGAIN = 60.0
"""Seconds between two fetches, whoever asks for a key that is not known."""
AGAIN_WITHOUT = 5.0
"""Seconds between two fetches while there are no keys at all."""
PATIENCE = 10.0
"""Seconds that one fetch may take."""
LARGEST_SET = 1_000_000
"""Bytes; the real set has about a dozen keys of some 3 KB."""
WEAKEST = 2048
"""Bits; a shorter RSA key is none."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, and the channels it vouches for; None where the set does not say."""

    jwk: PyJWK
    channels: frozenset[str] | None


class NoKeys(Exception):
    """No key was ever fetched, or none for too long: nobody can be told from anybody."""


class SigningKeys:
    """The key set at one address. Costs nothing until a key is asked for."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        openid_url: str,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self.edition = 0
        """Goes up whenever the keys change: what was checked with older ones is to be forgotten."""
        self._session = session
        self._url = openid_url.removesuffix("/openidconfiguration") + "/keys"
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=patience)
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched_at = 0.0
        self._tried_at: float | None = None
        self._fetch: asyncio.Task[None] | None = None

    @property
    def there(self) -> bool:
        """Whether any key is known that is not too old."""
        return bool(self._keys) and self._clock() - self._fetched_at <= KEPT

    def known(self, key_id: str) -> SigningKey | None:
        """The key of that id, from memory alone."""
        return self._keys.get(key_id)

    async def find(self, key_id: str) -> SigningKey | None:
        """The key of that id, fetched where it is not known yet; None when there is none.

        Asks at most once a minute, and once for everybody who waits. Raises NoKeys.
        """
        age = self._clock() - self._fetched_at
        if self._keys and age > KEPT:
            self._replace({})
        if key_id in self._keys:
            if age > FRESH:
                self._begin()  # nobody waits for this one
        elif fetch := self._begin():
            await asyncio.wait([fetch])
        if not self._keys:
            raise NoKeys
        return self._keys.get(key_id)

    async def finish(self) -> None:
        """End a fetch that is under way."""
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.wait([self._fetch])

    def _begin(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one; None when the last was too short a time ago."""
        if self._fetch is not None and not self._fetch.done():
            return self._fetch
        now = self._clock()
        pause = AGAIN if self._keys else AGAIN_WITHOUT
        if self._tried_at is not None and now - self._tried_at < pause:
            return None
        self._tried_at = now
        self._fetch = asyncio.create_task(self._renew())
        self._fetch.add_done_callback(note_end)
        return self._fetch

    async def _renew(self) -> None:
        """Fetch the set; where that fails, what was there stays in use."""
        try:
            body = await self._read()
            keys = read_keys(body)
        except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
            log.warning("teams_keys_not_fetched", kind=type(problem).__name__)
            return
        self._fetched_at = self._clock()
        if _numbers(keys) != _numbers(self._keys):
            self._replace(keys)

    async def _read(self) -> bytes:
        async with self._session.get(
            self._url, timeout=self._timeout, allow_redirects=False
        ) as answer:
            if answer.status != 200:  # noqa: PLR2004 - the one that holds keys
                raise ValueError("the key set was not given")
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > LARGEST_SET:
                    raise ValueError("the key set is too large")
            return bytes(body)

    def _replace(self, keys: Mapping[str, SigningKey]) -> None:
        self._keys = keys
        self.edition += 1


def read_keys(body: bytes) -> dict[str, SigningKey]:
    """The RSA keys for signing in a JSON Web Key Set, by their ids. Raises ValueError on none."""
    try:
        told = json.loads(body)
    except RecursionError:
        raise ValueError("the key set is nested too deep") from None
    entries = told.get("keys") if isinstance(told, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a key set")  # noqa: TRY004 - bad input, not a fault of ours
    keys = {entry["kid"]: key for entry in entries if (key := _read_key(entry))}
    if not keys:
        raise ValueError("no key in the key set")
    return keys


def _read_key(entry: Any) -> SigningKey | None:
    """One key of the set; None for what is not for checking signatures with RSA."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or not entry["kid"]:
        return None
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        return None
    try:
        jwk = PyJWK(entry, "RS256")
    except PyJWTError:
        return None
    if not isinstance(jwk.key, RSAPublicKey) or jwk.key.key_size < WEAKEST:
        return None
    channels = entry.get("endorsements")
    named = frozenset(map(str, channels)) if isinstance(channels, list) else None
    return SigningKey(jwk, named)


def _numbers(keys: Mapping[str, SigningKey]) -> dict[str, tuple[Any, frozenset[str] | None]]:
    """What makes keys the same: ids, numbers, and what they vouch for."""
    return {id_: (key.jwk.key.public_numbers(), key.channels) for id_, key in keys.items()}
