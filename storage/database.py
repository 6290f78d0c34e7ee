"""The connection to SQLite or PostgreSQL: how it is opened, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from storage.errors import StoreUnavailable, TryAgain

LOCK_SECONDS = 0.1
"""How long SQLite waits for a lock at a time; whoever has more patience asks again."""

POOL_SECONDS = 2.0

_WRITER = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
)
_READER = ("PRAGMA query_only=ON", "PRAGMA trusted_schema=OFF", "PRAGMA temp_store=MEMORY")
_POSTGRES_OPTIONS = "-c lock_timeout=2000 -c synchronous_commit=on -c application_name=sharecheck"
_NOT_OF_USE = frozenset({"gone", "full", "broken", "read_only"})
_POSTGRES_PATIENCE = {
    "connect_timeout": 2,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""A server that fell silent is given up after seconds, not after the quarter of an hour of TCP."""
_AGAIN = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_POSTGRES_CODES = {
    "55P03": "locked",
    "53100": "full",
    "57014": "timed_out",
    "25006": "read_only",
}
_SQLITE_CODES = {
    "SQLITE_BUSY": "locked",
    "SQLITE_LOCKED": "locked",
    "SQLITE_FULL": "full",
    "SQLITE_READONLY": "read_only",
    "SQLITE_PERM": "read_only",
    "SQLITE_IOERR": "gone",
    "SQLITE_CANTOPEN": "gone",
    "SQLITE_CORRUPT": "broken",
    "SQLITE_NOTADB": "broken",
}


class Database:
    """Two engines on one database: one writes, the other only reads and sees one moment of it."""

    def __init__(self, url: str, *, writers: int, readers: int) -> None:
        self.url = read_url(url)
        self._file = Path(self.url.database or "") if self.sqlite else None
        self._inode: tuple[int, int] | None = None
        make = _make_sqlite if self.sqlite else _make_postgres
        self._writer = make(self.url, size=writers, reads_only=False)
        self._reader = make(self.url, size=readers, reads_only=True)

    @property
    def sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def check(self) -> None:
        """Open the file or reach the server now. Raises StoreUnavailable."""
        if self._file is not None:
            if not self._file.is_file():
                raise StoreUnavailable("gone")
            self._inode = _inode(self._file)
        with self.reading():
            pass

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that takes the write lock at once; undone unless the caller commits."""
        with self._transaction(self._writer) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment and cannot write."""
        with self._transaction(self._reader) as connection:
            yield connection

    def dispose(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    def commit(self, connection: Connection) -> None:
        """Raises StoreUnavailable `in_doubt` when the server was lost before it could answer."""
        try:
            connection.commit()
        except DBAPIError as error:
            if not self.sqlite and explain(error) == "gone":
                raise StoreUnavailable("in_doubt") from error
            raise

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        self._be_the_same_file()
        try:
            with engine.connect() as connection:
                try:
                    connection.begin()
                    yield connection
                except DBAPIError as error:
                    if explain(error) in _NOT_OF_USE:
                        connection.invalidate()
                    raise
        except SQLAlchemyError as error:
            code = explain(error)
            if code == "again":
                raise TryAgain from error
            if code is None:
                raise
            raise StoreUnavailable(code) from error

    def _be_the_same_file(self) -> None:
        """A file taken away or put in another's place would swallow what is written to it."""
        if self._file is not None and _inode(self._file) != self._inode:
            raise StoreUnavailable("gone")


def read_url(text: str) -> URL:
    """Raises ValueError unless it is a SQLite file or a PostgreSQL database."""
    url = make_url(text)
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite+pysqlite")
    raise ValueError("the database is either sqlite:///<file> or postgresql://...")


def explain(error: SQLAlchemyError) -> str | None:
    """What a database error means: a code of StoreUnavailable, `again`, or None: our own fault."""
    if isinstance(error, NoConnection):
        return "timed_out"
    if not isinstance(error, DBAPIError):
        return None
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return next((code for start, code in _SQLITE_CODES.items() if name.startswith(start)), None)
    if not isinstance(error, (OperationalError, InternalError)):
        return None
    state = getattr(error.orig, "sqlstate", None)
    return "again" if state in _AGAIN else _POSTGRES_CODES.get(str(state), "gone")


def _make_sqlite(url: URL, *, size: int, reads_only: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
        connect_args={
            "timeout": LOCK_SECONDS,
            "isolation_level": None,
            "check_same_thread": False,
        },
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: SqliteConnection, _record: Any) -> None:
        for pragma in _READER if reads_only else _WRITER:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def _make_postgres(url: URL, *, size: int, reads_only: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
        connect_args={**_POSTGRES_PATIENCE, "options": _POSTGRES_OPTIONS},
    )
    if not reads_only:
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _inode(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
