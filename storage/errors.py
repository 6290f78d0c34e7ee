"""Why something could not be remembered or read back; each carries facts, not prose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class StorageError(Exception):
    """Whatever storage itself has to say."""


@dataclass(eq=False)
class StoreUnavailable(StorageError):
    """The database cannot take or give it now; nothing was written unless `code` is `in_doubt`.

    `code`: locked, full, gone, broken, read_only, timed_out, closed, or in_doubt (it may yet be
    written).
    """

    code: str

    def __str__(self) -> str:
        return self.code


class TryAgain(StorageError):
    """Two transactions got in each other's way; the same work may well succeed if run again."""


@dataclass(eq=False)
class ConcurrentChange(TryAgain):
    """Somebody changed the case first: load it again and look."""

    case_id: str


@dataclass(eq=False)
class CaseExists(TryAgain):
    """A case with this id is there already: the same walk was handed in twice.

    Work that looks first, and runs again, finds it.
    """

    case_id: str


@dataclass(eq=False)
class ContentDestroyed(StorageError):
    """The case was disposed of: its key is gone, and what it sealed cannot be read again."""

    case_id: str


@dataclass(eq=False)
class Unreadable(StorageError):
    """Something sealed, or what it was sealed beside, is not as it was written; `row` names it."""

    row: str


NONSENSE = (TypeError, ValueError, LookupError, RecursionError)
"""What comes of columns that no program of ours could have written."""


@dataclass(eq=False)
class KeyMissing(StorageError):
    """A school's key file is not where it should be: restore it from its own backup."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path}: this key file is missing. Restore it from its own backup."


@dataclass(eq=False)
class KeyWrong(StorageError):
    """A key file is not the one that the database was written with."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path}: this is not the key the database was written with. Put that one back."


@dataclass(eq=False)
class NotMigrated(StorageError):
    """The tables are of another version than the program."""

    found: str | None
    wanted: str

    def __str__(self) -> str:
        return f"The tables are at {self.found or 'nothing'}, the program wants {self.wanted}."
