"""What can be made to go wrong with the Web API, per method."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

EVERY_METHOD = "*"


@dataclass(slots=True)
class Condition:
    """How one method behaves; the counts say for how many more calls."""

    latency: float = 0.0
    """Seconds before the answer."""
    down: bool = False
    """Every call answers 503 and changes nothing."""
    rate_limited: int = 0
    """The next n calls answer 429 with Retry-After and change nothing."""
    retry_after: int = 1
    """Seconds named in Retry-After."""
    drop_after_accepting: int = 0
    """The next n calls are carried out, then the connection closes without an answer."""
    fail_after_accepting: int = 0
    """The next n calls are carried out, then answer 500."""
    refusals: tuple[str, ...] = ()
    """The next calls answer `ok: false` with these error codes, in turn, and change nothing."""


class Conditions:
    """Conditions by method; `EVERY_METHOD` holds those that apply to all."""

    def __init__(self) -> None:
        self._by_method: defaultdict[str, Condition] = defaultdict(Condition)

    def __getitem__(self, method: str) -> Condition:
        return self._by_method[method]

    def clear(self) -> None:
        """Let everything work again."""
        self._by_method.clear()

    def of(self, method: str) -> Iterator[Condition]:
        """The conditions that bear on a method: those of every method, then its own."""
        for name in (EVERY_METHOD, method):
            if name in self._by_method:
                yield self._by_method[name]

    def latency(self, method: str) -> float:
        """Seconds that a call to a method takes."""
        return sum(condition.latency for condition in self.of(method))

    def is_down(self, method: str) -> bool:
        return any(condition.down for condition in self.of(method))

    def take_rate_limit(self, method: str) -> int | None:
        """Use up one rate limit, if there is one left: the seconds to wait."""
        for condition in self.of(method):
            if condition.rate_limited:
                condition.rate_limited -= 1
                return condition.retry_after
        return None

    def take_refusal(self, method: str) -> str | None:
        """Use up one refusal, if there is one left: its error code."""
        for condition in self.of(method):
            if condition.refusals:
                code, *rest = condition.refusals
                condition.refusals = tuple(rest)
                return code
        return None

    def take_drop(self, method: str) -> bool:
        """Use up one dropped connection, if there is one left."""
        for condition in self.of(method):
            if condition.drop_after_accepting:
                condition.drop_after_accepting -= 1
                return True
        return False

    def take_failure(self, method: str) -> bool:
        """Use up one answer of 500 after the work was done, if there is one left."""
        for condition in self.of(method):
            if condition.fail_after_accepting:
                condition.fail_after_accepting -= 1
                return True
        return False
