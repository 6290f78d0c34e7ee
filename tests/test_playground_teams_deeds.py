"""What people do in the pretend tenant reaches the bot as Teams forms it, and what it answers counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from microsoft_teams.api import ActivityTypeAdapter

from playground.inputs import NoSuchInputError
from playground.residents import Json
from playground.teams_answers import Outcome
from playground.teams_cards import buttons, find_button, words_of
from playground.teams_client import UNREACHABLE
from playground.teams_residents import BotFaultError, TeamsRefusalError
from playground.teams_school import (
    APP_ID,
    BOT_NAME,
    CHAIR,
    COMMAND,
    DEPUTY,
    DSL,
    DSL_CHANNEL,
    HEAD,
    OFFICE,
    OTHER_TENANT,
    STAFF_CHANNEL,
    STRANGER,
    TEACHER,
    TEAM_GROUP,
    TEAM_ID,
    TENANT,
    account_of,
)
from tests.pretend_tenant import (
    ADAPTIVE,
    DECIDE,
    FORM,
    OPEN,
    PEOPLE,
    QUESTION,
    REASON,
    SEND,
    Served,
    card,
    message,
    page,
    serving,
)

OPENED = "composeExtension/fetchTask"
HANDED_IN = "composeExtension/submitAction"
DONE = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Done"}
SHOWN = {"statusCode": 200, "type": ADAPTIVE, "value": FORM}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as there:
        yield there


SDK_MISSES = {
    '"trigger": "automatic"': '"trigger": "manual"',
    '"applicationIdentityType": "bot"': '"applicationIdentityType": "BOT"',
}
"""What Teams sends and Microsoft's own models do not read."""


@pytest.fixture(autouse=True)
def everything_sent_is_what_the_sdk_reads(request: pytest.FixtureRequest):
    served = request.getfixturevalue("served") if "served" in request.fixturenames else None
    yield
    for activity in served.client.sent if served else ():
        sent = json.dumps(activity)
        for ours, theirs in SDK_MISSES.items():
            sent = sent.replace(ours, theirs)
        ActivityTypeAdapter.validate_json(sent)


async def open_form(served: Served, person: str = TEACHER, form: Json = FORM) -> None:
    served.bot.answers[OPENED] = page(form)
    await served.client.extension(person, "compose", STAFF_CHANNEL)


# ------------------------------------------------------------------------------------- messages


async def test_a_message_one_to_one_is_heard(served: Served):
    said = await served.client.say(TEACHER, served.chat(TEACHER), "sharecheck")

    heard = served.bot.last
    assert (heard["type"], heard["text"], heard["id"]) == ("message", "sharecheck", said.id)
    assert heard["conversation"] == {
        "conversationType": "personal",
        "tenantId": TENANT,
        "id": served.chat(TEACHER),
    }
    assert heard["from"]["aadObjectId"] == TEACHER and heard["from"]["id"] == account_of(TEACHER)
    assert heard["recipient"]["id"] == f"28:{APP_ID}" and heard["channelId"] == "msteams"
    assert heard["serviceUrl"] == served.tenant.service_url


async def test_in_a_channel_only_a_mention_is_heard(served: Served):
    await served.client.say(TEACHER, STAFF_CHANNEL, "Good morning")
    assert served.bot.heard == []

    said = await served.client.say(TEACHER, STAFF_CHANNEL, f"@{BOT_NAME} /sharecheck")

    heard = served.bot.last
    assert heard["text"] == f"<at>{BOT_NAME}</at> /sharecheck"
    assert heard["entities"][0]["mentioned"]["id"] == f"28:{APP_ID}"
    assert heard["conversation"]["id"] == f"{STAFF_CHANNEL};messageid={said.id}"
    assert heard["channelData"]["team"]["id"] == TEAM_ID
    assert heard["channelData"]["channel"]["id"] == STAFF_CHANNEL


async def test_a_reply_in_a_thread_names_the_threads_first_message(served: Served):
    root = await served.posted(DSL_CHANNEL)

    said = await served.client.say(DSL, DSL_CHANNEL, f"<at>{BOT_NAME}</at> help", root.id)

    assert said.root == root.id
    assert served.bot.last["conversation"]["id"] == f"{DSL_CHANNEL};messageid={root.id}"


async def test_a_bot_that_is_not_in_the_team_hears_no_mention(served: Served):
    served.tenant.set_app_in_team(there=False)
    await served.client.say(TEACHER, STAFF_CHANNEL, f"@{BOT_NAME} help")
    assert served.bot.heard == []


@pytest.mark.parametrize(
    ("person", "place", "text", "code"),
    [
        (TEACHER, DSL_CHANNEL, "Hello", "channel_not_found"),
        (TEACHER, "chat of the DSL", "Hello", "not_in_chat"),
        (OFFICE, "own chat", "Hello", "app_not_installed"),
        (TEACHER, "own chat", "  ", "empty"),
        ("nobody", "own chat", "Hello", "unknown_person"),
    ],
)
async def test_people_write_only_where_they_may(served: Served, person, place, text, code):
    place = {"own chat": served.chat(person), "chat of the DSL": served.chat(DSL)}.get(place, place)
    with pytest.raises(TeamsRefusalError, match=code):
        await served.client.say(person, place, text)
    assert served.bot.heard == []


async def test_a_person_of_another_tenant_writes_from_there(served: Served):
    served.tenant.set_installed(STRANGER, there=True)
    await served.client.say(STRANGER, served.chat(STRANGER), "sharecheck")

    assert served.bot.last["conversation"]["tenantId"] == OTHER_TENANT
    assert served.bot.last["channelData"]["tenant"]["id"] == OTHER_TENANT


async def test_an_activity_can_come_twice_and_with_any_token(served: Served):
    await served.client.say(TEACHER, served.chat(TEACHER), "sharecheck")
    again = served.client.sent[-1]
    await served.client.deliver(again)
    await served.client.deliver(again, token="forged")
    await served.client.deliver(again, token="")

    assert served.bot.heard == [again] * 4
    assert served.bot.tokens[0] == served.bot.tokens[1]
    assert served.bot.tokens[2:] == ["Bearer forged", ""]


# ------------------------------------------------------------------------------ where the app is


async def test_a_bot_hears_of_being_added_for_a_person_and_removed(served: Served):
    await served.client.install(OFFICE)
    assert [one["type"] for one in served.bot.heard] == ["conversationUpdate", "installationUpdate"]
    assert served.bot.heard[0]["membersAdded"] == [{"id": f"28:{APP_ID}"}]
    assert served.bot.last["action"] == "add"
    assert served.bot.last["conversation"]["id"] == served.chat(OFFICE)
    assert (await served.post(served.chat(OFFICE)))[0] == 201

    await served.client.uninstall(OFFICE)
    assert (served.bot.last["type"], served.bot.last["action"]) == ("installationUpdate", "remove")
    assert (await served.post(served.chat(OFFICE)))[0] == 403


async def test_a_bot_hears_of_being_added_to_a_team_and_removed(served: Served):
    await served.client.remove_from_team(HEAD)
    assert served.bot.heard[0]["membersRemoved"] == [{"id": f"28:{APP_ID}"}]
    assert served.bot.heard[0]["channelData"]["eventType"] == "teamMemberRemoved"
    assert served.bot.last["action"] == "remove"
    assert (await served.post(DSL_CHANNEL))[0] == 403

    await served.client.install_in_team(HEAD)
    assert served.bot.last["action"] == "add"
    assert served.bot.last["channelData"]["team"]["aadGroupId"] == TEAM_GROUP
    assert (await served.post(DSL_CHANNEL))[0] == 201


# ---------------------------------------------------------------------------- message extension


@pytest.mark.parametrize(
    ("where", "context"), [("compose", "compose"), ("commandBox", "commandbox")]
)
async def test_the_extension_opens_a_dialog_and_its_answers_go_back(served: Served, where, context):
    served.bot.answers = {OPENED: page(FORM), HANDED_IN: {}}

    opened = await served.client.extension(TEACHER, where, STAFF_CHANNEL)
    assert (opened.outcome, opened.title, opened.card) == (Outcome.CARD, "A page", FORM)
    value = served.bot.last["value"]
    assert (value["commandId"], value["commandContext"]) == (COMMAND, context)
    assert "messagePayload" not in value

    closed = await served.client.submit(
        TEACHER, SEND, {"reason": "Seen twice", "people": ["1", "2"]}
    )
    assert closed.outcome is Outcome.CLOSED and TEACHER not in served.tenant.dialogs
    value = served.bot.last["value"]
    assert served.bot.last["name"] == HANDED_IN
    assert value["data"] == {"do": "send", "reason": "Seen twice", "people": "1,2"}
    assert (value["commandId"], value["commandContext"]) == (COMMAND, context)


async def test_from_the_menu_of_a_message_the_whole_message_comes_along(served: Served):
    said = await served.client.say(CHAIR, STAFF_CHANNEL, "MARKED <b>words</b>")
    served.bot.answers[OPENED] = page(FORM)

    await served.client.extension(TEACHER, "message", STAFF_CHANNEL, message=said)

    value = served.bot.last["value"]
    assert value["commandContext"] == "message"
    assert "MARKED &lt;b&gt;words&lt;/b&gt;" in value["messagePayload"]["body"]["content"]
    assert value["messagePayload"]["from"]["user"]["id"] == CHAIR
    assert served.bot.last["conversation"]["id"] == f"{STAFF_CHANNEL};messageid={said.id}"


async def test_the_extension_works_in_a_chat_that_the_bot_is_not_in(served: Served):
    served.bot.answers[OPENED] = page(FORM)
    await served.client.extension(TEACHER, "compose", "19:someone-else@unq.gbl.spaces")
    assert served.bot.last["conversation"]["id"] == "19:someone-else@unq.gbl.spaces"


@pytest.mark.parametrize(
    ("person", "where", "place", "command", "code"),
    [
        (TEACHER, "compose", STAFF_CHANNEL, "other", "unknown_command"),
        (TEACHER, "nowhere", STAFF_CHANNEL, None, "unknown_command"),
        (TEACHER, "message", STAFF_CHANNEL, None, "no_message"),
        (TEACHER, "compose", DSL_CHANNEL, None, "channel_not_found"),
        (OFFICE, "compose", "19:elsewhere", None, "app_not_installed"),
    ],
)
async def test_the_extension_is_only_where_it_is(served, person, where, place, command, code):
    with pytest.raises(TeamsRefusalError, match=code):
        await served.client.extension(person, where, place, command=command)
    assert served.bot.heard == []


# --------------------------------------------------------------------------- dialogs and their boxes


async def test_a_button_opens_a_dialog_and_a_page_follows_a_page(served: Served):
    asked = await served.posted(DSL_CHANNEL)
    served.bot.answers = {"task/fetch": page(FORM), "task/submit": page(QUESTION_PAGE)}

    await served.client.fetch(DSL, asked, OPEN, {"reason": "Now"})
    heard = served.bot.last
    assert (heard["name"], heard["replyToId"]) == ("task/fetch", asked.id)
    assert heard["value"]["data"] == {**OPEN["data"], "reason": "Now"}
    assert heard["conversation"]["id"] == f"{DSL_CHANNEL};messageid={asked.id}"

    first = served.tenant.dialogs[DSL]
    await served.client.submit(DSL, SEND, {"reason": "x"}, first.id)
    assert served.bot.last["name"] == "task/submit"
    assert served.tenant.dialogs[DSL].card == QUESTION_PAGE
    with pytest.raises(TeamsRefusalError, match="no_dialog"):
        await served.client.submit(DSL, SEND, {}, first.id)

    served.bot.answers["task/submit"] = {"task": {"type": "message", "value": "Thank you"}}
    await served.client.submit(DSL, SEND)
    assert served.tenant.dialogs[DSL].text == "Thank you"
    heard_before = len(served.bot.heard)
    served.client.dismiss(DSL)
    assert DSL not in served.tenant.dialogs and len(served.bot.heard) == heard_before


QUESTION_PAGE = card(PEOPLE, actions=(SEND,))


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ({"other": "x"}, NoSuchInputError),
        ({"people": ["3"]}, NoSuchInputError),
        ({"reason": "x" * 21}, TeamsRefusalError),
        ({"reason": "two\nlines"}, TeamsRefusalError),
        ({"reason": 7}, TeamsRefusalError),
    ],
)
async def test_only_what_is_on_the_page_can_be_filled_in(served: Served, inputs, error):
    await open_form(served)
    heard = len(served.bot.heard)
    with pytest.raises(error):
        await served.client.submit(TEACHER, SEND, inputs)
    assert len(served.bot.heard) == heard


async def test_every_kind_of_box_is_sent_as_teams_sends_it(served: Served):
    form = card(
        {"type": "Input.Toggle", "id": "sure", "title": "Sure"},
        {"type": "Input.Toggle", "id": "own", "title": "Own", "valueOn": "y", "valueOff": "n"},
        {"type": "Input.Date", "id": "day", "label": "Day"},
        {"type": "Input.Time", "id": "hour", "label": "Hour"},
        {"type": "Input.Number", "id": "count", "label": "Count", "min": 1, "max": 5},
        {**PEOPLE, "id": "one", "isMultiSelect": False, "value": "2"},
        {**REASON, "isMultiline": True, "value": "As before"},
        {**REASON, "id": "empty"},
        {**PEOPLE, "id": "none"},
        actions=(SEND,),
    )
    await open_form(served, form=form)
    given = {"sure": True, "day": "2026-11-02", "hour": "09:30", "count": 3}
    for name, wrong in {"day": "2.11.", "hour": "25:00", "count": 6}.items():
        with pytest.raises(TeamsRefusalError, match=name):
            await served.client.submit(TEACHER, SEND, {**given, name: wrong})
    with pytest.raises(NoSuchInputError):
        await served.client.submit(TEACHER, SEND, {"one": ["1", "2"]})

    await served.client.submit(TEACHER, SEND, given)
    sent = {
        "do": "send",
        "sure": "true",
        "own": "n",
        "day": "2026-11-02",
        "hour": "09:30",
        "count": "3",
        "one": "2",
        "reason": "As before",
    }
    assert served.bot.last["value"]["data"] == sent

    served.client.sends_empty = True
    await open_form(served, form=form)
    await served.client.submit(TEACHER, SEND, given)
    assert served.bot.last["value"]["data"] == {**sent, "empty": "", "none": ""}


async def test_a_client_holds_back_what_is_missing_or_does_not_fit(served: Served):
    missing = {**REASON, "isRequired": True, "errorMessage": "Say why."}
    phone = {**REASON, "id": "phone", "regex": "^[0-9]+$", "errorMessage": "Digits."}
    await open_form(served, form=card(missing, phone, actions=(SEND,)))
    heard = len(served.bot.heard)

    answered = await served.client.submit(TEACHER, SEND, {"phone": "none"})

    assert (answered.outcome, answered.errors) == (Outcome.HELD_BACK, ("Say why.", "Digits."))
    assert served.tenant.dialogs[TEACHER].errors == answered.errors
    assert len(served.bot.heard) == heard


async def test_buttons_that_unfold_and_those_in_sets_are_found():
    inner = card({**REASON, "id": "inner"}, actions=(DECIDE,))
    folded = {"type": "Action.ShowCard", "title": "Sure?", "card": inner}
    row = {"type": "ActionSet", "actions": [SEND]}
    columns = {"type": "ColumnSet", "columns": [{"type": "Column", "items": [row]}]}
    whole = card(REASON, columns, actions=(folded, OPEN))

    assert [one.action for one in buttons(whole)] == [SEND, DECIDE, OPEN]
    assert [i["id"] for i in find_button(whole, {"verb": "decide"}).inputs] == ["reason", "inner"]
    assert [i["id"] for i in find_button(whole, {"data": {"do": "send"}}).inputs] == ["reason"]
    assert words_of(whole) == ["Well?", "Why?", "Send", "Sure?", "Well?", "Why?", "Decide", "Open"]
    with pytest.raises(NoSuchInputError):
        find_button(whole, {"verb": "other"})


# ------------------------------------------------------------------------------ Action.Execute


async def test_an_answer_with_a_card_is_seen_by_whoever_pressed_until_the_message_changes(served):
    asked = await served.posted(DSL_CHANNEL)
    served.bot.answers["adaptiveCard/action"] = SHOWN

    answered = await served.client.execute(DSL, asked, DECIDE, {"reason": "Twice"})

    assert answered.outcome is Outcome.CARD
    value = served.bot.last["value"]
    assert value["action"] == {
        "type": "Action.Execute",
        "verb": "decide",
        "data": {"value": "7", "reason": "Twice"},
    }
    assert value["trigger"] == "manual" and served.bot.last["replyToId"] == asked.id
    assert served.tenant.card_for(DSL, asked) == FORM
    assert served.tenant.card_for(DEPUTY, asked) == QUESTION

    now = served.tenant.update(asked, message(QUESTION_PAGE))
    assert served.tenant.card_for(DSL, now) == QUESTION_PAGE


async def test_words_and_errors_are_shown_for_a_moment(served: Served):
    asked = await served.posted(DSL_CHANNEL)
    error = {"code": "late", "message": "Too late"}
    failed = {"statusCode": 400, "type": "application/vnd.microsoft.error", "value": error}
    for answer, outcome, text in (
        (DONE, Outcome.WORDS, "Done"),
        (failed, Outcome.ERROR, "Too late"),
    ):
        served.bot.answers["adaptiveCard/action"] = answer
        answered = await served.client.execute(DSL, asked, DECIDE)
        assert (answered.outcome, answered.text) == (outcome, text)
    assert [(one.person, one.text) for one in served.tenant.toasts] == [
        (DSL, "Done"),
        (DSL, "Too late"),
    ]
    assert served.tenant.card_for(DSL, asked) == QUESTION


async def test_a_client_refreshes_by_itself_for_whom_the_card_names(served: Served):
    asked = {**QUESTION, "refresh": {"action": DECIDE, "userIds": [account_of(DSL)]}}
    there = await served.posted(DSL_CHANNEL, asked)
    served.bot.answers["adaptiveCard/action"] = DONE

    assert await served.client.refresh(DEPUTY, there) is None
    assert served.bot.heard == []
    assert await served.client.refresh(DSL, there)
    assert served.bot.last["value"]["trigger"] == "automatic"
    assert not served.tenant.toasts

    needed = card({**REASON, "isRequired": True, "errorMessage": "Why?"}, actions=(DECIDE,))
    asked_more = await served.posted(DSL_CHANNEL, needed)
    held = await served.client.execute(DSL, asked_more, DECIDE)
    assert held.outcome is Outcome.HELD_BACK
    sent = await served.client.execute(DSL, asked_more, DECIDE, trigger="automatic")
    assert sent.outcome is Outcome.WORDS
    assert served.bot.last["value"]["trigger"] == "automatic"


async def test_a_plain_button_in_a_message_is_told_as_a_message(served: Served):
    asked = await served.posted(served.chat(DSL), card(REASON, actions=(SEND,)))

    await served.client.press(DSL, asked, SEND, {"reason": "x"})

    assert (served.bot.last["type"], served.bot.last["replyToId"]) == ("message", asked.id)
    assert served.bot.last["value"] == {"do": "send", "reason": "x"}


async def test_a_press_is_of_the_kind_that_the_button_is(served: Served):
    asked = await served.posted(DSL_CHANNEL)
    served.bot.answers = {"task/fetch": page(FORM), "adaptiveCard/action": DONE}

    assert (await served.client.press(DSL, asked, {"title": "Open"})).outcome is Outcome.CARD
    assert (await served.client.press(DSL, asked, {"title": "Decide"})).outcome is Outcome.WORDS
    for wrong in (served.client.fetch(DSL, asked, DECIDE), served.client.execute(DSL, asked, OPEN)):
        with pytest.raises(TeamsRefusalError, match="not_a_button"):
            await wrong
    with pytest.raises(TeamsRefusalError, match="message_not_found"):
        await served.client.press(TEACHER, asked, {"title": "Open"})


# ------------------------------------------------------------------------------------ bad answers


def in_page(**changes: object) -> Json:
    value = page(FORM)["task"]["value"] | changes
    kept = {name: part for name, part in value.items() if part is not None}
    return {"task": {"type": "continue", "value": kept}}


@pytest.mark.parametrize(
    "answer",
    [
        ["task"],
        {"card": FORM},
        {"task": "continue"},
        {"task": {"type": "continue"}},
        {"task": {"type": "open", "value": "x"}},
        {"task": {"type": "message", "value": ""}},
        {"task": {"type": "continue", "value": {}, "more": 1}},
        in_page(title=None),
        in_page(title=""),
        in_page(height="huge"),
        in_page(width=0),
        in_page(height=True),
        in_page(url="https://elsewhere.example"),
        in_page(card=FORM),
        in_page(card={"contentType": "text/plain", "content": FORM}),
        in_page(card={"contentType": ADAPTIVE, "content": {"type": "HeroCard"}}),
        page(QUESTION),
        page(card(REASON, REASON, actions=(SEND,))),
    ],
)
async def test_an_answer_that_teams_could_not_show_is_a_fault(served: Served, answer):
    served.bot.answers[OPENED] = answer

    with pytest.raises(BotFaultError):
        await served.client.extension(TEACHER, "compose", STAFF_CHANNEL)

    assert served.tenant.faults[-1].startswith(OPENED)
    assert served.tenant.toasts[-1].text == UNREACHABLE and TEACHER not in served.tenant.dialogs


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"statusCode": "200", "type": ADAPTIVE, "value": FORM},
        {"statusCode": 200, "type": ADAPTIVE, "value": "card"},
        {"statusCode": 200, "type": "application/json", "value": {}},
        {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": {}},
        {"statusCode": 500, "type": ADAPTIVE, "value": FORM},
        {"statusCode": 200, "type": "application/vnd.microsoft.error", "value": {"message": "x"}},
        {**DONE, "more": 1},
        {"status": 200, "body": DONE},
    ],
)
async def test_an_answer_to_a_press_that_teams_could_not_show_is_a_fault(served: Served, answer):
    asked = await served.posted(DSL_CHANNEL)
    served.bot.answers["adaptiveCard/action"] = answer
    with pytest.raises(BotFaultError):
        await served.client.execute(DSL, asked, DECIDE)


@pytest.mark.parametrize("status", [201, 202, 204, 400, 401, 500, 501])
async def test_an_invoke_wants_200(served: Served, status):
    served.bot.status = status
    with pytest.raises(BotFaultError, match=str(status)):
        await served.client.extension(TEACHER, "compose", STAFF_CHANNEL)


@pytest.mark.parametrize(
    ("status", "taken"), [(200, True), (202, True), (204, False), (500, False)]
)
async def test_a_message_may_be_taken_later(served: Served, status, taken):
    served.bot.status = status
    if taken:
        await served.client.say(TEACHER, served.chat(TEACHER), "help")
    else:
        with pytest.raises(BotFaultError):
            await served.client.say(TEACHER, served.chat(TEACHER), "help")


async def test_a_bot_that_takes_too_long_or_is_not_there_is_a_fault():
    async with serving(patience=0.05) as served:
        served.bot.held = asyncio.Event()
        with pytest.raises(BotFaultError, match="in time"):
            await served.client.extension(TEACHER, "compose", STAFF_CHANNEL)
        served.bot.held.set()
        served.client.courier.bot_url = "http://127.0.0.1:9"
        served.client.courier.patience = 5.0
        with pytest.raises(BotFaultError, match="no connection"):
            await served.client.extension(TEACHER, "compose", STAFF_CHANNEL)


# ---------------------------------------------------------------------------------------- the page


async def play(served: Served, deed: str, **asked: object) -> tuple[int, Json]:
    return await served.ask("POST", f"{served.url}/play/teams/{deed}", asked)


async def state(served: Served, person: str) -> Json:
    _, drawn = await served.ask("GET", f"{served.url}/play/teams/state?person={person}")
    return drawn


async def test_the_page_does_every_deed(served: Served):
    served.bot.answers = {
        OPENED: page(FORM),
        HANDED_IN: page(FORM),
        "task/fetch": page(FORM),
        "adaptiveCard/action": DONE,
    }
    there = {"person": DSL, "channel": DSL_CHANNEL}
    asked = await served.posted(DSL_CHANNEL)

    for deed, about in (
        ("message", {**there, "text": f"@{BOT_NAME} help", "thread": asked.id}),
        ("extension", {**there, "where": "command"}),
        ("submit", {"person": DSL, "action": SEND, "inputs": {"people": "1,2"}}),
        ("extension", {**there, "where": "message", "message": asked.id}),
        ("fetch", {**there, "message": asked.id, "action": OPEN}),
        ("execute", {**there, "message": asked.id, "action": DECIDE, "inputs": {"reason": "x"}}),
        ("close", {"person": DSL}),
    ):
        dialog = served.tenant.dialogs.get(DSL)
        more = {"dialog": dialog.id} if dialog and deed in {"submit", "close"} else {}
        said = await play(served, deed, **about, **more)
        assert said == (200, {"ok": True, "fault": None, "errors": []}), deed

    drawn = await state(served, DSL)
    assert drawn["ok"] and drawn["dialog"] is None and drawn["toasts"][0]["text"] == "Done"


async def test_the_page_shows_a_person_what_they_may_see(served: Served):
    asked = await served.posted(DSL_CHANNEL)
    await served.posted(f"{DSL_CHANNEL};messageid={asked.id}", FORM)
    served.tenant.update(asked, message(QUESTION, "Changed"))
    await open_form(served, DSL)

    drawn = await state(served, DSL)
    channel = next(one for one in drawn["channels"] if one["id"] == DSL_CHANNEL)
    assert [one["kind"] for one in drawn["channels"]][:2] == ["chat", "channel"]
    assert channel["private"] and channel["with_app"]
    first, reply = channel["messages"]
    assert (first["summary"], first["updated"], first["bot"], first["card"]) == (
        "Changed",
        True,
        True,
        QUESTION,
    )
    assert (first["thread"], reply["thread"], reply["by"]) == (None, asked.id, BOT_NAME)
    assert drawn["dialog"]["card"] == FORM and drawn["dialog"]["title"] == "A page"
    assert drawn["commands"][0]["where"] == ["compose", "command", "message"]

    others = await state(served, TEACHER)
    assert DSL_CHANNEL not in [one["id"] for one in others["channels"]] and others["dialog"] is None
    assert not (await state(served, OFFICE))["has_app"]


async def test_the_page_shows_each_person_their_own_view_of_a_card(served: Served):
    asked = await served.posted(DSL_CHANNEL)
    served.bot.answers["adaptiveCard/action"] = SHOWN
    await served.client.execute(DSL, asked, DECIDE)

    for person, seen in ((DSL, FORM), (DEPUTY, QUESTION)):
        channels = (await state(served, person))["channels"]
        there = next(one for one in channels if one["id"] == DSL_CHANNEL)
        assert there["messages"][0]["card"] == seen


async def test_the_page_is_told_what_cannot_be_done(served: Served):
    asked = await served.posted(DSL_CHANNEL)
    here = {"person": DSL, "channel": DSL_CHANNEL, "message": asked.id}
    for deed, about, code in (
        ("message", {"person": DSL}, "invalid_arguments"),
        ("message", {"person": "nobody", "channel": DSL_CHANNEL, "text": "x"}, "unknown_person"),
        ("extension", {**here, "where": "nowhere"}, "invalid_arguments"),
        ("fetch", {**here, "action": "Open"}, "invalid_arguments"),
        ("fetch", {**here, "action": DECIDE}, "not_a_button"),
        ("execute", {**here, "action": {**DECIDE, "verb": "other"}}, "no_such_input"),
        ("execute", {**here, "action": DECIDE, "message": "1"}, "ActivityNotFoundInConversation"),
        ("submit", {"person": DSL, "dialog": "1", "action": SEND}, "no_dialog"),
        ("block", {"person": DSL}, "invalid_arguments"),
    ):
        status, said = await play(served, deed, **about)
        assert (status, said["ok"], said["error"]) == (400, False, code), deed
    assert (await state(served, "nobody"))["error"] == "unknown_person"


async def test_the_page_is_told_of_a_bad_answer(served: Served):
    served.bot.status = 500
    about = {"person": TEACHER, "channel": STAFF_CHANNEL, "where": "compose"}

    status, said = await play(served, "extension", **about)

    assert (status, said["ok"], said["fault"]) == (200, True, "status 500")
    assert (await state(served, TEACHER))["toasts"][0]["text"] == UNREACHABLE


async def test_the_page_adds_removes_and_blocks_the_app(served: Served):
    await play(served, "install", person=OFFICE, there=True)
    assert (await state(served, OFFICE))["has_app"] and served.bot.last["action"] == "add"
    await play(served, "install", person=OFFICE, there=False)
    assert not (await state(served, OFFICE))["has_app"] and served.bot.last["action"] == "remove"
    await play(served, "block", person=DSL, on=True)
    assert (await state(served, DSL))["blocked"] and (await served.post(served.chat(DSL)))[0] == 403
    await play(served, "block", person=DSL, on=False)
    assert (await served.post(served.chat(DSL)))[0] == 201


async def test_two_people_may_have_dialogs_open_at_once(served: Served):
    served.bot.answers[OPENED] = page(FORM)
    people = (TEACHER, DSL, HEAD)
    await asyncio.gather(*(served.client.extension(p, "compose", STAFF_CHANNEL) for p in people))
    assert set(served.tenant.dialogs) == set(people)
