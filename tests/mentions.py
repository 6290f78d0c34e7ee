"""Mentions of the bot in a pretend school: what somebody writes, and what they alone see of it."""

from __future__ import annotations

import json
from typing import Any

from bot.chat import Card
from playground import school as pretend
from playground.courier import JSON
from playground.residents import Message
from tests.fixtures_school import warm_renderer
from tests.pretend_school import PretendSchool, buttons_of, words_of

START = "ways.check"
"""The button below the help."""


def card_of(school: PretendSchool, channel: str = pretend.DSL_CHANNEL) -> Message:
    """The card at the head of the newest thread of a case."""
    return [m for m in school.workspace.messages[channel] if m.metadata and not m.is_reply][-1]


async def mention(
    school: PretendSchool, person: str, card: Message | None, channel: str = pretend.DSL_CHANNEL
) -> Message | None:
    """Write `@Sharecheck` (in the thread of a card): what that brings in sight of the person."""
    before = everything(school)
    thread = card.ts if card else None
    said = await school.slack.say(person, channel, "@Sharecheck please", thread)
    await school.settle()
    new = [m for m in everything(school) if m not in before and m != said]
    assert len(new) <= 1, "one answer at most, and nothing is drawn again"
    assert all(m.ephemeral_to == person for m in new), "nobody else sees any of it"
    return new[0] if new else None


def everything(school: PretendSchool) -> list[Message]:
    return [m for there in school.workspace.messages.values() for m in there]


async def send_event(school: PretendSchool, event: dict[str, Any], **envelope: Any) -> None:
    """An event as it came, or as somebody would like it to have come; sent as it is."""
    body = json.loads(school.slack._payloads.event({"type": "app_mention", **event}))
    await school.slack.courier.send(json.dumps(body | envelope).encode(), content_type=JSON)
    await school.settle()


def refusal(code: str) -> str:
    """The words in which the product refuses something by this name."""
    return words_of(warm_renderer().render(Card("refused", {"code": code}))["blocks"])


async def refused(school: PretendSchool, person: str, card: Message, channel: str) -> str:
    """What somebody is told who gets no buttons: nothing of the case is in it."""
    shown = await mention(school, person, card, channel)
    assert shown is not None
    assert buttons_of(shown.blocks) == set()
    words = words_of(shown.blocks)
    for case in await school.cases():
        assert case.ref not in words + shown.text
        assert case.id not in str(shown.blocks)
        assert case.requester not in str(shown.blocks)
    return words
