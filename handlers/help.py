"""What `/sharecheck help` tells whom: everybody the same, and reviewers a little more."""

from __future__ import annotations

from bot.chat import Account, Card
from bot.facts import number_facts
from bot.people import School
from handlers.desk import Desk


async def help_card(desk: Desk, school: School, account: Account) -> Card:
    """The help, with a paragraph for reviewers for whoever reviews something now.

    It comes without that rather than late.
    """
    numbers = number_facts(school.numbers)
    on, _ = await desk.routes_of(school, school.person(account).id, school.routes)
    posts = [route.post for name, route in school.routes.items() if name in on]
    return Card("help", {"numbers": numbers, "school": school.name, "posts": posts})
