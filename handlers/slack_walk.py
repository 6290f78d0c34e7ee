"""The walk on Slack: the command, the pages, Back, "Ask the DSL now", and the outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot import walk as walks
from bot.case import Course
from bot.chat import (
    Card,
    DeliveryError,
    InDoubt,
    MessageRef,
    NotNow,
    Place,
    Platform,
    RefusedForGood,
)
from bot.people import School
from bot.refusals import AlreadySent, PersonalData, ReasonRequired, StalePage, UnknownWorkspace
from bot.rules import RulePack, UnknownAnswer
from bot.walk import OUTCOME, Walk
from handlers import check, screens
from handlers.check import HandedIn, RulesChanged
from handlers.help import help_card
from handlers.home import list_card
from handlers.slack_payload import Form, Payload, Press, read_form, read_metadata
from storage.errors import StorageError, StoreUnavailable

if TYPE_CHECKING:
    from handlers.slack import Visitor

NOBODY = "nobody"
"""The value of the last line of the tick list, which is not a person."""
GONE_ON = frozenset({"hash_conflict", "not_found"})
"""What Slack says of a dialog that shows another page by now, or is closed."""
PAUSES = (0.3, 1.0)
"""Seconds before a page is turned again that Slack did not turn."""


async def on_command(visitor: Visitor, text: str) -> None:
    """`/sharecheck`: the dialog; `help`, `mine` and `open` are words; anything else is dropped."""
    school = school_of(visitor)
    word = text.strip().lower()
    if word == "help":
        card = await help_card(visitor.edge.desk, school, visitor.account)
    elif word in {"mine", "open"}:
        card = await list_card(visitor.edge.desk, school, visitor.account, word, 0)
    else:
        desk = visitor.edge.desk
        page = await screens.screen(desk, school, check.begin(desk, school), visitor.account)
        await visitor.ack()
        await visitor.show(page)
        return
    drawn = visitor.edge.renderer.render(card)
    await visitor.ack(**drawn, response_type="ephemeral")


def school_of(visitor: Visitor) -> School:
    """The school of the workspace. Raises UnknownWorkspace."""
    if visitor.school is None:
        raise UnknownWorkspace
    return visitor.school


async def on_page(visitor: Visitor, view: Payload) -> None:
    """Next: take the answers of this page; danger is written at once."""
    pack, walk = _walk_of(visitor, view)
    form = read_form(view, f"q.{walk.page}.")
    missing = {q.id for q in walks.questions(pack, walk)} - set(form.choices)
    if missing:
        errors = {f"q.{walk.page}.{q}": _complaint(visitor, "AnswerRequired") for q in missing}
        await visitor.edge.answer_errors(visitor, errors)
        return
    walk = walks.take(pack, walk, walk.page, form.choices)
    if check.is_danger(visitor.edge.desk, walk):
        first = f"q.{pack.pages[0].id}.{pack.pages[0].questions[0].id}"
        await _record(visitor, walk, Form({}, {}, {}), fallback_block=first)
    else:
        await _show(visitor, walk)


async def on_people(visitor: Visitor, view: Payload) -> None:
    """The tick list: who must not see it. Somebody who has left since stays ticked."""
    pack, walk = _walk_of(visitor, view)
    form = read_form(view, f"q.{walk.page}.")
    ticked = _ticked(form)
    if ticked and NOBODY in {t for found in form.ticks.values() for t in found}:
        block = next(iter(form.blocks.values()))
        words = _complaint(visitor, "NobodyAndSomebody")
        await visitor.edge.answer_errors(visitor, {block: words})
        return
    await _show(visitor, walks.exclude(pack, walk, ticked))


async def on_outcome(visitor: Visitor, view: Payload) -> None:
    """The last page: write it all, and show what to do now."""
    _, walk = _walk_of(visitor, view)
    form = read_form(view, "q.outcome.", "f.")
    fallback = next(iter(form.blocks.values()), "")
    await _record(visitor, walk, form, fallback_block=form.blocks.get("reason", fallback))


async def on_back(visitor: Visitor, press: Press) -> None:
    """One page back; what was chosen, ticked and written on this page is kept too."""
    view = _open_view(press)
    pack, walk = _walk_of(visitor, view)
    form = read_form(view, f"q.{walk.page}.", "f.")
    walk = walks.keep_choices(pack, _with_written(pack, walk, form), form.choices)
    await _put(visitor, view, walks.back(pack, walks.keep_ticks(pack, walk, _ticked(form))))


async def on_ask(visitor: Visitor, press: Press) -> None:
    """ "Ask the DSL now": straight to the last page."""
    view = _open_view(press)
    pack, walk = _walk_of(visitor, view)
    walk = _with_written(pack, walk, read_form(view, "f."))
    chosen = read_form(view, f"q.{walk.page}.").choices
    await _put(visitor, view, walks.ask_now(pack, walk, chosen))


async def on_fixed(visitor: Visitor, press: Press) -> None:
    view = _open_view(press)
    pack, walk = _walk_of(visitor, view)
    await _put(visitor, view, walks.fixed(pack, walk))


async def on_cannot(visitor: Visitor, press: Press) -> None:
    view = _open_view(press)
    pack, walk = _walk_of(visitor, view)
    await _put(visitor, view, walks.cannot(pack, walk))


async def on_another(visitor: Visitor, press: Press) -> None:
    """ "Check another recipient": a linked walk, in this dialog or, from a message, a new one."""
    desk, school = visitor.edge.desk, school_of(visitor)
    walk = await check.begin_another(desk, school, press.value, visitor.account)
    card = await screens.screen(desk, school, walk, visitor.account)
    if press.view is None:
        await visitor.open(card)
    else:
        await _turn(visitor, press.view, card)


async def on_closed(visitor: Visitor, view: Payload) -> None:
    """Closed before it was sent: where somebody should be told, offer in private to carry on.

    Where nobody knows whether it was sent, offering it does no harm: one walk is one case.
    """
    desk, school = visitor.edge.desk, school_of(visitor)
    try:
        _, walk = _walk_of(visitor, view)
    except RulesChanged as changed:
        walk = changed.walk
    if walk.page != OUTCOME and not walk.mending:
        return
    card = await screens.unsent_card(desk, school, walk, visitor.account)
    if card is None:
        return
    try:
        if await check.sent_case(desk, walk) or not await desk.is_first("closed", view["id"]):
            return
    except StorageError as problem:
        visitor.edge.note_trouble(problem)
        card = Card(card.template, {**card.context, "doubt": True})
    key = f"{walk.id}:unsent:{view['id']}"
    await visitor.edge.chat.tell_soon(visitor.account, card, key=key)


async def on_resume(visitor: Visitor, press: Press) -> None:
    """ "Carry on": the dialog again where it was closed; its button is then taken away.

    Once the walk was sent the message says so instead, or AlreadySent does.
    """
    desk, school = visitor.edge.desk, school_of(visitor)
    try:
        _, walk = check.unseal(desk, press.value, visitor.account)
        is_old = False
    except RulesChanged as changed:
        walk, is_old = walks.renew(desk.pack, changed.walk, {}), True
    if case := await check.sent_case(desk, walk):
        if not await _redraw_message(visitor, Card("unsent", {"sent_as": case.ref})):
            raise AlreadySent(case.ref)
        return
    card = await screens.screen(desk, school, walk, visitor.account)
    card = Card(card.template, {**card.context, "rules_changed": is_old})
    if await visitor.open(card):
        await _redraw_message(visitor, Card("unsent", {"open_again": True}))


def _or_begin_again(
    handle: Callable[[Visitor, Payload], Coroutine[Any, Any, None]],
) -> Callable[[Visitor, Payload], Coroutine[Any, Any, None]]:
    """A page handed in under older rules: the first one again, filled in, and it says why."""

    async def take(visitor: Visitor, view: Payload) -> None:
        try:
            await handle(visitor, view)
        except RulesChanged as changed:
            card = await _begin_again(visitor, changed.walk, view)
            await visitor.edge.answer_view(visitor, card)

    return take


def _or_turn_to_begin(
    handle: Callable[[Visitor, Press], Coroutine[Any, Any, None]],
) -> Callable[[Visitor, Press], Coroutine[Any, Any, None]]:
    """A button of a page under older rules: the same."""

    async def take(visitor: Visitor, press: Press) -> None:
        try:
            await handle(visitor, press)
        except RulesChanged as changed:
            view = _open_view(press)
            await _turn(visitor, view, await _begin_again(visitor, changed.walk, view))

    return take


VIEWS: Mapping[str, Callable[[Visitor, Payload], Coroutine[Any, Any, None]]] = {
    "walk.page": _or_begin_again(on_page),
    "walk.people": _or_begin_again(on_people),
    "walk.outcome": _or_begin_again(on_outcome),
}

CLOSED: Mapping[str, Callable[[Visitor, Payload], Coroutine[Any, Any, None]]] = {
    "walk.page": on_closed,
    "walk.outcome": on_closed,
    "walk.nearly": on_closed,
}

ACTIONS: Mapping[str, Callable[[Visitor, Press], Coroutine[Any, Any, None]]] = {
    "walk.back": _or_turn_to_begin(on_back),
    "walk.ask": _or_turn_to_begin(on_ask),
    "walk.fixed": _or_turn_to_begin(on_fixed),
    "walk.cannot": _or_turn_to_begin(on_cannot),
    "walk.another": on_another,
    "walk.resume": on_resume,
}


async def _record(visitor: Visitor, walk: Walk, form: Form, *, fallback_block: str) -> None:
    """Write the case; whatever is wrong is said beside its box, with everything still there."""
    desk, school = visitor.edge.desk, school_of(visitor)
    course = _course(form.choices.get("course"))
    override = "yes" in form.ticks.get("override", ())
    given = HandedIn(form.texts, course, form.choices.get("purpose"), override)
    try:
        case = await check.record(desk, school, walk, visitor.account, given)
    except ReasonRequired as refusal:
        await _say_beside(visitor, form, refusal, fallback_block)
    except PersonalData as refusal:
        await _say_personal(visitor, walk, form, refusal, fallback_block)
    except StoreUnavailable as error:
        words = visitor.edge.say_trouble(error, school)
        await visitor.edge.answer_errors(visitor, {fallback_block: words})
    else:
        visitor.acted = True
        card = screens.done_card(desk, school, case, walk.written)
        await visitor.edge.answer_view(visitor, card)


async def _say_beside(
    visitor: Visitor, form: Form, refusal: ReasonRequired | PersonalData, fallback_block: str
) -> None:
    words = _complaint(visitor, refusal.code, refusal.field, getattr(refusal, "kind", ""))
    block = form.blocks.get(refusal.field, fallback_block)
    await visitor.edge.answer_errors(visitor, {block: words})


async def _say_personal(
    visitor: Visitor, walk: Walk, form: Form, refusal: PersonalData, fallback_block: str
) -> None:
    """A pattern of personal data: a reviewer may say that it is none, others take it out."""
    desk, school, account = visitor.edge.desk, school_of(visitor), visitor.account
    advice = walks.verdict(desk.pack, walk)
    if not await check.may_override(desk, school, advice, account):
        await _say_beside(visitor, form, refusal, fallback_block)
        return
    walk = _with_written(desk.pack, walk, form)
    walk = walks.keep_choices(desk.pack, walk, form.choices)
    card = await screens.screen(desk, school, walk, account)
    shown = {"blocked": {"kind": refusal.kind}, "may_override": True}
    await visitor.edge.answer_view(visitor, Card(card.template, {**card.context, **shown}))


def _with_written(pack: RulePack, walk: Walk, form: Form) -> Walk:
    """The walk with what stands in the boxes of the last page, and what they would do."""
    course = {n: c for n, c in form.choices.items() if n == "course" and c in set(Course)}
    return walks.keep_written(pack, walk, {**form.texts, **course})


def _ticked(form: Form) -> tuple[str, ...]:
    """The people who were ticked."""
    return tuple(sorted({t for found in form.ticks.values() for t in found} - {NOBODY}))


def _course(option: str | None) -> Course | None:
    if option is not None and option not in set(Course):
        raise UnknownAnswer("course", option)
    return Course(option) if option else None


def _complaint(visitor: Visitor, code: str, field: str = "", kind: str = "") -> str:
    return visitor.edge.renderer.say(
        Card("complaint", {"code": code, "field": field, "kind": kind})
    )


def _walk_of(visitor: Visitor, view: Payload) -> tuple[RulePack, Walk]:
    school_of(visitor)
    return check.unseal(visitor.edge.desk, read_metadata(view), visitor.account)


def _open_view(press: Press) -> Payload:
    if press.view is None:
        raise StalePage
    return press.view


async def _show(visitor: Visitor, walk: Walk) -> None:
    card = await screens.screen(visitor.edge.desk, school_of(visitor), walk, visitor.account)
    await visitor.edge.answer_view(visitor, card)


async def _put(visitor: Visitor, view: Payload, walk: Walk) -> None:
    card = await screens.screen(visitor.edge.desk, school_of(visitor), walk, visitor.account)
    await _turn(visitor, view, card)


async def _turn(visitor: Visitor, view: Payload, card: Card) -> None:
    """Put another page into the dialog, unless it shows a newer one by now, or is closed.

    Where Slack does not, the page stays as it is, with all that stands on it, to be pressed again:
    a page of trouble in its place would throw that away.
    """
    for pause in (*PAUSES, None):
        try:
            await visitor.edge.update_view(view, card)
        except RefusedForGood as problem:
            if problem.code not in GONE_ON:
                raise
            return
        except (NotNow, InDoubt) as problem:
            if pause is None:
                visitor.edge.note_trouble(problem)
                return
            await asyncio.sleep(pause)
        else:
            return


async def _begin_again(visitor: Visitor, old: Walk, view: Payload) -> Card:
    """The first page, filled in with the answers given under older rules."""
    desk, form = visitor.edge.desk, read_form(view, f"q.{old.page}.")
    walk = walks.renew(desk.pack, old, form.choices)
    walk = _with_written(desk.pack, walk, read_form(view, "f."))
    walk = replace(walk, excluded=_ticked(form) or walk.excluded)
    card = await screens.screen(desk, school_of(visitor), walk, visitor.account)
    return Card(card.template, {**card.context, "rules_changed": True})


async def _redraw_message(visitor: Visitor, card: Card) -> bool:
    """Put another card into the message whose button was pressed; False where Slack does not."""
    place = visitor.body.get("container") or {}
    channel, ts = str(place.get("channel_id") or ""), str(place.get("message_ts") or "")
    message = MessageRef(Place(Platform.SLACK, visitor.edge.chat.team, channel), ts)
    try:
        await visitor.edge.chat.update(message, card)
    except DeliveryError as problem:
        visitor.edge.note_trouble(problem)
        return False
    return True
