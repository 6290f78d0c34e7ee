"""What people read can be read at age 11 to 12, and by whoever is tired, afraid or new to English.

The figure is the Flesch-Kincaid grade; `tests/reading.py` says how it is counted. A grade is an
American school year: 6 is age 11 to 12. It weighs the length of sentences and words alone, so the
other rules here stand beside it.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

from bot.chat import Card, Platform
from tests import reading
from tests.drawn import DRAWN, FOLDERS, SAID
from tests.fixtures_school import warm_renderer
from tests.real_words import FOR_THOSE_WHO_DECIDE, PACK, real_cards

HARDEST = 6.0
"""The grade of any page or message, and of all short ones of a kind together."""
ALL_TOGETHER = 2.5
"""The grade of everything: what it is, with a little room, so that it does not creep up."""
ENOUGH_TO_JUDGE = 30
"""Words. The formula was made for passages; of a line or two it says nothing."""
LONGEST_SENTENCE = 25
LONG_WORDS = frozenset(
    {"differently", "information", "organisation", "organisations", "professional"}
)
"""The words of more than three syllables, other than the field's own: these five have no short one."""
OFFICIALESE = re.compile(
    r"please note|in order to|with regards? to|regarding|in respect of|prior to|pursuant|hereby"
    r"|commence|utilis|facilitat|in the event|should you |as per |kindly|ensure|approximately"
    r"|is required|are required|must be completed|it is (?:recommended|advised|important)"
    r"|not permitted|at this time|in accordance|thereof|aforementioned|herein|shall\b|via\b|e\.g\.|i\.e\.",
    re.IGNORECASE,
)
AMERICAN = re.compile(
    r"\b(?!(?:size|prize|seize|horizon)\w*)\w+(?:iz(?:e|es|ed|er|ing|ation|ations)|yz(?:e|ed|ing))\b"
    r"|\b(?:color|favor|behavior|honor|labor|neighbor|center|counselor|fulfill|enroll|gotten|program"
    r"|gray|mom|canceled|labeled|traveled|judgment|offense|defense|licence plate|vacation)s?\b",
    re.IGNORECASE,
)
IN_FULL = {"DSL": "safeguarding lead (DSL)", "LADO": "council's officer", "UPN": "pupil number"}


def text_of(card: Card, platform: Platform) -> str:
    """All that is read on a card; what stands beside a box has no card of its own."""
    if card.template not in DRAWN:
        return warm_renderer().say(card, platform)
    return reading.running_text(warm_renderer().render(card, platform))


@cache
def texts_on(platform: Platform) -> dict[str, list[str]]:
    """Template name -> what is read on it, each different text once."""
    found: dict[str, dict[str, None]] = {}
    for card in real_cards():
        found.setdefault(card.template, {})[text_of(card, platform)] = None
    return {name: list(drawn) for name, drawn in found.items()}


@cache
def lines_on(platform: Platform) -> dict[str, list[str]]:
    """Template name -> the lines that its notifications show."""
    found: dict[str, list[str]] = {}
    for card in real_cards():
        if card.template in SAID:
            found.setdefault(card.template, []).append(warm_renderer().say(card, platform))
    return found


@pytest.fixture(params=tuple(Platform))
def texts(request) -> dict[str, list[str]]:
    return texts_on(request.param)


@pytest.fixture
def lines(texts) -> dict[str, list[str]]:
    """Of the same platform."""
    return next(lines_on(platform) for platform in Platform if texts is texts_on(platform))


# --------------------------------------------------------------------------------- the yardstick


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("The cat sat on the mat.", -1.45),
        (
            "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.",
            11.3,
        ),
    ],
)
def test_the_yardstick_gives_the_figures_of_known_sentences(text, grade):
    assert reading.measured(text).grade == pytest.approx(grade, abs=0.05)


@pytest.mark.parametrize(
    ("word", "number"),
    [("child", 1), ("family", 3), ("children's", 2), ("made-up", 2), ("organisations", 5)],
)
def test_syllables_are_those_of_the_dictionary_of_pronunciations(word, number):
    assert reading.syllables(word) == number


def test_the_fields_own_words_count_as_two_syllables_and_are_few():
    assert {reading.syllables(word) for word in reading.FIELD_WORDS} == {2}
    assert len(reading.FIELD_WORDS) <= 8


def test_a_word_that_is_in_no_dictionary_is_a_fault():
    with pytest.raises(LookupError, match="infomation"):
        reading.syllables("infomation")


def test_marks_pictures_people_and_numbers_are_not_read_as_words():
    text = ":warning: *Ring* <tel:999|999> or <@U0DSL00001>.\n• SC-7F3K2 at <!date^1^{time}|noon>?"

    assert [reading.words(one) for one in reading.sentences(text)] == [
        ["ring", "x", "or", "x"],
        ["x", "at", "x"],
    ]


def test_scraps_do_not_flatter_the_figure():
    long = "Somebody has to decide this one, since you asked for it yourself."

    assert reading.measured(f"Yes\nNo\n*Asked*\n{long}") == reading.measured(long)


# ------------------------------------------------------------------------------ what is measured


def test_every_template_is_measured(texts):
    assert sorted(texts) == FOLDERS


def test_the_words_of_the_rule_pack_are_all_among_what_is_measured(texts):
    read = {" ".join(text.replace("\n", " ").split()) for found in texts.values() for text in found}
    everything = "\n".join(read)
    questions = PACK.questions.values()
    expected = {
        *(q.text for q in questions),
        *(q.help for q in questions),
        *(option.label for q in questions for option in q.options),
        *(page.help for page in PACK.pages if page.id != PACK.pages[0].id),
        *(box.help for box in PACK.boxes.values()),
        *(line for line in PACK.conditions.values() if "{" not in line),
    }

    assert {words for words in expected if words not in everything} == set()


# ----------------------------------------------------------------------------------- how hard it is


@pytest.mark.parametrize("name", FOLDERS)
def test_every_page_and_message_can_be_read_at_eleven_or_twelve(texts, name):
    measured = [(reading.measured(text), text) for text in texts[name]]
    together = sum((one for one, _ in measured), reading.Reading(0, 0, 0))

    assert [
        text for one, text in measured if one.words >= ENOUGH_TO_JUDGE and one.grade > HARDEST
    ] == []
    assert together.grade <= HARDEST


def test_all_of_it_together_is_easier_than_that(texts):
    measured = [reading.measured(text) for found in texts.values() for text in found]

    assert sum(measured, reading.Reading(0, 0, 0)).grade <= ALL_TOGETHER


@pytest.mark.parametrize("name", FOLDERS)
def test_no_sentence_is_longer_than_one_breath(texts, lines, name):
    said = [one for text in (*texts[name], *lines.get(name, ())) for one in reading.sentences(text)]

    assert {one for one in said if len(reading.words(one)) > LONGEST_SENTENCE} == set()


@pytest.mark.parametrize("name", FOLDERS)
def test_words_are_short_where_there_is_a_short_one(texts, name):
    said = {
        word
        for text in texts[name]
        for one in reading.sentences(text)
        for word in reading.words(one)
    }

    assert {w for w in said if max(map(reading.syllables, w.split("-"))) > 3} <= LONG_WORDS


# -------------------------------------------------------------------------------- how it is written


@pytest.mark.parametrize("name", sorted(set(FOLDERS) - FOR_THOSE_WHO_DECIDE))
@pytest.mark.parametrize("short", IN_FULL)
def test_letters_that_stand_for_something_are_written_out_on_the_same_page(texts, name, short):
    meant = re.compile(rf"\b{short}\b")

    assert [t for t in texts[name] if meant.search(t) and IN_FULL[short] not in t] == []


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("unwanted", [OFFICIALESE, AMERICAN], ids=["officialese", "american"])
def test_it_is_written_in_plain_british_english(texts, lines, name, unwanted):
    everything = "\n".join((*texts[name], *lines.get(name, ())))

    assert unwanted.findall(everything) == []


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("Please note that", OFFICIALESE),
        ("Ensure that it is safe", OFFICIALESE),
        ("We recognize the behavior", AMERICAN),
        ("an organization", AMERICAN),
    ],
)
def test_unwanted_words_are_found(text, unwanted):
    assert unwanted.search(text)


def test_british_words_that_look_american_are_left_alone():
    assert AMERICAN.findall("size, prized, seizes, horizon, recognise, programme, centre") == []
