"""Settings: `sharecheck.toml`, then the environment, then secret files. Errors name the key."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.chat import Place, Platform
from bot.people import School
from bot.settings_schools import (
    DAYS,
    ROUTE_IDS,
    DigestSettings,
    Guid,
    NumberSettings,
    PersonSettings,
    RouteSettings,
    SchoolSettings,
    SlackChannel,
    TeamsChannel,
    build_school,
    find_faults,
)

__all__ = [
    "DAYS",
    "ROUTE_IDS",
    "DigestSettings",
    "NumberSettings",
    "PersonSettings",
    "RouteSettings",
    "SchoolSettings",
    "Settings",
    "SettingsError",
    "build_schools",
    "read_settings",
]

SHORTEST_SECRET = 8
APP_LEVEL = "xapp-"
_IN_PLAIN_WORDS = {
    "extra_forbidden": "there is no such setting; docs/settings.md has them all",
    "missing": "missing",
    "too_short": "missing; give at least one",
}
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----")
_PRIVATE_KEY = re.compile("-----BEGIN (RSA )?PRIVATE KEY-----")


class SettingsError(Exception):
    """Raised when the settings cannot be used; each line names a key and says what is wrong."""


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


def _be_safe(value: str) -> str:
    """An address to which tokens may go: only this computer is asked without encryption."""
    parts = urlsplit(value)
    on_this_computer = parts.scheme == "http" and parts.hostname == "127.0.0.1"
    if not on_this_computer and parts.scheme != "https":
        raise ValueError("it does not begin with https:// (or, on this computer, http://127.0.0.1)")
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("it is not the address of a service, such as https://example.org/")
    return value


def _be_public(value: str) -> str:
    if not value.startswith("https://"):
        raise ValueError("it does not begin with https://")
    return value


def _be_a_database(value: str) -> str:
    """SQLite in a file of its own, or PostgreSQL: nothing else is known here."""
    file = value.removeprefix("sqlite:///")
    if value.startswith(("postgresql://", "postgresql+psycopg://")) or (
        file != value and file not in {"", ":memory:"}
    ):
        return value
    raise ValueError("it does not begin with sqlite:///, and a file, or with postgresql://")


def _end_open(value: str) -> str:
    return value.rstrip("/")


def _end_closed(value: str) -> str:
    """With a slash at its end: what begins like it is then on the same host."""
    return f"{value.rstrip('/')}/"


def _hold_key_and_certificate(path: Path) -> Path:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or 'it cannot be read'}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: it is not a PEM file") from None
    if not _PRIVATE_KEY.search(text):
        raise ValueError(f"{path}: there is no private key in it, or one with a passphrase")
    if not _CERTIFICATE.search(text):
        raise ValueError(f"{path}: there is no certificate in it")
    return path


Secret = Annotated[SecretStr, AfterValidator(_be_a_secret)]
BotToken = Annotated[Secret, AfterValidator(_be_for_the_bot)]
AppToken = Annotated[Secret, AfterValidator(_be_app_level)]
Address = Annotated[str, AfterValidator(_be_safe)]
BaseAddress = Annotated[Address, AfterValidator(_end_open)]
ServiceAddress = Annotated[Address, AfterValidator(_end_closed)]
# What begins with https is looked at first: this computer's own address would not do here.
PublicAddress = Annotated[
    str, AfterValidator(_be_public), AfterValidator(_be_safe), AfterValidator(_end_open)
]
DatabaseUrl = Annotated[str, AfterValidator(_be_a_database)]
KeyFile = Annotated[Path, AfterValidator(_hold_key_and_certificate)]


class Settings(BaseSettings):
    """Everything that differs between one installation and another. See docs/settings.md."""

    model_config = SettingsConfigDict(
        env_prefix="SHARECHECK_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    database_url: DatabaseUrl = "sqlite:///data/sharecheck.db"
    keys_dir: Path = Path("keys")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    public_url: PublicAddress | None = None
    rule_pack: str = "england-2024"
    slack_bot_token: BotToken | None = None
    slack_app_token: AppToken | None = None
    slack_signing_secret: Secret | None = None
    slack_api_url: Address = "https://slack.com/api/"
    operator_channel: SlackChannel | None = None
    teams_app_id: Guid | None = None
    teams_app_secret: Secret | None = None
    teams_certificate: KeyFile | None = None
    teams_login_url: PublicAddress = "https://login.microsoftonline.com"
    teams_openid_url: Address = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    teams_graph_url: BaseAddress = "https://graph.microsoft.com/v1.0"
    teams_service_urls: Annotated[tuple[ServiceAddress, ...], Field(min_length=1)] = (
        "https://smba.trafficmanager.net/",
    )
    teams_operator_channel: TeamsChannel | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    schools: Annotated[tuple[SchoolSettings, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _be_connected(self) -> Settings:
        faults = [*self._wrong_slack(), *self._wrong_teams()]
        if not self.platforms and not faults:
            faults.append(
                "slack_bot_token, teams_app_id: give the first for Slack, the second for Teams, "
                "or both; without either, nobody can reach Sharecheck"
            )
        if self.operator_channel and self.teams_operator_channel:
            faults.append("operator_channel, teams_operator_channel: give one of them")
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _wrong_slack(self) -> list[str]:
        if self.slack_bot_token is None:
            given = {"operator_channel": self.operator_channel} | self._ways_of_slack
            half = [key for key, value in given.items() if value is not None]
            return [f"slack_bot_token: missing; {key} is given" for key in half[:1]]
        if self.slack_app_token is None and self.slack_signing_secret is None:
            said = "give the first for Socket Mode, or the second for HTTP; without either, Slack"
            return [f"slack_app_token, slack_signing_secret: {said} cannot reach Sharecheck"]
        return []

    def _wrong_teams(self) -> list[str]:
        proofs = {
            "teams_app_secret": self.teams_app_secret,
            "teams_certificate": self.teams_certificate,
        }
        shown = [key for key, value in proofs.items() if value is not None]
        if self.teams_app_id is None:
            half = [*shown, *(["teams_operator_channel"] if self.teams_operator_channel else [])]
            return [f"teams_app_id: missing; {key} is given" for key in half[:1]]
        if len(shown) != 1:
            return ["teams_app_secret, teams_certificate: give one of them, with teams_app_id"]
        return []

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms with which this installation is connected."""
        given = {Platform.SLACK: self.slack_bot_token, Platform.TEAMS: self.teams_app_id}
        return tuple(platform for platform, value in given.items() if value is not None)

    @property
    def transports(self) -> tuple[str, ...]:
        """The ways in which Slack reaches this installation: `socket`, `http`, or both."""
        given = {"socket": self.slack_app_token, "http": self.slack_signing_secret}
        return tuple(name for name, secret in given.items() if secret is not None)

    @property
    def operator_place(self) -> Place | None:
        """Where the operator hears of messages given up, if anywhere."""
        school = self.schools[0]
        if self.operator_channel and school.slack_team:
            return Place(Platform.SLACK, school.slack_team, self.operator_channel)
        if self.teams_operator_channel and school.teams_tenant:
            return Place(Platform.TEAMS, school.teams_tenant, self.teams_operator_channel)
        return None

    @property
    def _ways_of_slack(self) -> dict[str, object]:
        return {
            "slack_app_token": self.slack_app_token,
            "slack_signing_secret": self.slack_signing_secret,
        }

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
    `sharecheck_slack_bot_token`, `sharecheck_slack_app_token`, `sharecheck_slack_signing_secret`
    and `sharecheck_teams_app_secret`. Raises SettingsError.
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
    if faults := find_faults(settings.schools, settings.platforms):
        raise SettingsError("\n".join(faults))
    return {given.id: build_school(given) for given in settings.schools}


def _explain(error: ValidationError) -> str:
    lines = []
    faults = error.errors(include_url=False, include_input=False)
    for fault in faults:
        where = ""
        for part in fault["loc"]:
            where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else str(part)
        if fault["type"] == "too_short" and any(_is_inside(fault["loc"], f["loc"]) for f in faults):
            continue  # a list is called empty where what is in it was refused
        said = _IN_PLAIN_WORDS.get(fault["type"], str(fault["msg"]).removeprefix("Value error, "))
        lines.append(f"{where}: {said}" if where else said)
    return "\n".join(lines)


def _is_inside(outer: tuple[int | str, ...], inner: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer
