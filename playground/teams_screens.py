"""What one person may see of the tenant, as the page draws it, and what the page may ask.

`GET /play/teams/state?person=<object id>` answers `draw_tenant` with `"ok": true`:

    {
      "tenant": {"id", "name"}, "team": {"id", "name"}, "me": <object id>,
      "app": {"id", "name"}, "has_app": bool, "blocked": bool,
      "people": [{"id", "name", "guest": bool}],
      "commands": [{"id", "title", "where": ["compose", "command", "message"]}],
      "channels": [{"id", "name", "kind": "chat" or "channel", "private": bool,
                    "with_app": bool, "note": text, "messages": [message]}],
      "dialog": null or {"id", "title", "card": AdaptiveCard or null, "text", "errors": [text]},
      "toasts": [{"id", "text", "at"}],
      "version": number
    }
    message: {"id", "by", "mine": bool, "bot": bool, "at": ISO time, "summary", "text",
              "card": AdaptiveCard or null, "thread": null or the id of the thread's first message,
              "updated": bool, "version": number}

The chat with the bot is the first channel; a channel's `note` is said while it is empty; `thread`
is set on replies only. A dialog has a `card`, or words alone in `text`; `errors` say what the
client itself holds back. Cards are what the bot sent.

Deeds are `POST /play/teams/<deed>` with JSON; every one holds `person`. `action` is the object of
the pressed action just as it stands in the card; `inputs` maps ids of inputs to what was filled in
(texts; a multiple choice as one text with commas), those left empty left out:

    message    {channel, text, thread?}          "@Sharecheck" or `<at>` mentions the bot
    extension  {where: "compose" | "command" | "message", channel, command?, message?}
    fetch      {channel, message, action, inputs?}   Action.Submit with msteams.type "task/fetch"
    execute    {channel, message, action, inputs?}   Action.Execute
    submit     {dialog, action, inputs?}             Action.Submit in the open dialog
    close      {dialog}
    install    {there: bool}    the person adds or removes the app
    block      {on: bool}       the person blocks the bot, or no longer

They answer `{"ok": true, "fault": null or text, "errors": [text]}`: `fault` is what was wrong with
the bot's answer, which people see as a toast; `errors` what the client held back. What Teams would
not let a person do is answered with 400 and `{"ok": false, "error", "detail"}`.
"""

from __future__ import annotations

from playground.teams_residents import (
    Json,
    TeamsChannel,
    TeamsChannelKind,
    TeamsDialog,
    TeamsMessage,
    TeamsPerson,
)
from playground.teams_tenant import Tenant

PLACES = {"compose": "compose", "command": "commandBox", "message": "message"}
"""What the page calls the places of a command, and what the app's package calls them."""


def draw_tenant(tenant: Tenant, person: str) -> Json:
    """Everything on a person's screen, and nothing that they may not see.

    Refused with `unknown_person`.
    """
    me = tenant.person(person)
    dialog = tenant.dialogs.get(person)
    channels = [_channel(tenant, channel, person) for channel in tenant.channels_of(person)]
    return {
        "tenant": {"id": tenant.id, "name": tenant.name},
        "team": {"id": tenant.team.id, "name": tenant.team.name},
        "me": person,
        "app": {"id": tenant.app.id, "name": tenant.app.name},
        "has_app": person in tenant.installed,
        "blocked": person in tenant.blocked,
        "people": [_person(one) for one in tenant.directory.people.values()],
        "commands": _commands(tenant),
        "channels": [_chat(tenant, me), *channels],
        "dialog": _dialog(dialog) if dialog else None,
        "toasts": [
            {"id": one.id, "text": one.text, "at": one.at}
            for one in tenant.toasts
            if one.person == person
        ],
        "version": tenant.version,
    }


def _person(person: TeamsPerson) -> Json:
    return {"id": person.id, "name": person.name, "guest": person.is_guest}


def _commands(tenant: Tenant) -> list[Json]:
    return [
        {
            "id": command.id,
            "title": command.title,
            "where": [name for name, place in PLACES.items() if place in command.contexts],
        }
        for command in tenant.app.commands
    ]


def _chat(tenant: Tenant, me: TeamsPerson) -> Json:
    return {
        "id": tenant.chat_id(me.id),
        "name": tenant.app.name,
        "kind": "chat",
        "private": True,
        "with_app": me.id in tenant.installed,
        "messages": _messages(tenant, tenant.chat_id(me.id), me.id),
    }


def _channel(tenant: Tenant, channel: TeamsChannel, person: str) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": "channel",
        "private": channel.kind is TeamsChannelKind.PRIVATE,
        "with_app": channel.has_app,
        "note": channel.note,
        "messages": _messages(tenant, channel.id, person),
    }


def _messages(tenant: Tenant, conversation: str, person: str) -> list[Json]:
    return [_message(tenant, message, person) for message in tenant.messages_in(conversation)]


def _message(tenant: Tenant, message: TeamsMessage, person: str) -> Json:
    known = tenant.directory.people.get(message.by)
    return {
        "id": message.id,
        "by": known.name if known else tenant.app.name,
        "mine": message.by == person,
        "bot": message.from_app,
        "at": message.at,
        "summary": message.summary,
        "text": message.text,
        "card": tenant.card_for(person, message),
        "thread": message.root,
        "updated": message.version > 1,
        "version": message.version,
    }


def _dialog(dialog: TeamsDialog) -> Json:
    return {
        "id": dialog.id,
        "title": dialog.title,
        "card": dialog.card,
        "text": dialog.text,
        "errors": list(dialog.errors),
    }
