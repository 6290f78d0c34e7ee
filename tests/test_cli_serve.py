"""`sharecheck serve`: one process a file, no start without the right key, a good end."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.demo import MANIFEST
from bot.demo_school import SECRET, pretend_settings
from playground import school as pretend
from playground.server import build
from playground.serving import running as playing
from storage.vault import Vault
from tests.fixtures_cli import Run, line_with, rows_of, serving, write_config
from tests.fixtures_school import prepare


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


@pytest.mark.long
def test_a_served_process_answers_health(config: Path):
    write_config(config.parent, port=(port := free_port()))
    with serving(config):
        assert ask(f"http://127.0.0.1:{port}/healthz") == b'{"alive":true}'


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

        port = taken.getsockname()[1]
    assert said.exit_code == 2
    assert f"port: {port} on 127.0.0.1 is taken by another program." in said.output
    assert '"serving"' not in said.output


def test_a_host_that_is_none_is_said(config: Path, run: Run):
    write_config(config.parent, host="203.0.113.7")
    assert "host: cannot listen on 203.0.113.7" in run("serve").output

    write_config(config.parent, host="no such host")
    assert "host: no such host is no address to listen on" in run("serve").output


@pytest.mark.long
def test_it_says_that_it_serves_and_how_once_its_port_is_open(config: Path):
    write_config(config.parent, slack_app_token=SecretStr(pretend.APP_TOKEN))
    with serving(config) as process:
        said = json.loads(line_with(process, '"serving"'))

        assert said["over"] == ["socket", "http"]
        assert ask(f"http://127.0.0.1:{said['port']}/healthz") == b'{"alive":true}'


async def test_a_process_in_socket_mode_answers_over_it_and_ends_well_when_told(tmp_path: Path):
    workspace = pretend.open_school(manifest=MANIFEST)
    page = build(workspace, "", SECRET)
    async with playing(page) as address:
        settings = pretend_settings(tmp_path, address, over="socket")
        prepare(settings)
        config = write_config(tmp_path, **dict(settings))
        with serving(config) as process:
            await workspace.sockets.until(lambda: workspace.sockets.count == 1, 20)
            answer = await page.state.client.slash_command(
                pretend.TEACHER, pretend.STAFFROOM, "/sharecheck", "help"
            )
            process.send_signal(signal.SIGTERM)
            ended = await asyncio.to_thread(process.wait, 20)

    assert "What it keeps" in answer.text
    assert ended == 0
    assert workspace.sockets.count == 0
    assert workspace.faults == []


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


@pytest.mark.long
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
