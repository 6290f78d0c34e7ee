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

from pydantic import SecretStr

from bot import app as composition
from bot.demo_clock import PretendClock
from bot.demo_stage import Stage
from bot.settings import (
    NumberSettings,
    PersonSettings,
    RouteSettings,
    SchoolSettings,
    Settings,
)
from playground import school as pretend
from playground.conditions import Conditions
from playground.server import build
from playground.serving import running
from storage import migrate
from storage.vault import Vault

SECRET = "pretend-signing-secret"  # noqa: S105 - it signs for the pretend workspace only
MANIFEST = Path(__file__).parent.parent / "manifest.yaml"


def pretend_settings(folder: Path, api_url: str, *, over: str = "http") -> Settings:
    """The settings of the pretend school: its channels, people, and made-up numbers.

    `over` is how Slack reaches the bot: `http`, or `socket` as a school will have it.
    """
    return Settings(
        database_url=f"sqlite:///{folder / 'sharecheck.db'}",
        keys_dir=folder / "keys",
        slack_bot_token=SecretStr(pretend.TOKEN),
        slack_app_token=SecretStr(pretend.APP_TOKEN) if over == "socket" else None,
        slack_signing_secret=SecretStr(SECRET) if over == "http" else None,
        slack_api_url=f"{api_url}/api/",
        schools=(pretend_school(),),
    )


def pretend_school() -> SchoolSettings:
    return SchoolSettings(
        id="pretend",
        name="Pretend School",
        slack_team=pretend.TEAM,
        numbers=NumberSettings(
            social_care="01632 960 001",
            social_care_out_of_hours="01632 960 002",
            lado="01632 960 003",
        ),
        people={
            "dsl": PersonSettings(post="DSL", slack=pretend.DSL),
            "deputy": PersonSettings(post="Deputy DSL", slack=pretend.DEPUTY),
            "head": PersonSettings(post="Headteacher", slack=pretend.HEAD),
            "chair": PersonSettings(post="Chair of governors", slack=pretend.CHAIR),
            "dpo": PersonSettings(post="Data-protection lead", slack=pretend.DPO),
        },
        routes={
            "dsl": RouteSettings(post="DSL", slack_channel=pretend.DSL_CHANNEL),
            "head": RouteSettings(post="Headteacher", people=("head",)),
            "chair": RouteSettings(post="Chair of governors", people=("chair",)),
            "dpo": RouteSettings(post="Data-protection lead", slack_channel=pretend.DPO_CHANNEL),
            "lado": RouteSettings(post="LADO", phone="01632 960 003"),
        },
    )


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
    page = build(workspace, "", SECRET, stage)
    async with running(page, port) as address:
        folder = base / address.rsplit(":", 1)[-1]
        settings = _prepare(folder, address)
        async with (
            composition.running(settings, clock=stage.clock) as app,
            on_show(stage, app, workspace.conditions),
        ):
            with contextlib.suppress(TimeoutError):
                await workspace.sockets.until(lambda: workspace.sockets.count > 0)
            print(_welcome(address, folder), flush=True)  # noqa: T201
            await _interrupted()
            print("\nEnding ...", flush=True)  # noqa: T201


def _prepare(folder: Path, address: str) -> Settings:
    """An empty database, a key, and a settings file to try the command line with."""
    print("Making an empty SQLite database and a key ...", flush=True)  # noqa: T201
    shutil.rmtree(folder, ignore_errors=True)
    settings = pretend_settings(folder, address, over="socket")
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
    for name in ("slack_bot_token", "slack_app_token", "slack_signing_secret"):
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
