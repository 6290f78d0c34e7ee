"""What the dialog of a walk shows: a page, the tick list, the outcome, what to do now."""

from __future__ import annotations

from bot import walk as walks
from bot.case import Case
from bot.chat import Account, Card, DeliveryError, Member, Standing
from bot.facts import advice_facts, contact_facts, number_facts
from bot.life import boxes_for
from bot.people import ChannelRoute, ContactRoute, PeopleRoute, School, reachable_route
from bot.rules import Page, Question, RulePack, Verdict
from bot.walk import OUTCOME, Walk
from handlers.check import excluded_by
from handlers.desk import Desk

RECEIVERS = ("head", "chair")
"""Routes whose people might receive a case about an adult at the school."""
ONE_LINE = frozenset({"recipient", "filed_at", "advised"})


async def screen(desk: Desk, school: School, walk: Walk, account: Account) -> Card:
    """What the dialog shows at this point of the walk."""
    pack = desk.pack_by_digest(walk.pack)
    sealed = walks.seal(walk, str(account), desk.lock)
    common = {"walk": sealed, "can_back": len(walk.trail) > 1}
    common |= {"numbers": number_facts(school.numbers)}
    if walk.page == OUTCOME:
        reached = await _reached(desk, school, pack, walk)
        return _outcome_screen(school, pack, walk, common, reached)
    page = pack.page(walk.page)
    if page.people:
        people = await receivers(desk, school)
        options = [{"id": i, "label": n, "chosen": i in walk.excluded} for i, n in people]
        return Card("people", {**common, "page": _page_facts(page), "people": options})
    asked = [_question_facts(q, walk, school) for q in walks.questions(pack, walk)]
    can_ask = walks.counted(pack, walk).get("adult") == "none"
    first = page.id == pack.pages[0].id
    context = {"page": _page_facts(page), "questions": asked, "can_ask": can_ask, "first": first}
    return Card("page", {**common, **context})


async def receivers(desk: Desk, school: School) -> list[tuple[str, str]]:
    """Who might receive a case about an adult: (person id, what to call them), in order.

    Where the chat cannot say who is in a channel, those whom the settings name are offered.
    """
    found: dict[str, str] = {}
    for route_id in RECEIVERS:
        route = school.routes[route_id]
        if isinstance(route, PeopleRoute):
            for person in route.people:
                found.setdefault(person.id, person.post or person.id)
        elif isinstance(route, ChannelRoute):
            for member in await _members_or_none(desk, route):
                person = school.person(member.account)
                found.setdefault(person.id, person.post or member.name or person.id)
    return list(found.items())


async def _members_or_none(desk: Desk, route: ChannelRoute) -> list[Member]:
    """Those of a channel who would receive a case: guests and strangers never do."""
    try:
        members = await desk.members(route.place)
    except DeliveryError:
        return []
    return [member for member in members if member.standing is Standing.MEMBER]


async def _reached(desk: Desk, school: School, pack: RulePack, walk: Walk) -> str:
    """The route that a walk would go to if it were sent now."""
    answers = walks.counted(pack, walk)
    excluded = await excluded_by(desk, school, walk, answers)
    return reachable_route(school, str(walks.verdict(pack, walk).route), excluded)[0]


def is_awaited(verdict: Verdict) -> bool:
    """Somebody has to look at it, and will not hear of it until it is handed in."""
    return verdict.outcome == "escalate" or "dsl_review" in verdict.conditions


def done_card(desk: Desk, school: School, case: Case) -> Card:
    """What the dialog shows once the case is written: what to do now."""
    danger = case.advice.urgency == "now"
    advice = advice_facts(
        desk.pack_of(case), case.advice, school, answers=case.answers, route=case.route
    )
    route = school.routes[case.route]
    contact = contact_facts(school, case.route)
    fields = [_field(desk.pack_of(case), "reason", case.advice, required=True)] if danger else []
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
    school: School, pack: RulePack, walk: Walk, common: dict[str, object], reached: str
) -> Card:
    verdict = walks.verdict(pack, walk)
    answers = walks.counted(pack, walk)
    fix = walks.open_fix(pack, walk)
    advice = advice_facts(
        pack,
        verdict,
        school,
        answers=answers,
        route=reached,
        sent=False,
        mending=fix is not None,
    )
    emergency = answers.get("danger") != "no"
    if fix is not None:
        line = advice["conditions"][0] if advice["conditions"] else ""
        return Card(
            "nearly", {**common, **advice, "line": line, "fix": fix, "emergency": emergency}
        )
    asks_purpose = walk.asked and "purpose" not in answers
    return Card(
        "outcome",
        {
            **common,
            **advice,
            "emergency": emergency,
            "outcome": verdict.outcome,
            "page": {"id": OUTCOME, "rule": 7},
            "fields": [
                _field(pack, name, verdict, required=required)
                for name, required in boxes_for(verdict, answers)
            ],
            "course": verdict.outcome != "escalate",
            "can_ask": verdict.outcome != "escalate" and answers.get("adult") == "none",
            "purpose": _question_facts(pack.questions["purpose"], walk, school)
            if asks_purpose
            else None,
            "route_post": school.routes[reached].post,
            "submit": "send" if verdict.outcome == "escalate" else "record",
            "awaited": is_awaited(verdict),
            "outside": isinstance(school.routes[reached], ContactRoute),
        },
    )


def _has_recipient(verdict: Verdict) -> bool:
    """Whether somebody would get something: not so where it is about an adult, or a request."""
    return not {"restricted", "subject_access", "legal_order"} & set(verdict.conditions)


def _field(pack: RulePack, name: str, verdict: Verdict, *, required: bool) -> dict[str, object]:
    """A box of the outcome page. The reason is asked for in the words that fit the verdict."""
    box = pack.boxes[_reason_box(pack, verdict) if name == "reason" else name]
    return {
        "id": name,
        "label": box.label,
        "help": box.help,
        "required": required,
        "multiline": name not in ONE_LINE,
        "value": "",
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


def _page_facts(page: Page) -> dict[str, object]:
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


def _question_facts(question: Question, walk: Walk, school: School) -> dict[str, object]:
    options = question.offered(head_is_dsl=school.head_is_dsl)
    return {
        "id": question.id,
        "text": question.text,
        "help": question.help,
        "options": [{"id": o.id, "label": o.label} for o in options],
        "chosen": walk.answers.get(question.id),
    }
