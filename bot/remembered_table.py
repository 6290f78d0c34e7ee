"""A rule pack that remembers: most people go the same few ways through the walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from bot.decision_table import State, Table, Verdict
from bot.rulepack import RulePack

MOST_KEPT = 5_000
Key = tuple[object, ...]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class RememberedTable(Table):
    """Says what `Table` says; what a state hangs on, and its verdict, are worked out once."""

    kept: dict[Key, int] = field(default_factory=dict, compare=False, repr=False)
    verdicts: dict[Key, Verdict] = field(default_factory=dict, compare=False, repr=False)

    def hangs_on(self, state: State) -> int:
        """As `Table.hangs_on`."""
        return _recall(self.kept, tuple(state.items()), lambda: Table.hangs_on(self, state))

    def verdict(self, state: State) -> Verdict:
        """As `Table.verdict`."""
        return _recall(self.verdicts, tuple(state.items()), lambda: Table.verdict(self, state))


@dataclass(frozen=True, kw_only=True)
class RememberedPack(RulePack):
    """Says what `RulePack` says; each page's questions and the next page are worked out once."""

    kept: dict[Key, Any] = field(default_factory=dict, compare=False, repr=False)

    def recall(self, key: Key, work: Callable[[], Found]) -> Found:
        """As `RulePack.recall`, from memory. What raises is not remembered."""
        found: Found = _recall(self.kept, key, work)
        return found


def remember(pack: RulePack) -> RulePack:
    """The same pack with a memory; for a process that many people ask."""
    told = {one.name: getattr(pack, one.name) for one in fields(RulePack)}
    return RememberedPack(**(told | {"table": RememberedTable(pack.table.rows)}))


def _recall(kept: dict[Key, Found], key: Key, work: Callable[[], Found]) -> Found:
    if key in kept:
        return kept[key]
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = found = work()
    return found
