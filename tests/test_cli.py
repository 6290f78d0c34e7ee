"""The command line as somebody types it: what it says, what it refuses, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import main
from bot.demo import pretend_settings, write_toml
from playground import school as pretend
from storage.vault import Vault
from tests.fixtures_school import open_pretend_school, prepare
from tests.pretend_school import PretendSchool
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


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
def used(config: Path, lived: Path) -> Path:
    """The installation, with that case in its database; gives its folder."""
    shutil.copytree(lived, config.parent, dirs_exist_ok=True)
    return config.parent


# ------------------------------------------------------------------------------------- serving


def test_a_second_serve_on_the_same_sqlite_file_is_refused_and_the_first_goes_on(
    config: Path, run: Run
):
    with serving(config) as first:
        line_with(first, '"serving"')

        second = run("serve")

        assert second.exit_code == 2
        assert "another Sharecheck is running on this database" in second.output
        assert first.poll() is None
        assert run("verify").exit_code == 0, "the command line works beside it"


def test_a_served_process_answers_health(config: Path):
    write_config(config.parent, port=(port := free_port()))
    with serving(config):
        assert ask(f"http://127.0.0.1:{port}/healthz") == b'{"alive":true}'


@pytest.mark.xfail(strict=True, reason="the server's own handler ends the process by the signal")
def test_a_served_process_ends_well_when_told(config: Path):
    write_config(config.parent, port=(port := free_port()))
    with serving(config) as process:
        ask(f"http://127.0.0.1:{port}/healthz")

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=20) == 0


def test_a_port_that_is_taken_is_said(config: Path, run: Run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        write_config(config.parent, port=taken.getsockname()[1])

        said = run("serve")

    assert said.exit_code != 0
    assert "address already in use" in said.output


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str) -> bytes:
    """What an address answers, as soon as somebody listens there."""
    end = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own, on this machine
                return bytes(answer.read())
        except OSError:
            assert time.monotonic() < end, "nobody listens"
            time.sleep(0.05)


def test_slack_being_away_does_not_keep_it_from_starting(config: Path):
    with serving(config) as process:
        said = line_with(process, "slack_not_reached")
        assert process.poll() is None
        assert "pretend-signing-secret" not in said
        assert pretend.TOKEN not in said


# ---------------------------------------------------------------------------------------- keys

NEEDS_KEYS = (
    ("serve",),
    ("verify",),
    ("outbox", "list"),
    ("outbox", "revive"),
    ("digest", "--preview"),
    ("digest", "--send"),
)


@pytest.mark.parametrize("command", NEEDS_KEYS, ids=" ".join)
def test_without_its_key_nothing_starts_and_it_says_how_to_restore(
    used: Path, run: Run, command: tuple[str, ...]
):
    shutil.rmtree(used / "keys")
    before = rows_of(used)

    said = run(*command)

    assert said.exit_code == 2
    assert "key" in said.output
    assert "from its own backup" in said.output
    assert not (used / "keys").exists()
    assert rows_of(used) == before


@pytest.mark.parametrize("command", NEEDS_KEYS, ids=" ".join)
def test_with_another_key_nothing_starts_and_it_says_how_to_restore(
    used: Path, run: Run, command: tuple[str, ...]
):
    shutil.rmtree(used / "keys")
    Vault.create(used / "keys", ["pretend"])
    before = rows_of(used)

    said = run(*command)

    assert said.exit_code == 2
    assert "pretend.1.key" in said.output
    assert "the database was written with" in said.output
    assert "from its own backup" in said.output
    assert rows_of(used) == before


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe", b"A" * 44])
def test_a_key_file_that_holds_no_key_is_refused_without_showing_it(
    tmp_path: Path, config: Path, run: Run, content: bytes
):
    (tmp_path / "keys" / "pretend.1.key").write_bytes(content)

    said = run("verify")

    assert said.exit_code == 2
    assert "pretend.1.key" in said.output
    assert "A" * 44 not in said.output


def test_new_keys_are_made_once_and_never_over_old_ones(tmp_path: Path, config: Path, run: Run):
    key = tmp_path / "keys" / "pretend.1.key"
    key.unlink()

    made = run("keys", "new")
    first = key.read_bytes()
    again = run("keys", "new")

    assert (made.exit_code, again.exit_code) == (0, 0)
    assert "Copy them somewhere safe" in made.output
    assert key.read_bytes() == first
    assert key.stat().st_mode & 0o077 == 0
    assert first.decode().strip() not in made.output


def rows_of(folder: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(folder / "sharecheck.db")) as look:
        tables = ("cases", "ledger", "outbox", "school_keys")
        return [look.execute(f"SELECT * FROM {table}").fetchall() for table in tables]  # noqa: S608


# -------------------------------------------------------------------------------------- migrate


def test_a_new_database_is_migrated_and_a_second_time_there_is_nothing_to_do(
    tmp_path: Path, config: Path, run: Run
):
    (tmp_path / "sharecheck.db").unlink()

    first, second = run("migrate"), run("migrate")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Migrated: 0001" in first.output
    assert "Nothing to do: it is up to date." in second.output
    assert run("verify").exit_code == 0


@pytest.mark.parametrize("command", [("serve",), ("verify",), ("outbox", "list")], ids=" ".join)
def test_tables_that_are_not_there_are_named_with_what_to_run(
    tmp_path: Path, config: Path, run: Run, command: tuple[str, ...]
):
    (tmp_path / "sharecheck.db").write_bytes(b"")

    said = run(*command)

    assert said.exit_code == 2
    assert "sharecheck migrate" in said.output


@pytest.mark.parametrize("command", [("serve",), ("verify",), ("digest",)], ids=" ".join)
def test_a_database_that_is_gone_is_said_and_none_is_made(
    tmp_path: Path, config: Path, run: Run, command: tuple[str, ...]
):
    (tmp_path / "sharecheck.db").unlink()

    said = run(*command)

    assert said.exit_code == 2
    assert "The database cannot be used now (gone). Nothing was changed." in said.output
    assert not (tmp_path / "sharecheck.db").exists()


# --------------------------------------------------------------------------------------- verify


def test_a_sound_log_is_said_to_be_sound(used: Path, run: Run):

    said = run("verify")

    assert (said.exit_code, said.stdout) == (
        0,
        "Sound: 2 entries, each follows from the one before.\n",
    )


TAMPERED = {
    "a case": "UPDATE cases SET decision = 'do_not_share'",
    "a case's text": "UPDATE cases SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB)",
    "a case gone": "DELETE FROM cases",
    "an entry": "UPDATE ledger SET body = replace(body, 'share', 'shere') WHERE seq = 2",
    "an entry's kind": "UPDATE ledger SET kind = 'asked' WHERE seq = 2",
    "an entry gone": "DELETE FROM ledger WHERE seq = 1",
    "the end gone": "DELETE FROM ledger WHERE seq = 2",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=list(TAMPERED))
def test_what_was_changed_behind_the_program_is_found_and_named(
    used: Path, run: Run, statement: str
):
    with contextlib.closing(sqlite3.connect(used / "sharecheck.db")) as hand:
        for (trigger,) in hand.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            hand.execute(f"DROP TRIGGER {trigger}")
        hand.execute(statement)
        hand.commit()

    said = run("verify")

    assert said.exit_code == 1
    assert "faults in" in said.output
    assert "pretend, entry" in said.output
    assert "Zqtyped" not in said.output


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ledger SET kind = 'x'", "DELETE FROM ledger", "INSERT OR REPLACE INTO ledger "
     "SELECT * FROM ledger"],
)
def test_the_log_itself_refuses_to_be_changed(used: Path, statement: str):
    with (
        contextlib.closing(sqlite3.connect(used / "sharecheck.db")) as hand,
        pytest.raises(sqlite3.Error),
    ):
        hand.execute(statement)


# --------------------------------------------------------------------------------------- digest


def test_a_preview_prints_the_week_and_posts_nothing(used: Path, run: Run):
    before = rows_of(used)

    plain, named = run("digest"), run("digest", "--preview", "--school", "pretend")

    assert plain.exit_code == 0
    assert "Sharecheck, the week to" in plain.stdout
    assert "1 check" in plain.stdout
    assert named.stdout == plain.stdout
    assert rows_of(used) == before
    assert "Zqtyped" not in plain.stdout
    assert "SC-" not in plain.stdout, "it was decided: only open ones are named"


async def test_a_digest_sent_by_hand_is_posted_once_by_the_running_bot(
    tmp_path: Path, config: Path, run: Run
):
    async with open_pretend_school(tmp_path) as school:
        sent = run("digest", "--send")
        await school.settle()
        again = run("digest", "--send")
        await school.settle()

        assert (sent.exit_code, again.exit_code) == (0, 0)
        assert "will be posted within 15 seconds" in sent.stdout
        assert "was posted already" in again.stdout
        assert len([w for w in school.posted(pretend.DSL_CHANNEL) if "the week to" in w]) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--preview", "--send"), "Choose one of --preview and --send."),
        (("--week", "2026-W99"), "'2026-W99' is not a week"),
        (("--week", "tomorrow"), "'tomorrow' is not a week"),
        (("--school", "elsewhere"), "'elsewhere' is not one of pretend"),
    ],
)
def test_a_digest_that_makes_no_sense_is_refused(run: Run, arguments: tuple[str, ...], says: str):
    said = run("digest", *arguments)

    assert said.exit_code == 2
    assert says in said.output


# --------------------------------------------------------------------------------------- outbox


async def buried(school: PretendSchool) -> str:
    """The key of a card that Slack would not take."""
    await school.check(TEACHER, **ASKED)
    school.workspace.conditions["chat.postMessage"].refusals = ("is_archived", "is_archived")
    await school.finish(TEACHER)
    (root,) = await school.outbox(template="root")
    return root.key


async def test_buried_messages_are_listed_and_revived_for_the_running_bot_to_send(
    tmp_path: Path, config: Path, run: Run
):
    async with open_pretend_school(tmp_path) as school:
        key = await buried(school)

        listed = run("outbox", "list")
        revived = run("outbox", "revive", key)
        await school.settle_in_time(3)

        assert f"{key}  root  due" in listed.stdout
        assert "is_archived" in listed.stdout
        assert revived.stdout == "2 revived.\n"
        assert len(school.posted(pretend.DSL_CHANNEL)) == 2
        assert run("outbox", "revive").stdout == "1 revived.\n"
        await school.settle_in_time(3)
        assert "0 buried." in run("outbox", "list").stderr


@pytest.mark.parametrize("state", ["pending", "claimed", "done", "skipped", "buried"])
def test_messages_of_each_state_can_be_listed(used: Path, run: Run, state: str):
    said = run("outbox", "list", "--state", state, "--limit", "3")

    assert said.exit_code == 0
    assert f"{len(said.stdout.splitlines())} {state}." in said.stderr
    assert len(said.stdout.splitlines()) <= 3
    assert pretend.TEACHER not in said.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("list", "--state", "lost"), "'lost' is no state; choose from pending"),
        (("revive", "no-such-key"), "No buried message has the key no-such-key."),
        (("list", "--limit", "0"), "Error"),
    ],
)
def test_an_outbox_request_that_makes_no_sense_is_refused(
    run: Run, arguments: tuple[str, ...], says: str
):
    said = run("outbox", *arguments)

    assert said.exit_code == 2
    assert says in said.output


# ------------------------------------------------------------------------------------- settings


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path):
    said = CliRunner().invoke(main, ["verify", "--config", str(tmp_path / "none.toml")])

    assert said.exit_code == 2
    assert "none.toml: there is no such file" in said.output


SPOILT = {
    "schools[0].numbers.lado": ('lado = "01632 960 003"', 'lado = ""'),
    "schools[0].time_zone": ('"Europe/London"', '"Middle/Earth"'),
    "schools[0].routes.dsl": ("slack_channel = ", "telegraph = "),
    "slack_signing_secret": ("slack_signing_secret = ", "other_secret = "),
}


@pytest.mark.parametrize("key", SPOILT)
def test_a_wrong_setting_is_named_by_its_key_and_no_secret_is_shown(
    config: Path, run: Run, key: str
):
    old, new = SPOILT[key]
    text = config.read_text("utf-8")
    assert old in text
    config.write_text(text.replace(old, new, 1), "utf-8")

    said = run("verify")

    assert said.exit_code == 2
    assert "The settings cannot be used." in said.output
    assert key in said.output
    assert pretend.TOKEN not in said.output


def test_without_a_command_it_says_what_there_is():
    said = CliRunner().invoke(main, [])

    for command in ("demo", "serve", "migrate", "verify", "digest", "outbox", "keys", "rules"):
        assert command in said.output
