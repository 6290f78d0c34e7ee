"""What `/sharecheck help` tells whom: everybody the same, and reviewers a little more."""

from __future__ import annotations

import asyncio

from bot.chat import Account, Card, DeliveryError
from bot.facts import number_facts
from bot.people import School
from handlers.desk import Desk

LOOK_WITHIN = 1.0
"""Seconds to find out what somebody reviews; help comes without that rather than late."""


async def help_card(desk: Desk, school: School, account: Account) -> Card:
    """The help, with a paragraph for reviewers for whoever reviews something now."""
    numbers = number_facts(school.numbers)
    posts = await _posts(desk, school, account)
    return Card("help", {"numbers": numbers, "school": school.name, "posts": posts})


async def _posts(desk: Desk, school: School, account: Account) -> list[str]:
    """The posts whose cases somebody reviews; none where the platform does not say in time."""
    person = school.person(account).id
    try:
        async with asyncio.timeout(LOOK_WITHIN):
            on = [r for r in school.routes if person in await desk.reviewers(school, r)]
    except (DeliveryError, TimeoutError):
        return []
    return [school.routes[route].post for route in on]
