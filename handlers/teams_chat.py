"""Chat over the Teams connector. It never retries by itself: the outbox decides about that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import structlog

from bot.cards import Renderer
from bot.chat import (
    Account,
    Card,
    InDoubt,
    Member,
    MessageRef,
    NotNow,
    Place,
    Platform,
    RefusedForGood,
)
from handlers.teams_book import PERSON, Kept, TeamsBook
from handlers.teams_calls import Call, RefusedCall, TeamsCalls, Tokens, part, segment
from handlers.teams_people import TeamsPeople
from handlers.teams_tokens import CONNECTOR
from storage.errors import StoreUnavailable

FORBIDDEN = 403
THREADS_KEPT, KEPT_FOR = 10_000, 604_800.0
"""How many answers in threads are remembered with their thread, and for how many seconds."""
CHANNEL_ENDS = ("@thread.tacv2", "@thread.skype")
"""How the ids of channels end; only they have threads."""

log = structlog.get_logger()


class TeamsChat:
    """The port's verbs for one tenant; `book` knows where the app may write."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: Tokens,
        renderer: Renderer,
        book: TeamsBook,
        *,
        tenant: str,
        app_id: str,
        graph_url: str,
    ) -> None:
        self.book = book
        self._renderer = renderer
        self._tenant = tenant
        self._bot = f"28:{app_id}"
        self._calls = TeamsCalls(session, tokens)
        self._people = TeamsPeople(self._calls, book, tenant, graph_url)
        self._threads: Kept[MessageRef, str] = Kept(THREADS_KEPT, KEPT_FOR)

    async def send(
        self,
        place: Place,
        card: Card,
        *,
        thread: MessageRef | None = None,
        only_for: Account | None = None,
        key: str,  # noqa: ARG002 - Teams has nowhere to put it, nor any way to look for it
        look_first: bool = False,
    ) -> MessageRef:
        """Post a card; with `look_first` it says that it may repeat another.

        `only_for` puts it into the one-to-one chat. The reference has no id where Teams took the
        card without one. Raises NotNow, InDoubt or RefusedForGood.
        """
        if look_first:
            card = replace(card, context={**card.context, "may_repeat": True})
        if only_for is not None:
            place = await self.direct(only_for)
        conversation = _conversation(place, thread)
        activity = self._draw(card, conversation)
        url = await self._url(f"/v3/conversations/{segment(conversation)}/activities")
        said = await self._calls.ask(Call("POST", url, CONNECTOR, InDoubt, activity))
        ref = MessageRef(place, "" if said is None else part(said, "id", str, InDoubt))
        if conversation != place.id:
            self._threads.put(ref, conversation)
        return ref

    async def update(self, ref: MessageRef, card: Card) -> None:
        """Draw a posted card again; doing it twice is harmless, so doubt is only a delay."""
        if not ref.id:
            raise RefusedForGood("message_not_found")
        # In a thread, Teams' own way is by the thread; by the channel where it is not known.
        conversation = self._threads.get(ref) or ref.place.id
        activity = self._draw(card, conversation)
        path = f"/v3/conversations/{segment(conversation)}/activities/{segment(ref.id)}"
        await self._calls.ask(Call("PUT", await self._url(path), CONNECTOR, NotNow, activity))

    async def open(self, trigger: str, card: Card) -> None:  # noqa: ARG002 - the port's own
        """Refused: on Teams a dialog is the answer to whoever pressed."""
        raise RefusedForGood("no_trigger")

    async def show_home(self, account: Account, card: Card, *, version: str = "") -> str:  # noqa: ARG002
        """Nothing: Teams has no home page that a bot could draw."""
        return ""

    async def direct(self, account: Account) -> Place:
        """The one-to-one chat with somebody of the tenant who has the app.

        Raises NotNow, or RefusedForGood: `bot_not_installed` for all others, or `bot_blocked`.
        """
        known = await self.book.of_person(account.team, account.user)
        if known is not None:
            return Place(Platform.TEAMS, account.team, known.conversation)
        if account.team != self._tenant:
            raise RefusedForGood("bot_not_installed")
        url = await self._url("/v3/conversations")
        try:
            said = await self._calls.look(Call("POST", url, CONNECTOR, NotNow, self._chat(account)))
        except RefusedCall as refused:
            if refused.status == FORBIDDEN and refused.code not in {"bot_blocked", "bot_disabled"}:
                raise RefusedForGood("bot_not_installed") from refused
            raise
        conversation = part(said, "id", str, NotNow)
        await self._remember(account, conversation, url.removesuffix("/v3/conversations"))
        return Place(Platform.TEAMS, account.team, conversation)

    async def members(self, place: Place) -> tuple[Member, ...]:
        """Everyone in a conversation, or in an Entra group (`group:<guid>`), bots left out.

        Raises NotNow or RefusedForGood.
        """
        return await self._people.members(place)

    async def profile(self, account: Account) -> Member | None:
        """What the tenant says of one person; None of closed accounts and of whom it knows not."""
        return await self._people.profile(account)

    def name_of(self, account: Account) -> str:
        """The name the tenant shows for somebody whose profile was read; else empty."""
        return self._people.name_of(account)

    def _draw(self, card: Card, conversation: str) -> dict[str, Any]:
        """The activity: the card, who says it, and where."""
        return {
            **self._renderer.render(card, Platform.TEAMS),
            "from": {"id": self._bot},
            "conversation": {"id": conversation, "tenantId": self._tenant},
        }

    def _chat(self, account: Account) -> dict[str, Any]:
        return {
            "isGroup": False,
            "bot": {"id": self._bot},
            "members": [{"id": account.user}],
            "tenantId": account.team,
            "channelData": {"tenant": {"id": account.team}},
        }

    async def _remember(self, account: Account, conversation: str, service: str) -> None:
        try:
            await self.book.keep(account.team, PERSON, account.user, conversation, f"{service}/")
        except StoreUnavailable as error:  # asked again, Teams names the same chat
            log.warning("teams_chat_not_kept", code=error.code)

    async def _url(self, path: str) -> str:
        service = await self.book.service_url(self._tenant)
        if service is None:
            raise RefusedForGood("bot_not_installed")
        return service + path


def _conversation(place: Place, thread: MessageRef | None) -> str:
    """Where to post: a thread has a conversation of its own, chats have no threads."""
    if thread is None or not thread.id or not place.id.endswith(CHANNEL_ENDS):
        return place.id
    return f"{place.id};messageid={thread.id}"
