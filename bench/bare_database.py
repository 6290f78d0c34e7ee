"""The floor of every durable write: one row, one commit, nothing else."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter


class BareDatabase:
    """A SQLite file with one table, as safe on disk as ours: WAL and `synchronous=FULL`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def commit_one(self) -> None:
        """Insert a row and wait until it is on the disk."""
        self._connection.execute("INSERT INTO rows (text) VALUES (?)", ("x" * 1000,))

    def rate(self, count: int) -> float:
        """Commits a second, one after the other."""
        began = perf_counter()
        for _ in range(count):
            self.commit_one()
        return count / (perf_counter() - began)


@contextlib.contextmanager
def bare_database(folder: Path) -> Iterator[BareDatabase]:
    """A new one in a folder, closed at the end."""
    with contextlib.closing(
        sqlite3.connect(folder / "bare.db", isolation_level=None)
    ) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT)")
        yield BareDatabase(connection)
