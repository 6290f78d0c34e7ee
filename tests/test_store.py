"""What goes into the store comes out; a transaction is all or nothing, however many at once."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.case import Event, EventKind, Outcome
from bot.refusals import AlreadyDecided, UnknownCase
from storage.errors import CaseExists, ConcurrentChange
from storage.lists import Listed
from tests.stored_cases import NOON, RESTRICTED, decided, full_case, make_case, make_row, recorded
from tests.stores import VIEWER, add, hold_up, how_many, no_room_beyond

MARK = "zqxmarkedzqx"


# What goes in comes out


@pytest.mark.parametrize("advice", [None, RESTRICTED])
def test_a_case_with_every_field_filled_comes_back_as_it_was(empty_store, advice):
    changes = {"advice": advice} if advice else {}
    case = add(empty_store, full_case(**changes))

    assert empty_store.read_now(lambda unit: unit.load(case.id)) == case


def test_a_case_with_nothing_but_the_needful_comes_back_as_it_was(empty_store):
    case = add(empty_store, make_case(texts={}, answers={}))

    assert empty_store.read_now(lambda unit: unit.load(case.id)) == case


@pytest.mark.parametrize("advice", [None, RESTRICTED])
def test_answers_come_back_in_the_order_they_were_given(empty_store, advice):
    answers = {"trigger": "own", "danger": "no", "a": "yes", "adult": "none"}
    changes = {"advice": advice} if advice else {}
    case = add(empty_store, make_case(answers=answers, **changes))

    found = empty_store.read_now(lambda unit: unit.load(case.id)).answers
    assert list(found) == list(answers)


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
        before = unit.count(VIEWER, Listed.WAITING)
        add(empty_store, make_case())
        return before, unit.count(VIEWER, Listed.WAITING)

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


@pytest.mark.parametrize("broken", [99, 5])
async def test_those_that_fail_among_many_do_not_disturb_the_others(empty_store, broken):
    cases = [make_case() for _ in range(30)]

    def work(number, case):
        def write(unit):
            unit.add(case, recorded(case))
            if number % 7 == 3:
                raise AlreadyDecided("dsl", NOON, "share")
            if number % 7 == broken:
                unit.put(make_row(case.id, needs="nothing-with-this-key"))

        return write

    works = [empty_store.write(work(n, case), within=30) for n, case in enumerate(cases)]
    answers = await asyncio.gather(*works, return_exceptions=True)

    kinds = [type(answer).__name__ for answer in answers]
    assert kinds == [
        {3: "AlreadyDecided", broken: "IntegrityError"}.get(n % 7, "NoneType") for n in range(30)
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


@pytest.mark.parametrize("stores", [1, 2])
async def test_the_same_walk_handed_in_many_times_at_once_is_one_case_for_every_caller(
    database_url, open_store, stores
):
    """Work that looks before it adds: on PostgreSQL two may look before either has added."""
    opened = [open_store(database_url) for _ in range(stores)]
    case = make_case()
    slowly = threading.Barrier(2 * stores)

    def hand_in(unit):
        try:
            return unit.load(case.id).ref
        except UnknownCase:
            with suppress(threading.BrokenBarrierError):
                slowly.wait(0.2)
            unit.add(case, recorded(case))
            return case.ref

    answers = await asyncio.gather(*(opened[n % stores].write(hand_in) for n in range(12)))

    assert set(answers) == {case.ref}
    assert how_many(opened[0]) == how_many(opened[0], "ledger") == 1


@pytest.mark.parametrize("kind", [CaseExists, ConcurrentChange])
async def test_what_keeps_getting_in_the_way_is_told_in_the_end(postgres_store, kind):
    tries: list[int] = []

    def never(_unit):
        tries.append(1)
        raise kind("c" * 32)

    with pytest.raises(kind):
        await postgres_store.write(never)

    assert len(tries) > 2


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
