"""A case as a row and back: what is plain, what is sealed, and what the ledger vouches for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from bot.case import Case, Course, Decision, EventKind, Outcome, PackRef, Remark, Status
from bot.chat import Account, Platform
from bot.rules import Verdict
from storage.errors import ContentDestroyed
from storage.tables import in_utc
from storage.vault import Box

Values = Mapping[str, Any] | RowMapping

VOUCHED = (
    "id",
    "ref",
    "school",
    "pack_id",
    "pack_version",
    "pack_digest",
    "status",
    "version",
    "route",
    "restricted",
    "urgency",
    "outcome",
    "advice",
    "answers",
    "fixes",
    "course",
    "decision",
    "decided_at",
    "single",
    "close_requested",
    "legal_hold",
    "filed_at",
    "linked_to",
    "created_at",
    "changed_at",
    "requester_hash",
    "filed_hash",
)
"""The plain columns, which `sealed` opens beside and a ledger entry vouches for.

Never change this list: what was sealed beside other columns would not open again.
"""


@dataclass(frozen=True, slots=True)
class CaseCount:
    """What a digest may know of a case: codes and times, nothing personal, none restricted."""

    ref: str
    status: Status
    route: str
    urgency: str
    outcome: str
    row: int
    rule: int
    conditions: tuple[str, ...]
    answers: Mapping[str, str]
    course: Course | None
    decision: Outcome | None
    single: bool
    created_at: datetime
    decided_at: datetime | None
    changed_at: datetime

    @property
    def restricted(self) -> bool:
        """As the advice says, whatever became of the column that is searched by."""
        return "restricted" in self.conditions


def case_values(case: Case, box: Box, hashes: Mapping[str, str | None]) -> dict[str, Any]:
    """The columns of a case; `hashes` are those that need the school's key."""
    plain = {**_plain_values(case), **hashes}
    sealed = box.seal(case_name(case.id), _as_bytes(_personal(case)), plain_text(plain))
    return {**plain, "sealed": sealed}


def _plain_values(case: Case) -> dict[str, Any]:
    decision = case.decision
    return {
        "id": case.id,
        "ref": case.ref,
        "school": case.school,
        "pack_id": case.pack.id,
        "pack_version": case.pack.version,
        "pack_digest": case.pack.digest,
        "status": case.status.value,
        "version": case.version,
        "route": case.route,
        "restricted": case.restricted or bool(case.excluded),  # so that no list ever shows it
        "urgency": str(case.advice.urgency),
        "outcome": str(case.advice.outcome),
        "advice": case.advice.as_json(),
        "answers": None if case.restricted else dict(case.answers),
        "fixes": None if case.restricted else dict(case.fixes),
        "course": case.course.value if case.course else None,
        "decision": decision.outcome.value if decision else None,
        "decided_at": decision.at if decision else None,
        "single": decision.single if decision else None,
        "close_requested": case.close_requested,
        "legal_hold": case.legal_hold,
        "filed_at": case.filed_at,
        "linked_to": case.linked_to,
        "created_at": case.created_at,
        "changed_at": case.changed_at,
    }


def read_case(row: Values, box: Box) -> Case:
    """Build the case again. Raises ContentDestroyed when nothing is sealed there any more.

    Raises Unreadable when what is sealed, or any plain column, is not as it was written.
    """
    if row["sealed"] is None:
        raise ContentDestroyed(row["id"])
    secret = json.loads(open_case(row, box, plain_text(row)))
    return Case(
        id=row["id"],
        ref=row["ref"],
        school=row["school"],
        pack=PackRef(row["pack_id"], row["pack_version"], row["pack_digest"]),
        status=Status(row["status"]),
        version=row["version"],
        requester=secret["requester"],
        account=_read_account(secret["account"]),
        answers=secret["answers"] if row["answers"] is None else row["answers"],
        advice=_read_verdict(row["advice"]),
        route=row["route"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        excluded=frozenset(secret["excluded"]),
        fixes=secret["fixes"] if row["fixes"] is None else row["fixes"],
        texts=secret["texts"],
        course=Course(row["course"]) if row["course"] else None,
        decision=_read_decision(row, secret["decision"]),
        assignee=secret["assignee"],
        remarks=tuple(_read_remark(remark) for remark in secret["remarks"]),
        report=secret["report"],
        close_requested=row["close_requested"],
        filed_at=row["filed_at"],
        legal_hold=row["legal_hold"],
        linked_to=row["linked_to"],
    )


def read_count(row: Values) -> CaseCount:
    """What a digest may know of a case."""
    advice = row["advice"]
    return CaseCount(
        ref=row["ref"],
        status=Status(row["status"]),
        route=row["route"],
        urgency=row["urgency"],
        outcome=row["outcome"],
        row=advice["row"],
        rule=advice["rule"],
        conditions=tuple(advice["conditions"]),
        answers=row["answers"] or {},
        course=Course(row["course"]) if row["course"] else None,
        decision=Outcome(row["decision"]) if row["decision"] else None,
        single=bool(row["single"]),
        created_at=row["created_at"],
        decided_at=row["decided_at"],
        changed_at=row["changed_at"],
    )


def case_name(case_id: str) -> str:
    return f"cases:{case_id}"


def open_case(row: Values, box: Box, plain: str) -> bytes:
    """What is sealed in a case's row, beside its `plain_text`. Raises Unreadable."""
    return box.open(case_name(row["id"]), row["sealed"], plain)


def plain_text(values: Values) -> str:
    """The plain columns of a case as one text, always the same. Raises ValueError, see in_utc."""
    plain = {name: _plain(values[name]) for name in VOUCHED}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def state_text(plain: str, sealed: bytes | None) -> str:
    """A stored case as one text, always the same; the ledger holds its keyed hash."""
    digest = None if sealed is None else hashlib.sha256(sealed).hexdigest()
    return f"{digest}:{plain}"


def moment(at: datetime) -> str:
    """A moment as the ledger writes it: UTC, six decimals, `Z`. Raises ValueError, see in_utc."""
    return in_utc(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _personal(case: Case) -> dict[str, Any]:
    account, decision = case.account, case.decision
    return {
        "requester": case.requester,
        "account": [account.platform.value, account.team, account.user],
        "excluded": sorted(case.excluded),
        "assignee": case.assignee,
        "texts": dict(case.texts),
        "decision": [decision.by, decision.reason, decision.limits] if decision else None,
        "remarks": [[r.kind.value, r.by, moment(r.at), r.text] for r in case.remarks],
        "report": dict(case.report),
        "answers": dict(case.answers) if case.restricted else None,
        "fixes": dict(case.fixes) if case.restricted else None,
    }


def _read_account(parts: list[str]) -> Account:
    platform, team, user = parts
    return Account(Platform(platform), team, user)


def _read_decision(row: Values, secret: list[str] | None) -> Decision | None:
    if secret is None:
        return None
    by, reason, limits = secret
    outcome = Outcome(row["decision"])
    return Decision(outcome, by, row["decided_at"], reason, limits, bool(row["single"]))


def _read_remark(parts: list[str]) -> Remark:
    kind, by, at, text = parts
    return Remark(EventKind(kind), by, datetime.fromisoformat(at), text)


def _read_verdict(advice: Mapping[str, Any]) -> Verdict:
    fields: dict[str, Any] = {**advice}
    fields |= {"copy": tuple(advice["copy"]), "conditions": tuple(advice["conditions"])}
    return Verdict(**fields)


def _plain(value: Any) -> Any:
    return moment(value) if isinstance(value, datetime) else value


def _as_bytes(secret: dict[str, Any]) -> bytes:
    return json.dumps(secret, separators=(",", ":")).encode()
