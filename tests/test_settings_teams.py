"""Settings of a school on Teams, or on both platforms: what is built, and errors by their keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.chat import Account, Place, Platform
from bot.people import ChannelRoute, Person, School
from bot.settings import Settings, SettingsError, build_schools, read_settings

APP = "0a0a0a0a-1111-4222-8333-444444444444"
TENANT = "7e7e7e7e-1111-4222-8333-444444444444"
HEAD, CHAIR = "aaaa1111-1111-4222-8333-444444444444", "cccc1111-1111-4222-8333-444444444444"
GROUP = "9999aaaa-1111-4222-8333-444444444444"
DSL_CHANNEL, DPO_CHANNEL = "19:dsl01@thread.tacv2", "19:dpo01@thread.tacv2"
SLACK = 'slack_bot_token = "xoxb-pretend-school"\nslack_signing_secret = "pretend-secret"'
PROOF = 'teams_app_secret = "pretend-app-secret"'

TEAMS_ONLY = f"""
teams_app_id = "{APP}"
{PROOF}

[[schools]]
id = "hill"
name = "Hill Primary"
teams_tenant = "{TENANT}"

[schools.numbers]
social_care = "01632 960 001"
social_care_out_of_hours = "01632 960 002"
lado = "01632 960 003"

[schools.people.head]
post = "Headteacher"
teams = "{HEAD}"

[schools.people.chair]
post = "Chair of governors"
teams = "{CHAIR}"
email = "chair@hill.example"

[schools.routes.dsl]
post = "DSL"
teams_channel = "{DSL_CHANNEL}"

[schools.routes.head]
post = "Headteacher"
people = ["head"]

[schools.routes.chair]
post = "Chair of governors"
people = ["chair"]

[schools.routes.lado]
post = "LADO"
phone = "01632 960 003"

[schools.routes.dpo]
post = "Data-protection lead"
teams_channel = "{DPO_CHANNEL}"
"""
BOTH = (
    TEAMS_ONLY.replace("teams_app_id", f"{SLACK}\nteams_app_id", 1)
    .replace("teams_tenant", 'slack_team = "T0SCHOOL01"\nteams_tenant', 1)
    .replace(f'teams = "{HEAD}"', f'slack = "U0HEAD0001"\nteams = "{HEAD}"')
)
TEAMS_CHANNEL = f'teams_channel = "{DSL_CHANNEL}"'
SERVICES = "schools[0].routes.dsl"

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("SHARECHECK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes settings with some words put in the place of others; gives the file."""

    def write_(*changes: tuple[str, str], of: str = TEAMS_ONLY) -> Path:
        for old, new in changes:
            assert old in of
            of = of.replace(old, new, 1)
        file = tmp_path / "sharecheck.toml"
        file.write_text(of, "utf-8")
        return file

    return write_


def complaint(file: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        read_settings(file)
    return str(refused.value)


def school_of(file: Path) -> School:
    return build_schools(read_settings(file))["hill"]


def write_pem(tmp_path: Path, *kinds: str) -> Path:
    file = tmp_path / "teams.pem"
    parts = (f"-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n" for kind in kinds)
    file.write_text("".join(parts), "utf-8")
    return file


# ----------------------------------------------------------------------------------- what is built


def test_a_school_may_be_on_teams_alone(write: Write):
    settings = read_settings(write())

    school = build_schools(settings)["hill"]
    assert (settings.platforms, settings.transports) == ((Platform.TEAMS,), ())
    assert (school.slack_team, school.teams_tenant) == (None, TENANT)
    assert school.routes["dsl"] == ChannelRoute("DSL", Place(Platform.TEAMS, TENANT, DSL_CHANNEL))
    assert school.person_by_id("head").accounts == (Account(Platform.TEAMS, TENANT, HEAD),)


def test_a_school_may_be_on_both_and_a_person_too(write: Write):
    settings = read_settings(write(of=BOTH))

    school = build_schools(settings)["hill"]
    assert settings.platforms == (Platform.SLACK, Platform.TEAMS)
    head = school.person(Account(Platform.TEAMS, TENANT, HEAD))
    assert head == school.person(Account(Platform.SLACK, "T0SCHOOL01", "U0HEAD0001"))
    assert head.id == "head"


@pytest.mark.parametrize(
    ("prefers", "first"),
    [("", "slack"), ('\nprefers = "teams"', "teams"), ('\nprefers = "slack"', "slack")],
)
def test_somebody_on_both_is_told_on_slack_unless_they_prefer_teams(
    write: Write, prefers: str, first: str
):
    file = write((f'teams = "{HEAD}"', f'teams = "{HEAD}"{prefers}'), of=BOTH)

    accounts = school_of(file).person_by_id("head").accounts

    assert [a.platform for a in accounts] == [first, *({"slack", "teams"} - {first})]


def test_a_work_address_is_kept_in_small_letters(write: Write):
    school = school_of(write(('"chair@hill.example"', '" Chair@Hill.Example "')))

    assert school.person_by_id("chair").email == "chair@hill.example"
    assert "hill.example" not in repr(school.person_by_id("chair"))


@pytest.mark.parametrize(
    ("old", "given"),
    [
        (TENANT, TENANT.upper()),
        (TENANT, f"{{{TENANT}}}"),
        (TENANT, f" {TENANT} "),
        (HEAD, HEAD.upper()),
        (APP, f"{{{APP.upper()}}}"),
        (DSL_CHANNEL, f" {DSL_CHANNEL} "),
        (DSL_CHANNEL, "19%3adsl01%40thread.tacv2"),
    ],
)
def test_ids_are_taken_as_teams_shows_them(write: Write, old: str, given: str):
    plain = read_settings(write()).model_dump()

    assert read_settings(write((old, given))).model_dump() == plain


def test_reviewers_may_be_named_beside_a_channel(write: Write):
    route = school_of(
        write((TEAMS_CHANNEL, f'{TEAMS_CHANNEL}\nreviewers = ["head", "chair"]'))
    ).routes["dsl"]

    assert isinstance(route, ChannelRoute)
    assert [person.id for person in route.named] == ["head", "chair"]
    assert (route.reviewers_in, route.narrow) == (None, True)


def test_reviewers_may_be_named_beside_a_slack_channel_too(write: Write):
    named = 'slack_channel = "C0DSL00001"\nreviewers = ["chair"]'

    route = school_of(write((TEAMS_CHANNEL, named), of=BOTH)).routes["dsl"]

    assert isinstance(route, ChannelRoute)
    assert route.place == Place(Platform.SLACK, "T0SCHOOL01", "C0DSL00001")
    assert [person.id for person in route.named] == ["chair"]


def test_an_entra_group_may_review_a_teams_channel(write: Write):
    file = write((TEAMS_CHANNEL, f'{TEAMS_CHANNEL}\nentra_group = "{GROUP.upper()}"'))

    route = school_of(file).routes["dsl"]

    assert isinstance(route, ChannelRoute)
    assert route.reviewers_in == Place(Platform.TEAMS, TENANT, f"group:{GROUP}")
    assert (route.place.id, route.named, route.narrow) == (DSL_CHANNEL, (), True)


def test_where_nothing_is_said_who_is_in_the_channel_reviews(write: Write):
    route = school_of(write()).routes["dsl"]

    assert isinstance(route, ChannelRoute)
    assert (route.asked, route.narrow) == (route.place, False)


@pytest.mark.parametrize(
    ("key", "of", "place"),
    [
        ('operator_channel = "C0ITALL001"', BOTH, "slack:T0SCHOOL01:C0ITALL001"),
        (f'teams_operator_channel = "{DPO_CHANNEL}"', TEAMS_ONLY, f"teams:{TENANT}:{DPO_CHANNEL}"),
    ],
)
def test_the_operator_hears_of_trouble_on_either_platform(
    write: Write, key: str, of: str, place: str
):
    assert read_settings(write(of=of)).operator_place is None
    assert str(read_settings(write((PROOF, f"{PROOF}\n{key}"), of=of)).operator_place) == place


def test_the_page_about_settings_shows_a_good_school_on_both():
    page = (Path(__file__).parent.parent / "docs" / "settings.md").read_text("utf-8")
    slack, teams = (tomllib.loads(part.split("```")[0]) for part in page.split("```toml\n")[1:3])
    (school,), (more,) = slack.pop("schools"), teams.pop("schools")
    for part in ("people", "routes"):
        more[part] = school[part] | more[part]
    tokens = {"slack_bot_token": "xoxb-pretend", "slack_app_token": "xapp-pretend"}

    built = build_schools(
        Settings(
            **slack, **teams, **tokens, teams_app_secret="x" * 30, schools=[{**school, **more}]
        )
    )

    assert built["hill-primary"].person_by_id("deputy").email == "deputy@hill.example"


def test_the_page_about_settings_names_every_key_of_people_and_routes():
    page = (Path(__file__).parent.parent / "docs" / "settings.md").read_text("utf-8")
    school: Any = Settings.model_fields["schools"].annotation
    fields = school.__args__[0].model_fields
    keys = {
        key
        for part in ("people", "routes")
        for key in fields[part].annotation.__args__[1].model_fields
    }

    assert {key for key in keys if f"`{key}`" not in page} == set()


# ----------------------------------------------------------------------------- secrets and addresses


def test_the_app_secret_may_come_from_a_secret_file(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "sharecheck_teams_app_secret").write_text("secret-of-the-file\n")
    monkeypatch.setenv("SHARECHECK_SECRETS_DIR", str(tmp_path / "secrets"))

    settings = read_settings(write((PROOF, "")))

    assert settings.teams_app_secret is not None
    assert settings.teams_app_secret.get_secret_value() == "secret-of-the-file"


@pytest.mark.parametrize("kind", ["PRIVATE KEY", "RSA PRIVATE KEY"])
def test_a_certificate_may_stand_in_the_place_of_the_secret(
    write: Write, tmp_path: Path, kind: str
):
    file = write_pem(tmp_path, kind, "CERTIFICATE")

    settings = read_settings(write((PROOF, f'teams_certificate = "{file}"')))

    assert (settings.teams_certificate, settings.teams_app_secret) == (file, None)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (("CERTIFICATE",), "there is no private key in it"),
        (("ENCRYPTED PRIVATE KEY", "CERTIFICATE"), "or one with a passphrase"),
        (("PRIVATE KEY",), "there is no certificate in it"),
    ],
)
def test_a_certificate_that_will_not_do_is_refused(
    write: Write, tmp_path: Path, kinds: tuple[str, ...], said: str
):
    file = write_pem(tmp_path, *kinds)

    found = complaint(write((PROOF, f'teams_certificate = "{file}"')))

    assert found.startswith("teams_certificate: ")
    assert said in found


def test_a_certificate_that_cannot_be_read_is_named(write: Write, tmp_path: Path):
    (tmp_path / "der.pem").write_bytes(b"\xff\xfe\x00")
    for file in (tmp_path / "nowhere.pem", tmp_path, tmp_path / "der.pem"):
        said = complaint(write((PROOF, f'teams_certificate = "{file}"')))
        assert said.startswith(f"teams_certificate: {file}: ")


ADDRESSES = (
    "teams_login_url", "teams_openid_url", "teams_graph_url", "slack_api_url", "public_url",
    "teams_service_urls",
)  # fmt: skip


@pytest.mark.parametrize("key", ADDRESSES)
@pytest.mark.parametrize(
    "address",
    [
        "http://smba.trafficmanager.net/", "http://localhost/x", "http://127.0.0.1.example/",
        "http://[::1]/", "ftp://127.0.0.1/", "smba.trafficmanager.net", "", "https://",
        "https://smba.trafficmanager.net@elsewhere.example/", "https://example.org/?a=b",
        "https://example.org/#a", "https://[",
    ],
)  # fmt: skip
def test_an_address_to_which_no_token_may_go_is_refused(write: Write, key: str, address: str):
    given = f'["{address}"]' if key.endswith("s") else f'"{address}"'

    said = complaint(write((PROOF, f"{PROOF}\n{key} = {given}")))

    assert re.match(rf"{key}(\[0\])?: ", said)


ALWAYS_ENCRYPTED = ("public_url", "teams_login_url")
"""Teams shows the first to people; msal takes no other for the second."""


@pytest.mark.parametrize("key", [key for key in ADDRESSES if key not in ALWAYS_ENCRYPTED])
def test_only_this_computer_may_be_asked_without_encryption(write: Write, key: str):
    local = "http://127.0.0.1:8130/teams/"
    given = f'["{local}"]' if key.endswith("s") else f'"{local}"'

    settings = read_settings(write((PROOF, f"{PROOF}\n{key} = {given}")))

    assert "http://127.0.0.1:8130/teams" in str(getattr(settings, key))


@pytest.mark.parametrize("key", ALWAYS_ENCRYPTED)
def test_the_public_address_and_that_of_the_login_are_never_unencrypted(write: Write, key: str):
    said = complaint(write((PROOF, f'{PROOF}\n{key} = "http://127.0.0.1:8130"')))

    assert said.startswith(f"{key}: ")


def test_what_begins_like_a_service_address_is_on_the_same_host(write: Write):
    bare = 'teams_service_urls = ["https://smba.trafficmanager.net"]'

    settings = read_settings(write((PROOF, f"{PROOF}\n{bare}")))

    assert settings.teams_service_urls == ("https://smba.trafficmanager.net/",)
    assert read_settings(write()).teams_service_urls == settings.teams_service_urls


# --------------------------------------------------------------------------- errors name the key


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (f'teams_app_id = "{APP}"\n{PROOF}', "", "slack_bot_token, teams_app_id: give the first"),
        (f'teams_app_id = "{APP}"', "", "teams_app_id: missing; teams_app_secret is given"),
        (f'teams_app_id = "{APP}"\n{PROOF}', f'teams_operator_channel = "{DSL_CHANNEL}"',
         "teams_app_id: missing; teams_operator_channel is given"),
        (PROOF, "", "teams_app_secret, teams_certificate: give one"),
        (PROOF, 'teams_app_secret = "short"', "teams_app_secret: it is blank"),
        (PROOF, 'teams_app_secret = ""', "teams_app_secret: it is blank"),
        (PROOF, f'{PROOF}\nslack_signing_secret = "pretend-secret"',
         "slack_bot_token: missing; slack_signing_secret is given"),
        (PROOF, f'{PROOF}\nslack_app_token = "xapp-pretend"',
         "slack_bot_token: missing; slack_app_token is given"),
        (PROOF, f'{PROOF}\noperator_channel = "C0ITALL001"',
         "slack_bot_token: missing; operator_channel is given"),
        (PROOF, f"{PROOF}\n{SLACK}", "schools[0].slack_team: missing; slack_bot_token is given"),
        (PROOF, f'{PROOF}\nslack_bot_token = "xoxb-pretend"', "slack_app_token, slack_signing_"),
        (PROOF, f'{PROOF}\nteams_operator_channel = "C0IT"', "teams_operator_channel: it is not"),
        (PROOF, f"{PROOF}\nteams_service_urls = []", "teams_service_urls: "),
        (PROOF, f'{PROOF}\nteams_service_urls = "https://a.example/"', "teams_service_urls: "),
        (APP, "my-app", "teams_app_id: it is not an id"),
        (APP, APP.replace("-", ""), "teams_app_id: it is not an id"),
        (f'"{APP}"', "17", "teams_app_id: "),
        (TENANT, "common", "schools[0].teams_tenant: it is not an id"),
        (TENANT, "hill.onmicrosoft.com", "schools[0].teams_tenant: it is not an id"),
        (f'teams_tenant = "{TENANT}"', "", "schools[0].teams_tenant: missing; teams_app_id is"),
        (f'teams_tenant = "{TENANT}"', "", "schools[0].people.head.teams: the school has no teams"),
        (f'teams_tenant = "{TENANT}"', "", "schools[0].routes.dsl.teams_channel: the school has"),
        (f'teams_tenant = "{TENANT}"', f'teams_tenant = "{TENANT}"\nslack_team = "T0SCHOOL01"',
         "slack_bot_token: missing; schools[0].slack_team is given"),
        (HEAD, "head@hill.example", "schools[0].people.head.teams: it is not an id"),
        (HEAD, f"29:{HEAD}", "schools[0].people.head.teams: it is not an id"),
        (HEAD, CHAIR.upper(), "schools[0].people.chair.teams: 'head' has it too"),
        (f'teams = "{HEAD}"', "", "schools[0].people.head.teams: missing; head cases go to them"),
        (f'teams = "{HEAD}"', 'email = "head@hill.example"', "schools[0].people.head.teams: miss"),
        (f'teams = "{HEAD}"', f'teams = "{HEAD}"\nemail = "CHAIR@hill.example"',
         "schools[0].people.chair.email: 'head' has it too"),
        (f'teams = "{HEAD}"', f'teams = "{HEAD}"\nslack = "U0HEAD0001"',
         "schools[0].people.head.slack: the school has no slack_team"),
        (f'teams = "{HEAD}"', f'teams = "{HEAD}"\nprefers = "slack"',
         "schools[0].people.head.prefers: they have no slack account"),
        (f'teams = "{HEAD}"', f'teams = "{HEAD}"\nprefers = "pager"',
         "schools[0].people.head.prefers: "),
        ('"chair@hill.example"', '"chair"', "schools[0].people.chair.email: it is not an email"),
        ('"chair@hill.example"', '""', "schools[0].people.chair.email: it is not an email"),
        (DSL_CHANNEL, "DSL", f"{SERVICES}.teams_channel: it is not a channel's id"),
        (DSL_CHANNEL, "19:ab@thread.v2", f"{SERVICES}.teams_channel: it is not a channel's id"),
        (DSL_CHANNEL, f"{DSL_CHANNEL};messageid=1", f"{SERVICES}.teams_channel: it is not"),
        (TEAMS_CHANNEL, 'slack_channel = "C0DSL00001"', f"{SERVICES}.slack_channel: the school has"),
        (TEAMS_CHANNEL, f'{TEAMS_CHANNEL}\nslack_channel = "C0DSL00001"', f"{SERVICES}: give one"),
        (TEAMS_CHANNEL, f'{TEAMS_CHANNEL}\npeople = ["head"]', f"{SERVICES}: give one of"),
        (TEAMS_CHANNEL, f'{TEAMS_CHANNEL}\nphone = "01632 960 004"', f"{SERVICES}: give one of"),
        (TEAMS_CHANNEL, f'{TEAMS_CHANNEL}\nreviewers = ["hed"]', f"{SERVICES}.reviewers: 'hed' is"),
        (TEAMS_CHANNEL, f"{TEAMS_CHANNEL}\nreviewers = []", f"{SERVICES}.reviewers: "),
        (TEAMS_CHANNEL, f'{TEAMS_CHANNEL}\nentra_group = "dsls"', f"{SERVICES}.entra_group: it is"),
        (TEAMS_CHANNEL, f'{TEAMS_CHANNEL}\nentra_group = "{GROUP}"\nreviewers = ["head"]',
         f"{SERVICES}: give one of reviewers and entra_group"),
        ('people = ["head"]', 'people = ["head"]\nreviewers = ["head"]',
         "schools[0].routes.head.reviewers: they stand beside"),
        ('people = ["head"]', f'people = ["head"]\nentra_group = "{GROUP}"',
         "schools[0].routes.head.entra_group: it stands beside a teams_channel"),
        ('phone = "01632 960 003"', f'phone = "01632 960 003"\nentra_group = "{GROUP}"',
         "schools[0].routes.lado.entra_group: it stands beside a teams_channel"),
    ],
)  # fmt: skip
def test_an_error_begins_with_the_key_that_is_wrong(write: Write, old: str, new: str, key: str):
    assert any(line.startswith(key) for line in complaint(write((old, new))).splitlines())


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (PROOF, f'{PROOF}\noperator_channel = "C1"\nteams_operator_channel = "{DSL_CHANNEL}"',
         "operator_channel, teams_operator_channel: give one of them"),
        (TEAMS_CHANNEL, f'slack_channel = "C0DSL00001"\nentra_group = "{GROUP}"',
         f"{SERVICES}.entra_group: it stands beside a teams_channel"),
        (f'slack = "U0HEAD0001"\nteams = "{HEAD}"', "",
         "schools[0].people.head.slack or teams: missing; head cases go to them"),
        (f'teams_app_id = "{APP}"\n{PROOF}', "",
         "teams_app_id: missing; schools[0].teams_tenant is given"),
        ("slack_bot_token", "teams_x = 1\nslack_bot_token", "teams_x: "),
    ],
)  # fmt: skip
def test_an_error_in_settings_for_both_begins_with_its_key_too(
    write: Write, old: str, new: str, key: str
):
    said = complaint(write((old, new), of=BOTH))

    assert any(line.startswith(key) for line in said.splitlines())


def test_a_secret_and_a_certificate_are_one_too_many(write: Write, tmp_path: Path):
    file = write_pem(tmp_path, "PRIVATE KEY", "CERTIFICATE")

    said = complaint(write((PROOF, f'{PROOF}\nteams_certificate = "{file}"')))

    assert said == "teams_app_secret, teams_certificate: give one of them, with teams_app_id"


def test_half_of_either_platform_is_told_at_once(write: Write):
    half = 'slack_app_token = "xapp-pretend"\nteams_app_secret = "pretend-app-secret"'

    said = complaint(write((f'teams_app_id = "{APP}"\n{PROOF}', half)))

    assert [line.split(":")[0] for line in said.splitlines()] == ["slack_bot_token", "teams_app_id"]


def test_an_error_repeats_no_secret_and_no_address(write: Write):
    said = complaint(
        write(
            (PROOF, 'teams_app_secret = "p1anted"'),
            ('"chair@hill.example"', '"planted@"'),
        )
    )

    assert "teams_app_secret: " in said
    assert "p1anted" not in said
    assert "planted" not in said


def test_a_tenant_serves_one_school(write: Write):
    second = TEAMS_ONLY.split("[[schools]]", 1)[1].replace('"hill"', '"river"')

    said = complaint(write(of=f"{TEAMS_ONLY}\n[[schools]]{second}"))

    assert "schools[1].teams_tenant: one tenant serves one school" in said


def test_somebody_on_no_route_needs_no_account(write: Write):
    extra = '[schools.people.deputy]\npost = "Deputy"\nemail = "deputy@hill.example"\n\n'
    school = school_of(write(("[schools.people.head]", f"{extra}[schools.people.head]")))

    assert school.person_by_id("deputy") == Person("deputy", (), "Deputy", "deputy@hill.example")
