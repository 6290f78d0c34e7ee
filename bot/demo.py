"""The demo: the bot on an embedded database, and a pretend workspace in the browser."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bot import app as composition
from bot.demo_clock import PretendClock
from bot.demo_school import BOTH, ELSEWHERE, SECRET, pretend_settings
from bot.demo_stage import Stage
from bot.settings import Settings
from playground import school as pretend
from playground.conditions import Conditions
from playground.server import build
from playground.serving import running
from playground.teams_client import TeamsClient
from playground.teams_login import LoginOverHttp
from playground.teams_school import open_tenant
from storage import migrate
from storage.vault import Vault

MANIFEST = Path(__file__).parent.parent / "manifest.yaml"


@contextlib.asynccontextmanager
async def on_show(
    stage: Stage, app: composition.Sharecheck, conditions: Conditions
) -> AsyncIterator[None]:
    """An application is behind the page; before it ends, all trouble made there ends too."""
    stage.show(app, conditions)
    try:
        yield
    finally:
        await stage.end()


async def run_demo(base: Path, port: int) -> None:
    """Serve the demo until Ctrl-C. Its database and keys, in a folder of the port, are made anew.

    Raises OSError when the port is taken, before anything is touched.
    """
    print("Starting the pretend workspace ...", flush=True)  # noqa: T201
    stage = Stage(PretendClock())
    workspace = pretend.open_school(manifest=MANIFEST, now=stage.clock.seconds)
    tenant = open_tenant(conditions=workspace.conditions, now=stage.clock.seconds, notes=ELSEWHERE)
    hands = TeamsClient(tenant, "")
    page = build(workspace, "", SECRET, stage, teams=hands)
    async with running(page, port) as address:
        folder = base / address.rsplit(":", 1)[-1]
        settings = _prepare(folder, address)
        login = LoginOverHttp(address)
        alone = contextlib.AsyncExitStack()
        alone.enter_context(composition.only_one(settings))
        async with (
            alone,
            composition.running(settings, clock=stage.clock, login=login) as app,
            on_show(stage, app, workspace.conditions),
            running(app.asgi) as bot,
        ):
            hands.courier.bot_url = bot
            for person in sorted(tenant.installed):
                await hands.install(person)
            with contextlib.suppress(TimeoutError):
                await workspace.sockets.until(lambda: workspace.sockets.count > 0)
            print(_welcome(address, folder), flush=True)  # noqa: T201
            await _interrupted()
            print("\nEnding ...", flush=True)  # noqa: T201


def _prepare(folder: Path, address: str) -> Settings:
    """An empty database, a key, and a settings file to try the command line with."""
    print("Making an empty SQLite database and a key ...", flush=True)  # noqa: T201
    shutil.rmtree(folder, ignore_errors=True)
    settings = pretend_settings(folder, address, over="socket", on=BOTH)
    migrate.upgrade(settings.database_url)
    Vault.create(settings.keys_dir, [settings.schools[0].id])
    (folder / "sharecheck.toml").write_text(write_toml(settings), encoding="utf-8")
    return settings


def _welcome(address: str, folder: Path) -> str:
    return (
        f"\n  Open {address} in a browser. Ctrl-C ends it.\n"
        f"  Beside it: .venv/bin/sharecheck verify --config {folder / 'sharecheck.toml'}\n"
    )


def write_toml(settings: Settings) -> str:
    """Settings as the file that `read_settings` reads. (The secrets are the pretend school's.)"""
    plain = settings.model_dump(mode="json", exclude_none=True)
    tokens = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "teams_app_secret")
    for name in tokens:
        if (secret := getattr(settings, name)) is not None:
            plain[name] = secret.get_secret_value()
    schools = plain.pop("schools")
    parts = [_table("", plain), *(_table("[schools]", school) for school in schools)]
    return "\n".join(parts)


def _table(name: str, values: dict[str, Any]) -> str:
    """A table of TOML: first its own keys, then the tables inside it."""
    bare = name.strip("[]")
    lines = [f"[{name}]" if name else ""]
    lines += [f"{k} = {json.dumps(v)}" for k, v in values.items() if not isinstance(v, dict)]
    inner = {k: v for k, v in values.items() if isinstance(v, dict)}
    lines += [_table(f"{bare}.{k}" if bare else k, v) for k, v in inner.items()]
    return "\n".join(lines)


async def _interrupted() -> None:
    """Wait for Ctrl-C or a request to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    await ended.wait()
