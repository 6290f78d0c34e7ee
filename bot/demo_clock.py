"""The clock of the demo: it may be pushed forward, and is what due times are read from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.digest import due_at, next_week
from bot.people import School
from handlers.desk import utc_now

FURTHEST = timedelta(days=366)
"""How far ahead of the real time it may be pushed."""
MORNING = time(9)


class Step(StrEnum):
    QUARTER = "quarter"
    HOUR = "hour"
    MORNING = "morning"
    DIGEST = "digest"


class TooFar(Exception):
    """Raised when a push would go back, or further ahead than a year."""


class PretendClock:
    """Tells the real time until it is pushed; then it runs on from there, never back.

    It begins anew with each demo. `real` gives the real time, in UTC.
    """

    def __init__(self, real: Callable[[], datetime] = utc_now) -> None:
        self._real = real
        self._pushes: list[tuple[datetime, timedelta]] = []

    def __call__(self) -> datetime:
        return self._real() + self.ahead

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of the real time."""
        return self._pushes[-1][1] if self._pushes else timedelta()

    def seconds(self) -> float:
        """The pretend time in epoch seconds."""
        return self().timestamp()

    def push_to(self, moment: datetime) -> None:
        """Go on from a later moment. Raises TooFar, and then nothing changes."""
        real = self._real()
        ahead = moment - real
        if not self.ahead <= ahead <= FURTHEST:
            raise TooFar
        self._pushes.append((real, ahead))

    def pretend(self, real: datetime) -> datetime:
        """What this clock said, or will say, at a real moment."""
        said = [ahead for at, ahead in self._pushes if at <= real]
        return real + (said[-1] if said else timedelta())


def moment_of(step: Step, now: datetime, school: School) -> datetime:
    """Where a step leads from a moment: always later than it."""
    if step is Step.QUARTER:
        return now + timedelta(minutes=15)
    if step is Step.HOUR:
        return now + timedelta(hours=1)
    if step is Step.DIGEST:
        return due_at(next_week(now, school), school)
    zone = ZoneInfo(school.time_zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, MORNING, zone)
