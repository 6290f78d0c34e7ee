"""The ways in on Teams beside dialogs: words typed, mentions, and what Teams tells of."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.chat import Card, MessageRef, Place, Platform, RefusedForGood
from bot.facts import number_facts
from bot.refusals import Guest, StalePage
from handlers import home, mention
from handlers.backlog import tell_backlog
from handlers.home import Where
from handlers.teams_book import PERSON, TENANT
from handlers.teams_payload import (
    Activity,
    Said,
    is_private,
    read_account,
    read_conversation,
    read_said,
    read_tenant,
)
from handlers.teams_visitor import TeamsVisitor
from handlers.telling import tell_soon
from handlers.trouble import EXPECTED, message_for, note_trouble
from handlers.walk_dialog import word_card
from storage.errors import StorageError

if TYPE_CHECKING:
    from handlers.teams import TeamsEdge

COMMAND = "sharecheck"
"""The command of the message extension."""
EXTENSION = "composeExtension/"
"""How the names of what comes from the message extension begin."""
NOT_THERE = frozenset({"bot_not_installed", "bot_not_in_roster", "bot_blocked"})
"""Why somebody cannot be written to one to one."""


async def keep_conversation(edge: TeamsEdge, activity: Activity) -> None:
    """Remember where somebody can be written to, and the service; without it nothing can be sent.

    Channels are in the settings, and the message extension is used in other people's chats too: of
    both only the service is kept.
    """
    tenant, service = read_tenant(activity), str(activity.get("serviceUrl") or "")
    kind, key, conversation = TENANT, "", ""
    is_extension = str(activity.get("name") or "").startswith(EXTENSION)
    try:
        if is_private(activity) and not is_extension:
            conversation, _ = read_conversation(activity)
            kind, key = PERSON, read_account(activity).user
        await edge.chat.book.keep(tenant, kind, key, conversation, service)
    except StalePage:
        return
    except StorageError as problem:
        note_trouble(problem)


async def on_message(edge: TeamsEdge, activity: Activity) -> None:
    """A word to the bot, one to one or by a mention; what else was written is not looked at."""
    visitor, said = TeamsVisitor(edge, activity), read_said(activity)
    if said.in_private:

        async def answer() -> None:
            card = await _private_answer(visitor, said.word)
            await tell_soon(edge.chat, visitor.account, card, key="")

        await edge.repeats.do_once(activity, answer)
        return
    request = f"{said.conversation} {activity.get('id')}"
    try:
        if not await visitor.desk.is_first("teams", request):
            return
        card = await _answer(visitor, said)
    except EXPECTED as problem:
        card = message_for(problem, visitor.known_school)
    await _answer_apart(visitor, said, card)


async def on_installed(edge: TeamsEdge, activity: Activity) -> None:
    """The app was added somewhere, or taken away."""
    if activity.get("action") == "add" and is_private(activity):
        visitor = TeamsVisitor(edge, activity)
        await edge.repeats.do_once(activity, partial(_welcome, visitor))
    elif activity.get("action") == "remove":
        await _forget(edge, activity)


async def _welcome(visitor: TeamsVisitor) -> None:
    """Say hello, and what could not be told before."""
    account, school = visitor.account, visitor.known_school
    await tell_soon(visitor.edge.chat, account, Card("welcome", _facts(visitor)), key="")
    if school is not None and school.is_home(account):
        await tell_backlog(visitor.desk, school, account, NOT_THERE)


async def on_changed(edge: TeamsEdge, activity: Activity) -> None:
    """Somebody joined or left; where it was the bot that left, nothing can be sent any more."""
    recipient = activity.get("recipient")
    me = recipient.get("id") if isinstance(recipient, Mapping) else None
    removed = activity.get("membersRemoved")
    gone = removed if isinstance(removed, list) else []
    if me and any(isinstance(member, Mapping) and member.get("id") == me for member in gone):
        await _forget(edge, activity)


EVENTS: Mapping[str, Callable[[TeamsEdge, Activity], Coroutine[Any, Any, None]]] = {
    "message": on_message,
    "installationUpdate": on_installed,
    "conversationUpdate": on_changed,
}
"""By type of activity; all others are acknowledged, and nothing comes of them."""


async def _private_answer(visitor: TeamsVisitor, word: str) -> Card:
    try:
        if word == "home":
            return await home.home_card(visitor.desk, visitor.school, visitor.account, Where())
        return await word_card(visitor, word) or Card("start", _facts(visitor))
    except EXPECTED as problem:
        return message_for(problem, visitor.known_school)


async def _answer(visitor: TeamsVisitor, said: Said) -> Card:
    """The buttons of the thread's case; elsewhere what the word asks for. Raises Guest."""
    if not visitor.school.is_home(visitor.account):
        raise Guest
    place = Place(Platform.TEAMS, read_tenant(visitor.activity), said.conversation)
    root = MessageRef(place, said.thread) if said.thread else None
    if root and mention.has_cards(visitor.school, root):
        row = await mention.find_posted(visitor.desk, root)
        if row is not None:
            desk, school = visitor.desk, visitor.school
            return await mention.buttons_again(desk, school, visitor.account, row)
    return await _private_answer(visitor, said.word)


async def _answer_apart(visitor: TeamsVisitor, said: Said, card: Card) -> None:
    """One to one, and a word in the channel that it was done, or how to get the app."""
    chat, account = visitor.edge.chat, visitor.account
    place = Place(Platform.TEAMS, read_tenant(visitor.activity), said.conversation)
    thread = MessageRef(place, said.thread) if said.thread else None
    told = Card("messaged", _facts(visitor))
    try:
        await chat.send(await chat.direct(account), card, key="")
    except RefusedForGood as refusal:
        if refusal.code not in NOT_THERE:
            raise
        note_trouble(refusal)
        told = Card("not_installed", _facts(visitor))
    await chat.send(place, told, thread=thread, key="")


async def _forget(edge: TeamsEdge, activity: Activity) -> None:
    if is_private(activity):
        await edge.chat.book.drop(read_tenant(activity), PERSON, read_account(activity).user)


def _facts(visitor: TeamsVisitor) -> dict[str, Any]:
    school = visitor.known_school
    numbers = number_facts(school.numbers) if school else None
    return {"school": school.name if school else "", "numbers": numbers}
