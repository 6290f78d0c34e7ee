"""Whatever somebody types comes out of every template as text: alive nowhere, and never too long."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.cards import Renderer
from bot.chat import Card
from playground.slack_limits import faults
from tests.card_samples import CODE, hostile, is_text, normal_samples, strings
from tests.drawn import text_objects

TEMPLATES = Path(__file__).parent.parent / "templates"
FOLDERS = sorted(p.name for p in TEMPLATES.iterdir() if p.is_dir() and "__" not in p.name)
PLAIN = normal_samples()
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
    "json": '"}],"blocks":[{"type":"divider"}],\\ \\" \\u003c!channel\\u003e',
    "blanks": " \t\n\u200b \u2069",
}
# What Slack brings to life in running text; our own moments, people, numbers and addresses are so.
ALIVE = re.compile(r"<(?!@U[A-Z0-9]+>|!date\^\d+\^|tel:\+?\d+\||mailto:[\w.+-]+@[\w.-]+\|)[^>]*")
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
# Of the rule pack, whose **bold** and _slanted_ words are meant; all else is typed by somebody.
PACK_WORDS = frozenset(
    {"after", "because", "conditions", "help", "label", "line", "recipient_type", "text", "title"}
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def surface(drawn: dict[str, Any]) -> str:
    return {"modal": "view", "home": "home"}.get(drawn.get("type", ""), "message")


def drawn_cards(renderer: Renderer, name: str, text: str) -> list[dict[str, Any]]:
    """The template with every text in each of its contexts replaced."""
    cards = [Card(name, hostile(context, text)) for context in PLAIN[name]]
    if not (TEMPLATES / name / "slack.json.j2").exists():
        return [{"blocks": [], "text": renderer.say(card)} for card in cards]
    return [renderer.render(card) for card in cards]


def test_every_template_is_tried():
    assert sorted(PLAIN) == FOLDERS


@pytest.mark.parametrize("name", FOLDERS)
def test_what_is_left_alone_because_it_is_a_code_looks_like_one(name):
    found = [pair for context in PLAIN[name] for pair in strings(context) if not is_text(*pair)]

    assert [pair for pair in found if not CODE.fullmatch(pair[1])] == []


@pytest.mark.parametrize("kind", TYPED)
@pytest.mark.parametrize("name", FOLDERS)
def test_typed_text_stays_text_and_within_the_limits(renderer, name, kind):
    for drawn in drawn_cards(renderer, name, TYPED[kind]):
        if drawn["blocks"]:
            assert faults(surface(drawn), drawn) == []
        running = [
            t for t in (*text_objects(drawn, "mrkdwn"), drawn.get("text")) if isinstance(t, str)
        ]
        assert [found for text in running for found in ALIVE.findall(text)] == []
        everything = [value for _, value in strings(drawn)]
        assert [text for text in everything if HIDDEN.search(text) or "62710561" in text] == []


@pytest.mark.parametrize("name", FOLDERS)
def test_marks_of_style_in_what_somebody_typed_style_nothing(renderer, name):
    typed = "*bold* _slanted_ ~gone~ `code`"

    for context in PLAIN[name]:
        card = Card(name, hostile(context, typed, PACK_WORDS))
        said = renderer.say(card) if (TEMPLATES / name / "text.j2").exists() else ""
        drawn = renderer.render(card) if (TEMPLATES / name / "slack.json.j2").exists() else {}
        running = "\n".join((said, *text_objects(drawn, "mrkdwn")))
        outside_code = re.sub("`[^`\\n]*`", "", running.replace("`code`", "LEFT"))
        assert [mark for mark in (*typed.split(), "LEFT") if mark in outside_code] == []


@pytest.mark.parametrize("name", FOLDERS)
def test_nothing_typed_gets_into_what_slack_sends_back_or_keeps(renderer, name):
    marked = "MARKED <words> that somebody typed"
    carried = {"value", "private_metadata", "block_id", "action_id", "callback_id", "url"}

    for drawn in drawn_cards(renderer, name, marked):
        assert [pair for pair in strings(drawn) if pair[0] in carried and "MARKED" in pair[1]] == []
