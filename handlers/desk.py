"""What every use case needs to hand: store, schools, rule packs, chats, clock."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.case import Case, PackRef
from bot.chat import Account, Chat, DeliveryError, Member, NotNow, Place, Platform, Standing
from bot.people import ChannelRoute, ContactRoute, School
from bot.permission import Actor
from bot.refusals import StalePage, UnknownCase
from bot.rules import RulePack
from bot.stand_in_pack import stand_in
from handlers.roster import Roster
from storage.errors import Unreadable
from storage.store import Store
from storage.vault import Box

ABOUT_THE_HEAD = frozenset({"head", "conflict"})
"""Answers to `adult` with which whoever is on the head's route is kept out."""
LOOK_WITHIN = 1.0
"""Seconds that the chat has to say who is somewhere, where a person waits for it."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    """An id for a walk and its case: 128 random bits as hexadecimal."""
    return secrets.token_hex(16)


class WalkLock:
    """AES-256-GCM over a walk, for one person at a time. `key` has 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._box = Box(key)

    def seal(self, person: str, plain: bytes) -> bytes:
        return self._box.seal(f"walk:{person}", plain)

    def open(self, person: str, sealed: bytes) -> bytes:
        """Raises StalePage when it was changed, or sealed for somebody else."""
        try:
            return self._box.open(f"walk:{person}", sealed)
        except Unreadable:
            raise StalePage from None


@dataclass
class Desk:
    store: Store
    schools: Mapping[str, School]
    packs: Mapping[str, RulePack]
    """By digest, so that a case is explained by the pack it was decided under."""
    pack: RulePack
    """The pack that new walks use."""
    chats: Mapping[Platform, Chat]
    lock: WalkLock
    """Hides a walk from the platform it travels through, and binds it to whoever walks it."""
    clock: Callable[[], datetime] = utc_now
    operator_place: Place | None = None
    roster: Roster = field(init=False)

    def __post_init__(self) -> None:
        self.roster = Roster(self.chats)

    def school_of_team(self, team: str) -> School | None:
        return next((s for s in self.schools.values() if s.slack_team == team), None)

    def school_of(self, case: Case) -> School:
        """Raises UnknownCase when the settings no longer have the case's school."""
        school = self.schools.get(case.school)
        if school is None:
            raise UnknownCase
        return school

    def pack_of(self, case: Case) -> RulePack:
        """The pack that a case was recorded under, or what stands in for it when it is gone."""
        known = self.packs.get(case.pack.digest)
        return known or stand_in(self.pack, case)

    def pack_by_digest(self, digest: str) -> RulePack:
        """The pack of a walk. Raises StalePage when it is not the one that new walks use.

        Cases are explained by old packs; nothing more is decided by them.
        """
        if digest != self.pack.digest:
            raise StalePage
        return self.pack

    @property
    def pack_ref(self) -> PackRef:
        return PackRef(self.pack.id, self.pack.version, self.pack.digest)

    async def members(self, place: Place, *, fresh: bool = False) -> tuple[Member, ...]:
        """Who is in a place, as `Roster.members` gives it."""
        return await self.roster.members(place, fresh=fresh)

    async def head_and_names(self, school: School) -> frozenset[str]:
        """Whoever is on the head's route, under every name they go by. Raises a DeliveryError."""
        return every_name(school, await self.reviewers(school, "head"))

    async def with_kept_out(self, school: School, case: Case) -> Case:
        """The case with everybody who is kept out of it, as of now.

        Where it is about the head, that is whoever is on the head's route now: when it was
        recorded the chat may not have said. Raises a DeliveryError where it does not say yet.
        """
        if case.answers.get("adult") not in ABOUT_THE_HEAD:
            return case
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                return replace(case, excluded=case.excluded | await self.head_and_names(school))
        except TimeoutError:
            raise NotNow("members_unknown") from None

    async def reviewers(
        self, school: School, route_id: str, *, fresh: bool = False
    ) -> frozenset[str]:
        """The ids of the people on a route: full members only, nobody on a contact card."""
        found = await self.route_accounts(school, route_id, fresh=fresh)
        return frozenset(person for person, _ in found)

    async def routes_of(
        self, school: School, person: str, routes: Iterable[str], *, fresh: bool = False
    ) -> tuple[frozenset[str], bool]:
        """Which of the routes somebody reviews; False where the chat did not say of all in time."""
        asked = list(routes)
        answers = (self._is_on(school, person, route, fresh=fresh) for route in asked)
        said = await asyncio.gather(*answers)
        on = frozenset(route for route, there in zip(asked, said, strict=True) if there)
        return on, None not in said

    async def is_first(self, kind: str, request: str) -> bool:
        """Whether something is told for the first time; chats tell some things again.

        Raises StoreUnavailable.
        """
        return not await self.store.write(lambda unit: unit.seen(f"{kind}:{request}"))

    async def _is_on(self, school: School, person: str, route: str, *, fresh: bool) -> bool | None:
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                return person in await self.reviewers(school, route, fresh=fresh)
        except (DeliveryError, TimeoutError):
            return None

    async def route_accounts(
        self, school: School, route_id: str, *, fresh: bool = False
    ) -> list[tuple[str, Account]]:
        """Everyone on a route as (person id, account), guests and strangers left out."""
        route = school.routes[route_id]
        if isinstance(route, ContactRoute):
            return []
        if isinstance(route, ChannelRoute):
            members = await self.members(route.place, fresh=fresh)
            full = (m.account for m in members if m.standing is Standing.MEMBER)
            return [(school.person(account).id, account) for account in full]
        return [(person.id, account) for person in route.people for account in person.accounts[:1]]

    async def actor(
        self,
        school: School,
        routes: Iterable[str],
        account: Account,
        case: Case,
        *,
        fresh: bool = False,
    ) -> Actor:
        """Who acts, with the reviewers of the given routes, named as the case knows them.

        In a channel, guests and people from other organisations are told apart; people whom the
        settings name on a route are reviewers because the school named them.
        """
        reviewers: frozenset[str] = frozenset()
        standing = Standing.MEMBER if account.team == school.slack_team else Standing.STRANGER
        for route_id in routes:
            people = await self.route_accounts(school, route_id, fresh=fresh)
            reviewers |= {case.known_as(person, account) for person, account in people}
            route = school.routes[route_id]
            if isinstance(route, ChannelRoute):
                here = (m.standing for m in await self.members(route.place) if m.account == account)
                standing = next(here, standing)
        person = case.known_as(school.person(account).id, account)
        return Actor(person, standing, reviewers)


def every_name(school: School, people: Iterable[str]) -> frozenset[str]:
    """These people by their ids, and by each account that they have."""
    ids = frozenset(people)
    return ids.union(str(a) for person in ids for a in school.person_by_id(person).accounts)
