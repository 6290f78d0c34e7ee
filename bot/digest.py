"""The weekly digest: which week, when it is due, and what the figures of that week say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.case import Course, Status
from bot.people import School
from bot.rules import RulePack


class Figures(Protocol):
    """One unrestricted case as the digest sees it: codes and times, nothing personal."""

    @property
    def ref(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def decision(self) -> str | None: ...
    @property
    def course(self) -> str | None: ...
    @property
    def route(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def decided_at(self) -> datetime | None: ...
    @property
    def answers(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week in a school's time zone; `start` and `end` are aware datetimes (end excluded)."""

    year: int
    number: int
    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"


@dataclass(frozen=True, slots=True)
class Digest:
    week: str
    since: datetime
    until: datetime
    checks: int
    outcomes: Mapping[str, int]
    escalations: int
    median_minutes: float | None
    oldest_open: tuple[tuple[str, datetime], ...]
    open_count: int
    unsure: tuple[tuple[str, int], ...]
    """Question ids with how often the answer was unsure, most often first."""
    against: int = 0
    by_route: Mapping[str, int] = field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        """Nobody asked, nothing is open, and nothing that waited was decided."""
        return self.checks == 0 and self.open_count == 0 and self.median_minutes is None


def week_of(day: date, zone: ZoneInfo) -> Week:
    """The ISO week that holds a local date."""
    year, number, _ = day.isocalendar()
    monday = datetime.combine(date.fromisocalendar(year, number, 1), time(), zone)
    following = date.fromisocalendar(year, number, 1) + timedelta(days=7)
    return Week(year, number, monday, datetime.combine(following, time(), zone))


def week_named(text: str, zone: ZoneInfo) -> Week:
    """The week of a name such as `2026-W47`. Raises ValueError when it is not one."""
    year, _, number = text.partition("-W")
    return week_of(date.fromisocalendar(int(year), int(number), 1), zone)


def due_at(week: Week, school: School) -> datetime:
    """When a week's digest is posted, in UTC: the school's local time, whatever the clocks do."""
    hour, minute = (int(part) for part in school.digest_time.split(":"))
    day = week.start.date() + timedelta(days=school.digest_day)
    return datetime.combine(day, time(hour, minute), ZoneInfo(school.time_zone)).astimezone(UTC)


def covers(week: Week, school: School) -> tuple[datetime, datetime]:
    """The seven days up to the due time, so that nothing falls between two digests."""
    end = due_at(week, school)
    earlier = week_of(week.start.date() - timedelta(days=7), ZoneInfo(school.time_zone))
    return due_at(earlier, school), end


def next_week(now: datetime, school: School) -> Week:
    """The week whose digest is due next."""
    zone = ZoneInfo(school.time_zone)
    week = week_of(now.astimezone(zone).date(), zone)
    return week if due_at(week, school) > now else following(week, school)


def newest_missed(now: datetime, school: School) -> Week:
    """The newest week whose digest was due by now: on a late start only this one is sent."""
    coming = next_week(now, school)
    return week_of(coming.start.date() - timedelta(days=7), ZoneInfo(school.time_zone))


def following(week: Week, school: School) -> Week:
    return week_of(week.end.date(), ZoneInfo(school.time_zone))


def summarise(
    week: Week,
    school: School,
    rows: Sequence[Figures],
    open_rows: Sequence[Figures],
    pack: RulePack,
) -> Digest:
    """The figures of a week: `rows` were recorded or decided in it, `open_rows` are open now.

    How long people waited is told of the decisions made in the week, so that a slow one counts in
    the week it came. A changed decision is a case of its own, but not a check.
    """
    since, until = covers(week, school)
    rows = [row for row in rows if not _changes_another(row)]
    waits = [
        (row.decided_at - row.created_at).total_seconds() / 60
        for row in rows
        if _waited(row) and row.decided_at is not None and since <= row.decided_at < until
    ]
    rows = [row for row in rows if since <= row.created_at < until]
    unsure = Counter(q for r in rows for q, a in r.answers.items() if _unsure(pack, q, a))
    oldest = sorted(open_rows, key=lambda r: r.created_at)[:3]
    return Digest(
        week=str(week),
        since=since,
        until=until,
        checks=len(rows),
        outcomes=dict(Counter(_result(r) for r in rows)),
        escalations=sum(_waited(r) for r in rows),
        median_minutes=median(waits) if waits else None,
        oldest_open=tuple((r.ref, r.created_at) for r in oldest),
        open_count=len(open_rows),
        unsure=tuple(sorted(unsure.items(), key=lambda item: (-item[1], item[0]))[:3]),
        against=sum(r.course == Course.AGAINST for r in rows),
        by_route=dict(Counter(r.route for r in rows if _waited(r))),
    )


def _result(row: Figures) -> str:
    if row.decision:
        return str(row.decision)
    return "withdrawn" if row.status == Status.WITHDRAWN else "open"


def _waited(row: Figures) -> bool:
    """Somebody else had to decide: an escalation, or a share that the school wants approved."""
    if row.outcome == "escalate":
        return True
    return row.course is None and row.status != Status.REASON_DUE


def _changes_another(row: Figures) -> bool:
    """A reviewer's changed decision: decided as it was made, with no advice to follow."""
    return row.course is None and row.decided_at == row.created_at


def _unsure(pack: RulePack, question: str, option: str) -> bool:
    """Not of questions that only an older pack has."""
    return option == "unsure" and question in pack.questions
