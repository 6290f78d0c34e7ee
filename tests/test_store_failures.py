"""In time or not at all: what a caller is told when the database is slow, locked, full or gone."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time

import psycopg
import pytest

from storage.errors import StoreUnavailable
from tests.databases import postgres_server
from tests.stored_cases import make_case, make_row, recorded
from tests.stores import add, hold_up, how_many, no_room_beyond


async def test_work_that_cannot_begin_in_time_never_runs(empty_store):
    hold_up(empty_store, 0.4)
    ran: list[str] = []

    with pytest.raises(StoreUnavailable) as refusal:
        await empty_store.write(lambda _unit: ran.append("late"), within=0.05)
    await empty_store.write(lambda _unit: None, within=5)

    assert refusal.value.code == "timed_out"
    assert ran == []


def test_work_without_an_event_loop_that_cannot_begin_in_time_never_runs(empty_store):
    hold_up(empty_store, 0.4)
    ran: list[str] = []

    with pytest.raises(StoreUnavailable, match="timed_out"):
        empty_store.write_now(lambda _unit: ran.append("late"), within=0.05)

    assert ran == []


async def test_work_that_began_but_does_not_end_is_in_doubt(empty_store):
    began = time.monotonic()
    with pytest.raises(StoreUnavailable) as refusal:
        await empty_store.write(lambda _unit: time.sleep(1.5), within=0.1)

    assert refusal.value.code == "in_doubt"
    assert time.monotonic() - began < 1.2


async def test_reading_that_takes_too_long_is_given_up(empty_store):
    with pytest.raises(StoreUnavailable, match="timed_out"):
        await empty_store.read(lambda _unit: time.sleep(1), within=0.05)


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
