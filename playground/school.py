"""The pretend school: people named by their post, three channels, one app."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import yaml

from playground.residents import (
    App,
    Channel,
    ChannelKind,
    Json,
    Shortcut,
    ShortcutKind,
    Team,
    User,
)
from playground.workspace import Clocks, Workspace

TEAM = "T0SCHOOL01"
BOT = "U0BOT00001"
TEACHER, OFFICE, DSL = "U0TEACHER1", "U0OFFICE001", "U0DSL00001"
DEPUTY, HEAD, CHAIR = "U0DEPUTY01", "U0HEAD0001", "U0CHAIR001"
DPO, GUEST = "U0DPO00001", "U0GUEST001"
STAFFROOM, DSL_CHANNEL, DPO_CHANNEL = "C0STAFF001", "C0DSL00001", "C0DPO00001"
TOKEN = "xoxb-pretend-school"  # noqa: S105 - it opens the pretend workspace only
APP_TOKEN = "xapp-pretend-school"  # noqa: S105 - likewise

POSTS = {
    TEACHER: "Class teacher",
    OFFICE: "School office",
    DSL: "DSL",
    DEPUTY: "Deputy DSL",
    HEAD: "Headteacher",
    CHAIR: "Chair of governors",
    DPO: "Data-protection lead",
    GUEST: "Supply agency (guest)",
}


def open_school(
    *,
    manifest: Path | None = None,
    token: str = TOKEN,
    now: Callable[[], float] = time.time,
    elapsed: Callable[[], float] = time.monotonic,
) -> Workspace:
    """A new workspace of the pretend school, with nothing said in it yet.

    With a manifest the app may only call, hear and answer to what that grants.
    """
    return Workspace(
        team=Team(TEAM, "Pretend School", "pretend-school"),
        app=_install(manifest, token),
        users=_people(),
        channels=_channels(),
        clocks=Clocks(now, elapsed),
    )


def _install(manifest: Path | None, token: str) -> App:
    app = App("A0SHARECHK", "B0BOT00001", BOT, token, APP_TOKEN)
    if manifest is None:
        return app
    text = manifest.read_text(encoding="utf-8")
    return _granted(app, yaml.safe_load(text))


def _granted(app: App, manifest: Json) -> App:
    settings, features = manifest.get("settings", {}), manifest.get("features", {})
    commands = features.get("slash_commands", [])
    shortcuts = features.get("shortcuts", [])
    home = features.get("app_home", {})
    return replace(
        app,
        scopes=frozenset(manifest["oauth_config"]["scopes"]["bot"]),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
        commands=frozenset(one["command"] for one in commands),
        takes_messages=not home.get("messages_tab_read_only_enabled", False),
        shortcuts=tuple(
            Shortcut(one["name"], one["callback_id"], ShortcutKind(one["type"]))
            for one in shortcuts
        ),
        has_home=home.get("home_tab_enabled", False),
        uses_sockets=settings.get("socket_mode_enabled", False),
    )


def _people() -> list[User]:
    people = [
        User(id=user, name=post, email=_email(post), is_ultra_restricted=user == GUEST)
        for user, post in POSTS.items()
    ]
    return [*people, User(id=BOT, name="Sharecheck", is_bot=True)]


def _email(post: str) -> str:
    handle = User(id="", name=post).handle
    return f"{handle}@school.example"


def _channels() -> list[Channel]:
    staff = frozenset(POSTS) - {GUEST}
    dsl = frozenset({DSL, DEPUTY, GUEST, BOT})
    dpo = frozenset({DPO, HEAD, BOT})
    return [
        Channel(STAFFROOM, "staffroom", ChannelKind.PUBLIC, staff),
        Channel(DSL_CHANNEL, "dsl", ChannelKind.PRIVATE, dsl),
        Channel(DPO_CHANNEL, "dpo", ChannelKind.PRIVATE, dpo),
    ]
