"""A school's installation in a folder of its own: settings, an empty database, a key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.processes import LOOPBACK

TEAM, CHANNEL = "T0BENCH001", "C0DSL00001"
DSL, DEPUTY, HEAD, CHAIR, DPO = "U0DSL", "U0DEPUTY", "U0HEAD", "U0CHAIR", "U0DPO"
SECRET = "bench-signing-secret"  # noqa: S105 - it signs for a pretend workspace only

_SETTINGS = """\
database_url = "sqlite:///{folder}/sharecheck.db"
keys_dir = "{folder}/keys"
host = "{host}"
port = {port}
slack_bot_token = "xoxb-bench"
slack_signing_secret = "{secret}"
slack_api_url = "http://{host}:{api_port}/api/"
log_level = "error"

[[schools]]
id = "bench"
name = "Bench School"
slack_team = "{team}"

[schools.numbers]
social_care = "01632 960 001"
social_care_out_of_hours = "01632 960 002"
lado = "01632 960 003"

[schools.people]
dsl = {{ post = "DSL", slack = "{dsl}" }}
deputy = {{ post = "Deputy DSL", slack = "{deputy}" }}
head = {{ post = "Headteacher", slack = "{head}" }}
chair = {{ post = "Chair of governors", slack = "{chair}" }}
dpo = {{ post = "Data-protection lead", slack = "{dpo}" }}

[schools.routes]
dsl = {{ post = "DSL", slack_channel = "{channel}" }}
head = {{ post = "Headteacher", people = ["head"] }}
chair = {{ post = "Chair of governors", people = ["chair"] }}
dpo = {{ post = "Data-protection lead", people = ["dpo"] }}
lado = {{ post = "LADO", phone = "01632 960 003" }}
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the settings and the database lie."""

    settings: Path
    database: Path


def install(folder: Path, port: int, api_port: int) -> Installation:
    """Write the settings, migrate an empty SQLite database, and make the school's key."""
    from storage import migrate
    from storage.vault import Vault

    settings = folder / "sharecheck.toml"
    settings.write_text(
        _SETTINGS.format(
            folder=folder.as_posix(),
            host=LOOPBACK,
            port=port,
            api_port=api_port,
            secret=SECRET,
            team=TEAM,
            channel=CHANNEL,
            dsl=DSL,
            deputy=DEPUTY,
            head=HEAD,
            chair=CHAIR,
            dpo=DPO,
        )
    )
    migrate.upgrade(f"sqlite:///{folder}/sharecheck.db")
    Vault.create(folder / "keys", ["bench"])
    return Installation(settings, folder / "sharecheck.db")
