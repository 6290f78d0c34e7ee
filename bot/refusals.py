"""The named reasons why something is not done. They carry facts; the words are in templates/."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class Refusal(Exception):
    """Raised when an action is refused; `code` names it in templates, ledger and logs."""

    @property
    def code(self) -> str:
        return type(self).__name__


@dataclass(eq=False)
class OwnCase(Refusal):
    """Raised when the requester would review their own case and somebody else can."""


@dataclass(eq=False)
class NotOnRoute(Refusal):
    """Raised when the person is not a reviewer of the case's route, nor its requester."""


@dataclass(eq=False)
class Excluded(Refusal):
    """Raised when the requester ticked this person as one who must not see the case."""


@dataclass(eq=False)
class Guest(Refusal):
    """Raised for guests, people from other organisations and closed accounts."""


@dataclass(eq=False)
class AlreadyDecided(Refusal):
    """Raised when somebody decided first."""

    by: str
    at: datetime
    outcome: str
    mine: bool = True
    """Whether it is told to the requester, who cannot change the decision."""


@dataclass(eq=False)
class NotWaiting(Refusal):
    """Raised when the case's status does not allow the action."""

    status: str


@dataclass(eq=False)
class ReasonRequired(Refusal):
    """Raised when a text that the record needs is blank; `field` names it."""

    field: str


@dataclass(eq=False)
class StalePage(Refusal):
    """Raised when a page or button belongs to another person, pack or moment."""


@dataclass(eq=False)
class RouteNotAllowed(Refusal):
    """Raised when a case may not go to that route or person (restricted, excluded, unknown)."""

    target: str


@dataclass(eq=False)
class UnknownCase(Refusal):
    """Raised when there is no such case."""


@dataclass(eq=False)
class PersonalData(Refusal):
    """Raised when a text holds a pattern of personal data; `kind` as in personal_data.Kind."""

    field: str
    kind: str


@dataclass(eq=False)
class AlreadySent(Refusal):
    """Raised when a walk that was sent as `ref` is changed and sent again."""

    ref: str


@dataclass(eq=False)
class UnknownWorkspace(Refusal):
    """Raised when the app was used from a workspace that the settings do not name."""
