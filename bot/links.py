"""Which accounts are one human's: those that share a work address, or that the settings list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from bot.chat import Account

Node = Account | str
"""An account, or the id of a person whom the settings list."""

BELIEVED_FOR = timedelta(days=7)
"""For so long it is believed, unasked, that an account still has an address."""
_ALWAYS = datetime.max.replace(tzinfo=UTC)
_STANDSTILL = datetime(2000, 1, 1, tzinfo=UTC)


class _Ties(Enum):
    """Which addresses join: those believed now, those not known to be lost, all there ever were."""

    BELIEVED = auto()
    HELD = auto()
    EVER = auto()


@dataclass(frozen=True, slots=True)
class _Tie:
    """Whether an address is an account's, and when that was last said."""

    at: datetime
    has: bool

    def counts(self, ties: _Ties, since: datetime) -> bool:
        if ties is _Ties.EVER:
            return True
        return self.has and (ties is _Ties.HELD or self.at > since)


class Links:
    """What is known of a school's accounts and addresses, and of those that they once had.

    An address is known by its keyed hash alone. Two people whom the settings list stay two,
    whatever addresses they share; an account that could be either's is linked to neither. So it is
    with two accounts on one platform: an address may go to whoever comes after somebody who left.
    An address links only while it is believed to be the account's; to tell two accounts apart, all
    that they ever had count. Until it gets a `clock`, time stands still for it.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: _STANDSTILL) -> None:
        self.clock = clock
        self._ties: dict[Node, dict[str, _Tie]] = {}
        self._having: dict[str, set[Node]] = {}
        self._held: dict[str, set[Account]] = {}
        self._listed: dict[Account, str] = {}

    def list_person(self, person: str, accounts: Iterable[Account], hashes: Iterable[str]) -> None:
        """Whom the settings list: their id, the accounts and the address that they give."""
        self._held.setdefault(person, set()).update(accounts)
        for account in self._held[person]:
            self._listed[account] = person
        for one in hashes:
            self._tie(person, one, _Tie(_ALWAYS, has=True))

    def learn(
        self,
        account: Account,
        hashes: Iterable[str],
        at: datetime | None = None,
        *,
        has: bool = True,
    ) -> None:
        """An account had these addresses at a moment, or (not `has`) was found to have lost them.

        What is known from later stays.
        """
        told = _Tie(at or self.clock(), has)
        for one in hashes:
            known = self._ties.get(account, {}).get(one)
            if known is None or told.at > known.at:
                self._tie(account, one, told)

    def correct(self, account: Account, hashes: Iterable[str]) -> bool:
        """The platform says now that an account has these addresses and no others.

        Gives whether it lost one that it was known to have. None: it is closed, or a guest's.
        """
        now, said = self.clock(), frozenset(hashes)
        known = self._ties.get(account, {})
        lost = [one for one, tie in known.items() if tie.has and one not in said]
        for one in (*said, *lost):
            at = max(now, known[one].at) if one in known else now
            self._tie(account, one, _Tie(at, one in said))
        return bool(lost)

    def hashes_of(self, account: Account) -> frozenset[str]:
        """The addresses that an account is known to have, or to have had."""
        return frozenset(self._ties.get(account, ()))

    def believed_of(self, account: Account) -> frozenset[str]:
        """The addresses of which it was said lately that an account has them."""
        since = self._since()
        ties = self._ties.get(account, {}).items()
        return frozenset(one for one, tie in ties if tie.counts(_Ties.BELIEVED, since))

    def is_stale(self, account: Account) -> bool:
        """Whether it was long ago that somebody said that an account has one of its addresses."""
        since = self._since()
        ties = self._ties.get(account, {}).values()
        return any(tie.has and not tie.counts(_Ties.BELIEVED, since) for tie in ties)

    def partners(self, account: Account) -> tuple[Account, ...]:
        """The other accounts that may be the same human's by an address not known to be lost."""
        found = self._together(account, _Ties.HELD)
        return _ordered(n for n in found if isinstance(n, Account) and n != account)

    def person_of(self, account: Account) -> str | None:
        """The person of the settings whose account it is; None: it is nobody's, or unclear."""
        if account in self._listed:
            return self._listed[account]
        if account not in self._ties:
            return None
        people = _people(self._together(account, _Ties.HELD))
        believed = people & _people(self._together(account, _Ties.BELIEVED))
        return believed.pop() if len(people) == 1 and believed else None

    def accounts_of(self, person: str) -> tuple[Account, ...]:
        """Every account of a person whom the settings list, linked ones too, in a set order."""
        if person not in self._held:
            return ()
        found = self._together(person, _Ties.BELIEVED)
        accounts = (node for node in found if isinstance(node, Account))
        return _ordered(account for account in accounts if self.person_of(account) == person)

    def same_as(self, account: Account) -> tuple[Account, ...]:
        """An account with all that share an address with it, in a set order; itself alone where
        it is not clear whose they are."""
        if account not in self._ties:
            return (account,)
        perhaps = self._together(account, _Ties.HELD)
        if _people(perhaps):
            person = self.person_of(account)
            return self.accounts_of(person) if person else (account,)
        if _are_several(perhaps):
            return (account,)
        found = self._together(account, _Ties.BELIEVED)
        return _ordered(node for node in found if isinstance(node, Account))

    def is_certain(self, accounts: Iterable[Account]) -> bool:
        """Whether it is known whose accounts these are: by an address that is one human's."""
        return any(self._is_certain(account) for account in accounts)

    def ever_shared(self, ones: Iterable[Account], others: Iterable[Account]) -> bool:
        """Whether an address ties any of these to any of those, be it one that they had once."""
        wanted = set(others)
        return any(not wanted.isdisjoint(self._together(one, _Ties.EVER)) for one in ones)

    def _is_certain(self, account: Account) -> bool:
        found = self._together(account, _Ties.HELD)
        people = _people(found)
        if not people and _are_several(found):
            return False
        owners: set[Node] = {account, *people}
        return len(people) <= 1 and any(self._ties.get(node) for node in owners)

    def _since(self) -> datetime:
        return self.clock() - BELIEVED_FOR

    def _tie(self, node: Node, one: str, tie: _Tie) -> None:
        self._ties.setdefault(node, {})[one] = tie
        self._having.setdefault(one, set()).add(node)

    def _together(self, node: Node, ties: _Ties) -> set[Node]:
        """All that hang together with a node, by addresses and by the settings."""
        since = self._since()
        found: set[Node] = set()
        coming: list[Node] = [node]
        while coming:
            at = coming.pop()
            if at in found:
                continue
            found.add(at)
            for one, tie in self._ties.get(at, {}).items():
                if tie.counts(ties, since):
                    there = self._having[one]
                    coming.extend(n for n in there if self._ties[n][one].counts(ties, since))
            if isinstance(at, str):
                coming.extend(self._held.get(at, ()))
            elif at in self._listed:
                coming.append(self._listed[at])
        return found


def _people(nodes: Iterable[Node]) -> set[str]:
    return {node for node in nodes if isinstance(node, str)}


def _are_several(nodes: Iterable[Node]) -> bool:
    """Whether two accounts are on one platform: those are two people's, whatever they share."""
    platforms = [node.platform for node in nodes if isinstance(node, Account)]
    return len(platforms) > len(set(platforms))


def _ordered(accounts: Iterable[Account]) -> tuple[Account, ...]:
    return tuple(sorted(accounts, key=str))
