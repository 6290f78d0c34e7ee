"""A school's Microsoft tenant in the bench: its people, its keys, and the settings that name it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bench.installation import Installation
from bench.processes import LOOPBACK
from playground import teams_school
from playground.teams_residents import TeamsPerson
from playground.teams_tenant import Tenant

KEYS = "/.well-known/keys"
OPENID = "/.well-known/openidconfiguration"
KEY_SET, TOKEN, CERTIFICATE = "keys.json", "token.txt", "login.pem"
"""Files in the folder of a run: Microsoft's keys, the app's token, the login's certificate."""
DSL, DEPUTY = teams_school.DSL, teams_school.DEPUTY
STAFF = 40
"""How many members of staff take turns."""

_SETTINGS = """\
database_url = "sqlite:///{folder}/sharecheck.db"
keys_dir = "{folder}/keys"
host = "{host}"
port = {port}
log_level = "error"
teams_app_id = "{app}"
teams_app_secret = "{secret}"
teams_login_url = "https://{host}:{login_port}"
teams_openid_url = "{api}{openid}"
teams_graph_url = "{api}/graph/v1.0"
teams_service_urls = ["{api}/teams/connector/"]

[[schools]]
id = "bench"
name = "Bench School"
teams_tenant = "{tenant}"

[schools.numbers]
social_care = "01632 960 001"
social_care_out_of_hours = "01632 960 002"
lado = "01632 960 003"

[schools.people]
dsl = {{ post = "DSL", teams = "{dsl}" }}
deputy = {{ post = "Deputy DSL", teams = "{deputy}" }}
head = {{ post = "Headteacher", teams = "{head}" }}
chair = {{ post = "Chair of governors", teams = "{chair}" }}
dpo = {{ post = "Data-protection lead", teams = "{dpo}" }}

[schools.routes]
dsl = {{ post = "DSL", teams_channel = "{channel}" }}
head = {{ post = "Headteacher", people = ["head"] }}
chair = {{ post = "Chair of governors", people = ["chair"] }}
dpo = {{ post = "Data-protection lead", people = ["dpo"] }}
lado = {{ post = "LADO", phone = "01632 960 003" }}
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where our program, Microsoft's services, and its login listen."""

    ours: int
    api: int
    login: int

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.api}"


def install(folder: Path, ports: Ports) -> Installation:
    """Write the settings, migrate an empty SQLite database, and make the school's key."""
    from storage import migrate
    from storage.vault import Vault

    settings = folder / "sharecheck.toml"
    settings.write_text(
        _SETTINGS.format(
            folder=folder.as_posix(),
            host=LOOPBACK,
            port=ports.ours,
            login_port=ports.login,
            api=ports.api_url,
            openid=OPENID,
            app=teams_school.APP_ID,
            secret=teams_school.APP_SECRET,
            tenant=teams_school.TENANT,
            channel=teams_school.DSL_CHANNEL,
            dsl=DSL,
            deputy=DEPUTY,
            head=teams_school.HEAD,
            chair=teams_school.CHAIR,
            dpo=teams_school.DPO,
        )
    )
    migrate.upgrade(f"sqlite:///{folder}/sharecheck.db")
    Vault.create(folder / "keys", ["bench"])
    return Installation(settings, folder / "sharecheck.db")


def found_tenant(folder: Path, ports: Ports) -> Tenant:
    """The tenant, with forty members of staff; what its processes need is put into the folder."""
    tenant = teams_school.open_tenant(base_url=lambda: ports.api_url)
    tenant.directory.people |= {one.id: one for one in map(staff, range(STAFF))}
    (folder / KEY_SET).write_text(json.dumps(tenant.keys.as_jwks()))
    (folder / TOKEN).write_text(
        tenant.keys.token(tenant.service_url, appid=tenant.app.id, tid=tenant.id)
    )
    (folder / CERTIFICATE).write_bytes(_make_certificate())
    return tenant


def staff(number: int) -> TeamsPerson:
    """One of those who take turns."""
    one = str(uuid5(NAMESPACE_URL, f"bench/staff/{number % STAFF}"))
    name, mail = f"Teacher {number % STAFF}", f"teacher{number % STAFF}@bench.example"
    account = teams_school.account_of(one)
    return TeamsPerson(one, name, mail, mail, teams_school.TENANT, account=account)


def member(person: str) -> Mapping[str, Any]:
    """Somebody in a roster."""
    return teams_school.open_tenant().person(person).as_member()


def _make_certificate() -> bytes:
    """A key for the login's TLS, and a certificate that it signed itself, in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "login")])
    host = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    held = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return held + made.public_bytes(serialization.Encoding.PEM)
