"""Activities as Teams forms them, each from what a person did and where."""

from __future__ import annotations

from html import escape

from playground.teams_residents import (
    THREAD_MARK,
    Json,
    TeamsMessage,
    TeamsPerson,
    bare,
)
from playground.teams_tenant import Tenant

LOCALE = "en-GB"
CONTEXT = {"theme": "default"}


class Activities:
    """Forms the activities of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def message(self, person: TeamsPerson, said: TeamsMessage, *, mentions: bool) -> Json:
        """A message to the bot; in channels its text holds the mention."""
        text = escape(said.text)
        activity: Json = {
            **self._base(person, self.place_of(said), said.id),
            "type": "message",
            "text": said.text,
            "textFormat": "plain",
            "attachments": [{"contentType": "text/html", "content": f"<p>{text}</p>"}],
        }
        if mentions:
            activity["entities"] = [self._mention(), *activity["entities"]]
        if said.root:
            activity["replyToId"] = said.root
        return activity

    def pressed(self, person: TeamsPerson, message: TeamsMessage, data: object) -> Json:
        """A button that neither opens a dialog nor does something at once."""
        activity = self._base(person, self.place_of(message), self._tenant.new_id())
        return {**activity, "type": "message", "replyToId": message.id, "value": data}

    def fetch(self, person: TeamsPerson, message: TeamsMessage, data: object) -> Json:
        """A press of a button that opens a dialog."""
        value = {"data": data, "context": CONTEXT}
        return self._invoke(person, "task/fetch", self.place_of(message), value, message.id)

    def submit(
        self, person: TeamsPerson, conversation: str, message: str | None, data: object
    ) -> Json:
        """A press in a dialog that a message opened."""
        value = {"data": data, "context": CONTEXT}
        return self._invoke(person, "task/submit", conversation, value, message)

    def execute(
        self, person: TeamsPerson, message: TeamsMessage, action: Json, data: object, trigger: str
    ) -> Json:
        """A press of an Action.Execute, or a refresh of the client's own."""
        named: Json = {name: action[name] for name in ("id", "verb") if name in action}
        sent: Json = {"type": "Action.Execute", **named, "data": data}
        value: Json = {"action": sent, "trigger": trigger}
        place = self.place_of(message)
        return self._invoke(person, "adaptiveCard/action", place, value, message.id)

    def extension(self, person: TeamsPerson, name: str, place: str, value: Json) -> Json:
        """A use of the message extension: `name` is `fetchTask` or `submitAction`."""
        sent = {**value, "context": CONTEXT}
        activity = self._invoke(person, f"composeExtension/{name}", place, sent, None)
        activity["channelData"]["source"] = {"name": "compose"}
        return activity

    def message_payload(self, message: TeamsMessage) -> Json:
        """The message from whose menu the extension was used, with all it says."""
        person = self._tenant.directory.people.get(message.by)
        user = {
            "userIdentityType": "aadUser",
            "id": message.by,
            "displayName": person.name if person else None,
        }
        app = {
            "applicationIdentityType": "bot",
            "id": self._tenant.app.id,
            "displayName": self._tenant.app.name,
        }
        return {
            "id": message.id,
            "replyToId": message.root,
            "createdDateTime": message.at,
            "lastModifiedDateTime": None,
            "deleted": False,
            "subject": None,
            "summary": message.summary or None,
            "importance": "normal",
            "locale": LOCALE.lower(),
            "linkToMessage": f"https://teams.microsoft.com/l/message/{message.conversation}/{message.id}",
            "from": {
                "device": None,
                "conversation": None,
                "user": user if person else None,
                "application": None if person else app,
            },
            "body": {"contentType": "html", "content": f"<div>{escape(message.text)}</div>"},
            "attachments": [],
            "mentions": [],
            "reactions": [],
        }

    def installed(self, person: TeamsPerson, *, added: bool, in_team: bool = False) -> list[Json]:
        """What Teams tells a bot of being added or removed, in that order."""
        place = self._tenant.team.id if in_team else self._tenant.chat_id(person.id)
        update = self._base(person, place, self._event_id())
        update |= {"type": "installationUpdate", "action": "add" if added else "remove"}
        if in_team:
            update["channelData"]["settings"] = {"selectedChannel": {"id": place}}
        roster = self._base(person, place, self._event_id())
        name = "membersAdded" if added else "membersRemoved"
        roster |= {"type": "conversationUpdate", name: [{"id": self._tenant.app.account}]}
        if in_team:
            event = "teamMemberAdded" if added else "teamMemberRemoved"
            roster["channelData"]["eventType"] = event
        return [roster, update] if added or in_team else [update]

    def place_of(self, message: TeamsMessage) -> str:
        """The conversation of a message, with its thread where there are threads."""
        if message.conversation not in self._tenant.channels:
            return message.conversation
        return f"{message.conversation}{THREAD_MARK}{message.thread}"

    def _invoke(
        self, person: TeamsPerson, name: str, place: str, value: Json, message: str | None
    ) -> Json:
        activity = {
            **self._base(person, place, self._event_id()),
            "type": "invoke",
            "name": name,
            "value": value,
        }
        if message:
            activity["replyToId"] = message
            activity["channelData"]["legacy"] = {"replyToId": f"1:{message}"}
            activity["channelData"]["source"] = {"name": "message"}
        return activity

    def _base(self, person: TeamsPerson, place: str, name: str) -> Json:
        at = self._tenant.time_of(name.rpartition(":")[2])
        return {
            "id": name,
            "timestamp": at,
            "localTimestamp": at.replace("Z", "+00:00"),
            "localTimezone": "Europe/London",
            "channelId": "msteams",
            "serviceUrl": self._tenant.service_url,
            "from": person.as_account(),
            "conversation": self._conversation(person, place),
            "recipient": self._tenant.app.as_account(),
            "entities": [_client()],
            "channelData": self._channel_data(person, place),
            "locale": LOCALE,
        }

    def _conversation(self, person: TeamsPerson, place: str) -> Json:
        if bare(place)[0] in self._tenant.channels:
            about: Json = {"isGroup": True, "conversationType": "channel"}
            return {**about, "tenantId": self._tenant.id, "id": place}
        return {"conversationType": "personal", "tenantId": person.tenant, "id": place}

    def _channel_data(self, person: TeamsPerson, place: str) -> Json:
        channel, team = bare(place)[0], self._tenant.team
        if channel not in self._tenant.channels:
            return {"tenant": {"id": person.tenant}}
        return {
            "teamsChannelId": channel,
            "teamsTeamId": team.id,
            "channel": {"id": channel, "type": self._tenant.channels[channel].kind.value},
            "team": {"id": team.id, "name": team.name, "aadGroupId": team.group},
            "tenant": {"id": self._tenant.id},
        }

    def _mention(self) -> Json:
        app = self._tenant.app
        return {
            "type": "mention",
            "mentioned": app.as_account(),
            "text": f"<at>{app.name}</at>",
        }

    def _event_id(self) -> str:
        return f"f:{self._tenant.new_id()}"


def _client() -> Json:
    return {
        "type": "clientInfo",
        "locale": LOCALE,
        "country": "GB",
        "platform": "Web",
        "timezone": "Europe/London",
    }
