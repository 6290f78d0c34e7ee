"""Socket Mode: the same answers and the same record as over HTTP, whatever happens to the socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError

from bot import app as composition
from handlers import slack_socket
from handlers.slack_calls import SlackClient
from handlers.slack_socket import Line, SlackSocket, _asked_to_wait
from playground import school as pretend
from playground.answers import TROUBLE
from playground.sockets import MOST_CONNECTIONS, Sockets
from tests.fixtures_school import CLEAR_SHARE, UNCERTAIN, open_pretend_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, OFFICE, DSL, STAFFROOM = pretend.TEACHER, pretend.OFFICE, pretend.DSL, pretend.STAFFROOM
ASKED = SURE | {"advice": "wanted"}
MARK = "Zqsocketmark"
AWAY = {"slack_app_token": SecretStr(pretend.APP_TOKEN), "slack_signing_secret": None}
"""Settings of a school in Socket Mode that is opened without waiting for its socket."""


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[PretendSchool]:
    """A school in Socket Mode; its pretend Slack must have refused nothing."""
    async with open_pretend_school(tmp_path, over="socket") as opened:
        opened.app.slack.socket.waits = (0.0, 0.01)
        yield opened
        assert opened.workspace.faults == []
        assert len(opened.posted_keys()) == len(set(opened.posted_keys()))


def sockets(school: PretendSchool) -> Sockets:
    return school.workspace.sockets


def events(logged: list[Any]) -> list[str]:
    return [line["event"] for line in logged]


async def back(school: PretendSchool, count: int = 1) -> None:
    await sockets(school).until(lambda: sockets(school).count == count)
    await school.until(lambda: school.app.slack.socket.connected)


async def until_recorded(school: PretendSchool) -> None:
    """A cut says nothing of how far the work is."""
    async with asyncio.timeout(5):
        while not await school.cases():
            await asyncio.sleep(0.01)


# ----------------------------------------------------------------------- the same as over HTTP


async def clear_share(school: PretendSchool) -> None:
    await school.record(TEACHER, CLEAR_SHARE)


async def uncertain(school: PretendSchool) -> None:
    await school.record(TEACHER, UNCERTAIN)
    await school.do(DSL, "case.decide.share", reason="It is right")


async def danger(school: PretendSchool) -> None:
    await school.run(TEACHER)
    await school.submit(TEACHER, danger="yes", adult="none")


async def live(folder: Path, over: str, story: Any) -> dict[str, Any]:
    """What is remembered, and what everybody read, after a story; references left out."""
    async with open_pretend_school(folder, over=over) as school:
        await story(school)
        case = await school.case()
        said = [school.told(TEACHER), school.posted(pretend.DSL_CHANNEL)]
        page = school.page(TEACHER) if school.has_dialog(TEACHER) else ""
        assert school.workspace.faults == []
        return {
            "case": (case.status, case.answers, case.advice, case.route, case.texts, case.version),
            "decision": case.decision and (case.decision.outcome, case.decision.by),
            "happened": await school.happened(case),
            "outbox": [(row.template, row.state) for row in await school.outbox()],
            "read": plain(f"{said} {page}", case.ref),
            "delivered": len(sockets(school).delivered),
        }


def plain(text: str, ref: str) -> str:
    words = (word for word in text.replace(ref, "REF").split() if "date^" not in word)
    return " ".join(words)


@pytest.mark.parametrize("story", [clear_share, uncertain, danger], ids=lambda s: s.__name__)
async def test_a_case_over_the_socket_is_recorded_and_told_as_over_http(tmp_path: Path, story: Any):
    over_http = await live(tmp_path / "http", "http", story)
    over_socket = await live(tmp_path / "socket", "socket", story)

    assert over_http.pop("delivered") == 0
    assert over_socket.pop("delivered") > 0
    assert over_socket == over_http


async def test_a_command_is_answered_within_its_acknowledgement(school: PretendSchool):
    answer = await school.run(TEACHER, "help")

    assert answer.is_json
    assert "What it keeps" in school.whispered(TEACHER)


async def test_an_error_beside_a_box_comes_back_and_what_was_typed_stays(school: PretendSchool):
    await school.check(TEACHER, **ASKED)

    sent = await school.slack.answer(TEACHER, reason="Born 01/02/2015", filed_at="Safe, file 1")

    assert list(sent.errors) == ["f.reason"]
    assert await school.cases() == []


async def test_a_press_takes_no_answer_and_gets_none(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    await school.finish(TEACHER)
    await school.press(DSL, "case.read")

    pressed = sockets(school).delivered[-1]
    assert pressed["type"] == "interactive"
    assert pressed["accepts_response_payload"] is False
    assert school.has_dialog(DSL)


async def test_where_no_answer_is_taken_only_the_envelope_is_named(school: PretendSchool):
    command = {"command": "/sharecheck", "team_id": pretend.TEAM, "user_id": TEACHER}
    (connection,) = sockets(school)._connections
    named = connection.waiting["e-1"] = asyncio.get_running_loop().create_future()

    await connection.ws.send_json(
        {
            "envelope_id": "e-1",
            "type": "slash_commands",
            "accepts_response_payload": False,
            "payload": command | {"text": "help"},
        }
    )

    async with asyncio.timeout(5):
        assert await named == {"envelope_id": "e-1"}


async def test_an_event_is_acknowledged(school: PretendSchool):
    reply = await school.slack.event({"type": "app_home_opened", "user": TEACHER, "tab": "home"})

    assert (reply.status, reply.text) == (200, "")


async def test_both_transports_may_run_at_once(tmp_path: Path):
    both = {"slack_signing_secret": SecretStr("pretend-signing-secret")}
    async with open_pretend_school(tmp_path, over="socket", **both) as school:
        await school.run(TEACHER)
        over_http = await school.slack.courier.send(
            school.slack._payloads.slash_command(
                OFFICE, school.workspace.channels[STAFFROOM], "/sharecheck", "help", "http://x"
            )
        )

    assert over_http.status == 200
    assert "What it keeps" in over_http.text
    assert len(school.workspace.sockets.delivered) == 1


async def test_without_a_signing_secret_nothing_is_taken_over_http(school: PretendSchool):
    async with (
        aiohttp.ClientSession() as session,
        session.post(school.slack.courier.app_url, data=b"command=%2Fsharecheck") as answer,
    ):
        assert answer.status == 404


# --------------------------------------------------------------------------- a socket that breaks


async def test_after_a_cut_it_connects_again_and_says_so_once(
    school: PretendSchool, logged: list[Any]
):
    for _ in range(2):
        sockets(school).cut()
        await school.until(lambda: sockets(school).count == 1)
        await school.record(TEACHER, CLEAR_SHARE)

    assert len(await school.cases()) == 2
    assert events(logged) == ["slack_not_connected", "slack_connected"] * 2


@pytest.mark.parametrize("mishap", ["lose_acks", "cut_on_delivery"])
async def test_a_cut_between_work_and_acknowledgement_leaves_the_work_done_and_not_doubled(
    school: PretendSchool, mishap: str
):
    await school.check(TEACHER, **ASKED)
    setattr(sockets(school).mishaps, mishap, 1)

    lost = await school.slack.answer(TEACHER, reason="So", filed_at="Safe, file 1")
    await back(school)
    await until_recorded(school)
    again = await school.slack.answer(TEACHER, reason="So", filed_at="Safe, file 1")
    await school.settle()

    assert lost.failure == "dispatch_failed"
    assert [notice.text for notice in school.workspace.notices] == [TROUBLE]
    assert again.action == "update"
    case = await school.case()
    assert case.ref in school.page(TEACHER)
    assert await school.happened(case) == ["recorded"]
    school.workspace.faults.clear()  # the lost answer, which the person was shown


async def test_a_decision_whose_acknowledgement_is_lost_stands_and_is_not_made_twice(
    school: PretendSchool,
):
    await school.check(TEACHER, **ASKED)
    case = await school.finish(TEACHER)
    await school.press(DSL, "case.decide.share")
    sockets(school).mishaps.lose_acks = 1

    await school.slack.answer(DSL, reason="It is right")
    await back(school)
    await school.slack.answer(DSL, reason="It is right")
    await school.settle()

    happened = await school.happened(case)
    assert happened.count("decided") == 1
    school.workspace.faults.clear()


async def test_a_page_whose_acknowledgement_is_lost_can_be_handed_in_again(school: PretendSchool):
    await school.run(TEACHER)
    sockets(school).mishaps.lose_acks = 1

    await school.slack.answer(TEACHER, danger="no", adult="none")
    await back(school)
    await school.answer(TEACHER, SURE)
    await school.finish(TEACHER)

    assert [case.answers for case in await school.cases()] == [SURE]
    school.workspace.faults.clear()


async def test_nothing_that_was_typed_is_logged_when_an_acknowledgement_is_lost(
    school: PretendSchool, logged: list[Any], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    await school.check(TEACHER, **ASKED)
    sockets(school).mishaps.cut_on_delivery = 1

    await school.slack.answer(TEACHER, reason=MARK, filed_at="Safe, file 1")
    await back(school)
    await school.until(lambda: "slack_ack_lost" in events(logged))

    assert MARK not in repr(logged) + caplog.text
    assert "ticket" not in repr(logged) + caplog.text
    school.workspace.faults.clear()


async def test_an_envelope_that_comes_twice_is_answered_alike_and_changes_nothing_more(
    school: PretendSchool,
):
    sockets(school).mishaps.send_twice = 1_000

    await school.check(TEACHER, **ASKED)
    case = await school.finish(TEACHER)
    await school.do(DSL, "case.decide.share", reason="It is right")

    assert len(school.workspace.calls_of("views.open")) == 2
    assert await school.happened(case) == ["recorded", "decided"]


async def test_an_event_that_was_not_acknowledged_comes_again_on_the_next_line(
    school: PretendSchool,
):
    school.slack.retry_delays = (0.2, 0.2, 0.2)
    sockets(school).mishaps.lose_acks = 1

    reply = await school.slack.event({"type": "app_home_opened", "user": TEACHER, "tab": "home"})

    first, second = sockets(school).delivered
    assert reply.failure is None
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert [first["retry_attempt"], second["retry_attempt"]] == [0, 1]


async def test_a_line_that_has_gone_silent_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
):
    monkeypatch.setattr(slack_socket, "HEARTBEAT", 0.2)
    async with open_pretend_school(tmp_path, over="socket") as school:
        (connection,) = sockets(school)._connections
        connection.request.transport.pause_reading()

        await school.until(lambda: events(logged)[-1:] == ["slack_not_connected"])
        await school.until(lambda: events(logged)[-1:] == ["slack_connected"])


async def test_a_line_outlives_the_time_that_a_call_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
):
    monkeypatch.setattr(composition, "API_TIMEOUT", 0.5)
    async with open_pretend_school(tmp_path, over="socket") as school:
        await asyncio.sleep(1.2)
        assert (await school.run(TEACHER)).failure is None

    assert events(logged) == ["slack_connected"]


# ----------------------------------------------------------------------- Slack's hourly goodbye


async def test_a_new_line_is_open_before_the_old_one_closes(
    school: PretendSchool, logged: list[Any]
):
    await sockets(school).say_goodbye("warning")

    await back(school, count=2)

    await sockets(school).hang_up()
    assert sockets(school).count == 1
    assert events(logged) == []


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_nothing_is_lost_when_slack_refreshes_the_line_under_traffic(
    school: PretendSchool, logged: list[Any], reason: str
):
    going = True

    async def keep_asking(person: str) -> int:
        asked = 0
        while going:
            reply = await school.slack.slash_command(person, STAFFROOM, "/sharecheck", "help")
            assert reply.failure is None
            asked += 1
        return asked

    asking = [asyncio.create_task(keep_asking(p)) for p in (TEACHER, OFFICE, DSL, TEACHER)]
    for _ in range(3):
        await sockets(school).say_goodbye(reason)
        await back(school, count=2)
        await sockets(school).hang_up()
    going = False
    asked = await asyncio.gather(*asking)

    assert min(asked) > 0
    shown = [m for m in school.workspace.messages[STAFFROOM] if m.ephemeral_to]
    assert len(shown) == sum(asked)
    assert events(logged) == []


async def test_a_line_that_slack_forgets_to_close_is_closed_by_us(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(slack_socket, "LINGER", 0.05)
    await sockets(school).say_goodbye("warning")

    await back(school, count=2)
    await back(school, count=1)

    assert (await school.run(TEACHER)).failure is None


async def test_work_that_began_on_the_old_line_is_acknowledged_there(school: PretendSchool):
    school.workspace.conditions["conversations.members"].latency = 0.5
    asked = asyncio.create_task(school.slack.slash_command(DSL, STAFFROOM, "/sharecheck", "open"))
    await school.until(lambda: bool(school.workspace.sockets.delivered))
    await sockets(school).say_goodbye()
    await back(school, count=2)

    await sockets(school).hang_up()
    assert (await asked).failure is None


async def test_a_link_that_was_turned_off_is_said_as_a_wrong_setting(
    school: PretendSchool, logged: list[Any]
):
    await sockets(school).say_goodbye("link_disabled")
    await school.until(lambda: "settings_wrong" in events(logged))

    wrong = next(line for line in logged if line["event"] == "settings_wrong")
    assert wrong["problem"] == "slack_app_token: no socket is opened (link_disabled)"


# --------------------------------------------------------------------- too much, or unreadable


async def test_more_than_may_be_worked_on_at_once_waits_and_is_answered(school: PretendSchool):
    school.workspace.conditions["conversations.members"].latency = 0.02
    async with taking(school, at_once=2) as socket:
        asking = [
            asyncio.create_task(school.slack.slash_command(DSL, STAFFROOM, "/sharecheck", "open"))
            for _ in range(12)
        ]
        under_way = [0]
        while not all(one.done() for one in asking):
            under_way.append(sum(len(line.works) for line in socket._lines))
            await asyncio.sleep(0.002)

    assert [(await one).failure for one in asking] == [None] * 12
    assert 0 < max(under_way) <= 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "null",
        '{"type":"hello"}',
        '{"envelope_id":["e-1"],"payload":{}}',
        '{"envelope_id":"e-1","payload":"text"}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)
async def test_what_cannot_be_read_is_logged_with_a_reference_and_the_line_stays(
    school: PretendSchool, logged: list[Any], text: str
):
    (connection,) = sockets(school)._connections
    await connection.ws.send_str(text)
    await school.until(lambda: bool(logged))

    assert events(logged) == ["slack_payload_unreadable"]
    assert logged[0]["reference"]
    assert (await school.run(TEACHER)).failure is None


# ----------------------------------------------------------------------------- bugs of our own


@contextlib.asynccontextmanager
async def taking(school: PretendSchool, at_once: int) -> AsyncIterator[SlackSocket]:
    """The school on a socket that takes so few envelopes at once, in place of its own."""
    await school.app.slack.socket.finish()
    await sockets(school).until(lambda: sockets(school).count == 0)
    session, url = school.app.session, school.settings.slack_api_url
    client = SlackClient(pretend.APP_TOKEN, url, session, logging.getLogger("tests.socket"))
    socket = SlackSocket(school.app.slack.edge, client, session, at_once=at_once)
    socket.start()
    await sockets(school).until(lambda: sockets(school).count == 1)
    try:
        yield socket
    finally:
        await socket.finish()


async def fail(*_: object) -> Any:
    raise KeyError(MARK)


def fail_at_once(*_: object) -> Any:
    raise KeyError(MARK)


def check_faults(logged: list[Any], count: int = 1) -> None:
    """So many faults were logged, each with where it was, and none with what it said."""
    faults = [line for line in logged if line["event"] == "fault"]
    assert [line["kind"] for line in faults] == ["KeyError"] * count
    assert all("test_socket_mode.py:" in line["at"] for line in faults)
    assert len({line["reference"] for line in faults}) == count
    assert MARK not in repr(logged)


async def ask(school: PretendSchool) -> Any:
    return await school.slack.slash_command(TEACHER, STAFFROOM, "/sharecheck", "help")


@pytest.mark.parametrize(
    ("where", "what", "broken"),
    [("edge", "answer", fail), ("socket", "_take", fail_at_once)],
    ids=["in the answer", "in the reading"],
)
async def test_a_bug_costs_only_the_answer_that_it_is_in(
    school: PretendSchool, logged: list[Any], where: str, what: str, broken: Any
):
    async with taking(school, at_once=1) as socket:
        sockets(school).patience = 0.2
        with pytest.MonkeyPatch.context() as bug:
            bug.setattr(socket if where == "socket" else school.app.slack.edge, what, broken)
            lost = [await ask(school) for _ in range(3)]
            await school.until(lambda: events(logged).count("fault") == 3)
        sockets(school).patience = 3

        assert (await ask(school)).failure is None
        assert [one.failure for one in lost] == ["operation_timeout"] * 3
        assert len(socket._lines) == 1
    assert sockets(school).issued == 2
    check_faults(logged, 3)
    school.workspace.faults.clear()


async def test_a_line_that_cannot_be_read_any_more_is_closed_and_followed_by_another(
    school: PretendSchool, logged: list[Any], monkeypatch: pytest.MonkeyPatch
):
    (line,) = school.app.slack.socket._lines
    monkeypatch.setattr(line.ws, "receive", fail)

    await ask(school)
    await school.until(lambda: line not in school.app.slack.socket._lines)
    await back(school)

    assert line.ws.closed
    assert (await ask(school)).failure is None
    check_faults(logged)


async def test_a_line_that_fails_to_close_is_forgotten_all_the_same(
    school: PretendSchool, logged: list[Any], monkeypatch: pytest.MonkeyPatch
):
    (line,) = school.app.slack.socket._lines
    monkeypatch.setattr(line.ws, "close", fail)

    sockets(school).cut()
    await school.until(lambda: line not in school.app.slack.socket._lines)
    await back(school)

    check_faults(logged, 2)  # aiohttp closes it itself when it is cut, and then we do
    monkeypatch.undo()
    await line.ws.close()


async def test_a_fault_of_what_is_begun_on_a_line_is_heard_of(
    school: PretendSchool, logged: list[Any]
):
    (line,) = school.app.slack.socket._lines
    work = line.begin(fail())

    await asyncio.wait([work])
    await school.until(lambda: not line.works)

    check_faults(logged)


async def test_the_end_closes_every_line_although_one_fails_to(
    school: PretendSchool, logged: list[Any], monkeypatch: pytest.MonkeyPatch
):
    await sockets(school).say_goodbye("warning")
    lines: dict[Line, Any] = school.app.slack.socket._lines
    await school.until(lambda: len(lines) == 2)
    first, second = (line.ws for line in lines)
    monkeypatch.setattr(first, "close", fail)

    await school.app.slack.socket.finish()

    assert second.closed
    check_faults(logged)
    monkeypatch.undo()
    await first.close()


# ------------------------------------------------------------------------------ at the start


async def health(school: PretendSchool) -> tuple[int, dict[str, Any]]:
    url = school.slack.courier.app_url.removesuffix("/slack/events") + "/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()


NOT_READY = (503, {"ready": False, "code": "slack_not_connected"})


async def test_slack_away_at_the_start_is_said_once_and_tried_again_until_it_is_back(
    tmp_path: Path, logged: list[Any]
):
    workspace = pretend.open_school()
    opening = workspace.conditions["apps.connections.open"]
    opening.down = True
    async with open_pretend_school(tmp_path, workspace=workspace, deliver=True, **AWAY) as school:
        school.app.slack.socket.waits = (0.0, 0.01)
        tried = lambda: len(workspace.calls_of("apps.connections.open"))  # noqa: E731
        await school.until(lambda: tried() > 3 and school.app.courier.alive)
        assert await health(school) == NOT_READY

        opening.down = False
        await back(school)
        assert await health(school) == (200, {"ready": True})

        sockets(school).cut()
        opening.down = True
        await school.until(lambda: not school.app.slack.socket.connected)
        assert await health(school) == NOT_READY

    said = [e for e in events(logged) if e.startswith("slack_")]
    assert said == ["slack_not_connected", "slack_connected", "slack_not_connected"]


async def test_slack_answering_with_something_else_is_no_reason_to_stop(tmp_path: Path):
    workspace = pretend.open_school()
    opening = workspace.conditions["apps.connections.open"]
    opening.refusals = ("internal_error",)
    opening.fail_after_accepting = 1
    opening.drop_after_accepting = 1
    async with open_pretend_school(tmp_path, workspace=workspace, **AWAY) as school:
        school.app.slack.socket.waits = (0.0, 0.01)
        await back(school)


async def test_a_socket_is_tried_again_when_slack_said_to(tmp_path: Path, logged: list[Any]):
    workspace = pretend.open_school()
    opening = workspace.conditions["apps.connections.open"]
    opening.rate_limited = 1
    async with open_pretend_school(tmp_path, workspace=workspace, **AWAY) as school:
        school.app.slack.socket.waits = (0.0, 0.01)
        await back(school)

    first, second = (call.at for call in workspace.calls_of("apps.connections.open"))
    assert second - first >= opening.retry_after


async def test_a_slow_slack_only_takes_longer(tmp_path: Path):
    workspace = pretend.open_school()
    workspace.conditions["apps.connections.open"].latency = 0.3
    async with open_pretend_school(tmp_path, workspace=workspace, **AWAY) as school:
        assert not school.app.slack.socket.connected
        await back(school)


@pytest.mark.parametrize(
    ("token", "code"),
    [("xapp-another-app", "invalid_auth"), (pretend.TOKEN, "not_allowed_token_type")],
)
async def test_a_wrong_token_is_said_once_as_a_wrong_setting_and_never_repeated(
    tmp_path: Path, logged: list[Any], token: str, code: str
):
    wrong = AWAY | {"slack_app_token": SecretStr(token)}
    async with open_pretend_school(tmp_path, **wrong) as school:
        school.app.slack.socket.waits = (0.0, 0.01)
        tried = school.workspace.calls_of
        await school.until(lambda: len(tried("apps.connections.open")) > 3)

    said = [line for line in logged if line["event"] == "settings_wrong"]
    assert [line["problem"] for line in said] == [f"slack_app_token: no socket is opened ({code})"]
    assert token not in repr(logged)


async def test_where_there_are_too_many_sockets_it_waits_for_one_to_go(
    tmp_path: Path, logged: list[Any]
):
    workspace = pretend.open_school()
    opening = workspace.conditions["apps.connections.open"]
    opening.down = True
    async with (
        open_pretend_school(tmp_path, workspace=workspace, **AWAY) as school,
        aiohttp.ClientSession() as session,
    ):
        school.app.slack.socket.waits = (0.0, 0.01)
        urls = [sockets(school).issue_url() for _ in range(MOST_CONNECTIONS)]
        held = [await session.ws_connect(url) for url in urls]
        opening.down = False
        await school.until(lambda: "no_answer" in repr(logged))
        await school.until(lambda: slack_socket.TOO_MANY in repr(logged))
        assert not school.app.slack.socket.connected

        for one in held:
            await one.close()
        await school.until(lambda: school.app.slack.socket.connected)

    said = [line.get("code") for line in logged if line["event"].startswith("slack_")]
    assert said == ["no_answer", slack_socket.TOO_MANY, None]


# ---------------------------------------------------------------------------------- at the end


async def test_the_end_waits_for_what_is_under_way_and_takes_nothing_more(school: PretendSchool):
    school.workspace.conditions["conversations.members"].latency = 0.3
    asked = asyncio.create_task(school.slack.slash_command(DSL, STAFFROOM, "/sharecheck", "open"))
    await school.until(lambda: len(school.workspace.sockets.delivered) == 1)
    await school.until(lambda: any(line.works for line in school.app.slack.socket._lines))

    await school.app.slack.socket.finish()

    assert (await asked).failure is None
    assert not school.app.slack.socket.connected
    assert (await school.slack.slash_command(TEACHER, STAFFROOM, "/sharecheck")).failure
    school.workspace.faults.clear()


async def test_the_end_does_not_wait_for_ever(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(slack_socket, "GRACE", 0.05)
    school.workspace.conditions["conversations.members"].latency = 2
    asked = asyncio.create_task(school.slack.slash_command(DSL, STAFFROOM, "/sharecheck", "open"))
    await school.until(lambda: any(line.works for line in school.app.slack.socket._lines))

    await school.app.slack.socket.finish()

    assert school.workspace.calls_of("conversations.members") == [], "it still waits for Slack"
    assert (await asked).failure
    school.workspace.faults.clear()


async def test_a_school_that_never_connected_ends_at_once(tmp_path: Path):
    workspace = pretend.open_school()
    workspace.conditions["apps.connections.open"].down = True
    async with asyncio.timeout(8):
        async with open_pretend_school(tmp_path, workspace=workspace, **AWAY):
            pass


async def test_opened_again_it_goes_on_where_it_was(tmp_path: Path):
    workspace = pretend.open_school()
    for number in (1, 2):
        async with open_pretend_school(tmp_path, over="socket", workspace=workspace) as school:
            await school.record(TEACHER, CLEAR_SHARE)

            assert len(await school.cases()) == number

    assert workspace.faults == []


@pytest.mark.parametrize("asked", ["999999999", "9" * 400])
def test_slack_cannot_ask_us_to_stay_away_for_more_than_an_hour(asked: str):
    answer = SimpleNamespace(headers={"Retry-After": asked})

    assert _asked_to_wait(SlackApiError("ratelimited", answer)) == 3600
