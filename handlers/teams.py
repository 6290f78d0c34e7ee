"""The Teams edge: every activity given to whoever knows it, and answered in its terms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from bot.cards import Renderer
from bot.refusals import StalePage
from handlers import case_forms, teams_cards, teams_ways, walk_dialog
from handlers.background import Background
from handlers.desk import Desk
from handlers.teams_chat import TeamsChat
from handlers.teams_payload import Activity, as_press, read_executed, read_submitted
from handlers.teams_repeats import Repeats
from handlers.teams_visitor import Executor, Json, TeamsVisitor
from handlers.trouble import card_for, new_reference

Answer = tuple[int, Json | str | None]
Invoke = Callable[["TeamsEdge", Activity], Awaitable[Answer]]
UNKNOWN = 501
"""What Teams takes for "this bot does not know that", where it asked for an answer."""

log = structlog.get_logger()


class TeamsEdge:
    """Everything that Teams may send, as tables: what happens when."""

    def __init__(self, desk: Desk, chat: TeamsChat, renderer: Renderer) -> None:
        self.desk = desk
        self.chat = chat
        self.renderer = renderer
        self.background = Background()
        self.repeats = Repeats()

    async def answer(self, activity: Activity) -> Answer:
        """The HTTP status and body for an activity that was found to be from Teams."""
        await teams_ways.keep_conversation(self, activity)
        kind = str(activity.get("type"))
        if kind == "invoke":
            return await INVOKES.get(str(activity.get("name")), _unknown)(self, activity)
        if kind in EVENTS:
            self.background.begin(EVENTS[kind](self, activity))
        return 200, None

    async def finish(self) -> None:
        """Wait for what is still under way."""
        await self.background.finish()


async def _open(edge: TeamsEdge, activity: Activity) -> Answer:
    """A button in a message that opens a dialog."""
    visitor = TeamsVisitor(edge, activity)

    async def press() -> None:
        page = read_submitted(activity)
        await find_press(page.name)(visitor, as_press(page, in_dialog=False))

    return await _answered(visitor, press)


async def _open_extension(edge: TeamsEdge, activity: Activity) -> Answer:
    """`sharecheck` in the compose box, the command box, or a message's menu.

    Nothing is taken from the message.
    """
    visitor = TeamsVisitor(edge, activity)

    async def begin() -> None:
        value = activity.get("value")
        command = value.get("commandId") if isinstance(value, Mapping) else None
        if command != teams_ways.COMMAND:
            raise StalePage
        await visitor.show(await walk_dialog.first_page(visitor))

    return await _answered(visitor, begin)


async def _take(edge: TeamsEdge, activity: Activity) -> Answer:
    """A page handed in, or a button pressed on it: for Teams these are the same."""
    visitor = TeamsVisitor(edge, activity)

    async def take() -> None:
        visitor.page = page = read_submitted(activity)
        if hand_in := PAGES.get(page.name):
            await hand_in(visitor, page)
        else:
            await find_press(page.name)(visitor, as_press(page, in_dialog=True))

    return await _answered(visitor, take)


async def _execute(edge: TeamsEdge, activity: Activity) -> Answer:
    """A button in a message that does something at once; nothing, when no person pressed it."""
    visitor = Executor(edge, activity)

    async def act() -> None:
        visitor.page, by_hand = read_executed(activity)
        act_on = teams_cards.EXECUTED.get(visitor.page.name)
        if act_on is None:
            log.warning("teams_unknown", kind="verb", reference=new_reference())
            raise StalePage
        if by_hand:
            await act_on(visitor, visitor.page)
            await visitor.close()
        else:
            await teams_cards.draw_again(visitor, visitor.page)

    return await _answered(visitor, act)


async def _answered(visitor: TeamsVisitor, work: Callable[[], Awaitable[None]]) -> Answer:
    try:
        await work()
    except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
        await visitor.show(card_for(problem, visitor.known_school))
    return 200, visitor.answer


async def _unknown(_edge: TeamsEdge, _activity: Activity) -> Answer:
    log.info("teams_unknown", kind="invoke", reference=new_reference())
    return UNKNOWN, None


def find_press(name: str) -> Callable[[Any, Any], Awaitable[None]]:
    """What happens at a button. Raises StalePage for one that is not known."""
    press = PRESSES.get(name)
    if press is None:
        log.warning("teams_unknown", kind="press", reference=new_reference())
        raise StalePage
    return press


PAGES: Mapping[str, Callable[[Any, Any], Awaitable[None]]] = {
    **walk_dialog.PAGES,
    **case_forms.PAGES,
}
PRESSES: Mapping[str, Callable[[Any, Any], Awaitable[None]]] = {
    **walk_dialog.PRESSES,
    **{
        name: press
        for name, press in case_forms.PRESSES.items()
        if name not in teams_cards.EXECUTED
    },
}
INVOKES: Mapping[str, Invoke] = {
    "task/submit": _take,
    "composeExtension/submitAction": _take,
    "adaptiveCard/action": _execute,
    "task/fetch": _open,
    "composeExtension/fetchTask": _open_extension,
}
EVENTS = teams_ways.EVENTS
