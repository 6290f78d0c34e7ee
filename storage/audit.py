"""The check of the decision log: every entry, head and case, against each other and the keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Result, Row, Select, Table, and_, exists, func, select

from bot.case import Status
from storage.errors import NONSENSE, KeyMissing, Unreadable
from storage.ledger import GENESIS, HEAD, Head, entry_name, head_text, read_body
from storage.records import moment, open_case, plain_text, state_text
from storage.tables import case_keys, cases, ledger, ledger_heads
from storage.vault import Box, Vault, WrappedKey

_REPEATED = ("school", "seq", "at", "kind", "case", "version")
_AT_A_TIME = 2000
_BOXES = 2000
"""Cases whose keys are at hand: most entries are about one that was in use a moment before."""

_changes = ledger.alias("changes")
_last_seq = (
    select(func.max(_changes.c.seq))
    .where(_changes.c.case_id == cases.c.id, _changes.c.version.is_not(None))
    .correlate(cases)
    .scalar_subquery()
)
_last = and_(ledger.c.school == cases.c.school, ledger.c.seq == _last_seq)
_KEY = (case_keys.c.number, case_keys.c.wrapped)
_CASES_WITH_LAST = select(
    cases, *_KEY, ledger.c.seq.label("last_seq"), ledger.c.body.label("last_body")
).select_from(
    cases.outerjoin(ledger, _last).outerjoin(case_keys, case_keys.c.case_id == cases.c.id)
)
_ENTRIES_WITH_KEY = (
    select(ledger, *_KEY, cases.c.status)
    .select_from(
        ledger.outerjoin(case_keys, case_keys.c.case_id == ledger.c.case_id).outerjoin(
            cases, cases.c.id == ledger.c.case_id
        )
    )
    .order_by(ledger.c.school, ledger.c.seq)
)
_LOST_CASES = (
    select(ledger.c.school, ledger.c.case_id, func.max(ledger.c.seq).label("last_seq"))
    .where(ledger.c.version.is_not(None), ~exists().where(cases.c.id == ledger.c.case_id))
    .group_by(ledger.c.school, ledger.c.case_id)
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the log that is not as it was written. `what` is one of:

    gap, prev, hash, body, columns, sealed (an entry); head (entries cut off or put on), head_mac (a
    head not made with the school's key, or following from one); case_changed, case_missing,
    case_unrecorded; key_missing (a case, not disposed of, whose key is gone); unreadable (what a
    case or an entry seals does not open); unreadable_ and the part of the check that came upon
    something which no program of ours could have written.
    """

    school: str
    seq: int
    what: str
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of the log found; no faults means that every entry and case is as written."""

    entries: int
    cases: int
    heads: Mapping[str, Head]
    faults: tuple[Fault, ...]


def verify(connection: Connection, vault: Vault, school: str | None = None) -> Report:
    """Check every entry, head and case, of one school or of all, in one pass over each.

    It cannot see that a whole database was put back to an earlier state: compare the head with one
    noted elsewhere.
    """
    check = _Check(connection, vault, school)
    for part in (check.entries, check.heads, check.cases):
        try:
            part()
        except NONSENSE:
            check.faults.append(Fault(school or "", 0, f"unreadable_{part.__name__}"))
    return Report(check.entry_count, check.case_count, check.ends, tuple(check.faults))


class _Check:
    def __init__(self, connection: Connection, vault: Vault, school: str | None) -> None:
        self._connection = connection
        self._vault = vault
        self._school = school
        self._unwrap = lru_cache(_BOXES)(vault.unwrap)
        self.entry_count = 0
        self.case_count = 0
        self.ends: dict[str, Head] = {}
        self.faults: list[Fault] = []

    def entries(self) -> None:
        for row in self._stream(_ENTRIES_WITH_KEY, ledger):
            before = self.ends.get(row.school, Head(0, GENESIS))
            self.faults += [Fault(row.school, row.seq, what) for what in _faults(row, before)]
            if row.sealed is not None and not self._is_readable(row):
                self.faults.append(Fault(row.school, row.seq, "unreadable", row.case_id))
            self.ends[row.school] = Head(row.seq, row.hash)
            self.entry_count += 1

    def heads(self) -> None:
        heads = {row.school: row for row in self._stream(select(ledger_heads), ledger_heads)}
        for school in sorted(self.ends.keys() | heads.keys()):
            end, head = self.ends.get(school, Head(0, GENESIS)), heads.get(school)
            if head is None or Head(head.seq, head.hash) != end:
                self.faults.append(Fault(school, end.seq, "head"))
            elif not self._agrees(school, HEAD, head_text(head.seq, head.hash), head.mac):
                self.faults.append(Fault(school, end.seq, "head_mac"))

    def cases(self) -> None:
        for row in self._stream(_CASES_WITH_LAST, cases):
            self.case_count += 1
            found = [*self._case_faults(row)]
            self.faults += [Fault(row.school, row.last_seq or 0, what, row.id) for what in found]
        for row in self._stream(_LOST_CASES, ledger):
            self.faults.append(Fault(row.school, row.last_seq, "case_missing", row.case_id))

    def _case_faults(self, row: Row[Any]) -> Iterator[str]:
        plain = plain_text(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        if row.last_body is None:
            yield "case_unrecorded"
        elif not self._is_as_recorded(row, plain):
            yield "case_changed"
        if row.status == Status.DISPOSED:
            return
        if row.wrapped is None:
            yield "key_missing"
        elif not self._opens(row, plain):
            yield "unreadable"

    def _is_as_recorded(self, row: Row[Any], plain: str) -> bool:
        said = read_body(row.last_body) or {}
        same = (said.get("version"), said.get("status")) == (row.version, row.status)
        text = state_text(plain, row.sealed)
        return same and self._agrees(row.school, "case_state", text, str(said.get("state")))

    def _opens(self, row: Row[Any], plain: str) -> bool:
        """Whether a case's key opens what the case seals, beside what is plain."""
        try:
            box = self._box(row.school, row.id, row)
            return row.sealed is not None and bool(open_case(row._mapping, box, plain))  # noqa: SLF001
        except (KeyMissing, Unreadable):
            return False

    def _is_readable(self, row: Row[Any]) -> bool:
        """Whether what an entry seals opens; a key that is gone is told of once, with its case."""
        name = entry_name(row.school, row.seq)
        try:
            if row.case_id is None:
                self._vault.open(row.school, name, row.sealed)
            elif row.wrapped is not None and row.status != Status.DISPOSED:
                self._box(row.school, row.case_id, row).open(name, row.sealed)
        except (KeyMissing, Unreadable):
            return False
        return True

    def _box(self, school: str, case_id: str, row: Row[Any]) -> Box:
        return self._unwrap(school, case_id, WrappedKey(row.number, row.wrapped))

    def _agrees(self, school: str, purpose: str, text: str, stored: str) -> bool:
        return self._vault.agrees(school, purpose, text, stored)

    def _stream(self, query: Select[Any], table: Table) -> Result[Any]:
        if self._school is not None:
            query = query.where(table.c.school == self._school)
        return self._connection.execute(query, execution_options={"yield_per": _AT_A_TIME})


def _faults(row: Row[Any], before: Head) -> Iterator[str]:
    if row.seq != before.seq + 1:
        yield "gap"
    if hashlib.sha256(row.body).hexdigest() != row.hash:
        yield "hash"
    body = read_body(row.body)
    if body is None:
        yield "body"
        return
    if body.get("prev") != before.hash:
        yield "prev"
    if body.get("sealed") != (row.sealed and hashlib.sha256(row.sealed).hexdigest()):
        yield "sealed"
    if [body.get(name) for name in _REPEATED] != _repeated(row):
        yield "columns"


def _repeated(row: Row[Any]) -> list[Any]:
    return [row.school, row.seq, moment(row.at), row.kind, row.case_id, row.version]
