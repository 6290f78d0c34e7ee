"""Keep what happened to a case: case, ledger entries and notices, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.case import Case, Event, EventKind
from bot.notices import Audience, Notice, notices_for
from bot.people import School
from storage.outbox import OutboxRow, Verb
from storage.unit import Unit

REDRAWN = frozenset({"root", "thread", "requester_copy", "assignee", "copy"})
EVERYWHERE = frozenset({Audience.REQUESTER, Audience.COPIES})
"""Whose cards say where a case stands, whichever route it is on now."""


def keep_new(unit: Unit, school: School, case: Case, event: Event) -> None:
    """Write a new case with its first event. Raises CaseExists when the id is taken."""
    unit.add(case, (event,))
    _put_notices(unit, school, case, event)


def keep(unit: Unit, school: School, case: Case, event: Event, *, before: Case) -> None:
    """Write a changed case. Raises ConcurrentChange when somebody changed it first."""
    unit.save(case, (event,))
    _put_notices(unit, school, case, event, before)


def _put_notices(
    unit: Unit, school: School, case: Case, event: Event, before: Case | None = None
) -> None:
    posted = unit.posted(case.id) if before else []
    for notice in notices_for(case, event, school.share_needs):
        for row in _rows(notice, case, event, posted, before or case):
            unit.put(row)


def _rows(
    notice: Notice, case: Case, event: Event, posted: list[OutboxRow], before: Case
) -> Iterator[OutboxRow]:
    if notice.audience is Audience.POSTED:
        yield from _redraws(case, event, posted, before)
    elif notice.audience is Audience.THREADS:
        yield from _replies(case, event, posted, before)
    elif notice.audience is Audience.COPIES:
        for route in case.advice.copy:
            yield _row(notice, case, event, f"copy:{route}", route=route)
    elif notice.audience is Audience.ROUTE:
        root = _row(notice, case, event, "root", route=case.route)
        yield root
        yield _row(
            notice, case, event, "thread", route=case.route, template="thread", needs=root.key
        )
    else:
        suffix = f"{notice.template}:{int(notice.after.total_seconds())}"
        target = case.assignee if notice.audience is Audience.ASSIGNEE else None
        yield _row(notice, case, event, suffix, route=case.route, target=target)


def _redraws(
    case: Case, event: Event, posted: list[OutboxRow], before: Case
) -> Iterator[OutboxRow]:
    notice = Notice(Audience.POSTED, "posted")
    for row in posted:
        mine = row.route == before.route or row.audience in EVERYWHERE
        if row.verb is Verb.SEND and row.template in REDRAWN and mine:
            yield _row(
                notice,
                case,
                event,
                f"redraw:{row.key}",
                route=row.route,
                verb=Verb.UPDATE,
                template=row.template,
                needs=row.key,
            )


def _replies(
    case: Case, event: Event, posted: list[OutboxRow], before: Case
) -> Iterator[OutboxRow]:
    notice = Notice(Audience.THREADS, "thread_note")
    for row in posted:
        if row.verb is Verb.SEND and row.template == "root" and row.route == before.route:
            yield _row(notice, case, event, f"note:{row.key}", route=row.route, needs=row.key)


def _row(  # noqa: PLR0913 - the columns of a row
    notice: Notice,
    case: Case,
    event: Event,
    suffix: str,
    *,
    route: str | None,
    template: str | None = None,
    needs: str | None = None,
    verb: Verb = Verb.SEND,
    target: str | None = None,
) -> OutboxRow:
    due: datetime = event.at + notice.after
    return OutboxRow(
        key=f"{case.id}:{case.version}:{suffix}",
        school=case.school,
        case_id=case.id,
        event=event.kind.value,
        audience=notice.audience.value,
        template=template or notice.template,
        verb=verb,
        due_at=due,
        urgency=case.advice.urgency,
        needs=needs,
        route=route,
        target=target,
        payload={"holds": notice.holds.value, "codes": _told(event)},
    )


def _told(event: Event) -> dict[str, str]:
    shown = {"no_action", "from", "to", "outcome", "by"} if event.kind is not EventKind.READ else ()
    return {name: value for name, value in event.codes.items() if name in shown}
