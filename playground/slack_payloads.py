"""The bodies of what Slack sends to an app, field for field."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping
from secrets import token_hex
from urllib.parse import urlencode

from playground.dialogs import Dialog
from playground.inputs import FORMS, Values
from playground.residents import Channel, ChannelKind, Json, Message
from playground.shapes import describe_message
from playground.workspace import Workspace

VERIFICATION_TOKEN = "pretend-verification-token"  # noqa: S105 - real ones are deprecated too
_CHANNEL_NAMES = {ChannelKind.DIRECT: "directmessage", ChannelKind.PRIVATE: "privategroup"}


class Payloads:
    """Builds what Slack sends, from the state of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._event_numbers = itertools.count(1)

    def slash_command(
        self, person: str, channel: Channel, command: str, text: str, response_url: str
    ) -> bytes:
        """The form of a slash command, with a new trigger id."""
        workspace = self._workspace
        return encode_form(
            {
                "token": VERIFICATION_TOKEN,
                "team_id": workspace.team.id,
                "team_domain": workspace.team.domain,
                "channel_id": channel.id,
                "channel_name": _CHANNEL_NAMES.get(channel.kind, channel.name),
                "user_id": person,
                "user_name": workspace.users[person].handle,
                "command": command,
                "text": text,
                "api_app_id": workspace.app.id,
                "is_enterprise_install": "false",
                "response_url": response_url,
                "trigger_id": workspace.dialogs.issue_trigger(person),
            }
        )

    def view_submission(self, person: str, dialog: Dialog) -> bytes:
        """The payload of a submitted dialog, with a new trigger id."""
        return self._interaction(
            "view_submission",
            person,
            trigger_id=self._workspace.dialogs.issue_trigger(person),
            view=dialog.as_payload(),
            response_urls=[],
        )

    def view_closed(self, person: str, dialog: Dialog, *, is_cleared: bool) -> bytes:
        """The payload of a closed dialog; it carries no trigger id."""
        view = dialog.as_payload()
        return self._interaction("view_closed", person, view=view, is_cleared=is_cleared)

    def view_action(self, person: str, dialog: Dialog, action: Json) -> bytes:
        """The payload of something pressed or picked in a dialog or on a home page."""
        return self._interaction(
            "block_actions",
            person,
            container={"type": "view", "view_id": dialog.id},
            trigger_id=self._workspace.dialogs.issue_trigger(person),
            view=dialog.as_payload(),
            actions=[action],
        )

    def message_action(
        self, person: str, message: Message, action: Json, values: Values, response_url: str
    ) -> bytes:
        """The payload of something pressed on a message."""
        workspace = self._workspace
        channel = workspace.channels[message.channel]
        shown = {}
        if message.ephemeral_to is None:
            shown = {"message": describe_message(workspace, message, with_metadata=False)}
        return self._interaction(
            "block_actions",
            person,
            container=_container(message),
            trigger_id=workspace.dialogs.issue_trigger(person),
            channel={"id": channel.id, "name": _CHANNEL_NAMES.get(channel.kind, channel.name)},
            state={"values": values},
            response_url=response_url,
            actions=[action],
            **shown,
        )

    def shortcut(self, person: str, callback_id: str) -> bytes:
        """The payload of a global shortcut: where it was used is not told, nor any response URL."""
        return self._shortcut("shortcut", person, callback_id)

    def message_shortcut(
        self, person: str, message: Message, callback_id: str, response_url: str
    ) -> bytes:
        """The payload of a shortcut in a message's menu, with the whole message."""
        workspace = self._workspace
        channel = workspace.channels[message.channel]
        return self._shortcut(
            "message_action",
            person,
            callback_id,
            channel={"id": channel.id, "name": _CHANNEL_NAMES.get(channel.kind, channel.name)},
            message_ts=message.ts,
            message=describe_message(workspace, message, with_metadata=False),
            response_url=response_url,
        )

    def event(self, event: Json) -> bytes:
        """The JSON of an event, with an id that its retries keep."""
        workspace = self._workspace
        authorization = {
            "enterprise_id": None,
            "team_id": workspace.team.id,
            "user_id": workspace.app.user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        envelope = {
            "token": VERIFICATION_TOKEN,
            "team_id": workspace.team.id,
            "context_team_id": workspace.team.id,
            "context_enterprise_id": None,
            "api_app_id": workspace.app.id,
            "event": {"event_ts": workspace.stamp(), **event},
            "type": "event_callback",
            "event_id": f"Ev{next(self._event_numbers):08d}",
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
            "event_context": f"4-{token_hex(8)}",
        }
        return json.dumps(envelope).encode()

    def _shortcut(self, kind: str, person: str, callback_id: str, **fields: object) -> bytes:
        workspace = self._workspace
        payload = {
            **self._who(kind, person),
            "callback_id": callback_id,
            "trigger_id": workspace.dialogs.issue_trigger(person),
            "action_ts": workspace.stamp(),
            **fields,
        }
        return encode_form({"payload": json.dumps(payload)})

    def _interaction(self, kind: str, person: str, **fields: object) -> bytes:
        who = self._who(kind, person)
        payload = {**who, "api_app_id": self._workspace.app.id, **fields}
        return encode_form({"payload": json.dumps(payload)})

    def _who(self, kind: str, person: str) -> Json:
        workspace = self._workspace
        user = workspace.users[person]
        return {
            "type": kind,
            "team": {"id": workspace.team.id, "domain": workspace.team.domain},
            "user": {
                "id": user.id,
                "username": user.handle,
                "name": user.handle,
                "team_id": user.team_id or workspace.team.id,
            },
            "token": VERIFICATION_TOKEN,
            "enterprise": None,
            "is_enterprise_install": False,
        }


def describe_action(block_id: str, element: Json, value: Json | None, ts: str) -> Json:
    """One entry of `actions`: a button with its value, or an input with what was picked."""
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block_id,
        "action_ts": ts,
    }
    if element["type"] in FORMS:
        form = FORMS[element["type"]]
        return {**action, form.key: (value or {}).get(form.key)}
    if element["type"] == "overflow":
        return {**action, "selected_option": (value or {}).get("selected_option")}
    kept = ("text", "value", "style", "url")
    return {**action, **{name: element[name] for name in kept if name in element}}


def encode_form(fields: Mapping[str, str]) -> bytes:
    """A form as the body of a request."""
    return urlencode(fields).encode()


def _container(message: Message) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return container
