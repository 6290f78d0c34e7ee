"""Users, channels and messages in the shapes that Slack gives them in JSON."""

from __future__ import annotations

from playground.residents import Channel, ChannelKind, Json, Message, User
from playground.workspace import Workspace


def describe_user(workspace: Workspace, user: User, *, with_email: bool) -> Json:
    """A user as `users.info` gives it; the address only to an app granted `users:read.email`."""
    profile: Json = {
        "real_name": user.name,
        "real_name_normalized": user.name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "team": user.team_id or workspace.team.id,
    }
    if with_email and user.email:
        profile["email"] = user.email
    return {
        "id": user.id,
        "team_id": user.team_id or workspace.team.id,
        "name": user.handle,
        "real_name": user.name,
        "deleted": user.deleted,
        "tz": "Europe/London",
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted or user.is_ultra_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        **({"is_stranger": True} if user.is_stranger else {}),
    }


def describe_channel(channel: Channel, app_user: str) -> Json:
    """A channel as `conversations.info` gives it."""
    if channel.kind is ChannelKind.DIRECT:
        return {
            "id": channel.id,
            "is_im": True,
            "is_archived": channel.is_archived,
            "user": channel.other_than(app_user),
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.kind is ChannelKind.PRIVATE,
        "is_archived": channel.is_archived,
        "is_member": app_user in channel.members,
        "is_ext_shared": False,
    }


def describe_message(workspace: Workspace, message: Message, *, with_metadata: bool) -> Json:
    """A message as `conversations.history` and interaction payloads give it."""
    shape: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": workspace.team.id,
    }
    if message.is_tombstone:
        shape |= {"subtype": "tombstone", "user": "USLACKBOT", "hidden": True}
    if message.from_app and not message.is_tombstone:
        shape |= _app_fields(workspace)
    if message.blocks:
        shape["blocks"] = list(message.blocks)
    if message.edited_ts:
        shape["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.metadata:
        kept = message.metadata if with_metadata else {"event_type": message.metadata["event_type"]}
        shape["metadata"] = kept
    return {**shape, **_thread_fields(workspace, message)}


def describe_event(workspace: Workspace, message: Message) -> Json:
    """A person's message as events tell of it, whoever else is in the channel.

    Somebody of another organisation is told by `user_team`, which is left out for one's own.
    """
    user = workspace.users[message.user]
    team = user.team_id or workspace.team.id
    event: Json = {
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "channel": message.channel,
        "team": team,
        "event_ts": message.ts,
    }
    if message.blocks:
        event["blocks"] = list(message.blocks)
    if user.is_stranger:
        event |= {"user_team": team, "source_team": team}
    return {**event, **_thread_fields(workspace, message)} if message.is_reply else event


def _app_fields(workspace: Workspace) -> Json:
    app = workspace.app
    profile = {
        "id": app.bot_id,
        "app_id": app.id,
        "user_id": app.user_id,
        "name": workspace.users[app.user_id].name,
        "deleted": False,
        "team_id": workspace.team.id,
    }
    return {"bot_id": app.bot_id, "app_id": app.id, "bot_profile": profile}


def _thread_fields(workspace: Workspace, message: Message) -> Json:
    if message.is_reply:
        root = workspace.find_root(message)
        parent = {"parent_user_id": root.user} if root else {}
        return {"thread_ts": message.thread_ts, **parent}
    replies = workspace.replies(message.channel, message.ts)
    if not replies:
        return {}
    people = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "reply_users": people,
        "latest_reply": replies[-1].ts,
    }
