"""The part of the settings that is one school's: its people, and the routes that cases take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from bot.chat import Account, Place, Platform
from bot.people import (
    ChannelRoute,
    Contact,
    ContactRoute,
    Numbers,
    PeopleRoute,
    Person,
    Route,
    School,
)

ROUTE_IDS = ("dsl", "head", "chair", "lado", "dpo")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GROUP = "group:"
"""How the id of a place begins that is an Entra group."""
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TEAMS_CHANNEL = re.compile(r"19:[A-Za-z0-9_-]+@thread\.(tacv2|skype)")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _be_a_guid(value: object) -> object:
    """A GUID as Entra shows it; its letters are made small, braces and spaces around it go."""
    if not isinstance(value, str):
        return value
    bare = value.strip().removeprefix("{").removesuffix("}").lower()
    if not _GUID.fullmatch(bare):
        raise ValueError("it is not an id such as 12345678-1234-1234-1234-123456789abc")
    return bare


def _be_a_teams_channel(value: object) -> object:
    """A channel's id, as it is or as it stands in the link to the channel."""
    if not isinstance(value, str):
        return value
    bare = unquote(value.strip())
    if not _TEAMS_CHANNEL.fullmatch(bare):
        raise ValueError("it is not a channel's id, such as 19:abc123@thread.tacv2")
    return bare


def _be_an_address(value: str) -> str:
    bare = value.strip().lower()
    if not _EMAIL.fullmatch(bare):
        raise ValueError("it is not an email address")
    return bare


PersonId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
SlackUser = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")]
SlackChannel = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]
Guid = Annotated[str, BeforeValidator(_be_a_guid)]
TeamsChannel = Annotated[str, BeforeValidator(_be_a_teams_channel)]
Email = Annotated[str, AfterValidator(_be_an_address)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonSettings(_Part):
    """One human, with one account on each platform at most."""

    post: Annotated[str, Field(min_length=1, max_length=60)]
    slack: SlackUser | None = None
    teams: Guid | None = None
    email: Email | None = None
    prefers: Platform | None = None


class RouteSettings(_Part):
    """Exactly one of: a channel, named people, or whom to ring (phone, email).

    Beside a channel may stand who reviews, where not everybody in it does.
    """

    post: Annotated[str, Field(min_length=1, max_length=60)]
    slack_channel: SlackChannel | None = None
    teams_channel: TeamsChannel | None = None
    reviewers: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    entra_group: Guid | None = None
    people: tuple[str, ...] = ()
    phone: str | None = None
    email: str | None = None

    @property
    def kinds(self) -> int:
        given = (self.slack_channel, self.teams_channel, self.people, self.phone or self.email)
        return sum(map(bool, given))

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The names of people, by the key under which they stand."""
        return {"people": self.people, "reviewers": self.reviewers or ()}


class NumberSettings(_Part):
    social_care: Annotated[str, Field(min_length=3)]
    social_care_out_of_hours: Annotated[str, Field(min_length=3)]
    lado: Annotated[str, Field(min_length=3)]


class DigestSettings(_Part):
    day: Day = "friday"
    time: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "15:30"


class SchoolSettings(_Part):
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    slack_team: Annotated[str, Field(pattern=r"^T[A-Z0-9]+$")] | None = None
    teams_tenant: Guid | None = None
    time_zone: str = "Europe/London"
    share_needs: Literal["notify", "approval", "nothing"] = "notify"
    head_is_dsl: bool = False
    numbers: NumberSettings
    digest: DigestSettings = DigestSettings()
    people: dict[PersonId, PersonSettings] = {}
    routes: dict[str, RouteSettings]

    @field_validator("time_zone")
    @classmethod
    def _be_a_time_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not a time zone, such as Europe/London") from error
        return name

    @property
    def teams(self) -> dict[Platform, str]:
        """Its workspace and its tenant, by platform."""
        given = {Platform.SLACK: self.slack_team, Platform.TEAMS: self.teams_tenant}
        return {platform: team for platform, team in given.items() if team}


HOME = {Platform.SLACK: "slack_team", Platform.TEAMS: "teams_tenant"}
"""The key that says which workspace or tenant is the school's."""


def find_faults(given: Sequence[SchoolSettings], platforms: Sequence[Platform]) -> list[str]:
    """What in the schools' settings does not fit the rest of them, each with its key.

    `platforms` are those with which the installation is connected.
    """
    faults: list[str] = []
    used: dict[tuple[str, str], int] = {}
    for number, school in enumerate(given):
        key = f"schools[{number}]"
        if used.setdefault(("id", school.id), number) != number:
            faults.append(f"{key}.id: {school.id!r} is used twice")
        for platform, team in school.teams.items():
            if used.setdefault((platform, team), number) != number:
                what = "workspace" if platform is Platform.SLACK else "tenant"
                home = f"{key}.{HOME[platform]}"
                faults.append(f"{home}: one {what} serves one school, and has one block")
        faults += _unconnected(key, school, platforms)
        faults += _wrong_people(key, school)
        faults += _wrong_routes(key, school)
    if len(given) > 1:
        faults.append("schools[1]: one installation serves one school at present")
    return faults


def _unconnected(key: str, given: SchoolSettings, platforms: Sequence[Platform]) -> Iterator[str]:
    """A school is on just those platforms with which the installation is connected."""
    needed = {Platform.SLACK: "slack_bot_token", Platform.TEAMS: "teams_app_id"}
    for platform, home in HOME.items():
        if platform in platforms and platform not in given.teams:
            yield f"{key}.{home}: missing; {needed[platform]} is given"
        if platform in given.teams and platform not in platforms:
            yield f"{needed[platform]}: missing; {key}.{home} is given"


def _wrong_people(key: str, given: SchoolSettings) -> Iterator[str]:
    """One human is one entry: who is kept out under one name must not come in under another."""
    first: dict[tuple[str, str], str] = {}
    for name, person in given.people.items():
        where = f"{key}.people.{name}"
        known = {"slack": person.slack, "teams": person.teams, "email": person.email}
        for kind, value in known.items():
            other = first.setdefault((kind, value), name) if value else name
            if other != name:
                said = f"{other!r} has it too; name one person, on several routes"
                yield f"{where}.{kind}: {said}"
        for platform, home in HOME.items():
            if known[platform] and platform not in given.teams:
                yield f"{where}.{platform}: the school has no {home}"
        if person.prefers and not known[person.prefers]:
            yield f"{where}.prefers: they have no {person.prefers} account here"


def _wrong_routes(key: str, given: SchoolSettings) -> Iterator[str]:
    known = ", ".join(ROUTE_IDS)
    for name in sorted(set(given.routes) - set(ROUTE_IDS)):
        yield f"{key}.routes.{name}: unknown route; choose from {known}"
    for route_id in ROUTE_IDS:
        where = f"{key}.routes.{route_id}"
        route = given.routes.get(route_id)
        if route is None:
            yield f"{where}: missing; every school needs all of {known}"
        else:
            yield from _wrong_route(where, given, route)
            yield from _wrong_names(key, route_id, given, route)


def _wrong_route(where: str, given: SchoolSettings, route: RouteSettings) -> Iterator[str]:
    if route.kinds != 1:
        what = "slack_channel, teams_channel, people, or phone and email"
        yield f"{where}: give one of {what}"
    if route.slack_channel and not given.slack_team:
        yield f"{where}.slack_channel: the school has no slack_team"
    if route.teams_channel and not given.teams_tenant:
        yield f"{where}.teams_channel: the school has no teams_tenant"
    if route.reviewers and route.entra_group:
        yield f"{where}: give one of reviewers and entra_group"
    if route.reviewers and not (route.slack_channel or route.teams_channel):
        yield f"{where}.reviewers: they stand beside a slack_channel or teams_channel"
    if route.entra_group and not route.teams_channel:
        yield f"{where}.entra_group: it stands beside a teams_channel"


def _wrong_names(
    key: str, route_id: str, given: SchoolSettings, route: RouteSettings
) -> Iterator[str]:
    """Whoever is named on a route is known, and can be told of its cases."""
    for kind, names in route.named.items():
        if unknown := sorted(set(names) - set(given.people)):
            yield f"{key}.routes.{route_id}.{kind}: {unknown[0]!r} is not in {key}.people"
        silent = (n for n in names if n in given.people and not _accounts(given, n))
        if name := next(silent, None):
            keys = " or ".join(given.teams or HOME)
            yield f"{key}.people.{name}.{keys}: missing; {route_id} cases go to them"


def build_school(given: SchoolSettings) -> School:
    """The school of settings in which no fault was found."""
    return School(
        id=given.id,
        name=given.name,
        time_zone=given.time_zone,
        slack_team=given.slack_team,
        teams_tenant=given.teams_tenant,
        routes={route_id: _build_route(given, given.routes[route_id]) for route_id in ROUTE_IDS},
        people=tuple(_person(given, name) for name in given.people),
        numbers=Numbers(**given.numbers.model_dump()),
        share_needs=given.share_needs,
        head_is_dsl=given.head_is_dsl,
        digest_day=DAYS.index(given.digest.day),
        digest_time=given.digest.time,
    )


def _build_route(given: SchoolSettings, route: RouteSettings) -> Route:
    if route.people:
        return PeopleRoute(route.post, tuple(_person(given, name) for name in route.people))
    channels = {Platform.SLACK: route.slack_channel, Platform.TEAMS: route.teams_channel}
    for platform, channel in channels.items():
        if channel:
            team = given.teams[platform]
            group = Place(platform, team, GROUP + route.entra_group) if route.entra_group else None
            named = tuple(_person(given, name) for name in route.reviewers or ())
            return ChannelRoute(route.post, Place(platform, team, channel), group, named)
    return ContactRoute(route.post, Contact(route.post, route.phone, route.email))


def _person(given: SchoolSettings, name: str) -> Person:
    person = given.people[name]
    return Person(name, _accounts(given, name), person.post, person.email)


def _accounts(given: SchoolSettings, name: str) -> tuple[Account, ...]:
    """Somebody's accounts; the one where they would rather be told comes first."""
    person = given.people[name]
    users = {Platform.SLACK: person.slack, Platform.TEAMS: person.teams}
    found = ((p, team, users[p]) for p, team in given.teams.items())
    accounts = [Account(p, team, user) for p, team, user in found if user]
    return tuple(sorted(accounts, key=lambda account: account.platform != person.prefers))
