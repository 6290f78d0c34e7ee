"""The Slack manifest asks for what the code uses, and for nothing else."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

from bot.cards import Renderer
from bot.chat import Card
from handlers import slack_ways

ROOT = Path(__file__).parent.parent
EDGES = sorted((ROOT / "handlers").glob("slack*.py"))
# Scopes of each Web API method, as docs.slack.dev lists them for what the product does with it:
# review channels are private, everything else is one-to-one.
SCOPES = {
    "auth_test": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"groups:history", "im:history"},
    "conversations_members": {"groups:read"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"groups:history", "im:history"},
    # The address comes with the profile, and says who is the same person on Teams.
    "users_info": {"users:read", "users:read.email"},
    "users_lookupByEmail": {"users:read", "users:read.email"},
    "views_open": set(),
    "views_publish": set(),
    "views_update": set(),
}
# Scopes of each event, as docs.slack.dev lists them. `message` events are left out on purpose.
EVENT_SCOPES = {"app_home_opened": set(), "app_mention": {"app_mentions:read"}}
ADDRESSED = re.compile(r"^\s*(?:-\s)?\w*url:", re.MULTILINE)
LISTENERS = {
    "action", "command", "event", "message", "options", "shortcut", "view_closed",
    "view_submission",
}  # fmt: skip


@pytest.fixture(scope="module")
def manifest():
    return yaml.safe_load((ROOT / "manifest.yaml").read_text())


def trees():
    return [ast.parse(path.read_text()) for path in EDGES]


def called_methods():
    """Names of what is called, or handed over to be called, on something named `client`."""
    return {
        node.attr
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and getattr(node.value, "attr", getattr(node.value, "id", "")) == "client"
        and "_" in node.attr
    }


def listeners():
    """The kinds of payload that are listened to on something named `app`."""
    return {
        node.func.attr
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and getattr(node.func.value, "attr", getattr(node.func.value, "id", "")) in {"app", "_app"}
        and node.func.attr in LISTENERS
    }


def test_the_edge_is_there_to_compare_with():
    assert {path.name for path in EDGES} >= {"slack.py", "slack_chat.py"}
    assert "chat_postMessage" in called_methods()
    assert "command" in listeners()


def test_every_method_that_is_called_has_its_scopes_known():
    assert called_methods() - set(SCOPES) == set()


def test_every_event_that_is_heard_has_its_scopes_known():
    assert set(slack_ways.EVENTS) - set(EVENT_SCOPES) == set()


def test_the_scopes_are_exactly_those_of_the_methods_events_and_the_command(manifest):
    of_methods = (SCOPES[method] for method in called_methods())
    of_events = (EVENT_SCOPES[event] for event in slack_ways.EVENTS)
    needed = {"commands"}.union(*of_methods, *of_events)

    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed
    assert "user" not in manifest["oauth_config"]["scopes"]


def test_scopes_are_in_order_and_none_is_there_twice(manifest):
    scopes = manifest["oauth_config"]["scopes"]["bot"]

    assert scopes == sorted(set(scopes))


def test_the_events_subscribed_to_are_just_those_that_the_code_hears(manifest):
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]

    assert "event" in listeners()
    assert subscribed == sorted(slack_ways.EVENTS)


def test_no_message_is_ever_heard_but_one_that_mentions_the_bot(manifest):
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]

    assert "message" not in listeners()
    assert not [event for event in subscribed if event.startswith("message")]
    assert "user_events" not in manifest["settings"]["event_subscriptions"]


def test_the_shortcuts_offered_are_just_those_that_the_code_answers(manifest):
    offered = manifest["features"]["shortcuts"]

    assert "shortcut" in listeners()
    assert {one["callback_id"]: one["type"] for one in offered} == {
        "check": "global",
        "check_message": "message",
    }
    assert {one["callback_id"] for one in offered} == set(slack_ways.SHORTCUTS)


def help_on_slack():
    card = Card("help", {"numbers": None, "school": "Pretend School", "posts": []})
    return json.dumps(Renderer().render(card), ensure_ascii=False)


def test_the_shortcuts_have_the_name_that_the_help_speaks_of(manifest):
    help_text = help_on_slack()

    for one in manifest["features"]["shortcuts"]:
        assert f"*{one['name']}*" in help_text


def test_dialogs_and_buttons_work_when_the_code_listens_to_them(manifest):
    wanted = listeners() & {"action", "view_submission", "view_closed"}

    assert manifest["settings"]["interactivity"]["is_enabled"] == bool(wanted)


def test_the_command_and_its_words_are_those_that_the_help_speaks_of(manifest):
    (command,) = manifest["features"]["slash_commands"]
    help_text = help_on_slack()

    assert command["command"] == "/sharecheck"
    for word in command["usage_hint"].strip("[]").split(" | "):
        assert f"`/sharecheck {word}`" in help_text


def test_people_cannot_type_to_the_bot(manifest):
    home = manifest["features"]["app_home"]

    assert home["messages_tab_enabled"]
    assert home["messages_tab_read_only_enabled"]


def test_the_home_page_is_on_where_the_code_hears_that_it_was_opened(manifest):
    home = manifest["features"]["app_home"]

    assert home["home_tab_enabled"] == ("app_home_opened" in slack_ways.EVENTS)


def test_everything_comes_through_a_socket_so_that_no_address_is_named(manifest):
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert ADDRESSED.findall((ROOT / "manifest.yaml").read_text()) == []


def test_texts_keep_to_the_lengths_that_slack_allows(manifest):
    shown = manifest["display_information"]
    (command,) = manifest["features"]["slash_commands"]

    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 < len(shown["long_description"]) <= 4000
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
    for shortcut in manifest["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
        assert len(shortcut["callback_id"]) <= 255
