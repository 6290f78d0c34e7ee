"""What went wrong, in words for whoever waits, and in a log line that repeats nothing personal."""

from __future__ import annotations

import asyncio
import secrets
import traceback
from pathlib import Path
from typing import Any

import structlog

from bot.cards import Renderer
from bot.chat import Card, DeliveryError
from bot.facts import number_facts, person_facts
from bot.people import School
from bot.refusals import AlreadyDecided, Refusal, StalePage, UnknownCase, UnknownWorkspace
from bot.rules import UnknownAnswer
from storage.errors import StorageError, StoreUnavailable

EXPECTED = (Refusal, UnknownAnswer, DeliveryError, StorageError)
"""What may happen to anybody, and has words of its own; all else is a fault of ours."""

log = structlog.get_logger()


def card_for(problem: Exception, school: School | None) -> Card:
    """The page for what went wrong: a refusal, what could not be done now, or a fault of ours."""
    if isinstance(problem, (Refusal, UnknownAnswer)):
        return refuse(problem, school)
    known = isinstance(problem, EXPECTED)
    reference = note_trouble(problem) if known else note_fault(problem)
    return trouble_card("trouble_view", school, reference)


def message_for(problem: Exception, school: School | None) -> Card:
    """The same words as a message, where no dialog is open."""
    return as_message(card_for(problem, school))


def as_message(card: Card) -> Card:
    """The message that says what a page would say."""
    return Card(card.template.removesuffix("_view"), card.context)


def refuse(problem: Refusal | UnknownAnswer, school: School | None) -> Card:
    """A refusal in words; what our own pages never send comes with a reference."""
    reference = new_reference()
    log.info("refused", code=getattr(problem, "code", "UnknownAnswer"), reference=reference)
    if isinstance(problem, UnknownAnswer):
        problem = StalePage()
    card = refusal_card(problem, school)
    odd = isinstance(problem, (StalePage, UnknownCase, UnknownWorkspace))
    return Card(card.template, {**card.context, "reference": reference}) if odd else card


def refusal_card(refusal: Exception, school: School | None) -> Card:
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


def trouble_card(template: str, school: School | None, reference: str) -> Card:
    """The words for a fault of ours: nothing was sent, whom to ring, what to quote.

    `template` is `trouble` (a message) or `trouble_view` (a page).
    """
    numbers = number_facts(school.numbers) if school else None
    return Card(template, {"reference": reference, "numbers": numbers})


def say_unsaved(renderer: Renderer, error: StoreUnavailable, school: School | None) -> str:
    """The words beside a box for what was not saved, or perhaps saved, with whom to ring."""
    note_trouble(error)
    if error.code == "in_doubt":
        return renderer.say(Card("complaint", {"code": "InDoubt", "field": "", "kind": ""}))
    return renderer.say(trouble_card("trouble", school, ""))


def new_reference() -> str:
    """What a log line and the words that somebody is shown have in common."""
    return secrets.token_hex(4)


def note_trouble(problem: Exception) -> str:
    """Log what could not be done now; gives the reference to quote."""
    reference = new_reference()
    log.warning("not_done", reference=reference, code=str(getattr(problem, "code", problem)))
    return reference


def note_fault(problem: BaseException) -> str:
    """Log a fault of ours, by its kind and where it was raised; gives the reference to quote."""
    reference = new_reference()
    log.error("fault", reference=reference, kind=type(problem).__name__, at=_raised_at(problem))
    return reference


def note_end(task: asyncio.Task[Any]) -> None:
    """Log the fault that ended a task, if one did, where nobody else would hear of it."""
    if not task.cancelled() and (problem := task.exception()) is not None:
        note_fault(problem)


def _raised_at(problem: BaseException) -> str:
    """Where a fault was raised, without its message: that could repeat what somebody typed."""
    frames = traceback.extract_tb(problem.__traceback__)
    return ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-3:])
