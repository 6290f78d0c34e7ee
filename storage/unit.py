"""One transaction, as the use cases see it: cases, their ledger, the outbox and the seen keys."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy import case as when

from bot.case import Case, Event, Status
from bot.life import OPEN
from bot.refusals import UnknownCase
from storage.audit import Report, verify
from storage.errors import (
    NONSENSE,
    CaseExists,
    ConcurrentChange,
    ContentDestroyed,
    KeyMissing,
    Unreadable,
)
from storage.ledger import Entry, Ledger, read_entry, read_event
from storage.outbox import Outbox
from storage.records import (
    CaseCount,
    case_name,
    case_values,
    plain_text,
    read_case,
    read_count,
    state_text,
)
from storage.sql import insert_new
from storage.tables import case_keys, cases, ledger, school_keys, seen_keys
from storage.vault import Box, SchoolKey, Vault, WrappedKey

log = logging.getLogger("sharecheck.storage")

REF_LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""No 0 O 1 I L, which are mistaken for each other, and no vowels, so that no word comes out."""
REF_LENGTH = 5

_ON_A_ROUTE = (Status.WAITING, Status.ASKED, Status.REASON_DUE)

_ADD = insert_new(cases)
_ADD_KEY = insert(case_keys)
_SEEN = insert_new(seen_keys)
_KNOW_KEY = insert_new(school_keys)
_WITH_KEY = select(cases, case_keys.c.number, case_keys.c.wrapped).outerjoin(
    case_keys, case_keys.c.case_id == cases.c.id
)
_BY_ID = _WITH_KEY.where(cases.c.id == bindparam("id"))
_BY_REF = _WITH_KEY.where(cases.c.ref == bindparam("ref"))
_REF_TAKEN = select(cases.c.id).where(cases.c.ref == bindparam("ref"))
_KEY_OF = select(case_keys.c.number, case_keys.c.wrapped).where(
    case_keys.c.case_id == bindparam("case_id")
)
_SAVE = update(cases).where(cases.c.id == bindparam("of"), cases.c.version == bindparam("before"))
_MOST_URGENT = when({"now": 0, "high": 1}, value=cases.c.urgency, else_=2)


class Unit(Outbox):
    """One transaction: the outbox, and the cases with their ledger.

    Work that gets one may be run again from the start: it changes nothing outside.
    """

    def __init__(self, connection: Connection, vault: Vault, clock: Callable[[], datetime]) -> None:
        super().__init__(connection, vault, clock)
        self._boxes: dict[str, Box] = {}
        self._ledger = Ledger(connection, vault)

    def load(self, case_id: str) -> Case:
        """A case by id. Raises UnknownCase, ContentDestroyed, Unreadable."""
        return self._one(_BY_ID, "id", case_id)

    def find(self, ref: str) -> Case:
        """A case by its reference, in any case of letters. Raises as `load`."""
        return self._one(_BY_REF, "ref", ref.strip().upper())

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

    def mine(
        self,
        school: str,
        person: str,
        *,
        restricted: bool = False,
        limit: int = 20,
        offset: int = 0,
    ) -> list[Case]:
        """The cases that a person asked about, newest first; restricted ones only when wanted.

        One that cannot be opened is left out, and logged.
        """
        hashes = self._vault.keyed_hashes(school, "requester", person)
        query = _WITH_KEY.where(cases.c.requester_hash.in_(hashes), cases.c.school == school)
        if not restricted:
            query = query.where(~cases.c.restricted)
        return self._many(query.order_by(cases.c.created_at.desc(), cases.c.id), limit, offset)

    def open_on(
        self,
        school: str,
        routes: Collection[str],
        *,
        restricted: bool,
        limit: int = 20,
        offset: int = 0,
        outside: bool = False,
    ) -> list[Case]:
        """Open cases on these routes, most urgent, then oldest, first; restricted ones if asked.

        Those left with somebody outside the school only when wanted. One that cannot be opened is
        left out, and logged.
        """
        open_here = (*_ON_A_ROUTE, Status.OUTSIDE) if outside else _ON_A_ROUTE
        wanted = and_(
            cases.c.school == school, cases.c.route.in_(routes), cases.c.status.in_(open_here)
        )
        if not restricted:
            wanted = and_(wanted, cases.c.restricted.is_(False))
        query = _WITH_KEY.where(wanted).order_by(_MOST_URGENT, cases.c.created_at, cases.c.id)
        return self._many(query, limit, offset)

    def figures(self, school: str, since: datetime, until: datetime) -> list[CaseCount]:
        """The cases recorded in a span (end excluded), without the restricted ones."""
        span = and_(cases.c.created_at >= since, cases.c.created_at < until)
        return self._figures(school, span)

    def open_figures(self, school: str) -> list[CaseCount]:
        """The cases open now, without the restricted ones."""
        return self._figures(school, cases.c.status.in_(sorted(OPEN)))

    def began_before(self, school: str, moment: datetime) -> bool:
        """Whether anything at all was recorded for a school before a moment."""
        first = select(ledger.c.seq).where(ledger.c.school == school, ledger.c.at < moment).limit(1)
        return self._connection.execute(first).first() is not None

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

    def _one(self, query: Select[Any], name: str, wanted: str) -> Case:
        if not (wanted.isascii() and wanted.isprintable()):
            raise UnknownCase  # no database need be asked what it could not even store
        try:
            found = self._connection.execute(query, {name: wanted}).first()
            if found is not None:
                return self._read(found)
        except NONSENSE as error:
            raise Unreadable(case_name(wanted)) from error
        raise UnknownCase

    def _many(self, query: Select[Any], limit: int, offset: int) -> list[Case]:
        page = query.limit(limit).offset(offset)
        try:
            return _readable(self._connection.execute(page).all(), self._read)
        except NONSENSE:  # one row spoils them all: ask for each by itself
            names: Select[Any] = page.with_only_columns(cases.c.id, cases.c.ref)
            found = self._connection.execute(names).all()
            return _readable(found, lambda row: self.load(row.id))

    def _figures(self, school: str, wanted: ColumnElement[bool]) -> list[CaseCount]:
        query = select(cases).where(cases.c.school == school, cases.c.restricted.is_(False), wanted)
        found = self._connection.execute(query.order_by(cases.c.created_at, cases.c.id))
        counts = [read_count(row) for row in found.mappings()]
        return [count for count in counts if not count.restricted]

    def _read(self, row: Row[Any]) -> Case:
        if row.wrapped is None:
            raise ContentDestroyed(row.id)
        box = self._vault.unwrap(row.school, row.id, WrappedKey(row.number, row.wrapped))
        self._boxes[row.id] = box
        return read_case(row._mapping, box)  # noqa: SLF001 - SQLAlchemy's public name for it

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
        found = self._connection.execute(_BY_ID, {"id": case.id}).first()
        raise CaseExists(case.id) if found else ConcurrentChange(case.id)


def _readable(rows: Iterable[Row[Any]], read: Callable[[Row[Any]], Case]) -> list[Case]:
    """The cases that can be opened; for each of the others, one line of log."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except (ContentDestroyed, KeyMissing, Unreadable, UnknownCase) as error:
            log.warning("case_unreadable ref=%r why=%s", row.ref, type(error).__name__)
    return found
