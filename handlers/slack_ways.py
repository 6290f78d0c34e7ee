"""The ways in on Slack beside the command: shortcuts, mentions, and what Slack tells of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from bot.chat import Card, MessageRef, Place, Platform, RefusedForGood
from bot.facts import number_facts
from bot.people import School
from bot.refusals import Guest
from handlers import mention, slack_home
from handlers.slack_payload import Payload, read_event_id, read_mention
from handlers.slack_visitor import SlackVisitor
from handlers.trouble import EXPECTED, message_for, note_trouble
from handlers.walk_dialog import first_page

BY_PEOPLE = frozenset({None, "", "file_share", "me_message", "thread_broadcast"})
"""What people write comes without a subtype, but for these; all others are made by programs."""
NO_CARD = frozenset({"thread_not_found", "channel_not_found", "not_in_channel", "missing_scope"})
"""What Slack says of a thread into which the bot cannot have posted, or may not look."""


async def on_shortcut(visitor: SlackVisitor) -> None:
    """The dialog, as the command opens it; of a message, nothing is taken."""
    await visitor.show(await first_page(visitor))


async def on_mention(visitor: SlackVisitor, event: Payload) -> None:
    """Answer a mention in private; what was written is not looked at. Bots get no answer."""
    if event.get("bot_id") or event.get("subtype") not in BY_PEOPLE:
        return
    school, edge, account = visitor.school, visitor.edge, visitor.account
    said = read_mention(event)
    place = Place(Platform.SLACK, edge.chat.team, said.channel)
    thread = MessageRef(place, said.thread) if said.thread else None
    try:
        if not await visitor.desk.is_first("event", read_event_id(visitor.body)):
            return
        card = await _answer(visitor, school, thread)
    except EXPECTED as problem:
        card = message_for(problem, school)
    await edge.chat.send(place, card, thread=thread, only_for=account, key="")


async def _answer(visitor: SlackVisitor, school: School, thread: MessageRef | None) -> Card:
    """The buttons of the thread's case; elsewhere, help. Raises Guest and other refusals."""
    desk, account = visitor.desk, visitor.account
    if not school.is_home(account):
        raise Guest
    if thread and mention.has_cards(school, thread):
        key = await _key_of(visitor, thread)
        row = await mention.find_card(desk, key, thread) if key else None
        if row is not None:
            return await mention.buttons_again(desk, school, account, row)
    return Card("mention", {"numbers": number_facts(school.numbers)})


async def _key_of(visitor: SlackVisitor, root: MessageRef) -> str | None:
    try:
        return await visitor.edge.chat.key_of(root)
    except RefusedForGood as error:
        if error.code not in NO_CARD:
            raise
        note_trouble(error)
        return None


SHORTCUTS: Mapping[str, Callable[[SlackVisitor], Awaitable[None]]] = {
    "check": on_shortcut,
    "check_message": on_shortcut,
}
"""By callback id: the global shortcut, and the one in the menu of a message."""

EVENTS: Mapping[str, Callable[[SlackVisitor, Payload], Coroutine[Any, Any, None]]] = {
    "app_home_opened": slack_home.on_opened,
    "app_mention": on_mention,
}
"""By event type; the manifest subscribes to just these."""
