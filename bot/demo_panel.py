"""Behind the scenes of the demo: the rows as they lie in the file, and what the keys open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.demo_clock import PretendClock
from bot.demo_sealed import Opener
from bot.demo_words import Words
from bot.people import School
from storage.database import Database
from storage.errors import NONSENSE, StorageError
from storage.ledger import read_body
from storage.outbox import State
from storage.tables import case_keys, cases, ledger, outbox
from storage.vault import Vault

Json = dict[str, Any]
Caught = frozenset[tuple[str, str]]
"""Rows, as (table, id)."""

SHOWN = 40
READERS = 3
_RESTRICTED = "restricted"
_GOOD = frozenset({"decided", "closed", "share", "done"})
_BAD = frozenset({"buried", "now", "do_not_share", "reason_due", "caught"})

_CASES = select(cases).order_by(cases.c.changed_at.desc(), cases.c.id).limit(SHOWN)
_LEDGER = select(ledger).order_by(ledger.c.seq.desc(), ledger.c.school).limit(SHOWN)
_NEWEST = func.coalesce(outbox.c.sent_at, outbox.c.due_at).desc()
_OUTBOX = select(outbox).order_by(_NEWEST, outbox.c.key).limit(SHOWN)
_REFS = select(cases.c.id, cases.c.ref)
_KEYS = select(case_keys)
_STATES = select(outbox.c.key, outbox.c.state)
_WAITING = select(func.count()).where(outbox.c.state == State.PENDING, outbox.c.attempts > 0)
_BURIED = select(func.count()).where(outbox.c.state == State.BURIED)


class Panel:
    """What the page shows of a SQLite file: cases, ledger and outbox, oldest first."""

    def __init__(
        self, url: str, vault: Vault, school: School, words: Words, clock: PretendClock
    ) -> None:
        self._database = Database(url, writers=1, readers=READERS)
        self._database.check()
        self._opener = Opener(vault, school, words)
        self._school = school
        self._words = words
        self._clock = clock
        self._last: Json = {"cases": [], "ledger": [], "outbox": [], "delivery": ""}

    async def read(self, caught: Caught) -> Json:
        """The newest rows of each, and how delivery goes; the last ones seen if they cannot be.

        Those in `caught`, which the last check found wrong, are marked.
        """
        return await asyncio.to_thread(self._read, caught)

    def close(self) -> None:
        self._database.dispose()

    def _read(self, caught: Caught) -> Json:
        try:
            with self._database.reading() as look:
                shown = self._last = self._look(look, caught)
        except (StorageError, SQLAlchemyError, *NONSENSE):
            return self._last
        return shown

    def _look(self, look: Connection, caught: Caught) -> Json:
        keys = {row.case_id: row for row in look.execute(_KEYS)}
        refs: dict[str, str] = {row.id: row.ref for row in look.execute(_REFS)}
        states: dict[str, str] = {row.key: row.state for row in look.execute(_STATES)}
        found = {name: look.execute(query).all()[::-1] for name, query in _ALL}
        waiting, buried = look.scalar(_WAITING) or 0, look.scalar(_BURIED) or 0
        return {
            "cases": [
                _mark(self._case(row, keys.get(row.id)), caught=("cases", row.id) in caught)
                for row in found["cases"]
            ],
            "ledger": [
                _mark(
                    self._entry(row, keys.get(row.case_id)),
                    caught=("ledger", _place(row)) in caught,
                )
                for row in found["ledger"]
            ],
            "outbox": [self._message(row, refs, states) for row in found["outbox"]],
            "delivery": self._delivery(waiting, buried),
        }

    def _delivery(self, waiting: int, buried: int) -> str:
        said = []
        if waiting:
            said.append(self._words.count("delivery", "waiting", waiting))
        if buried:
            said.append(self._words.count("delivery", "buried", buried))
        return " ".join(said) or self._words.say("delivery", "quiet")

    def _case(self, row: Row[Any], key: Row[Any] | None) -> Json:
        says = self._words.say("cases", self._standing(row), post=self._post(row.route))
        if row.restricted:
            says = f"{says} {self._words.say('cases', _RESTRICTED)}"
        restricted = [_RESTRICTED] if row.restricted else []
        return {
            "id": row.ref,
            "title": row.ref,
            "marks": _marks(row.status, row.urgency, *restricted),
            "says": says,
            "fields": {
                "advised": f"{row.outcome} (row {row.advice['row']})",
                "decided": row.decision,
                "route": row.route,
                "answers": _listed(row.answers),
                "conditions": ", ".join(row.advice["conditions"]),
                "asked at": _moment(row.created_at),
                "version": row.version,
            },
            "sealed": self._opener.open_case(row, key),
        }

    def _standing(self, row: Row[Any]) -> str:
        advised = row.status == "decided" and row.course
        return f"decided_{row.course}" if advised else str(row.status)

    def _entry(self, row: Row[Any], key: Row[Any] | None) -> Json:
        body = read_body(row.body) or {}
        return {
            "id": _place(row),
            "title": f"{row.seq}. {row.kind.replace('_', ' ')}",
            "marks": _marks(),
            "says": self._words.say("ledger", row.kind),
            "fields": {
                "case": body.get("ref"),
                "says": ", ".join(f"{name} {value}" for name, value in _codes(body).items()),
                "at": _moment(row.at),
                "follows": body.get("prev"),
                "its seal": row.hash,
            },
            "sealed": self._opener.open_entry(row, key),
        }

    def _message(self, row: Row[Any], refs: Mapping[str, str], states: Mapping[str, str]) -> Json:
        sent = self._clock.pretend(row.sent_at) if row.sent_at else None
        again = self._clock.pretend(row.not_before) if row.not_before else None
        pending = row.state == State.PENDING
        return {
            "id": row.key,
            "title": row.template.replace("_", " "),
            "marks": _marks(row.state),
            "says": self._words.say("outbox", "redrawn" if row.verb == "update" else row.template),
            "fields": {
                "about": refs.get(row.case_id or "", ""),
                "now": self._state(row, states),
                "problem": self._problem(row),
                "due": _moment(row.due_at),
                "tried again": _moment(again) if pending else None,
                "sent": _moment(sent),
                "tries": row.attempts or None,
            },
            "sealed": self._opener.open_message(row),
        }

    def _state(self, row: Row[Any], states: Mapping[str, str]) -> str:
        tries = self._words.count("states", "tries", row.attempts)
        name = str(row.state)
        if row.state == State.PENDING and row.attempts:
            name = "resting"
        elif row.state == State.PENDING and states.get(row.needs or "") in _UNDER_WAY:
            name = "held"
        elif row.state == State.DONE and row.doubt:
            name = "done_after_doubt"
        elif row.state == State.DONE and row.attempts > 1:
            name = "done_after_tries"
        return self._words.say("states", name, tries=tries)

    def _problem(self, row: Row[Any]) -> str | None:
        if not row.last_error or row.state == State.DONE:
            return None
        return self._words.say("problems", row.last_error)

    def _post(self, route: str) -> str:
        known = self._school.routes.get(route)
        return known.post if known else route


_ALL = (("cases", _CASES), ("ledger", _LEDGER), ("outbox", _OUTBOX))
_UNDER_WAY = frozenset({State.PENDING, State.CLAIMED})


def _mark(shown: Json, *, caught: bool) -> Json:
    return shown | {"marks": [*_marks("caught"), *shown["marks"]]} if caught else shown


def _marks(*texts: str) -> list[Json]:
    return [{"text": text, "mood": _mood(text)} for text in texts]


def _place(row: Row[Any]) -> str:
    """Where an entry stands in the log of its school."""
    return f"{row.school}:{row.seq}"


def _mood(text: str) -> str:
    return "good" if text in _GOOD else "bad" if text in _BAD else "even"


def _codes(body: Mapping[str, Any] | RowMapping) -> Mapping[str, Any]:
    return {name: value for name, value in body.get("codes", {}).items() if name != "pack"}


def _listed(answers: Mapping[str, str] | None) -> str:
    return ", ".join(f"{question} {answer}" for question, answer in (answers or {}).items())


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
