"""The Web API's methods that look something up: conversations and users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from playground.arguments import Arguments
from playground.residents import Channel, ChannelKind, Json, Message, SlackRefusalError
from playground.shapes import describe_channel, describe_message, describe_user
from playground.workspace import Workspace

PAGE = 100
LONGEST_PAGE = 999
_FAMILIES = {
    ChannelKind.PUBLIC: "channels",
    ChannelKind.PRIVATE: "groups",
    ChannelKind.DIRECT: "im",
}
Item = TypeVar("Item")


def identify(workspace: Workspace, _: Arguments) -> Json:
    """`auth.test`: who the token belongs to."""
    app, team = workspace.app, workspace.team
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": workspace.users[app.user_id].handle,
        "team_id": team.id,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def open_conversation(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.open`: the app's conversation with one person."""
    people = [one for one in (arguments.text("users") or "").split(",") if one]
    if not people:
        channel = _known(workspace, arguments.required("channel"))
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    if len(people) > 1:
        raise SlackRefusalError("not_enough_users", ("group conversations are not kept here",))
    before = len(workspace.channels)
    channel = workspace.direct_from_app(people[0])
    known = {"no_op": True, "already_open": True} if len(workspace.channels) == before else {}
    shape = describe_channel(channel, workspace.app.user_id)
    return {"channel": shape if arguments.flag("return_im") else {"id": channel.id}, **known}


def describe_conversation(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.info`."""
    channel = _readable(workspace, arguments, "read")
    return {"channel": describe_channel(channel, workspace.app.user_id)}


def list_members(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.members`: everyone in a channel, bots included, page by page."""
    channel = _readable(workspace, arguments, "read")
    page, rest = _page(sorted(channel.members), arguments)
    return {"members": page, **rest}


def read_history(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.history`: newest first, replies and ephemeral messages left out."""
    channel = _readable(workspace, arguments, "history")
    _refuse_outsiders(workspace, channel)
    within = [m for m in workspace.history(channel.id) if _is_within(m, arguments)]
    page, rest = _page(within[::-1], arguments)
    return {"messages": _describe(workspace, page, arguments), "has_more": _more(rest), **rest}


def read_replies(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.replies`: a thread, its first message at the top, oldest first."""
    channel = _readable(workspace, arguments, "history")
    _refuse_outsiders(workspace, channel)
    ts = arguments.required("ts")
    kept = [m for m in workspace.messages[channel.id] if m.ephemeral_to is None]
    found = next((m for m in kept if m.ts == ts), None)
    if found is None:
        raise SlackRefusalError("thread_not_found")
    root = found if not found.is_reply else workspace.find_root(found) or found
    replies = [m for m in workspace.replies(channel.id, root.ts) if _is_within(m, arguments)]
    page, rest = _page([root, *replies], arguments)
    return {"messages": _describe(workspace, page, arguments), "has_more": _more(rest), **rest}


def describe_person(workspace: Workspace, arguments: Arguments) -> Json:
    """`users.info`."""
    user = workspace.user(arguments.required("user"))
    may_see = workspace.app.may("users:read.email")
    return {"user": describe_user(workspace, user, with_email=may_see)}


def list_people(workspace: Workspace, arguments: Arguments) -> Json:
    """`users.list`: everyone, bots and deactivated accounts included, page by page."""
    may_see = workspace.app.may("users:read.email")
    page, rest = _page(list(workspace.users.values()), arguments)
    members = [describe_user(workspace, user, with_email=may_see) for user in page]
    return {"members": members, **rest}


def find_by_email(workspace: Workspace, arguments: Arguments) -> Json:
    """`users.lookupByEmail`: active accounts only. Refused with `users_not_found`."""
    email = arguments.required("email").lower()
    for user in workspace.users.values():
        if user.email and user.email.lower() == email and not user.deleted:
            return {"user": describe_user(workspace, user, with_email=True)}
    raise SlackRefusalError("users_not_found")


def _known(workspace: Workspace, channel_id: str) -> Channel:
    return workspace.channel_seen_by(channel_id, workspace.app.user_id)


def _readable(workspace: Workspace, arguments: Arguments, ability: str) -> Channel:
    channel = _known(workspace, arguments.required("channel"))
    scope = f"{_FAMILIES[channel.kind]}:{ability}"
    if not workspace.app.may(scope):
        raise SlackRefusalError("missing_scope", needed=scope)
    return channel


def _refuse_outsiders(workspace: Workspace, channel: Channel) -> None:
    if workspace.app.user_id not in channel.members:
        raise SlackRefusalError("not_in_channel")


def _is_within(message: Message, arguments: Arguments) -> bool:
    oldest = arguments.text("oldest") or "0"
    latest = arguments.text("latest") or "9999999999.999999"
    at, start, end = float(message.ts), float(oldest), float(latest)
    if arguments.flag("inclusive"):
        return start <= at <= end
    return start < at < end


def _describe(workspace: Workspace, page: Sequence[Message], arguments: Arguments) -> list[Json]:
    full = arguments.flag("include_all_metadata")
    return [describe_message(workspace, message, with_metadata=full) for message in page]


def _page(items: Sequence[Item], arguments: Arguments) -> tuple[list[Item], Json]:
    limit = min(arguments.number("limit", PAGE) or PAGE, LONGEST_PAGE)
    start = _read_cursor(arguments.text("cursor"))
    end = start + limit
    cursor = f"next:{end}" if end < len(items) else ""
    return list(items[start:end]), {"response_metadata": {"next_cursor": cursor}}


def _read_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    number = cursor.removeprefix("next:")
    if not number.isdigit():
        raise SlackRefusalError("invalid_cursor")
    return int(number)


def _more(rest: Json) -> bool:
    return bool(rest["response_metadata"]["next_cursor"])
