"""The pretend workspace: who sees what, what dialogs keep, how long a trigger lives."""

import asyncio

import pytest

from playground.hooks import Hooks
from playground.inputs import NoSuchInputError, complaints, fill
from playground.residents import Channel, ChannelKind, SlackRefusalError, User
from playground.school import (
    BOT,
    CHAIR,
    DEPUTY,
    DPO,
    DPO_CHANNEL,
    DSL,
    DSL_CHANNEL,
    GUEST,
    HEAD,
    OFFICE,
    STAFFROOM,
    TEACHER,
    open_school,
)
from playground.screens import draw_screen
from playground.typing_in import write_down


class Hand:
    """A clock moved by hand, in seconds."""

    def __init__(self, at=1_000.0):
        self.at = at

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def school(clock):
    return open_school(elapsed=clock)


def plain(text="Words"):
    return {"type": "plain_text", "text": text}


def radio(block_id, action_id="danger", values=("yes", "no"), **more):
    options = [{"text": plain(value), "value": value} for value in values]
    element = {"type": "radio_buttons", "action_id": action_id, "options": options, **more}
    return {"type": "input", "block_id": block_id, "label": plain(), "element": element}


def text_box(block_id, action_id="reason", **more):
    element = {"type": "plain_text_input", "action_id": action_id}
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(),
        "element": {**element, **more},
    }


def modal(*blocks, **more):
    return {
        "type": "modal",
        "title": plain("Page"),
        "submit": plain("Next"),
        "blocks": list(blocks) or [radio("q1")],
        **more,
    }


def refusal(call, *arguments, **named):
    with pytest.raises(SlackRefusalError) as caught:
        call(*arguments, **named)
    return caught.value.code


def chosen(dialog, block_id, action_id="danger"):
    option = dialog.values[block_id][action_id]["selected_option"]
    return option and option["value"]


# The school


def test_the_school_has_its_people_by_post_and_three_channels(school):
    assert {user.id: user.name for user in school.users.values() if not user.is_bot} == {
        TEACHER: "Class teacher",
        OFFICE: "School office",
        DSL: "DSL",
        DEPUTY: "Deputy DSL",
        HEAD: "Headteacher",
        CHAIR: "Chair of governors",
        DPO: "Data-protection lead",
        GUEST: "Supply agency (guest)",
    }
    assert {channel.name for channel in school.channels.values()} == {"staffroom", "dsl", "dpo"}
    assert school.channels[DSL_CHANNEL].members == {DSL, DEPUTY, GUEST, BOT}
    assert school.channels[DPO_CHANNEL].members == {DPO, HEAD, BOT}


def test_a_guest_knows_only_the_channels_they_are_in(school):
    assert [channel.id for channel in school.channels_of(GUEST)] == [DSL_CHANNEL]
    assert [channel.id for channel in school.channels_of(TEACHER)] == [STAFFROOM]
    assert refusal(school.channel_seen_by, STAFFROOM, GUEST) == "channel_not_found"


def test_a_private_channel_does_not_exist_for_those_outside_it(school):
    assert refusal(school.channel_seen_by, DSL_CHANNEL, TEACHER) == "channel_not_found"
    assert refusal(school.say, TEACHER, DSL_CHANNEL, "hello") == "channel_not_found"


def test_two_people_have_one_conversation(school):
    first = school.direct(TEACHER, BOT)

    assert first.id.startswith("D")
    assert school.direct(BOT, TEACHER) == first
    assert school.direct(BOT, DSL) != first


def test_the_app_cannot_write_to_someone_who_has_left_or_to_a_bot(school):
    school.add_user(User(id="U0GONE00001", name="Former head", deleted=True))

    assert refusal(school.direct_from_app, "U0GONE00001") == "user_disabled"
    assert refusal(school.direct_from_app, BOT) == "cannot_dm_bot"
    assert refusal(school.direct_from_app, "U0NOBODY001") == "user_not_found"


def test_the_manifest_decides_what_the_app_may_do(tmp_path):
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(
        "features: {slash_commands: [{command: /sharecheck}]}\n"
        "oauth_config: {scopes: {bot: [commands, chat:write]}}\n"
        "settings: {event_subscriptions: {bot_events: [app_mention]}}\n"
    )

    app = open_school(manifest=manifest).app

    assert app.may("chat:write")
    assert not app.may("users:read")
    assert app.hears("app_mention")
    assert not app.hears("message")
    assert app.answers_to("/sharecheck")
    assert not app.answers_to("/other")


# Messages


def test_stamps_rise_and_never_repeat_though_the_clock_stands_or_goes_back(clock):
    clock.at = 1_795_000_000.25
    school = open_school(now=clock)

    stamps = [school.stamp(), school.stamp()]
    clock.at -= 60
    stamps.append(school.stamp())

    assert stamps == ["1795000000.250000", "1795000000.250001", "1795000000.250002"]


def test_an_ephemeral_message_is_seen_by_its_person_and_kept_in_no_history(school):
    school.whisper(DSL, DSL_CHANNEL, "for you")

    assert [m.text for m in school.messages_for(DSL, DSL_CHANNEL)] == ["for you"]
    assert school.messages_for(DEPUTY, DSL_CHANNEL) == []
    assert school.history(DSL_CHANNEL) == []
    assert school.texts_in(DSL_CHANNEL) == []


def test_an_ephemeral_message_cannot_be_found_by_another_person(school):
    message = school.whisper(DSL, DSL_CHANNEL, "for you")

    assert school.find_message_seen_by(DSL, DSL_CHANNEL, message.ts) == message
    assert (
        refusal(school.find_message_seen_by, DEPUTY, DSL_CHANNEL, message.ts) == "message_not_found"
    )


def test_replies_stay_out_of_the_channels_history(school):
    root = school.say(DSL, DSL_CHANNEL, "root")
    reply = school.say(DEPUTY, DSL_CHANNEL, "reply", thread_ts=root.ts)

    assert school.history(DSL_CHANNEL) == [root]
    assert school.replies(DSL_CHANNEL, root.ts) == [reply]


def test_a_deleted_message_with_replies_leaves_a_tombstone(school):
    alone = school.say(DSL, DSL_CHANNEL, "alone")
    root = school.say(DSL, DSL_CHANNEL, "root")
    school.say(DSL, DSL_CHANNEL, "reply", thread_ts=root.ts)

    school.delete(alone)
    school.delete(root)

    assert school.texts_in(DSL_CHANNEL) == ["This message was deleted.", "reply"]
    assert refusal(school.find_posted, DSL_CHANNEL, root.ts) == "message_not_found"


def test_typed_text_is_escaped_and_names_become_mentions(school):
    typed = "<!channel> R&D @Sharecheck <@U0DSL00001> <@U0NOBODY001>"

    assert write_down(school, typed) == (
        "&lt;!channel&gt; R&amp;D <@U0BOT00001> <@U0DSL00001> &lt;@U0NOBODY001&gt;"
    )


async def test_whoever_waits_is_woken_by_a_change(school):
    waiting = asyncio.create_task(school.changed_since(school.version))
    await asyncio.sleep(0)
    assert not waiting.done()

    school.say(TEACHER, STAFFROOM, "news")

    async with asyncio.timeout(1):
        assert await waiting == school.version


# Triggers


def test_a_trigger_opens_one_view(school):
    trigger = school.dialogs.issue_trigger(TEACHER)

    assert school.dialogs.spend_trigger(trigger) == TEACHER
    assert refusal(school.dialogs.spend_trigger, trigger) == "exchanged_trigger_id"


def test_a_trigger_lives_three_seconds(school, clock):
    early, late = school.dialogs.issue_trigger(TEACHER), school.dialogs.issue_trigger(TEACHER)

    clock.at += 3.0
    assert school.dialogs.spend_trigger(early) == TEACHER
    clock.at += 0.1
    assert refusal(school.dialogs.spend_trigger, late) == "expired_trigger_id"


def test_an_invented_trigger_is_refused(school):
    assert refusal(school.dialogs.spend_trigger, "1.2.3") == "invalid_trigger_id"


# Response URLs


def test_a_response_url_lives_half_an_hour(school, clock):
    hooks = Hooks(school)
    token = hooks.issue(DSL, DSL_CHANNEL).rpartition("/")[2]

    clock.at += 1800
    hooks.answer(token, {"text": "in time"})
    clock.at += 1

    assert refusal(hooks.answer, token, {"text": "too late"}) == "expired_url"
    assert refusal(hooks.answer, "invented", {"text": "x"}) == "used_url"


# Dialogs


def test_a_view_gets_an_identity_and_what_it_left_out(school):
    view = modal({"type": "section", "text": {"type": "mrkdwn", "text": "Hi"}}, submit=None)

    body = school.dialogs.open(TEACHER, view).as_payload()

    assert body["id"].startswith("V")
    assert body["root_view_id"] == body["id"]
    assert body["previous_view_id"] is None
    assert body["private_metadata"] == body["callback_id"] == body["external_id"] == ""
    assert body["submit"] is None
    assert body["notify_on_close"] is False
    assert body["title"] == {"type": "plain_text", "text": "Page", "emoji": True}
    assert body["blocks"][0]["block_id"]
    assert body["state"] == {"values": {}}


def test_a_view_that_breaks_a_limit_is_refused_with_its_faults(school):
    with pytest.raises(SlackRefusalError) as caught:
        school.dialogs.open(TEACHER, modal(title=plain("x" * 25)))

    assert caught.value.code == "invalid_arguments"
    assert caught.value.messages == ("title.text: 25 characters, at most 24",)
    assert school.view_for(TEACHER) is None


def test_state_holds_every_input_of_the_view_filled_in_or_not(school):
    accessory = {"type": "users_select", "action_id": "who"}
    section = {"type": "section", "block_id": "s", "text": plain(), "accessory": accessory}
    first = {"text": plain("no"), "value": "no"}
    blocks = (
        radio("q1"),
        radio("q2", initial_option=first),
        text_box("t", initial_value="x"),
        section,
    )

    values = school.dialogs.open(TEACHER, modal(*blocks)).as_payload()["state"]["values"]

    assert values["q1"]["danger"] == {"type": "radio_buttons", "selected_option": None}
    assert values["q2"]["danger"]["selected_option"]["value"] == "no"
    assert values["t"]["reason"] == {"type": "plain_text_input", "value": "x"}
    assert values["s"]["who"] == {"type": "users_select", "selected_user": None}


def test_an_answer_outlives_an_update_where_both_ids_stay(school):
    dialog = school.dialogs.open(TEACHER, modal(radio("q1"), radio("q2"), text_box("t")))
    answers = fill({"blocks": [radio("q1"), text_box("t")]}, {"danger": "yes", "reason": "typed"})
    school.dialogs.keep_values(dialog.id, answers)
    first = {"text": plain("no"), "value": "no"}

    updated = school.dialogs.update(
        dialog.id, modal(radio("q1", initial_option=first), radio("page-2"), text_box("t", "why"))
    )

    assert chosen(updated, "q1") == "yes"
    assert chosen(updated, "page-2") is None
    assert updated.values["t"] == {"why": {"type": "plain_text_input", "value": None}}
    assert set(updated.values) == {"q1", "page-2", "t"}


def test_an_answer_that_is_no_longer_offered_is_forgotten(school):
    dialog = school.dialogs.open(TEACHER, modal(radio("q1")))
    school.dialogs.keep_values(dialog.id, fill(dialog.body, {"danger": "yes"}))

    updated = school.dialogs.update(dialog.id, modal(radio("q1", values=("no", "unsure"))))

    assert chosen(updated, "q1") is None


def test_values_of_blocks_that_are_not_in_the_view_are_not_kept(school):
    dialog = school.dialogs.open(TEACHER, modal(radio("q1")))

    kept = school.dialogs.keep_values(dialog.id, fill({"blocks": [radio("old")]}, {"danger": "no"}))

    assert set(kept.values) == {"q1"}


def test_an_update_changes_the_hash_and_keeps_the_identity(school):
    dialog = school.dialogs.open(TEACHER, modal())

    updated = school.dialogs.update(dialog.id, modal(radio("q2")), dialog.body["hash"])

    assert updated.id == dialog.id
    assert updated.body["hash"] != dialog.body["hash"]
    assert (
        refusal(school.dialogs.update, dialog.id, modal(), dialog.body["hash"]) == "hash_conflict"
    )


def test_three_views_may_lie_on_one_another(school):
    root = school.dialogs.open(TEACHER, modal())
    school.dialogs.push(TEACHER, modal())
    top = school.dialogs.push(TEACHER, modal())

    assert top.body["root_view_id"] == root.id
    assert refusal(school.dialogs.push, TEACHER, modal()) == "push_limit_reached"


def test_closing_shows_the_view_below(school):
    root = school.dialogs.open(TEACHER, modal())
    top = school.dialogs.push(TEACHER, modal())

    school.dialogs.close(TEACHER, top.id)

    assert school.view_for(TEACHER) == root
    assert refusal(school.dialogs.update, top.id, modal()) == "not_found"


def test_an_external_id_names_one_open_view(school):
    school.dialogs.open(TEACHER, modal(external_id="case"))

    person, _ = school.dialogs.find(None, "case")

    assert person == TEACHER
    assert refusal(school.dialogs.open, DSL, modal(external_id="case")) == "duplicate_external_id"


# Filling in


def test_plain_answers_become_state_values():
    checkboxes = {
        "type": "checkboxes",
        "action_id": "who",
        "options": [{"text": plain("A"), "value": "a"}, {"text": plain("B"), "value": "b"}],
    }
    people = {"type": "multi_users_select", "action_id": "people"}
    view = modal(
        radio("q1"),
        text_box("t"),
        {"type": "input", "block_id": "c", "label": plain(), "element": checkboxes},
        {"type": "input", "block_id": "p", "label": plain(), "element": people},
    )

    values = fill(view, {"danger": None, "reason": "text", "who": ["b"], "people": [DSL]})

    assert values == {
        "q1": {"danger": {"type": "radio_buttons", "selected_option": None}},
        "t": {"reason": {"type": "plain_text_input", "value": "text"}},
        "c": {
            "who": {"type": "checkboxes", "selected_options": [{"text": plain("B"), "value": "b"}]}
        },
        "p": {"people": {"type": "multi_users_select", "selected_users": [DSL]}},
    }


@pytest.mark.parametrize("answers", [{"other": "yes"}, {"danger": "perhaps"}])
def test_what_a_view_does_not_offer_cannot_be_filled_in(answers):
    with pytest.raises(NoSuchInputError):
        fill(modal(), answers)


def test_slack_itself_asks_for_required_answers_and_lengths(school):
    optional = {**text_box("o", "more"), "optional": True}
    blocks = (radio("q1"), text_box("t", min_length=5), text_box("u", "up", max_length=3), optional)
    dialog = school.dialogs.open(TEACHER, modal(*blocks))
    values = fill(dialog.body, {"reason": "abc", "up": "abcd"})

    kept = school.dialogs.keep_values(dialog.id, values)

    assert complaints(kept.body, kept.values) == {
        "q1": "Please complete this required field.",
        "t": "Please use at least 5 characters.",
        "u": "Please use at most 3 characters.",
    }


# Screens


def test_a_screen_shows_what_one_person_may_see_and_nothing_else(school):
    school.say(TEACHER, STAFFROOM, "in the staffroom")
    school.say(DSL, DSL_CHANNEL, "in the DSL channel")
    school.whisper(OFFICE, STAFFROOM, "for the office")
    direct = school.direct(BOT, TEACHER)
    school.say(BOT, direct.id, "for the teacher")
    school.dialogs.open(TEACHER, modal())
    school.notify(TEACHER, "an error")

    teacher, guest = draw_screen(school, TEACHER), draw_screen(school, GUEST)

    assert [c["id"] for c in teacher["channels"]] == [STAFFROOM, direct.id]
    assert [m["text"] for m in teacher["messages"][STAFFROOM]] == ["in the staffroom"]
    assert teacher["messages"][direct.id][0]["bot"]
    assert teacher["channels"][1]["with"] == BOT
    assert teacher["channels"][1]["kind"] == "dm"
    assert teacher["view"]["state"]["values"]
    assert [notice["text"] for notice in teacher["notices"]] == ["an error"]
    assert [c["id"] for c in guest["channels"]] == [DSL_CHANNEL]
    assert guest["view"] is None
    assert guest["notices"] == []
    assert "for the" not in str(guest)


def test_people_on_a_screen_are_those_who_work_there(school):
    school.add_user(User(id="U0GONE00001", name="Former head", deleted=True))

    people = draw_screen(school, TEACHER)["people"]

    assert {"id": GUEST, "name": "Supply agency (guest)", "guest": True} in people
    assert {"U0GONE00001", BOT}.isdisjoint(one["id"] for one in people)


def test_a_channel_that_someone_leaves_is_gone_from_their_screen(school):
    school.add_channel(Channel("C0HEAD00001", "head", ChannelKind.PRIVATE, frozenset({HEAD})))
    school.invite("C0HEAD00001", CHAIR)
    assert "C0HEAD00001" in draw_screen(school, CHAIR)["messages"]

    school.remove("C0HEAD00001", CHAIR)

    assert "C0HEAD00001" not in draw_screen(school, CHAIR)["messages"]
