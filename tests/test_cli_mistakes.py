"""Mistakes of whoever installs it: each command says what is wrong and what to do, and ends."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import main
from bot.demo import write_toml
from bot.demo_school import BOTH, TEAMS, pretend_settings
from playground import teams_school as tenant
from tests.fixtures_cli import NOWHERE, Result, finished, start
from tests.fixtures_school import open_teams_school, prepare
from tests.pretend_teams import TeamsSchool

PLAIN = "The settings cannot be used.\n"


@pytest.fixture(
    params=[TEAMS, pytest.param(BOTH, marks=pytest.mark.long)], ids=["Teams", "Slack and Teams"]
)
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The settings file of an installation with a database and keys, on Teams or on both."""
    settings = pretend_settings(tmp_path, NOWHERE, on=request.param)
    prepare(settings)
    return _written(tmp_path, write_toml(settings.model_copy(update={"port": 0})))


@pytest.fixture
async def given_up(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    """A school on Teams from whose team the app was taken, so that its digest is buried."""
    async with open_teams_school(tmp_path) as school:
        await school.teams.remove_from_team(tenant.HEAD)
        await school.settle()
        yield school


def _written(folder: Path, text: str) -> Path:
    file = folder / "sharecheck.toml"
    file.write_text(text, "utf-8")
    return file


def _run(config: Path, *arguments: str) -> Result:
    if arguments == ("serve",):
        return finished(start("serve", "--config", str(config)))
    said = CliRunner().invoke(main, [*arguments, "--config", str(config)])
    return Result(said.exit_code, said.output)


def _change(config: Path, key: str, line: str) -> None:
    """Put a line in the place of a key of the settings file."""
    text, count = re.subn(f"(?m)^{key} = .*$", line.replace("\\", r"\\"), config.read_text("utf-8"))
    assert count, f"{key} is in the settings"
    config.write_text(text, "utf-8")


@pytest.mark.parametrize(
    "command",
    [("migrate",), ("verify",), ("digest",), ("outbox", "list"), ("outbox", "revive")],
    ids=" ".join,
)
def test_each_command_works_on_teams_alone_and_beside_slack(
    installed: Path, command: tuple[str, ...]
):
    assert _run(installed, *command).exit_code == 0


WRONG_SETTINGS = [
    ("database_url", 'database_url = "mysql://db/x"', "database_url: it does not begin with"),
    ("database_url", 'database_url = "sqlite://"', "database_url: it does not begin with"),
    ("log_level", 'log_level = "info"\nteams_ap_id = "x"', "teams_ap_id: there is no such setting"),
    ("teams_login_url", 'teams_login_url = "http://127.0.0.1:9"', "teams_login_url: it does not"),
    ("log_level", 'public_url = "http://127.0.0.1"', "public_url: it does not begin with https://"),
    ("teams_service_urls", "teams_service_urls = []", "teams_service_urls: missing; give at least"),
    ("teams_tenant", 'teams_tenant = "hill"', "schools[0].teams_tenant: it is not an id such as"),
]


@pytest.mark.parametrize(("key", "line", "says"), WRONG_SETTINGS, ids=lambda value: str(value)[:40])
def test_a_wrong_setting_is_named_in_one_line_of_plain_words(
    installed: Path, key: str, line: str, says: str
):
    _change(installed, key, line)

    said = _run(installed, "migrate")

    assert said.exit_code == 2
    assert said.output.startswith(f"{PLAIN}{says}")
    assert said.output.count("\n") == 2, "one line for one mistake"


@pytest.mark.parametrize("command", [("serve",), ("digest",)], ids=" ".join)
def test_an_unknown_rule_pack_is_named_with_those_there_are(
    installed: Path, command: tuple[str, ...]
):
    _change(installed, "rule_pack", 'rule_pack = "england-2042"')

    said = _run(installed, *command)

    assert said.exit_code == 2
    assert "rule_pack: there is no england-2042; give a .yaml file, or one of" in said.output
    assert "england-2024" in said.output


def test_a_rule_pack_with_faults_is_refused_with_the_command_that_shows_them(installed: Path):
    pack = installed.parent / "own.yaml"
    pack.write_text("id: own\n", "utf-8")
    _change(installed, "rule_pack", f'rule_pack = "{pack}"')

    said = _run(installed, "serve")

    assert said.exit_code == 2
    assert f"Run: sharecheck rules check {pack}" in said.output


def test_a_folder_that_cannot_be_made_is_said_at_the_start(installed: Path):
    (installed.parent / "file").write_bytes(b"")
    folder = installed.parent / "file" / "data"
    _change(installed, "database_url", f'database_url = "sqlite:///{folder}/x.db"')

    said = _run(installed, "serve")

    assert said.exit_code == 2
    assert f"database_url: {folder}/x.lock cannot be written" in said.output


def test_a_database_that_is_not_there_is_said_with_what_makes_one(installed: Path):
    (installed.parent / "sharecheck.db").unlink()

    said = _run(installed, "verify")

    assert said.exit_code == 2
    assert "sharecheck migrate" in said.output


def test_a_log_of_a_school_that_is_not_there_is_never_called_sound(installed: Path):
    said = _run(installed, "verify", "--school", "elsewhere")

    assert said.exit_code == 2
    assert said.output == "--school: 'elsewhere' is not one of pretend\n"


@pytest.mark.parametrize("option", ["--website", "--privacy", "--terms"])
def test_a_link_that_teams_would_not_take_is_named_by_its_option(installed: Path, option: str):
    links = dict.fromkeys(("--website", "--privacy", "--terms"), "https://a.example")
    links[option] = "http://a.example"
    given = [word for pair in links.items() for word in pair]

    said = _run(installed, "teams-package", str(installed.parent / "out.zip"), *given)

    assert said.exit_code == 2
    assert said.output == f"{option}: it does not begin with https://\n"
    assert not (installed.parent / "out.zip").exists()


async def test_a_digest_that_was_given_up_is_not_called_posted(
    given_up: TeamsSchool, tmp_path: Path
):
    config = _written(tmp_path, write_toml(given_up.settings))
    assert _run(config, "digest", "--send").exit_code == 0
    await given_up.settle()

    again = _run(config, "digest", "--send")
    key = again.output.split()[-1]
    revived = _run(config, "outbox", "revive", key)

    assert again.exit_code == 2
    assert "could not be delivered" in again.output
    assert revived.output == "1 revived.\n"


@pytest.mark.parametrize("week", ["2020-W10", "2099-W10"], ids=["long past", "still to come"])
def test_a_week_whose_digest_would_not_go_out_is_not_promised(installed: Path, week: str):
    said = _run(installed, "digest", "--send", "--week", week)
    shown = _run(installed, "digest", "--preview", "--week", week)

    assert said.exit_code == 2
    assert re.match(r"--week: only \d{4}-W\d\d and \d{4}-W\d\d can be sent", said.output)
    assert _run(installed, "outbox", "list", "--state", "pending").output == "0 pending.\n"
    assert shown.exit_code == 0


@pytest.mark.long
def test_a_serve_beside_the_demo_on_its_settings_is_refused(tmp_path: Path):
    """It would take what people do in the demo away from it."""
    command = [sys.executable, "-c", "from bot.cli import main; main()", "demo", "--port", "0"]
    here = Path(__file__).parent.parent
    with subprocess.Popen(
        [*command, "--folder", str(tmp_path)], cwd=here, stdout=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            line = next(line for line in demo.stdout if "--config" in line)
            said = _run(Path(line.split()[-1]), "serve")
        finally:
            demo.terminate()

    assert said.exit_code == 2
    assert "another Sharecheck is running on this database" in said.output
