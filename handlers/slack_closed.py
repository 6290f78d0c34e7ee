"""A dialog that was closed on Slack before it was sent: "Not sent. Carry on"."""

from __future__ import annotations

from bot import walk as walks
from bot.chat import Card
from bot.refusals import AlreadySent
from bot.walk import OUTCOME
from handlers import check, screens
from handlers.check import RulesChanged
from handlers.slack_payload import SlackPage
from handlers.slack_visitor import SlackVisitor
from handlers.telling import tell_soon
from handlers.trouble import note_trouble
from handlers.visitor import Press
from handlers.walk_dialog import walk_of
from storage.errors import StorageError

PAGES = frozenset({"walk.page", "walk.outcome", "walk.nearly"})
"""Pages of which it matters that they were closed."""


async def on_closed(visitor: SlackVisitor, page: SlackPage) -> None:
    """Closed before it was sent: where somebody should be told, offer in private to carry on.

    Where nobody knows whether it was sent, offering it does no harm: one walk is one case.
    """
    desk, school = visitor.desk, visitor.school
    try:
        _, walk = walk_of(visitor, page.kept)
    except RulesChanged as changed:
        walk = changed.walk
    if walk.page != OUTCOME and not walk.mending:
        return
    card = await screens.unsent_card(desk, school, walk, visitor.account)
    if card is None:
        return
    try:
        if await check.sent_case(desk, walk) or not await desk.is_first("closed", page.id):
            return
    except StorageError as problem:
        note_trouble(problem)
        card = Card(card.template, {**card.context, "doubt": True})
    key = f"{walk.id}:unsent:{page.id}"
    await tell_soon(visitor.edge.chat, visitor.account, card, key=key)


async def on_resume(visitor: SlackVisitor, press: Press) -> None:
    """ "Carry on": the dialog again where it was closed; its button is then taken away.

    Once the walk was sent the message says so instead, or AlreadySent does.
    """
    desk, school = visitor.desk, visitor.school
    try:
        _, walk = check.unseal(desk, press.value, visitor.account)
        is_old = False
    except RulesChanged as changed:
        walk, is_old = walks.renew(desk.pack, changed.walk, {}), True
    if case := await check.sent_case(desk, walk):
        if not await visitor.redraw(Card("unsent", {"sent_as": case.ref})):
            raise AlreadySent(case.ref)
        return
    card = await screens.screen(desk, school, walk, visitor.account)
    card = Card(card.template, {**card.context, "rules_changed": is_old})
    if await visitor.open(card):
        await visitor.redraw(Card("unsent", {"open_again": True}))
