"""Looking into drawn cards, of any platform: their texts, buttons, boxes and ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cards import Renderer
from bot.chat import Card, Platform

TEMPLATES = Path(__file__).parent.parent / "templates"
FOLDERS = sorted(p.name for p in TEMPLATES.iterdir() if p.is_dir() and "__" not in p.name)
DRAWN = [name for name in FOLDERS if [*(TEMPLATES / name).glob("*.json.j2")]]
"""Cards: all but what is only ever said beside a box."""
SAID = [name for name in FOLDERS if (TEMPLATES / name / "text.j2").exists()]


@dataclass(frozen=True)
class On:
    """The renderer for one platform."""

    renderer: Renderer
    platform: Platform

    def render(self, card: Card) -> dict[str, Any]:
        return self.renderer.render(card, self.platform)

    def say(self, card: Card) -> str:
        return self.renderer.say(card, self.platform)


def values_of(drawn, key) -> Iterator[str]:
    """Every value of a key, wherever it stands in a drawn card."""
    if isinstance(drawn, dict):
        for name, value in drawn.items():
            if name == key and isinstance(value, str):
                yield value
            yield from values_of(value, key)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from values_of(item, key)


def parts_of(drawn, *kinds) -> Iterator[dict[str, Any]]:
    """Every object of a type, wherever it stands."""
    if isinstance(drawn, dict):
        if drawn.get("type") in kinds:
            yield drawn
        for value in drawn.values():
            yield from parts_of(value, *kinds)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from parts_of(item, *kinds)


def text_objects(drawn, kind):
    for part in parts_of(drawn, kind):
        yield part["text"]


def running(drawn) -> list[str]:
    """The texts in which marks, links and people come alive."""
    return [*text_objects(drawn, "mrkdwn"), *text_objects(drawn, "TextBlock")]


def typed(drawn) -> list[str]:
    """The texts in which nothing does; runs of one text are put together again."""
    runs = parts_of(drawn, "RichTextBlock")
    whole = ["".join(run["text"] for run in block["inlines"]) for block in runs]
    return [*text_objects(drawn, "plain_text"), *whole]


def said(drawn) -> str:
    """All its running words, with one sign for bold on both platforms."""
    return "\n".join(running(drawn)).replace("**", "*")


def buttons(drawn) -> list[dict[str, Any]]:
    return [*parts_of(drawn, "button", "Action.Submit", "Action.Execute")]


def name_of(button) -> str:
    """What the edge knows a button by."""
    return button.get("action_id") or button.get("verb") or button.get("data", {}).get("do") or ""


def value_of(button) -> str:
    return button.get("value") or button.get("data", {}).get("value") or ""


def actions_of(drawn) -> set[str]:
    """The names of the buttons, and of the boxes that send what was typed at once.

    On Teams that of a page itself is one of them: see `handed_in`.
    """
    blocks = drawn.get("blocks", [])
    boxes = (block["element"] for block in blocks if block.get("dispatch_action"))
    return {name_of(one) for one in (*buttons(drawn), *boxes)} - {handed_in(drawn)}


def handed_in(drawn) -> str | None:
    """What a page is handed in as, if it can be."""
    if "submit" in drawn:
        return drawn["callback_id"]
    own = [b for b in buttons(drawn.get("card")) if "value" not in b["data"]]
    return name_of(own[0]) if own else None


def boxes_of(drawn) -> list[str]:
    """The ids of its boxes and choices, in the order in which they stand."""
    kinds = ("input", "Input.Text", "Input.ChoiceSet")
    return [one.get("block_id") or one["id"] for one in parts_of(drawn, *kinds)]


def offered(drawn) -> dict[str, str]:
    """Every choice on a card: its value and its words."""
    slack = {
        one["value"]: one["text"]["text"]
        for part in parts_of(drawn, "input")
        for one in part["element"].get("options", ())
    }
    sets = parts_of(drawn, "Input.ChoiceSet")
    return slack | {one["value"]: one["title"] for part in sets for one in part["choices"]}


def chosen(drawn) -> list[str]:
    """What is chosen beforehand."""
    slack = [
        element["initial_option"]["value"]
        for part in parts_of(drawn, "input")
        if "initial_option" in (element := part["element"])
    ]
    return slack + [part["value"] for part in parts_of(drawn, "Input.ChoiceSet") if "value" in part]


def title_of(drawn) -> str:
    title = drawn["title"]
    return title if isinstance(title, str) else title["text"]


def card_in(drawn) -> dict[str, Any]:
    """The Adaptive Card of a page or message on Teams."""
    return drawn["card"] if "card" in drawn else drawn["attachments"][0]["content"]


def draw_all(renderer, name, contexts, platform=Platform.SLACK):
    """A template drawn with each of the contexts."""
    for context in contexts:
        yield renderer.render(Card(name, context), platform)


# What comes alive in running text, and may: our own moments, people, numbers and addresses.
_ALIVE_ON_SLACK = re.compile(
    r"<(?!@U[A-Z0-9]+>|!date\^\d+\^|tel:\+?\d+\||mailto:[\w.+-]+@[\w.-]+\|)[^>]*"
)
_ALIVE_ON_TEAMS = re.compile(
    r"[<>`\\]|\]\((?!tel:\+?\d+\)|mailto:[\w.+-]+@[\w.-]+\))|\[(?![^\[\]]*\]\((?:tel|mailto):)"
    r"|\{\{(?!(?:DATE\([\dTZ:-]+,SHORT|TIME\([\dTZ:-]+)\)\}\})[^}]*|&#?\w+;|^\s*(?:[-+#]|\d+[.)])\s"
)
_FUNCTION = re.compile(r"\{\{(?:DATE|TIME)\(.*")


def alive(drawn) -> list[str]:
    """What comes alive in a card and ought not to."""
    slack = [*text_objects(drawn, "mrkdwn"), drawn.get("text", "")] if "blocks" in drawn else []
    found = [one for text in slack for one in _ALIVE_ON_SLACK.findall(text)]
    if "blocks" in drawn:
        return found
    card = card_in(drawn)
    read = [
        *text_objects(card, "TextBlock"),
        *(part.get("title", "") for part in parts_of(card, *_PRESSED)),
        *(part.get("label", "") for part in parts_of(card, "Input.Text", "Input.ChoiceSet")),
        *(c["title"] for part in parts_of(card, "Input.ChoiceSet") for c in part["choices"]),
    ]
    runs = [one for text in text_objects(card, "TextRun") for one in _FUNCTION.findall(text)]
    return [one for text in read for one in _ALIVE_ON_TEAMS.findall(text)] + runs


_PRESSED = ("Action.Submit", "Action.Execute", "Action.ShowCard")
