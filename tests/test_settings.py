"""Settings: every error names its key, and the environment and secret files win over the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.people import ChannelRoute, ContactRoute, PeopleRoute
from bot.settings import Settings, SettingsError, build_schools, read_settings

GOOD = """
slack_bot_token = "xoxb-pretend-school"
slack_signing_secret = "pretend-signing-secret"

[[schools]]
id = "hill"
name = "Hill Primary"
slack_team = "T0SCHOOL01"

[schools.numbers]
social_care = "01632 960 001"
social_care_out_of_hours = "01632 960 002"
lado = "01632 960 003"

[schools.people.head]
post = "Headteacher"
slack = "U0HEAD0001"

[schools.people.chair]
post = "Chair of governors"
slack = "U0CHAIR001"

[schools.routes.dsl]
post = "DSL"
slack_channel = "C0DSL00001"

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
slack_channel = "C0DPO00001"
"""
SECRETS = GOOD.split("\n\n", 1)[0]
NUMBERS, HEAD = "[schools.numbers]", "[schools.people.head]\npost"

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("SHARECHECK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the good settings with one thing changed; gives the file."""

    def write_(old: str = "", new: str = "") -> Path:
        assert old in GOOD
        file = tmp_path / "sharecheck.toml"
        file.write_text(GOOD.replace(old, new, 1) if old else GOOD + new, "utf-8")
        return file

    return write_


def complaint(file: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        read_settings(file)
    return str(refused.value)


# ----------------------------------------------------------------------------------- what is read


def test_good_settings_build_a_school(write: Write):
    settings = read_settings(write())

    school = build_schools(settings)["hill"]
    assert (school.name, school.time_zone, school.share_needs) == (
        "Hill Primary", "Europe/London", "notify",
    )  # fmt: skip
    assert (school.digest_day, school.digest_time) == (4, "15:30")
    assert isinstance(school.routes["dsl"], ChannelRoute)
    assert isinstance(school.routes["head"], PeopleRoute)
    assert isinstance(school.routes["lado"], ContactRoute)
    assert school.person_by_id("head").account_on("slack").user == "U0HEAD0001"
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)


def test_the_settings_of_the_page_about_settings_are_good(tmp_path: Path, monkeypatch):
    page = Path(__file__).parent.parent / "docs" / "settings.md"
    example = page.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    (tmp_path / "sharecheck.toml").write_text(example, "utf-8")
    monkeypatch.setenv("SHARECHECK_SLACK_BOT_TOKEN", "xoxb-pretend")
    monkeypatch.setenv("SHARECHECK_SLACK_APP_TOKEN", "xapp-pretend")

    assert build_schools(read_settings(tmp_path / "sharecheck.toml"))


def test_the_page_about_settings_names_every_key():
    page = (Path(__file__).parent.parent / "docs" / "settings.md").read_text("utf-8")
    school = Settings.model_fields["schools"].annotation.__args__[0]

    keys = {*Settings.model_fields, *school.model_fields}

    assert {key for key in keys if f"`{key}`" not in page} == set()


def test_the_digest_may_come_on_another_day(write: Write):
    late = write(
        "[schools.numbers]", '[schools.digest]\nday = "monday"\ntime = "08:05"\n' + NUMBERS
    )

    school = build_schools(read_settings(late))["hill"]

    assert (school.digest_day, school.digest_time) == (0, "08:05")


# ------------------------------------------------------------------------------------ who wins


def test_the_environment_wins_over_secret_files_and_these_over_the_file(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "sharecheck_slack_bot_token").write_text("token-of-the-secret-file\n")
    (secrets / "sharecheck_slack_signing_secret").write_text("secret-of-the-secret-file\n")
    (secrets / "sharecheck_slack_app_token").write_text("xapp-of-the-secret-file\n")
    monkeypatch.setenv("SHARECHECK_SECRETS_DIR", str(secrets))
    monkeypatch.setenv("SHARECHECK_SLACK_BOT_TOKEN", "token-of-the-environment")
    monkeypatch.setenv("SHARECHECK_PORT", "4000")

    settings = read_settings(write())

    assert settings.slack_bot_token.get_secret_value() == "token-of-the-environment"
    assert settings.slack_signing_secret.get_secret_value() == "secret-of-the-secret-file"
    assert settings.slack_app_token.get_secret_value() == "xapp-of-the-secret-file"
    assert settings.port == 4000


@pytest.mark.parametrize(
    ("given", "transports"),
    [
        ('slack_signing_secret = "pretend-signing-secret"', ("http",)),
        ('slack_app_token = "xapp-pretend"', ("socket",)),
        (
            'slack_signing_secret = "pretend-secret"\nslack_app_token = "xapp-pretend"',
            ("socket", "http"),
        ),
    ],
)
def test_the_secrets_that_are_given_say_how_slack_reaches_it(
    write: Write, given: str, transports: tuple[str, ...]
):
    file = write('slack_signing_secret = "pretend-signing-secret"', given)

    assert read_settings(file).transports == transports


def test_without_a_way_in_it_says_what_each_is_for(write: Write):
    said = complaint(write('slack_signing_secret = "pretend-signing-secret"', ""))

    assert said == (
        "slack_app_token, slack_signing_secret: give the first for Socket Mode, or the second for "
        "HTTP; without either, Slack cannot reach Sharecheck"
    )


def test_secrets_may_be_left_out_of_the_file(write: Write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHARECHECK_SLACK_BOT_TOKEN", "token-of-the-environment")
    monkeypatch.setenv("SHARECHECK_SLACK_SIGNING_SECRET", "secret-of-the-environment")

    assert read_settings(write(SECRETS, "port = 1"))


def test_the_file_is_found_by_the_environment(write: Write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHARECHECK_CONFIG", str(write()))

    assert read_settings().schools[0].id == "hill"


def test_a_file_that_is_named_wins_over_the_environment(write: Write, monkeypatch):
    monkeypatch.setenv("SHARECHECK_CONFIG", "/nowhere")

    assert read_settings(write())


# ---------------------------------------------------------------------------- errors name the key


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('slack_bot_token = "xoxb-pretend-school"', "", "slack_bot_token: "),
        ('"xoxb-pretend-school"', '""', "slack_bot_token: "),
        ('"pretend-signing-secret"', '""', "slack_signing_secret: "),
        ('"pretend-signing-secret"', '"        "', "slack_signing_secret: "),
        (SECRETS, SECRETS + '\nslack_app_token = "xapp-"', "slack_app_token: "),
        (SECRETS, SECRETS + '\nslack_app_token = "xoxb-pretend"', "slack_app_token: it does not"),
        ('"xoxb-pretend-school"', '"xapp-pretend"', "slack_bot_token: it is an app-level token"),
        ('slack_signing_secret = "pretend-signing-secret"', "", "slack_app_token, slack_signing_"),
        (SECRETS, SECRETS + "\nport = 70000", "port: "),
        (SECRETS, SECRETS + '\nport = "many"', "port: "),
        (SECRETS, SECRETS + "\nhosts = 1", "hosts: "),
        (SECRETS, SECRETS + '\nlog_level = "loud"', "log_level: "),
        (SECRETS, SECRETS + '\noperator_channel = "#it"', "operator_channel: "),
        ('id = "hill"', 'id = "The Hill"', "schools[0].id: "),
        ('id = "hill"', "", "schools[0].id: "),
        ('name = "Hill Primary"', 'name = ""', "schools[0].name: "),
        ('"T0SCHOOL01"', '"hill.slack.com"', "schools[0].slack_team: "),
        ('name = "Hill', 'time_zone = "Europe/Lundun"\nname = "Hill', "schools[0].time_zone: "),
        ('name = "Hill', 'time_zone = "../../etc"\nname = "Hill', "schools[0].time_zone: "),
        ('name = "Hill', 'share_needs = "luck"\nname = "Hill', "schools[0].share_needs: "),
        ('name = "Hill', 'colour = "red"\nname = "Hill', "schools[0].colour: "),
        ('lado = "01632 960 003"\n', "", "schools[0].numbers.lado: "),
        ('lado = "01632 960 003"', 'lado = ""', "schools[0].numbers.lado: "),
        (NUMBERS, '[schools.digest]\ntime = "25:00"\n' + NUMBERS, "digest.time: "),
        (NUMBERS, "[schools.digest]\ntime = 15:30:00\n" + NUMBERS, "digest.time: "),
        (NUMBERS, '[schools.digest]\nday = "someday"\n' + NUMBERS, "digest.day: "),
        ('slack = "U0HEAD0001"', 'slack = "@head"', "schools[0].people.head.slack: "),
        ('slack = "U0HEAD0001"', "", "schools[0].people.head.slack: "),
        ('"U0CHAIR001"', '"U0HEAD0001"', "schools[0].people.chair.slack: 'head' "),
        (HEAD, HEAD.replace("post", "name"), "schools[0].people.head.name: "),
        ("schools.people.head", "schools.people.'slack:T:U'", "schools[0].people.slack:T:U"),
        ("schools.routes.dpo", "schools.routes.dpa", "schools[0].routes.dpa: unknown route"),
        ("schools.routes.dpo", "schools.routes.dpa", "schools[0].routes.dpo: missing"),
        ('slack_channel = "C0DSL00001"', 'slack_channel = "#dsl"', "routes.dsl.slack_channel: "),
        ('slack_channel = "C0DSL00001"', "", "schools[0].routes.dsl: give one of"),
        ('people = ["head"]', 'people = ["head"]\nphone = "1"', "schools[0].routes.head: give one"),
        ('people = ["head"]', 'people = ["hed"]', "schools[0].routes.head.people: 'hed' "),
        ('people = ["head"]', 'people = "head"', "schools[0].routes.head.people: "),
    ],
)  # fmt: skip
def test_an_error_begins_with_the_key_that_is_wrong(write: Write, old: str, new: str, key: str):
    assert key in complaint(write(old, new))


def test_all_faults_are_told_at_once(write: Write):
    file = write('people = ["head"]', 'people = ["hed"]')
    file.write_text(file.read_text("utf-8").replace("schools.routes.dpo", "schools.routes.dpa"))

    assert [line.split(": ")[0] for line in complaint(file).splitlines()] == [
        "schools[0].routes.dpa",
        "schools[0].routes.head.people",
        "schools[0].routes.dpo",
    ]


def test_an_error_never_repeats_a_secret(write: Write):
    assert "pretend-school" not in complaint(
        write('xoxb-pretend-school"', 'xoxb-pretend-school"\nx=1')
    )
    assert "short" not in complaint(write('"pretend-signing-secret"', '"short"'))


def test_one_human_may_be_on_several_routes_under_one_name(write: Write):
    both = write('people = ["chair"]', 'people = ["chair", "head"]')

    assert len(build_schools(read_settings(both))["hill"].routes["chair"].people) == 2


def test_a_second_school_is_refused_for_now(write: Write):
    second = GOOD.split("[[schools]]", 1)[1].replace('"hill"', '"river"').replace("T0S", "T0R")

    assert "schools[1]: " in complaint(write(new=f"\n[[schools]]{second}"))


@pytest.mark.parametrize("which", ["id", "slack_team"])
def test_two_schools_may_not_share_an_id_or_a_workspace(write: Write, which: str):
    second = GOOD.split("[[schools]]", 1)[1]
    other = second.replace("T0S", "T0R") if which == "id" else second.replace('"hill"', '"river"')

    assert f"schools[1].{which}: " in complaint(write(new=f"\n[[schools]]{other}"))


# ------------------------------------------------------------------------- errors about the files


def test_a_missing_file_is_named(tmp_path: Path):
    assert str(tmp_path / "nowhere.toml") in complaint(tmp_path / "nowhere.toml")
    assert str(tmp_path) in complaint(tmp_path)


@pytest.mark.parametrize("content", ["port = \n#", "port = 1\nport = 2\n", "[[schools\n"])
def test_a_file_that_is_not_toml_is_named_with_the_line(tmp_path: Path, content: str):
    file = tmp_path / "sharecheck.toml"
    file.write_text(content)

    said = complaint(file)

    assert said.startswith(f"{file}: ")
    assert "line" in said


def test_a_file_that_is_not_text_is_named(tmp_path: Path):
    file = tmp_path / "sharecheck.toml"
    file.write_bytes(b"\xff\xfe\x00")

    assert complaint(file).startswith(f"{file}: ")


def test_a_missing_directory_of_secrets_is_named(write: Write, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("SHARECHECK_SECRETS_DIR", str(tmp_path / "nowhere"))
    assert complaint(write()).startswith("SHARECHECK_SECRETS_DIR: ")

    monkeypatch.setenv("SHARECHECK_SECRETS_DIR", str(tmp_path / "sharecheck.toml"))
    assert complaint(write()).startswith("SHARECHECK_SECRETS_DIR: ")


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [("SHARECHECK_PORT", "many", "port: "), ("SHARECHECK_SCHOOLS", "not json", "schools")],
)
def test_a_wrong_variable_is_named_too(write: Write, monkeypatch, name: str, value: str, key: str):
    monkeypatch.setenv(name, value)

    assert key in complaint(write())
