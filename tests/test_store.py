"""What the store promises: safe on disk, all or nothing, in time or never, and kept private."""

from __future__ import annotations

import asyncio
import re
import resource
import sqlite3
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from bot.case import Case, Event, EventKind, Outcome, Status
from bot.chat import Account, Platform
from bot.refusals import AlreadyDecided, UnknownCase
from storage.errors import (
    CaseExists,
    ConcurrentChange,
    ContentDestroyed,
    KeyMissing,
    KeyWrong,
    NotMigrated,
    StoreUnavailable,
)
from storage.store import Store
from storage.tables import Row
from storage.vault import Vault
from tests.databases import postgres_server, sqlite_url
from tests.stored_cases import (
    NOON,
    RESTRICTED,
    decided,
    full_case,
    make_case,
    make_row,
    recorded,
)

MARK = "zqxmarkedzqx"


def add(store: Store, case: Case, **texts: str) -> Case:
    store.write_now(lambda unit: unit.add(case, recorded(case, **texts)))
    return case


def how_many(store: Store, table: str = "cases") -> int:
    return store.read_now(
        lambda unit: unit._connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
    )


# What goes in comes out


@pytest.mark.parametrize("advice", [None, RESTRICTED])
def test_a_case_with_every_field_filled_comes_back_as_it_was(empty_store, advice):
    changes = {"advice": advice} if advice else {}
    case = add(empty_store, full_case(**changes))

    assert empty_store.read_now(lambda unit: unit.load(case.id)) == case


def test_a_case_with_nothing_but_the_needful_comes_back_as_it_was(empty_store):
    case = add(empty_store, make_case(texts={}, answers={}))

    assert empty_store.read_now(lambda unit: unit.load(case.id)) == case


@pytest.mark.parametrize(
    "words", ["<!channel> & <b>", "\u202eright to left", "🙂" * 300, "x" * 3000, "\ud800", "a\x00b"]
)
def test_whatever_was_typed_comes_back_letter_by_letter(empty_store, words):
    case = add(empty_store, make_case(texts={"reason": words, "filed_at": words}))

    assert empty_store.read_now(lambda unit: unit.load(case.id)).texts["reason"] == words


def test_a_case_is_found_by_its_reference_however_it_is_written(empty_store):
    case = add(empty_store, make_case(ref="SC-7F3K2"))

    assert empty_store.read_now(lambda unit: unit.find(" sc-7f3k2 ")).id == case.id


def test_an_unknown_id_and_an_unknown_reference_are_refused(empty_store):
    with pytest.raises(UnknownCase):
        empty_store.read_now(lambda unit: unit.load("nothing"))
    with pytest.raises(UnknownCase):
        empty_store.read_now(lambda unit: unit.find("SC-00000"))


@pytest.mark.parametrize("hostile", ["\x00", "\ud800", "é", "' OR 1=1 --", "x" * 100_000, ""])
def test_no_id_however_hostile_is_more_than_unknown(empty_store, hostile):
    add(empty_store, make_case())

    for ask in (lambda unit: unit.load(hostile), lambda unit: unit.find(hostile)):
        with pytest.raises(UnknownCase):
            empty_store.read_now(ask)


@pytest.mark.parametrize("field", ["created_at", "changed_at", "filed_at"])
def test_a_moment_without_a_time_zone_is_refused(empty_store, field):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001

    with pytest.raises(Exception, match="time zone"):
        add(empty_store, make_case(**{field: naive}))
    with pytest.raises(Exception, match="time zone"):
        empty_store.write_now(lambda unit: unit.put(make_row("a", due_at=naive)))

    assert how_many(empty_store) == 0


def test_a_fault_of_ours_does_not_print_what_it_was_to_write(empty_store):
    with pytest.raises(Exception, match="hidden") as fault:
        empty_store.write_now(lambda unit: unit.put(make_row("a", needs=MARK)))

    assert MARK not in str(fault.value).replace(f"(needs)=({MARK})", "")


def test_moments_come_back_to_the_microsecond_in_utc(empty_store):
    at = NOON.replace(microsecond=123457).astimezone(tz=None)
    case = add(empty_store, make_case(created_at=at, changed_at=at))

    found = empty_store.read_now(lambda unit: unit.load(case.id)).created_at
    assert found == at
    assert found.utcoffset() == timedelta(0)


# All or nothing


def test_adding_an_id_twice_is_refused_and_leaves_the_first(empty_store):
    first = add(empty_store, make_case())

    with pytest.raises(CaseExists):
        add(empty_store, replace(first, ref="SC-OTHER", route="head"))

    assert empty_store.read_now(lambda unit: unit.load(first.id)) == first


def test_work_that_raises_leaves_nothing_behind(empty_store):
    case = make_case()

    def work(unit):
        unit.add(case, recorded(case))
        unit.put(make_row("a", case_id=case.id))
        unit.seen("request-1")
        raise AlreadyDecided("dsl", NOON, "share")

    with pytest.raises(AlreadyDecided):
        empty_store.write_now(work)

    tables = ("cases", "case_keys", "ledger", "outbox", "seen_keys")
    assert [how_many(empty_store, table) for table in tables] == [0, 0, 0, 0, 0]


def test_saving_a_case_that_somebody_else_changed_is_refused(empty_store):
    loaded = add(empty_store, make_case())
    first, second = decided(loaded, "dsl"), decided(loaded, "deputy", Outcome.DO_NOT_SHARE)
    empty_store.write_now(lambda unit: unit.save(*first))

    with pytest.raises(ConcurrentChange):
        empty_store.write_now(lambda unit: unit.save(*second))

    assert empty_store.read_now(lambda unit: unit.load(loaded.id)).decision.by == "dsl"


def test_several_events_are_several_versions(empty_store):
    case = add(empty_store, make_case())
    comment = Event(EventKind.COMMENTED, NOON, "dsl", {}, {"comment": "well done"})
    changed, events = decided(replace(case, version=2))

    empty_store.write_now(lambda unit: unit.save(changed, (comment, *events)))

    assert empty_store.read_now(lambda unit: unit.load(case.id)).version == 3
    assert empty_store.read_now(lambda unit: unit.verify()).faults == ()


def test_a_request_key_is_new_once(empty_store):
    answers = [empty_store.write_now(lambda unit: unit.seen("request-1")) for _ in range(3)]

    assert answers == [False, True, True]


def test_old_request_keys_are_forgotten_and_young_ones_kept(empty_store):
    empty_store.write_now(lambda unit: unit.seen("request-1"))

    now = empty_store._clock()
    assert empty_store.write_now(lambda unit: unit.forget_seen(now - timedelta(days=1))) == 0
    assert empty_store.write_now(lambda unit: unit.forget_seen(now + timedelta(days=1))) == 1


def test_reading_cannot_write(empty_store):
    with pytest.raises(Exception, match=r"read.?only"):
        empty_store.read_now(lambda unit: unit.seen("request-1"))

    assert how_many(empty_store, "seen_keys") == 0


def test_a_reading_sees_one_moment_of_the_database(empty_store):
    add(empty_store, make_case())

    def look(unit):
        before = len(unit.open_on("hill", ["dsl"], restricted=True))
        add(empty_store, make_case())
        return before, len(unit.open_on("hill", ["dsl"], restricted=True))

    assert empty_store.read_now(look) == (1, 1)


# Many at once


async def test_a_hundred_at_once_are_all_written_and_each_gets_its_own_answer(empty_store):
    cases = [make_case() for _ in range(100)]

    def work(case):
        def write(unit):
            unit.add(case, recorded(case))
            return case.ref

        return write

    refs = await asyncio.gather(*(empty_store.write(work(case), within=30) for case in cases))

    assert refs == [case.ref for case in cases]
    assert how_many(empty_store) == 100
    assert empty_store.read_now(lambda unit: unit.verify()).faults == ()


async def test_one_that_fails_among_many_does_not_disturb_the_others(empty_store):
    cases = [make_case() for _ in range(30)]

    def work(number, case):
        def write(unit):
            unit.add(case, recorded(case))
            if number % 7 == 3:
                raise AlreadyDecided("dsl", NOON, "share")
            if number % 7 == 5:
                unit.put(make_row(case.id, needs="nothing-with-this-key"))

        return write

    works = [empty_store.write(work(n, case), within=30) for n, case in enumerate(cases)]
    answers = await asyncio.gather(*works, return_exceptions=True)

    kinds = [type(answer).__name__ for answer in answers]
    assert kinds == [
        {3: "AlreadyDecided", 5: "IntegrityError"}.get(n % 7, "NoneType") for n in range(30)
    ]
    assert how_many(empty_store) == kinds.count("NoneType")
    assert empty_store.read_now(lambda unit: unit.verify()).faults == ()


async def test_those_who_share_a_commit_that_fails_are_not_told_that_they_are_safe(
    sqlite_store, sqlite_file
):
    cases = [make_case() for _ in range(10)]
    hold_up(sqlite_store)
    waiting = [sqlite_store.write(lambda u, c=c: u.add(c, recorded(c))) for c in cases]
    tasks = [asyncio.ensure_future(one) for one in waiting]
    await asyncio.sleep(0.05)
    with no_room_beyond(sqlite_file):
        answers = await asyncio.gather(*tasks, return_exceptions=True)

    acknowledged = [c for c, a in zip(cases, answers, strict=True) if not isinstance(a, Exception)]
    assert how_many(sqlite_store) == len(acknowledged) < 10


def test_two_decisions_at_once_on_postgresql_have_one_winner(postgres_url, open_store):
    """Both load the waiting case before either saves; the loser is run again and sees who won."""
    stores = [open_store(postgres_url), open_store(postgres_url)]
    case = add(stores[0], make_case())
    both_loaded = threading.Barrier(2, timeout=5)
    tries: list[str] = []

    def decide(by):
        def work(unit):
            found = unit.load(case.id)
            tries.append(by)
            if tries.count(by) == 1:
                both_loaded.wait()
            if found.decision:
                raise AlreadyDecided(found.decision.by, found.decision.at, "share")
            unit.save(*decided(found, by))
            return by

        return work

    answers: dict[str, object] = {}

    def run(store, by):
        try:
            answers[by] = store.write_now(decide(by))
        except AlreadyDecided as refusal:
            answers[by] = refusal

    threads = [
        threading.Thread(target=run, args=pair)
        for pair in zip(stores, ("dsl", "deputy"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winner = stores[0].read_now(lambda unit: unit.load(case.id)).decision.by
    loser = {"dsl": "deputy", "deputy": "dsl"}[winner]
    assert answers[winner] == winner
    assert isinstance(answers[loser], AlreadyDecided)
    assert answers[loser].by == winner
    assert tries.count(loser) == 2
    assert stores[0].read_now(lambda unit: unit.verify()).faults == ()


# In time or not at all


def hold_up(store: Store, seconds: float = 0.3) -> None:
    """Keep every writing thread busy for a while."""
    for _ in store._writer._threads:
        store._submit(lambda _unit: time.sleep(seconds), 10, None)
        time.sleep(0.02)


async def test_work_that_cannot_begin_in_time_never_runs(empty_store):
    hold_up(empty_store, 0.4)
    ran: list[str] = []

    with pytest.raises(StoreUnavailable) as refusal:
        await empty_store.write(lambda _unit: ran.append("late"), within=0.05)
    await empty_store.write(lambda _unit: None, within=5)

    assert refusal.value.code == "timed_out"
    assert ran == []


async def test_work_that_began_but_does_not_end_is_in_doubt(empty_store):
    began = time.monotonic()
    with pytest.raises(StoreUnavailable) as refusal:
        await empty_store.write(lambda _unit: time.sleep(1.5), within=0.1)

    assert refusal.value.code == "in_doubt"
    assert time.monotonic() - began < 1.2


async def test_a_caller_who_goes_away_leaves_no_work_behind(empty_store):
    hold_up(empty_store, 0.3)
    ran: list[str] = []
    caller = asyncio.ensure_future(empty_store.write(lambda _unit: ran.append("gone")))
    await asyncio.sleep(0.02)
    caller.cancel()
    await empty_store.write(lambda _unit: None, within=5)

    assert ran == []


async def test_a_database_locked_by_another_process_is_waited_for_and_then_given_up(
    sqlite_store, sqlite_file
):
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ran: list[str] = []
    case = make_case()

    with pytest.raises(StoreUnavailable) as refusal:
        await sqlite_store.write(lambda _unit: ran.append("too late"), within=0.3)
    patient = asyncio.ensure_future(
        sqlite_store.write(lambda u: u.add(case, recorded(case)), within=5)
    )
    await asyncio.sleep(0.2)
    other.execute("ROLLBACK")
    other.close()
    await patient

    assert refusal.value.code in {"locked", "timed_out"}
    assert ran == []
    assert how_many(sqlite_store) == 1


async def test_a_database_taken_away_is_noticed_and_nothing_is_lost(sqlite_store, sqlite_file):
    kept = add(sqlite_store, make_case())
    elsewhere = sqlite_file.with_suffix(".moved")
    sqlite_file.rename(elsewhere)

    for ask in (sqlite_store.write, sqlite_store.read):
        with pytest.raises(StoreUnavailable) as refusal:
            await ask(lambda unit: unit.posted("x"))
        assert refusal.value.code == "gone"

    elsewhere.rename(sqlite_file)
    add(sqlite_store, make_case())
    assert how_many(sqlite_store) == 2
    assert sqlite_store.read_now(lambda unit: unit.load(kept.id)) == kept


def test_another_file_put_in_the_databases_place_is_not_written_to(
    sqlite_store, sqlite_file, migrated_file
):
    sqlite_file.unlink()
    sqlite_file.write_bytes(migrated_file.read_bytes())

    with pytest.raises(StoreUnavailable):
        add(sqlite_store, make_case())


class no_room_beyond:  # noqa: N801 - reads as a sentence in a with statement
    """Within it, no file of this process may grow beyond the size of `file`'s journal now."""

    def __init__(self, file: Path) -> None:
        self.size = file.with_name(file.name + "-wal").stat().st_size

    def __enter__(self) -> None:
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(self.size, 4096), self.before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(sqlite_store, sqlite_file):
    kept = add(sqlite_store, make_case())

    with no_room_beyond(sqlite_file), pytest.raises(StoreUnavailable) as refusal:
        add(sqlite_store, make_case(), reason="x" * 20_000)

    assert refusal.value.code in {"full", "gone"}
    assert sqlite_store.read_now(lambda unit: unit.load(kept.id)) == kept
    add(sqlite_store, make_case())
    assert how_many(sqlite_store) == 2
    assert sqlite_store.read_now(lambda unit: unit.verify()).faults == ()


def test_connections_that_the_server_dropped_are_picked_up_again(postgres_store, postgres_url):
    add(postgres_store, make_case())
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    add(postgres_store, make_case())

    assert how_many(postgres_store) == 2


def test_a_postgresql_server_that_stops_is_told_and_used_again_when_it_is_back(open_store):
    from storage.migrate import upgrade

    with postgres_server() as server:
        url = server.get_uri()
        upgrade(url)
        store = open_store(url)
        kept = add(store, make_case())
        server.stop()
        for ask in (lambda: add(store, make_case()), lambda: how_many(store)):
            with pytest.raises(StoreUnavailable) as refusal:
                ask()
            assert refusal.value.code == "gone"
        server.ensure_postgres_running()
        add(store, make_case())

        assert how_many(store) == 2
        assert store.read_now(lambda unit: unit.load(kept.id)) == kept
        store.close_now()


async def test_the_worker_is_woken_when_rows_were_put_and_only_then(empty_store):
    woken: list[int] = []
    empty_store.on_commit = lambda: woken.append(threading.get_ident())

    await empty_store.write(lambda unit: unit.seen("request-1"))
    await empty_store.write(lambda unit: unit.put(make_row("a")))
    await empty_store.write(lambda unit: unit.put(make_row("a")))
    with pytest.raises(ZeroDivisionError):
        await empty_store.write(lambda unit: (unit.put(make_row("b")), 1 / 0))
    await asyncio.sleep(0.05)

    assert woken == [threading.get_ident()]


async def test_closing_finishes_what_was_handed_over_and_takes_nothing_more(
    database_url, open_store
):
    store = open_store(database_url)
    hold_up(store, 0.2)
    waiting = [asyncio.ensure_future(store.write(lambda u, n=n: u.seen(str(n)))) for n in range(5)]
    await asyncio.sleep(0.02)

    await store.close()

    assert await asyncio.gather(*waiting) == [False] * 5
    for ask in (store.write, store.read):
        with pytest.raises(StoreUnavailable, match="closed"):
            await ask(lambda unit: None)


# Lists


def test_a_persons_own_cases_come_newest_first_a_page_at_a_time(empty_store):
    times = [NOON + timedelta(minutes=n) for n in range(5)]
    own = [add(empty_store, make_case(requester="class-teacher", created_at=at)) for at in times]
    add(empty_store, make_case(requester="office"))

    def mine(**page):
        return empty_store.read_now(lambda unit: unit.mine("hill", "class-teacher", **page))

    assert [c.ref for c in mine()] == [c.ref for c in reversed(own)]
    assert [c.ref for c in mine(limit=2, offset=2)] == [own[2].ref, own[1].ref]


def test_the_same_person_id_at_another_school_is_another_person(empty_store):
    add(empty_store, make_case(school="hill", requester="dsl"))

    assert empty_store.read_now(lambda unit: unit.mine("river", "dsl")) == []


def test_open_cases_come_most_urgent_then_oldest_first(empty_store):
    late, early = NOON + timedelta(hours=1), NOON
    urgencies = [("normal", early), ("high", late), ("now", late), ("high", early)]
    for urgency, at in urgencies:
        advice = replace(make_case().advice, urgency=urgency)
        status = Status.REASON_DUE if urgency == "now" else Status.WAITING
        add(empty_store, make_case(advice=advice, created_at=at, status=status))

    found = empty_store.read_now(lambda unit: unit.open_on("hill", ["dsl"], restricted=False))

    assert [(c.advice.urgency, c.created_at) for c in found] == [
        ("now", late),
        ("high", early),
        ("high", late),
        ("normal", early),
    ]


def test_open_cases_are_those_of_the_school_and_the_routes_that_still_wait(empty_store):
    wanted = {
        add(empty_store, make_case(status=status)).ref
        for status in (Status.WAITING, Status.ASKED, Status.REASON_DUE)
    }
    for status in set(Status) - {Status.WAITING, Status.ASKED, Status.REASON_DUE}:
        add(empty_store, make_case(status=status))
    add(empty_store, make_case(school="river"))
    add(empty_store, make_case(route="dpo"))

    found = empty_store.read_now(lambda unit: unit.open_on("hill", ["dsl"], restricted=True))

    assert {c.ref for c in found} == wanted


def test_restricted_cases_are_listed_only_when_asked_for_and_counted_never(empty_store):
    case = add(empty_store, make_case(advice=RESTRICTED, route="head"))
    span = NOON - timedelta(days=1), NOON + timedelta(days=1)

    def listed(*, restricted):
        return empty_store.read_now(
            lambda unit: unit.open_on("hill", ["head"], restricted=restricted)
        )

    assert [c.ref for c in listed(restricted=True)] == [case.ref]
    assert listed(restricted=False) == []
    assert empty_store.read_now(lambda unit: unit.figures("hill", *span)) == []
    assert empty_store.read_now(lambda unit: unit.open_figures("hill")) == []


def test_figures_are_those_of_the_span_with_its_end_left_out(empty_store):
    since, until = NOON, NOON + timedelta(days=7)
    inside = [add(empty_store, make_case(created_at=at)) for at in (since, until - timedelta(1))]
    for at in (since - timedelta(microseconds=1), until):
        add(empty_store, make_case(created_at=at))
    add(empty_store, make_case(school="river"))
    empty_store.write_now(lambda unit: unit.save(*decided(inside[1])))

    found = empty_store.read_now(lambda unit: unit.figures("hill", since, until))

    assert [(f.ref, f.decision) for f in found] == [
        (inside[0].ref, None),
        (inside[1].ref, Outcome.SHARE),
    ]
    assert found[0].answers["purpose"] == "harm"
    assert len(empty_store.read_now(lambda unit: unit.open_figures("hill"))) == 3


def test_a_school_began_with_its_first_entry(empty_store):
    add(empty_store, make_case())

    def began(school, moment):
        return empty_store.read_now(lambda unit: unit.began_before(school, moment))

    assert began("hill", NOON + timedelta(seconds=1))
    assert not began("hill", NOON)
    assert not began("river", NOON + timedelta(days=1))


def test_references_are_short_new_and_hard_to_mistake(empty_store):
    refs = empty_store.write_now(lambda unit: [unit.new_ref() for _ in range(500)])

    assert all(re.fullmatch(r"SC-[2-9B-DF-HJKMNP-TV-Z]{5}", ref) for ref in refs)
    assert len(set(refs)) > 495


def test_a_reference_that_is_taken_is_not_given_again(empty_store, monkeypatch):
    add(empty_store, make_case(ref="SC-22222"))
    letters = iter("2222233333")
    monkeypatch.setattr("secrets.choice", lambda _letters: next(letters))

    assert empty_store.write_now(lambda unit: unit.new_ref()) == "SC-33333"


# Kept private


def everything_stored(store: Store) -> bytes:
    """All that the tables hold, as text, on either kind of database."""

    def dump(unit):
        found = b""
        for table in Row.metadata.sorted_tables:
            for row in unit._connection.execute(text(f"SELECT * FROM {table.name}")):  # noqa: S608
                for value in row:
                    found += value if isinstance(value, bytes) else repr(value).encode()
        return found

    return store.read_now(dump)


def plant_marks(store: Store) -> None:
    for advice in (make_case().advice, RESTRICTED):
        case = full_case(MARK, advice=advice, version=1)
        if advice is RESTRICTED:
            case = replace(case, answers={"adult": f"{MARK}staff"}, fixes={"content": MARK})
        add(store, case, reason=f"{MARK}typed")
        changed, (event,) = decided(case, by=f"{MARK}deputy")
        event = replace(event, texts={"reason": MARK})
        store.write_now(lambda unit, c=changed, e=event: unit.save(c, (e,)))
        read = Event(EventKind.READ, NOON, f"{MARK}reader")
        store.write_now(lambda unit, c=changed, e=read: unit.note(c, e))
    store.write_now(lambda unit: unit.note_school("hill", Event(EventKind.REFUSED, NOON, MARK)))
    row = make_row("a", target=f"{MARK}person", place=f"slack:T1:{MARK}", ref=f"{MARK}.123")
    store.write_now(lambda unit: unit.put(row))
    claimed = store.write_now(lambda unit: unit.claim("w", NOON, timedelta(seconds=60)))
    assert [r.target for r in claimed] == [f"{MARK}person"]
    store.write_now(lambda unit: unit.done(claimed[0], f"slack:T1:{MARK}", f"{MARK}.456"))


def test_no_personal_word_is_in_any_table(empty_store):
    plant_marks(empty_store)

    assert MARK.encode() not in everything_stored(empty_store)
    assert how_many(empty_store) == 2


def test_no_personal_word_is_in_the_database_file_nor_its_journal(sqlite_store, sqlite_file):
    plant_marks(sqlite_store)

    files = {f.name: f.read_bytes() for f in sqlite_file.parent.iterdir()}
    assert set(files) >= {"sharecheck.db", "sharecheck.db-wal"}
    assert all(MARK.encode() not in content for content in files.values())
    assert b"england-2024" in files["sharecheck.db-wal"], "the search itself must find things"


def test_the_same_requester_leaves_different_traces_at_two_schools(empty_store):
    for school in ("hill", "river"):
        add(empty_store, make_case(school=school, requester="class-teacher"))

    hashes = empty_store.read_now(
        lambda unit: (
            unit._connection.execute(text("SELECT requester_hash FROM cases")).scalars().all()
        )
    )
    assert len(set(hashes)) == 2


def test_a_case_whose_key_was_destroyed_cannot_be_read_and_does_not_hide_the_others(empty_store):
    gone = add(empty_store, make_case())
    kept = add(empty_store, make_case())
    empty_store.write_now(
        lambda unit: unit._connection.execute(
            text("DELETE FROM case_keys WHERE case_id = :id"), {"id": gone.id}
        )
    )

    with pytest.raises(ContentDestroyed):
        empty_store.read_now(lambda unit: unit.load(gone.id))
    assert empty_store.read_now(lambda unit: unit.load(kept.id)) == kept


# Opening


def test_a_missing_key_file_is_named_and_nothing_is_opened(empty_store, database_url, tmp_path):
    keys = tmp_path / "keys"
    (keys / "hill.1.key").rename(tmp_path / "kept-elsewhere")

    with pytest.raises(KeyMissing) as fault:
        Store(database_url, Vault.from_dir(keys)).open()

    assert fault.value.path == keys / "hill.1.key"


def test_a_wrong_key_file_is_named_and_nothing_is_opened(empty_store, database_url, tmp_path):
    (tmp_path / "keys" / "hill.1.key").unlink()
    other = Vault.create(tmp_path / "keys", ["hill"])

    with pytest.raises(KeyWrong) as fault:
        Store(database_url, other).open()

    assert fault.value.path == tmp_path / "keys" / "hill.1.key"


def test_a_second_key_is_used_from_then_on_and_the_first_still_opens(
    database_url, open_store, school_vault, tmp_path
):
    from storage.vault import make_key

    old = add(open_store(database_url), full_case())
    make_key(tmp_path / "keys", "hill", 2)
    store = open_store(database_url, vault=Vault.from_dir(tmp_path / "keys"))
    new = add(store, make_case(requester=old.requester, created_at=NOON + timedelta(1)))

    mine = store.read_now(lambda unit: unit.mine("hill", old.requester))

    assert mine == [new, old]
    assert store.read_now(lambda unit: unit.verify()).faults == ()


def test_tables_that_were_never_made_are_told(school_vault, tmp_path):
    file = tmp_path / "empty.db"
    sqlite3.connect(file).close()
    file.touch()

    with pytest.raises(NotMigrated):
        Store(sqlite_url(file), school_vault).open()


def test_a_file_that_is_no_database_is_told(school_vault, tmp_path):
    (tmp_path / "broken.db").write_bytes(b"not a database" * 1000)

    with pytest.raises(StoreUnavailable) as refusal:
        Store(sqlite_url(tmp_path / "broken.db"), school_vault).open()

    assert refusal.value.code == "broken"


def test_a_store_opens_beside_one_that_writes_and_waits_for_its_turn(
    sqlite_file, open_store, school_vault
):
    other = sqlite3.connect(sqlite_file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.4, lambda: (other.execute("ROLLBACK"), other.close()))
    release.start()

    store = open_store(sqlite_url(sqlite_file))
    release.join()

    assert how_many(store, "school_keys") == len(school_vault.schools)


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql:///x?host=/nowhere"])
def test_a_database_that_is_not_there_is_told(school_vault, url):
    with pytest.raises(StoreUnavailable) as refusal:
        Store(url, school_vault).open()

    assert refusal.value.code == "gone"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y"])
def test_other_databases_are_refused(school_vault, url):
    with pytest.raises(ValueError, match="sqlite:///<file> or postgresql"):
        Store(url, school_vault)


def test_nothing_is_opened_before_open_is_called(school_vault, tmp_path):
    store = Store(sqlite_url(tmp_path / "never.db"), school_vault)

    assert not (tmp_path / "never.db").exists()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.read_now(lambda unit: None)


def test_a_teams_account_with_colons_in_its_id_comes_back_whole(empty_store):
    account = Account(Platform.TEAMS, "tenant", "29:1abc:def")
    case = add(empty_store, make_case(account=account))

    assert empty_store.read_now(lambda unit: unit.load(case.id)).account == account
