"""Behind the scenes of the demo: the rows as they lie in the file, read past the program."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

SHOWN = 40
_CASES = "SELECT * FROM cases ORDER BY changed_at DESC LIMIT ?"
_LEDGER = "SELECT * FROM ledger ORDER BY school, seq DESC LIMIT ?"
_OUTBOX = "SELECT * FROM outbox ORDER BY coalesce(sent_at, due_at) DESC, key LIMIT ?"
_REFS = "SELECT id, ref FROM cases"


class Panel:
    """What the page shows of a SQLite file: cases, ledger and outbox, oldest first."""

    def __init__(self) -> None:
        self.file: Path | None = None

    async def read(self) -> dict[str, Any]:
        """The newest rows of each, as flat dictionaries; nothing before the file is there."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> dict[str, Any]:
        if self.file is None or not self.file.is_file():
            return {"cases": [], "ledger": [], "outbox": []}
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as look:
            look.row_factory = sqlite3.Row
            refs = {row["id"]: row["ref"] for row in look.execute(_REFS)}
            rows = {name: look.execute(sql, (SHOWN,)).fetchall()[::-1] for name, sql in _ALL}
        return {
            "cases": [_case(row) for row in rows["cases"]],
            "ledger": [_entry(row) for row in rows["ledger"]],
            "outbox": [_message(row, refs) for row in rows["outbox"]],
        }


_ALL = (("cases", _CASES), ("ledger", _LEDGER), ("outbox", _OUTBOX))


def _case(row: sqlite3.Row) -> dict[str, Any]:
    advice = json.loads(row["advice"])
    return {
        "reference": row["ref"],
        "status": row["status"],
        "urgency": row["urgency"],
        "advised": f"{row['outcome']} (row {advice['row']})",
        "decided": row["decision"],
        "route": row["route"],
        "answers": _listed(row["answers"]) or "encrypted: this one is restricted",
        "conditions": ", ".join(advice["conditions"]),
        "version": row["version"],
        "encrypted": row["sealed"].hex() if row["sealed"] else None,
    }


def _entry(row: sqlite3.Row) -> dict[str, Any]:
    body = json.loads(row["body"])
    return {
        "entry": row["seq"],
        "what": f"{row['seq']}. {row['kind']}",
        "case": body.get("ref"),
        "says": ", ".join(f"{name} {value}" for name, value in body.get("codes", {}).items()),
        "at": row["at"],
        "follows": body.get("prev"),
        "hash": row["hash"],
        "encrypted": row["sealed"].hex() if row["sealed"] else None,
    }


def _message(row: sqlite3.Row, refs: dict[str, str]) -> dict[str, Any]:
    return {
        "key": row["key"],
        "what": f"{row['template']} ({row['verb']})",
        "state": row["state"],
        "about": refs.get(row["case_id"], ""),
        "for": row["audience"],
        "because": row["event"],
        "due": row["due_at"],
        "sent": row["sent_at"],
        "tries": row["attempts"],
        "problem": row["last_error"],
    }


def _listed(text: str | None) -> str:
    return ", ".join(f"{q} {a}" for q, a in json.loads(text or "{}").items())
