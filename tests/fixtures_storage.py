"""Fixtures for what is remembered: a database of each kind, keys, and a store on both."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from storage.migrate import upgrade
from storage.store import Store
from storage.vault import Vault
from tests.databases import postgres_databases, skip_or_fail, sqlite_url
from tests.stored_cases import SCHOOLS

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def make_postgres() -> Iterator[Callable[[], str] | str]:
    """A function that makes a PostgreSQL database, or why there is none."""
    with ExitStack() as stack:
        try:
            made: Callable[[], str] | str = stack.enter_context(postgres_databases())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the reason to skip
            made = f"PostgreSQL does not start here: {type(error).__name__}: {error}"
        yield made


@pytest.fixture
def postgres_url(make_postgres: Callable[[], str] | str) -> str:
    """A fresh, migrated PostgreSQL database; skips where the server cannot start."""
    if isinstance(make_postgres, str):
        skip_or_fail(make_postgres)
    return make_postgres()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "template.db"
    upgrade(sqlite_url(file))
    return file


@pytest.fixture
def sqlite_file(migrated_file: Path, tmp_path: Path) -> Path:
    """A fresh, migrated SQLite file."""
    file = tmp_path / "data" / "sharecheck.db"
    file.parent.mkdir()
    shutil.copyfile(migrated_file, file)
    return file


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_url(request.getfixturevalue("sqlite_file"))
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def school_vault(tmp_path: Path) -> Vault:
    """The keys of the example schools."""
    return Vault.create(tmp_path / "keys", SCHOOLS)


@pytest.fixture
def open_store(school_vault: Vault) -> Iterator[Callable[..., Store]]:
    """Opens stores on a URL, with the example keys, and closes them afterwards."""
    opened: list[Store] = []

    def open_(url: str, **options) -> Store:
        store = Store(url, options.pop("vault", school_vault), **options)
        opened.append(store)
        store.open()
        return store

    yield open_
    for store in opened:
        store.close_now()


@pytest.fixture
def empty_store(database_url: str, open_store: Callable[..., Store]) -> Store:
    """An open store with nothing in it, on each kind of database."""
    return open_store(database_url)


@pytest.fixture
def sqlite_store(sqlite_file: Path, open_store: Callable[..., Store]) -> Store:
    return open_store(sqlite_url(sqlite_file))


@pytest.fixture
def postgres_store(postgres_url: str, open_store: Callable[..., Store]) -> Store:
    return open_store(postgres_url)
