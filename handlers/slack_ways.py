"""The ways in on Slack beside the command: shortcuts, mentions, and what Slack tells of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from bot.chat import Card, DeliveryError, MessageRef, Place, Platform, RefusedForGood
from bot.facts import number_facts
from bot.people import School
from bot.refusals import Guest, Refusal
from handlers import check, mention, screens, slack_home
from handlers.slack_payload import Payload, Press, read_event_id, read_mention
from handlers.slack_walk import school_of
from storage.errors import StorageError

if TYPE_CHECKING:
    from handlers.slack import Visitor

BY_PEOPLE = frozenset({None, "", "file_share", "me_message", "thread_broadcast"})
"""What people write comes without a subtype, but for these; all others are made by programs."""
NO_CARD = frozenset({"thread_not_found", "channel_not_found", "not_in_channel", "missing_scope"})
"""What Slack says of a thread into which the bot cannot have posted, or may not look."""


async def on_shortcut(visitor: Visitor) -> None:
    """Open the dialog, as the command does; nothing is taken from where it was started."""
    desk, school = visitor.edge.desk, school_of(visitor)
    walk = check.begin(desk, school)
    await visitor.open(await screens.screen(desk, school, walk, visitor.account))


async def on_start(visitor: Visitor, _press: Press) -> None:
    """The button below a word of help: the same dialog."""
    await on_shortcut(visitor)


async def on_mention(visitor: Visitor, event: Payload) -> None:
    """Answer a mention in private; what was written is not looked at. Bots get no answer."""
    if event.get("bot_id") or event.get("subtype") not in BY_PEOPLE:
        return
    school, edge, account = school_of(visitor), visitor.edge, visitor.account
    said = read_mention(event)
    place = Place(Platform.SLACK, edge.chat.team, said.channel)
    thread = MessageRef(place, said.thread) if said.thread else None
    try:
        if not await edge.desk.is_first("event", read_event_id(visitor.body)):
            return
        card = await _answer(visitor, school, thread)
    except (Refusal, DeliveryError, StorageError) as problem:
        card = edge.message_for(problem, school)
    await edge.chat.send(place, card, thread=thread, only_for=account, key="")


async def _answer(visitor: Visitor, school: School, thread: MessageRef | None) -> Card:
    """The buttons of the thread's case; elsewhere, help. Raises Guest and other refusals."""
    desk, account = visitor.edge.desk, visitor.account
    if account.team != school.slack_team:
        raise Guest
    if thread and mention.has_cards(school, thread):
        key = await _key_of(visitor, thread)
        row = await mention.find_card(desk, key, thread) if key else None
        if row is not None:
            return await mention.buttons_again(desk, school, account, row)
    return Card("mention", {"numbers": number_facts(school.numbers)})


async def _key_of(visitor: Visitor, root: MessageRef) -> str | None:
    try:
        return await visitor.edge.chat.key_of(root)
    except RefusedForGood as error:
        if error.code not in NO_CARD:
            raise
        visitor.edge.note_trouble(error)
        return None


SHORTCUTS: Mapping[str, Callable[[Visitor], Awaitable[None]]] = {
    "check": on_shortcut,
    "check_message": on_shortcut,
}
"""By callback id: the global shortcut, and the one in the menu of a message."""

ACTIONS: Mapping[str, Callable[[Visitor, Press], Coroutine[Any, Any, None]]] = {
    "ways.check": on_start,
    "home.check": on_start,
}

EVENTS: Mapping[str, Callable[[Visitor, Payload], Coroutine[Any, Any, None]]] = {
    "app_home_opened": slack_home.on_opened,
    "app_mention": on_mention,
}
"""By event type; the manifest subscribes to just these."""
