"""The bench measures, shows and writes; what it measures is judged by people, never here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import slack, socket_mode, startup, teams
from bench.effort import TINY
from bench.figures import Figure
from bench.load import run, send_all
from bench.table import write_figures
from bench.teams_api import POST
from bench.teams_stage import open_ground, serving_hello
from bench.teams_walks import Hands
from playground import teams_school
from tests.browsing import find_chromium

HOUSE = Path(__file__).parent.parent
FIELDS = ["id", "what", "value", "unit", "floor", "ratio", "target", "ok"]
PROMISED = {
    "slack-command-32", "slack-command-1-p50", "page-turn", "final-submit", "commit-to-call",
    "burst-200", "ready", "socket-command-32", "resident", "rules-decide", "teams-message-32",
    "teams-page-turn", "teams-members", "home", "page",
}  # fmt: skip


def run_bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory):
    """The program, a hello-world app and the chat API, run for real with next to no load."""
    folder = tmp_path_factory.mktemp("results")
    ids = [*slack.IDS, *socket_mode.IDS, *startup.IDS]
    only = [word for one in ids for word in ("--only", one)]
    done = run_bench("--tiny", "--results", str(folder), *only)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "latest.json").read_text()), ids


@pytest.mark.long
def test_the_file_holds_every_figure_in_order_with_all_its_fields(tiny_run):
    _, written, ids = tiny_run

    assert [figure["id"] for figure in written] == ids
    assert all(list(figure) == FIELDS for figure in written)


@pytest.mark.long
def test_every_figure_was_measured_beside_a_floor(tiny_run):
    _, written, _ = tiny_run

    for figure in written:
        assert figure["value"] > 0 or figure["id"] == "burst-200-unacked"
        assert figure["floor"] > 0 or figure["id"] == "burst-200-unacked"


@pytest.mark.long
def test_ok_says_whether_the_target_is_met(tiny_run):
    _, written, _ = tiny_run

    assert {type(figure["ok"]) for figure in written} == {bool}
    answered = next(figure for figure in written if figure["id"] == "burst-200-unacked")
    assert (answered["value"], answered["ok"]) == (0, True)


@pytest.mark.long
def test_the_screen_shows_each_figure_and_says_what_goes_on(tiny_run):
    shown, _, ids = tiny_run

    assert all(one in shown for one in ids)
    assert "... measuring page-turn" in shown
    assert "latest.json" in shown


def test_every_promised_figure_is_known():
    assert set(bench.IDS) >= PROMISED
    assert len(bench.IDS) == len(set(bench.IDS))


def test_what_serves_slack_alone_imports_nothing_of_teams():
    """Its libraries would cost half of the time that a start may take."""
    code = "import bot.cli, bot.serving, bot.settings, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True
    )

    loaded = {module.split(".")[0] for module in done.stdout.split()}
    assert "slack_bolt" in loaded
    assert not loaded & {"msal", "microsoft", "microsoft_teams"}


def test_an_unknown_id_is_an_error_that_names_the_known_ones(tmp_path):
    done = run_bench("--only", "no-such-figure", "--results", str(tmp_path))

    assert done.returncode == 2
    assert all(one in done.stderr for one in bench.IDS)
    assert list(tmp_path.iterdir()) == []


def test_the_home_page_is_measured_for_staff_and_for_those_who_review():
    figures = bench.measure(frozenset({"home"}), TINY, lambda _words: None)

    shown = [figure.id for figure in figures]
    assert shown == [f"home-{who}-p{part}" for who in ("staff", "reviewer") for part in (50, 99)]
    assert all(figure.value > 0 for figure in figures)


@pytest.mark.long
def test_the_page_is_weighed_and_timed_in_a_browser():
    find_chromium()
    figures = bench.measure(frozenset({"page"}), TINY, lambda _words: None)

    assert [figure.id for figure in figures] == ["page-size", "page-paint", "page-live"]
    assert all(figure.value > 0 for figure in figures)


@pytest.fixture(scope="module")
def on_teams():
    """The program, the SDK's own app and Microsoft's side, run for real with next to no load."""
    measured = bench.measure(frozenset(teams.IDS), TINY, lambda _words: None)
    return {figure.id: figure for figure in measured}


@pytest.mark.long
def test_messages_and_pages_on_teams_are_measured_beside_the_sdks_own_app(on_teams):
    assert list(on_teams) == list(teams.IDS)
    beside = [one for one in on_teams.values() if not one.id.startswith("teams-members")]
    assert all(one.value > 0 and one.floor > 0 for one in beside)


@pytest.mark.long
def test_members_on_teams_are_fetched_once_a_minute_but_for_those_asked_afresh(on_teams):
    assert 0 < on_teams["teams-members"].value <= 1
    assert on_teams["teams-members-afresh"].value == 1


def test_the_sdks_app_checks_tokens_and_answers_each_message_with_a_card():
    """The floor must do the work that it is measured for."""
    with open_ground() as ground, serving_hello(ground) as hello:
        hands, elsewhere = Hands(ground.tenant), Hands(teams_school.open_tenant())
        asked = [hands.say(0, "sharecheck"), elsewhere.say(0, "sharecheck")]
        answers = run(send_all(hello.port, asked, 1))
        posts = ground.api.wait_for(POST, 1)

    assert [answer.status for answer in answers] == [200, 401]
    assert len(posts) == 1


@pytest.mark.long
def test_a_part_is_measured_only_when_something_of_it_is_asked_for():
    told = []

    figures = bench.measure(frozenset({"rules-page-turn"}), TINY, told.append)

    assert [figure.id for figure in figures] == ["rules-page-turn"]
    assert told == ["measuring rules"]


@pytest.mark.parametrize(
    ("value", "floor", "target", "higher", "of", "ok"),
    [
        (300.0, 100.0, 1.5, True, "ratio", True),
        (149.0, 100.0, 1.5, True, "ratio", False),
        (1.0, 10.0, 0.1, False, "ratio", True),
        (1.1, 10.0, 0.1, False, "ratio", False),
        (200.0, 9.0, 200.0, True, "value", True),
        (21.0, 9.0, 20.0, False, "value", False),
        (0.0, 0.0, 0.0, False, "value", True),
        (5.0, None, 1.0, True, "ratio", False),
    ],
)
def test_a_target_is_for_the_value_or_for_its_ratio_to_the_floor(
    value, floor, target, higher, of, ok, tmp_path
):
    figure = Figure("one", "what", value, "s", floor, target, higher, of)

    write_figures([figure], tmp_path / "new" / "latest.json")

    (written,) = json.loads((tmp_path / "new" / "latest.json").read_text())
    assert written["ok"] is ok
    assert written["ratio"] == (value / floor if floor else None)
