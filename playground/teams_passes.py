"""The access tokens that the pretend login gave out, and who takes which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe

CONNECTOR = "https://api.botframework.com"
GRAPH = "https://graph.microsoft.com"
LIFE = 3599
KEPT = 10_000
MARK = "Bearer "


@dataclass(frozen=True, slots=True)
class _Pass:
    audience: str
    expires: float


class Passes:
    """Tokens by their text; each opens one service, for about an hour."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._passes: dict[str, _Pass] = {}

    def issue(self, audience: str) -> str:
        """A new token for one service."""
        token = f"pretend-{token_urlsafe(32)}"
        if len(self._passes) >= KEPT:
            del self._passes[next(iter(self._passes))]
        self._passes[token] = _Pass(audience, self._elapsed() + LIFE)
        return token

    def opens(self, header: str, audience: str) -> bool:
        """Whether an `Authorization` header holds a token for a service that is still good."""
        found = self._passes.get(header.removeprefix(MARK))
        if found is None or not header.startswith(MARK):
            return False
        return found.audience == audience and self._elapsed() < found.expires

    def revoke_all(self) -> None:
        """Let every token so far be refused."""
        self._passes.clear()
