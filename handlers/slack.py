"""The Slack edge: what Slack sent, given to Bolt and to our tables, and always answered."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import Renderer
from bot.chat import Account, Card, DeliveryError
from bot.facts import number_facts, person_facts
from bot.people import School
from bot.refusals import AlreadyDecided, Refusal, StalePage, UnknownCase, UnknownWorkspace
from bot.rules import UnknownAnswer
from handlers.desk import Desk
from handlers.slack_chat import SlackChat
from handlers.slack_payload import (
    Payload,
    Press,
    read_account,
    read_event,
    read_press,
    read_team,
    read_view,
)
from storage.errors import StorageError, StoreUnavailable

JSON: dict[str, str | Sequence[str]] = {"content-type": "application/json"}
Ack = Callable[..., Awaitable[Any]]
GRACE = 10.0
"""Seconds that work under way may take at the end."""

log = structlog.get_logger()


class Visitor:
    """Who sent a payload, to which school, and the ways to answer them in private."""

    def __init__(self, edge: SlackEdge, body: Payload, ack: Ack) -> None:
        self.edge = edge
        self.body = body
        self.ack = ack
        self.acted = False
        """Whether a case was written or changed."""
        self.school: School | None = edge.desk.school_of_team(read_team(body))

    @cached_property
    def account(self) -> Account:
        """Raises StalePage when Slack does not say who it was."""
        return read_account(self.body)

    @property
    def trigger(self) -> str:
        return str(self.body.get("trigger_id", ""))

    async def show(self, card: Card) -> None:
        """Open a dialog, after the acknowledgement."""
        self.edge.after_ack(self.open(card))

    async def open(self, card: Card) -> bool:
        """Open a dialog; where Slack does not, say in private that it failed and whom to ring.

        Gives whether it is open.
        """
        try:
            await self.edge.chat.open(self.trigger, card)
        except DeliveryError as problem:
            reference = self.edge.note_trouble(problem)
            await self._say_alone(self.edge.trouble_card("trouble", self.school, reference))
            return False
        return True

    async def _say_alone(self, card: Card) -> None:
        """Say it where the press was, or one to one: a global shortcut has nowhere to answer."""
        try:
            if url := str(self.body.get("response_url") or ""):
                await self.edge.chat.respond(url, card, replace=False)
            else:
                await self.edge.chat.tell_soon(self.account, card, key=f"trouble:{new_reference()}")
        except DeliveryError as error:
            log.warning("slack_call_failed", code=getattr(error, "code", ""))

    async def replace_message(self, card: Card) -> None:
        """Put another card in the place of the private message whose button was pressed."""
        await self.edge.chat.respond(str(self.body.get("response_url", "")), card)


View = Callable[[Visitor, Payload], Coroutine[Any, Any, None]]
Action = Callable[[Visitor, Press], Awaitable[None]]
Command = Callable[[Visitor, str], Awaitable[None]]
Shortcut = Callable[[Visitor], Awaitable[None]]
Event = Callable[[Visitor, Payload], Coroutine[Any, Any, None]]


class SlackEdge:
    """Everything that Slack may send, as tables: what happens when."""

    def __init__(self, desk: Desk, chat: SlackChat, renderer: Renderer) -> None:
        from handlers import slack_cases, slack_home, slack_walk, slack_ways

        self.desk = desk
        self.chat = chat
        self.renderer = renderer
        self.command: Command = slack_walk.on_command
        self.homes = slack_home.Homes()
        self.views: Mapping[str, View] = {
            **slack_walk.VIEWS,
            **slack_home.redraws(slack_walk.VIEWS, ("walk.page", "walk.outcome")),
            **slack_home.redraws(slack_cases.VIEWS, slack_cases.VIEWS),
        }
        self.closed: Mapping[str, View] = slack_walk.CLOSED
        self.actions: Mapping[str, Action] = {
            **slack_walk.ACTIONS,
            **slack_cases.ACTIONS,
            **slack_ways.ACTIONS,
            **slack_home.ACTIONS,
            **slack_home.redraws(slack_cases.ACTIONS, ("case.filed", "case.kept")),
        }
        self.shortcuts: Mapping[str, Shortcut] = slack_ways.SHORTCUTS
        self.events: Mapping[str, Event] = slack_ways.EVENTS
        self._tasks: set[asyncio.Task[None]] = set()
        self._app = self._build_app(chat.client)

    async def answer(self, payload: Payload) -> BoltResponse:
        """What Slack sent, however it came, given to whoever knows it; always with an answer."""
        try:
            # Bolt's mode for payloads that come as objects: it would parse and verify once more.
            request = AsyncBoltRequest(body=dict(payload), mode="socket_mode")
            answer = await self._app.async_dispatch(request)
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            return self._answer_fault(payload, self._fault(problem, None))
        if answer.status < 400:  # noqa: PLR2004 - else Slack would show an error of its own
            return answer
        reference = new_reference()
        log.warning("slack_payload_unknown", status=answer.status, reference=reference)
        return self._answer_fault(payload, self.trouble_card("trouble_view", None, reference))

    def after_ack(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something once Slack has its answer; the task is kept, and awaited at the end."""
        task = asyncio.create_task(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for what is still under way, ten seconds at most; then cancel it and log how many.

        What may be lost so is in no outbox: words to somebody whom Slack cannot reach now.
        """
        now = asyncio.get_running_loop().time
        end = now() + GRACE
        while self._tasks and now() < end:
            await asyncio.wait(self._tasks, timeout=end - now())
        if late := set(self._tasks):
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            log.warning("not_finished", count=len(late))

    def refusal_card(self, refusal: Exception, school: School | None) -> Card:
        """The words for a refusal: its name and facts for the template."""
        facts: dict[str, Any] = {"code": getattr(refusal, "code", type(refusal).__name__)}
        if isinstance(refusal, AlreadyDecided) and school is not None:
            facts |= {
                "by": person_facts(school, refusal.by),
                "at": int(refusal.at.timestamp()),
                "outcome": refusal.outcome,
                "mine": refusal.mine,
            }
        else:
            for name in ("status", "field", "target", "kind", "ref"):
                if hasattr(refusal, name):
                    facts[name] = getattr(refusal, name)
        return Card("refused_view", facts)

    def trouble_card(self, template: str, school: School | None, reference: str) -> Card:
        """The words for a fault of ours: nothing was sent, whom to ring, what to quote.

        `template` is `trouble` (a message) or `trouble_view` (a page).
        """
        numbers = number_facts(school.numbers) if school else None
        return Card(template, {"reference": reference, "numbers": numbers})

    async def answer_view(self, visitor: Visitor, card: Card) -> None:
        """Acknowledge a submission by putting another page in the dialog's place."""
        await visitor.ack(f'{{"response_action":"update","view":{self.renderer.write(card)}}}')

    async def answer_errors(self, visitor: Visitor, errors: Mapping[str, str]) -> None:
        """Acknowledge a submission with errors beside its blocks: everything typed stays."""
        await visitor.ack(response_action="errors", errors=dict(errors))

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
        visitor = Visitor(self, body, ack)
        try:
            await self.command(visitor, str(body.get("text", "")))
        except (Refusal, DeliveryError, StorageError) as problem:
            await self._answer_command(visitor, self._card_for(problem, visitor.school))
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            await self._answer_command(visitor, self._fault(problem, visitor.school))

    async def _on_view(self, ack: Ack, body: Payload) -> None:
        visitor = Visitor(self, body, ack)
        try:
            view = read_view(body)
            handler = self.views.get(str(view.get("callback_id")), _unknown)
            await handler(visitor, view)
        except (Refusal, UnknownAnswer, DeliveryError, StorageError) as problem:
            await self.answer_view(visitor, self._card_for(problem, visitor.school))
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            await self.answer_view(visitor, self._fault(problem, visitor.school))

    async def _on_closed(self, ack: Ack, body: Payload) -> None:
        visitor = Visitor(self, body, ack)
        await ack()
        view = read_view(body)
        if handler := self.closed.get(str(view.get("callback_id"))):
            self.after_ack(handler(visitor, view))

    async def _on_action(self, ack: Ack, body: Payload) -> None:
        visitor = Visitor(self, body, ack)
        await ack()
        press = read_press(body)
        self.after_ack(self._act(visitor, press))

    async def _on_event(self, ack: Ack, body: Payload) -> None:
        """Something that Slack tells of; it comes again when it is not acknowledged at once."""
        visitor = Visitor(self, body, ack)
        await ack()
        event = read_event(body)
        if handler := self.events.get(str(event.get("type"))):
            self.after_ack(handler(visitor, event))

    async def _on_shortcut(self, ack: Ack, body: Payload) -> None:
        visitor = Visitor(self, body, ack)
        await ack()
        if enter := self.shortcuts.get(str(body.get("callback_id"))):
            self.after_ack(self._enter(visitor, enter))
        else:
            log.warning("slack_unknown", kind="shortcut", reference=new_reference())

    async def _enter(self, visitor: Visitor, enter: Shortcut) -> None:
        """Carry out a shortcut: like a command, but with nothing to answer in."""
        try:
            await enter(visitor)
        except (Refusal, UnknownAnswer, DeliveryError, StorageError) as problem:
            await visitor.open(self._card_for(problem, visitor.school))
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            await visitor.open(self._fault(problem, visitor.school))

    async def _act(self, visitor: Visitor, press: Press) -> None:
        """Carry out a button; its trigger lives three seconds, so a dialog answers at once."""
        try:
            await self.actions.get(press.action, _unknown)(visitor, press)
        except (Refusal, UnknownAnswer, DeliveryError, StorageError) as problem:
            await self._answer_press(visitor, press, self._card_for(problem, visitor.school))
        except Exception as problem:  # noqa: BLE001 - the edge: answered with a reference
            await self._answer_press(visitor, press, self._fault(problem, visitor.school))

    async def _answer_press(self, visitor: Visitor, press: Press, card: Card) -> None:
        if press.view is None:
            await visitor.open(card)
        else:
            await self.update_view(press.view, card)

    async def update_view(self, view: Payload, card: Card) -> None:
        """Put another page in the place of an open dialog, unless it changed meanwhile."""
        await self.chat.update_view(str(view["id"]), str(view["hash"]), card)

    def message_for(self, problem: Exception, school: School | None) -> Card:
        """The words for a refusal, or for what could not be done, where no dialog is open."""
        return _as_message(self._card_for(problem, school))

    async def _answer_command(self, visitor: Visitor, card: Card) -> None:
        """The same words as a private message: a command has no dialog to put them in."""
        message = _as_message(card)
        await visitor.ack(**self.renderer.render(message), response_type="ephemeral")

    def _card_for(self, problem: Exception, school: School | None) -> Card:
        if isinstance(problem, (Refusal, UnknownAnswer)):
            return self._refuse(problem, school)
        return self.trouble_card("trouble_view", school, self.note_trouble(problem))

    def _refuse(self, problem: Refusal | UnknownAnswer, school: School | None) -> Card:
        """A refusal in words; what Slack's own pages never send comes with a reference."""
        reference = new_reference()
        log.info("refused", code=getattr(problem, "code", "UnknownAnswer"), reference=reference)
        if isinstance(problem, UnknownAnswer):
            problem = StalePage()
        card = self.refusal_card(problem, school)
        odd = isinstance(problem, (StalePage, UnknownCase, UnknownWorkspace))
        return Card(card.template, {**card.context, "reference": reference}) if odd else card

    def say_trouble(self, error: StoreUnavailable, school: School | None) -> str:
        """The words beside a box for what was not saved, or perhaps saved, with whom to ring."""
        self.note_trouble(error)
        if error.code == "in_doubt":
            card = Card("complaint", {"code": "InDoubt", "field": "", "kind": ""})
            return self.renderer.say(card)
        return self.renderer.say(self.trouble_card("trouble", school, ""))

    def note_trouble(self, problem: Exception) -> str:
        """Log what could not be done now; gives the reference to quote."""
        reference = new_reference()
        log.warning("not_done", reference=reference, code=str(getattr(problem, "code", problem)))
        return reference

    def _fault(self, problem: Exception, school: School | None) -> Card:
        return self.trouble_card("trouble_view", school, note_fault(problem))

    async def _guard(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except DeliveryError as error:
            log.warning("slack_call_failed", code=getattr(error, "code", ""))
        except (Refusal, UnknownAnswer) as problem:
            self._refuse(problem, None)
        except Exception as problem:  # noqa: BLE001 - the edge: nobody above would hear of it
            self._fault(problem, None)

    def _answer_fault(self, payload: Payload, card: Card) -> BoltResponse:
        """What nobody could read: a dialog says so, since no answer would close it as if sent."""
        if payload.get("type") != "view_submission":
            return BoltResponse(status=200)
        view = f'{{"response_action":"update","view":{self.renderer.write(card)}}}'
        return BoltResponse(status=200, body=view, headers=JSON)


def new_reference() -> str:
    """What a log line and the words that somebody is shown have in common."""
    return secrets.token_hex(4)


def note_fault(problem: BaseException) -> str:
    """Log a fault of ours, by its kind and where it was raised; gives the reference to quote."""
    reference = new_reference()
    log.error("fault", reference=reference, kind=type(problem).__name__, at=_raised_at(problem))
    return reference


def note_end(task: asyncio.Task[Any]) -> None:
    """Log the fault that ended a task, if one did, where nobody else would hear of it."""
    if not task.cancelled() and (problem := task.exception()) is not None:
        note_fault(problem)


def _as_message(card: Card) -> Card:
    return Card(card.template.removesuffix("_view"), card.context)


def _raised_at(problem: BaseException) -> str:
    """Where a fault was raised, without its message: that could repeat what somebody typed."""
    frames = traceback.extract_tb(problem.__traceback__)
    return ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-3:])


async def _unknown(_visitor: Visitor, what: object) -> None:
    log.warning("slack_unknown", kind=type(what).__name__)
    raise StalePage
