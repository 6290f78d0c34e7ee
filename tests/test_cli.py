"""The command line as somebody types it: what it says, what it refuses, how it ends."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import main
from playground import school as pretend
from tests.fixtures_cli import ASKED, TEACHER, Run, rows_of
from tests.fixtures_school import open_pretend_school
from tests.pretend_school import PretendSchool

# -------------------------------------------------------------------------------------- migrate


def test_a_new_database_is_migrated_and_a_second_time_there_is_nothing_to_do(
    tmp_path: Path, config: Path, run: Run
):
    (tmp_path / "sharecheck.db").unlink()

    first, second = run("migrate"), run("migrate")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Migrated: 0001, 0002" in first.output
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
    [
        "UPDATE ledger SET kind = 'x'",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
    ],
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
    (copy,) = await school.outbox(template="requester_copy", state="buried")
    return copy.key


async def test_buried_messages_are_listed_and_revived_for_the_running_bot_to_send(
    tmp_path: Path, config: Path, run: Run
):
    async with open_pretend_school(tmp_path) as school:
        key = await buried(school)

        listed = run("outbox", "list")
        revived = run("outbox", "revive", key)
        await school.settle_in_time(3)

        assert f"{key}  requester_copy  due" in listed.stdout
        assert "is_archived" in listed.stdout
        assert revived.stdout == "1 revived.\n"
        assert len(school.told(TEACHER)) == 2
        assert run("outbox", "revive").stdout == "2 revived.\n"
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
    "slack_app_token, slack_signing_secret": ("slack_signing_secret = ", "# "),
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
