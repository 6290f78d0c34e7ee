"""The walk of a member of staff: begin, turn pages, record."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from bot import walk as walks
from bot.boxes import boxes_for
from bot.case import Case, Course, Draft, PackRef
from bot.chat import Account, DeliveryError
from bot.life import Reach, submit
from bot.people import School, reachable_route
from bot.personal_data import find_personal_data
from bot.refusals import AlreadySent, PersonalData, ReasonRequired, StalePage, UnknownCase
from bot.rules import RulePack, Verdict, decide
from bot.walk import OUTCOME, Walk
from handlers.casework import keep_new
from handlers.desk import ABOUT_THE_HEAD, LOOK_WITHIN, Desk, every_name, new_id
from storage.unit import Unit


@dataclass(eq=False)
class RulesChanged(StalePage):
    """Raised when a dialog was begun under a pack that is no longer the one of new walks."""

    walk: Walk

    @property
    def code(self) -> str:
        return StalePage.__name__


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What the last page holds. `override`: what looks like personal data is none, they say."""

    texts: Mapping[str, str] = field(default_factory=dict)
    course: Course | None = None
    purpose: str | None = None
    override: bool = False


RECORD_WITHIN = 2.0
"""Seconds that the record may take before the dialog says that it was not sent."""


def begin(desk: Desk, school: School) -> Walk:
    """A new walk; its id becomes the case's id."""
    return walks.start(new_id(), school.id, desk.pack)


async def begin_another(desk: Desk, school: School, case_id: str, account: Account) -> Walk:
    """A walk for another recipient of the requester's own case. Raises StalePage otherwise."""
    case = await desk.store.read(lambda unit: unit.load(case_id))
    await desk.learn(school, (account,))
    if case.requester not in school.person(account).names:
        raise StalePage
    return walks.another(new_id(), desk.pack, school.id, case.answers, case.id, case.excluded)


def unseal(desk: Desk, sealed: str, account: Account) -> tuple[RulePack, Walk]:
    """The walk of a dialog and its pack.

    Raises StalePage when it is not what we made, RulesChanged when the pack is no longer in use.
    """
    walk = walks.unseal(sealed, str(account), desk.lock)
    try:
        return desk.pack_by_digest(walk.pack), walk
    except StalePage:
        raise RulesChanged(walk) from None


def is_danger(desk: Desk, walk: Walk) -> bool:
    """The walk has ended in "danger: act now", which is written at once and asks nothing more."""
    if walk.page != OUTCOME:
        return False
    return walks.verdict(desk.pack_by_digest(walk.pack), walk).urgency == "now"


async def record(desk: Desk, school: School, walk: Walk, account: Account, given: HandedIn) -> Case:
    """Write the case of a finished walk; the same walk sent twice is one case.

    A walk that was sent and then changed is another matter: with danger it becomes a new case,
    linked to the first; otherwise AlreadySent is raised. Raises ReasonRequired, PersonalData,
    StalePage, or StoreUnavailable when it was not written.
    """
    pack = desk.pack_by_digest(walk.pack)
    if walk.page != OUTCOME or walks.open_fix(pack, walk):
        raise StalePage
    desk.acquaintance.begin(school, account)
    answers = _answers(pack, walk, given.purpose)
    advice = decide(pack, answers)
    needs = await share_needs(desk, school, advice, account)
    _refuse_unpicked(walk, advice, answers, given, needs)
    draft = _draft(school, pack, walk, account, answers, given, _boxes(advice, answers, needs))
    if not (given.override and await may_override(desk, school, advice, account)):
        refuse_personal_data(draft.texts)
    draft = replace(draft, excluded=await excluded_by(desk, school, walk, draft.answers))
    route, outside = reachable_route(school, str(advice.route), draft.excluded)
    reach = Reach(route, outside, needs)

    def write(unit: Unit) -> Case:
        new, kept = _as_sent(unit, draft, advice)
        if kept is not None:
            return kept
        case, events = submit(new, advice, reach, unit.new_ref(), desk.clock())
        keep_new(unit, school, case, events[0])
        return case

    return await desk.store.write(write, within=RECORD_WITHIN)


async def share_needs(desk: Desk, school: School, advice: Verdict, account: Account) -> str:
    """What the school wants of a share: `notify`, `approval` or `nothing`.

    Whoever reviews the route would only wait for themselves: nobody need approve their shares.
    """
    if not waits_for_approval(advice, school.share_needs):
        return school.share_needs
    reviewed, _ = await desk.routes_of(school, school.person(account).id, [str(advice.route)])
    return "notify" if reviewed else school.share_needs


def waits_for_approval(advice: Verdict, needs: str) -> bool:
    """Whether somebody checks a share before it is made; danger never waits."""
    return needs == "approval" and advice.outcome == "share" and advice.urgency != "now"


async def may_override(desk: Desk, school: School, advice: Verdict, account: Account) -> bool:
    """Whether somebody's word counts that what looks like personal data is none.

    The DSL's does, and that of whoever reviews the route the case would go to.
    """
    person, routes = school.person(account).id, {"dsl", str(advice.route)}
    return bool((await desk.routes_of(school, person, routes))[0])


async def sent_case(desk: Desk, walk: Walk) -> Case | None:
    """The case of a walk that was sent already, or None."""
    return await desk.store.read(lambda unit: _find(unit, walk.id))


async def excluded_by(
    desk: Desk, school: School, walk: Walk, answers: Mapping[str, str]
) -> frozenset[str]:
    """Everyone whom a walk keeps out, under every name they go by.

    Those who were ticked; and where the worry is about the head, or the head is too close to it,
    whoever is on the head's route. Where the chat does not say who that is, they are looked up
    before anybody is told (`Desk.with_kept_out`): a danger waits for nothing.
    """
    if answers.get("adult", "unsure") == "none":
        return frozenset()
    ticked = every_name(school, walk.excluded)
    if answers.get("adult") in ABOUT_THE_HEAD:
        with contextlib.suppress(DeliveryError, TimeoutError):
            async with asyncio.timeout(LOOK_WITHIN):
                return ticked | await desk.head_and_names(school)
    return ticked


def refuse_personal_data(texts: Mapping[str, str]) -> None:
    """Raises PersonalData naming the first box that holds a pattern of personal data."""
    for box, text in texts.items():
        if kind := find_personal_data(text):
            raise PersonalData(box, kind.value)


def _refuse_unpicked(
    walk: Walk, advice: Verdict, answers: Mapping[str, str], given: HandedIn, needs: str
) -> None:
    """Raises ReasonRequired for what the last page lets one pick: Teams sends it without too."""
    if advice.urgency == "now":
        return
    if walk.asked and "purpose" not in answers:
        raise ReasonRequired("purpose")
    waits = advice.outcome == "escalate" or waits_for_approval(advice, needs)
    if given.course is None and not waits:
        raise ReasonRequired("course")


def _answers(pack: RulePack, walk: Walk, purpose: str | None) -> dict[str, str]:
    """The answers that count, with the purpose that the last page may have asked for."""
    answers = walks.counted(pack, walk)
    if purpose is None or not walk.asked or "purpose" in answers:
        return answers
    pack.check_answer("purpose", purpose)
    return {**answers, "purpose": purpose}


def _boxes(advice: Verdict, answers: Mapping[str, str], needs: str) -> frozenset[str]:
    boxes = boxes_for(advice, answers, waits=waits_for_approval(advice, needs))
    return frozenset(name for name, _ in boxes) | {"against_reason"}


def _draft(
    school: School,
    pack: RulePack,
    walk: Walk,
    account: Account,
    answers: Mapping[str, str],
    given: HandedIn,
    boxes: frozenset[str],
) -> Draft:
    return Draft(
        id=walk.id,
        school=school.id,
        requester=school.person(account).id,
        account=account,
        pack=PackRef(pack.id, pack.version, pack.digest),
        answers=answers,
        texts={name: text for name, text in given.texts.items() if name in boxes},
        fixes=walk.fixes,
        course=given.course,
        linked_to=walk.linked_to,
    )


def _as_sent(unit: Unit, draft: Draft, advice: Verdict) -> tuple[Draft, Case | None]:
    """The draft to write and None, or the case that says just the same and is there already."""
    kept = _find(unit, draft.id)
    if kept is None:
        return draft, None
    if kept.account != draft.account:
        raise StalePage
    if kept.answers == draft.answers and (advice.urgency == "now" or _says_the_same(kept, draft)):
        return draft, kept
    if advice.urgency != "now":
        raise AlreadySent(kept.ref)
    other = sha256(f"{draft.id} now".encode()).hexdigest()[: len(draft.id)]
    return replace(draft, id=other, linked_to=kept.id), _find(unit, other)


def _says_the_same(kept: Case, draft: Draft) -> bool:
    texts = {name: text for name, text in draft.texts.items() if text.strip()}
    same_course = draft.course is None or kept.course is draft.course
    return kept.texts == texts and kept.excluded == draft.excluded and same_course


def _find(unit: Unit, case_id: str) -> Case | None:
    try:
        return unit.load(case_id)
    except UnknownCase:
        return None
