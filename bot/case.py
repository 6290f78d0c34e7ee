"""A case: what was asked, what was advised, what was decided, and who may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.chat import Account
from bot.people import Person
from bot.rules import Verdict


class Status(StrEnum):
    REASON_DUE = "reason_due"
    WAITING = "waiting"
    ASKED = "asked"
    OUTSIDE = "outside"
    DECIDED = "decided"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    DISPOSED = "disposed"


class Outcome(StrEnum):
    """What somebody decided. (What the pack advises may also be `escalate`.)"""

    SHARE = "share"
    SHARE_LIMITED = "share_limited"
    DO_NOT_SHARE = "do_not_share"


class Course(StrEnum):
    """Whether the requester did as advised."""

    FOLLOWED = "followed"
    AGAINST = "against"


class EventKind(StrEnum):
    """The ledger's vocabulary: past tense, one word for one thing that happened to a case."""

    RECORDED = "recorded"
    DECIDED = "decided"
    ASKED = "asked"
    ANSWERED = "answered"
    COMMENTED = "commented"
    HANDED_OVER = "handed_over"
    REROUTED = "rerouted"
    PASSED_ON = "passed_on"
    LEFT_OUTSIDE = "left_outside"
    WITHDRAWN = "withdrawn"
    CLOSE_REQUESTED = "close_requested"
    REASON_GIVEN = "reason_given"
    REPORTED = "reported"
    REPLIED = "replied"
    AMENDED = "amended"
    FILED = "filed"
    HELD = "held"
    RELEASED = "released"
    READ = "read"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PackRef:
    id: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision that won: by whom (person id), when, and what it said."""

    outcome: Outcome
    by: str
    at: datetime
    reason: str
    limits: str = ""
    single: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A question, an answer or a comment between reviewer and requester. Personal."""

    kind: EventKind
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. The ledger shows `codes`; `actor` and `texts` are sealed."""

    kind: EventKind
    at: datetime
    actor: str
    codes: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything known of a case. `version` counts its events: 1 after the first.

    Personal, and so encrypted at rest: requester, account, excluded, assignee, texts, decision's
    `by`, `reason` and `limits`, remarks, report; on restricted cases the answers and fixes too.
    """

    id: str
    ref: str
    school: str
    pack: PackRef
    status: Status
    version: int
    requester: str
    account: Account
    answers: Mapping[str, str]
    advice: Verdict
    route: str
    created_at: datetime
    changed_at: datetime
    excluded: frozenset[str] = frozenset()
    fixes: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    course: Course | None = None
    decision: Decision | None = None
    assignee: str | None = None
    remarks: tuple[Remark, ...] = ()
    report: Mapping[str, str] = field(default_factory=dict)
    close_requested: bool = False
    filed_at: datetime | None = None
    legal_hold: bool = False
    linked_to: str | None = None

    @property
    def restricted(self) -> bool:
        """Seen on its own route alone: the worry is about an adult at the school."""
        return "restricted" in self.advice.conditions

    @property
    def settled(self) -> bool:
        """Decided not to be shared: there is nothing left to carry out."""
        return self.decision is not None and self.decision.outcome is Outcome.DO_NOT_SHARE

    def known_as(self, person: Person) -> str:
        """The id under which the case knows somebody, by any account that they have.

        So that whoever asked, or was ticked, stays so when the settings give them another name,
        or when they come by another platform.
        """
        names = (person.id, *map(str, person.accounts))
        if self.account in person.accounts or self.requester in names:
            return self.requester
        return next((name for name in names if name in self.excluded), person.id)

    @property
    def harmish(self) -> bool:
        """A child may be at risk of harm: purpose or danger say so, or were not answered."""
        danger = self.answers.get("danger", "unsure")
        purpose = self.answers.get("purpose", "unsure")
        return danger in {"yes", "unsure"} or purpose in {"harm", "unsure"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the walk hands over to be recorded; the case takes the walk's id."""

    id: str
    school: str
    requester: str
    account: Account
    pack: PackRef
    answers: Mapping[str, str]
    texts: Mapping[str, str]
    excluded: frozenset[str] = frozenset()
    fixes: Mapping[str, str] = field(default_factory=dict)
    course: Course | None = None
    linked_to: str | None = None
