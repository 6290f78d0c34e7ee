"""Where Teams lets us write: conversations and service addresses, in memory and in the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

import structlog

from bot.chat import NotNow
from storage.errors import StoreUnavailable

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")
Key = tuple[str, str, str]
"""Tenant, kind, and whose."""

PERSON, TENANT = "person", "tenant"
BELIEVED = 600.0
"""Seconds for which what was read is believed; another process may have learnt something newer."""
MOST_KEPT = 10_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where to write: Teams' id of the conversation, and the address of its service."""

    conversation: str
    service_url: str


class Written(Protocol):
    """A conversation as the store gives it."""

    @property
    def conversation(self) -> str: ...

    @property
    def service_url(self) -> str: ...


class Unit(Protocol):
    """What the book asks of one transaction; see `storage.book`."""

    def keep_conversation(
        self, tenant: str, kind: str, of: str, conversation: str, service_url: str
    ) -> None: ...

    def drop_conversation(self, tenant: str, kind: str, of: str) -> None: ...

    def conversation(self, tenant: str, kind: str, of: str) -> Written | None: ...


class Store(Protocol):
    """What the book asks of the store; both raise StoreUnavailable."""

    async def read(self, work: Callable[[Unit], T]) -> T: ...

    async def write(self, work: Callable[[Unit], T]) -> T: ...


class Kept(Generic[K, V]):
    """A memory of the newest `most` things, each believed for `seconds`."""

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._held: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """What is known and not too old."""
        held = self._held.get(key)
        return held[1] if held and self._clock() - held[0] < self._seconds else None

    def last(self, key: K) -> V | None:
        """What was known last, however old."""
        held = self._held.get(key)
        return held[1] if held else None

    def put(self, key: K, value: V) -> None:
        self._held.pop(key, None)
        self._held[key] = (self._clock(), value)
        while len(self._held) > self._most:
            del self._held[next(iter(self._held))]

    def drop(self, key: K) -> None:
        self._held.pop(key, None)

    def __len__(self) -> int:
        return len(self._held)


class TeamsBook:
    """The conversations of a store; `service_urls` are the only services we ever write to."""

    def __init__(self, store: Store, service_urls: Iterable[str]) -> None:
        self._store = store
        self._allowed = tuple(_address(url) for url in service_urls)
        self._known: Kept[Key, Conversation] = Kept(MOST_KEPT, BELIEVED)

    async def of_person(self, tenant: str, person: str) -> Conversation | None:
        """The one-to-one conversation with somebody, by object id. Raises NotNow."""
        return await self._find((tenant, PERSON, person))

    async def service_url(self, tenant: str) -> str | None:
        """The newest address of a tenant's service, without a slash at its end. Raises NotNow."""
        found = await self._find((tenant, TENANT, ""))
        return found.service_url.rstrip("/") if found else None

    async def keep(
        self, tenant: str, kind: str, of: str, conversation: str, service_url: str
    ) -> None:
        """Remember where to write; nothing is written down that is known already.

        An address that is not allowed is not kept. Raises StoreUnavailable.
        """
        told = {
            (tenant, kind, of): Conversation(conversation, service_url),
            (tenant, TENANT, ""): Conversation("", service_url),
        }
        new = {key: value for key, value in told.items() if self._known.get(key) != value}
        if not new:  # which is allowed, or it would not be known
            return
        if not tenant or not self.allows(service_url):
            log.warning("teams_service_refused")
            return
        new = await self._store.read(partial(_differing, new))
        if new:
            await self._store.write(partial(_keep, new))
        for key, value in told.items():
            self._known.put(key, value)

    async def drop(self, tenant: str, kind: str, of: str) -> None:
        """Forget where to write. Raises StoreUnavailable."""
        self._known.drop((tenant, kind, of))
        await self._store.write(lambda unit: unit.drop_conversation(tenant, kind, of))
        self._known.drop((tenant, kind, of))

    def allows(self, service_url: str) -> bool:
        """Whether tokens and messages may go to an address."""
        try:
            origin, path = _address(service_url)
        except ValueError:
            return False
        return any(origin == one and path.startswith(start) for one, start in self._allowed)

    async def _find(self, key: Key) -> Conversation | None:
        if known := self._known.get(key):
            return known
        try:
            found = await self._store.read(lambda unit: _read(key, unit))
        except StoreUnavailable as error:
            raise NotNow("store_unavailable") from error
        if found is None or not self.allows(found.service_url):
            return None
        self._known.put(key, found)
        return found


def _address(url: str) -> tuple[tuple[str, str, int | None], str]:
    """Origin and path of an address, which ends in a slash. Raises ValueError for others."""
    parts = urlsplit(url)
    if "@" in parts.netloc or ".." in parts.path or set(url) & set("\\?#"):
        raise ValueError
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError
    return (parts.scheme, parts.hostname, parts.port), f"{parts.path.rstrip('/')}/"


def _read(key: Key, unit: Unit) -> Conversation | None:
    found = unit.conversation(*key)
    return Conversation(found.conversation, found.service_url) if found else None


def _differing(told: dict[Key, Conversation], unit: Unit) -> dict[Key, Conversation]:
    return {key: value for key, value in told.items() if _read(key, unit) != value}


def _keep(told: dict[Key, Conversation], unit: Unit) -> None:
    for key, value in told.items():
        unit.keep_conversation(*key, value.conversation, value.service_url)
