"""What every use case needs to hand: store, schools, rule packs, chats, clock."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.case import Case
from bot.chat import Account, Chat, DeliveryError, Member, NotNow, Place, Platform, Standing
from bot.facts import Facts
from bot.people import ChannelRoute, Person, School, known_reviewers
from bot.permission import Actor
from bot.refusals import StalePage, UnknownCase
from bot.rules import RulePack
from bot.stand_in_pack import stand_in
from handlers.acquaintance import Acquaintance
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
    acquaintance: Acquaintance = field(init=False)

    def __post_init__(self) -> None:
        self.acquaintance = Acquaintance(self.store, self.schools, self.chats, self.clock)
        self.roster = Roster(self.chats, self.acquaintance.meet)

    def school_of_team(self, platform: Platform, team: str) -> School | None:
        """The school whose workspace or tenant it is, if the settings have it."""
        return next((s for s in self.schools.values() if s.team_on(platform) == team), None)

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

    async def name_people(self, school: School, facts: Facts, platform: Platform) -> None:
        """Give names to those in a case's facts whom a card there could not call anything else.

        For eyes in the same school; it takes no longer than the chat may take to be asked.
        """
        decider = facts["decision"] and facts["decision"]["by"]
        remarks = [one["by"] for one in facts.get("remarks", ())]
        assignee = (facts.get("case") or {}).get("assignee")
        people = [p for p in (facts.get("requester"), assignee, decider, *remarks) if p]
        held = [school.person_by_id(person["id"]) for person in people]
        names = await self.acquaintance.names(held, platform)
        for person in people:
            person["name"] = names.get(person["id"], "")

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
        Each is named by every account that is known to be theirs, on any platform.
        """
        excluded = case.excluded
        if case.answers.get("adult") in ABOUT_THE_HEAD:
            try:
                async with asyncio.timeout(LOOK_WITHIN):
                    excluded |= await self.head_and_names(school)
            except TimeoutError:
                raise NotNow("members_unknown") from None
        if excluded and school.on_both:
            named = every_name(school, excluded)
            await self.learn(school, _accounts_in(named))
            excluded |= named | every_name(school, excluded)
        return case if excluded == case.excluded else replace(case, excluded=excluded)

    async def learn(self, school: School, accounts: Iterable[Account]) -> frozenset[Account]:
        """Find out whose accounts these are, as `Acquaintance.learn` does."""
        return await self.acquaintance.learn(school, accounts)

    async def who_may_be_kept_out(
        self, school: School, case: Case, people: Iterable[Person]
    ) -> frozenset[str]:
        """The ids of those people who are kept out of a case, or may be for all anybody can say.

        Raises NotNow `person_unknown` where that may be found out later.
        """
        asked = list(people)
        out = frozenset(p.id for p in asked if not p.names.isdisjoint(case.excluded))
        if not (case.excluded and school.on_both):
            return out
        others = [person for person in asked if person.id not in out]
        kept = [school.person_by_id(name) for name in sorted(case.excluded)]
        return out | await self.acquaintance.who_may_be(school, others, kept)

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
                reviewers = await self.reviewers(school, route, fresh=fresh)
                return not school.person_by_id(person).names.isdisjoint(reviewers)
        except (DeliveryError, TimeoutError):
            return None

    async def route_accounts(
        self, school: School, route_id: str, *, fresh: bool = False
    ) -> list[tuple[str, Account]]:
        """Everyone who reviews a route, as (person id, account), whatever they may not see.

        In a channel or a group, guests and strangers are left out. Raises a DeliveryError.
        """
        route = school.routes[route_id]
        people = known_reviewers(route)
        if isinstance(route, ChannelRoute) and people is None:
            members = await self.members(route.asked, fresh=fresh)
            full = (m.account for m in members if m.standing is Standing.MEMBER)
            return [(school.person(account).id, account) for account in full]
        told = [(person.id, account) for person in people or () for account in person.accounts[:1]]
        for account in self.acquaintance.unknown(school, [account for _, account in told]):
            self.acquaintance.begin(school, account)
        return told

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

        In a channel or a group, guests and people from other organisations are told apart; people
        whom the settings name on a route are reviewers because the school named them. Who may be
        the requester, or kept out, on another platform reviews nothing. Raises a DeliveryError,
        also where it cannot be found out now who somebody is.
        """
        unsaid = await self.learn(school, {account, case.account}) - {case.account}
        accounts: set[Account] = set()
        standing = Standing.MEMBER if school.is_home(account) else Standing.STRANGER
        for route_id in routes:
            people = await self.route_accounts(school, route_id, fresh=fresh)
            accounts |= {held for _, held in people}
            route = school.routes[route_id]
            if isinstance(route, ChannelRoute) and not route.named:
                here = (m.standing for m in await self.members(route.asked) if m.account == account)
                standing = next(here, standing)
        name, reviewers = _as_known(case, school, account, accounts)
        if school.on_both and name not in {case.requester, *reviewers}:
            unsaid |= await self.learn(school, self.acquaintance.unknown(school, accounts))
            name, reviewers = _as_known(case, school, account, accounts)
            if name not in reviewers and unsaid:
                raise NotNow("person_unknown")
        if await self._may_be_another(school, account, case):
            reviewers -= {name}
        return Actor(name, standing, reviewers)

    async def _may_be_another(self, school: School, account: Account, case: Case) -> bool:
        """Whether somebody may be the requester, or kept out, by another platform's account.

        Raises NotNow `person_unknown` where that may be found out later.
        """
        me = school.person(account)
        if not school.on_both or case.known_as(me) in {case.requester, *case.excluded}:
            return False
        others = [school.person(case.account)]
        others += [school.person_by_id(name) for name in sorted(case.excluded)]
        return bool(await self.acquaintance.who_may_be(school, [me], others))


def _as_known(
    case: Case, school: School, account: Account, reviewing: Iterable[Account]
) -> tuple[str, frozenset[str]]:
    """Who holds an account, and who reviews, as a case knows them now."""
    reviewers = frozenset(case.known_as(school.person(held)) for held in reviewing)
    return case.known_as(school.person(account)), reviewers


def _accounts_in(names: Iterable[str]) -> frozenset[Account]:
    """The accounts among the names that people go by."""
    found = set()
    for name in names:
        with contextlib.suppress(ValueError):
            found.add(Account.parse(name))
    return frozenset(found)


def every_name(school: School, people: Iterable[str]) -> frozenset[str]:
    """These people by their ids, and by each account that they have."""
    ids = frozenset(people)
    return ids.union(str(a) for person in ids for a in school.person_by_id(person).accounts)
