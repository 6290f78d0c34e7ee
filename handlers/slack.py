"""The Slack edge: what Slack sent, given to Bolt and to our tables, and always answered."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import Renderer
from bot.chat import Card
from bot.refusals import StalePage
from handlers import case_forms, slack_closed, slack_home, slack_ways, walk_dialog
from handlers.background import Background
from handlers.desk import Desk
from handlers.slack_chat import SlackChat
from handlers.slack_payload import Payload, SlackPage, read_event, read_press, read_view
from handlers.slack_visitor import Ack, SlackVisitor, Submission, Typist
from handlers.trouble import card_for, message_for, new_reference, note_fault, trouble_card
from handlers.visitor import Page, Press

JSON: dict[str, str | Sequence[str]] = {"content-type": "application/json"}
View = Callable[[Submission, Page], Coroutine[Any, Any, None]]
Action = Callable[[SlackVisitor, Press], Coroutine[Any, Any, None]]
Shortcut = Callable[[SlackVisitor], Awaitable[None]]
Event = Callable[[SlackVisitor, Payload], Coroutine[Any, Any, None]]

log = structlog.get_logger()


class SlackEdge:
    """Everything that Slack may send, as tables: what happens when."""

    def __init__(self, desk: Desk, chat: SlackChat, renderer: Renderer) -> None:
        self.desk = desk
        self.chat = chat
        self.renderer = renderer
        self.background = Background()
        self.homes = slack_home.Homes()
        self.views: Mapping[str, View] = {**walk_dialog.PAGES, **case_forms.PAGES}
        self.actions: Mapping[str, Action] = {
            **walk_dialog.PRESSES,
            **case_forms.PRESSES,
            **slack_home.ACTIONS,
            "walk.resume": slack_closed.on_resume,
        }
        self.shortcuts: Mapping[str, Shortcut] = slack_ways.SHORTCUTS
        self.events: Mapping[str, Event] = slack_ways.EVENTS
        self._app = self._build_app(chat.client)

    async def answer(self, payload: Payload) -> BoltResponse:
        """What Slack sent, however it came, given to whoever knows it; always with an answer."""
        try:
            # Bolt's mode for payloads that come as objects: it would parse and verify once more.
            request = AsyncBoltRequest(body=dict(payload), mode="socket_mode")
            answer = await self._app.async_dispatch(request)
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            card = trouble_card("trouble_view", None, note_fault(problem))
            return self._answer_fault(payload, card)
        if answer.status < 400:  # noqa: PLR2004 - else Slack would show an error of its own
            return answer
        reference = new_reference()
        log.warning("slack_payload_unknown", status=answer.status, reference=reference)
        return self._answer_fault(payload, trouble_card("trouble_view", None, reference))

    async def finish(self) -> None:
        """Wait for what is still under way."""
        await self.background.finish()

    def _build_app(self, client: AsyncWebClient) -> AsyncApp:
        async def authorize(**_: object) -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=self.chat.team, bot_token="-")  # noqa: S106

        quiet = logging.getLogger("sharecheck.bolt")
        quiet.setLevel(logging.CRITICAL)
        app = AsyncApp(
            logger=quiet,
            client=client,
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
        )
        anything = re.compile("")
        # Bolt asks them one after the other, so what comes most often stands first.
        app.view_submission(anything)(self._on_view)
        app.command(anything)(self._on_command)
        app.action(anything)(self._on_action)
        app.view_closed(anything)(self._on_closed)
        app.event(anything)(self._on_event)
        app.shortcut(anything)(self._on_shortcut)
        return app

    async def _on_command(self, ack: Ack, body: Payload) -> None:
        visitor = Typist(self, body, ack)
        try:
            word = await walk_dialog.word_card(visitor, str(body.get("text", "")))
            if word is None:
                await visitor.show(await walk_dialog.first_page(visitor))
            else:
                await visitor.reply(word)
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            await visitor.reply(message_for(problem, visitor.known_school))

    async def _on_view(self, ack: Ack, body: Payload) -> None:
        visitor = Submission(self, body, ack)
        try:
            page = SlackPage(read_view(body))
            await self.views.get(page.name, _unknown)(visitor, page)
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            await visitor.show(card_for(problem, visitor.known_school))
        self._redraw_home(visitor)

    async def _on_closed(self, ack: Ack, body: Payload) -> None:
        visitor = SlackVisitor(self, body, ack)
        await ack()
        page = SlackPage(read_view(body))
        if page.name in slack_closed.PAGES:
            self.background.begin(slack_closed.on_closed(visitor, page))

    async def _on_action(self, ack: Ack, body: Payload) -> None:
        await ack()
        press = read_press(body)
        page = press.page if isinstance(press.page, SlackPage) else None
        self.background.begin(self._act(SlackVisitor(self, body, ack, page), press))

    async def _on_event(self, ack: Ack, body: Payload) -> None:
        """Something that Slack tells of; it comes again when it is not acknowledged at once."""
        visitor = SlackVisitor(self, body, ack)
        await ack()
        event = read_event(body)
        if handler := self.events.get(str(event.get("type"))):
            self.background.begin(handler(visitor, event))

    async def _on_shortcut(self, ack: Ack, body: Payload) -> None:
        await ack()
        if enter := self.shortcuts.get(str(body.get("callback_id"))):
            self.background.begin(self._enter(SlackVisitor(self, body, ack), enter))
        else:
            log.warning("slack_unknown", kind="shortcut", reference=new_reference())

    async def _enter(self, visitor: SlackVisitor, enter: Shortcut) -> None:
        """Carry out a shortcut: like a command, but with nothing to answer in."""
        try:
            await enter(visitor)
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            await visitor.show(card_for(problem, visitor.known_school))

    async def _act(self, visitor: SlackVisitor, press: Press) -> None:
        """Carry out a button; its trigger lives three seconds, so a dialog answers at once."""
        try:
            await self.actions.get(press.action, _unknown)(visitor, press)
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            await visitor.show(card_for(problem, visitor.known_school))
        self._redraw_home(visitor)

    def _redraw_home(self, visitor: SlackVisitor) -> None:
        if visitor.acted:
            slack_home.redraw(visitor)

    def _answer_fault(self, payload: Payload, card: Card) -> BoltResponse:
        """What nobody could read: a dialog says so, since no answer would close it as if sent."""
        if payload.get("type") != "view_submission":
            return BoltResponse(status=200)
        view = f'{{"response_action":"update","view":{self.renderer.write(card)}}}'
        return BoltResponse(status=200, body=view, headers=JSON)


async def _unknown(_visitor: SlackVisitor, what: object) -> None:
    log.warning("slack_unknown", kind=type(what).__name__)
    raise StalePage
