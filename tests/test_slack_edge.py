"""What the Slack edge refuses: unsigned, oversized, of elsewhere, unknown, stale and tampered."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import pytest

from bot.case import Case
from bot.demo import SECRET
from handlers.slack_http import LARGEST_BODY
from playground import school as pretend
from playground.courier import FORM, signed_headers
from playground.slack_payloads import encode_form
from tests.pretend_school import PretendSchool, references, words_of
from tests.scenarios import SURE

TEACHER, DSL, OFFICE = pretend.TEACHER, pretend.DSL, pretend.OFFICE
ASKED = SURE | {"advice": "wanted"}
STALE = "This page is out of date, so nothing was sent."
ELSEWHERE = "Sharecheck is not set up for this workspace."


@pytest.fixture
async def waiting(school: PretendSchool) -> Case:
    await school.check(TEACHER, **ASKED)
    return await school.finish(TEACHER)


async def post(school: PretendSchool, body: Any, headers: dict[str, str]) -> tuple[int, str]:
    url = school.slack.courier.app_url
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers={"Content-Type": FORM} | headers) as answer,
    ):
        return answer.status, await answer.text()


# --------------------------------------------------------------------------- who may speak at all

COMMAND = b"command=%2Fsharecheck&team_id=T0SCHOOL01&user_id=U0TEACHER1&text=help"
UNSIGNED = {
    "no signature": {},
    "another secret": signed_headers("another-secret", COMMAND),
    "another body": signed_headers(SECRET, COMMAND + b"x"),
    "six minutes old": signed_headers(SECRET, COMMAND, time.time() - 360),
    "six minutes ahead": signed_headers(SECRET, COMMAND, time.time() + 3600),
    "no time": {"X-Slack-Signature": signed_headers(SECRET, COMMAND)["X-Slack-Signature"]},
    "time is no number": signed_headers(SECRET, COMMAND) | {"X-Slack-Request-Timestamp": "soon"},
    "a signature of other letters": signed_headers(SECRET, COMMAND)
    | {"X-Slack-Signature": "v0=\u00e9\u00e9"},
    "an empty signature": signed_headers(SECRET, COMMAND) | {"X-Slack-Signature": ""},
}


@pytest.mark.parametrize("headers", UNSIGNED.values(), ids=list(UNSIGNED))
async def test_what_is_not_freshly_signed_by_slack_is_refused(
    school: PretendSchool, logged: list[Any], headers: dict[str, str]
):
    assert (await post(school, COMMAND, headers)) == (401, "")
    assert [line["event"] for line in logged] == ["slack_signature_refused"]


async def test_what_is_signed_is_answered(school: PretendSchool):
    status, text = await post(school, COMMAND, signed_headers(SECRET, COMMAND))

    assert status == 200
    assert "What it keeps" in text


async def test_an_oversized_body_is_refused_before_it_is_read_to_the_end(school: PretendSchool):
    body = b"x" * (LARGEST_BODY + 1)

    async def stream() -> Any:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    assert (await post(school, body, signed_headers(SECRET, body)))[0] == 413
    assert (await post(school, stream(), signed_headers(SECRET, body)))[0] == 413


async def test_only_posts_are_taken(school: PretendSchool):
    async with aiohttp.ClientSession() as session:
        async with session.get(school.slack.courier.app_url) as answer:
            assert answer.status == 405
        async with session.post(school.slack.courier.app_url + "/more") as answer:
            assert answer.status == 404


UNREADABLE = {
    "nothing": b"",
    "broken JSON": b"{",
    "a list": b"[1]",
    "a payload that is no JSON": b"payload=%7B",
    "a payload that is a list": b"payload=%5B%5D",
    "bytes that are no text": b"payload=\xff\xfe",
    "no form at all": b"\x00\x01",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=list(UNREADABLE))
async def test_a_signed_body_that_cannot_be_read_is_answered_and_logged_with_a_reference(
    school: PretendSchool, logged: list[Any], body: bytes
):
    status, _ = await post(school, body, signed_headers(SECRET, body))

    assert status in {200, 401}
    assert status == 401 or len(references(logged)) == 1


UNKNOWN_KINDS = [
    {"type": "shortcut", "callback_id": "x"},
    {"type": "message_action", "callback_id": "x"},
    {"type": "block_suggestion"},
    {"type": "no_such_kind"},
    {},
]


@pytest.mark.parametrize("payload", UNKNOWN_KINDS, ids=str)
async def test_a_kind_of_payload_that_we_never_asked_for_is_answered_and_logged(
    school: PretendSchool, logged: list[Any], payload: dict[str, Any]
):
    who = {"user": {"id": TEACHER}, "team": {"id": pretend.TEAM}}

    await school.send_payload(who | payload)

    assert len(references(logged)) == 1


# ------------------------------------------------------------------------------ another workspace


async def test_a_command_of_another_workspace_is_told_so(school: PretendSchool, logged: list[Any]):
    form = {"command": "/sharecheck", "team_id": "T0OTHER001", "user_id": "U1", "text": ""}

    answer = await school.send(encode_form(form | {"trigger_id": "1.2.3"}))

    assert answer["response_type"] == "ephemeral"
    assert ELSEWHERE in answer["text"]
    assert references(logged)[0] in answer["text"]


async def test_a_dialog_of_another_workspace_is_told_so_and_changes_nothing(
    school: PretendSchool, logged: list[Any]
):
    await school.check(TEACHER, **ASKED)
    payload = school.submit_payload(TEACHER, reason="So")
    before = school.remembered()
    payload["team"]["id"] = payload["user"]["team_id"] = "T0OTHER001"

    answer = await school.send_payload(payload)

    assert ELSEWHERE in words_of(answer)
    assert references(logged)[0] in words_of(answer)
    assert school.remembered() == before


async def test_a_button_of_another_workspace_is_told_so_and_changes_nothing(
    school: PretendSchool, logged: list[Any], waiting: Case
):
    payload = school.press_payload(DSL, school.message_with(DSL, "case.read"), "case.read")
    before = school.remembered()
    payload["team"]["id"] = payload["user"]["team_id"] = "T0OTHER001"

    await school.send_payload(payload)

    assert ELSEWHERE in school.page(DSL)
    assert references(logged)[0] in school.page(DSL)
    assert school.remembered() == before


async def test_somebody_of_another_workspace_in_a_shared_channel_may_not_decide(
    school: PretendSchool, waiting: Case
):
    message = school.message_with(DSL, "case.decide.share")
    payload = school.press_payload(DSL, message, "case.decide.share")
    payload["user"]["team_id"] = "T0OTHER001"

    await school.send_payload(payload)

    assert "Guests, and people from other organisations" in school.page(DSL)
    assert await school.happened(waiting) == ["recorded", "refused"]


# ------------------------------------------------------------------------------- unknown, or stale


@pytest.mark.parametrize(
    "callback", ["", "walk.secret", "case.decide", "case.decide.burn", "x" * 255]
)
async def test_an_unknown_view_is_refused_in_private(
    school: PretendSchool, logged: list[Any], callback: str
):
    await school.check(TEACHER, **ASKED)
    payload = school.submit_payload(TEACHER, reason="So")
    before = school.remembered()
    payload["view"]["callback_id"] = callback

    answer = await school.send_payload(payload)

    assert STALE in words_of(answer)
    assert references(logged)[0] in words_of(answer)
    assert school.remembered() == before


@pytest.mark.parametrize("action", ["", "walk.secret", "case.decide.burn", "list.mine.sideways"])
async def test_an_unknown_button_is_refused_in_private(
    school: PretendSchool, logged: list[Any], waiting: Case, action: str
):
    payload = school.press_payload(DSL, school.message_with(DSL, "case.read"), "case.read")
    before = school.remembered()
    payload["actions"][0]["action_id"] = action

    await school.send_payload(payload)

    assert STALE in school.page(DSL)
    assert references(logged)[0] in school.page(DSL)
    assert school.remembered() == before


@pytest.mark.parametrize("value", ["", "no-such-case", "0" * 32, "../../etc", "\u202e", "x" * 2000])
async def test_a_tampered_case_id_on_a_button_finds_nothing(
    school: PretendSchool, logged: list[Any], waiting: Case, value: str
):
    payload = school.press_payload(DSL, school.message_with(DSL, "case.read"), "case.read")
    before = school.remembered()
    payload["actions"][0]["value"] = value

    await school.send_payload(payload)

    assert "We cannot find this one" in school.page(DSL)
    assert references(logged)[0] in school.page(DSL)
    assert school.remembered() == before


async def test_a_tampered_case_id_in_a_form_finds_nothing(
    school: PretendSchool, logged: list[Any], waiting: Case
):
    await school.press(DSL, "case.decide.share")
    payload = school.submit_payload(DSL, reason="It is right")
    before = school.remembered()
    payload["view"]["private_metadata"] = "0" * 32

    answer = await school.send_payload(payload)

    assert "We cannot find this one" in words_of(answer)
    assert references(logged)[0] in words_of(answer)
    assert school.remembered() == before


async def test_another_persons_case_cannot_be_carried_on_with(school: PretendSchool, waiting: Case):
    message = school.message_with(TEACHER, "walk.another")
    payload = school.press_payload(TEACHER, message, "walk.another")
    payload["user"]["id"] = OFFICE
    before = school.remembered()

    await school.send_payload(payload)

    assert STALE in words_of(school.workspace.calls_of("views.open")[-1].arguments["view"])
    assert school.remembered() == before


def tampered(sealed: str) -> dict[str, str]:
    middle = len(sealed) // 2
    other = "A" if sealed[middle] != "A" else "B"
    return {
        "a letter changed": sealed[:middle] + other + sealed[middle + 1 :],
        "its first letter changed": ("A" if sealed[0] != "A" else "B") + sealed[1:],
        "cut short": sealed[:-1],
        "its start gone": sealed[16:],
        "twice": sealed * 2,
        "nothing": "",
        "no walk at all": "{}",
        "other letters": "\u00e9" * 40,
    }


async def test_tampered_metadata_is_a_stale_page(school: PretendSchool, logged: list[Any]):
    await school.check(TEACHER, **ASKED)
    payload = school.submit_payload(TEACHER, reason="So")
    before = school.remembered()

    for what, metadata in tampered(payload["view"]["private_metadata"]).items():
        payload["view"]["private_metadata"] = metadata
        answer = await school.send_payload(payload)
        assert STALE in words_of(answer), what
        assert references(logged)[-1] in words_of(answer), what

    assert school.remembered() == before


async def test_a_view_of_another_person_is_a_stale_page(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    payload = school.submit_payload(TEACHER, reason="So")
    before = school.remembered()
    payload["user"]["id"] = OFFICE

    assert STALE in words_of(await school.send_payload(payload))
    assert school.remembered() == before


async def test_the_last_page_cannot_be_handed_in_while_something_is_to_be_mended(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE | {"verified": "no"})
    payload = school.submit_payload(TEACHER)
    before = school.remembered()
    payload["view"]["callback_id"] = "walk.outcome"
    payload["view"]["state"]["values"] = {
        "f.reason": {"reason": {"type": "plain_text_input", "value": "So"}}
    }

    assert STALE in words_of(await school.send_payload(payload))
    assert school.remembered() == before


async def test_a_page_in_the_middle_cannot_be_handed_in_as_the_last(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "no", "adult": "none"}])
    payload = school.submit_payload(TEACHER)
    payload["view"]["callback_id"] = "walk.outcome"

    assert STALE in words_of(await school.send_payload(payload))
    assert await school.cases() == []


# ------------------------------------------------------------------------ dialogs that do not open


async def test_where_no_dialog_can_be_opened_the_person_is_told_whom_to_ring(
    school: PretendSchool, logged: list
):
    school.workspace.conditions["views.open"].down = True
    await school.run(TEACHER)
    assert not school.has_dialog(TEACHER)

    said = school.whispered(TEACHER)

    assert "This did not send" in said
    assert "01632 960 001" in said
    assert next(line["reference"] for line in logged if line["event"] == "not_done") in said


async def test_a_button_whose_dialog_does_not_open_says_so_and_leaves_the_message(
    school: PretendSchool, waiting: Case
):
    school.workspace.conditions["views.open"].refusals = ("expired_trigger_id",)

    await school.press(DSL, "case.decide.share")

    assert "This did not send" in school.whispered(DSL)
    assert school.sees(DSL, "case.decide.share", waiting)
