"""What is said of the token of a serving process, and how the process ends, whatever fails."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.rulepack_file import UnknownPack
from bot.serving import watch_login, watch_token, watching
from handlers import background
from handlers.slack import SlackEdge
from handlers.slack_payload import parse_body
from handlers.teams_tokens import CONNECTOR
from playground import school as pretend
from storage.errors import StoreUnavailable
from tests.fixtures_school import open_pretend_school, open_teams_school
from tests.pretend_school import PretendSchool
from tests.quick_server import served


def said(logged: list[Any], event: str) -> list[Any]:
    return [line for line in logged if line["event"] == event]


async def test_a_good_token_is_looked_at_once_and_nothing_is_said(
    school: PretendSchool, logged: list[Any]
):
    await watch_token(school.app)

    assert len(school.workspace.calls_of("auth.test")) == 1
    assert logged == []


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_token_that_slack_does_not_take_is_said_to_be_a_wrong_setting(
    tmp_path: Path, logged: list[Any], code: str
):
    async with open_pretend_school(tmp_path) as school:
        school.workspace.conditions["auth.test"].refusals = (code,)

        await watch_token(school.app)

    (line,) = said(logged, "settings_wrong")
    assert line["problem"] == f"slack_bot_token: Slack does not take it ({code})"


async def test_a_token_for_another_workspace_is_said_once_slack_can_be_asked(
    tmp_path: Path, logged: list[Any]
):
    async with open_pretend_school(tmp_path) as school:
        school.workspace.conditions["auth.test"].down = True
        school.app.slack.edge.chat.team = "T0ANOTHER1"
        watching = asyncio.create_task(watch_token(school.app, again=0.01))
        while len(school.workspace.calls_of("auth.test")) < 3:
            await asyncio.sleep(0.01)

        school.workspace.conditions.clear()
        await watching

    assert len(said(logged, "slack_not_reached")) == 1
    (line,) = said(logged, "settings_wrong")
    assert "it is for workspace T0SCHOOL01, not T0ANOTHER1" in line["problem"]


async def test_an_app_that_entra_does_not_take_is_said_to_be_a_wrong_setting(
    tmp_path: Path, logged: list[Any]
):
    wrong = {"teams_app_secret": SecretStr("planted-secret")}
    async with open_teams_school(tmp_path, **wrong) as school:
        await watch_login(school.app)
        await watch_token(school.app)

    (line,) = said(logged, "settings_wrong")
    assert "Entra does not take them together (login_refused)" in line["problem"]
    assert "planted" not in str(logged)


async def test_entra_being_away_is_said_once_and_asked_again(tmp_path: Path, logged: list[Any]):
    async with open_teams_school(tmp_path) as school:
        school.tenant.conditions["teams.login"].down = True
        school.app.teams.tokens.forget(CONNECTOR)
        watching = asyncio.create_task(watch_login(school.app, again=0.01))
        async with asyncio.timeout(30):
            while not said(logged, "entra_not_reached"):
                await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    assert len(said(logged, "entra_not_reached")) == 1
    assert said(logged, "settings_wrong") == []


@pytest.mark.parametrize(("days", "said_as"), [(-1, "wrong"), (9, "soon"), (99, "")])
async def test_a_certificate_that_ends_is_said_before_it_does(
    tmp_path: Path, logged: list[Any], days: int, said_as: str
):
    ends = datetime.now(UTC) + timedelta(days=days)
    async with open_teams_school(tmp_path) as school:
        school.app.teams = replace(school.app.teams, ends=ends)
        await watch_login(school.app)

    wrong, soon = said(logged, "settings_wrong"), said(logged, "teams_certificate_ends")
    assert [len(wrong), len(soon)] == [said_as == "wrong", said_as == "soon"]
    for line in wrong:
        assert line["problem"].startswith(f"teams_certificate: it ended on {ends:%Y-%m-%d}")


async def test_without_microsofts_keys_it_is_not_ready_and_asking_fetches_them(tmp_path: Path):
    async with (
        open_teams_school(tmp_path, deliver=True) as school,
        aiohttp.ClientSession() as session,
    ):
        keys, url = school.app.teams.keys, f"{school.teams.courier.bot_url}/readyz"
        await school.until(lambda: school.app.courier.alive)
        keys._replace({})
        keys._tried_at = None

        async with session.get(url) as answer:
            missing = answer.status, await answer.json()
        await school.until(lambda: keys.there)
        async with session.get(url) as answer:
            found = answer.status

    assert missing == (503, {"ready": False, "code": "teams_keys_missing"})
    assert found == 200


async def test_a_token_is_never_in_what_is_said(tmp_path: Path, logged: list[Any]):
    async with open_pretend_school(tmp_path, slack_bot_token=SecretStr("xoxb-planted")) as school:
        await watch_token(school.app)

    assert said(logged, "settings_wrong")
    assert "planted" not in str(logged)


def something_else(answer: Response) -> Starlette:
    """What answers in Slack's place, such as a proxy on the way."""

    async def say(_: Request) -> Response:
        return answer

    return Starlette(routes=[Route("/api/{method}", say, methods=["GET", "POST"])])


async def test_an_answer_that_names_no_workspace_says_nothing_of_the_token(
    school: PretendSchool, logged: list[Any]
):
    async with served(something_else(JSONResponse({"ok": True}))) as url:
        school.app.slack.edge.chat.client.base_url = f"{url}/api/"
        async with watching(school.app):
            await school.until(lambda: bool(logged))

    assert [line["event"] for line in logged] == ["slack_not_reached"]


async def test_a_fault_while_the_token_is_looked_at_is_heard_of_at_once(
    school: PretendSchool, logged: list[Any]
):
    squeezed = Response(b"\x1f\x8b planted", media_type="application/gzip")
    async with served(something_else(squeezed)) as url:
        school.app.slack.edge.chat.client.base_url = f"{url}/api/"
        async with watching(school.app):
            await school.until(lambda: bool(logged))

    (line,) = logged
    assert (line["event"], line["kind"]) == ("fault", "ValueError")
    assert line["at"] and line["reference"]
    assert "planted" not in str(logged)


# ------------------------------------------------------------------------------- how it ends


async def test_the_end_does_not_wait_for_words_that_slack_does_not_take(
    school: PretendSchool, logged: list[Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(background, "GRACE", 0.05)
    for method in ("views.open", "chat.postMessage"):
        school.workspace.conditions[method].down = True
    await school.slack.shortcut(pretend.TEACHER, "check")

    await school.app.slack.edge.finish()

    (line,) = said(logged, "not_finished")
    assert line == {"event": "not_finished", "count": 1, "log_level": "warning"}


async def test_one_closing_that_fails_keeps_none_of_the_others_from_being_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def fail(_: SlackEdge) -> None:
        raise KeyError("finish")

    monkeypatch.setattr(SlackEdge, "finish", fail)
    with pytest.raises(KeyError, match="finish"):
        async with open_pretend_school(tmp_path, deliver=True, over="socket") as school:
            await school.until(lambda: school.app.courier.alive)

    assert not school.app.slack.socket.connected
    assert not school.app.courier.alive
    assert school.app.session.closed
    with pytest.raises(StoreUnavailable):
        await school.cases()


async def test_a_start_that_fails_leaves_no_store_open(tmp_path: Path):
    before = set(threading.enumerate())

    with pytest.raises(UnknownPack):
        async with open_pretend_school(tmp_path, rule_pack=tmp_path / "missing.yaml"):
            pass

    assert {one.name for one in set(threading.enumerate()) - before if "store" in one.name} == set()


def test_a_body_that_nests_too_deep_is_unreadable():
    deep = "[" * 100_000

    assert parse_body(b"payload=" + deep.encode()) is None
    assert parse_body(f'{{"a":{deep}'.encode()) is None
