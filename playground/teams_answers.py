"""Reads what a bot answers, as strictly as Teams: each fault is named, none is passed over."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple

from playground.card_limits import faults
from playground.teams_cards import buttons
from playground.teams_courier import BotReply
from playground.teams_residents import ADAPTIVE, BotFaultError, Json

MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
SIZES = ("small", "medium", "large")


class Outcome(StrEnum):
    """What came of a press."""

    CARD = "card"
    """A page, or a card in the message's place."""
    WORDS = "words"
    """A line or a page of words."""
    ERROR = "error"
    CLOSED = "closed"
    HELD_BACK = "held back"
    """The client itself found something wrong, and sent nothing."""


class Answered(NamedTuple):
    """What a bot answered a press with."""

    outcome: Outcome
    title: str = ""
    card: Json | None = None
    text: str = ""
    errors: tuple[str, ...] = ()


def check_taken(reply: BotReply) -> None:
    """Raises BotFaultError unless the bot took an event."""
    if reply.failure:
        raise BotFaultError(reply.failure)


def read_task(reply: BotReply, *, extension: bool) -> Answered:
    """The answer to an invoke that opens or submits a dialog. Raises BotFaultError.

    Nothing, or an empty answer, closes the dialog.
    """
    body = _body(reply)
    if not body:
        return Answered(Outcome.CLOSED)
    _only(body, {"task", "composeExtension", "cacheInfo"} if extension else {"task", "cacheInfo"})
    if extension and "composeExtension" in body:
        return _read_result(body)
    if "task" not in body:
        raise BotFaultError("the answer has no task")
    task = _object(body["task"], "task")
    _only(task, {"type", "value"})
    if task.get("type") == "message":
        return Answered(Outcome.WORDS, text=_words(task.get("value"), "the message"))
    if task.get("type") != "continue":
        raise BotFaultError(f"task of type {task.get('type')!r}")
    return _read_page(_object(task.get("value"), "value"))


def read_execution(reply: BotReply) -> Answered:
    """The answer to an Action.Execute. Raises BotFaultError; Teams takes no empty one."""
    body = _body(reply)
    if not body:
        raise BotFaultError("an Action.Execute wants an answer")
    _only(body, {"statusCode", "type", "value"})
    status, kind, value = body.get("statusCode"), body.get("type"), body.get("value")
    if type(status) is not int:
        raise BotFaultError("statusCode is no number")
    if kind == ERROR and status >= HTTPStatus.BAD_REQUEST:
        error = _object(value, "the error")
        _only(error, {"code", "message", "innerHttpError"})
        return Answered(Outcome.ERROR, text=_words(error.get("message"), "the error's message"))
    if status != HTTPStatus.OK:
        raise BotFaultError(f"statusCode {status} with {kind!r}")
    if kind == MESSAGE:
        return Answered(Outcome.WORDS, text=_words(value, "the message"))
    if kind != ADAPTIVE:
        raise BotFaultError(f"an answer of type {kind!r}")
    return Answered(Outcome.CARD, card=_card(value))


def _read_page(page: Json) -> Answered:
    _only(page, {"title", "height", "width", "card", "completionBotId"})
    title = _words(page.get("title"), "the title")
    for name in ("height", "width"):
        size = page.get(name)
        if size is not None and size not in SIZES and (type(size) is not int or size < 1):
            raise BotFaultError(f"{name} is {size!r}")
    attached = _object(page.get("card"), "the page's card")
    _only(attached, {"contentType", "content"})
    if attached.get("contentType") != ADAPTIVE:
        raise BotFaultError("the page's card is no Adaptive Card")
    card = _card(attached.get("content"))
    if any(button.action["type"] == "Action.Execute" for button in buttons(card)):
        raise BotFaultError("dialogs take no Action.Execute")
    return Answered(Outcome.CARD, title=title, card=card)


def _read_result(body: Json) -> Answered:
    result = _object(body["composeExtension"], "composeExtension")
    if result.get("type") != "message":
        raise BotFaultError(f"composeExtension of type {result.get('type')!r}")
    _only(result, {"type", "text"})
    return Answered(Outcome.WORDS, text=_words(result.get("text"), "the text"))


def _body(reply: BotReply) -> Json | None:
    """The JSON of an answer: of 200, and an object or nothing."""
    if reply.failure or reply.status != HTTPStatus.OK:
        raise BotFaultError(reply.failure or f"status {reply.status}")
    try:
        body = reply.body
    except ValueError:
        raise BotFaultError("the answer is no JSON") from None
    return None if body is None else _object(body, "the answer")


def _card(value: Any) -> Json:
    card = _object(value, "the card")
    found = faults(card)
    if found:
        raise BotFaultError("; ".join(found))
    return card


def _object(value: Any, name: str) -> Json:
    if not isinstance(value, dict):
        raise BotFaultError(f"{name} is no object")
    return value


def _words(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BotFaultError(f"{name} is no text")
    return value


def _only(body: Json, known: Collection[str]) -> None:
    strange = set(body) - set(known)
    if strange:
        raise BotFaultError(f"unknown: {', '.join(sorted(strange))}")
