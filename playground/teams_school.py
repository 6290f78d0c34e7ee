"""The pretend school's Microsoft tenant: the people of `school`, a team with channels, one app."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256

from playground import school
from playground.conditions import Conditions
from playground.residents import User
from playground.teams_residents import (
    TeamsApp,
    TeamsChannel,
    TeamsChannelKind,
    TeamsCommand,
    TeamsGroup,
    TeamsPerson,
    TeamsTeam,
)
from playground.teams_tenant import Directory, Tenant, TenantClocks

TENANT = "5c4001ab-0000-4000-8000-000000000001"
OTHER_TENANT = "0f0e19ac-0000-4000-8000-000000000002"
APP_ID = "b07ab1e5-0000-4000-8000-000000000003"
APP_SECRET = "pretend~app.secret"  # noqa: S105 - it opens the pretend tenant only
TEAM_ID = "19:pretendschoolgeneral@thread.tacv2"
TEAM_GROUP = "6b0c9a11-0000-4000-8000-000000000004"
DSL_GROUP, LEADERS_GROUP = (
    "d51c9a11-0000-4000-8000-000000000005",
    "1eade9a1-0000-4000-8000-000000000006",
)
STAFF_CHANNEL = "19:pretendschoolstaffroom@thread.tacv2"
DSL_CHANNEL = "19:pretendschooldsl@thread.tacv2"
DPO_CHANNEL = "19:pretendschooldpo@thread.tacv2"
TEACHER = "7eac4e70-0000-4000-8000-000000000011"
OFFICE = "0ff1ce00-0000-4000-8000-000000000012"
DSL = "d5100000-0000-4000-8000-000000000013"
DEPUTY = "de9d5100-0000-4000-8000-000000000014"
HEAD = "4ead0000-0000-4000-8000-000000000015"
CHAIR = "c4a19000-0000-4000-8000-000000000016"
DPO = "d9000000-0000-4000-8000-000000000017"
GUEST = "90e57000-0000-4000-8000-000000000018"
STRANGER = "57a49e00-0000-4000-8000-000000000019"
BOT_NAME = "Sharecheck"
COMMAND = "sharecheck"

SAME_PEOPLE = {
    TEACHER: school.TEACHER,
    OFFICE: school.OFFICE,
    DSL: school.DSL,
    DEPUTY: school.DEPUTY,
    HEAD: school.HEAD,
    CHAIR: school.CHAIR,
    DPO: school.DPO,
    GUEST: school.GUEST,
}
"""The person here, and the same person's account in the pretend workspace."""
POSTS = {here: school.POSTS[there] for here, there in SAME_PEOPLE.items()} | {
    STRANGER: "Social worker (other tenant)"
}
HAVE_APP = frozenset(POSTS) - {OFFICE, GUEST, STRANGER}
"""Who has the app for themselves from the start; the school office has not."""


def open_tenant(
    *,
    base_url: Callable[[], str] = lambda: "http://127.0.0.1",
    conditions: Conditions | None = None,
    now: Callable[[], float] = time.time,
    elapsed: Callable[[], float] = time.monotonic,
    notes: Mapping[str, str] | None = None,
) -> Tenant:
    """A new tenant of the pretend school, with nothing said in it yet.

    `base_url` gives the address it is served at. Pass the `conditions` of a workspace to make the
    same things go wrong with both. `notes` are what the page says in empty channels, by their id.
    """
    return Tenant(
        _app(),
        Directory(TENANT, "Pretend School", _people(), _groups()),
        TeamsTeam(TEAM_ID, "Pretend School", TEAM_GROUP, _channels(notes or {})),
        HAVE_APP,
        base_url=base_url,
        conditions=conditions,
        clocks=TenantClocks(now, elapsed),
    )


def email_of(person: str) -> str:
    """A person's work address: the same as their account in the pretend workspace has."""
    handle = User(id="", name=POSTS[person]).handle
    host = "council.example" if person == STRANGER else "school.example"
    return f"{handle}@{host}"


def account_of(person: str) -> str:
    """The `29:…` id by which the bot knows a person."""
    return f"29:1{sha256(person.encode()).hexdigest()[:40]}"


def _app() -> TeamsApp:
    contexts = frozenset({"compose", "commandBox", "message"})
    command = TeamsCommand(COMMAND, "May I share this?", contexts)
    return TeamsApp(APP_ID, BOT_NAME, APP_SECRET, commands=(command,))


def _people() -> list[TeamsPerson]:
    return [_person(person, post) for person, post in POSTS.items()]


def _person(person: str, post: str) -> TeamsPerson:
    mail = email_of(person)
    is_guest = person == GUEST
    upn = f"{mail.replace('@', '_')}#EXT#@pretendschool.example" if is_guest else mail
    tenant = OTHER_TENANT if person == STRANGER else TENANT
    return TeamsPerson(person, post, upn, mail, tenant, is_guest, account=account_of(person))


def _groups() -> list[TeamsGroup]:
    return [
        TeamsGroup(TEAM_GROUP, "Pretend School", (TEACHER, OFFICE, DSL, DEPUTY, HEAD, CHAIR, DPO)),
        TeamsGroup(DSL_GROUP, "Safeguarding", (DSL, GUEST), (LEADERS_GROUP,)),
        TeamsGroup(LEADERS_GROUP, "Safeguarding deputies", (DEPUTY,)),
    ]


def _channels(notes: Mapping[str, str]) -> tuple[TeamsChannel, ...]:
    team = frozenset(POSTS) - {GUEST, STRANGER}
    safeguarding = frozenset({DSL, DEPUTY, GUEST})
    made = (
        TeamsChannel(TEAM_ID, "General", TeamsChannelKind.STANDARD, team),
        TeamsChannel(STAFF_CHANNEL, "Staff room", TeamsChannelKind.STANDARD, team),
        TeamsChannel(DSL_CHANNEL, "DSL", TeamsChannelKind.PRIVATE, safeguarding),
        TeamsChannel(DPO_CHANNEL, "DPO", TeamsChannelKind.PRIVATE, frozenset({DPO, HEAD})),
    )
    return tuple(replace(channel, note=notes.get(channel.id, "")) for channel in made)
