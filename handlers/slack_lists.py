"""The lists behind `/sharecheck mine` and `/sharecheck open`, with paging."""

from __future__ import annotations

from bot.chat import Account, Card
from bot.facts import case_facts
from bot.people import School
from handlers import report
from handlers.desk import Desk


async def list_card(desk: Desk, school: School, account: Account, which: str, page: int) -> Card:
    """A page of `mine` (one's own checks) or `open` (what waits for a reviewer)."""
    find = report.my_cases if which == "mine" else report.open_cases
    found = await find(desk, school, account, page)
    shown = [
        case_facts(case, school, desk.pack_of(case), shown_on=case.route)
        for case in found[: report.A_PAGE]
    ]
    more = len(found) > report.A_PAGE
    return Card(which, {"cases": shown, "more": more, "page": page, "school": school.name})
