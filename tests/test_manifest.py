"""The Slack manifest asks for what the code uses, and for nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

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
    "users_info": {"users:read"},
    "users_lookupByEmail": {"users:read", "users:read.email"},
    "views_open": set(),
    "views_publish": set(),
    "views_update": set(),
}
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


def test_the_scopes_are_exactly_those_of_the_methods_called_and_the_command(manifest):
    needed = {"commands"}.union(*(SCOPES[method] for method in called_methods()))

    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed
    assert "user" not in manifest["oauth_config"]["scopes"]


def test_scopes_are_in_order_and_none_is_there_twice(manifest):
    scopes = manifest["oauth_config"]["scopes"]["bot"]

    assert scopes == sorted(set(scopes))


def test_events_and_shortcuts_are_there_only_if_the_code_listens_to_them(manifest):
    heard = listeners()

    assert ("event_subscriptions" in manifest["settings"]) == ("event" in heard)
    assert ("shortcuts" in manifest["features"]) == ("shortcut" in heard)
    assert "message" not in heard


def test_dialogs_and_buttons_work_when_the_code_listens_to_them(manifest):
    wanted = listeners() & {"action", "view_submission", "view_closed"}

    assert manifest["settings"]["interactivity"]["is_enabled"] == bool(wanted)


def test_the_command_and_its_words_are_those_that_the_help_speaks_of(manifest):
    (command,) = manifest["features"]["slash_commands"]
    help_text = (ROOT / "templates/help/slack.json.j2").read_text()

    assert command["command"] == "/sharecheck"
    for word in command["usage_hint"].strip("[]").split(" | "):
        assert f"`/sharecheck {word}`" in help_text


def test_people_cannot_type_to_the_bot(manifest):
    home = manifest["features"]["app_home"]

    assert home["messages_tab_enabled"]
    assert home["messages_tab_read_only_enabled"]


def test_everything_comes_to_one_address_over_http(manifest):
    (command,) = manifest["features"]["slash_commands"]

    assert manifest["settings"]["socket_mode_enabled"] is False
    assert command["url"] == "https://sharecheck.example/slack/events"
    assert manifest["settings"]["interactivity"]["request_url"] == command["url"]


def test_texts_keep_to_the_lengths_that_slack_allows(manifest):
    shown = manifest["display_information"]
    (command,) = manifest["features"]["slash_commands"]

    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 < len(shown["long_description"]) <= 4000
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
