"""The walk on Slack: the command, the pages, Back, "Ask the DSL now", and the outcome."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from bot import walk as walks
from bot.case import Course
from bot.chat import Card
from bot.facts import number_facts
from bot.people import School
from bot.refusals import AlreadySent, PersonalData, ReasonRequired, StalePage, UnknownWorkspace
from bot.rules import RulePack, UnknownAnswer
from bot.walk import Walk
from handlers import check, screens
from handlers.slack_lists import list_card
from handlers.slack_payload import Form, Payload, Press, read_form, read_metadata
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from handlers.slack import Visitor

NOBODY = "nobody"
"""The value of the last line of the tick list, which is not a person."""


async def on_command(visitor: Visitor, text: str) -> None:
    """`/sharecheck`: the dialog; `help`, `mine` and `open` are words; anything else is dropped."""
    school = school_of(visitor)
    word = text.strip().lower()
    if word == "help":
        context = {"numbers": number_facts(school.numbers), "school": school.name}
        card = Card("help", context)
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
    ticked = {t for found in form.ticks.values() for t in found}
    if NOBODY in ticked and len(ticked) > 1:
        block = next(iter(form.blocks.values()))
        words = _complaint(visitor, "NobodyAndSomebody")
        await visitor.edge.answer_errors(visitor, {block: words})
        return
    await _show(visitor, walks.exclude(pack, walk, tuple(sorted(ticked - {NOBODY}))))


async def on_outcome(visitor: Visitor, view: Payload) -> None:
    """The last page: write it all, and show what to do now."""
    _, walk = _walk_of(visitor, view)
    form = read_form(view, "q.outcome.", "f.")
    fallback = next(iter(form.blocks.values()), "")
    await _record(visitor, walk, form, fallback_block=form.blocks.get("reason", fallback))


async def on_back(visitor: Visitor, press: Press) -> None:
    """One page back; what was chosen on this page is kept too."""
    view = _open_view(press)
    pack, walk = _walk_of(visitor, view)
    kept = walks.keep_choices(pack, walk, read_form(view, f"q.{walk.page}.").choices)
    await _put(visitor, view, walks.back(pack, kept))


async def on_ask(visitor: Visitor, press: Press) -> None:
    """ "Ask the DSL now": straight to the last page."""
    view = _open_view(press)
    pack, walk = _walk_of(visitor, view)
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
        await visitor.edge.update_view(press.view, card)


async def on_closed(visitor: Visitor, view: Payload) -> None:
    """Closed before it was sent: where somebody should be told, offer in private to carry on."""
    pack, walk = _walk_of(visitor, view)
    if not screens.is_awaited(walks.verdict(pack, walk)):
        return
    if await check.sent_case(visitor.edge.desk, walk):
        return
    numbers = number_facts(school_of(visitor).numbers)
    card = Card("unsent", {"walk": read_metadata(view), "numbers": numbers})
    await visitor.edge.chat.tell_soon(visitor.account, card, key=f"{walk.id}:unsent")


async def on_resume(visitor: Visitor, press: Press) -> None:
    """ "Carry on": the dialog again where it was closed. Raises AlreadySent once it was sent."""
    _, walk = check.unseal(visitor.edge.desk, press.value, visitor.account)
    if case := await check.sent_case(visitor.edge.desk, walk):
        raise AlreadySent(case.ref)
    card = await screens.screen(visitor.edge.desk, school_of(visitor), walk, visitor.account)
    await visitor.open(card)


VIEWS: Mapping[str, Callable[[Visitor, Payload], Coroutine[Any, Any, None]]] = {
    "walk.page": on_page,
    "walk.people": on_people,
    "walk.outcome": on_outcome,
}

CLOSED: Mapping[str, Callable[[Visitor, Payload], Coroutine[Any, Any, None]]] = {
    "walk.outcome": on_closed,
    "walk.nearly": on_closed,
}

ACTIONS: Mapping[str, Callable[[Visitor, Press], Coroutine[Any, Any, None]]] = {
    "walk.back": on_back,
    "walk.ask": on_ask,
    "walk.fixed": on_fixed,
    "walk.cannot": on_cannot,
    "walk.another": on_another,
    "walk.resume": on_resume,
}


async def _record(visitor: Visitor, walk: Walk, form: Form, *, fallback_block: str) -> None:
    """Write the case; whatever is wrong is said beside its box, with everything still there."""
    desk, school = visitor.edge.desk, school_of(visitor)
    course = _course(form.choices.get("course"))
    try:
        case = await check.record(
            desk, school, walk, visitor.account, form.texts, course, form.choices.get("purpose")
        )
    except (ReasonRequired, PersonalData) as refusal:
        words = _complaint(visitor, refusal.code, refusal.field, getattr(refusal, "kind", ""))
        block = form.blocks.get(refusal.field, fallback_block)
        await visitor.edge.answer_errors(visitor, {block: words})
        return
    except StoreUnavailable as error:
        words = visitor.edge.say_trouble(error, school)
        await visitor.edge.answer_errors(visitor, {fallback_block: words})
        return
    await visitor.edge.answer_view(visitor, screens.done_card(desk, school, case))


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
    await visitor.edge.update_view(view, card)
