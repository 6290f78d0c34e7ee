"""Messages to be sent: put once by key, claimed under a lease, done, tried again or buried.

Effects in the database happen exactly once; messages at least once: a row whose worker went silent
is claimed again marked `doubt`, and the next worker looks before it sends.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)

from storage.errors import NONSENSE, KeyMissing, Unreadable
from storage.sql import insert_new
from storage.tables import outbox
from storage.vault import Vault


class Verb(StrEnum):
    SEND = "send"
    UPDATE = "update"


class State(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    SKIPPED = "skipped"
    BURIED = "buried"


UNREADABLE = "unreadable"
POSTED = "posted"
"""What a message is hashed for, so that its row is found."""
RANKS = {"now": 0, "high": 1, "normal": 2}
"""Of several messages that are due, the more urgent goes first."""
_URGENCIES = {rank: name for name, rank in RANKS.items()}
_BESIDE = (
    "key",
    "school",
    "case_id",
    "event",
    "audience",
    "template",
    "verb",
    "needs",
    "route",
    "payload",
)
"""The columns that `sealed` opens beside; never change this list."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message to be. `key` and `payload` hold ids and codes only; `target`, `place` and `ref` are
    sealed at rest, beside what says to whom it goes and what it says, so that nobody without the
    school's key can put a row or turn one elsewhere: such a row reads as `unreadable`.

    A claimed row carries its `lease`, which whoever reports on it must still hold.
    """

    key: str
    school: str
    due_at: datetime
    template: str = ""
    audience: str = ""
    event: str = ""
    case_id: str | None = None
    verb: str = Verb.SEND
    urgency: str = "normal"
    needs: str | None = None
    route: str | None = None
    target: str | None = None
    place: str | None = None
    ref: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    state: str = State.PENDING
    attempts: int = 0
    lease: str | None = None
    lease_until: datetime | None = None
    not_before: datetime | None = None
    last_error: str | None = None
    doubt: bool = False
    sent_at: datetime | None = None


_PUT = insert_new(outbox)
_need = outbox.alias("need")
_waits = and_(outbox.c.needs.is_not(None), _need.c.key == outbox.c.needs)
_pending = outbox.c.state == State.PENDING
_need_done = or_(outbox.c.needs.is_(None), exists().where(_waits, _need.c.state == State.DONE))
_held = exists().where(_waits, _need.c.state.in_((State.PENDING, State.CLAIMED)))
_free = and_(_pending, ~_held)
_rested = or_(outbox.c.not_before.is_(None), outbox.c.not_before <= bindparam("real"))
_abandoned = and_(outbox.c.state == State.CLAIMED, outbox.c.lease_until <= bindparam("real"))
_ready = and_(_pending, outbox.c.due_at <= bindparam("now"), _rested, _need_done)

_picked = (
    select(outbox.c.key)
    .where(or_(_ready, _abandoned))
    .order_by(outbox.c.rank, outbox.c.due_at, outbox.c.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=outbox)
    .cte("picked")
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.key.in_(select(_picked.c.key)))
    .values(
        state=State.CLAIMED,
        lease=bindparam("token"),
        lease_until=bindparam("until"),
        attempts=outbox.c.attempts + 1,
        doubt=or_(outbox.c.doubt, outbox.c.state == State.CLAIMED),
    )
    .returning(outbox)
)
_ORPHANED = (
    select(outbox.c.key, _need.c.state)
    .where(_pending, outbox.c.due_at <= bindparam("now"), _waits)
    .where(_need.c.state.in_((State.BURIED, State.SKIPPED)))
)


class Outbox:
    """The outbox within one transaction. `clock` is the real time, which leases are read on."""

    def __init__(self, connection: Connection, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._vault = vault
        self._clock = clock
        self.put_any = False

    def put(self, row: OutboxRow) -> bool:
        """Add a row; False when its key is there already. `needs` must name a row put before."""
        done = self._connection.execute(_PUT, self._values(row)).rowcount == 1
        self.put_any = self.put_any or done
        return done

    def claim(
        self, worker: str, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[OutboxRow]:
        """Rows to work on, most urgent first, held for `lease` of real time.

        `now` is read against `due_at` alone. A row waits until the row it `needs` is done, and is
        buried or skipped with it. One whose lease ran out comes again, with `doubt`; one that was
        tampered with is buried.
        """
        self._follow_needs(now)
        real = self._clock()
        token = f"{worker}:{secrets.token_hex(8)}"
        values = {"now": now, "real": real, "most": limit, "token": token, "until": real + lease}
        claimed = self._claimed(values)
        for row in claimed:
            if row.last_error == UNREADABLE:
                self.bury(row, UNREADABLE)
        sound = [row for row in claimed if row.last_error != UNREADABLE]
        return sorted(sound, key=lambda r: (RANKS[r.urgency], r.due_at, r.key))

    def done(self, row: OutboxRow, place: str | None, ref: str | None) -> bool:
        """The message is out: remember where. False, changing nothing, when the lease is lost."""
        return self._settle(
            row,
            state=State.DONE,
            sealed=self._seal(row, row.target, place, ref),
            posted_hash=self._posted_hash(row.school, place, ref),
            sent_at=self._clock(),
        )

    def skip(self, row: OutboxRow, code: str) -> bool:
        """What it was for no longer holds. False when the lease is lost."""
        return self._settle(row, state=State.SKIPPED, last_error=code)

    def bury(self, row: OutboxRow, code: str) -> bool:
        """It will never go by itself: kept for a person to see. False when the lease is lost."""
        return self._settle(row, state=State.BURIED, last_error=code)

    def retry(
        self, row: OutboxRow, not_before: datetime, code: str, *, doubt: bool = False
    ) -> bool:
        """Try again, not before a moment of real time; once in doubt, always in doubt.

        False when the lease is lost.
        """
        return self._settle(
            row,
            state=State.PENDING,
            not_before=not_before,
            last_error=code,
            doubt=row.doubt or doubt,
        )

    def hasten(self, key: str, due_at: datetime) -> bool:
        """Bring a pending row forward; False when it is not pending, or due before that anyway."""
        later = update(outbox).where(outbox.c.key == key, _pending, outbox.c.due_at > due_at)
        moved = self._connection.execute(later.values(due_at=due_at))
        self.put_any = self.put_any or moved.rowcount > 0
        return moved.rowcount == 1

    def revive(self, key: str | None = None) -> int:
        """Give a buried row, or all of them, another life, with those that went down with it."""
        wanted = outbox.c.state == State.BURIED
        if key is not None:
            wanted = and_(wanted, outbox.c.key.in_(self._went_down_with(key)))
        raised = self._connection.execute(
            update(outbox)
            .where(wanted)
            .values(state=State.PENDING, attempts=0, not_before=None, lease=None, lease_until=None)
        )
        self.put_any = self.put_any or raised.rowcount > 0
        return raised.rowcount

    def next_due(self, now: datetime | None = None) -> datetime | None:
        """When, on the clock of `now`, a claim may next find something; None: not by itself."""
        real = self._clock()
        now = now or real
        rested = or_(outbox.c.not_before.is_(None), outbox.c.not_before <= real)
        due = self._earliest(outbox.c.due_at, _free, rested)
        rest = self._earliest(outbox.c.not_before, _free, outbox.c.not_before > real)
        lease = self._earliest(outbox.c.lease_until, outbox.c.state == State.CLAIMED)
        moments = [due] if due else []
        moments += [now + max(at - real, timedelta()) for at in (rest, lease) if at]
        return min(moments, default=None)

    def listing(self, state: State, limit: int = 50) -> list[OutboxRow]:
        """Rows in a state, the earliest due first."""
        return self._rows(outbox.c.state == state, limit)

    def posted(self, case_id: str) -> list[OutboxRow]:
        """Every row of a case, the earliest due first; those done say where the message is."""
        return self._rows(outbox.c.case_id == case_id, None)

    def _earliest(
        self, column: ColumnElement[datetime | None], *wanted: ColumnElement[bool]
    ) -> datetime | None:
        query = select(column).where(*wanted).order_by(column).limit(1)
        return self._connection.execute(query).scalar()

    def _claimed(self, values: Mapping[str, Any]) -> list[OutboxRow]:
        claimed = self._connection.execute(_CLAIM, values)
        try:
            return [self._row(row) for row in claimed.all()]
        except NONSENSE:
            return self._rows(outbox.c.lease == values["token"], None)

    def _rows(self, wanted: ColumnElement[bool], limit: int | None) -> list[OutboxRow]:
        query = select(outbox).where(wanted).order_by(outbox.c.due_at, outbox.c.key).limit(limit)
        try:
            return [self._row(row) for row in self._connection.execute(query).all()]
        except NONSENSE:  # one row spoils them all: ask for each by itself
            keys = self._connection.execute(query.with_only_columns(outbox.c.key)).scalars().all()
            return [self._by_itself(key) for key in keys]

    def _by_itself(self, key: str) -> OutboxRow:
        """A row, or what can be told of one that holds nonsense."""
        itself = outbox.c.key == key
        try:
            return self._row(self._connection.execute(select(outbox).where(itself)).one())
        except NONSENSE:
            plain = select(outbox.c.school, outbox.c.state, outbox.c.lease).where(itself)
            school, state, lease = self._connection.execute(plain).one()
            return OutboxRow(
                key, school, self._clock(), state=state, lease=lease, last_error=UNREADABLE
            )

    def _settle(self, row: OutboxRow, **values: Any) -> bool:
        mine = and_(
            outbox.c.key == row.key,
            outbox.c.state == State.CLAIMED,
            outbox.c.lease == row.lease,
        )
        settled = self._connection.execute(
            update(outbox).where(mine).values(lease=None, lease_until=None, **values)
        )
        return settled.rowcount == 1

    def _follow_needs(self, now: datetime) -> None:
        while orphans := self._connection.execute(_ORPHANED, {"now": now}).all():
            for key, state in orphans:
                self._connection.execute(
                    update(outbox)
                    .where(outbox.c.key == key, _pending)
                    .values(state=state, last_error=f"needs_{state}")
                )

    def _went_down_with(self, key: str) -> set[str]:
        keys, newest = {key}, {key}
        while newest:
            needing = select(outbox.c.key).where(
                outbox.c.needs.in_(newest), outbox.c.last_error == "needs_buried"
            )
            newest = set(self._connection.execute(needing).scalars()) - keys
            keys |= newest
        return keys

    def _values(self, row: OutboxRow) -> dict[str, Any]:
        return {
            "key": row.key,
            "school": row.school,
            "case_id": row.case_id,
            "event": str(row.event),
            "audience": str(row.audience),
            "template": row.template,
            "verb": str(row.verb),
            "rank": RANKS[row.urgency],
            "due_at": row.due_at,
            "needs": row.needs,
            "route": row.route,
            "payload": dict(row.payload),
            "sealed": self._seal(row, row.target, row.place, row.ref),
            "state": str(row.state),
            "attempts": row.attempts,
            "lease": None,
            "lease_until": None,
            "not_before": row.not_before,
            "last_error": row.last_error,
            "doubt": row.doubt,
            "sent_at": row.sent_at,
            "posted_hash": self._posted_hash(row.school, row.place, row.ref),
        }

    def _row(self, row: Row[Any]) -> OutboxRow:
        last_error = row.last_error
        try:
            target, place, ref = self._open(row)
        except (KeyMissing, Unreadable):
            target, place, ref, last_error = None, None, None, UNREADABLE
        return OutboxRow(
            key=row.key,
            school=row.school,
            due_at=row.due_at,
            template=row.template,
            audience=row.audience,
            event=row.event,
            case_id=row.case_id,
            verb=Verb(row.verb),
            urgency=_URGENCIES[row.rank],
            needs=row.needs,
            route=row.route,
            target=target,
            place=place,
            ref=ref,
            payload=row.payload,
            state=State(row.state),
            attempts=row.attempts,
            lease=row.lease,
            lease_until=row.lease_until,
            not_before=row.not_before,
            last_error=last_error,
            doubt=row.doubt,
            sent_at=row.sent_at,
        )

    def _posted_hash(self, school: str, place: str | None, ref: str | None) -> str | None:
        known = place is not None and ref is not None
        return self._vault.keyed_hash(school, POSTED, f"{place} {ref}") if known else None

    def _seal(self, row: OutboxRow, *parts: str | None) -> bytes:
        plain = json.dumps(parts).encode()
        return self._vault.seal(row.school, f"outbox:{row.key}", plain, beside(row))

    def _open(self, row: Row[Any]) -> list[str | None]:
        name = f"outbox:{row.key}"
        if row.sealed is None:
            raise Unreadable(name)
        plain = self._vault.open(row.school, name, row.sealed, beside(row))
        parts: list[str | None] = json.loads(plain)
        return parts


def beside(row: OutboxRow | Row[Any]) -> str:
    """What says to whom a message goes and what it says, as one text, always the same."""
    parts = [getattr(row, name) for name in _BESIDE]
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), default=dict)
