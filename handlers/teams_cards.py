"""Buttons on Teams that do something at once, in the card: decisions, lists, the home card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.case import Outcome
from bot.chat import Card
from bot.permission import Action
from handlers import case_forms, home, mention
from handlers.home import Where
from handlers.teams_payload import TeamsPage, as_press
from handlers.teams_visitor import Executor

DECIDE = f"case.{Action.DECIDE}."
SEARCHED = "home.search"
"""The id of the box for a reference, and of its button."""

OnExecute = Callable[[Executor, TeamsPage], Awaitable[None]]


async def on_decide(visitor: Executor, page: TeamsPage) -> None:
    """A decision with its reason, in the thread; the card comes back as the case now stands."""

    async def again() -> Card:
        card = await _thread_card(visitor, page)
        return Card(card.template, {**card.context, "values": page.form().values})

    preset = page.name.removeprefix(DECIDE)
    if await case_forms.hand_in(visitor, Action.DECIDE, preset, page, again):
        await visitor.replace(await _thread_card(visitor, page))


async def on_press(visitor: Executor, page: TeamsPage) -> None:
    """What needs no form: the same as a button on a page."""
    await case_forms.PRESSES[page.name](visitor, as_press(page, in_dialog=False))


async def on_go(visitor: Executor, page: TeamsPage) -> None:
    """Another page of the home card, in its place."""
    where = Where.parse(page.value)
    card = await home.home_card(visitor.desk, visitor.school, visitor.account, where)
    await visitor.replace(card)


async def on_search(visitor: Executor, page: TeamsPage) -> None:
    """A reference was typed; where it is none, it goes no further than this."""
    typed = str(page.data.get(SEARCHED) or "")
    _, card = await home.search(visitor.desk, visitor.school, visitor.account, typed)
    await visitor.replace(card)


EXECUTED: Mapping[str, OnExecute] = {
    **{f"{DECIDE}{outcome}": on_decide for outcome in Outcome},
    **{
        name: on_press
        for name in case_forms.PRESSES
        if name in {"case.filed", "case.kept"} or name.startswith("list.")
    },
    **{f"home.{name}": on_go for name in ("all", "again", "back", "case", "newer", "older")},
    SEARCHED: on_search,
}
"""By verb. All other buttons open a dialog."""


async def draw_again(visitor: Executor, page: TeamsPage) -> None:
    """What a client asked for of itself: the card as it is now, and nothing done."""
    if page.name.startswith(DECIDE):
        await visitor.replace(await _thread_card(visitor, page, by_hand=False))
    elif EXECUTED[page.name] in {on_go, on_search}:
        where = Where.parse(page.value) if page.name != SEARCHED else Where()
        card = await home.home_card(visitor.desk, visitor.school, visitor.account, where)
        await visitor.replace(card)
    else:
        visitor.leave()


async def _thread_card(visitor: Executor, page: TeamsPage, *, by_hand: bool = True) -> Card:
    desk, school, account = visitor.desk, visitor.school, visitor.account
    return await mention.thread_card(desk, school, account, page.kept, by_hand=by_hand)
