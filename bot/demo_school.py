"""The pretend school's settings: on Slack, on Teams, or on both, with made-up numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.chat import Platform
from bot.settings import (
    NumberSettings,
    PersonSettings,
    RouteSettings,
    SchoolSettings,
    Settings,
)
from playground import school as pretend
from playground import teams_school as tenant

SECRET = "pretend-signing-secret"  # noqa: S105 - it signs for the pretend workspace only
SLACK, TEAMS = frozenset({Platform.SLACK}), frozenset({Platform.TEAMS})
BOTH = SLACK | TEAMS
POSTS = {
    "dsl": ("DSL", pretend.DSL, tenant.DSL),
    "deputy": ("Deputy DSL", pretend.DEPUTY, tenant.DEPUTY),
    "head": ("Headteacher", pretend.HEAD, tenant.HEAD),
    "chair": ("Chair of governors", pretend.CHAIR, tenant.CHAIR),
    "dpo": ("Data-protection lead", pretend.DPO, tenant.DPO),
}
"""The people of the settings: their post, and who they are on Slack and on Teams."""


ELSEWHERE = {
    tenant.DSL_CHANNEL: (
        "At this school the DSL decides on Slack. Press “Slack” at the top, and look in #dsl."
    ),
}
"""What the page says in a channel of Teams that nothing comes to, since its post is on Slack."""


def pretend_settings(
    folder: Path, address: str, *, over: str = "http", on: frozenset[Platform] = SLACK
) -> Settings:
    """The settings of the pretend school at an address: its channels, people and numbers.

    `over` is how Slack reaches the bot: `http`, or `socket` as a school will have it. On both
    platforms the DSL's channel is on Slack, and the data-protection lead's on Teams.
    """
    return Settings(
        database_url=f"sqlite:///{folder / 'sharecheck.db'}",
        keys_dir=folder / "keys",
        schools=(pretend_school(on),),
        **(_slack(address, over) if Platform.SLACK in on else {}),
        **(_teams(address) if Platform.TEAMS in on else {}),
    )


def pretend_school(on: frozenset[Platform] = SLACK) -> SchoolSettings:
    dsl = _channel(on, "DSL", first=Platform.SLACK)
    dpo = _channel(on, "Data-protection lead", first=Platform.TEAMS)
    return SchoolSettings(
        id="pretend",
        name="Pretend School",
        slack_team=pretend.TEAM if Platform.SLACK in on else None,
        teams_tenant=tenant.TENANT if Platform.TEAMS in on else None,
        numbers=NumberSettings(
            social_care="01632 960 001",
            social_care_out_of_hours="01632 960 002",
            lado="01632 960 003",
        ),
        people={name: _person(on, *given) for name, given in POSTS.items()},
        routes={
            "dsl": dsl,
            "head": RouteSettings(post="Headteacher", people=("head",)),
            "chair": RouteSettings(post="Chair of governors", people=("chair",)),
            "dpo": dpo,
            "lado": RouteSettings(post="LADO", phone="01632 960 003"),
        },
    )


_CHANNELS: Mapping[str, tuple[str, str]] = {
    "DSL": (pretend.DSL_CHANNEL, tenant.DSL_CHANNEL),
    "Data-protection lead": (pretend.DPO_CHANNEL, tenant.DPO_CHANNEL),
}


def _channel(on: frozenset[Platform], post: str, *, first: Platform) -> RouteSettings:
    """A channel on the platform that comes first, or on the only one there is."""
    slack, teams = _CHANNELS[post]
    if (first if first in on else next(iter(on))) is Platform.SLACK:
        return RouteSettings(post=post, slack_channel=slack)
    return RouteSettings(post=post, teams_channel=teams)


def _person(on: frozenset[Platform], post: str, slack: str, teams: str) -> PersonSettings:
    return PersonSettings(
        post=post,
        slack=slack if Platform.SLACK in on else None,
        teams=teams if Platform.TEAMS in on else None,
    )


def _slack(address: str, over: str) -> dict[str, Any]:
    return {
        "slack_bot_token": SecretStr(pretend.TOKEN),
        "slack_app_token": SecretStr(pretend.APP_TOKEN) if over == "socket" else None,
        "slack_signing_secret": SecretStr(SECRET) if over == "http" else None,
        "slack_api_url": f"{address}/api/",
    }


def _teams(address: str) -> dict[str, Any]:
    return {
        "teams_app_id": tenant.APP_ID,
        "teams_app_secret": SecretStr(tenant.APP_SECRET),
        "teams_openid_url": f"{address}/teams/botframework/v1/.well-known/openidconfiguration",
        "teams_graph_url": f"{address}/teams/graph/v1.0",
        "teams_service_urls": (f"{address}/teams/connector/",),
    }
