"""An installation for the command line: settings, database and keys, used and unused."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import main
from bot.demo import write_toml
from bot.demo_school import pretend_settings
from playground import school as pretend
from tests.fixtures_school import open_pretend_school, prepare
from tests.scenarios import SURE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
NOWHERE = "http://127.0.0.1:9"
ASKED = SURE | {"advice": "wanted"}
Run = Callable[..., Any]


@dataclass(frozen=True)
class Result:
    exit_code: int
    output: str


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A settings file with a database and keys beside it; Slack is not there."""
    settings = pretend_settings(tmp_path, NOWHERE)
    prepare(settings)
    return write_config(tmp_path)


def write_config(folder: Path, **changes: Any) -> Path:
    settings = pretend_settings(folder, NOWHERE).model_copy(update={"port": 0, **changes})
    file = folder / "sharecheck.toml"
    file.write_text(write_toml(settings), "utf-8")
    return file


@pytest.fixture
def run(config: Path) -> Run:
    """Runs a command on that installation; `.output` (both streams), `.stdout`, `.exit_code`."""

    def run_(*arguments: str) -> Any:
        if arguments == ("serve",):
            return finished(start("serve", "--config", str(config)))
        return CliRunner().invoke(main, [*arguments, "--config", str(config)])

    return run_


@contextlib.contextmanager
def serving(config: Path) -> Iterator[subprocess.Popen[str]]:
    """`sharecheck serve` in a process of its own."""
    process = start("serve", "--config", str(config))
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from bot.cli import main; main()", *arguments]
    here = Path(__file__).parent.parent
    return subprocess.Popen(command, cwd=here, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> Result:
    """The end of a process that should end by itself."""
    _, said = process.communicate(timeout=60)
    return Result(process.returncode, said)


def line_with(process: subprocess.Popen[str], word: str) -> str:
    """The first line that a process says with a word in it."""
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return line
    raise AssertionError(f"it ended without saying {word}")


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a school in which a case was asked and decided."""
    folder = tmp_path_factory.mktemp("lived")
    asyncio.run(live(folder))
    return folder


async def live(folder: Path) -> None:
    async with open_pretend_school(folder) as school:
        await school.check(TEACHER, **ASKED)
        await school.finish(TEACHER, reason="Zqtyped words")
        await school.do(DSL, "case.decide.share", reason="It is right")


@pytest.fixture
def used(config: Path, lived_in: Path) -> Path:
    """The installation, with that case in its database; gives its folder."""
    shutil.copytree(lived_in, config.parent, dirs_exist_ok=True)
    return config.parent


def rows_of(folder: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(folder / "sharecheck.db")) as look:
        tables = ("cases", "ledger", "outbox", "school_keys")
        return [look.execute(f"SELECT * FROM {table}").fetchall() for table in tables]  # noqa: S608
