"""Nothing personal at rest, and no opening without the right keys."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.case import Event, EventKind, Status
from bot.chat import Account, Platform
from storage.errors import (
    ContentDestroyed,
    KeyMissing,
    KeyWrong,
    NotMigrated,
    StoreUnavailable,
    Unreadable,
)
from storage.lists import Listed, Viewer
from storage.store import Store
from storage.tables import Row
from storage.vault import Vault
from tests.databases import sqlite_url
from tests.stored_cases import NOON, RESTRICTED, decided, full_case, make_case, make_row
from tests.stores import add, how_many, listed, tamper

MARK = "zqxmarkedzqx"


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


# What decides who may see a case

OPENED_UP = (
    ("restricted = false",),
    ("restricted = false", "route = 'dsl'"),
    ("route = 'dsl'",),
    ("school = 'river'",),
    ("advice = :advice",),
    ("advice = :advice", "restricted = false", "route = 'dsl'"),
    ("requester_hash = :mine",),
    ("status = 'waiting'",),
    ("decision = 'share'",),
)


@pytest.mark.parametrize("changes", OPENED_UP, ids=" and ".join)
def test_a_case_does_not_open_beside_anything_but_what_it_was_sealed_beside(empty_store, changes):
    case = add(empty_store, make_case(advice=RESTRICTED, route="head", status=Status.ASKED))
    advice = json.dumps(make_case().advice.as_json())
    statement = f"UPDATE cases SET {', '.join(changes)} WHERE id = :id"  # noqa: S608
    mine = empty_store._vault.keyed_hash("hill", "requester", "office")
    tamper(empty_store, statement, id=case.id, advice=advice, mine=mine)

    with pytest.raises(Unreadable, match=case.id):
        empty_store.read_now(lambda unit: unit.load(case.id))
    with pytest.raises(Unreadable):
        empty_store.read_now(lambda unit: unit.find(case.ref))
    with pytest.raises(Unreadable):
        empty_store.write_now(lambda unit: unit.load(case.id))
    for school, which in itertools.product(("hill", "river"), Listed):
        viewer = Viewer(school, frozenset({"office"}), frozenset({"dsl", "head"}))
        assert listed(empty_store, which, viewer) == []


def test_a_restricted_case_stays_out_of_the_figures_when_only_the_column_was_changed(empty_store):
    case = add(empty_store, make_case(advice=RESTRICTED, route="head"))
    tamper(empty_store, "UPDATE cases SET restricted = false WHERE id = :id", id=case.id)

    assert empty_store.read_now(lambda unit: unit.open_figures("hill")) == []


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

    old = add(open_store(database_url), full_case(excluded=frozenset()))
    make_key(tmp_path / "keys", "hill", 2)
    store = open_store(database_url, vault=Vault.from_dir(tmp_path / "keys"))
    new = add(store, make_case(requester=old.requester, created_at=NOON + timedelta(1)))

    mine = listed(store, Listed.MINE, Viewer("hill", frozenset({old.requester})))

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
