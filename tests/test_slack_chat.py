"""Slack's answers, and what is no answer: a doubt, a delay, or a refusal in Slack's own words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chat import (
    Account,
    InDoubt,
    NotNow,
    Place,
    Platform,
    RefusedForGood,
    Standing,
)
from handlers import telling
from playground import school as pretend
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE
from tests.test_slack_calls import CARD, CHANNEL, Api, chat_of

TEACHER, DSL, GUEST = pretend.TEACHER, pretend.DSL, pretend.GUEST
HTML, JSON, TEXT = "text/html", "application/json", "text/plain"
NO_ANSWERS = [
    (200, HTML, "<html>blocked</html>"),
    (200, JSON, "<html>blocked</html>"),
    (200, TEXT, "blocked"),
    (200, JSON, "null"),
    (200, JSON, "[]"),
    (200, JSON, "[1]"),
    (200, JSON, '"ok"'),
    (200, JSON, "7"),
    (200, JSON, '{"ok": tr'),
    (200, JSON, "{}"),
    (200, JSON, '{"ok": false}'),
    (200, JSON, '{"ok": false, "error": ""}'),
    (200, JSON, '{"ok": false, "error": null}'),
    (200, JSON, '{"ok": false, "error": {"code": "is_archived"}}'),
    (200, JSON, '{"ok": true}'),
    (200, "application/gzip", "\x1f\x8b"),
    (403, HTML, "<html>forbidden</html>"),
    (404, TEXT, "not here"),
    (407, HTML, ""),
    (502, HTML, "<html>bad gateway</html>"),
    (502, JSON, "oops"),
    (503, HTML, ""),
]
"""What something between may say in Slack's place."""
no_answers = pytest.mark.parametrize(("status", "kind", "body"), NO_ANSWERS)
SOMEBODY = Account(Platform.SLACK, "T1", "U1")


def api(status: int, kind: str, body: str) -> Api:
    return Api(status, body, {"content-type": kind})


@no_answers
async def test_after_a_post_whatever_is_no_answer_of_slack_is_a_doubt(
    status: int, kind: str, body: str
):
    async with chat_of(api(status, kind, body)) as chat:
        with pytest.raises(InDoubt):
            await chat.send(CHANNEL, CARD, key="k")


@no_answers
async def test_a_look_that_gets_no_answer_of_slack_is_tried_again_later(
    status: int, kind: str, body: str
):
    async with chat_of(api(status, kind, body)) as chat:
        with pytest.raises(NotNow):
            await chat.members(CHANNEL)
        with pytest.raises(NotNow):
            await chat.direct(SOMEBODY)
        with pytest.raises(NotNow):
            await chat.send(CHANNEL, CARD, key="k", look_first=True)


async def test_a_person_without_a_profile_in_the_answer_is_looked_up_later():
    body = '{"ok": true, "members": ["U1"], "user": null}'
    async with chat_of(Api(200, body)) as chat:
        with pytest.raises(NotNow):
            await chat.members(CHANNEL)


@pytest.mark.parametrize("error", [RuntimeError("what was typed"), AttributeError(), KeyError("x")])
async def test_an_exception_that_nobody_foresaw_is_a_doubt_and_repeats_no_words(error: Exception):
    async with chat_of(Api()) as chat:

        async def stumble(*_: Any, **__: Any) -> Any:
            raise error

        chat.client.api_call = stumble
        with pytest.raises(InDoubt) as caught:
            await chat.send(CHANNEL, CARD, key="k")

    assert caught.value.code == f"unreadable_{type(error).__name__}"


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "account_inactive"])
async def test_only_slacks_own_word_is_a_refusal_for_good(code: str):
    async with chat_of(Api(200, f'{{"ok": false, "error": "{code}"}}')) as chat:
        with pytest.raises(RefusedForGood) as caught:
            await chat.send(CHANNEL, CARD, key="k")

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("soon", 1),
        ("", 1),
        ("inf", 1),
        ("nan", 1),
        ("-5", 0),
        ("99999999", 3600),
    ],
)
async def test_however_a_limit_is_written_the_pause_is_one_that_ends(header: str, seconds: float):
    limited = Api(429, '{"ok": false, "error": "ratelimited"}', {"retry-after": header})
    async with chat_of(limited) as chat:
        with pytest.raises(NotNow) as caught:
            await chat.send(CHANNEL, CARD, key="k")

    assert caught.value.after == seconds


async def test_a_filter_that_answers_in_slacks_place_delays_a_card_and_loses_nothing(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    from starlette.responses import Response

    from playground import slack_api

    stopped, let_through = [], slack_api._stop

    def block(workspace: Any, method: str, arguments: Any) -> Any:
        if method == "chat.postMessage" and len(stopped) < 3:
            stopped.append(method)
            return Response("<html>blocked</html>", 200, media_type="text/html")
        return let_through(workspace, method, arguments)

    monkeypatch.setattr(slack_api, "_stop", block)
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    case = await school.finish(TEACHER)
    assert await school.outbox(state="buried") == []

    await school.settle_in_time()

    assert len(stopped) == 3
    assert {row.state for row in await school.outbox(case_id=case.id)} == {"done"}
    assert case.ref in school.posted(pretend.DSL_CHANNEL)[0]


# --------------------------------------------------------------------------- unseen profiles


@pytest.mark.parametrize("code", ["user_not_visible", "user_not_found"])
async def test_whose_profile_cannot_be_seen_is_a_stranger_and_hides_nobody_else(
    school: PretendSchool, code: str
):
    await school.app.slack.edge.chat._member(pretend.BOT)
    school.workspace.conditions["users.info"].refusals = (code,)
    place = Place(Platform.SLACK, pretend.TEAM, pretend.DSL_CHANNEL)

    members = await school.app.slack.edge.chat.members(place)

    assert sorted(member.standing for member in members) == ["guest", "member", "stranger"]
    (stranger,) = (member for member in members if member.standing is Standing.STRANGER)
    assert (stranger.account.user, stranger.name) == (pretend.DEPUTY, "")


async def test_with_an_unseen_profile_in_the_channel_the_card_arrives(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    school.workspace.conditions["users.info"].refusals = ("user_not_visible",)

    case = await school.finish(TEACHER)

    assert case.ref in school.posted(pretend.DSL_CHANNEL)[0]
    assert await school.outbox(state="buried") == []


async def test_another_refusal_of_a_profile_is_not_taken_for_a_stranger(school: PretendSchool):
    school.workspace.conditions["users.info"].refusals = ("missing_scope",)
    place = Place(Platform.SLACK, pretend.TEAM, pretend.DSL_CHANNEL)

    with pytest.raises(RefusedForGood):
        await school.app.slack.edge.chat.members(place)


# --------------------------------------------------------------------------- what waits in no outbox


async def close_unsent(school: PretendSchool) -> None:
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    await school.slack.close_view(TEACHER)


async def test_not_sent_arrives_although_slack_limits_at_first(school: PretendSchool):
    school.workspace.conditions["chat.postMessage"].rate_limited = 1

    await close_unsent(school)
    await school.app.slack.edge.finish()

    (told,) = school.told(TEACHER)
    assert "01632 960 001" in told
    assert school.sees(TEACHER, "walk.resume")
    assert await school.outbox(template="unsent") == []


async def test_not_sent_is_looked_for_after_a_doubt_and_stands_there_once(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(telling, "LONGEST_WAIT", 0.01)
    school.workspace.conditions["chat.postMessage"].drop_after_accepting = 1

    await close_unsent(school)
    await school.app.slack.edge.finish()

    assert len(school.told(TEACHER)) == 1
    assert school.workspace.calls_of("conversations.history")


async def test_not_sent_is_given_up_after_a_few_tries_and_logged(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
):
    monkeypatch.setattr(telling, "LONGEST_WAIT", 0.01)
    school.workspace.conditions["conversations.open"].rate_limited = 1000

    await close_unsent(school)
    await school.app.slack.edge.finish()

    assert len(school.workspace.calls_of("conversations.open")) == telling.TRIES
    assert [line["code"] for line in logged if line["event"] == "chat_call_failed"] == [
        "ratelimited"
    ]
