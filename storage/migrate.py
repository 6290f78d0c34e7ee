"""Bring the tables to the version that the program wants; forward only, one line of history."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, NullPool, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from storage.database import explain, read_url
from storage.errors import StoreUnavailable

_ONE_AT_A_TIME = 0x5AFE
"""The PostgreSQL advisory lock that keeps two processes from migrating at once."""


def upgrade(url: str) -> list[str]:
    """Run the migrations that are pending, all or none; gives their ids.

    Makes a missing SQLite file (and its directory), readable by this user only. Raises
    StoreUnavailable.
    """
    target = read_url(url)
    _make_file(target)
    with _connected(target) as connection:
        ids = _pending(connection)
        if ids:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        connection.commit()
        return ids


def pending(url: str) -> list[str]:
    """The ids of the migrations not yet run, the next first. Raises StoreUnavailable."""
    target = read_url(url)
    if target.get_backend_name() == "sqlite" and not Path(target.database or "").is_file():
        return _all_ids()
    with _connected(target) as connection:
        return _pending(connection)


def _pending(connection: Connection) -> list[str]:
    done = MigrationContext.configure(connection).get_current_revision()
    ids = _all_ids()
    return ids[ids.index(done) + 1 :] if done else ids


def _all_ids() -> list[str]:
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    sqlite = url.get_backend_name() == "sqlite"
    arguments = {"isolation_level": None, "timeout": 10.0} if sqlite else {"connect_timeout": 5}
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    if sqlite:
        event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.connect() as connection:
            if sqlite:
                _keep_journal(connection)
            else:
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
            yield connection
    except SQLAlchemyError as error:
        code = explain(error)
        if code is None:
            raise
        raise StoreUnavailable(code) from error
    finally:
        engine.dispose()


def _keep_journal(connection: Connection) -> None:
    driver = connection.connection.dbapi_connection
    if driver is not None:
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute("PRAGMA synchronous=FULL")


def _make_file(url: URL) -> None:
    if url.get_backend_name() != "sqlite":
        return
    file = Path(url.database or "")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailable("gone") from error
