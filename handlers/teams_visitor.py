"""A visitor from Teams: what they did, and Teams' ways to answer them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bot.chat import Account, Card, NotNow, Platform
from bot.people import School
from handlers.teams_payload import Activity, TeamsPage, read_account, read_tenant
from handlers.telling import tell_soon
from handlers.trouble import as_message
from handlers.visitor import Again, Form, Visitor

if TYPE_CHECKING:
    from handlers.teams import TeamsEdge

Json = dict[str, Any]
ADAPTIVE = "application/vnd.microsoft.card.adaptive"
MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
IN_PLACE = frozenset({"thread", "copy"})
"""Cards that come back where they were."""


class TeamsVisitor(Visitor):
    """Somebody who pressed or handed in something: what we answer the invoke with is `answer`,
    an object or, of a page, its JSON text.

    `page` is the dialog in which it was done; None in messages.
    """

    def __init__(self, edge: TeamsEdge, activity: Activity, page: TeamsPage | None = None) -> None:
        super().__init__(edge.desk, edge.renderer)
        self.edge = edge
        self.activity = activity
        self.page = page
        self.answer: Json | str | None = None

    @cached_property
    def account(self) -> Account:
        return read_account(self.activity)

    @cached_property
    def known_school(self) -> School | None:
        return self.desk.school_of_team(Platform.TEAMS, read_tenant(self.activity))

    async def show(self, card: Card) -> bool:
        title, content = self.renderer.write_dialog(self._opened(card))
        self.answer = (
            f'{{"task":{{"type":"continue","value":{{"title":{json.dumps(title)},"height":"large",'
            f'"width":"medium","card":{{"contentType":"{ADAPTIVE}","content":{content}}}}}}}}}'
        )
        return True

    async def complain(self, form: Form, faults: Mapping[str, str], again: Again) -> None:
        """Teams shows no errors beside boxes: the page comes again, filled in, and says them."""
        await self.show(_with_faults(await again(), form, faults))

    async def close(self) -> None:
        """No answer closes the dialog."""
        self.answer = None

    async def reply(self, card: Card) -> None:
        """Teams has no private messages in channels: it is said one to one, a moment later."""
        self.edge.background.begin(tell_soon(self.edge.chat, self.account, card, key=""))

    async def replace(self, card: Card) -> None:
        """A dialog was opened from the message: the card goes beside it."""
        await self.reply(card)

    def name_of(self, account: Account) -> str:
        return self.edge.chat.name_of(account)

    async def is_met(self) -> bool:
        """The message extension is there in channels for people who have not got the app, too."""
        account = self.account
        try:
            return await self.edge.chat.book.of_person(account.team, account.user) is not None
        except NotNow:
            return True  # nothing is said that may be wrong

    def _opened(self, card: Card) -> Card:
        """The form of a case, with what this opening of it is known by."""
        case = card.context.get("case")
        if not isinstance(case, str):
            return card
        opened = self.page.opened if self.page else secrets.token_hex(8)
        return Card(card.template, {**card.context, "case": f"{case}~{opened}"})


class Executor(TeamsVisitor):
    """Somebody who pressed an `Action.Execute` in a message."""

    async def show(self, card: Card) -> bool:
        """A card in the place of this one; of a page, what it would say is said in a line."""
        if card.template in IN_PLACE:
            await self.replace(card)
        else:
            self.say(as_message(card))
        return True

    async def complain(self, form: Form, faults: Mapping[str, str], again: Again) -> None:
        await self.replace(_with_faults(await again(), form, faults))

    async def close(self) -> None:
        if self.answer is None:
            self.say(Card("changed"))

    async def replace(self, card: Card) -> None:
        drawn = self.renderer.render(card, Platform.TEAMS)
        content = drawn["attachments"][0]["content"]
        self.answer = {"statusCode": 200, "type": ADAPTIVE, "value": content}

    def leave(self) -> None:
        """Nothing is done, and the card stays as it is."""
        fault = {"code": "NotChanged", "message": "Nothing was changed."}
        self.answer = {"statusCode": 400, "type": ERROR, "value": fault}

    def say(self, card: Card) -> None:
        words = self.renderer.say(card, Platform.TEAMS)
        self.answer = {"statusCode": 200, "type": MESSAGE, "value": words}


def _with_faults(card: Card, form: Form, faults: Mapping[str, str]) -> Card:
    """A card again, with what stood in its boxes and what is wrong with which."""
    values = {**form.values, **card.context.get("values", {})}
    return Card(card.template, {**card.context, "values": values, "errors": dict(faults)})
