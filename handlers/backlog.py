"""What could not be told to somebody, told once they can be reached after all."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from bot.case import Case
from bot.chat import Account
from bot.people import School
from handlers.desk import Desk
from storage.lists import Listed, Viewer
from storage.outbox import OutboxRow, State, Verb
from storage.unit import Unit

MOST_LOOKED_AT = 50
"""Somebody's newest cases, among which there may be news for them."""
NEWS = ("requester_copy", "requester_turn")


async def tell_backlog(desk: Desk, school: School, account: Account, codes: Collection[str]) -> int:
    """Try again what was given up for one of these codes; gives how many rows are sent anew.

    Of each case that they asked about: what was saved, and the latest turn. What came before is no
    news, and what was for others stays as it is. Raises StoreUnavailable.
    """
    viewer = Viewer(school.id, school.person(account).names)

    def revive(unit: Unit) -> int:
        found = unit.listed(viewer, Listed.MINE, limit=MOST_LOOKED_AT)
        rows = (row for case in found.cases for row in _news(unit, case, codes))
        return sum(unit.revive(row.key) for row in rows)

    return await desk.store.write(revive)


def _news(unit: Unit, case: Case, codes: Collection[str]) -> list[OutboxRow]:
    rows = [row for row in unit.posted(case.id) if row.verb is Verb.SEND and row.template in NEWS]
    told = [row for row in rows if row.state is State.DONE]
    untold = [
        row
        for row in rows
        if row.state is State.BURIED
        and row.last_error in codes
        and not any(other.key.startswith(f"{row.key}:") for other in told)  # on another platform
    ]
    latest = partial(max, key=lambda row: row.due_at)
    return [latest(same) for name in NEWS if (same := [r for r in untold if r.template == name])]
