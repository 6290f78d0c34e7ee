"""The decision log: one chain of entries per school, never changed, that can be checked.

An entry's body is RFC 8785 canonical text of {v, school, seq, at, kind, case, ref, codes, status,
version, state, sealed, prev}; its hash is SHA-256 of the body, and `prev` the hash before it. Who
did it and what they wrote is sealed; the body holds the ciphertext's SHA-256, so that a destroyed
key leaves the chain whole. `state` is a keyed hash of the case's row after the last of its events.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import (
    Connection,
    Result,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from bot.case import Case, Event, EventKind
from storage.errors import Unreadable
from storage.records import moment, state_text
from storage.sql import insert_new
from storage.tables import cases, ledger, ledger_heads
from storage.vault import Box, Vault

BODY_VERSION = 1
GENESIS = "0" * 64

_HEAD = (
    select(ledger_heads.c.seq, ledger_heads.c.hash)
    .where(ledger_heads.c.school == bindparam("school"))
    .with_for_update()
)
_BEGIN = insert_new(ledger_heads)
_APPEND = insert(ledger)
_MOVE = (
    update(ledger_heads)
    .where(ledger_heads.c.school == bindparam("of"))
    .values(seq=bindparam("seq"), hash=bindparam("hash"), mac=bindparam("mac"))
)
_REPEATED = ("school", "seq", "at", "kind", "case", "version")
_AT_A_TIME = 2000

_changes = ledger.alias("changes")
_last_seq = (
    select(func.max(_changes.c.seq))
    .where(_changes.c.case_id == cases.c.id, _changes.c.version.is_not(None))
    .correlate(cases)
    .scalar_subquery()
)
_last = and_(ledger.c.school == cases.c.school, ledger.c.seq == _last_seq)
_CASES_WITH_LAST = select(
    cases, ledger.c.seq.label("last_seq"), ledger.c.body.label("last_body")
).select_from(cases.outerjoin(ledger, _last))
_LOST_CASES = (
    select(ledger.c.school, ledger.c.case_id, func.max(ledger.c.seq).label("last_seq"))
    .where(ledger.c.version.is_not(None), ~exists().where(cases.c.id == ledger.c.case_id))
    .group_by(ledger.c.school, ledger.c.case_id)
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a school's chain ends: `seq` entries, the last with this hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What anyone may read of an entry: codes, no person and no text."""

    school: str
    seq: int
    at: datetime
    kind: str
    case_id: str | None
    ref: str | None
    codes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the log that is not as it was written. `what` is one of:

    gap, prev, hash, body, columns, sealed (an entry); head (entries cut off or put on), head_mac (a
    head not made with the school's key); case_changed, case_missing, case_unrecorded; unreadable_
    and the part of the check that came upon something which no program of ours could have written.
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


class Ledger:
    """Appends to the chains within one transaction; a school's head stays locked until it ends."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def head(self, school: str) -> Head:
        """Lock the school's chain and say where it ends."""
        found = self._connection.execute(_HEAD, {"school": school}).first()
        if found is None:
            self._connection.execute(_BEGIN, self._head_values(school, Head(0, GENESIS)))
            found = self._connection.execute(_HEAD, {"school": school}).one()
        return Head(found.seq, found.hash)

    def append(self, case: Case, events: Sequence[Event], box: Box, state: str) -> None:
        """Events that changed a case, the last of which left it as it is now."""
        head, last = self.head(case.school), len(events) - 1
        for number, event in enumerate(events):
            told = {
                **_about(case),
                "status": case.status.value if number == last else None,
                "version": case.version - last + number,
                "state": state if number == last else None,
            }
            head = self._append(head, case.school, event, told, box)
        self._move(case.school, head)

    def note(self, case: Case, event: Event, box: Box) -> None:
        """An event that leaves the case as it was, such as a reading or a refusal."""
        head = self._append(self.head(case.school), case.school, event, _about(case), box)
        self._move(case.school, head)

    def note_school(self, school: str, event: Event) -> None:
        """An event about no case; sealed under the school's own key."""
        self._move(school, self._append(self.head(school), school, event, {}, None))

    def _append(
        self, head: Head, school: str, event: Event, told: dict[str, Any], box: Box | None
    ) -> Head:
        seq = head.seq + 1
        sealed = self._seal(school, seq, event, box)
        body = rfc8785.dumps(
            {
                "v": BODY_VERSION,
                "school": school,
                "seq": seq,
                "at": moment(event.at),
                "kind": event.kind.value,
                "case": told.get("case"),
                "ref": told.get("ref"),
                "codes": dict(event.codes),
                "status": told.get("status"),
                "version": told.get("version"),
                "state": told.get("state"),
                "sealed": hashlib.sha256(sealed).hexdigest() if sealed else None,
                "prev": head.hash,
            }
        )
        digest = hashlib.sha256(body).hexdigest()
        values = {
            "school": school,
            "seq": seq,
            "at": event.at,
            "kind": event.kind.value,
            "case_id": told.get("case"),
            "version": told.get("version"),
            "body": body,
            "sealed": sealed,
            "hash": digest,
        }
        self._connection.execute(_APPEND, values)
        return Head(seq, digest)

    def _seal(self, school: str, seq: int, event: Event, box: Box | None) -> bytes | None:
        if not event.actor and not event.texts:
            return None
        secret = {"actor": event.actor, "texts": dict(event.texts)}
        plain = json.dumps(secret, separators=(",", ":")).encode()
        row = entry_name(school, seq)
        return box.seal(row, plain) if box else self._vault.seal(school, row, plain)

    def _move(self, school: str, head: Head) -> None:
        values = self._head_values(school, head)
        self._connection.execute(_MOVE, {**values, "of": values.pop("school")})

    def _head_values(self, school: str, head: Head) -> dict[str, Any]:
        mac = self._vault.keyed_hash(school, "ledger_head", head_text(head.seq, head.hash))
        return {"school": school, "seq": head.seq, "hash": head.hash, "mac": mac}


def read_entry(row: Row[Any]) -> Entry:
    """What anyone may read of a stored entry. Raises Unreadable when it was tampered with."""
    body = _read_body(row.body)
    if body is None:
        raise Unreadable(entry_name(row.school, row.seq))
    return Entry(row.school, row.seq, row.at, row.kind, row.case_id, body["ref"], body["codes"])


def read_event(row: Row[Any], box: Box) -> Event:
    """The event as it was, opened with the case's key. Raises Unreadable."""
    secret: dict[str, Any] = {"actor": "", "texts": {}}
    if row.sealed is not None:
        secret = json.loads(box.open(entry_name(row.school, row.seq), row.sealed))
    codes = json.loads(row.body)["codes"]
    return Event(EventKind(row.kind), row.at, secret["actor"], codes, secret["texts"])


def entry_name(school: str, seq: int) -> str:
    return f"ledger:{school}:{seq}"


def head_text(seq: int, digest: str) -> str:
    return f"{seq}:{digest}"


def verify(connection: Connection, vault: Vault, school: str | None = None) -> Report:
    """Check every entry, head and case, of one school or of all, in one pass over each.

    It cannot see that a whole database was put back to an earlier state: compare the head with one
    noted elsewhere.
    """
    check = _Check(connection, vault, school)
    for part in (check.entries, check.heads, check.cases):
        try:
            part()
        except (TypeError, ValueError):
            check.faults.append(Fault(school or "", 0, f"unreadable_{part.__name__}"))
    return Report(check.entry_count, check.case_count, check.ends, tuple(check.faults))


class _Check:
    def __init__(self, connection: Connection, vault: Vault, school: str | None) -> None:
        self._connection = connection
        self._vault = vault
        self._school = school
        self.entry_count = 0
        self.case_count = 0
        self.ends: dict[str, Head] = {}
        self.faults: list[Fault] = []

    def entries(self) -> None:
        for row in self._stream(select(ledger).order_by(ledger.c.school, ledger.c.seq), ledger):
            before = self.ends.get(row.school, Head(0, GENESIS))
            self.faults += [Fault(row.school, row.seq, what) for what in _faults(row, before)]
            self.ends[row.school] = Head(row.seq, row.hash)
            self.entry_count += 1

    def heads(self) -> None:
        heads = {row.school: row for row in self._stream(select(ledger_heads), ledger_heads)}
        for school in sorted(self.ends.keys() | heads.keys()):
            end, head = self.ends.get(school, Head(0, GENESIS)), heads.get(school)
            if head is None or Head(head.seq, head.hash) != end:
                self.faults.append(Fault(school, end.seq, "head"))
            elif not self._agrees(school, "ledger_head", head_text(head.seq, head.hash), head.mac):
                self.faults.append(Fault(school, end.seq, "head_mac"))

    def cases(self) -> None:
        for row in self._stream(_CASES_WITH_LAST, cases):
            self.case_count += 1
            if row.last_body is None:
                self.faults.append(Fault(row.school, 0, "case_unrecorded", row.id))
            elif not self._is_as_recorded(row):
                self.faults.append(Fault(row.school, row.last_seq, "case_changed", row.id))
        for row in self._stream(_LOST_CASES, ledger):
            self.faults.append(Fault(row.school, row.last_seq, "case_missing", row.case_id))

    def _is_as_recorded(self, row: Row[Any]) -> bool:
        said = _read_body(row.last_body) or {}
        same = (said.get("version"), said.get("status")) == (row.version, row.status)
        text = state_text(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        return same and self._agrees(row.school, "case_state", text, str(said.get("state")))

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
    body = _read_body(row.body)
    if body is None:
        yield "body"
        return
    if body.get("prev") != before.hash:
        yield "prev"
    if body.get("sealed") != (row.sealed and hashlib.sha256(row.sealed).hexdigest()):
        yield "sealed"
    if [body.get(name) for name in _REPEATED] != _repeated(row):
        yield "columns"


def _read_body(text: bytes) -> dict[str, Any] | None:
    """None when it is not canonical, or not what we write at all."""
    try:
        body = json.loads(text)
        return body if isinstance(body, dict) and _is_canonical(body, text) else None
    except (ValueError, RecursionError):
        return None


def _repeated(row: Row[Any]) -> list[Any]:
    return [row.school, row.seq, moment(row.at), row.kind, row.case_id, row.version]


def _is_canonical(body: dict[str, Any], text: bytes) -> bool:
    """`json` writes such a body as RFC 8785 does, and five times as fast; else ask the latter."""
    quick = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return quick.encode("utf-8", "surrogatepass") == text or rfc8785.dumps(body) == text


def _about(case: Case) -> dict[str, Any]:
    return {"case": case.id, "ref": case.ref}
