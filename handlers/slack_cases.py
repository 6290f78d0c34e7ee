"""What reviewers and requesters press on Slack: the buttons of a case, and the forms they open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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
from handlers.slack_payload import Form, Payload, Press, read_form, read_metadata
from handlers.slack_walk import school_of
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from handlers.slack import Visitor

KEEP, RELEASE = "keep", "release"
Fill = Callable[["Visitor", Case, Actor], Mapping[str, Any]]
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
    found = school_of(visitor).person_by_id(person)
    return found.post or visitor.edge.chat.name_of(found.accounts[0]) or person


def _routes(visitor: Visitor, case: Case, _actor: Actor) -> Mapping[str, Any]:
    school = school_of(visitor)
    return {"routes": [{"id": r, "label": school.routes[r].post} for r in routes_from(case)]}


def _reason_boxes(visitor: Visitor, case: Case, _actor: Actor) -> Mapping[str, Any]:
    return {"fields": reason_fields(visitor.edge.desk.pack_of(case), case, {})}


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
    await _answer(visitor, press, _form_card(visitor, action, preset, case, actor))


async def on_read(visitor: Visitor, press: Press) -> None:
    """The free text, in private; the opening is recorded before anything is shown."""
    case = await _visit(visitor, press.value).read()
    await _answer(visitor, press, Card("read", _story(visitor, case)))


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
    if not press.value.isdigit():
        raise StalePage
    card = await list_card(
        visitor.edge.desk, school_of(visitor), visitor.account, which, int(press.value)
    )
    await visitor.replace_message(card)


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
    return await visit.hand_over(form.choices.get("to", ""), form.texts.get("reason", ""))


async def _reroute(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.reroute(form.choices.get("to", ""), form.texts.get("reason", ""))


async def _withdraw(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.withdraw(form.texts.get("reason", ""))


async def _reason(visit: Visit, form: Form, _preset: str) -> object:
    return await visit.give_reason(form.texts)


async def _outside(visit: Visit, form: Form, _preset: str) -> object:
    outcome = _outcome(form.choices.get("outcome", ""))
    return await visit.record_outside(outcome, form.texts.get("reason", ""))


async def _report(visit: Visit, form: Form, _preset: str) -> object:
    """What was typed, and what was picked as codes, such as the kinds of information."""
    picked = {n: c for n, c in form.choices.items() if n in {"how", "checked"}}
    kinds = {"kinds": ",".join(form.ticks["kinds"])} if form.ticks.get("kinds") else {}
    done = form.choices.get("done") == "yes"
    return await visit.report({**form.texts, **picked, **kinds}, done=done)


async def _reply(visit: Visit, form: Form, _preset: str) -> object:
    no_action = form.choices.get("no_action") == "yes"
    return await visit.note_reply(form.texts.get("reply", ""), no_action=no_action)


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


async def on_form(visitor: Visitor, view: Payload) -> None:
    """A form handed in: do it, or say beside the box what is wrong, with everything still there."""
    action, preset = _action_of(str(view["callback_id"]))
    form = read_form(view)
    override = "yes" in form.ticks.get("override", ())
    request = f"slack:{view['id']}"
    visit = replace(_visit(visitor, read_metadata(view)), override=override, request=request)
    try:
        await SUBMITS[action](visit, form, preset)
    except PersonalData as refusal:
        await _say_personal(visitor, visit, action, preset, form, refusal)
    except (ReasonRequired, RouteNotAllowed) as refusal:
        await _say_beside(visitor, form, refusal)
    except StoreUnavailable as error:
        words = visitor.edge.say_trouble(error, visitor.school)
        await visitor.edge.answer_errors(visitor, {_block(form, "reason"): words})
    else:
        visitor.acted = True
        await visitor.ack()


PRESETS: Mapping[Action, tuple[str, ...]] = {
    Action.DECIDE: tuple(Outcome),
    Action.SET_HOLD: (KEEP, RELEASE),
}
"""What is already chosen by pressing one button rather than another."""


def _names(action: Action) -> list[str]:
    """The names of an action's buttons and forms, such as `case.ask` or `case.decide.share`."""
    presets = PRESETS.get(action, ())
    return [f"case.{action}.{preset}" for preset in presets] or [f"case.{action}"]


VIEWS: Mapping[str, Callable[[Visitor, Payload], Coroutine[Any, Any, None]]] = {
    name: on_form for action in SUBMITS for name in _names(action)
}

ACTIONS: Mapping[str, Callable[[Visitor, Press], Coroutine[Any, Any, None]]] = {
    **{name: on_button for action in FORMS for name in _names(action)},
    "case.read": on_read,
    "case.filed": on_filed,
    "case.kept": on_kept,
    **{f"list.{which}.{way}": on_list for which in ("mine", "open") for way in ("newer", "older")},
}


async def _say_personal(
    visitor: Visitor,
    visit: Visit,
    action: Action,
    preset: str,
    form: Form,
    refusal: PersonalData,
) -> None:
    """A pattern of personal data: a reviewer may say that it is none, others take it out."""
    case, actor = await visit.look(action)
    if actor.person not in actor.reviewers:
        await _say_beside(visitor, form, refusal)
        return
    card = _form_card(visitor, action, preset, case, actor)
    shown = {"blocked": {"kind": refusal.kind}, "may_override": True}
    ticked = {name: ",".join(codes) for name, codes in form.ticks.items()}
    shown |= {"values": {**form.texts, **form.choices, **ticked}}
    await visitor.edge.answer_view(visitor, Card(card.template, {**card.context, **shown}))


async def _say_beside(
    visitor: Visitor, form: Form, refusal: ReasonRequired | PersonalData | RouteNotAllowed
) -> None:
    field = "to" if isinstance(refusal, RouteNotAllowed) else refusal.field
    kind = refusal.kind if isinstance(refusal, PersonalData) else ""
    card = Card("complaint", {"code": refusal.code, "field": field, "kind": kind})
    words = visitor.edge.renderer.say(card)
    await visitor.edge.answer_errors(visitor, {_block(form, field): words})


def _form_card(visitor: Visitor, action: Action, preset: str, case: Case, actor: Actor) -> Card:
    template, fill = FORMS[action]
    context = {
        "case": case.id,
        "ref": case.ref,
        "numbers": number_facts(school_of(visitor).numbers),
        "harmish": case.harmish,
        "held": preset == RELEASE,
        "outcome": preset,
    }
    return Card(template, {**context, **fill(visitor, case, actor)})


def _action_of(name: str) -> tuple[Action, str]:
    """The action of a button or form such as `case.decide.share`, and what it presets."""
    _, action, *preset = name.split(".")
    return Action(action), preset[0] if preset else ""


def _block(form: Form, field: str) -> str:
    """The block to show an error at: the field's own, or the first box there is."""
    if field in form.blocks:
        return form.blocks[field]
    boxes = (form.blocks[name] for name in form.texts)
    return next(boxes, next(iter(form.blocks.values()), ""))


def _visit(visitor: Visitor, case_id: str) -> Visit:
    return Visit(visitor.edge.desk, school_of(visitor), visitor.account, case_id)


def _outcome(value: str) -> Outcome:
    try:
        return Outcome(value)
    except ValueError:
        raise ReasonRequired("outcome") from None


def _story(visitor: Visitor, case: Case) -> dict[str, Any]:
    """Everything that was typed, for the eyes of whoever opened it."""
    school: School = school_of(visitor)
    desk = visitor.edge.desk
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


async def _answer(visitor: Visitor, press: Press, card: Card) -> None:
    if press.view is None:
        await visitor.open(card)
    else:
        await visitor.edge.update_view(press.view, card)
