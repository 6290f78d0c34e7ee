"""What follows when a message will never arrive: who is told, who is tried next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.case import Case
from bot.life import OPEN, Reach, pass_on
from bot.notices import Audience, Hold
from bot.people import ContactRoute, School, next_routes, reachable_route
from handlers.casework import keep
from handlers.desk import Desk
from handlers.outgoing import afresh, card_of, elsewhere, is_direct, other_platform, thread_of
from storage.outbox import OutboxRow, State, Verb
from storage.unit import Unit

OPERATOR = "operator"
UNTOLD = "untold"
"""What the thread of a case says happened, where whoever asked cannot be told of an event."""
_LIVE = frozenset({State.PENDING, State.CLAIMED, State.DONE})


@dataclass(frozen=True, slots=True)
class Burial:
    """Of one row of the outbox. `refused`: the platform will never take it, as it is."""

    desk: Desk
    row: OutboxRow
    code: str
    refused: bool

    def report(self, unit: Unit) -> None:
        """Tell the operator, and see that a case reaches somebody.

        Whoever has an account on another platform is tried there once. When nobody of a route was
        reached, the case goes to the next one; else whoever asked is told that nobody was. Where it
        is whoever asked that cannot be told, the thread of the case asks its reviewers to do it.
        """
        row = self.row
        if row.audience == OPERATOR:
            return
        if self.desk.operator_place is not None:
            unit.put(self._operator_row())
        case = unit.load(row.case_id) if row.case_id is not None else None
        school = self.desk.schools.get(row.school)
        if school is not None and self.refused and self._try_elsewhere(unit, school, case):
            return
        if case is not None and row.template == "requester_turn" and row.verb == Verb.SEND:
            for note in self._untold_rows(unit, case):
                unit.put(note)
        if case is None or row.template != "root" or row.verb != Verb.SEND:
            return
        if case.status not in OPEN or self._reaches_others(unit):
            return
        if school is None or not (self.refused and self._pass_on(unit, school, case)):
            unit.put(self._unreached_row())

    def _try_elsewhere(self, unit: Unit, school: School, case: Case | None) -> bool:
        row = self.row
        if row.verb != Verb.SEND or row.needs is not None or not is_direct(row, case):
            return False
        platform = other_platform(school, row, case)
        if platform is None:
            return False
        again = elsewhere(unit, row, platform)
        if unit.put(again) and row.template == "root":
            unit.put(thread_of(again))
        return True

    def _reaches_others(self, unit: Unit) -> bool:
        """Whether somebody else has this card of a case, or may still get it."""
        card = card_of(self.row)
        same = (row for row in unit.posted(str(self.row.case_id)) if row.template == "root")
        others = (row for row in same if card in (row.key, card_of(row)))
        return any(row.state in _LIVE for row in others if row.key != self.row.key)

    def _pass_on(self, unit: Unit, school: School, case: Case) -> bool:
        """Whether somebody comes next, who then has the case."""
        if case.route != self.row.route:
            return True
        if not next_routes(case.route)[1:]:
            return False
        route, outside = reachable_route(school, case.route, case.excluded, frozenset({case.route}))
        if route == case.route or (outside and not isinstance(school.routes[route], ContactRoute)):
            return False
        changed, events = pass_on(case, Reach(route, outside), self.desk.clock(), self.code)
        keep(unit, school, changed, events[0], before=case)
        return True

    def _operator_row(self) -> OutboxRow:
        row = self.row
        return replace(
            afresh(row),
            key=f"{row.key}:buried",
            case_id=None,
            event="",
            audience=OPERATOR,
            template="buried",
            verb=Verb.SEND,
            needs=None,
            route=None,
            place=str(self.desk.operator_place),
            due_at=self.desk.clock(),
            payload={"key": row.key, "code": self.code, "template": row.template},
        )

    def _untold_rows(self, unit: Unit, case: Case) -> Iterator[OutboxRow]:
        """A note below each card that the route of the case has."""
        sent = [row for row in unit.posted(case.id) if row.verb == Verb.SEND]
        cards = (row for row in sent if row.template == "root" and row.route == case.route)
        for number, card in enumerate(cards):
            yield replace(
                afresh(self.row),
                key=f"{self.row.key}:{UNTOLD}:{number}",
                event=UNTOLD,
                audience=Audience.THREADS.value,
                template="thread_note",
                needs=card.key,
                route=card.route,
                due_at=self.desk.clock(),
                payload={"holds": Hold.ALWAYS.value, "codes": {}},
            )

    def _unreached_row(self) -> OutboxRow:
        return replace(
            afresh(self.row),
            key=f"{self.row.key}:unreached",
            audience=Audience.REQUESTER.value,
            template="unreached",
            needs=None,
            due_at=self.desk.clock(),
            payload={"holds": Hold.ALWAYS.value, "codes": {}},
        )
