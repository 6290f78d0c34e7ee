"""Who is whom on a school's two platforms, found out before it matters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

import structlog

from bot.chat import Account, Chat, DeliveryError, Member, NotNow, Place, Platform
from bot.people import Person, School
from storage.store import Store

BELIEVED = 600.0
"""Seconds for which what was found out about an account is not asked again."""
LOOK_AGAIN = timedelta(days=7)
"""After so long the platform is asked again which addresses an account has."""
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
    _believed: dict[tuple[str, Account], float] = field(default_factory=dict)
    _asked: dict[tuple[str, Account], asyncio.Task[None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for school in self.schools.values():
            if school.on_both:
                for person in school.people:
                    emails = [person.email] if person.email else []
                    hashes = self._hashes(school, emails)
                    school.links.list_person(person.id, person.accounts, hashes)

    def meet(self, place: Place, members: Iterable[Member]) -> None:
        """Learn from what a platform said of those in a place."""
        for school in self.schools.values():
            if school.on_both and school.team_on(place.platform) == place.team:
                for member in members:
                    self._learn(school, member)

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
            if likeness is Likeness.UNCLEAR and theirs & unsaid:
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

    def _task(self, school: School, account: Account) -> asyncio.Task[None]:
        """One look at a time for an account, however many wait for it."""
        name = (school.id, account)
        if name not in self._asked:
            task = asyncio.create_task(self._ask(school, account))
            self._asked[name] = task
            task.add_done_callback(lambda done: self._forget(name, done))
        return self._asked[name]

    def _forget(self, name: tuple[str, Account], task: asyncio.Task[None]) -> None:
        del self._asked[name]
        if _went_well(task):
            self._believed[name] = time.monotonic()
        elif not task.cancelled():
            log.warning("person_unknown", kind=type(task.exception()).__name__)

    async def _ask(self, school: School, account: Account) -> None:
        """Raises StoreUnavailable or a DeliveryError where it cannot be found out now."""
        links = school.links
        stored = await self.store.read(
            lambda unit: unit.linked_accounts(school.id, {account}, links.hashes_of(account))
        )
        for link in stored:
            links.learn(link.account, (link.email_hash,))
        own = [link for link in stored if link.account == account]
        recent = datetime.now(UTC) - LOOK_AGAIN
        if any(link.seen_at > recent for link in own):
            return
        said = await self._addresses(school, account, known=bool(links.hashes_of(account)))
        if said is None:
            return
        links.learn(account, said)
        for link in await self.store.write(
            lambda unit: unit.link_account(school.id, account, said)
        ):
            links.learn(link.account, (link.email_hash,))

    async def _addresses(
        self, school: School, account: Account, *, known: bool
    ) -> frozenset[str] | None:
        """What the platform says; None where it says nothing and what is known has to do."""
        chat = self.chats.get(account.platform)
        if chat is None:
            raise NotNow("person_unknown")
        try:
            member = await chat.profile(account)
        except DeliveryError:
            if known:
                return None
            raise
        return frozenset(self._hashes(school, member.emails if member else ()))

    def _learn(self, school: School, member: Member) -> None:
        if member.emails and school.is_home(member.account):
            school.links.learn(member.account, self._hashes(school, member.emails))

    def _hashes(self, school: School, emails: Iterable[str]) -> list[str]:
        return [self.store.keyed_hash(school.id, EMAIL, email) for email in emails]


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


def _went_well(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
