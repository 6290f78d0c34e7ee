"""The decision log: one chain of entries per school, never changed, that can be checked.

An entry's body is RFC 8785 canonical text of {v, school, seq, at, kind, case, ref, codes, status,
version, state, sealed, prev}; its hash is SHA-256 of the body, and `prev` the hash before it. Who
did it and what they wrote is sealed; the body holds the ciphertext's SHA-256, so that a destroyed
key leaves the chain whole. `state` is a keyed hash of the case's row after the last of its events.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    insert,
    select,
    update,
)

from bot.case import Case, Event, EventKind
from storage.errors import Unreadable
from storage.records import moment
from storage.sql import insert_new
from storage.tables import ledger, ledger_heads
from storage.vault import Box, Vault

BODY_VERSION = 1
GENESIS = "0" * 64
HEAD = "ledger_head"
UNVOUCHED = ""
"""The `mac` of a head that follows from one we did not write."""

_HEAD = select(ledger_heads).where(ledger_heads.c.school == bindparam("school")).with_for_update()
_BEGIN = insert_new(ledger_heads)
_END = (
    select(ledger.c.seq, ledger.c.hash)
    .where(ledger.c.school == bindparam("school"))
    .order_by(ledger.c.seq.desc())
    .limit(1)
)
_APPEND = insert(ledger)
_MOVE = (
    update(ledger_heads)
    .where(ledger_heads.c.school == bindparam("of"))
    .values(seq=bindparam("seq"), hash=bindparam("hash"), mac=bindparam("mac"))
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


class Ledger:
    """Appends to the chains within one transaction; a school's head stays locked until it ends."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._unvouched: set[str] = set()

    def head(self, school: str) -> Head:
        """Lock the school's chain and say where it ends.

        After a head that we did not write the chain goes on where its entries end, so that nothing
        is left unrecorded; but it is not vouched for any more, and `verify` keeps saying so.
        """
        found = self._connection.execute(_HEAD, {"school": school}).first() or self._begin(school)
        head = Head(found.seq, found.hash)
        if self._is_ours(school, head, found.mac):
            return head
        self._unvouched.add(school)
        return self._end(school)

    def _begin(self, school: str) -> Row[Any]:
        self._connection.execute(_BEGIN, self._head_values(school, Head(0, GENESIS)))
        return self._connection.execute(_HEAD, {"school": school}).one()

    def _is_ours(self, school: str, head: Head, mac: str) -> bool:
        made_with_key = self._vault.agrees(school, HEAD, head_text(head.seq, head.hash), mac)
        return made_with_key and (head.seq > 0 or self._end(school) == head)

    def _end(self, school: str) -> Head:
        last = self._connection.execute(_END, {"school": school}).first()
        return Head(last.seq, last.hash) if last else Head(0, GENESIS)

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
        mac = UNVOUCHED
        if school not in self._unvouched:
            mac = self._vault.keyed_hash(school, HEAD, head_text(head.seq, head.hash))
        return {"school": school, "seq": head.seq, "hash": head.hash, "mac": mac}


def read_entry(row: Row[Any]) -> Entry:
    """What anyone may read of a stored entry. Raises Unreadable when it was tampered with."""
    body = read_body(row.body)
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


def read_body(text: bytes) -> dict[str, Any] | None:
    """None when it is not canonical, or not what we write at all."""
    try:
        body = json.loads(text)
        return body if isinstance(body, dict) and is_canonical(body, text) else None
    except (ValueError, RecursionError):
        return None


def is_canonical(body: dict[str, Any], text: bytes) -> bool:
    """`json` writes such a body as RFC 8785 does, and five times as fast; else ask the latter."""
    quick = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return quick.encode("utf-8", "surrogatepass") == text or rfc8785.dumps(body) == text


def _about(case: Case) -> dict[str, Any]:
    return {"case": case.id, "ref": case.ref}
