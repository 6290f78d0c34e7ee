"""Cases as they are looked for: by id, by reference, in the lists that a person may see; counted.

A list shows nothing of others' and nothing restricted: the database leaves it out, so that it is
not counted either.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy import case as when

from bot.case import Case, Outcome, Status
from bot.life import OPEN
from bot.refusals import UnknownCase
from storage.errors import NONSENSE, ContentDestroyed, KeyMissing, Unreadable
from storage.outbox import Outbox
from storage.records import CaseCount, case_name, read_case, read_count
from storage.tables import case_keys, cases, ledger, outbox
from storage.vault import Box, Vault, WrappedKey

log = logging.getLogger("sharecheck.storage")


class Listed(StrEnum):
    """The lists that a person may see: of their own cases, and of the routes they review."""

    TODO = "todo"
    """One's own, where it is one's own turn; most urgent, then oldest, first."""
    MINE = "mine"
    """All of one's own, newest first."""
    WAITING = "waiting"
    """Waiting for a reviewer, most urgent, then oldest, first."""
    ASKED = "asked"
    """With the requester, who was asked something; most urgent, then oldest, first."""
    OPEN = "open"
    """The two together."""
    DUE = "due"
    """Decided or ended, and not yet reported or filed; oldest first."""
    RECENT = "recent"
    """Everything on the routes, changed last first."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a person of a school under every id they go by, and what they may see now.

    `outside`: the routes whose cases, left with somebody outside the school, they may record.
    `kept`: other routes whose cases, when they are over, they see into the child's own file.
    """

    school: str
    ids: frozenset[str]
    routes: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list: its cases, how many more could not be opened, and if another follows."""

    cases: list[Case]
    lost: int
    more: bool


_WITH_KEY = select(cases, case_keys.c.number, case_keys.c.wrapped).outerjoin(
    case_keys, case_keys.c.case_id == cases.c.id
)
_BY_ID = _WITH_KEY.where(cases.c.id == bindparam("id"))
_BY_REF = _WITH_KEY.where(cases.c.ref == bindparam("ref"))
_SOME_IDS = cases.c.id.in_(bindparam("ids", expanding=True))
_SOME = _WITH_KEY.where(_SOME_IDS)
_NAMES = select(cases.c.id, cases.c.ref).where(_SOME_IDS)

# The parts of a list: no case is in two, and each is found and counted in an index.
_SHOWN = and_(cases.c.school == bindparam("school"), cases.c.restricted.is_(False))
_OWN = and_(_SHOWN, cases.c.requester_hash.in_(bindparam("hashes", expanding=True)))
_ON = and_(_SHOWN, cases.c.route.in_(bindparam("routes", expanding=True)))
_BESIDE = and_(_SHOWN, cases.c.route.in_(bindparam("outside", expanding=True)))
_KEPT = and_(_SHOWN, cases.c.route.in_(bindparam("kept", expanding=True)))
_MY_TURN = and_(
    cases.c.status.in_((Status.REASON_DUE, Status.ASKED, Status.OUTSIDE, Status.DECIDED)),
    func.coalesce(cases.c.decision, "") != Outcome.DO_NOT_SHARE,
)
_OTHERS_TURN = not_(
    and_(
        func.coalesce(cases.c.requester_hash, "").in_(bindparam("hashes", expanding=True)), _MY_TURN
    )
)
_WAITING = (
    and_(_ON, cases.c.status.in_((Status.WAITING, Status.REASON_DUE)), _OTHERS_TURN),
    and_(_BESIDE, cases.c.status == Status.OUTSIDE, _OTHERS_TURN),
)
_ASKED = (and_(_ON, cases.c.status == Status.ASKED, _OTHERS_TURN),)
_ENDED = and_(cases.c.status.in_((Status.CLOSED, Status.WITHDRAWN)), cases.c.filed_at.is_(None))
_SETTLED = and_(cases.c.status == Status.DECIDED, cases.c.decision == Outcome.DO_NOT_SHARE)
_PARTS: Mapping[Listed, tuple[ColumnElement[bool], ...]] = {
    Listed.TODO: (and_(_OWN, _MY_TURN),),
    Listed.MINE: (and_(_OWN, cases.c.status != Status.DISPOSED),),
    Listed.WAITING: _WAITING,
    Listed.ASKED: _ASKED,
    Listed.OPEN: (*_WAITING, *_ASKED),
    Listed.DUE: (
        and_(_ON, cases.c.status == Status.DECIDED, _OTHERS_TURN),
        and_(_ON, _ENDED),
        and_(_KEPT, _ENDED),
        and_(_KEPT, _SETTLED),
    ),
    Listed.RECENT: (and_(_ON, cases.c.status != Status.DISPOSED),),
}
_MOST_URGENT = when({"now": 0, "high": 1}, value=cases.c.urgency, else_=2).label("rank")
_SORTED: Mapping[Listed, tuple[ColumnElement[Any], ...]] = {
    Listed.MINE: (cases.c.created_at,),
    Listed.DUE: (cases.c.created_at,),
    Listed.RECENT: (cases.c.changed_at,),
}
_NEWEST_FIRST = frozenset({Listed.MINE, Listed.RECENT})


def _page_of(which: Listed) -> Select[Any]:
    keys = _SORTED.get(which, (_MOST_URGENT, cases.c.created_at))
    parts = [select(cases.c.id, *keys).where(part) for part in _PARTS[which]]
    found = union_all(*parts).subquery() if parts[1:] else parts[0].subquery()
    wanted = [found.c[key.name] for key in keys]
    order = [key.desc() for key in wanted] if which in _NEWEST_FIRST else wanted
    page = select(found.c.id).order_by(*order, found.c.id)
    return page.limit(bindparam("limit")).offset(bindparam("offset"))


def _count_of(which: Listed) -> Select[Any]:
    parts = [select(func.count()).where(part).scalar_subquery() for part in _PARTS[which]]
    return select(reduce(operator.add, parts))


_PAGES = {which: _page_of(which) for which in Listed}
_COUNTS = {which: _count_of(which) for which in Listed}


class Lists(Outbox):
    """The outbox, and cases to be read, within one transaction."""

    def __init__(self, connection: Connection, vault: Vault, clock: Callable[[], datetime]) -> None:
        super().__init__(connection, vault, clock)
        self._boxes: dict[str, Box] = {}

    def load(self, case_id: str) -> Case:
        """A case by id. Raises UnknownCase, ContentDestroyed, Unreadable."""
        return self._one(_BY_ID, "id", case_id)

    def find(self, ref: str) -> Case:
        """A case by its reference, in any case of letters. Raises as `load`."""
        return self._one(_BY_REF, "ref", ref.strip().upper())

    def listed(self, viewer: Viewer, which: Listed, *, limit: int, offset: int = 0) -> Found:
        """A page of a list. A case that cannot be opened is left out, and logged."""
        ids = self._ids(viewer, which, limit, offset)
        return _found(ids, limit, self._by_id(ids[:limit]))

    def overview(
        self, viewer: Viewer, wanted: Iterable[Listed], *, limit: int
    ) -> dict[Listed, Found]:
        """The first few of several lists; a case in two of them is opened once."""
        ids = {which: self._ids(viewer, which, limit, 0) for which in wanted}
        found = self._by_id({case_id for some in ids.values() for case_id in some[:limit]})
        return {which: _found(some, limit, found) for which, some in ids.items()}

    def count(self, viewer: Viewer, which: Listed) -> int:
        """How many cases a list has."""
        counted = self._connection.execute(_COUNTS[which], self._named(viewer)).scalar_one()
        return int(counted)

    def figures(self, school: str, since: datetime, until: datetime) -> list[CaseCount]:
        """The cases recorded or decided in a span (end excluded), without the restricted ones."""
        recorded = and_(cases.c.created_at >= since, cases.c.created_at < until)
        decided = and_(cases.c.decided_at >= since, cases.c.decided_at < until)
        return self._figures(school, or_(recorded, decided))

    def open_figures(self, school: str) -> list[CaseCount]:
        """The cases open now, without the restricted ones."""
        return self._figures(school, cases.c.status.in_(sorted(OPEN)))

    def began_before(self, school: str, moment: datetime) -> bool:
        """Whether a school was at work before a moment: it recorded, or was to send, something."""
        noted = select(ledger.c.seq).where(ledger.c.school == school, ledger.c.at < moment)
        planned = select(outbox.c.key).where(outbox.c.school == school, outbox.c.due_at < moment)
        asked = (self._connection.execute(query.limit(1)).first() for query in (noted, planned))
        return any(found is not None for found in asked)

    def _named(self, viewer: Viewer) -> dict[str, Any]:
        return {
            "school": viewer.school,
            "routes": sorted(viewer.routes),
            "outside": sorted(viewer.outside),
            "kept": sorted(viewer.kept),
            "hashes": [
                one
                for person in sorted(viewer.ids)
                for one in self._vault.keyed_hashes(viewer.school, "requester", person)
            ],
        }

    def _ids(self, viewer: Viewer, which: Listed, limit: int, offset: int) -> Sequence[str]:
        """The ids of a page, and of one more if there is one."""
        page = {**self._named(viewer), "limit": limit + 1, "offset": offset}
        return self._connection.execute(_PAGES[which], page).scalars().all()

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

    def _by_id(self, ids: Collection[str]) -> dict[str, Case]:
        """Those of the cases that can be opened."""
        named = {"ids": sorted(ids)}
        try:
            rows = self._connection.execute(_SOME, named).all() if ids else []
            found = _readable(rows, self._read)
        except NONSENSE:  # one row spoils them all: ask for each by itself
            names = self._connection.execute(_NAMES, named).all()
            found = _readable(names, lambda row: self.load(row.id))
        return {case.id: case for case in found}

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


def _found(ids: Sequence[str], limit: int, opened: Mapping[str, Case]) -> Found:
    """What was found. A case from which anybody is kept out is in no list, whatever a row says."""
    wanted = ids[:limit]
    there = [opened[case_id] for case_id in wanted if case_id in opened]
    shown = [case for case in there if not (case.excluded or case.restricted)]
    return Found(shown, lost=len(wanted) - len(there), more=len(ids) > limit)


def _readable(rows: Iterable[Any], read: Callable[[Row[Any]], Case]) -> list[Case]:
    """The cases that can be opened; for each of the others, one line of log."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except (ContentDestroyed, KeyMissing, Unreadable, UnknownCase) as error:
            log.warning("case_unreadable ref=%r why=%s", row.ref, type(error).__name__)
    return found
