"""What is said when the token of a serving process is wrong, or Slack cannot be asked."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.serving import watch_token
from tests.fixtures_school import open_pretend_school
from tests.pretend_school import PretendSchool


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
        school.app.edge.chat.team = "T0ANOTHER1"
        watching = asyncio.create_task(watch_token(school.app, again=0.01))
        while len(school.workspace.calls_of("auth.test")) < 3:
            await asyncio.sleep(0.01)

        school.workspace.conditions.clear()
        await watching

    assert len(said(logged, "slack_not_reached")) == 1
    (line,) = said(logged, "settings_wrong")
    assert "it is for workspace T0SCHOOL01, not T0ANOTHER1" in line["problem"]


async def test_a_token_is_never_in_what_is_said(tmp_path: Path, logged: list[Any]):
    async with open_pretend_school(tmp_path, slack_bot_token=SecretStr("xoxb-planted")) as school:
        await watch_token(school.app)

    assert said(logged, "settings_wrong")
    assert "planted" not in str(logged)
