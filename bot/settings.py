"""Settings: `sharecheck.toml`, then the environment, then secret files. Errors name the key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

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
SHORTEST_SECRET = 8
APP_LEVEL = "xapp-"
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class SettingsError(Exception):
    """Raised when the settings cannot be used; each line names a key and says what is wrong."""


PersonId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
SlackUser = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")]
SlackChannel = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]


def _be_a_secret(value: SecretStr) -> SecretStr:
    """Never blank: with an empty signing secret anybody could sign."""
    if len(value.get_secret_value().strip()) < SHORTEST_SECRET:
        raise ValueError(f"it is blank or has under {SHORTEST_SECRET} characters")
    return value


def _be_for_the_bot(value: SecretStr) -> SecretStr:
    if value.get_secret_value().startswith(APP_LEVEL):
        raise ValueError("it is an app-level token; put that in slack_app_token")
    return value


def _be_app_level(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(APP_LEVEL):
        raise ValueError(f"it does not begin with {APP_LEVEL}; it is not an app-level token")
    return value


Secret = Annotated[SecretStr, AfterValidator(_be_a_secret)]
BotToken = Annotated[Secret, AfterValidator(_be_for_the_bot)]
AppToken = Annotated[Secret, AfterValidator(_be_app_level)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonSettings(_Part):
    post: Annotated[str, Field(min_length=1, max_length=60)]
    slack: SlackUser | None = None
    email: str | None = None


class RouteSettings(_Part):
    """Exactly one of: a Slack channel, named people, or whom to ring (phone, email)."""

    post: Annotated[str, Field(min_length=1, max_length=60)]
    slack_channel: SlackChannel | None = None
    people: tuple[str, ...] = ()
    phone: str | None = None
    email: str | None = None

    @property
    def kinds(self) -> int:
        return sum((bool(self.slack_channel), bool(self.people), bool(self.phone or self.email)))


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
    slack_team: Annotated[str, Field(pattern=r"^T[A-Z0-9]+$")]
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


class Settings(BaseSettings):
    """Everything that differs between one installation and another. See docs/settings.md."""

    model_config = SettingsConfigDict(
        env_prefix="SHARECHECK_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    database_url: str = "sqlite:///data/sharecheck.db"
    keys_dir: Path = Path("keys")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    rule_pack: str = "england-2024"
    slack_bot_token: BotToken
    slack_app_token: AppToken | None = None
    slack_signing_secret: Secret | None = None
    slack_api_url: str = "https://slack.com/api/"
    operator_channel: SlackChannel | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    schools: Annotated[tuple[SchoolSettings, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _be_reachable(self) -> Settings:
        if self.slack_app_token is None and self.slack_signing_secret is None:
            raise ValueError(
                "slack_app_token, slack_signing_secret: give the first for Socket Mode, or the "
                "second for HTTP; without either, Slack cannot reach Sharecheck"
            )
        return self

    @property
    def transports(self) -> tuple[str, ...]:
        """The ways in which Slack reaches this installation: `socket`, `http`, or both."""
        given = {"socket": self.slack_app_token, "http": self.slack_signing_secret}
        return tuple(name for name, secret in given.items() if secret is not None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """First wins: what a test passes, the environment, secret files, sharecheck.toml."""
        file = TomlConfigSettingsSource(settings_cls, settings_cls.model_config.get("toml_file"))
        return init_settings, env_settings, file_secret_settings, file


def read_settings(path: Path | None = None) -> Settings:
    """Read the settings from a file (default: `$SHARECHECK_CONFIG` or `sharecheck.toml`).

    Secret files lie in `$SHARECHECK_SECRETS_DIR` (such as `/run/secrets`), one value a file, named
    `sharecheck_slack_bot_token`, `sharecheck_slack_app_token` and
    `sharecheck_slack_signing_secret`. Raises SettingsError.
    """
    file = path or Path(os.environ.get("SHARECHECK_CONFIG", "sharecheck.toml"))
    if not file.is_file():
        raise SettingsError(f"{file}: there is no such file. docs/settings.md has one to copy.")
    secrets = os.environ.get("SHARECHECK_SECRETS_DIR") or None
    if secrets and not Path(secrets).is_dir():
        raise SettingsError(f"SHARECHECK_SECRETS_DIR: {secrets}: there is no such directory")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file, secrets_dir=secrets)

    try:
        settings: Settings = FromFile()
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    except (ValueError, OSError) as error:
        raise SettingsError(f"{file}: {error}") from None
    build_schools(settings)
    return settings


def build_schools(settings: Settings) -> dict[str, School]:
    """The schools by id. Raises SettingsError naming each key that does not fit another."""
    faults: list[str] = []
    schools: dict[str, School] = {}
    teams: set[str] = set()
    for number, given in enumerate(settings.schools):
        key = f"schools[{number}]"
        if given.id in schools:
            faults.append(f"{key}.id: {given.id!r} is used twice")
        if given.slack_team in teams:
            faults.append(f"{key}.slack_team: one workspace serves one school, and has one block")
        teams.add(given.slack_team)
        faults += _doubled_people(key, given)
        routes = _build_routes(key, given, faults)
        if not faults:
            schools[given.id] = _build_school(given, routes)
    if len(settings.schools) > 1:
        faults.append("schools[1]: one installation serves one school at present")
    if faults:
        raise SettingsError("\n".join(faults))
    return schools


def _doubled_people(key: str, given: SchoolSettings) -> list[str]:
    """One human is one entry: who is kept out under one name must not come in under another."""
    names: dict[str, str] = {}
    faults = []
    for name, person in given.people.items():
        first = names.setdefault(person.slack, name) if person.slack else name
        if first != name:
            where = f"{key}.people.{name}.slack"
            faults.append(f"{where}: {first!r} has it too; name one person, on several routes")
    return faults


def _build_school(given: SchoolSettings, routes: dict[str, Route]) -> School:
    return School(
        id=given.id,
        name=given.name,
        time_zone=given.time_zone,
        slack_team=given.slack_team,
        routes=routes,
        people=tuple(_person(given, name) for name in given.people),
        numbers=Numbers(**given.numbers.model_dump()),
        share_needs=given.share_needs,
        head_is_dsl=given.head_is_dsl,
        digest_day=DAYS.index(given.digest.day),
        digest_time=given.digest.time,
    )


def _build_routes(key: str, given: SchoolSettings, faults: list[str]) -> dict[str, Route]:
    routes: dict[str, Route] = {}
    unknown = sorted(set(given.routes) - set(ROUTE_IDS))
    known = ", ".join(ROUTE_IDS)
    faults += [f"{key}.routes.{name}: unknown route; choose from {known}" for name in unknown]
    for route_id in ROUTE_IDS:
        where = f"{key}.routes.{route_id}"
        route = given.routes.get(route_id)
        if route is None:
            faults.append(f"{where}: missing; every school needs all of {known}")
        elif route.kinds != 1:
            faults.append(f"{where}: give one of slack_channel, people, or phone and email")
        elif unknown_people := sorted(set(route.people) - set(given.people)):
            faults.append(f"{where}.people: {unknown_people[0]!r} is not in {key}.people")
        elif silent := [p for p in route.people if given.people[p].slack is None]:
            faults.append(f"{key}.people.{silent[0]}.slack: missing; {route_id} cases go to them")
        else:
            routes[route_id] = _build_route(given, route)
    return routes


def _build_route(given: SchoolSettings, route: RouteSettings) -> Route:
    if route.slack_channel:
        place = Place(Platform.SLACK, given.slack_team, route.slack_channel)
        return ChannelRoute(route.post, place)
    if route.people:
        return PeopleRoute(route.post, tuple(_person(given, name) for name in route.people))
    return ContactRoute(route.post, Contact(route.post, route.phone, route.email))


def _person(given: SchoolSettings, name: str) -> Person:
    person = given.people[name]
    accounts = (Account(Platform.SLACK, given.slack_team, person.slack),) if person.slack else ()
    return Person(name, accounts, person.post)


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        where = ""
        for part in fault["loc"]:
            where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else str(part)
        said = str(fault["msg"]).removeprefix("Value error, ")
        lines.append(f"{where}: {said}" if where else said)
    return "\n".join(lines)
