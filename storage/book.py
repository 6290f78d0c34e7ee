"""The address book: where a platform lets us write first, and which accounts are one human's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, or_, select, update

from bot.chat import Account, Platform
from storage.lists import Lists
from storage.outbox import POSTED, OutboxRow
from storage.sql import replace
from storage.tables import account_links, conversations, outbox

_KEEP = replace(conversations)
_LINK = replace(account_links)


@dataclass(frozen=True, slots=True)
class Link:
    """An account, the keyed hash of an address that it has, and when the platform last said so.

    `left_at`: since when it is known to have it no longer.
    """

    account: Account
    email_hash: str
    seen_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where to write: the platform's id of the conversation, and the address of its service."""

    conversation: str
    service_url: str


class Book(Lists):
    """Conversations, linked accounts and posted messages within one transaction."""

    def find_posted(self, place: str, ref: str) -> OutboxRow | None:
        """The row whose message is in a place under an id of the platform's, if it is ours."""
        text = f"{place} {ref}"
        hashes = [
            one
            for school in self._vault.schools
            for one in self._vault.keyed_hashes(school, POSTED, text)
        ]
        found = self._rows(outbox.c.posted_hash.in_(hashes), None)
        return next((row for row in found if (row.place, row.ref) == (place, ref)), None)

    def keep_conversation(
        self, tenant: str, kind: str, of: str, conversation: str, service_url: str
    ) -> None:
        """Remember where to write to a `person` or (any of) a `tenant`; newest wins.

        `of` is the person's id, and empty for the tenant.
        """
        self._connection.execute(
            _KEEP,
            {
                **_name(tenant, kind, of),
                "conversation": conversation,
                "service_url": service_url,
                "updated_at": self._clock(),
            },
        )

    def drop_conversation(self, tenant: str, kind: str, of: str) -> None:
        """Forget where to write, for instance when the app was removed there."""
        named = (conversations.c[name] == value for name, value in _name(tenant, kind, of).items())
        self._connection.execute(delete(conversations).where(*named))

    def conversation(self, tenant: str, kind: str, of: str) -> Conversation | None:
        """Where to write to somebody, or anywhere in a tenant, if the platform ever said."""
        named = (conversations.c[name] == value for name, value in _name(tenant, kind, of).items())
        query = select(conversations.c.conversation, conversations.c.service_url).where(*named)
        found = self._connection.execute(query).first()
        return Conversation(found.conversation, found.service_url) if found else None

    def link_account(self, school: str, account: Account, hashes: Collection[str]) -> list[Link]:
        """Remember which addresses an account has now, known by their keyed hashes.

        Those that it had are marked, not dropped: by them somebody may still be told from others.
        Gives what `linked_accounts` gives.
        """
        now = self._clock()
        had = and_(
            account_links.c.school == school,
            account_links.c.account == str(account),
            account_links.c.email_hash.not_in(hashes),
            account_links.c.left_at.is_(None),
        )
        self._connection.execute(update(account_links).where(had).values(left_at=now))
        values = {"school": school, "account": str(account), "seen_at": now, "left_at": None}
        for email_hash in sorted(hashes):
            self._connection.execute(_LINK, {**values, "email_hash": email_hash})
        return self.linked_accounts(school, {account}, hashes)

    def linked_accounts(
        self, school: str, accounts: Collection[Account], hashes: Collection[str] = ()
    ) -> list[Link]:
        """What is known of some accounts, and of all that share an address with them or once did.

        `hashes` are of addresses known to be theirs already. Those under an older key of the
        school are left out: no newer hash could agree with them.
        """
        known: dict[tuple[str, str], tuple[datetime, datetime | None]] = {}
        names, wanted = {str(account) for account in accounts}, set(hashes)
        asked: set[str] = set()
        while asked != names | wanted:
            new_names, new_hashes = names - asked, wanted - asked
            asked |= new_names | new_hashes
            known |= self._links(school, new_names, new_hashes)
            names |= {name for name, _ in known}
            wanted |= {email_hash for _, email_hash in known}
        found = sorted(known.items())
        return [Link(Account.parse(name), one, *told) for (name, one), told in found]

    def _links(
        self, school: str, names: set[str], hashes: set[str]
    ) -> dict[tuple[str, str], tuple[datetime, datetime | None]]:
        in_use = f"{self._vault.key(school).number}."
        theirs = or_(account_links.c.account.in_(names), account_links.c.email_hash.in_(hashes))
        current = account_links.c.email_hash.startswith(in_use, autoescape=True)
        query = select(account_links).where(account_links.c.school == school, theirs, current)
        return {
            (row.account, row.email_hash): (row.seen_at, row.left_at)
            for row in self._connection.execute(query)
        }


def _name(tenant: str, kind: str, of: str) -> dict[str, str]:
    return {"platform": str(Platform.TEAMS), "tenant": tenant, "kind": kind, "id": of}
