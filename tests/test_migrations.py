"""The migrations: one line of history that ends at the tables the program declares."""

from __future__ import annotations

import sqlite3
import stat
import threading

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, inspect, text

from storage.database import read_url
from storage.errors import NotMigrated, StoreUnavailable
from storage.migrate import _all_ids, _config, _make_file, pending, upgrade
from storage.store import SCHEMA
from storage.tables import Row
from tests.databases import sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request, tmp_path) -> str:
    """A database of each kind without tables."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "new" / "sharecheck.db")
    return request.getfixturevalue("postgres").bare()


def look(url, work):
    engine = create_engine(read_url(url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


def test_the_migrated_tables_are_those_the_program_declares(bare_url):
    upgrade(bare_url)

    def differences(connection):
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, Row.metadata)

    assert look(bare_url, differences) == []


def test_every_name_of_an_index_key_and_constraint_is_as_declared(bare_url):
    upgrade(bare_url)

    def names(connection):
        inspector = inspect(connection)
        return {
            name
            for table in Row.metadata.tables
            for name in (
                *(index["name"] for index in inspector.get_indexes(table)),
                *(key["name"] for key in inspector.get_foreign_keys(table)),
                inspector.get_pk_constraint(table)["name"],
            )
        }

    declared = {
        str(named.name)
        for table in Row.metadata.tables.values()
        for named in (*table.indexes, *table.foreign_key_constraints, table.primary_key)
    }
    assert look(bare_url, names) - {"uq_cases_ref"} == declared


def test_upgrading_says_what_it_ran_and_a_second_time_runs_nothing(bare_url):
    waiting = pending(bare_url)

    assert upgrade(bare_url) == waiting != []
    assert pending(bare_url) == []
    assert upgrade(bare_url) == []


def test_a_database_of_an_older_program_keeps_what_is_in_it(bare_url):
    if bare_url.startswith("sqlite"):
        _make_file(read_url(bare_url))
    seen = "INSERT INTO seen_keys (key, at) VALUES ('a', '2026-01-01 00:00:00.000000')"

    def live_on_the_first_tables(connection):
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(seen))
        connection.commit()

    look(bare_url, live_on_the_first_tables)

    assert upgrade(bare_url) == _all_ids()[1:]
    assert look(bare_url, lambda c: c.execute(text("SELECT key FROM seen_keys")).all()) == [("a",)]


def test_channels_that_an_older_program_kept_go_and_people_stay(bare_url):
    if bare_url.startswith("sqlite"):
        _make_file(read_url(bare_url))
    row = text(
        "INSERT INTO conversations VALUES"
        " ('teams', 't', :kind, 'a', 'b', 'https://smba.example/', '2026-01-01 00:00:00.000000')"
    )

    def live_on_older_tables(connection):
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for kind in ("person", "channel", "tenant"):
            connection.execute(row, {"kind": kind})
        connection.commit()

    look(bare_url, live_on_older_tables)
    upgrade(bare_url)

    kinds = look(bare_url, lambda c: c.execute(text("SELECT kind FROM conversations")).all())
    assert {kind for (kind,) in kinds} == {"person", "tenant"}


def test_tables_of_a_newer_program_are_left_alone(bare_url):
    upgrade(bare_url)

    def renew(connection):
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()

    look(bare_url, renew)

    for ask in (pending, upgrade):
        with pytest.raises(NotMigrated, match="9999"):
            ask(bare_url)


def test_looking_for_pending_migrations_waits_for_nobody(sqlite_file):
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    assert pending(sqlite_url(sqlite_file)) == []
    other.close()


def test_history_is_one_line_that_ends_where_the_program_wants_it():
    scripts = ScriptDirectory.from_config(_config())

    assert scripts.get_heads() == [SCHEMA]
    assert all(not isinstance(s.down_revision, tuple) for s in scripts.walk_revisions())


def test_the_ledgers_triggers_come_with_the_tables(bare_url):
    upgrade(bare_url)

    def refuse(connection):
        connection.execute(
            text(
                "INSERT INTO ledger (school, seq, at, kind, body, hash)"
                " VALUES ('hill', 1, '2026-01-01 00:00:00.000000', 'read', '', '')"
            )
        )
        with pytest.raises(Exception, match="append-only"):
            connection.execute(text("DELETE FROM ledger"))

    look(bare_url, refuse)


def test_a_new_database_file_may_be_read_by_this_user_only(tmp_path):
    file = tmp_path / "made" / "for" / "us.db"
    upgrade(sqlite_url(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_processes_that_migrate_at_once_do_it_once(bare_url):
    done, faults = [], []

    def run():
        try:
            done.extend(upgrade(bare_url))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told below
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert done == _all_ids()


def test_a_migration_that_fails_leaves_nothing_half_done(bare_url, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.create_index", fail)
        with pytest.raises(RuntimeError):
            upgrade(bare_url)

    assert look(bare_url, lambda c: inspect(c).get_table_names()) == []
    assert upgrade(bare_url) == _all_ids()


@pytest.mark.parametrize(
    "url", ["postgresql:///x?host=/nowhere", "sqlite:////proc/nothing/here.db"]
)
def test_a_database_that_cannot_be_reached_is_told(url):
    with pytest.raises(StoreUnavailable) as refusal:
        upgrade(url)

    assert refusal.value.code == "gone"
