"""What a pretend tenant consists of: people, channels, messages, and the refusals of its APIs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple

Json = dict[str, Any]
ADAPTIVE = "application/vnd.microsoft.card.adaptive"
THREAD_MARK = ";messageid="


class _Refused(NamedTuple):
    status: HTTPStatus
    message: str


REFUSALS: dict[str, _Refused] = {
    "ActivityNotFoundInConversation": _Refused(HTTPStatus.NOT_FOUND, "Activity not found."),
    "BadArgument": _Refused(HTTPStatus.BAD_REQUEST, "Bad argument."),
    "BadGateway": _Refused(HTTPStatus.BAD_GATEWAY, "Bad gateway."),
    "BadSyntax": _Refused(HTTPStatus.BAD_REQUEST, "Bad format of the activity."),
    "BotDisabledByAdmin": _Refused(HTTPStatus.FORBIDDEN, "The tenant admin disabled this bot."),
    "BotNotInConversationRoster": _Refused(
        HTTPStatus.FORBIDDEN, "The bot is not part of the conversation roster."
    ),
    "ConversationBlockedByUser": _Refused(
        HTTPStatus.FORBIDDEN, "User blocked the conversation with the bot."
    ),
    "ConversationNotFound": _Refused(HTTPStatus.NOT_FOUND, "Conversation not found."),
    "ForbiddenOperationException": _Refused(
        HTTPStatus.FORBIDDEN, "Bot is not installed in the user's personal scope."
    ),
    "GatewayTimeout": _Refused(HTTPStatus.GATEWAY_TIMEOUT, "Gateway timeout."),
    "MemberNotFoundInConversation": _Refused(
        HTTPStatus.NOT_FOUND, "Member not found in the conversation."
    ),
    "MessageSizeTooBig": _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Message size too large."),
    "MessageWritesBlocked": _Refused(HTTPStatus.FORBIDDEN, "Message writes are blocked."),
    "NotEnoughPermissions": _Refused(HTTPStatus.FORBIDDEN, "The bot may not change this message."),
    "PreconditionFailed": _Refused(
        HTTPStatus.PRECONDITION_FAILED, "Precondition failed, please try again."
    ),
    "ServiceError": _Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "Service error."),
    "ServiceUnavailable": _Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Service unavailable."),
    "Throttled": _Refused(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests."),
    "Unauthorized": _Refused(
        HTTPStatus.UNAUTHORIZED, "Authorization has been denied for this request."
    ),
}
"""The connector's error codes, with the status and the words that come with each."""
BLOCKED = ("ConversationBlockedByUser", "MessageWritesBlocked")
"""What the connector calls it where a person blocked the bot: both have been seen."""


class ConnectorError(Exception):
    """Raised when the connector would refuse; carries its error code, status and message."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)
        self.code = code
        self.status = REFUSALS[code].status
        self.message = message or REFUSALS[code].message


class TeamsRefusalError(Exception):
    """Raised when a person tries what Teams does not let them do; carries a name for it."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class BotFaultError(Exception):
    """Raised when a bot's answer is one that Teams shows as an error; says what is wrong."""


class TeamsChannelKind(StrEnum):
    STANDARD = "standard"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class TeamsPerson:
    """One account. `id` is its object id in Entra; `name` the post, all a person is called."""

    id: str
    name: str
    upn: str
    mail: str | None
    tenant: str
    is_guest: bool = False
    is_enabled: bool = True
    account: str = ""
    """The id by which this bot knows the person, `29:…`."""

    def as_account(self) -> Json:
        """How activities name the person."""
        return {"id": self.account, "name": self.name, "aadObjectId": self.id}

    def as_member(self) -> Json:
        """How rosters describe the person."""
        given, _, surname = self.name.partition(" ")
        return {
            "id": self.account,
            "name": self.name,
            "objectId": self.id,
            "aadObjectId": self.id,
            "givenName": given,
            "surname": surname,
            "email": self.mail,
            "userPrincipalName": self.upn,
            "tenantId": self.tenant,
            "userRole": "guest" if self.is_guest else "user",
        }


@dataclass(frozen=True, slots=True)
class TeamsCommand:
    """A command of the message extension, and where it is offered."""

    id: str
    title: str
    contexts: frozenset[str]


@dataclass(frozen=True, slots=True)
class TeamsApp:
    """The registered app: its bot, its secret, its certificates, and its commands."""

    id: str
    name: str
    secret: str
    certificates: tuple[bytes, ...] = ()
    """Public certificates in PEM, with which the app may prove itself instead."""
    commands: tuple[TeamsCommand, ...] = ()

    @property
    def account(self) -> str:
        return f"28:{self.id}"

    def as_account(self) -> Json:
        """How activities name the bot."""
        return {"id": self.account, "name": self.name}

    def command(self, command_id: str) -> TeamsCommand | None:
        return next((one for one in self.commands if one.id == command_id), None)


@dataclass(frozen=True, slots=True)
class TeamsChannel:
    id: str
    name: str
    kind: TeamsChannelKind
    members: frozenset[str]
    """Object ids; in a standard channel everyone of the team."""
    has_app: bool = True
    note: str = ""
    """What the page says in it while nothing else is there."""


@dataclass(frozen=True, slots=True)
class TeamsTeam:
    """A team: `id` is the one of its first channel, `group` its group in Entra."""

    id: str
    name: str
    group: str
    channels: tuple[TeamsChannel, ...]
    """Those that there are at the start."""


@dataclass(frozen=True, slots=True)
class TeamsGroup:
    """A group in Entra, and the groups in it."""

    id: str
    name: str
    members: tuple[str, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamsMessage:
    """One message; `root` names the first of its thread where it is a reply."""

    conversation: str
    id: str
    by: str
    at: str
    body: Json
    root: str | None = None
    version: int = 1
    from_app: bool = False
    is_deleted: bool = False
    before: tuple[Json, ...] = ()
    """What it said in earlier versions, oldest first."""

    @property
    def text(self) -> str:
        return str(self.body.get("text") or "")

    @property
    def summary(self) -> str:
        return str(self.body.get("summary") or "")

    @property
    def card(self) -> Json | None:
        """The Adaptive Card in it, if there is one."""
        return next(self.cards(), None)

    def cards(self) -> Iterator[Json]:
        for attachment in self.body.get("attachments") or ():
            if attachment.get("contentType") == ADAPTIVE:
                yield attachment["content"]

    @property
    def thread(self) -> str:
        """The first message of the thread that it is in: itself, where it is that."""
        return self.root or self.id


@dataclass(frozen=True, slots=True)
class TeamsDialog:
    """A dialog that is open: its page, and what the next press on it is sent with."""

    id: str
    title: str
    card: Json | None
    text: str
    """The words of a page that only tells something."""
    conversation: str
    message: str | None
    """The message whose button opened it."""
    extension: Json | None
    """Where the message extension opened it: its command and where that was used."""
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Toast:
    """A line that Teams shows to one person for a moment."""

    id: str
    person: str
    text: str
    at: str


def bare(conversation: str) -> tuple[str, str | None]:
    """A conversation's id without its thread, and the first message of that thread."""
    place, _, root = conversation.partition(THREAD_MARK)
    return place, root or None
