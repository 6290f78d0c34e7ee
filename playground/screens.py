"""What one person may see of the workspace, as the page draws it."""

from __future__ import annotations

from playground.residents import Channel, ChannelKind, Json, Message, User
from playground.workspace import Workspace


def draw_screen(workspace: Workspace, person: str) -> Json:
    """Everything on a person's screen, and nothing that they may not see."""
    channels = [c for c in workspace.channels_of(person) if _is_in(c, person)]
    dialog = workspace.view_for(person)
    home = workspace.homes.get(person)
    return {
        "team": {"id": workspace.team.id, "name": workspace.team.name},
        "me": person,
        "app": {"id": workspace.app.user_id, "name": workspace.users[workspace.app.user_id].name},
        "people": [_person(u) for u in workspace.users.values() if not (u.is_bot or u.deleted)],
        "channels": [_channel(workspace, channel, person) for channel in channels],
        "messages": {c.id: _messages(workspace, c, person) for c in channels},
        "view": dialog.as_payload() if dialog else None,
        "home": home.as_payload() if home else None,
        "home_enabled": workspace.app.has_home,
        "shortcuts": [
            {"name": one.name, "callback_id": one.callback_id, "type": one.kind.value}
            for one in workspace.app.shortcuts or ()
        ],
        "notices": [
            {"text": notice.text, "channel": notice.channel, "ts": notice.ts}
            for notice in workspace.notices
            if notice.person == person
        ],
        "version": workspace.version,
    }


def _is_in(channel: Channel, person: str) -> bool:
    return channel.kind is not ChannelKind.DIRECT or person in channel.members


def _person(user: User) -> Json:
    return {"id": user.id, "name": user.name, "guest": user.is_guest}


def _channel(workspace: Workspace, channel: Channel, person: str) -> Json:
    shape: Json = {
        "id": channel.id,
        "name": channel.name,
        "private": channel.kind is not ChannelKind.PUBLIC,
        "kind": "dm" if channel.kind is ChannelKind.DIRECT else "channel",
        "member": person in channel.members,
        "read_only": workspace.is_read_only(channel),
    }
    other = channel.other_than(person)
    if other:
        shape |= {"with": other, "name": workspace.users[other].name}
    return shape


def _messages(workspace: Workspace, channel: Channel, person: str) -> list[Json]:
    return [_message(workspace, m) for m in workspace.messages_for(person, channel.id)]


def _message(workspace: Workspace, message: Message) -> Json:
    return {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "user": message.user,
        "name": workspace.users[message.user].name,
        "bot": message.from_app,
        "text": message.text,
        "blocks": list(message.blocks),
        "edited": message.edited_ts is not None,
        "ephemeral": message.ephemeral_to is not None,
        "deleted": message.is_tombstone,
        "reply_count": len(workspace.replies(message.channel, message.ts)),
    }
