"""A mention of the bot in the thread of a case: its buttons again, for whoever may press them."""

from __future__ import annotations

from bot.case import Case, Event, EventKind
from bot.chat import Account, Card, MessageRef
from bot.facts import case_facts
from bot.people import ChannelRoute, School
from bot.permission import Actor, check_reviewer
from bot.refusals import Refusal
from handlers.desk import Desk
from handlers.review import Visit
from storage.outbox import OutboxRow

COPY = "copy"
"""The card for those who may read a case and not decide it."""
_AGAIN = {"root": "thread", COPY: COPY}
"""Which card, at the head of a thread, has its buttons in which one."""


def has_cards(school: School, root: MessageRef) -> bool:
    """Whether cases are ever shown there: in the channels of routes, and nowhere else."""
    channels = (r.place for r in school.routes.values() if isinstance(r, ChannelRoute))
    return root.place in channels


async def find_card(desk: Desk, key: str, root: MessageRef) -> OutboxRow | None:
    """The row that posted the card at the head of a thread, or None.

    Anybody's message may carry a key: it counts where we remember posting just that message.
    """
    case_id = key.partition(":")[0]
    if not (case_id.isascii() and case_id.isprintable()):
        return None
    rows = await desk.store.read(lambda unit: unit.posted(case_id))
    posted = (row for row in rows if row.key == key and row.template in _AGAIN)
    here = (str(root.place), root.id)
    return next((row for row in posted if (row.place, row.ref) == here), None)


async def find_posted(desk: Desk, root: MessageRef) -> OutboxRow | None:
    """The row that posted the card at the head of a thread, or None, where messages hold no key."""
    row = await desk.store.read(lambda unit: unit.find_posted(str(root.place), root.id))
    return row if row is not None and row.template in _AGAIN else None


async def thread_card(
    desk: Desk, school: School, account: Account, case_id: str, *, by_hand: bool = True
) -> Card:
    """The card of a case with its buttons, as the case stands now, for one who may see them.

    Raises as `buttons_again`; what no person asked for (not `by_hand`) is noted in no record.
    """
    case, actor = await Visit(desk, school, account, case_id).look()
    if by_hand:
        await _allow(desk, case, actor)
    else:
        check_reviewer(case, actor, own_allowed=True)
    facts = case_facts(case, school, desk.pack_of(case), shown_on=case.route)
    await desk.name_people(school, facts, account.platform)
    return Card("thread", {**facts, "may_repeat": False})


async def buttons_again(desk: Desk, school: School, account: Account, row: OutboxRow) -> Card:
    """The card with the buttons, as the case stands now.

    Who is on the routes is asked afresh. Raises Guest, Excluded, NotOnRoute or UnknownCase, which
    is noted in the record of the case.
    """
    case, actor = await Visit(desk, school, account, str(row.case_id)).look(fresh=True)
    if row.template == COPY:
        actor = await desk.actor(school, (str(row.route),), account, case, fresh=True)
    await _allow(desk, case, actor)
    shown_on = str(row.route) if row.template == COPY else case.route
    facts = case_facts(case, school, desk.pack_of(case), shown_on=shown_on)
    await desk.name_people(school, facts, account.platform)
    return Card(_AGAIN[row.template], {**facts, "may_repeat": False})


async def _allow(desk: Desk, case: Case, actor: Actor) -> None:
    """A reviewer's own case has buttons too; each is checked again when it is pressed."""
    try:
        check_reviewer(case, actor, own_allowed=True)
    except Refusal as refusal:
        event = Event(EventKind.REFUSED, desk.clock(), actor.person, {"refusal": refusal.code})
        await desk.store.write(lambda unit: unit.note(case, event))
        raise
