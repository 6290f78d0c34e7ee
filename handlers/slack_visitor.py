"""A visitor from Slack: what they sent, and Slack's ways to answer them in private."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog

from bot.chat import (
    Account,
    Card,
    DeliveryError,
    InDoubt,
    MessageRef,
    NotNow,
    Place,
    Platform,
    RefusedForGood,
)
from bot.people import School
from handlers.slack_payload import Payload, SlackPage, read_account, read_team
from handlers.telling import tell_soon
from handlers.trouble import new_reference, note_trouble, trouble_card
from handlers.visitor import Again, Form, Visitor

if TYPE_CHECKING:
    from handlers.slack import SlackEdge

Ack = Callable[..., Awaitable[Any]]
GONE_ON = frozenset({"hash_conflict", "not_found"})
"""What Slack says of a dialog that shows another page by now, or is closed."""
PAUSES = (0.3, 1.0)
"""Seconds before a page is turned again that Slack did not turn."""

log = structlog.get_logger()


class SlackVisitor(Visitor):
    """`page` is the dialog in which something was pressed; None in messages and commands."""

    def __init__(
        self, edge: SlackEdge, body: Payload, ack: Ack, page: SlackPage | None = None
    ) -> None:
        super().__init__(edge.desk, edge.renderer)
        self.edge = edge
        self.body = body
        self.ack = ack
        self.page = page

    @cached_property
    def account(self) -> Account:
        return read_account(self.body)

    @cached_property
    def known_school(self) -> School | None:
        return self.desk.school_of_team(Platform.SLACK, read_team(self.body))

    async def show(self, card: Card) -> bool:
        return await (self.open(card) if self.page is None else self._turn(self.page, card))

    async def open(self, card: Card) -> bool:
        """Open a dialog; where Slack does not, say in private that it failed and whom to ring."""
        try:
            await self.edge.chat.open(str(self.body.get("trigger_id", "")), card)
        except DeliveryError as problem:
            reference = note_trouble(problem)
            await self._say_alone(trouble_card("trouble", self.known_school, reference))
            return False
        return True

    async def complain(self, form: Form, faults: Mapping[str, str], again: Again) -> None:  # noqa: ARG002
        """Slack takes errors for what is handed in alone; elsewhere the page is drawn anew."""
        await self.show(await again())

    async def close(self) -> None:
        """A dialog goes away when what was handed in is acknowledged with nothing."""

    async def reply(self, card: Card) -> None:
        await self.ack(**self.renderer.render(card), response_type="ephemeral")

    async def replace(self, card: Card) -> None:
        await self.edge.chat.respond(str(self.body.get("response_url", "")), card)

    async def redraw(self, card: Card) -> bool:
        """Put a card into the message whose button was pressed; False where Slack does not."""
        place = self.body.get("container") or {}
        channel, ts = str(place.get("channel_id") or ""), str(place.get("message_ts") or "")
        message = MessageRef(Place(Platform.SLACK, self.edge.chat.team, channel), ts)
        try:
            await self.edge.chat.update(message, card)
        except DeliveryError as problem:
            note_trouble(problem)
            return False
        return True

    def name_of(self, account: Account) -> str:
        return self.edge.chat.name_of(account)

    async def _turn(self, page: SlackPage, card: Card) -> bool:
        """Put another page into the dialog, unless it shows a newer one by now, or is closed.

        Where Slack does not, the page stays as it is, with all that stands on it, to be pressed
        again: a page of trouble in its place would throw that away.
        """
        for pause in (*PAUSES, None):
            try:
                await self.edge.chat.update_view(page.id, page.hash, card)
            except RefusedForGood as problem:
                if problem.code not in GONE_ON:
                    raise
                return False
            except (NotNow, InDoubt) as problem:
                if pause is None:
                    note_trouble(problem)
                    return False
                await asyncio.sleep(pause)
            else:
                return True
        return False

    async def _say_alone(self, card: Card) -> None:
        """Say it where the press was, or one to one: a global shortcut has nowhere to answer."""
        try:
            if url := str(self.body.get("response_url") or ""):
                await self.edge.chat.respond(url, card, replace=False)
            else:
                key = f"trouble:{new_reference()}"
                await tell_soon(self.edge.chat, self.account, card, key=key)
        except DeliveryError as error:
            log.warning("chat_call_failed", code=getattr(error, "code", ""))


class Submission(SlackVisitor):
    """Somebody who handed a page in: the acknowledgement is the answer."""

    async def show(self, card: Card) -> bool:
        await self.ack(f'{{"response_action":"update","view":{self.renderer.write(card)}}}')
        return True

    async def complain(self, form: Form, faults: Mapping[str, str], again: Again) -> None:  # noqa: ARG002
        """Errors beside the boxes: what was typed stays of itself."""
        errors = {_block(form, field): words for field, words in faults.items()}
        await self.ack(response_action="errors", errors=errors)

    async def close(self) -> None:
        await self.ack()


class Typist(SlackVisitor):
    """Somebody who typed a command: it is acknowledged first, and then a dialog opens."""

    async def show(self, card: Card) -> bool:
        await self.ack()
        self.edge.background.begin(self.open(card))
        return True


def _block(form: Form, field: str) -> str:
    """The block to show an error at: the field's own, or the first box there is."""
    boxes = (form.blocks[name] for name in form.texts)
    first = form.blocks.get("reason") or next(boxes, None) or next(iter(form.blocks.values()), "")
    return form.blocks.get(field, first)
