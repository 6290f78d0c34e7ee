"""Fixtures for what is remembered: a database of each kind, keys, and a store on both."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.case import Event, EventKind
from storage.migrate import upgrade
from storage.store import Store
from storage.vault import Vault
from tests.databases import Postgres, postgres_databases, skip_or_fail, sqlite_url
from tests.stored_cases import NOON, RESTRICTED, SCHOOLS, decided, full_case, make_case, recorded

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_or_why() -> Iterator[Postgres | str]:
    """PostgreSQL databases, or why there are none."""
    with ExitStack() as stack:
        try:
            found: Postgres | str = stack.enter_context(postgres_databases())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the reason to skip
            found = f"PostgreSQL does not start here: {type(error).__name__}: {error}"
        yield found


@pytest.fixture
def postgres(postgres_or_why: Postgres | str) -> Postgres:
    """PostgreSQL databases; skips where the server cannot start."""
    if isinstance(postgres_or_why, str):
        skip_or_fail(postgres_or_why)
    return postgres_or_why


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """A migrated PostgreSQL database with nothing in it."""
    return postgres.emptied()


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


@pytest.fixture
def filled_store(empty_store: Store) -> Store:
    """A store with three cases at one school, one of them decided, and one at another school."""
    cases = [make_case(), full_case(), make_case(advice=RESTRICTED), make_case(school="river")]
    for case in cases:
        empty_store.write_now(lambda unit, c=case: unit.add(c, recorded(c, reason="bruises")))
    changed, events = decided(cases[0])
    empty_store.write_now(lambda unit: unit.save(changed, events))
    read = Event(EventKind.READ, NOON, "dsl")
    empty_store.write_now(lambda unit: unit.note(changed, read))
    refused = Event(EventKind.REFUSED, NOON, "guest", {"refusal": "Guest"})
    empty_store.write_now(lambda unit: unit.note_school("hill", refused))
    return empty_store
