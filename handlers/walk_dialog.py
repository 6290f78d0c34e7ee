"""The walk in a dialog: the pages, Back, "Ask the DSL now", and the outcome. On every platform."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot import walk as walks
from bot.case import Course
from bot.chat import Card
from bot.refusals import Guest, PersonalData, ReasonRequired, StalePage
from bot.rules import RulePack, UnknownAnswer
from bot.walk import Walk
from handlers import check, screens
from handlers.check import HandedIn, RulesChanged
from handlers.help import help_card
from handlers.home import list_card
from handlers.trouble import say_unsaved
from handlers.visitor import Again, Form, Page, Press, Visitor
from storage.errors import StoreUnavailable

NOBODY = "nobody"
"""The value of the last line of the tick list, which is not a person."""

OnPage = Callable[[Visitor, Page], Coroutine[Any, Any, None]]
OnPress = Callable[[Visitor, Press], Coroutine[Any, Any, None]]


async def word_card(visitor: Visitor, text: str) -> Card | None:
    """What answers `help`, `mine` and `open`; None for anything else, which is dropped."""
    word = text.strip().lower()
    if word == "help":
        return await help_card(visitor.desk, visitor.school, visitor.account)
    if word in {"mine", "open"}:
        return await list_card(visitor.desk, visitor.school, visitor.account, word, 0)
    return None


async def first_page(visitor: Visitor) -> Card:
    """The first page of a new walk. Raises Guest for people from other organisations."""
    _refuse_strangers(visitor)
    return await _screen(visitor, check.begin(visitor.desk, visitor.school))


async def on_start(visitor: Visitor, _press: Press) -> None:
    """A button that opens the dialog, as the command does."""
    await visitor.show(await first_page(visitor))


async def on_page(visitor: Visitor, page: Page) -> None:
    """Next: take the answers of this page; danger is written at once."""
    pack, walk = walk_of(visitor, page.kept)
    form = page.form(_questions_of(walk))
    missing = {q.id for q in walks.questions(pack, walk)} - set(form.choices)
    if missing:
        words = visitor.complaint("AnswerRequired")
        faults = dict.fromkeys(missing, words)
        await visitor.complain(form, faults, partial(_again, visitor, walk, form))
        return
    taken = walks.take(pack, walk, walk.page, form.choices)
    if check.is_danger(visitor.desk, taken):
        given = Form(blocks=form.blocks)
        await _record(visitor, taken, given, partial(_again, visitor, walk, form))
    else:
        await _show(visitor, taken)


async def on_people(visitor: Visitor, page: Page) -> None:
    """The tick list: who must not see it. Somebody who has left since stays ticked."""
    pack, walk = walk_of(visitor, page.kept)
    form = page.form(_questions_of(walk))
    ticked = _ticked(form)
    if not form.ticked or (ticked and NOBODY in form.ticked):
        slip = "NobodyAndSomebody" if form.ticked else "AnswerRequired"
        faults = {"people": visitor.complaint(slip)}
        await visitor.complain(form, faults, partial(_again, visitor, walk, form))
        return
    await _show(visitor, walks.exclude(pack, walk, ticked))


async def on_outcome(visitor: Visitor, page: Page) -> None:
    """The last page: write it all, and show what to do now."""
    _, walk = walk_of(visitor, page.kept)
    form = page.form("q.outcome.", "f.")
    await _record(visitor, walk, form, partial(_again, visitor, walk, form))


async def on_back(visitor: Visitor, press: Press) -> None:
    """One page back; what was chosen, ticked and written on this page is kept too."""
    page = _page_of(press)
    pack, walk = walk_of(visitor, page.kept)
    form = page.form(_questions_of(walk), "f.")
    walk = walks.keep_choices(pack, _with_written(pack, walk, form), form.choices)
    await _show(visitor, walks.back(pack, walks.keep_ticks(pack, walk, _ticked(form))))


async def on_ask(visitor: Visitor, press: Press) -> None:
    """ "Ask the DSL now": straight to the last page."""
    page = _page_of(press)
    pack, walk = walk_of(visitor, page.kept)
    walk = _with_written(pack, walk, page.form("f."))
    await _show(visitor, walks.ask_now(pack, walk, page.form(_questions_of(walk)).choices))


async def on_fixed(visitor: Visitor, press: Press) -> None:
    pack, walk = walk_of(visitor, _page_of(press).kept)
    await _show(visitor, walks.fixed(pack, walk))


async def on_cannot(visitor: Visitor, press: Press) -> None:
    pack, walk = walk_of(visitor, _page_of(press).kept)
    await _show(visitor, walks.cannot(pack, walk))


async def on_another(visitor: Visitor, press: Press) -> None:
    """ "Check another recipient": a linked walk, in this dialog or, from a message, a new one."""
    walk = await check.begin_another(visitor.desk, visitor.school, press.value, visitor.account)
    await _show(visitor, walk)


def _or_begin_again(handle: OnPage) -> OnPage:
    """A page handed in under older rules: the first one again, filled in, and it says why."""

    async def take(visitor: Visitor, page: Page) -> None:
        try:
            await handle(visitor, page)
        except RulesChanged as changed:
            await visitor.show(await _begin_again(visitor, changed.walk, page))

    return take


def _or_turn_to_begin(handle: OnPress) -> OnPress:
    """A button of a page under older rules: the same."""

    async def take(visitor: Visitor, press: Press) -> None:
        try:
            await handle(visitor, press)
        except RulesChanged as changed:
            await visitor.show(await _begin_again(visitor, changed.walk, _page_of(press)))

    return take


PAGES: Mapping[str, OnPage] = {
    "walk.page": _or_begin_again(on_page),
    "walk.people": _or_begin_again(on_people),
    "walk.outcome": _or_begin_again(on_outcome),
}
"""What is handed in, by the name of the page."""

PRESSES: Mapping[str, OnPress] = {
    "walk.back": _or_turn_to_begin(on_back),
    "walk.ask": _or_turn_to_begin(on_ask),
    "walk.fixed": _or_turn_to_begin(on_fixed),
    "walk.cannot": _or_turn_to_begin(on_cannot),
    "walk.another": on_another,
    "ways.check": on_start,
    "home.check": on_start,
}
"""What is pressed, by the name of the button."""


def walk_of(visitor: Visitor, sealed: str) -> tuple[RulePack, Walk]:
    """The walk that a page kept. Raises StalePage, RulesChanged, UnknownWorkspace or Guest."""
    _refuse_strangers(visitor)
    return check.unseal(visitor.desk, sealed, visitor.account)


def _refuse_strangers(visitor: Visitor) -> None:
    """A channel may be shared with other organisations: their people write nothing down here."""
    if not visitor.school.is_home(visitor.account):
        raise Guest


async def _record(visitor: Visitor, walk: Walk, form: Form, again: Again) -> None:
    """Write the case; whatever is wrong is said beside its box, with everything still there."""
    override = "yes" in form.ticks.get("override", ())
    course = _course(form.choices.get("course"))
    given = HandedIn(form.texts, course, form.choices.get("purpose"), override)
    try:
        case = await check.record(visitor.desk, visitor.school, walk, visitor.account, given)
    except PersonalData as refusal:
        await _say_personal(visitor, walk, form, refusal, again)
    except ReasonRequired as refusal:
        await visitor.complain(form, {refusal.field: _words(visitor, refusal)}, again)
    except StoreUnavailable as error:
        words = say_unsaved(visitor.renderer, error, visitor.school)
        await visitor.complain(form, {"reason": words}, again)
    else:
        visitor.acted = True
        card = screens.done_card(visitor.desk, visitor.school, case, walk.written)
        unmet = not await visitor.is_met()
        await visitor.show(Card(card.template, {**card.context, "unmet": unmet}))


async def _say_personal(
    visitor: Visitor, walk: Walk, form: Form, refusal: PersonalData, again: Again
) -> None:
    """A pattern of personal data: a reviewer may say that it is none, others take it out."""
    desk = visitor.desk
    advice = walks.verdict(desk.pack, walk)
    if await check.may_override(desk, visitor.school, advice, visitor.account):
        card = await again()
        shown = {"blocked": {"kind": refusal.kind}, "may_override": True}
        await visitor.show(Card(card.template, {**card.context, **shown}))
        return
    await visitor.complain(form, {refusal.field: _words(visitor, refusal)}, again)


def _words(visitor: Visitor, refusal: ReasonRequired | PersonalData) -> str:
    return visitor.complaint(refusal.code, refusal.field, getattr(refusal, "kind", ""))


async def _again(visitor: Visitor, walk: Walk, form: Form) -> Card:
    """The page that was handed in, with what stood on it."""
    pack = visitor.desk.pack
    walk = walks.keep_choices(pack, _with_written(pack, walk, form), form.choices)
    return await _screen(visitor, walks.keep_ticks(pack, walk, _ticked(form)))


async def _begin_again(visitor: Visitor, old: Walk, page: Page) -> Card:
    """The first page, filled in with the answers given under older rules."""
    desk, form = visitor.desk, page.form(_questions_of(old))
    walk = walks.renew(desk.pack, old, form.choices)
    walk = _with_written(desk.pack, walk, page.form("f."))
    card = await _screen(visitor, replace(walk, excluded=_ticked(form) or walk.excluded))
    return Card(card.template, {**card.context, "rules_changed": True})


async def _screen(visitor: Visitor, walk: Walk) -> Card:
    return await screens.screen(visitor.desk, visitor.school, walk, visitor.account)


async def _show(visitor: Visitor, walk: Walk) -> None:
    await visitor.show(await _screen(visitor, walk))


def _questions_of(walk: Walk) -> str:
    """How the ids of a page's questions begin."""
    return f"q.{walk.page}."


def _with_written(pack: RulePack, walk: Walk, form: Form) -> Walk:
    """The walk with what stands in the boxes of the last page, and what they would do."""
    course = {n: c for n, c in form.choices.items() if n == "course" and c in set(Course)}
    return walks.keep_written(pack, walk, {**form.texts, **course})


def _ticked(form: Form) -> tuple[str, ...]:
    """The people who were ticked."""
    return tuple(sorted(form.ticked - {NOBODY}))


def _course(option: str | None) -> Course | None:
    if option is not None and option not in set(Course):
        raise UnknownAnswer("course", option)
    return Course(option) if option else None


def _page_of(press: Press) -> Page:
    if press.page is None:
        raise StalePage
    return press.page
