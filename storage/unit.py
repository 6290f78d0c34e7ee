"""One transaction, as the use cases see it: cases, their ledger, the outbox and the seen keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.case import Case, Event
from storage.audit import Report, verify
from storage.book import Book
from storage.errors import CaseExists, ConcurrentChange, ContentDestroyed
from storage.ledger import Entry, Ledger, read_entry, read_event
from storage.records import case_values, plain_text, state_text
from storage.sql import insert_new
from storage.tables import case_keys, cases, ledger, school_keys, seen_keys
from storage.vault import Box, SchoolKey, Vault, WrappedKey

REF_LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""No 0 O 1 I L, which are mistaken for each other, and no vowels, so that no word comes out."""
REF_LENGTH = 5

_ADD = insert_new(cases)
_ADD_KEY = insert(case_keys)
_SEEN = insert_new(seen_keys)
_KNOW_KEY = insert_new(school_keys)
_ID_TAKEN = select(cases.c.id).where(cases.c.id == bindparam("id"))
_REF_TAKEN = select(cases.c.id).where(cases.c.ref == bindparam("ref"))
_KEY_OF = select(case_keys.c.number, case_keys.c.wrapped).where(
    case_keys.c.case_id == bindparam("case_id")
)
_SAVE = update(cases).where(cases.c.id == bindparam("of"), cases.c.version == bindparam("before"))


class Unit(Book):
    """One transaction: the outbox, lists, address book, and the cases with their ledger.

    Work that gets one may be run again from the start: it changes nothing outside.
    """

    def __init__(self, connection: Connection, vault: Vault, clock: Callable[[], datetime]) -> None:
        super().__init__(connection, vault, clock)
        self._ledger = Ledger(connection, vault)

    def add(self, case: Case, events: Sequence[Event]) -> None:
        """A new case, its key and its first ledger entries. Raises CaseExists."""
        box, wrapped = self._vault.new_case_key(case.school, case.id)
        values = self._case_values(case, box)
        if self._connection.execute(_ADD, values).rowcount == 0:
            self._explain_taken(case)
        self._boxes[case.id] = box
        key = {"case_id": case.id, "number": wrapped.number, "wrapped": wrapped.wrapped}
        self._connection.execute(_ADD_KEY, key)
        self._ledger.append(case, events, box, self._vouch(values))

    def save(self, case: Case, events: Sequence[Event]) -> None:
        """A changed case, with the events since it was loaded: one version for each.

        Raises ConcurrentChange when the stored version is not the one that was loaded.
        """
        box = self._box(case)
        self._ledger.head(case.school)  # locked first, always, so that no two wait for each other
        values = self._case_values(case, box)
        before = {"of": case.id, "before": case.version - len(events)}
        if self._connection.execute(_SAVE, {**values, **before}).rowcount == 0:
            raise ConcurrentChange(case.id)
        self._ledger.append(case, events, box, self._vouch(values))

    def note(self, case: Case, event: Event) -> None:
        """A ledger entry that leaves the case as it is: read, refused."""
        self._ledger.note(case, event, self._box(case))

    def note_school(self, school: str, event: Event) -> None:
        """A ledger entry about no case."""
        self._ledger.note_school(school, event)

    def seen(self, key: str) -> bool:
        """Mark the key of a request; True when it was marked before."""
        values = {"key": key, "at": self._clock()}
        return self._connection.execute(_SEEN, values).rowcount == 0

    def forget_seen(self, before: datetime) -> int:
        """Drop marks older than any request that could still be repeated; how many."""
        return self._connection.execute(delete(seen_keys).where(seen_keys.c.at < before)).rowcount

    def keyed_hash(self, school: str, purpose: str, text: str) -> str:
        """What stands for a text where the text itself may not; the same text, the same hash."""
        return self._vault.keyed_hash(school, purpose, text)

    def know_key(self, key: SchoolKey) -> None:
        """Remember what a school's key answers, so that a wrong one is noticed from now on."""
        values = {"school": key.school, "number": key.number, "answer": key.answer}
        self._connection.execute(_KNOW_KEY, values)

    def new_ref(self) -> str:
        """A reference that nobody has, such as SC-7F3K2; it cannot be guessed from others."""
        while True:
            ref = "SC-" + "".join(secrets.choice(REF_LETTERS) for _ in range(REF_LENGTH))
            if self._connection.execute(_REF_TAKEN, {"ref": ref}).first() is None:
                return ref

    def entries(self, school: str, *, limit: int = 50) -> list[Entry]:
        """The newest entries of a school's ledger, newest first: codes only."""
        query = select(ledger).where(ledger.c.school == school)
        rows = self._connection.execute(query.order_by(ledger.c.seq.desc()).limit(limit))
        return [read_entry(row) for row in rows]

    def history(self, case: Case) -> list[Event]:
        """What happened to a case, oldest first, opened. Raises ContentDestroyed, Unreadable."""
        query = select(ledger).where(ledger.c.case_id == case.id).order_by(ledger.c.seq)
        box = self._box(case)
        return [read_event(row, box) for row in self._connection.execute(query)]

    def verify(self, school: str | None = None) -> Report:
        """Check the ledger of one school, or of all, and the cases against it."""
        return verify(self._connection, self._vault, school)

    def _box(self, case: Case) -> Box:
        if case.id not in self._boxes:
            found = self._connection.execute(_KEY_OF, {"case_id": case.id}).first()
            if found is None:
                raise ContentDestroyed(case.id)
            key = WrappedKey(found.number, found.wrapped)
            self._boxes[case.id] = self._vault.unwrap(case.school, case.id, key)
        return self._boxes[case.id]

    def _case_values(self, case: Case, box: Box) -> dict[str, Any]:
        filed_at = case.texts.get("filed_at", "").strip()
        hashes = {
            "requester_hash": self._hash(case, "requester", case.requester),
            "filed_hash": self._hash(case, "filed_at", filed_at) if filed_at else None,
        }
        return case_values(case, box, hashes)

    def _hash(self, case: Case, purpose: str, text: str) -> str:
        return self._vault.keyed_hash(case.school, purpose, text)

    def _vouch(self, values: dict[str, Any]) -> str:
        text = state_text(plain_text(values), values["sealed"])
        return self._vault.keyed_hash(values["school"], "case_state", text)

    def _explain_taken(self, case: Case) -> NoReturn:
        found = self._connection.execute(_ID_TAKEN, {"id": case.id}).first()
        raise CaseExists(case.id) if found else ConcurrentChange(case.id)
