"""Who is where a card would be seen, and may they see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.case import Case
from bot.chat import Chat, Place, Platform, RefusedForGood, Standing
from bot.people import ChannelRoute, Person, School
from handlers.desk import Desk


@dataclass(frozen=True, slots=True)
class Present:
    """Who in a place may see a case, and a code when somebody else is there too."""

    allowed: tuple[str, ...]
    code: str


@dataclass(frozen=True, slots=True)
class Onlookers:
    """Of one case. Everything raises a DeliveryError where a platform does not say who is who."""

    desk: Desk
    school: School
    case: Case

    async def allowed(self, people: Iterable[Person]) -> tuple[str, ...]:
        """The ids of those people from whom the case is not kept."""
        asked = list(people)
        out = await self.desk.who_may_be_kept_out(self.school, self.case, asked)
        return tuple(person.id for person in asked if person.id not in out)

    async def may_see(self, person_id: str) -> bool:
        """Whether the case is not kept from one person."""
        return bool(await self.allowed([self.school.person_by_id(person_id)]))

    async def look_round(self, route_id: str, place: Place) -> Present:
        """Who reviews, and who is in the channel: of a case with anything to hide, as of now."""
        school, case, desk = self.school, self.case, self.desk
        private = case.restricted or bool(case.excluded)
        route = school.routes[route_id]
        all_review = isinstance(route, ChannelRoute) and route.place == place and not route.narrow
        members = chat_of(desk, place.platform).members if private else desk.members
        found = await members(place) if private or all_review else ()
        desk.acquaintance.meet(place, found)
        full = [member.account for member in found if member.standing is Standing.MEMBER]
        if not all_review:
            asked = await desk.route_accounts(school, route_id, fresh=private)
            full = [account for _, account in asked]
        reviewers = [school.person(account) for account in full]
        there = [school.person(member.account) for member in found]
        out = await desk.who_may_be_kept_out(school, case, [*there, *reviewers])
        standings = {member.standing for member in found}
        code = _who_must_not_see(case, out, there, reviewers, standings)
        return Present(tuple(p.id for p in reviewers if p.id not in out), code)


def chat_of(desk: Desk, platform: Platform) -> Chat:
    """The chat of a platform. Raises RefusedForGood where the settings have it no longer."""
    chat = desk.chats.get(platform)
    if chat is None:
        raise RefusedForGood(f"no_{platform}")
    return chat


def _who_must_not_see(
    case: Case,
    out: frozenset[str],
    there: Iterable[Person],
    reviewers: Iterable[Person],
    standings: Iterable[Standing],
) -> str:
    """A code where somebody is in a channel who may not read a case; empty where nobody is."""
    present = {person.id for person in there}
    if not present.isdisjoint(out):
        return "excluded_present"
    if not case.restricted:
        return ""
    if any(standing is not Standing.MEMBER for standing in standings):
        return "guest_present"
    return "" if present <= {person.id for person in reviewers} else "others_present"
