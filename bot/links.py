"""Which accounts are one human's: those that share a work address, or that the settings list."""

from __future__ import annotations

from collections.abc import Iterable

from bot.chat import Account

Node = Account | str
"""An account, or the id of a person whom the settings list."""


class Links:
    """What is known of a school's accounts and addresses; it only ever grows.

    An address is known by its keyed hash alone. Two people whom the settings list stay two,
    whatever addresses they share; an account that could be either's is linked to neither. So it is
    with two accounts on one platform: an address may go to whoever comes after somebody who left.
    """

    def __init__(self) -> None:
        self._hashes: dict[Node, set[str]] = {}
        self._having: dict[str, set[Node]] = {}
        self._held: dict[str, set[Account]] = {}
        self._listed: dict[Account, str] = {}

    def list_person(self, person: str, accounts: Iterable[Account], hashes: Iterable[str]) -> None:
        """Whom the settings list: their id, the accounts and the address that they give."""
        self._held.setdefault(person, set()).update(accounts)
        for account in self._held[person]:
            self._listed[account] = person
        self._add(person, hashes)

    def learn(self, account: Account, hashes: Iterable[str]) -> None:
        """An account has these addresses, as the platform vouches for them."""
        self._add(account, hashes)

    def hashes_of(self, account: Account) -> frozenset[str]:
        """The addresses that an account is known to have."""
        return frozenset(self._hashes.get(account, ()))

    def person_of(self, account: Account) -> str | None:
        """The person of the settings whose account it is; None: it is nobody's, or unclear."""
        if account in self._listed:
            return self._listed[account]
        if account not in self._hashes:
            return None
        people = {node for node in self._together(account) if isinstance(node, str)}
        return people.pop() if len(people) == 1 else None

    def accounts_of(self, person: str) -> tuple[Account, ...]:
        """Every account of a person whom the settings list, linked ones too, in a set order."""
        if person not in self._held:
            return ()
        found = (node for node in self._together(person) if isinstance(node, Account))
        return _ordered(account for account in found if self.person_of(account) == person)

    def same_as(self, account: Account) -> tuple[Account, ...]:
        """An account with all that share an address with it, in a set order; itself alone where
        it is not clear whose they are."""
        if account not in self._hashes:
            return (account,)
        found = self._together(account)
        if any(isinstance(node, str) for node in found):
            person = self.person_of(account)
            return self.accounts_of(person) if person else (account,)
        accounts = _ordered(node for node in found if isinstance(node, Account))
        return (account,) if _are_several(accounts) else accounts

    def is_certain(self, accounts: Iterable[Account]) -> bool:
        """Whether it is known whose accounts these are: by an address that is one human's."""
        return any(self._is_certain(account) for account in accounts)

    def _is_certain(self, account: Account) -> bool:
        found = self._together(account)
        people = {node for node in found if isinstance(node, str)}
        if not people and _are_several(node for node in found if isinstance(node, Account)):
            return False
        owners: set[Node] = {account, *people}
        return len(people) <= 1 and any(self._hashes.get(node) for node in owners)

    def _add(self, node: Node, hashes: Iterable[str]) -> None:
        for one in hashes:
            self._hashes.setdefault(node, set()).add(one)
            self._having.setdefault(one, set()).add(node)

    def _together(self, node: Node) -> set[Node]:
        """All that hang together with a node, by addresses and by the settings."""
        found: set[Node] = set()
        coming: list[Node] = [node]
        while coming:
            at = coming.pop()
            if at in found:
                continue
            found.add(at)
            for one in self._hashes.get(at, ()):
                coming.extend(self._having[one])
            if isinstance(at, str):
                coming.extend(self._held.get(at, ()))
            elif at in self._listed:
                coming.append(self._listed[at])
        return found


def _are_several(accounts: Iterable[Account]) -> bool:
    """Whether two of them are on one platform: those are two people's, whatever they share."""
    platforms = [account.platform for account in accounts]
    return len(platforms) > len(set(platforms))


def _ordered(accounts: Iterable[Account]) -> tuple[Account, ...]:
    return tuple(sorted(accounts, key=str))
