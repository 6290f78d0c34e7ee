"""The life of a case: who may do what, and what then holds. A step gives (case, events)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.boxes import AFTER_DANGER, REPORT_CODES, REPORT_TEXTS, required_texts
from bot.case import Case, Course, Decision, Draft, Event, EventKind, Outcome, Remark, Status
from bot.chat import Standing
from bot.permission import Action, Actor, allow, check_reviewer, eligible
from bot.refusals import Guest, NotWaiting, ReasonRequired, RouteNotAllowed, StalePage
from bot.rules import Verdict

Step = tuple[Case, tuple[Event, ...]]

OPEN = frozenset({Status.REASON_DUE, Status.WAITING, Status.ASKED, Status.OUTSIDE})
RESTRICTED_ROUTES = ("head", "chair", "lado")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a case goes: the first route on which somebody may see it, or nobody (`outside`)."""

    route: str
    outside: bool
    share_needs: str = "notify"


def submit(draft: Draft, advice: Verdict, reach: Reach, ref: str, at: datetime) -> Step:
    """Turn a finished walk into a case. Raises ReasonRequired when a required text is blank."""
    status = _first_status(draft, advice, reach)
    if status is not Status.REASON_DUE:
        for field in required_texts(advice, draft.answers, draft.course):
            _need(field, draft.texts.get(field, ""))
    decided = status is Status.DECIDED
    case = Case(
        id=draft.id,
        ref=ref,
        school=draft.school,
        pack=draft.pack,
        status=status,
        version=1,
        requester=draft.requester,
        account=draft.account,
        answers=dict(draft.answers),
        advice=advice,
        route=reach.route,
        created_at=at,
        changed_at=at,
        excluded=draft.excluded,
        fixes=dict(draft.fixes),
        texts={name: text for name, text in draft.texts.items() if text.strip()},
        course=(draft.course or Course.FOLLOWED) if decided else None,
        decision=_own_decision(draft, advice, at) if decided else None,
        linked_to=draft.linked_to,
    )
    codes = {"outcome": advice.outcome, "row": str(advice.row), "urgency": advice.urgency}
    codes |= {"route": case.route, "pack": draft.pack.digest}
    codes |= {"course": case.course.value} if case.course else {}
    return case, (Event(EventKind.RECORDED, at, draft.requester, codes, dict(case.texts)),)


def give_reason(case: Case, actor: Actor, texts: Mapping[str, str], at: datetime) -> Step:
    """The requester's reason, after the danger, and perhaps where the child's file is kept.

    Raises ReasonRequired, NotWaiting, NotOnRoute.
    """
    allow(Action.GIVE_REASON, case, actor)
    _need("reason", texts.get("reason", ""))
    kept = {name: text for name, _ in AFTER_DANGER if (text := texts.get(name, "")).strip()}
    decision = Decision(Outcome.SHARE, actor.person, at, kept["reason"])
    changed = replace(
        case,
        status=Status.DECIDED,
        texts={**case.texts, **kept},
        decision=decision,
        course=Course.FOLLOWED,
    )
    return _step(changed, Event(EventKind.REASON_GIVEN, at, actor.person, {}, kept))


def decide(
    case: Case, actor: Actor, outcome: Outcome, reason: str, limits: str, at: datetime
) -> Step:
    """Decide a waiting case; the first decision wins.

    Raises AlreadyDecided, NotWaiting, ReasonRequired, or why the actor may not review.
    """
    single = allow(Action.DECIDE, case, actor)
    _need("reason", reason)
    if outcome is Outcome.SHARE_LIMITED:
        _need("limits", limits)
    decision = Decision(outcome, actor.person, at, reason, limits, single)
    changed = replace(case, status=Status.DECIDED, decision=decision)
    codes = {"outcome": outcome.value} | ({"single": "yes"} if single else {})
    texts = {"reason": reason} | ({"limits": limits} if limits.strip() else {})
    return _step(changed, Event(EventKind.DECIDED, at, actor.person, codes, texts))


def ask(case: Case, actor: Actor, question: str, at: datetime) -> Step:
    """Ask the requester a question. Raises ReasonRequired when it is blank."""
    allow(Action.ASK, case, actor)
    _need("question", question)
    changed = _remarked(case, EventKind.ASKED, actor, question, at, status=Status.ASKED)
    return _step(changed, Event(EventKind.ASKED, at, actor.person, {}, {"question": question}))


def answer(case: Case, actor: Actor, text: str, at: datetime) -> Step:
    """The requester answers; the case waits again."""
    allow(Action.ANSWER, case, actor)
    _need("answer", text)
    changed = _remarked(case, EventKind.ANSWERED, actor, text, at, status=Status.WAITING)
    return _step(changed, Event(EventKind.ANSWERED, at, actor.person, {}, {"answer": text}))


def comment(case: Case, actor: Actor, text: str, at: datetime) -> Step:
    """A reviewer's word to the requester of a danger case that still wants its reason."""
    allow(Action.COMMENT, case, actor)
    _need("comment", text)
    changed = _remarked(case, EventKind.COMMENTED, actor, text, at, status=case.status)
    return _step(changed, Event(EventKind.COMMENTED, at, actor.person, {}, {"comment": text}))


def hand_over(case: Case, actor: Actor, to: str, reason: str, at: datetime) -> Step:
    """Pass a waiting case to a colleague on the same route. Raises RouteNotAllowed."""
    allow(Action.HAND_OVER, case, actor)
    if to not in eligible(case, actor.reviewers) - {actor.person}:
        raise RouteNotAllowed("colleague")
    _need("reason", reason)
    changed = replace(case, assignee=to)
    texts = {"to": to, "reason": reason}
    return _step(changed, Event(EventKind.HANDED_OVER, at, actor.person, {}, texts))


def reroute(
    case: Case, actor: Actor, reach: Reach, reason: str, at: datetime, *, wanted: str
) -> Step:
    """Send a waiting case to another post; `reach` says where `wanted` leads for this case.

    Raises RouteNotAllowed when it may not go there, or would only come back to where it is.
    """
    allow(Action.REROUTE, case, actor)
    if not {wanted, reach.route} <= set(routes_from(case)):
        raise RouteNotAllowed(wanted)
    _need("reason", reason)
    changed = replace(
        case,
        route=reach.route,
        assignee=None,
        status=Status.OUTSIDE if reach.outside else Status.WAITING,
    )
    codes = {"from": case.route, "to": reach.route}
    return _step(changed, Event(EventKind.REROUTED, at, actor.person, codes, {"reason": reason}))


def pass_on(case: Case, reach: Reach, at: datetime, refused: str = "") -> Step:
    """Nobody is left on the case's route: go to the next one, or show the contact card.

    `refused` is the platform's code where it would not take the card.
    """
    kind = EventKind.LEFT_OUTSIDE if reach.outside else EventKind.PASSED_ON
    status = case.status
    if case.status in {Status.WAITING, Status.ASKED} and reach.outside:
        status = Status.OUTSIDE
    changed = replace(case, route=reach.route, assignee=None, status=status)
    codes = {"from": case.route, "to": reach.route} | ({"refused": refused} if refused else {})
    return _step(changed, Event(kind, at, "", codes))


def withdraw(case: Case, actor: Actor, reason: str, at: datetime) -> Step:
    """The requester takes a waiting case back; where harm is possible a reviewer must close it."""
    allow(Action.WITHDRAW, case, actor)
    _need("reason", reason)
    kind = EventKind.CLOSE_REQUESTED if case.harmish else EventKind.WITHDRAWN
    changed = _remarked(case, kind, actor, reason, at, status=case.status)
    if case.harmish:
        changed = replace(changed, close_requested=True)
    else:
        changed = replace(changed, status=Status.WITHDRAWN)
    return _step(changed, Event(kind, at, actor.person, {}, {"reason": reason}))


def record_outside(case: Case, actor: Actor, outcome: Outcome, reason: str, at: datetime) -> Step:
    """What was decided on the telephone, written down by the requester or a reviewer."""
    allow(Action.RECORD_OUTSIDE, case, actor)
    _need("reason", reason)
    changed = replace(
        case, status=Status.DECIDED, decision=Decision(outcome, actor.person, at, reason)
    )
    codes = {"outcome": outcome.value, "outside": "yes"}
    return _step(changed, Event(EventKind.DECIDED, at, actor.person, codes, {"reason": reason}))


def report(case: Case, actor: Actor, *, done: bool, texts: Mapping[str, str], at: datetime) -> Step:
    """Whether the decision was carried out: when, how, what; or why not.

    Not to have shared what was not to be shared needs no account. Boxes that the report has not
    are dropped. Raises StalePage for what cannot be picked on it.
    """
    allow(Action.REPORT, case, actor)
    for name, codes in REPORT_CODES.items():
        if picked := texts.get(name, ""):
            _need_known(codes, picked)
    if done or not case.settled:
        _need("account", texts.get("account", ""))
    boxes = (*REPORT_TEXTS, *REPORT_CODES)
    kept = {name: text for name in boxes if (text := texts.get(name, "")).strip()}
    carried = "yes" if done else "no"
    changed = replace(case, status=Status.CLOSED, report={**kept, "done": carried})
    return _step(changed, Event(EventKind.REPORTED, at, actor.person, {"done": carried}, kept))


def note_reply(case: Case, actor: Actor, *, no_action: bool, text: str, at: datetime) -> Step:
    """What the recipient answered, if anything; `no_action` tells the route."""
    allow(Action.NOTE_REPLY, case, actor)
    _need("reply", text)
    codes = {"no_action": "yes" if no_action else "no"}
    changed = replace(case, report={**case.report, "reply": text, **codes})
    return _step(changed, Event(EventKind.REPLIED, at, actor.person, codes, {"reply": text}))


def amend(
    case: Case,
    actor: Actor,
    outcome: Outcome,
    reason: str,
    ids: tuple[str, str],
    at: datetime,
    *,
    limits: str = "",
) -> tuple[Step, Step]:
    """A later decision is a new case linked to the old: gives (old step, new step).

    `ids` are the new case's id and reference. Raises ReasonRequired, and NotWaiting unless decided
    or closed.
    """
    single = allow(Action.AMEND, case, actor)
    _need("reason", reason)
    if outcome is Outcome.SHARE_LIMITED:
        _need("limits", limits)
    new_id, new_ref = ids
    new = replace(
        case,
        id=new_id,
        ref=new_ref,
        status=Status.DECIDED,
        version=1,
        created_at=at,
        changed_at=at,
        course=None,
        decision=Decision(outcome, actor.person, at, reason, limits, single),
        assignee=None,
        close_requested=False,
        remarks=(),
        report={},
        filed_at=None,
        legal_hold=False,
        linked_to=case.id,
    )
    codes = {"outcome": outcome.value, "amends": case.ref}
    texts = {"reason": reason} | ({"limits": limits} if limits.strip() else {})
    first = Event(EventKind.RECORDED, at, actor.person, codes, texts)
    old = _step(case, Event(EventKind.AMENDED, at, actor.person, {"by": new_ref}))
    return old, (new, (first,))


def mark_filed(case: Case, actor: Actor, at: datetime) -> Step:
    """A reviewer says the record is in the child's own file. Raises NotWaiting while it is open,
    and when it was said before.

    A decision not to share leaves nothing to report, so that filing it closes it too.
    """
    allow(Action.MARK_FILED, case, actor)
    if case.filed_at is not None:
        raise NotWaiting(case.status.value)
    changed = replace(case, filed_at=at)
    if case.status is not Status.DECIDED:
        return _step(changed, Event(EventKind.FILED, at, actor.person))
    changed = replace(changed, status=Status.CLOSED, report={**case.report, "done": "no"})
    return _step(changed, Event(EventKind.FILED, at, actor.person, {"done": "no"}))


def set_hold(case: Case, actor: Actor, *, held: bool, reason: str, at: datetime) -> Step:
    """Keep an ended case from disposal, or let it go. Raises NotWaiting when it is so already."""
    allow(Action.SET_HOLD, case, actor)
    if case.legal_hold is held:
        raise NotWaiting(case.status.value)
    _need("reason", reason)
    kind = EventKind.HELD if held else EventKind.RELEASED
    return _step(
        replace(case, legal_hold=held), Event(kind, at, actor.person, {}, {"reason": reason})
    )


def read(case: Case, actor: Actor, at: datetime) -> Event:
    """A reviewer or the requester opens the free text; the event is the trace of it."""
    if actor.person != case.requester:
        check_reviewer(case, actor)
    elif actor.standing is Standing.GONE:
        raise Guest
    return Event(EventKind.READ, at, actor.person)


def routes_from(case: Case) -> tuple[str, ...]:
    """Where a case may be sent: a restricted one never to the DSL or the DPO, nor back down.

    A worry about the head was sent past the head, and nobody later may send it to them.
    """
    routes: tuple[str, ...] = ("dsl", "head", "dpo")
    if case.restricted:
        routes = RESTRICTED_ROUTES[RESTRICTED_ROUTES.index(case.advice.route) :]
    return tuple(route for route in routes if route != case.route)


def _first_status(draft: Draft, advice: Verdict, reach: Reach) -> Status:
    if advice.urgency == "now":
        return Status.DECIDED if draft.texts.get("reason", "").strip() else Status.REASON_DUE
    needs_approval = advice.outcome == "share" and reach.share_needs == "approval"
    if advice.outcome == "escalate" or needs_approval:
        return Status.OUTSIDE if reach.outside else Status.WAITING
    return Status.DECIDED


def _own_decision(draft: Draft, advice: Verdict, at: datetime) -> Decision:
    outcome = Outcome.SHARE if advice.outcome == "share" else Outcome.DO_NOT_SHARE
    if draft.course is Course.AGAINST:
        outcome = Outcome.DO_NOT_SHARE if outcome is Outcome.SHARE else Outcome.SHARE
    return Decision(outcome, draft.requester, at, draft.texts.get("reason", ""))


def _remarked(
    case: Case, kind: EventKind, actor: Actor, text: str, at: datetime, *, status: Status
) -> Case:
    remark = Remark(kind, actor.person, at, text)
    return replace(case, status=status, remarks=(*case.remarks, remark))


def _step(case: Case, event: Event) -> Step:
    return replace(case, version=case.version + 1, changed_at=event.at), (event,)


def _need_known(codes: tuple[str, ...], picked: str) -> None:
    if not set(picked.split(",")) <= set(codes):
        raise StalePage


def _need(field: str, text: str) -> None:
    if not text.strip():
        raise ReasonRequired(field)
