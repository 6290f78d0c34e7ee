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
from sqlalchemy import URL, Connection, NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from storage.database import explain, read_url
from storage.errors import NotMigrated, StoreUnavailable

_ONE_AT_A_TIME = 0x5AFE
"""The PostgreSQL advisory lock that keeps two processes from migrating at once."""


def upgrade(url: str) -> list[str]:
    """Run the migrations that are pending, all or none; gives their ids.

    Makes a missing SQLite file (and its directory), readable by this user only. Raises
    StoreUnavailable, or NotMigrated when the tables are of a newer program.
    """
    target = read_url(url)
    _make_file(target)
    with _connected(target) as connection:
        _be_alone(connection)
        ids = _pending(connection)
        if ids:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        connection.commit()
        return ids


def pending(url: str) -> list[str]:
    """The ids of the migrations not yet run, the next first. Raises as `upgrade`."""
    target = read_url(url)
    if target.get_backend_name() == "sqlite" and not Path(target.database or "").is_file():
        return _all_ids()
    with _connected(target) as connection:
        return _pending(connection)


def _pending(connection: Connection) -> list[str]:
    done = MigrationContext.configure(connection).get_current_revision()
    ids = _all_ids()
    if done is None:
        return ids
    if done not in ids:
        raise NotMigrated(done, ids[-1])
    return ids[ids.index(done) + 1 :]


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
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        code = explain(error)
        if code is None:
            raise
        raise StoreUnavailable(code) from error
    finally:
        engine.dispose()


def _be_alone(connection: Connection) -> None:
    """Begin the one transaction in which tables may change, after whoever is at it now."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("PRAGMA synchronous=FULL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})


def _make_file(url: URL) -> None:
    if url.get_backend_name() != "sqlite":
        return
    file = Path(url.database or "")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailable("gone") from error
