"""The record of the demo, checked with the program's own check, and told in plain words."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.demo_tamper import Changed, NothingToChange, Tampering, restore, tamper
from bot.demo_words import Words
from handlers.desk import Desk
from storage.audit import Fault, Report

Json = dict[str, Any]
PATIENCE = 10.0
_OF_THE_END = frozenset({"head", "head_mac"})


@dataclass
class Record:
    """Checks the decision log, changes one row of the file behind its back, and puts it back.

    One row at a time is changed, whoever asks: `changed` says which.
    """

    desk: Desk
    file: Path
    words: Words
    changed: Changed | None = None
    report: Report | None = None
    checked_at: datetime | None = None
    _refs: dict[str, str] | None = None

    def __post_init__(self) -> None:
        self._busy = asyncio.Lock()

    async def check(self) -> str:
        """Run the program's own check of every entry and case. Raises StoreUnavailable."""
        self.report = await self.desk.store.read(lambda unit: unit.verify(), within=PATIENCE)
        self.checked_at = self.desk.clock()
        self._refs = await asyncio.to_thread(_references, self.file)
        return self._verdict(self.report)

    async def tamper(self, kind: Tampering) -> str:
        """Change a row, then check; says what came of it, or why it was not done."""
        async with self._busy:
            if self.changed is not None:
                return self.words.say("record", "tampered_already")
            try:
                self.changed = await asyncio.to_thread(tamper, self.file, kind)
            except NothingToChange:
                return self.words.say("record", "kinds", kind, "none")
            except sqlite3.OperationalError:
                return self.words.say("record", "busy")
            return f"{self.words.say('record', 'caught')} {await self.check()}"

    async def restore(self) -> str:
        """Put the changed row back, then check; says what came of it."""
        async with self._busy:
            if self.changed is None:
                return self.words.say("record", "nothing_to_restore")
            try:
                done = await asyncio.to_thread(restore, self.file, self.changed)
            except sqlite3.OperationalError:
                return self.words.say("record", "busy")
            self.changed = None
            said = self.words.say("record", "restored" if done else "not_restored")
            return f"{said} {await self.check()}"

    def draw(self) -> Json:
        """What was found and what can be done, for the page."""
        kinds = [
            {"id": str(kind), "name": self._of(kind, "name"), "says": self._of(kind, "says")}
            for kind in Tampering
        ]
        changed = self._deed(self.changed) if self.changed else None
        return {"kinds": kinds, "changed": changed, "check": self._draw_check()}

    def caught(self) -> frozenset[tuple[str, str]]:
        """The rows that the last check found wrong, as (table, id)."""
        faults = self.report.faults if self.report else ()
        entries = {("ledger", f"{f.school}:{f.seq}") for f in faults if f.case_id is None}
        return frozenset(entries | {("cases", f.case_id) for f in faults if f.case_id})

    def _draw_check(self) -> Json | None:
        if self.report is None or self.checked_at is None:
            return None
        return {
            "sound": not self.report.faults,
            "at": self.checked_at.isoformat(timespec="seconds"),
            "says": self._verdict(self.report),
            "faults": [self._draw_fault(fault) for fault in self.report.faults],
        }

    def _draw_fault(self, fault: Fault) -> Json:
        says = self.words.say("record", "faults", fault.what)
        return {"where": self._where(fault), "says": says, "code": fault.what}

    def _where(self, fault: Fault) -> str:
        if fault.case_id is not None:
            ref = (self._refs or {}).get(fault.case_id, fault.case_id)
            return self.words.say("record", "where_case", ref=ref)
        if fault.what in _OF_THE_END:
            return self.words.say("record", "where_end")
        name = "where_entry" if fault.seq else "where_log"
        return self.words.say("record", name, seq=fault.seq)

    def _verdict(self, report: Report) -> str:
        counts = {
            "entries": self.words.count("record", "lines", report.entries),
            "cases": self.words.count("record", "cases", report.cases),
        }
        if not report.faults:
            return self.words.say("record", "sound", **counts)
        return self.words.count("record", "unsound", len(report.faults), **counts)

    def _deed(self, changed: Changed) -> str:
        told = dict(changed.told)
        for name in ("before", "after"):
            if name in told:
                told[name] = self.words.say("record", "codes", told[name])
        return self.words.say("record", "kinds", changed.kind, "done", **told)

    def _of(self, kind: Tampering, name: str) -> str:
        return self.words.say("record", "kinds", kind, name)


def _references(file: Path) -> dict[str, str]:
    """Which case has which reference, read past the program: the log itself may be broken."""
    look = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return dict(look.execute("SELECT id, ref FROM cases"))
    finally:
        look.close()
