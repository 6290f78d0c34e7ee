"""Whatever somebody types comes out of every template as text: alive nowhere, and never too long."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from bot.chat import Card, Platform
from playground import card_limits
from playground.slack_limits import faults
from tests.card_samples import CODE, hostile, is_text, normal_samples, strings
from tests.drawn import DRAWN, FOLDERS, SAID, alive, card_in, parts_of, running, typed
from tests.fixtures_school import warm_renderer

PLAIN = {name: found[:: 1 + len(found) // 20] for name, found in normal_samples().items()}
"""A template's contexts; of those with many, some: they differ in codes, not in where texts stand."""
FEW = {name: found[:: 1 + len(found) // 4] for name, found in PLAIN.items()}
PLATFORMS = tuple(Platform)
LONG = 10_000
TYPED = {
    "a mention of everybody": "<!channel> <!here> @channel @here <!subteam^S1>",
    "a mention of somebody": "<@U0DSL00001> <@W1|x> <#C0DSL00001>",
    "a link": "<https://example.org|press> <https://example.org> <tel:1|0> <mailto:a@b.example>",
    "marks of style": "*bold* **bold** _slanted_ ~gone~ `code` ```block```\n> quote\n• bullet",
    "entities": "&amp; &lt;!channel&gt; & < > &#60;!channel&#62;",
    "a turned direction": "\u202eesrever\u202c \u2066x\u2069 \u200f\u061c\u200b\ufeff",
    "a long story": "What they said at home, and then at school. " * (LONG // 44),
    "one long word": "x" * LONG,
    "many signs that grow": "<&>" * (LONG // 3),
    "pictures": "👩‍👩‍👧🔥:fire:" * (LONG // 12),
    "line breaks": "one\r\ntwo\n\n\n\x0bthree\x85\u2028" * 50,
    "control characters": "a\x00\x07\x1b[31m\x7f\x9f\ufffe\ud83d",
    "a template": "{{ 7919 * 7919 }} {% raw %} {# x #} ${7919*7919} {conditions} {post}",
    "marks of Teams": "<at>everyone</at> [press](https://example.org) ![x](https://example.org/x)"
    " <b>bold</b> {{DATE(2026-11-22T10:00:00Z,SHORT)}} {{{TIME(2026-11-22T10:00:00Z)}}} &ast;x&ast;",
    "lists": "- one\n- two\r\n1. three\n# four\n> five",
    "json": '"}],"blocks":[{"type":"divider"}],\\ \\" \\u003c!channel\\u003e',
    "blanks": " \t\n\u200b \u2069",
}
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
# Of the rule pack, whose **bold** and _slanted_ words are meant; all else is typed by somebody.
PACK_WORDS = frozenset(
    {"after", "because", "conditions", "help", "label", "line", "recipient_type", "text", "title"}
)


def drawn_cards(
    name: str, text: str, platform: Platform, contexts: Mapping[str, list[Any]] = PLAIN
) -> list[dict[str, Any]]:
    """The template with every text in each of its contexts replaced."""
    cards = [Card(name, hostile(context, text)) for context in contexts[name]]
    if name not in DRAWN:
        words = [warm_renderer().say(card, platform) for card in cards]
        return [{"blocks": [{"type": "mrkdwn", "text": one}]} for one in words]
    return [warm_renderer().render(card, platform) for card in cards]


def faults_of(name: str, drawn: dict[str, Any]) -> list[str]:
    if name not in DRAWN:
        return []
    if "blocks" in drawn:
        surface = {"modal": "view", "home": "home"}.get(drawn.get("type", ""), "message")
        return faults(surface, drawn)  # type: ignore[arg-type]
    return card_limits.faults(card_in(drawn))


def test_every_template_is_tried():
    assert sorted(PLAIN) == FOLDERS


@pytest.mark.parametrize("name", FOLDERS)
def test_what_is_left_alone_because_it_is_a_code_looks_like_one(name):
    found = [pair for context in PLAIN[name] for pair in strings(context) if not is_text(*pair)]

    assert [pair for pair in found if not CODE.fullmatch(pair[1])] == []


def stays_text(drawn: dict[str, Any]) -> bool:
    everything = [value for _, value in strings(drawn)]
    return not [text for text in everything if HIDDEN.search(text) or "62710561" in text]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", FOLDERS)
def test_typed_text_stays_text_and_within_the_limits(name, platform):
    for kind, text in TYPED.items():
        for drawn in drawn_cards(name, text, platform, FEW):
            assert (kind, faults_of(name, drawn), alive(drawn)) == (kind, [], [])
            assert stays_text(drawn), kind


@pytest.mark.long
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", FOLDERS)
def test_typed_text_stays_text_whatever_else_a_card_says(name, platform):
    """With all that a template can be about."""
    for kind, text in TYPED.items():
        for drawn in drawn_cards(name, text, platform):
            assert (kind, faults_of(name, drawn), alive(drawn)) == (kind, [], [])
            assert stays_text(drawn), kind


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", FOLDERS)
def test_marks_of_style_in_what_somebody_typed_style_nothing(name, platform):
    words = "*bold* **bold** _slanted_ ~gone~ `code`"

    for context in PLAIN[name]:
        card = Card(name, hostile(context, words, PACK_WORDS))
        line = warm_renderer().say(card, platform) if name in SAID else ""
        drawn = warm_renderer().render(card, platform) if name in DRAWN else {}
        read = "\n".join((line, *running(drawn)))
        outside_code = re.sub("`[^`\\n]*`", "", read.replace("`code`", "LEFT"))
        assert [mark for mark in (*words.split(), "LEFT") if mark in outside_code] == []


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_read_as_marks_on_teams_holds_nothing_that_was_typed_as_it_was(name):
    """Choices and buttons too: their words are read as running text is."""
    words = "_slanted_ *bold* [press](https://example.org) <at>x</at>"
    for drawn in drawn_cards(name, words, Platform.TEAMS):
        card = card_in(drawn)
        read = [
            one["title"] for part in parts_of(card, "Input.ChoiceSet") for one in part["choices"]
        ]
        read += [part["label"] for part in parts_of(card, "Input.Text", "Input.ChoiceSet")]
        assert [text for text in read if "*bold*" in text or "](" in text or "<" in text] == []


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", FOLDERS)
def test_nothing_typed_gets_into_what_the_platform_sends_back_or_keeps(name, platform):
    marked = "MARKED <words> that somebody typed"
    carried = {"value", "private_metadata", "block_id", "action_id", "callback_id", "url"}
    carried_back = {"data", "id", "verb"}

    for drawn in drawn_cards(name, marked, platform):
        boxes = [*parts_of(drawn, "Input.Text")]
        for box in boxes:
            box.pop("value", None)
        assert [pair for pair in strings(drawn) if pair[0] in carried and "MARKED" in pair[1]] == []
        for part in parts_of(drawn, "Action.Submit", "Action.Execute", "Input.ChoiceSet"):
            assert "MARKED" not in json.dumps([part.get(name) for name in carried_back])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_whoever_reads_gets_what_was_typed_and_no_lookalikes(platform):
    words = (
        "*bold* _slanted_ <at>x</at> {{DATE(2026-11-22T10:00:00Z)}} [press](https://example.org)"
    )
    context = {"ref": "SC-7F3K2", "texts": [{"id": "reason", "text": words}], "remarks": []}

    card = Card("read", {**context, "decision": None, "report": None})

    assert words in typed(warm_renderer().render(card, platform))
