"""Who is whom on a school's two platforms, found out before it matters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

import structlog

from bot.chat import Account, Chat, DeliveryError, Member, NotNow, Place, Platform, Standing
from bot.links import Links
from bot.people import Person, School
from storage.book import Link
from storage.store import Store

BELIEVED = 600.0
"""Seconds for which what was found out about an account is not asked again."""
LOOK_WITHIN = 1.0
"""Seconds that the platforms have to say who somebody is."""
EMAIL = "email"
"""What an address is hashed for: the address itself is nowhere kept."""

log = structlog.get_logger()


class Likeness(Enum):
    ONE = auto()
    TWO = auto()
    UNCLEAR = auto()


@dataclass
class Acquaintance:
    """Learns which accounts are one human's; only where a school is on two platforms."""

    store: Store
    schools: Mapping[str, School]
    chats: Mapping[Platform, Chat]
    clock: Callable[[], datetime]
    _believed: dict[tuple[str, Account], float] = field(default_factory=dict)
    _asked: dict[tuple[str, Account], asyncio.Task[bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for school in self.schools.values():
            if school.on_both:
                school.links.clock = self.clock
                for person in school.people:
                    emails = [person.email] if person.email else []
                    hashes = self._hashes(school, emails)
                    school.links.list_person(person.id, person.accounts, hashes)

    def meet(self, place: Place, members: Iterable[Member]) -> None:
        """Learn from what a platform said of those in a place.

        Whoever lost an address by that is asked for, so that it is written down as well.
        """
        for school in self.schools.values():
            if school.on_both and school.team_on(place.platform) == place.team:
                for member in members:
                    if self._hear(school, member):
                        self._believed.pop((school.id, member.account), None)
                        self.begin(school, member.account)

    async def learn(self, school: School, accounts: Iterable[Account]) -> frozenset[Account]:
        """Find out whose accounts these are; gives those of whom nobody could say it now.

        Asks memory, then the table, then the platform, for at most `LOOK_WITHIN` seconds.
        """
        if not school.on_both:
            return frozenset()
        wanted = {a for a in accounts if school.is_home(a) and not self._is_known(school, a)}
        if not wanted:
            return frozenset()
        tasks = {account: self._task(school, account) for account in wanted}
        await asyncio.wait(tasks.values(), timeout=LOOK_WITHIN)
        return frozenset(a for a, task in tasks.items() if not _went_well(task))

    def unknown(self, school: School, accounts: Iterable[Account]) -> frozenset[Account]:
        """Those of whom no address is known, though it might be."""
        if not school.on_both:
            return frozenset()
        return frozenset(a for a in accounts if not school.links.hashes_of(a))

    def begin(self, school: School, account: Account) -> None:
        """Have it found out whose account it is, without waiting for that."""
        if school.on_both and school.is_home(account) and not self._is_known(school, account):
            self._task(school, account)

    async def who_may_be(
        self, school: School, people: Collection[Person], others: Collection[Person]
    ) -> frozenset[str]:
        """The ids of those people who are, or may be for all anybody can say, one of the `others`.

        Of two on the same platform it is always known. Raises NotNow `person_unknown` where a
        platform, asked later, may say.
        """
        if not school.on_both:
            return frozenset()
        pairs = [(p.id, o.id) for p in people for o in others if p.accounts and o.accounts]
        unclear = [pair for pair in pairs if _how_alike(school, *pair) is Likeness.UNCLEAR]
        asked = {a for pair in unclear for one in pair for a in school.person_by_id(one).accounts}
        unsaid = await self.learn(school, asked)
        found = set()
        for person, other in pairs:
            likeness = _how_alike(school, person, other)
            theirs = {a for one in (person, other) for a in school.person_by_id(one).accounts}
            stale = {account for account in theirs if school.links.is_stale(account)}
            if likeness is Likeness.UNCLEAR and (stale or theirs & unsaid):
                raise NotNow("person_unknown")
            if likeness is not Likeness.TWO:
                found.add(person)
        return frozenset(found)

    async def names(self, people: Iterable[Person], platform: Platform) -> dict[str, str]:
        """The names that the chats show for people whom a card there could not name otherwise.

        By person id; nobody without a name. For eyes in the same school, and never to be stored.
        """
        nameless = [p for p in people if _is_nameless(p, platform)]
        said = await asyncio.gather(*(self._name(p) for p in nameless))
        return {p.id: name for p, name in zip(nameless, said, strict=True) if name}

    async def close(self) -> None:
        """Ask no more."""
        asked = list(self._asked.values())
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    async def _name(self, person: Person) -> str:
        account = person.accounts[0]
        chat = self.chats.get(account.platform)
        if chat is None:
            return ""
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                member = await chat.profile(account)
        except (DeliveryError, TimeoutError):
            return ""
        return member.name if member else ""

    def _is_known(self, school: School, account: Account) -> bool:
        return time.monotonic() - self._believed.get((school.id, account), -BELIEVED) < BELIEVED

    def _task(self, school: School, account: Account) -> asyncio.Task[bool]:
        """One look at a time for an account, however many wait for it."""
        name = (school.id, account)
        if name not in self._asked:
            task = asyncio.create_task(self._ask(school, account))
            self._asked[name] = task
            task.add_done_callback(lambda done: self._forget(name, done))
        return self._asked[name]

    def _forget(self, name: tuple[str, Account], task: asyncio.Task[bool]) -> None:
        del self._asked[name]
        if _went_well(task):
            if task.result():
                self._believed[name] = time.monotonic()
        elif not task.cancelled():
            log.warning("person_unknown", kind=type(task.exception()).__name__)

    async def _ask(self, school: School, account: Account) -> bool:
        """Find out whose account it is; gives whether the platforms said all that was asked.

        Whoever seems to be the same human is asked for too, where that is new or long ago: their
        account may be closed, and the address somebody else's. Raises StoreUnavailable, and a
        DeliveryError where nothing is known of the account and it cannot be found out now.
        """
        links = school.links
        stored = await self.store.read(
            lambda unit: unit.linked_accounts(school.id, {account}, links.hashes_of(account))
        )
        _learn(links, stored)
        own = {s.email_hash for s in stored if s.account == account and s.left_at is None}
        sure = True
        if not own or own - links.believed_of(account):
            sure = await self._look(school, account)
        is_new = bool(links.believed_of(account) - own)
        for partner in links.partners(account):
            if is_new or links.is_stale(partner):
                sure = await self._look(school, partner) and sure
        return sure

    async def _look(self, school: School, account: Account) -> bool:
        """Ask the platform for an account's addresses, and write them down; False: not now.

        Raises a DeliveryError where nothing is known of it either.
        """
        links = school.links
        try:
            member = await self._profile(account)
        except DeliveryError:
            if links.hashes_of(account):
                return False
            raise
        # Nobody: a bot or a closed account, or one of which Teams says nothing without Graph.
        said = frozenset(self._hashes(school, member.emails if member else ()))
        links.correct(account, said)
        stored = await self.store.write(lambda unit: unit.link_account(school.id, account, said))
        _learn(links, stored)
        return True

    async def _profile(self, account: Account) -> Member | None:
        chat = self.chats.get(account.platform)
        if chat is None:
            raise NotNow("person_unknown")
        return await chat.profile(account)

    def _hear(self, school: School, member: Member) -> bool:
        """Take over what is said of somebody; gives whether they lost an address."""
        is_silent = member.standing is Standing.MEMBER and not member.emails
        if is_silent or not school.is_home(member.account):
            return False
        return school.links.correct(member.account, self._hashes(school, member.emails))

    def _hashes(self, school: School, emails: Iterable[str]) -> list[str]:
        return [self.store.keyed_hash(school.id, EMAIL, email) for email in emails]


def _learn(links: Links, stored: Iterable[Link]) -> None:
    for one in stored:
        at = one.left_at or one.seen_at
        links.learn(one.account, (one.email_hash,), at, has=one.left_at is None)


def _how_alike(school: School, one: str, other: str) -> Likeness:
    first, second = school.person_by_id(one), school.person_by_id(other)
    if first.names & second.names:
        return Likeness.ONE
    return Likeness.TWO if school.tells_apart(first, second) else Likeness.UNCLEAR


def _is_nameless(person: Person, platform: Platform) -> bool:
    """Whether a card can call somebody neither by their post nor by their account there."""
    if not person.accounts or person.post is not None:
        return False
    return platform is Platform.TEAMS or person.account_on(platform) is None


def _went_well(task: asyncio.Task[bool]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
