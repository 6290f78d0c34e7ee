"""The Web API's methods that change something: messages, dialogs, home pages."""

from __future__ import annotations

import re
import time
from typing import Any

from playground.arguments import Arguments
from playground.dialogs import Dialog
from playground.residents import (
    Channel,
    ChannelKind,
    Json,
    Message,
    RateLimitedError,
    SlackRefusalError,
)
from playground.shapes import describe_message
from playground.slack_limits import faults
from playground.workspace import Workspace

_TIMESTAMP = re.compile(r"\d{10}\.\d{6}")


def post_message(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.postMessage`: to a channel the app is in, or to a person's conversation."""
    channel = _place_to_post(workspace, arguments.required("channel"))
    content = _content(arguments)
    thread_ts = _thread(workspace, channel, arguments.text("thread_ts"))
    _keep_to_the_rate(workspace, channel)
    message = Message(
        channel=channel.id,
        ts=workspace.stamp(),
        user=workspace.app.user_id,
        text=content["text"],
        blocks=content["blocks"] or (),
        thread_ts=thread_ts,
        from_app=True,
        metadata=_metadata(arguments),
        in_channel_too=arguments.flag("reply_broadcast"),
    )
    shape = describe_message(workspace, workspace.post(message), with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


def post_ephemeral(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.postEphemeral`: one person sees it, no history keeps it."""
    channel = _place_to_post(workspace, arguments.required("channel"))
    person = arguments.required("user")
    if person not in workspace.users or person not in channel.members:
        raise SlackRefusalError("user_not_in_channel")
    content = _content(arguments)
    thread_ts = _thread(workspace, channel, arguments.text("thread_ts"))
    message = workspace.whisper(
        person, channel.id, content["text"], blocks=content["blocks"] or (), thread_ts=thread_ts
    )
    return {"message_ts": message.ts}


def update_message(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.update`: the app's own messages only; parts that are not named stay."""
    channel = _known(workspace, arguments.required("channel"))
    message = workspace.find_posted(channel.id, arguments.required("ts"))
    if not message.from_app:
        raise SlackRefusalError("cant_update_message")
    content = _content(arguments)
    changes: Json = {"text": content["text"]}
    if content["blocks"] is not None:
        changes["blocks"] = content["blocks"]
    if arguments.json("metadata") is not None:
        changes["metadata"] = _metadata(arguments)
    edited = workspace.edit(message, **changes)
    shape = describe_message(workspace, edited, with_metadata=True)
    return {"channel": channel.id, "ts": edited.ts, "text": edited.text, "message": shape}


def delete_message(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.delete`: the app's own messages only."""
    channel = _known(workspace, arguments.required("channel"))
    message = workspace.find_posted(channel.id, arguments.required("ts"))
    if not message.from_app:
        raise SlackRefusalError("cant_delete_message")
    workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def open_socket(workspace: Workspace, _: Arguments) -> Json:
    """`apps.connections.open`: an address that takes one socket of the app's."""
    return {"url": workspace.sockets.issue_url()}


def open_view(workspace: Workspace, arguments: Arguments) -> Json:
    """`views.open`: a first dialog, for the person of a trigger."""
    person = workspace.dialogs.spend_trigger(arguments.required("trigger_id"))
    return _shown(workspace, workspace.dialogs.open(person, arguments.view()))


def push_view(workspace: Workspace, arguments: Arguments) -> Json:
    """`views.push`: a dialog on top of the one that is open, three at most."""
    person = workspace.dialogs.spend_trigger(arguments.required("trigger_id"))
    return _shown(workspace, workspace.dialogs.push(person, arguments.view()))


def update_view(workspace: Workspace, arguments: Arguments) -> Json:
    """`views.update`: another content for an open dialog, if its hash is still the one named."""
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if not view_id and not external_id:
        raise SlackRefusalError("invalid_arguments", ("view_id or external_id is required",))
    _, dialog = workspace.dialogs.find(view_id, external_id)
    new = workspace.dialogs.update(dialog.id, arguments.view(), arguments.text("hash"))
    return _shown(workspace, new)


def publish_view(workspace: Workspace, arguments: Arguments) -> Json:
    """`views.publish`: a person's home page."""
    person = arguments.required("user_id")
    before = workspace.homes.get(person)
    expected = arguments.text("hash")
    if expected and before and before.body["hash"] != expected:
        raise SlackRefusalError("hash_conflict")
    return _shown(workspace, workspace.show_home(person, arguments.view()))


def _shown(workspace: Workspace, dialog: Dialog) -> Json:
    workspace.touch()
    return {"view": {**dialog.body, "state": {"values": {}}}}


def _place_to_post(workspace: Workspace, name: str) -> Channel:
    app = workspace.app
    if name in workspace.users:
        return workspace.direct_from_app(name)
    channel = _known(workspace, name)
    if app.user_id not in channel.members:
        _join_by_scope(workspace, channel)
    if channel.is_archived:
        raise SlackRefusalError("is_archived")
    return channel


def _join_by_scope(workspace: Workspace, channel: Channel) -> None:
    may_post_anywhere = workspace.app.scopes and workspace.app.may("chat:write.public")
    if channel.kind is not ChannelKind.PUBLIC or not may_post_anywhere:
        raise SlackRefusalError("not_in_channel")


def _known(workspace: Workspace, name: str) -> Channel:
    """A channel by id, or by `#name` where it is public or the app is in it."""
    by_name = {channel.name: channel.id for channel in workspace.channels.values()}
    wanted = by_name.get(name.removeprefix("#"), name)
    return workspace.channel_seen_by(wanted, workspace.app.user_id)


def _thread(workspace: Workspace, channel: Channel, thread_ts: str | None) -> str | None:
    """The thread of a reply.

    Slack takes a reply to nothing, and shows it nowhere: here that is a fault.
    """
    if thread_ts is None:
        return None
    if not _TIMESTAMP.fullmatch(thread_ts):
        raise SlackRefusalError("invalid_thread_ts", (f"{thread_ts} is not a valid thread_ts",))
    root = next((m for m in workspace.messages[channel.id] if m.ts == thread_ts), None)
    if root is None or root.ephemeral_to:
        workspace.note_fault(f"thread_ts {thread_ts} is no message: the reply is seen nowhere")
        return thread_ts
    if root.is_reply:
        workspace.note_fault(f"thread_ts {thread_ts} is a reply, not the start of a thread")
    return root.thread_ts or root.ts


def _content(arguments: Arguments) -> Json:
    text = arguments.text("text") or ""
    blocks = arguments.json("blocks")
    payload = {"text": text, "blocks": blocks, "metadata": arguments.json("metadata")}
    found = faults("message", {k: v for k, v in payload.items() if v is not None})
    if found:
        raise SlackRefusalError(_error_code(found), tuple(found))
    if not text and not blocks:
        raise SlackRefusalError("no_text")
    return {"text": text, "blocks": None if blocks is None else tuple(blocks)}


def _error_code(found: list[str]) -> str:
    if any(fault.startswith("text:") for fault in found):
        return "msg_too_long"
    if any(fault.startswith("metadata") for fault in found):
        return "invalid_metadata_format"
    return "invalid_blocks"


def _metadata(arguments: Arguments) -> Any:
    return arguments.json("metadata") or None


def _keep_to_the_rate(workspace: Workspace, channel: Channel) -> None:
    if workspace.strict_rate:
        wait = workspace.seconds_too_soon(channel.id, time.monotonic())
        if wait:
            raise RateLimitedError(wait)
