"""The weekly digest: which week it is, when it is due, and what its figures say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest import (
    Digest,
    covers,
    due_at,
    following,
    newest_missed,
    next_week,
    summarise,
    week_named,
    week_of,
)
from tests.example_cases import SHARE, england, make_school

LONDON = ZoneInfo("Europe/London")
SCHOOL = make_school()  # Friday, 15:30, Europe/London
WEEK = week_named("2026-W47", LONDON)
SINCE, UNTIL = covers(WEEK, SCHOOL)
TUESDAY = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


# -------------------------------------------------------------------------------------- the week


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 11, 16), "2026-W47"),
        (date(2026, 11, 22), "2026-W47"),
        (date(2026, 11, 23), "2026-W48"),
        (date(2026, 12, 28), "2026-W53"),
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 1), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2025, 12, 29), "2026-W01"),
        (date(2028, 1, 1), "2027-W52"),
    ],
)
def test_a_day_is_in_its_iso_week_also_at_the_years_end(day: date, name: str):
    week = week_of(day, LONDON)

    assert str(week) == name
    assert week.start.date() <= day < week.end.date()
    assert week == week_named(name, LONDON)


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_weeks_follow_each_other_without_a_gap_and_their_names_sort(day: date):
    week = week_of(day, LONDON)
    after = following(week, SCHOOL)

    assert after.start == week.end
    assert str(after) > str(week)
    assert covers(after, SCHOOL)[0] == covers(week, SCHOOL)[1]


@pytest.mark.parametrize(
    "name", ["", "2026", "2026-47", "2026-W", "2026-W00", "2026-W54", "2025-W53", "x-W1", "W47"]
)
def test_what_is_not_a_week_is_refused(name: str):
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what a week looks like
        week_named(name, LONDON)


# ----------------------------------------------------------------------------------- when it is due


@pytest.mark.parametrize(
    ("name", "due"),
    [
        ("2026-W12", utc(2026, 3, 20, 15, 30)),
        ("2026-W13", utc(2026, 3, 27, 15, 30)),  # the clocks go forward two days later
        ("2026-W14", utc(2026, 4, 3, 14, 30)),
        ("2026-W43", utc(2026, 10, 23, 14, 30)),  # and back two days after this one
        ("2026-W44", utc(2026, 10, 30, 15, 30)),
        ("2026-W53", utc(2027, 1, 1, 15, 30)),
    ],
)
def test_it_is_due_at_the_same_local_time_all_year(name: str, due: datetime):
    assert due_at(week_named(name, LONDON), SCHOOL) == due


@pytest.mark.parametrize(
    ("name", "hours"), [("2026-W13", 168), ("2026-W14", 167), ("2026-W44", 169), ("2026-W47", 168)]
)
def test_a_digest_covers_the_time_since_the_last_one_whatever_the_clocks_did(name, hours):
    since, until = covers(week_named(name, LONDON), SCHOOL)

    assert until - since == timedelta(hours=hours)


def test_on_the_sunday_when_an_hour_is_missing_or_comes_twice_it_is_due_once():
    early = make_school(digest_day=6, digest_time="01:30")

    assert due_at(week_named("2026-W13", LONDON), early) == utc(2026, 3, 29, 1, 30)
    assert due_at(week_named("2026-W43", LONDON), early) == utc(2026, 10, 25, 0, 30)


@pytest.mark.parametrize(
    ("now", "coming", "missed"),
    [
        (local(2026, 11, 20, 15, 29), "2026-W47", "2026-W46"),
        (local(2026, 11, 20, 15, 30), "2026-W48", "2026-W47"),
        (local(2026, 11, 22, 23, 59), "2026-W48", "2026-W47"),
        (local(2026, 11, 23, 0, 0), "2026-W48", "2026-W47"),
        (local(2027, 1, 1, 15, 29), "2026-W53", "2026-W52"),
        (local(2027, 1, 1, 15, 31), "2027-W01", "2026-W53"),
        (local(2027, 2, 10, 12, 0), "2027-W06", "2027-W05"),
        (utc(2026, 7, 5, 23, 30), "2026-W28", "2026-W27"),  # Monday already in London
    ],
)
def test_after_a_long_silence_only_the_newest_missed_week_is_sent(now, coming, missed):
    assert str(next_week(now, SCHOOL)) == coming
    assert str(newest_missed(now, SCHOOL)) == missed


@settings(deadline=None)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_newest_missed_was_due_and_the_next_is_not_yet(now: datetime):
    missed, coming = newest_missed(now, SCHOOL), next_week(now, SCHOOL)

    assert due_at(missed, SCHOOL) <= now < due_at(coming, SCHOOL)
    assert following(missed, SCHOOL) == coming


# ------------------------------------------------------------------------------------- the figures


@dataclass(frozen=True)
class Row:
    """What storage tells of a case."""

    ref: str = "SC-7F3K2"
    status: str = "decided"
    outcome: str = "escalate"
    decision: str | None = "share"
    course: str | None = None
    route: str = "dsl"
    created_at: datetime = TUESDAY
    decided_at: datetime | None = TUESDAY + timedelta(minutes=30)
    answers: Mapping[str, str] = field(default_factory=lambda: SHARE)


def own(outcome: str = "share", course: str = "followed", **more) -> Row:
    decision = "share" if (outcome == "share") == (course == "followed") else "do_not_share"
    return Row(outcome=outcome, decision=decision, course=course, decided_at=TUESDAY, **more)


def waiting(**more) -> Row:
    return Row(**{"status": "waiting", "decision": None, "decided_at": None, **more})


def after(**wait: float) -> Row:
    return Row(decided_at=TUESDAY + timedelta(**wait))


def digest(*rows: Row, open_rows: tuple[Row, ...] = ()) -> Digest:
    return summarise(WEEK, SCHOOL, rows, open_rows, england())


def test_checks_are_counted_by_what_came_of_them():
    week = digest(
        own(), own("do_not_share"), own(course="against"), Row(decision="share_limited"),
        waiting(), waiting(status="withdrawn"), waiting(status="asked"),
    )  # fmt: skip

    assert week.checks == 7
    assert week.outcomes == {
        "share": 1, "do_not_share": 2, "share_limited": 1, "open": 2, "withdrawn": 1,
    }  # fmt: skip
    assert (week.escalations, week.against) == (4, 1)
    assert week.by_route == {"dsl": 4}


@pytest.mark.parametrize(
    ("minutes", "middle"), [([5], 5), ([5, 15], 10), ([1, 2, 600], 2), ([], None)]
)
def test_the_median_wait_is_that_of_decisions_by_somebody_else(minutes, middle):
    rows = [after(minutes=m) for m in minutes]

    assert digest(*rows, own(), waiting()).median_minutes == middle


def test_a_slow_decision_counts_in_the_week_it_came():
    slow = Row(created_at=SINCE - timedelta(days=3), decided_at=SINCE + timedelta(days=1))
    not_yet = Row(created_at=UNTIL - timedelta(hours=1), decided_at=UNTIL + timedelta(hours=1))

    week = digest(slow, not_yet)

    assert week.median_minutes == 4 * 24 * 60
    assert (week.checks, week.escalations) == (1, 1)


def test_the_week_begins_with_its_first_moment_and_ends_before_its_last():
    rows = [waiting(created_at=at) for at in (SINCE, UNTIL, SINCE - timedelta(seconds=1))]

    assert digest(*rows).checks == 1


def test_a_share_that_waited_for_approval_is_an_escalation_and_a_danger_is_not():
    approved = Row(outcome="share", decided_at=TUESDAY + timedelta(minutes=8))
    danger = waiting(outcome="share", status="reason_due")

    week = digest(approved, danger, own())

    assert (week.escalations, week.median_minutes) == (1, 8)


def test_a_changed_decision_is_not_one_check_more():
    changed = Row(decision="do_not_share", decided_at=TUESDAY)

    assert digest(after(minutes=9), changed) == digest(after(minutes=9))


def test_unsure_answers_are_counted_by_question_the_three_most_frequent_first():
    rows = [
        own(answers={**SHARE, "openness": "unsure", "role": "unsure"}),
        own(answers={**SHARE, "openness": "unsure", "content": "unsure"}),
        own(answers={**SHARE, "agreement": "unsure", "content": "unsure"}),
    ]

    assert digest(*rows).unsure == (("content", 2), ("openness", 2), ("agreement", 1))


def test_only_unsure_counts_as_unsure_and_questions_of_an_older_pack_stop_nothing():
    rows = [own(answers={**SHARE, "advice": "wanted", "verified": "no", "weather": "unsure"})]

    assert digest(*rows).unsure == ()


def test_the_three_oldest_open_cases_are_named_from_any_week():
    long_ago = SINCE - timedelta(days=40)
    opened = [waiting(ref=f"SC-{n}", created_at=long_ago + timedelta(days=n)) for n in (3, 1, 2, 4)]

    week = digest(open_rows=tuple(opened))

    assert [ref for ref, _ in week.oldest_open] == ["SC-1", "SC-2", "SC-3"]
    assert week.open_count == 4


@pytest.mark.parametrize(
    ("rows", "opened", "quiet"),
    [((), (), True), ((own(),), (), False), ((), (waiting(),), False)],
)
def test_a_week_without_checks_or_open_cases_is_quiet(rows, opened, quiet):
    assert digest(*rows, open_rows=opened).quiet is quiet


def test_a_digest_says_what_it_covers():
    week = digest()

    assert (week.week, week.since, week.until) == (
        "2026-W47", utc(2026, 11, 13, 15, 30), utc(2026, 11, 20, 15, 30),
    )  # fmt: skip
