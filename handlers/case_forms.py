"""What reviewers and requesters press: the buttons of a case, and the forms that they open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from bot.boxes import REPORT_CODES, REPORT_TEXTS
from bot.case import Case, EventKind, Outcome
from bot.chat import Card
from bot.facts import case_facts, number_facts, person_facts
from bot.life import routes_from
from bot.people import School
from bot.permission import Action, Actor, eligible
from bot.refusals import PersonalData, ReasonRequired, RouteNotAllowed, StalePage
from handlers.home import list_card
from handlers.review import Visit
from handlers.screens import reason_fields
from handlers.trouble import say_unsaved
from handlers.visitor import Again, Form, Page, Press, Visitor
from storage.errors import StoreUnavailable

KEEP, RELEASE = "keep", "release"
DIGITS = 5
"""Of the number of a page of a list."""
Fill = Callable[[Visitor, Case, Actor], Mapping[str, Any]]
Submit = Callable[[Visit, Form, str], Awaitable[object]]


def _nothing(_visitor: Visitor, _case: Case, _actor: Actor) -> Mapping[str, Any]:
    return {}


def _single(_visitor: Visitor, case: Case, actor: Actor) -> Mapping[str, Any]:
    alone = actor.person == case.requester
    return {"single": alone, "lado": alone and case.route == "head"}


def _colleagues(visitor: Visitor, case: Case, actor: Actor) -> Mapping[str, Any]:
    others = sorted(eligible(case, actor.reviewers) - {actor.person})
    return {"colleagues": [{"id": p, "label": _name(visitor, p)} for p in others]}


def _name(visitor: Visitor, person: str) -> str:
    """What to call somebody in a list: their post, or the name the workspace shows."""
    found = visitor.school.person_by_id(person)
    account = found.account_on(visitor.account.platform) or next(iter(found.accounts), None)
    return found.post or (visitor.name_of(account) if account else "") or person


def _routes(visitor: Visitor, case: Case, _actor: Actor) -> Mapping[str, Any]:
    school = visitor.school
    return {"routes": [{"id": r, "label": school.routes[r].post} for r in routes_from(case)]}


def _reason_boxes(visitor: Visitor, case: Case, _actor: Actor) -> Mapping[str, Any]:
    return {"fields": reason_fields(visitor.desk.pack_of(case), case, {})}


def _question(_visitor: Visitor, case: Case, _actor: Actor) -> Mapping[str, Any]:
    asked = (r.text for r in reversed(case.remarks) if r.kind is EventKind.ASKED)
    return {"question": next(asked, "")}


FORMS: Mapping[Action, tuple[str, Fill]] = {
    Action.DECIDE: ("decide", _single),
    Action.ASK: ("ask", _nothing),
    Action.ANSWER: ("answer", _question),
    Action.COMMENT: ("comment", _nothing),
    Action.HAND_OVER: ("hand_over", _colleagues),
    Action.REROUTE: ("reroute", _routes),
    Action.WITHDRAW: ("withdraw", _nothing),
    Action.GIVE_REASON: ("reason", _reason_boxes),
    Action.RECORD_OUTSIDE: ("outside", _nothing),
    Action.REPORT: ("report", _nothing),
    Action.NOTE_REPLY: ("reply", _nothing),
    Action.AMEND: ("amend", _nothing),
    Action.SET_HOLD: ("hold", _nothing),
}
"""Which form a button opens, and what the form shows beside the case's reference."""


async def on_button(visitor: Visitor, press: Press) -> None:
    """Open the form of a button, if the case and the person allow it."""
    action, preset = _action_of(press.action)
    case, actor = await _visit(visitor, press.value).check(action)
    await visitor.show(_form_card(visitor, action, preset, case, actor))


async def on_read(visitor: Visitor, press: Press) -> None:
    """The free text, in private; the opening is recorded before anything is shown."""
    case = await _visit(visitor, press.value).read()
    story = _story(visitor, case)
    await visitor.desk.name_people(visitor.school, story, visitor.account.platform)
    await visitor.show(Card("read", story))


async def on_filed(visitor: Visitor, press: Press) -> None:
    """Mark as filed: no form, the card is drawn again."""
    await _visit(visitor, press.value).mark_filed()
    visitor.acted = True


async def on_kept(visitor: Visitor, press: Press) -> None:
    """ "I did not share it": no form, it is closed and the card drawn again."""
    await _visit(visitor, press.value).report({}, done=False)
    visitor.acted = True


async def on_list(visitor: Visitor, press: Press) -> None:
    """Another page of `mine` or `open`, in the place of the message that listed them."""
    which = press.action.split(".")[1]
    if not (press.value.isdecimal() and len(press.value) <= DIGITS):
        raise StalePage
    card = await list_card(visitor.desk, visitor.school, visitor.account, which, int(press.value))
    await visitor.replace(card)


async def _decide(visit: Visit, form: Form, preset: str) -> object:
    limits = form.texts.get("limits", "")
    return await visit.decide(_outcome(preset), form.texts.get("reason", ""), limits)


async def _ask(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.ask(form.texts.get("question", ""))


async def _give_answer(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.answer(form.texts.get("answer", ""))


async def _comment(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.comment(form.texts.get("comment", ""))


async def _hand_over(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.hand_over(_picked(form, "to"), form.texts.get("reason", ""))


async def _reroute(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.reroute(_picked(form, "to"), form.texts.get("reason", ""))


async def _withdraw(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.withdraw(form.texts.get("reason", ""))


async def _reason(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.give_reason(form.texts)


async def _outside(visit: Visit, form: Form, _preset: str) -> object:
    outcome = _outcome(form.choices.get("outcome", ""))
    return await visit.record_outside(outcome, form.texts.get("reason", ""))


async def _report(visit: Visit, form: Form, _preset: str) -> object:
    """What was typed, and what was picked as codes, such as the kinds of information."""
    picked = {n: c for n, c in form.choices.items() if n in REPORT_CODES}
    kinds = {"kinds": ",".join(form.ticks["kinds"])} if form.ticks.get("kinds") else {}
    typed = {name: form.texts[name] for name in REPORT_TEXTS if name in form.texts}
    return await visit.report({**typed, **picked, **kinds}, done=_said_yes(form, "done"))


async def _reply(visit: Visit, form: Form, _preset: str) -> object:
    text, no_action = form.texts.get("reply", ""), _said_yes(form, "no_action")
    return await visit.note_reply(text, no_action=no_action)


async def _amend(visit: Visit, form: Form, _preset: str) -> object:
    outcome = _outcome(form.choices.get("outcome", ""))
    limits = form.texts.get("limits", "")
    return await visit.amend(outcome, form.texts.get("reason", ""), limits)


async def _hold(visit: Visit, form: Form, preset: str) -> object:
    return await visit.set_hold(form.texts.get("reason", ""), held=preset == KEEP)


SUBMITS: Mapping[Action, Submit] = {
    Action.DECIDE: _decide,
    Action.ASK: _ask,
    Action.ANSWER: _give_answer,
    Action.COMMENT: _comment,
    Action.HAND_OVER: _hand_over,
    Action.REROUTE: _reroute,
    Action.WITHDRAW: _withdraw,
    Action.GIVE_REASON: _reason,
    Action.RECORD_OUTSIDE: _outside,
    Action.REPORT: _report,
    Action.NOTE_REPLY: _reply,
    Action.AMEND: _amend,
    Action.SET_HOLD: _hold,
}


async def on_form(visitor: Visitor, page: Page) -> None:
    """A form handed in: do it, or say beside the box what is wrong, with everything still there."""
    action, preset = _action_of(page.name)
    if await hand_in(visitor, action, preset, page):
        await visitor.close()


async def hand_in(
    visitor: Visitor, action: Action, preset: str, page: Page, again: Again | None = None
) -> bool:
    """Do what a form says; where something is wrong with it, say so. Gives whether it is done.

    `again` makes what holds the form anew, where that is no dialog.
    """
    form = page.form()
    override = "yes" in form.ticks.get("override", ())
    visit = replace(_visit(visitor, page.kept), override=override, request=page.request)

    async def refill() -> Card:
        if again is not None:
            return await again()
        case, actor = await visit.check(action)  # a slip is found before who it is by
        card = _form_card(visitor, action, preset, case, actor)
        return Card(card.template, {**card.context, "values": form.values})

    try:
        await SUBMITS[action](visit, form, preset)
    except PersonalData as refusal:
        _, actor = await visit.look(action)
        if actor.person not in actor.reviewers:
            await visitor.complain(form, _beside(visitor, refusal), refill)
            return False
        card = await refill()
        shown = {"blocked": {"kind": refusal.kind}, "may_override": True}
        await visitor.show(Card(card.template, {**card.context, **shown}))
        return False
    except (ReasonRequired, RouteNotAllowed) as refusal:
        await visitor.complain(form, _beside(visitor, refusal), refill)
        return False
    except StoreUnavailable as error:
        words = say_unsaved(visitor.renderer, error, visitor.known_school)
        await visitor.complain(form, {"reason": words}, refill)
        return False
    visitor.acted = True
    return True


PRESETS: Mapping[Action, tuple[str, ...]] = {
    Action.DECIDE: tuple(Outcome),
    Action.SET_HOLD: (KEEP, RELEASE),
}
"""What is already chosen by pressing one button rather than another."""


def _names(action: Action) -> list[str]:
    """The names of an action's buttons and forms, such as `case.ask` or `case.decide.share`."""
    presets = PRESETS.get(action, ())
    return [f"case.{action}.{preset}" for preset in presets] or [f"case.{action}"]


PAGES: Mapping[str, Callable[[Visitor, Page], Coroutine[Any, Any, None]]] = {
    name: on_form for action in SUBMITS for name in _names(action)
}

PRESSES: Mapping[str, Callable[[Visitor, Press], Coroutine[Any, Any, None]]] = {
    **{name: on_button for action in FORMS for name in _names(action)},
    "case.read": on_read,
    "case.filed": on_filed,
    "case.kept": on_kept,
    **{f"list.{which}.{way}": on_list for which in ("mine", "open") for way in ("newer", "older")},
}


def _beside(
    visitor: Visitor, refusal: ReasonRequired | PersonalData | RouteNotAllowed
) -> dict[str, str]:
    field = "to" if isinstance(refusal, RouteNotAllowed) else refusal.field
    kind = refusal.kind if isinstance(refusal, PersonalData) else ""
    return {field: visitor.complaint(refusal.code, field, kind)}


def _form_card(visitor: Visitor, action: Action, preset: str, case: Case, actor: Actor) -> Card:
    template, fill = FORMS[action]
    context = {
        "case": case.id,
        "ref": case.ref,
        "numbers": number_facts(visitor.school.numbers),
        "harmish": case.harmish,
        "held": preset == RELEASE,
        "outcome": preset,
    }
    return Card(template, {**context, **fill(visitor, case, actor)})


def _action_of(name: str) -> tuple[Action, str]:
    """The action of a button or form such as `case.decide.share`, and what it presets."""
    _, action, *preset = name.split(".")
    return Action(action), preset[0] if preset else ""


def _visit(visitor: Visitor, case_id: str) -> Visit:
    return Visit(visitor.desk, visitor.school, visitor.account, case_id)


def _picked(form: Form, name: str) -> str:
    """What was picked of a few. Raises ReasonRequired: Teams hands in a form without it too."""
    if name not in form.choices:
        raise ReasonRequired(name)
    return form.choices[name]


def _said_yes(form: Form, name: str) -> bool:
    """Whether yes or no was picked. Raises ReasonRequired for neither."""
    picked = _picked(form, name)
    if picked not in {"yes", "no"}:
        raise ReasonRequired(name)
    return picked == "yes"


def _outcome(value: str) -> Outcome:
    try:
        return Outcome(value)
    except ValueError:
        raise ReasonRequired("outcome") from None


def _story(visitor: Visitor, case: Case) -> dict[str, Any]:
    """Everything that was typed, for the eyes of whoever opened it."""
    school: School = visitor.school
    desk = visitor.desk
    facts = case_facts(case, school, desk.pack_of(case), shown_on=case.route)
    decision = case.decision
    if decision is not None:
        facts["decision"] |= {"reason": decision.reason, "limits": decision.limits}
    remarks = [
        {
            "kind": remark.kind.value,
            "by": person_facts(school, remark.by),
            "at": int(remark.at.timestamp()),
            "text": remark.text,
        }
        for remark in case.remarks
    ]
    texts = [{"id": name, "text": text} for name, text in case.texts.items()]
    return {
        "ref": case.ref,
        "texts": texts,
        "remarks": remarks,
        "decision": facts["decision"],
        "report": dict(case.report),
    }
