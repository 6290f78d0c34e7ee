"""What the dialog of a walk shows: a page, the tick list, the outcome, what to do now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot import walk as walks
from bot.boxes import AFTER_DANGER, boxes_for
from bot.case import Case
from bot.chat import Account, Card, DeliveryError, Member, Place, Standing
from bot.facts import Facts, advice_facts, contact_facts, needs_of, number_facts
from bot.people import ChannelRoute, ContactRoute, School, known_reviewers, reachable_route
from bot.rules import Page, Question, RulePack, Verdict
from bot.walk import OUTCOME, Walk
from handlers.check import excluded_by, share_needs, waits_for_approval
from handlers.desk import LOOK_WITHIN, Desk

RECEIVERS = ("head", "chair")
"""Routes whose people might receive a case about an adult at the school."""
ONE_LINE = frozenset({"recipient", "filed_at", "advised"})


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a walk would go if it were sent now, and what the school wants of its share."""

    route: str
    needs: str


async def screen(desk: Desk, school: School, walk: Walk, account: Account) -> Card:
    """What the dialog shows at this point of the walk, filled in with what was written before."""
    pack = desk.pack_by_digest(walk.pack)
    sealed, kept = walks.seal_to_fit(walk, str(account), desk.lock)
    common = {"walk": sealed, "can_back": len(walk.trail) > 1}
    common |= {"numbers": number_facts(school.numbers)}
    if walk.page == OUTCOME:
        reached = await _reached(desk, school, pack, walk, account)
        return _outcome_screen(school, pack, walk, {**common, "lost": walk.lost}, reached)
    common |= {"lost": kept.lost}
    page = pack.page(walk.page)
    if page.people:
        people = await receivers(desk, school)
        options = [{"id": i, "label": n, "chosen": i in walk.excluded} for i, n in people]
        return Card("people", {**common, "page": _page_facts(page), "people": options})
    key = ("shown", school.id, walk.trail, walk.mending, *walk.answers.items())
    return Card("page", {**common, **pack.recall(key, lambda: _shown(pack, school, walk))})


def _shown(pack: RulePack, school: School, walk: Walk) -> Facts:
    """What a page of questions shows to everybody who is there with these answers."""
    page = pack.page(walk.page)
    return {
        "page": _page_facts(page),
        "questions": [_question_facts(q, walk, school) for q in walks.questions(pack, walk)],
        "can_ask": walks.counted(pack, walk).get("adult") == "none",
        "first": page.id == pack.pages[0].id,
        "mending": walk.mending is not None,
    }


async def receivers(desk: Desk, school: School) -> list[tuple[str, str]]:
    """Who might receive a case about an adult: (person id, what to call them), in order.

    Where the chat cannot say who is in a channel, those whom the settings name are offered.
    """
    found: dict[str, str] = {}
    for route_id in RECEIVERS:
        route = school.routes[route_id]
        for person in known_reviewers(route) or ():
            found.setdefault(person.id, person.post or person.id)
        if isinstance(route, ChannelRoute) and not route.named:
            for member in await _members_or_none(desk, route.asked):
                person = school.person(member.account)
                found.setdefault(person.id, person.post or member.name or person.id)
    return list(found.items())


async def _members_or_none(desk: Desk, place: Place) -> list[Member]:
    """Those of a channel or group who would receive a case: guests and strangers never do."""
    try:
        async with asyncio.timeout(2 * LOOK_WITHIN):
            members = await desk.members(place)
    except (DeliveryError, TimeoutError):
        return []
    return [member for member in members if member.standing is Standing.MEMBER]


async def _reached(
    desk: Desk, school: School, pack: RulePack, walk: Walk, account: Account
) -> Reached:
    answers, verdict = walks.counted(pack, walk), walks.verdict(pack, walk)
    excluded = await excluded_by(desk, school, walk, answers)
    route, _ = reachable_route(school, str(verdict.route), excluded)
    return Reached(route, await share_needs(desk, school, verdict, account))


def is_awaited(verdict: Verdict, needs: str) -> bool:
    """Somebody has to look at it, and will not hear of it until it is handed in."""
    return _waits(verdict, needs) or "dsl_review" in verdict.conditions


async def unsent_card(desk: Desk, school: School, walk: Walk, account: Account) -> Card | None:
    """What to say of a dialog that was closed too early; None where nobody has to look at it.

    The answers are kept, and nothing that was written: a message lies there for longer.
    """
    bare = walks.without_written(walk)
    card = Card("unsent", {"walk": walks.seal(bare, str(account), desk.lock)})
    numbers = {"numbers": number_facts(school.numbers)}
    if walk.pack != desk.pack.digest:
        return Card("unsent", {**card.context, **numbers})
    reached = await _reached(desk, school, desk.pack, walk, account)
    if not is_awaited(walks.verdict(desk.pack, walk), reached.needs):
        return None
    contact = contact_facts(school, reached.route)
    return Card("unsent", {**card.context, **numbers, "contact": contact})


def reason_fields(pack: RulePack, case: Case, written: Mapping[str, str]) -> list[Facts]:
    """The boxes after a danger, filled in with what was written before it."""
    return [
        _field(pack, name, case.advice, required=required, value=written.get(name, ""))
        for name, required in AFTER_DANGER
    ]


def done_card(desk: Desk, school: School, case: Case, written: Mapping[str, str]) -> Card:
    """What the dialog shows once the case is written: what to do now."""
    danger = case.advice.urgency == "now"
    pack = desk.pack_of(case)
    advice = advice_facts(
        pack,
        case.advice,
        school,
        answers=case.answers,
        route=case.route,
        needs=needs_of(case, school),
    )
    route = school.routes[case.route]
    contact = contact_facts(school, case.route)
    fields = reason_fields(pack, case, written) if danger else []
    return Card(
        "danger" if danger else "done",
        {
            **advice,
            "case": case.id,
            "ref": case.ref,
            "status": case.status.value,
            "outcome": case.advice.outcome,
            "numbers": number_facts(school.numbers),
            "emergency": case.answers.get("danger") != "no",
            "restricted": case.restricted,
            "route_post": route.post,
            "contact": contact,
            "outside": contact is not None,
            "course": case.course.value if case.course else None,
            "can_check_another": not danger and _has_recipient(case.advice),
            "fields": fields,
        },
    )


def _outcome_screen(
    school: School, pack: RulePack, walk: Walk, common: Facts, reached: Reached
) -> Card:
    verdict = walks.verdict(pack, walk)
    answers = walks.counted(pack, walk)
    fix = walks.open_fix(pack, walk)
    advice = advice_facts(
        pack,
        verdict,
        school,
        answers=answers,
        route=reached.route,
        sent=False,
        needs=reached.needs if reached.needs == school.share_needs else "nothing",
        mending=fix is not None,
    )
    emergency = answers.get("danger") != "no"
    if fix is not None:
        line = advice["conditions"][0] if advice["conditions"] else ""
        return Card(
            "nearly", {**common, **advice, "line": line, "fix": fix, "emergency": emergency}
        )
    waits = _waits(verdict, reached.needs)
    boxes = boxes_for(verdict, answers, waits=waits)
    asks_purpose = walk.asked and "purpose" not in answers
    return Card(
        "outcome",
        {
            **common,
            **advice,
            "emergency": emergency,
            "outcome": verdict.outcome,
            "page": {"id": OUTCOME, "rule": 7},
            "fields": [_field(pack, name, verdict, required=r) for name, r in boxes],
            "values": walk.written,
            "course": not waits,
            "can_ask": not waits and answers.get("adult") == "none",
            "to_check": waits and verdict.outcome == "share",
            "purpose": _question_facts(pack.questions["purpose"], walk, school)
            if asks_purpose
            else None,
            "route_post": school.routes[reached.route].post,
            "submit": "send" if waits else "record",
            "awaited": is_awaited(verdict, reached.needs),
            "outside": isinstance(school.routes[reached.route], ContactRoute),
        },
    )


def _waits(verdict: Verdict, needs: str) -> bool:
    """Whether somebody else decides, so that there is nothing to follow or to go against yet."""
    return verdict.outcome == "escalate" or waits_for_approval(verdict, needs)


def _has_recipient(verdict: Verdict) -> bool:
    """Whether somebody would get something: not so where it is about an adult, or a request."""
    return not {"restricted", "subject_access", "legal_order"} & set(verdict.conditions)


def _field(
    pack: RulePack, name: str, verdict: Verdict, *, required: bool, value: str = ""
) -> Facts:
    """A box of the outcome page. The reason is asked for in the words that fit the verdict."""
    box = pack.boxes[_reason_box(pack, verdict) if name == "reason" else name]
    return {
        "id": name,
        "label": box.label,
        "help": box.help,
        "required": required,
        "multiline": name not in ONE_LINE,
        "value": value,
    }


def _reason_box(pack: RulePack, verdict: Verdict) -> str:
    if verdict.urgency == "now":
        wanted = "danger"
    elif "restricted" in verdict.conditions:
        wanted = "worry"
    elif {"subject_access", "legal_order"} & set(verdict.conditions):
        wanted = "request"
    else:
        wanted = "asking" if verdict.outcome == "escalate" else "reason"
    return wanted if wanted in pack.boxes else "reason"


def _page_facts(page: Page) -> Facts:
    tick_list = page.tick_list
    return {
        "id": page.id,
        "title": page.title,
        "help": page.help,
        "rule": page.rule,
        "question": tick_list.question if tick_list else None,
        "nobody": tick_list.nobody if tick_list else None,
        "button": tick_list.button if tick_list else None,
    }


def _question_facts(question: Question, walk: Walk, school: School) -> Facts:
    options = question.offered(head_is_dsl=school.head_is_dsl)
    return {
        "id": question.id,
        "text": question.text,
        "help": question.help,
        "options": [{"id": o.id, "label": o.label} for o in options],
        "chosen": walk.answers.get(question.id),
    }
