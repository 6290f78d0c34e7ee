"""The pretend Web API, called by the real slack_sdk client as the product calls it."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from playground.conditions import EVERY_METHOD, Conditions
from playground.residents import Channel, ChannelKind, User
from playground.school import (
    BOT,
    DEPUTY,
    DPO,
    DSL,
    DSL_CHANNEL,
    GUEST,
    HEAD,
    STAFFROOM,
    TEACHER,
    TOKEN,
    open_school,
)
from playground.serving import running
from playground.slack_api import METHODS, api_routes

METADATA = {"event_type": "sharecheck", "event_payload": {"key": "k1"}}


@pytest.fixture
def school():
    return open_school()


@pytest.fixture
async def api(school):
    application = Starlette(routes=api_routes(school))
    async with running(application) as url, aiohttp.ClientSession() as session:
        yield AsyncWebClient(TOKEN, base_url=f"{url}/api/", session=session, retry_handlers=[])


class Held(Conditions):
    """Conditions that remember which requests were told to wait."""

    def __init__(self):
        super().__init__()
        self.under_way = []

    def latency(self, method):
        self.under_way.append(asyncio.current_task())
        return super().latency(method)


def plain(text="Words"):
    return {"type": "plain_text", "text": text}


def modal(text="Words", **more):
    section = {"type": "section", "block_id": "s", "text": plain(text)}
    return {"type": "modal", "title": plain("Page"), "blocks": [section], **more}


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Hi*"}}


async def refusal(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


# Tokens, scopes, forms


async def test_the_token_says_who_the_app_is(api):
    answer = await api.auth_test()

    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == (
        "T0SCHOOL01",
        "U0BOT00001",
        "B0BOT00001",
    )


async def test_another_token_is_refused_and_none_at_all_too(api, school):
    stranger = AsyncWebClient("xoxb-other", base_url=api.base_url, retry_handlers=[])
    nobody = AsyncWebClient(base_url=api.base_url, retry_handlers=[])

    assert await refusal(stranger.auth_test()) == "invalid_auth"
    assert await refusal(nobody.auth_test()) == "not_authed"
    assert school.faults == ["auth.test: invalid_auth", "auth.test: not_authed"]


async def test_an_unknown_method_is_refused(api):
    assert await refusal(api.api_call("chat.shout")) == "unknown_method"


async def test_a_call_without_its_scope_is_refused_and_says_which_is_needed(api, school, tmp_path):
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text("oauth_config: {scopes: {bot: [commands, channels:read, im:write]}}\n")
    school.app = open_school(manifest=manifest).app

    with pytest.raises(SlackApiError) as caught:
        await api.chat_postMessage(channel=DSL_CHANNEL, text="x")

    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "chat:write"
    assert await refusal(api.conversations_members(channel=DSL_CHANNEL)) == "missing_scope"
    assert await api.conversations_members(channel=STAFFROOM)
    assert await api.views_publish(user_id=TEACHER, view={"type": "home", "blocks": []})


async def test_blocks_may_come_as_json_text_in_a_form(api, school):
    await api.api_call(
        "chat.postMessage",
        data={"channel": DSL_CHANNEL, "text": "x", "blocks": '[{"type": "divider"}]'},
    )

    assert school.messages[DSL_CHANNEL][0].blocks[0]["type"] == "divider"


@pytest.mark.parametrize(("body", "error"), [(b"{", "invalid_json"), (b"[]", "json_not_object")])
async def test_a_body_that_is_no_object_is_refused(api, body, error):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}

    async with api.session.post(
        f"{api.base_url}chat.postMessage", data=body, headers=headers
    ) as answer:
        assert (await answer.json())["error"] == error


async def test_every_call_is_kept_with_its_arguments_and_its_error(api, school):
    await api.chat_postMessage(channel=DSL_CHANNEL, text="one")
    await refusal(api.chat_postMessage(channel="C0NOWHERE01", text="two"))

    posts = school.calls_of("chat.postMessage")

    assert [(c.arguments["text"], c.error) for c in posts] == [
        ("one", None),
        ("two", "channel_not_found"),
    ]


# Messages


async def test_a_posted_message_carries_the_apps_ids(api):
    answer = await api.chat_postMessage(channel=DSL_CHANNEL, text="a < b", blocks=[SECTION])

    assert answer["channel"] == DSL_CHANNEL
    message = answer["message"]
    assert message["ts"] == answer["ts"]
    assert (message["user"], message["bot_id"], message["app_id"]) == (
        BOT,
        "B0BOT00001",
        "A0SHARECHK",
    )
    assert message["text"] == "a < b"
    assert message["blocks"][0]["text"] == {"type": "mrkdwn", "text": "*Hi*", "verbatim": False}
    assert message["blocks"][0]["block_id"]


async def test_a_person_can_be_posted_to_by_their_id(api, school):
    answer = await api.chat_postMessage(channel=TEACHER, text="for you")
    opened = await api.conversations_open(users=TEACHER)

    assert answer["channel"] == opened["channel"]["id"]
    assert answer["channel"].startswith("D")
    assert school.channels[answer["channel"]].members == {BOT, TEACHER}


async def test_a_conversation_that_is_open_is_not_opened_again(api):
    first = await api.conversations_open(users=[DSL])
    second = await api.conversations_open(users=[DSL], return_im=True)

    assert "already_open" not in first.data
    assert second["already_open"]
    assert second["channel"]["user"] == DSL


async def test_where_the_app_is_not_a_member_it_cannot_post(api, school):
    school.add_channel(Channel("C0HEAD00001", "head", ChannelKind.PRIVATE, frozenset({HEAD})))

    assert await refusal(api.chat_postMessage(channel=STAFFROOM, text="x")) == "not_in_channel"
    assert (
        await refusal(api.chat_postMessage(channel="C0HEAD00001", text="x")) == "channel_not_found"
    )
    assert school.faults == [
        "chat.postMessage: not_in_channel",
        "chat.postMessage: channel_not_found",
    ]


async def test_an_archived_channel_takes_no_messages(api, school):
    members = frozenset({BOT, DSL})
    school.add_channel(Channel("C0OLD000001", "old", ChannelKind.PRIVATE, members, True))

    assert await refusal(api.chat_postMessage(channel="C0OLD000001", text="x")) == "is_archived"


async def test_blocks_that_break_a_limit_are_refused_with_their_faults(api, school):
    long = {"type": "section", "text": plain("x" * 3001)}

    with pytest.raises(SlackApiError) as caught:
        await api.chat_postMessage(channel=DSL_CHANNEL, text="x", blocks=[long])

    answer = caught.value.response
    fault = "blocks[0].text.text: 3,001 characters, at most 3,000"
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {fault}"]
    assert school.faults == [f"chat.postMessage: invalid_blocks; {fault}"]
    assert school.messages[DSL_CHANNEL] == []


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "metadata": {"key": "k"}}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "0"}, "invalid_thread_ts"),
        ({"text": "x", "blocks": "no json"}, "invalid_blocks_format"),
    ],
)
async def test_content_that_slack_does_not_take_is_refused_by_name(api, content, error):
    call = api.api_call("chat.postMessage", json={"channel": DSL_CHANNEL, **content})

    assert await refusal(call) == error


async def test_a_reply_lies_in_its_thread(api, school):
    root = await api.chat_postMessage(channel=DSL_CHANNEL, text="root")
    await api.chat_postMessage(channel=DSL_CHANNEL, text="reply", thread_ts=root["ts"])

    thread = await api.conversations_replies(channel=DSL_CHANNEL, ts=root["ts"])
    history = await api.conversations_history(channel=DSL_CHANNEL)

    assert [m["text"] for m in thread["messages"]] == ["root", "reply"]
    assert thread["messages"][1]["parent_user_id"] == BOT
    assert [(m["text"], m["reply_count"]) for m in history["messages"]] == [("root", 1)]
    assert school.faults == []


async def test_a_reply_to_nothing_is_taken_seen_nowhere_and_a_fault(api, school):
    await api.chat_postMessage(channel=DSL_CHANNEL, text="lost", thread_ts="1234567890.123456")

    assert school.history(DSL_CHANNEL) == []
    assert len(school.faults) == 1
    call = api.conversations_replies(channel=DSL_CHANNEL, ts="1234567890.000000")
    assert await refusal(call) == "thread_not_found"


async def test_an_update_replaces_what_it_names_and_marks_it_as_edited(api):
    posted = await api.chat_postMessage(
        channel=DSL_CHANNEL, text="waiting", blocks=[SECTION], metadata=METADATA
    )

    await api.chat_update(channel=DSL_CHANNEL, ts=posted["ts"], text="decided")
    history = await api.conversations_history(channel=DSL_CHANNEL, include_all_metadata=True)

    message = history["messages"][0]
    assert message["text"] == "decided"
    assert message["blocks"][0]["text"]["text"] == "*Hi*"
    assert message["metadata"] == METADATA
    assert message["edited"]["user"] == BOT
    assert message["ts"] == posted["ts"]


async def test_an_update_with_an_empty_list_takes_the_blocks_away(api, school):
    posted = await api.chat_postMessage(channel=DSL_CHANNEL, text="x", blocks=[SECTION])

    await api.chat_update(channel=DSL_CHANNEL, ts=posted["ts"], text="x", blocks=[])

    assert school.messages[DSL_CHANNEL][0].blocks == ()


async def test_only_the_apps_own_messages_can_be_changed_or_deleted(api, school):
    theirs = school.say(DSL, DSL_CHANNEL, "mine")
    where = {"channel": DSL_CHANNEL, "ts": theirs.ts}

    assert await refusal(api.chat_update(**where, text="x")) == "cant_update_message"
    assert await refusal(api.chat_delete(**where)) == "cant_delete_message"
    where["ts"] = "1234567890.123456"
    assert await refusal(api.chat_update(**where, text="x")) == "message_not_found"
    assert await refusal(api.chat_delete(**where)) == "message_not_found"


async def test_a_deleted_message_is_gone(api, school):
    posted = await api.chat_postMessage(channel=DSL_CHANNEL, text="x")

    await api.chat_delete(channel=DSL_CHANNEL, ts=posted["ts"])

    assert school.texts_in(DSL_CHANNEL) == []


async def test_an_ephemeral_message_needs_its_person_in_the_channel_and_is_never_updated(
    api, school
):
    answer = await api.chat_postEphemeral(channel=DSL_CHANNEL, user=DSL, text="for you")

    assert school.messages_for(DSL, DSL_CHANNEL)[0].text == "for you"
    assert (await api.conversations_history(channel=DSL_CHANNEL))["messages"] == []
    update = api.chat_update(channel=DSL_CHANNEL, ts=answer["message_ts"], text="x")
    assert await refusal(update) == "message_not_found"
    whisper = api.chat_postEphemeral(channel=DSL_CHANNEL, user=TEACHER, text="x")
    assert await refusal(whisper) == "user_not_in_channel"


async def test_history_tells_metadata_whole_only_when_asked(api):
    await api.chat_postMessage(channel=DSL_CHANNEL, text="x", metadata=METADATA)

    bare = await api.conversations_history(channel=DSL_CHANNEL)
    whole = await api.conversations_history(channel=DSL_CHANNEL, include_all_metadata=True)

    assert bare["messages"][0]["metadata"] == {"event_type": "sharecheck"}
    assert whole["messages"][0]["metadata"] == METADATA


async def test_history_comes_newest_first_page_by_page(api):
    stamps = [
        (await api.chat_postMessage(channel=DSL_CHANNEL, text=str(n)))["ts"] for n in range(5)
    ]

    first = await api.conversations_history(channel=DSL_CHANNEL, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    second = await api.conversations_history(channel=DSL_CHANNEL, limit=2, cursor=cursor)
    since = await api.conversations_history(channel=DSL_CHANNEL, oldest=stamps[3])
    inclusive = await api.conversations_history(
        channel=DSL_CHANNEL, oldest=stamps[3], inclusive=True
    )

    assert [m["text"] for m in first["messages"]] == ["4", "3"]
    assert first["has_more"]
    assert [m["text"] for m in second["messages"]] == ["2", "1"]
    assert [m["text"] for m in since["messages"]] == ["4"]
    assert [m["text"] for m in inclusive["messages"]] == ["4", "3"]


# People and channels


async def test_members_are_told_by_their_ids_and_guests_by_their_flags(api, school):
    school.add_user(User(id="U0OTHER0001", name="Other trust", team_id="T2", is_stranger=True))

    members = (await api.conversations_members(channel=DSL_CHANNEL))["members"]
    guest = (await api.users_info(user=GUEST))["user"]
    stranger = (await api.users_info(user="U0OTHER0001"))["user"]
    everyone = (await api.users_list())["members"]

    assert set(members) == {DSL, DEPUTY, GUEST, BOT}
    assert guest["is_restricted"]
    assert guest["is_ultra_restricted"]
    assert stranger["is_stranger"]
    assert stranger["team_id"] == "T2"
    assert {one["id"] for one in everyone} == set(school.users)


async def test_members_come_page_by_page(api):
    first = await api.conversations_members(channel=DSL_CHANNEL, limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await api.conversations_members(channel=DSL_CHANNEL, limit=3, cursor=cursor)

    assert (len(first["members"]), len(rest["members"])) == (3, 1)
    assert rest["response_metadata"]["next_cursor"] == ""


async def test_a_person_is_found_by_the_address_of_their_work(api):
    found = await api.users_lookupByEmail(email="Deputy.DSL@school.example")

    assert found["user"]["id"] == DEPUTY
    assert await refusal(api.users_lookupByEmail(email="x@y.example")) == "users_not_found"
    assert await refusal(api.users_info(user="U0NOBODY001")) == "user_not_found"


async def test_a_channel_says_whether_it_is_private_and_the_app_in_it(api):
    info = (await api.conversations_info(channel=DSL_CHANNEL))["channel"]

    assert (info["name"], info["is_private"], info["is_member"]) == ("dsl", True, True)


# Views


async def test_a_view_opens_once_for_the_person_of_the_trigger(api, school):
    trigger = school.dialogs.issue_trigger(TEACHER)

    answer = await api.views_open(trigger_id=trigger, view=modal())

    assert school.view_for(TEACHER).id == answer["view"]["id"]
    assert answer["view"]["hash"]
    again = api.views_open(trigger_id=trigger, view=modal())
    assert await refusal(again) == "exchanged_trigger_id"


async def test_a_view_that_breaks_a_limit_is_refused_with_its_faults_over_http(api, school):
    view = modal(title=plain("x" * 25))

    with pytest.raises(SlackApiError) as caught:
        await api.views_open(trigger_id=school.dialogs.issue_trigger(TEACHER), view=view)

    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] title.text: 25 characters, at most 24"
    ]


async def test_an_open_view_is_updated_unless_its_hash_is_stale(api, school):
    opened = await api.views_open(
        trigger_id=school.dialogs.issue_trigger(TEACHER), view=modal(external_id="e")
    )
    view_id, old = opened["view"]["id"], opened["view"]["hash"]

    await api.views_update(view_id=view_id, view=modal("two"), hash=old)

    assert school.view_for(TEACHER).body["blocks"][0]["text"]["text"] == "two"
    stale = api.views_update(view_id=view_id, view=modal("three"), hash=old)
    assert await refusal(stale) == "hash_conflict"
    assert await refusal(api.views_update(view_id="V9", view=modal())) == "not_found"


async def test_views_are_pushed_up_to_three(api, school):
    await api.views_open(trigger_id=school.dialogs.issue_trigger(TEACHER), view=modal())
    for _ in range(2):
        await api.views_push(trigger_id=school.dialogs.issue_trigger(TEACHER), view=modal())

    fourth = api.views_push(trigger_id=school.dialogs.issue_trigger(TEACHER), view=modal())

    assert await refusal(fourth) == "push_limit_reached"


async def test_a_home_page_is_published_for_one_person(api, school):
    await api.views_publish(user_id=DPO, view={"type": "home", "blocks": [SECTION]})

    assert school.homes[DPO].body["type"] == "home"
    unknown = api.views_publish(user_id="U0NOBODY001", view={"type": "home", "blocks": []})
    assert await refusal(unknown) == "user_not_found"


# Bad weather


async def test_a_rate_limit_says_how_long_to_wait_and_posts_nothing(api, school):
    school.conditions["chat.postMessage"].rate_limited = 1
    school.conditions["chat.postMessage"].retry_after = 7

    with pytest.raises(SlackApiError) as caught:
        await api.chat_postMessage(channel=DSL_CHANNEL, text="x")
    await api.chat_postMessage(channel=DSL_CHANNEL, text="y")

    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert school.texts_in(DSL_CHANNEL) == ["y"]
    assert [c.error for c in school.calls] == ["ratelimited", None]


async def test_a_workspace_that_is_down_changes_nothing(api, school):
    school.conditions[EVERY_METHOD].down = True

    with pytest.raises(SlackApiError) as caught:
        await api.chat_postMessage(channel=DSL_CHANNEL, text="x")
    school.conditions.clear()
    await api.chat_postMessage(channel=DSL_CHANNEL, text="y")

    assert caught.value.response.status_code == 503
    assert school.texts_in(DSL_CHANNEL) == ["y"]


async def test_a_dropped_answer_leaves_the_message_posted(api, school):
    school.conditions["chat.postMessage"].drop_after_accepting = 1

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.chat_postMessage(channel=DSL_CHANNEL, text="x")

    assert school.texts_in(DSL_CHANNEL) == ["x"]


async def test_the_default_client_posts_twice_after_a_dropped_answer(api, school):
    school.conditions["chat.postMessage"].drop_after_accepting = 1
    eager = AsyncWebClient(TOKEN, base_url=api.base_url)

    await eager.chat_postMessage(channel=DSL_CHANNEL, text="x")

    assert school.texts_in(DSL_CHANNEL) == ["x", "x"]


async def test_an_answer_of_500_may_hide_a_posted_message(api, school):
    school.conditions["chat.postMessage"].fail_after_accepting = 1

    with pytest.raises(SlackApiError) as caught:
        await api.chat_postMessage(channel=DSL_CHANNEL, text="x")

    assert caught.value.response.status_code == 500
    assert school.texts_in(DSL_CHANNEL) == ["x"]


async def test_refusals_can_be_ordered_and_are_no_faults(api, school):
    school.conditions["chat.postMessage"].refusals = ("is_archived", "internal_error")

    codes = [await refusal(api.chat_postMessage(channel=DSL_CHANNEL, text="x")) for _ in "12"]
    await api.chat_postMessage(channel=DSL_CHANNEL, text="y")

    assert codes == ["is_archived", "internal_error"]
    assert school.texts_in(DSL_CHANNEL) == ["y"]
    assert school.faults == []


async def test_latency_holds_every_answer_back_but_not_each_other(api, school):
    held = Held()
    held[EVERY_METHOD].latency = 3600
    school.conditions = held
    asking = [asyncio.create_task(api.auth_test()) for _ in range(10)]

    async with asyncio.timeout(10):
        while len(held.under_way) < 10:
            await asyncio.sleep(0.01)

    assert not any(one.done() for one in [*held.under_way, *asking])
    assert list(school.calls) == []
    for one in held.under_way:
        one.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


async def test_a_strict_workspace_takes_one_post_a_second_in_a_channel(api, school):
    school.strict_rate = True
    await api.chat_postMessage(channel=DSL_CHANNEL, text="one")

    with pytest.raises(SlackApiError) as caught:
        await api.chat_postMessage(channel=DSL_CHANNEL, text="two")
    await api.chat_postMessage(channel=TEACHER, text="elsewhere")

    assert caught.value.response.headers["Retry-After"] == "1"
    assert school.texts_in(DSL_CHANNEL) == ["one"]


def test_the_scopes_that_methods_need_are_named_as_slack_names_them():
    scopes = {scope for method in METHODS.values() for scope in method.scopes}

    assert scopes == {
        "chat:write",
        "channels:read",
        "channels:history",
        "groups:read",
        "groups:history",
        "im:read",
        "im:write",
        "im:history",
        "users:read",
        "users:read.email",
    }
