"""A decision table that remembers: most people go the same few ways through the walk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.decision_table import State, Table
from bot.rulepack import RulePack

MOST_KEPT = 5_000
Key = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RememberedTable(Table):
    """Says what `Table` says; what a state hangs on is worked out once, a fifth of a page turn."""

    kept: dict[Key, int] = field(default_factory=dict, compare=False, repr=False)

    def hangs_on(self, state: State) -> int:
        """As `Table.hangs_on`."""
        key = tuple(state.items())
        known = self.kept.get(key)
        if known is None:
            if len(self.kept) == MOST_KEPT:
                self.kept.clear()
            known = self.kept[key] = Table.hangs_on(self, state)
        return known


def remember(pack: RulePack) -> RulePack:
    """The same pack with a table that remembers; for a process that many people ask."""
    return replace(pack, table=RememberedTable(pack.table.rows))
