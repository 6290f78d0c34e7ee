"""Drawing cards: text stays text, fits, and is never empty."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, TemplateNotFound, UndefinedError

from bot.cards import Renderer, clean, fit
from bot.chat import Card, Platform
from tests.card_samples import HOSTILE
from tests.case_samples import NUMBERS, TEACHER, facts


def draw(source, **context):
    """What a small template of our own gives."""
    templates = {"one/slack.json.j2": '{"type":"modal","is":' + source + "}"}
    return Renderer(DictLoader(templates)).render(Card("one", context))["is"]


def units(text):
    return len(text.encode("utf-16-le")) // 2


def test_a_message_is_blocks_with_a_text_for_notifications():
    drawn = Renderer().render(Card("root", facts()))

    assert drawn.keys() == {"blocks", "text"}
    assert drawn["text"] == "SC-7F3K2: high. Open the thread to read it."


def test_a_view_has_no_text():
    drawn = Renderer().render(Card("refused_view", {"code": "Guest"}), "slack")

    assert drawn["type"] == "modal"
    assert "text" not in drawn


def test_a_card_without_a_template_is_refused_by_name():
    with pytest.raises(TemplateNotFound, match="no_such_card"):
        Renderer().render(Card("no_such_card"))


def test_a_context_that_lacks_something_is_refused_rather_than_drawn_with_a_gap():
    context = facts()
    del context["case"]["ref"]

    with pytest.raises(UndefinedError, match="ref"):
        Renderer().render(Card("root", context))


def test_a_platform_that_is_not_drawn_yet_is_refused():
    with pytest.raises(KeyError):
        Renderer().render(Card("root", facts()), Platform.TEAMS)


def test_every_template_compiles_when_warmed():
    Renderer().warm()


@given(st.text())
def test_any_text_comes_out_of_tojson_as_the_same_text_but_for_what_is_cleaned_away(text):
    assert draw("{{ x | tojson }}", x=text) == clean(text)


@given(st.text())
def test_clean_text_can_be_sent_as_utf_8(text):
    assert clean(text).encode() is not None


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\x1b", "\x85", "\ud83d", "\u200f"]
)
def test_signs_that_turn_or_hide_text_are_taken_out(sign):
    assert sign not in clean(f"a{sign}b")


def test_line_breaks_of_every_kind_become_one_kind():
    assert clean("a\r\nb\rc\u2028d\u2029e\x85f\vg") == "a\nb\nc\nd\ne\nf\ng"


def test_joined_emoji_and_right_to_left_scripts_stay_whole():
    assert clean("👩‍👩‍👧 שלום می‌خواهم") == "👩‍👩‍👧 שלום می‌خواهم"


@given(st.text(), st.integers(2, 40))
def test_fitted_text_is_never_empty_and_never_too_long(text, most):
    fitted = fit(text, most)

    assert fitted.strip()
    assert 1 <= units(fitted) <= most


@given(st.text(alphabet="ab ", min_size=1, max_size=30).filter(str.strip))
def test_text_that_fits_is_left_alone(text):
    assert fit(text, 30) == text


def test_text_that_is_cut_ends_with_an_ellipsis_and_counts_emoji_as_slack_does():
    assert fit("a" * 80, 75) == "a" * 74 + "…"
    assert fit("😀" * 80, 75) == "😀" * 37 + "…"


def test_a_cut_does_not_leave_half_an_entity():
    assert fit("x" * 7 + "&amp; more", 10) == "x" * 7 + "…"


@pytest.mark.parametrize("blank", ["", " ", "\n", "\u202e", "\u200b \u2069"])
def test_text_that_looks_empty_becomes_a_dash(blank):
    assert fit(blank, 10) == "-"


def test_no_markup_in_a_name_comes_alive_in_a_sentence():
    said = draw("{{ x | inline | tojson }}", x=HOSTILE)

    assert not set("<>*_~`\n") & set(said)
    assert "&lt;!channel&gt;" in said


def test_the_marks_of_the_rule_pack_become_slacks_and_nothing_else_does():
    words = "**Ring 999 now.** If someone phoned _you_ <!here> & <@U1>"

    said = draw("{{ x | words | styled | tojson }}", x=words)

    assert said == "*Ring 999 now.* If someone phoned _you_ &lt;!here&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        (TEACHER, "<@U0TEACHER1>"),
        ({"id": "x", "post": "chair of governors", "user": None}, "chair of governors"),
        ({"id": "x", "post": None, "user": None}, "a colleague"),
        ({"id": "x", "post": "DSL", "user": "U1> <!channel"}, "DSL"),
        ({"id": "x", "post": "<!channel>", "user": None}, "&lt;!channel&gt;"),
        (None, "somebody"),
    ],
)
def test_people_are_mentioned_by_account_or_else_named_by_post(person, shown):
    assert draw("{{ x | mention | tojson }}", x=person) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0300 555 0100", "<tel:03005550100|0300 555 0100>"),
        ("+44 (0)300 555", "<tel:+440300555|+44 (0)300 555>"),
        ("999", "<tel:999|999>"),
        ("ask the office", "ask the office"),
        ("12", "12"),
        ("0300 <!channel>", "0300 &lt;!channel&gt;"),
        ("0300|555", "0300/555"),
    ],
)
def test_telephone_numbers_can_be_tapped_and_nothing_else_can(number, shown):
    assert draw("{{ x | phone | tojson }}", x=number) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("lado@council.example", "<mailto:lado@council.example|lado@council.example>"),
        ("a@b.example|<!here>", "a@b.example|&lt;!here&gt;"),
        ("*nobody*", "\u2217nobody\u2217"),
    ],
)
def test_addresses_can_be_tapped_and_nothing_else_can(address, shown):
    assert draw("{{ x | email | tojson }}", x=address) == shown


def test_times_are_shown_in_the_readers_own_zone_with_utc_to_fall_back_on():
    shown = draw("{{ x | when | tojson }}", x=1_795_000_000)

    assert shown == "<!date^1795000000^{date_short_pretty} at {time}|18 Nov 2026, 11:06 UTC>"


def test_a_key_of_the_context_wins_over_a_method_of_the_same_name():
    assert draw("{{ x.values | tojson }}", x={"values": "kept"}) == "kept"


def test_the_sealed_walk_comes_through_unchanged():
    sealed = json.dumps({"a": {"danger": "no"}, "t": ["start"], "x": ["é", "<&>"]})
    context = {"walk": sealed, "numbers": NUMBERS}

    button = Renderer().render(Card("unsent", context))["blocks"][1]["elements"][0]

    assert button["value"] == sealed


def test_numbers_that_hold_one_another_or_are_the_same_are_each_made_a_link_once():
    numbers = {"a": "0300 555", "b": "0300 555 01", "c": "0300 555"}

    said = draw("{{ x | tappable(n) | tojson }}", x="0300 555 01 or 0300 555", n=numbers)

    assert said == "<tel:030055501|0300 555 01> or <tel:0300555|0300 555>"
