"""The walk of a member of staff: begin, turn pages, record."""

from __future__ import annotations

from collections.abc import Mapping

from bot import walk as walks
from bot.case import Case, Course, Draft, PackRef
from bot.chat import Account, Card
from bot.facts import advice_facts, number_facts
from bot.life import Reach, required_texts, submit
from bot.people import ContactRoute, School, reachable_route
from bot.personal_data import find_personal_data
from bot.refusals import PersonalData, StalePage, UnknownCase
from bot.rules import Page, Question, RulePack, Verdict, decide
from bot.walk import OUTCOME, Walk
from handlers.casework import keep_new
from handlers.desk import Desk, new_id
from storage.unit import Unit

RECEIVERS = ("head", "chair")
"""Routes whose people might receive a case about an adult at the school."""
RECORD_WITHIN = 2.0
"""Seconds that the record may take before the dialog says that it was not sent."""


def begin(desk: Desk, school: School) -> Walk:
    """A new walk; its id becomes the case's id."""
    return walks.start(new_id(), school.id, desk.pack)


async def begin_another(desk: Desk, school: School, case_id: str, account: Account) -> Walk:
    """A walk for another recipient of the requester's own case. Raises StalePage otherwise."""
    case = await desk.store.read(lambda unit: unit.load(case_id))
    if case.requester != school.person(account).id:
        raise StalePage
    return walks.another(new_id(), desk.pack, school.id, case.answers, case.id)


def unseal(desk: Desk, sealed: str, account: Account) -> tuple[RulePack, Walk]:
    """The walk of a dialog and its pack. Raises StalePage when either is not what we made."""
    walk = walks.unseal(sealed, str(account), desk.seal_key)
    return desk.pack_by_digest(walk.pack), walk


async def screen(desk: Desk, school: School, walk: Walk, account: Account) -> Card:
    """What the dialog shows at this point of the walk."""
    pack = desk.pack_by_digest(walk.pack)
    sealed = walks.seal(walk, str(account), desk.seal_key)
    common = {"walk": sealed, "can_back": len(walk.trail) > 1}
    common |= {"numbers": number_facts(school.numbers)}
    if walk.page == OUTCOME:
        return _outcome_screen(school, pack, walk, common)
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
    """Who might receive a case about an adult: (person id, what to call them), in order."""
    found: dict[str, str] = {}
    for route in RECEIVERS:
        names = {}
        if place := getattr(school.routes[route], "place", None):
            names = {school.person(m.account).id: m.name for m in await desk.members(place)}
        for person_id, _ in await desk.route_accounts(school, route):
            post = school.person_by_id(person_id).post
            found.setdefault(person_id, post or names.get(person_id) or person_id)
    return list(found.items())


def is_danger(desk: Desk, walk: Walk) -> bool:
    """The walk has ended in "danger: act now", which is written at once and asks nothing more."""
    if walk.page != OUTCOME:
        return False
    return walks.verdict(desk.pack_by_digest(walk.pack), walk).urgency == "now"


def is_awaited(verdict: Verdict) -> bool:
    """Somebody has to look at it, and will not hear of it until it is handed in."""
    return verdict.outcome == "escalate" or "dsl_review" in verdict.conditions


async def record(
    desk: Desk,
    school: School,
    walk: Walk,
    account: Account,
    texts: Mapping[str, str],
    course: Course | None = None,
    purpose: str | None = None,
) -> Case:
    """Write the case of a finished walk; the same walk sent twice is one case.

    Raises ReasonRequired, PersonalData, StalePage, or StoreUnavailable when it was not written.
    """
    pack = desk.pack_by_digest(walk.pack)
    if walk.page != OUTCOME or walks.open_fix(pack, walk):
        raise StalePage
    draft, advice = _draft(school, pack, walk, account, texts, course, purpose)
    refuse_personal_data(draft.texts)
    route, outside = reachable_route(school, str(advice.route), draft.excluded)
    reach = Reach(route, outside, school.share_needs)

    def write(unit: Unit) -> Case:
        if (kept := _kept(unit, draft)) is not None:
            return kept
        case, events = submit(draft, advice, reach, unit.new_ref(), desk.clock())
        keep_new(unit, school, case, events[0])
        return case

    return await desk.store.write(write, within=RECORD_WITHIN)


def refuse_personal_data(texts: Mapping[str, str]) -> None:
    """Raises PersonalData naming the first box that holds a pattern of personal data."""
    for field, text in texts.items():
        if kind := find_personal_data(text):
            raise PersonalData(field, kind.value)


def done_card(desk: Desk, school: School, case: Case) -> Card:
    """What the dialog shows once the case is written: what to do now."""
    danger = case.advice.urgency == "now"
    advice = advice_facts(desk.pack_of(case), case.advice, school, answers=case.answers)
    route = school.routes[case.route]
    contact = route.contact if isinstance(route, ContactRoute) else None
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
            "contact": contact
            and {"post": contact.post, "phone": contact.phone, "email": contact.email},
            "outside": contact is not None,
            "course": case.course.value if case.course else None,
            "can_check_another": not danger,
            "fields": [_field(desk.pack_of(case), "reason", required=True)] if danger else [],
        },
    )


def _outcome_screen(school: School, pack: RulePack, walk: Walk, common: dict[str, object]) -> Card:
    verdict = walks.verdict(pack, walk)
    answers = walks.counted(pack, walk)
    advice = advice_facts(pack, verdict, school, answers=answers)
    emergency = answers.get("danger") != "no"
    if fix := walks.open_fix(pack, walk):
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
                _field(pack, f, required=r, asking=verdict.outcome == "escalate")
                for f, r in _boxes(verdict, answers)
            ],
            "course": verdict.outcome != "escalate",
            "can_ask": verdict.outcome != "escalate" and answers.get("adult") == "none",
            "purpose": _question_facts(pack.questions["purpose"], walk, school)
            if asks_purpose
            else None,
            "route_post": school.routes[str(verdict.route)].post,
            "submit": "send" if verdict.outcome == "escalate" else "record",
            "awaited": is_awaited(verdict),
            "outside": isinstance(school.routes[str(verdict.route)], ContactRoute),
        },
    )


def _boxes(verdict: Verdict, answers: Mapping[str, str]) -> list[tuple[str, bool]]:
    required = required_texts(verdict, answers)
    boxes = [(field, True) for field in required]
    if "recipient" not in required:
        boxes.insert(1, ("recipient", False))
    if verdict.outcome == "escalate":
        boxes.append(("filed_at", False))
    return boxes


def _field(pack: RulePack, name: str, *, required: bool, asking: bool = False) -> dict[str, object]:
    """A box of the outcome page; who asks for help is asked what about, not why they decided."""
    box = pack.boxes["asking" if asking and name == "reason" else name]
    multiline = name not in {"recipient", "filed_at", "advised"}
    return {
        "id": name,
        "label": box.label,
        "help": box.help,
        "required": required,
        "multiline": multiline,
        "value": "",
    }


def _draft(
    school: School,
    pack: RulePack,
    walk: Walk,
    account: Account,
    texts: Mapping[str, str],
    course: Course | None,
    purpose: str | None,
) -> tuple[Draft, Verdict]:
    answers = walks.counted(pack, walk)
    if purpose is not None and walk.asked and "purpose" not in answers:
        pack.check_answer("purpose", purpose)
        answers = {**answers, "purpose": purpose}
    advice = decide(pack, answers)
    boxes = {name for name, _ in _boxes(advice, answers)} | {"against_reason"}
    draft = Draft(
        id=walk.id,
        school=school.id,
        requester=school.person(account).id,
        account=account,
        pack=PackRef(pack.id, pack.version, pack.digest),
        answers=answers,
        texts={name: text for name, text in texts.items() if name in boxes},
        excluded=frozenset(walk.excluded) if answers.get("adult") != "none" else frozenset(),
        fixes=walk.fixes,
        course=course,
        linked_to=walk.linked_to,
    )
    return draft, advice


def _kept(unit: Unit, draft: Draft) -> Case | None:
    """The case of this walk, if it was written before."""
    try:
        case = unit.load(draft.id)
    except UnknownCase:
        return None
    if case.requester != draft.requester:
        raise StalePage
    return case


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
