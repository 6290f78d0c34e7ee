"""What is told about many cases: the weekly digest."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.chat import Card, Place
from bot.digest import Digest, Week, covers, due_at, newest_missed, next_week, summarise, week_named
from bot.people import ChannelRoute, School
from bot.rules import RulePack
from handlers.desk import Desk
from storage.outbox import OutboxRow, Verb
from storage.unit import Unit

DIGEST = "digest"


async def plan_digests(desk: Desk) -> None:
    """Put each school's next digest, and the newest missed one if the school was at work then."""
    now = desk.clock()
    for school in desk.schools.values():
        await desk.store.write(partial(_plan, school=school, now=now), within=10)


def digest_row(school: School, week: Week, due: datetime | None = None) -> OutboxRow:
    """The one row of a school's week: its key is unique, so it is sent once whatever restarts."""
    return OutboxRow(
        key=f"digest:{school.id}:{week}",
        school=school.id,
        case_id=None,
        event="",
        audience=DIGEST,
        template=DIGEST,
        verb=Verb.SEND,
        due_at=due or due_at(week, school),
        route="dsl",
        payload={"week": str(week)},
    )


async def make_digest(desk: Desk, school: School, week: Week) -> Digest:
    """Compute the digest of a week; restricted cases are in none of its figures."""

    def gather(unit: Unit) -> Digest:
        return summarise(
            week,
            school,
            unit.figures(school.id, *covers(week, school)),
            unit.open_figures(school.id),
            desk.pack,
        )

    return await desk.store.read(gather, within=10)


def digest_card(pack: RulePack, school: School, digest: Digest) -> Card:
    """The digest as a card: counts, references and times."""
    return Card(
        DIGEST,
        {
            "school": school.name,
            "week": digest.week,
            "since": int(digest.since.timestamp()),
            "until": int(digest.until.timestamp()),
            "checks": digest.checks,
            "outcomes": dict(digest.outcomes),
            "escalations": digest.escalations,
            "median_minutes": digest.median_minutes,
            "open_count": digest.open_count,
            "oldest_open": [
                {"ref": ref, "since": int(since.timestamp())} for ref, since in digest.oldest_open
            ],
            "unsure": [
                {
                    "question": q,
                    "text": pack.questions[q].text,
                    "rule": _rule_of(pack, q),
                    "count": n,
                }
                for q, n in digest.unsure
            ],
            "against": digest.against,
            "quiet": digest.quiet,
        },
    )


async def digest_targets(desk: Desk, school: School) -> tuple[Place | None, tuple[str, ...]]:
    """Where the DSL's digest goes: to their channel, or, where not all of it review, to each alone.

    Raises a DeliveryError.
    """
    route = school.routes["dsl"]
    if isinstance(route, ChannelRoute) and not route.narrow:
        return route.place, ()
    return None, tuple(person for person, _ in await desk.route_accounts(school, "dsl"))


def superseded(desk: Desk, school: School, week: str) -> bool:
    """A newer week is due already: only the newest missed week is sent."""
    return str(newest_missed(desk.clock(), school)) > week


def _plan(unit: Unit, school: School, now: datetime) -> None:
    unit.put(digest_row(school, next_week(now, school)))
    missed = newest_missed(now, school)
    _, until = covers(missed, school)
    if unit.began_before(school.id, until):
        unit.put(digest_row(school, missed))


def _rule_of(pack: RulePack, question: str) -> int | None:
    pages = (p for p in pack.pages if any(q.id == question for q in p.questions))
    return next((page.rule for page in pages), None)


def week_in(school: School, text: str | None, now: datetime) -> Week:
    """A week named on the command line, or the one that is due next. Raises ValueError."""
    if text is None:
        return next_week(now, school)
    return week_named(text, ZoneInfo(school.time_zone))
