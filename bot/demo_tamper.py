"""Somebody changes the demo's file behind the program's back; and it is put back to the letter.

It is done as an attacker would who holds the file but not the keys: with SQL alone, past the
program, the ledger's guards taken off and put on again in the same transaction.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import rfc8785

PATIENCE = 5.0
"""Seconds to wait for whoever writes just now."""
OPPOSITE = {"share": "do_not_share", "share_limited": "do_not_share", "do_not_share": "share"}

_DECIDED = "SELECT * FROM cases WHERE decision IS NOT NULL ORDER BY changed_at DESC LIMIT 1"
_SAYING = """SELECT * FROM ledger WHERE case_id IS NOT NULL AND kind IN ('recorded', 'decided')
    ORDER BY seq DESC LIMIT 1"""
_GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'"
_CHANGE_CASE = "UPDATE cases SET decision = :new WHERE id = :id AND decision = :old"
_CHANGE_ENTRY = """UPDATE ledger SET body = :new, hash = :new_hash
    WHERE school = :school AND seq = :seq AND body = :old"""
_DELETE_ENTRY = "DELETE FROM ledger WHERE school = :school AND seq = :seq"


class Tampering(StrEnum):
    CHANGE_CASE = "change_case"
    CHANGE_ENTRY = "change_entry"
    DELETE_ENTRY = "delete_entry"


class NothingToChange(Exception):
    """Raised when there is no row yet of the kind that is to be changed."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What was changed, and the one statement that puts it back. `told` has codes and ids only."""

    kind: Tampering
    told: Mapping[str, Any]
    undo: str
    values: Mapping[str, Any] = field(repr=False)


def tamper(file: Path, kind: Tampering) -> Changed:
    """Change or delete the newest row of its kind.

    Raises NothingToChange, or sqlite3.OperationalError when the file is locked for long.
    """
    act = {
        Tampering.CHANGE_CASE: _change_case,
        Tampering.CHANGE_ENTRY: _change_entry,
        Tampering.DELETE_ENTRY: _delete_entry,
    }[kind]
    with _past_the_program(file) as database:
        return act(database)


def restore(file: Path, changed: Changed) -> bool:
    """Put the row back as it was; False when it is not any more as it was left.

    Raises sqlite3.OperationalError when the file is locked for long.
    """
    with _past_the_program(file) as database:
        try:
            return database.execute(changed.undo, dict(changed.values)).rowcount == 1
        except sqlite3.IntegrityError:
            return False


@contextlib.contextmanager
def _past_the_program(file: Path) -> Iterator[sqlite3.Connection]:
    """A transaction without the ledger's guards, which are there again when it ends."""
    url = f"file:{file}?mode=rw"
    with contextlib.closing(
        sqlite3.connect(url, uri=True, timeout=PATIENCE, isolation_level=None)
    ) as database:
        database.row_factory = sqlite3.Row
        database.execute("BEGIN IMMEDIATE")
        try:
            guards = database.execute(_GUARDS).fetchall()
            for guard in guards:
                database.execute(f'DROP TRIGGER "{guard["name"]}"')
            yield database
            for guard in guards:
                database.execute(guard["sql"])
            database.execute("COMMIT")
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")


def _change_case(database: sqlite3.Connection) -> Changed:
    case = _newest(database, _DECIDED)
    before, after = case["decision"], OPPOSITE.get(case["decision"], "share")
    database.execute(_CHANGE_CASE, {"id": case["id"], "old": before, "new": after})
    told = {"ref": case["ref"], "case": case["id"], "before": before, "after": after}
    values = {"id": case["id"], "old": after, "new": before}
    return Changed(Tampering.CHANGE_CASE, told, _CHANGE_CASE, values)


def _change_entry(database: sqlite3.Connection) -> Changed:
    entry = _newest(database, _SAYING)
    body = json.loads(entry["body"])
    before = body["codes"]["outcome"]
    after = OPPOSITE.get(before, "share")
    forged = rfc8785.dumps({**body, "codes": {**body["codes"], "outcome": after}})
    where = {"school": entry["school"], "seq": entry["seq"]}
    digest = hashlib.sha256(forged).hexdigest()
    new = {"new": forged, "new_hash": digest, "old": entry["body"]}
    database.execute(_CHANGE_ENTRY, where | new)
    told = {"seq": entry["seq"], "ref": body["ref"], "before": before, "after": after}
    values = {"new": entry["body"], "new_hash": entry["hash"], "old": forged}
    return Changed(Tampering.CHANGE_ENTRY, told, _CHANGE_ENTRY, where | values)


def _delete_entry(database: sqlite3.Connection) -> Changed:
    entry = dict(_newest(database, _SAYING))
    database.execute(_DELETE_ENTRY, {"school": entry["school"], "seq": entry["seq"]})
    told = {"seq": entry["seq"], "ref": json.loads(entry["body"])["ref"]}
    gaps = ", ".join(f":{name}" for name in entry)
    insert = f"INSERT INTO ledger ({', '.join(entry)}) VALUES ({gaps})"  # noqa: S608 - our columns
    return Changed(Tampering.DELETE_ENTRY, told, insert, entry)


def _newest(database: sqlite3.Connection, query: str) -> sqlite3.Row:
    row: sqlite3.Row | None = database.execute(query).fetchone()
    if row is None:
        raise NothingToChange
    return row
