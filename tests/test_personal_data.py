"""Patterns of personal data in running text: each kind found, what only looks like one let by."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.personal_data import Kind, find_personal_data

# NHS number and UPN are made up with right check digits; numbers to ring are kept for stories.
FOUND = {
    Kind.EMAIL: [
        "class.teacher@school.example", "a@b.co.uk", "O'Someone+x@sub-domain.school.example",
        "mailto:office@school.example.", "ÉCOLE.office@école.example",
    ],
    Kind.PHONE: [
        "01632 960 001", "01632960001", "(01632) 960 001", "01632-960-001", "07700 900123",
        "07700900123", "+44 7700 900123", "+447911123456", "0044 7911 123456", "020 7946 0958",
        "+1 212 555 2368", "tel:02079460958", "0808 157 0192",
    ],
    Kind.DATE_OF_BIRTH: [
        "03/04/2015", "3.4.15", "3-4-2015", "03 04 2015", "3 / 4 / 2015", "3\u20134\u20132015",
        "2015-04-03", "31.12.1999",
        "2015/4/3", "03042015", "3 April 2015", "3rd April 2015", "3rd of April 2015", "3 Apr 15",
        "3APR2015", "April 3, 2015", "April 3rd 2015", "3 April '15",
        "3 April \u201915",
    ],
    Kind.POSTCODE: ["SW1A 1AA", "sw1a1aa", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "GIR 0AA",
                    "EC1A  1BB", "W1A 0AX"],
    Kind.UPN: ["H801200001001", "m933230100042", "U80120000100A"],
    Kind.NHS: ["943 476 5919", "9434765919", "943-476-5919"],
    Kind.NI: ["AB123456C", "AB 12 34 56 C", "ab 12 34 56 c", "AB-12-34-56-C"],
}  # fmt: skip
NOT_FOUND = [
    "SC-7F3K2", "Same as SC-M25BP and SC-B22BB", "about SC-9Q2M4, see SC-B33TH",
    "twice this week", "Three times since Monday", "on 3 November", "in March", "in 2015",
    "the 3rd of April", "since April 2026", "24/7", "1/2 day", "3/4 of the class", "1.2.3",
    "Year 4", "Year 10 and 11", "class 4B", "4S and 5M", "Y6 1st half-term", "P5 4th lesson",
    "S4 1st lesson", "Room B12", "KS2", "KS3 4C", "years 10 11 12", "groups 1 2 11", "Willow class",
    "at 9.15", "9.15 to 10.30", "9.10 - 11.30", "09:00-10:30", "at 9.30, 10.15, 11.00 and 12.45",
    "09.30 10.15 11.00", "half past 3", "15:30 on Friday", "from 8am to 3pm", "M4 3pm",
    "2 separate 15 minute calls", "2 marks 10 cm apart", "1 novel 30 pages", "4 second 20 pence",
    "2 decided 10 stayed", "12 pupils, 30 minutes, 4 days", "aged 7 8 9 10 11 12 13 14", "£12.50",
    "999", "101", "ring 111 or 999", "0", "page 1 of 12", "Section 47", "s.17", "Article 6(1)(e)",
    "943 476 5918", "1234567890", "A123456789013", "B123456789012", "X123456789012",
    "BG123456C", "QQ123456C", "AB123456E", "AB12345C",
    "@dsl", "email the DSL", "3 @2.50 each", "me@home", "see CPOMS", "", " ", "\n",
    "Council front door, duty social worker", "bruises seen twice, told me at lunch",
]  # fmt: skip
AROUND = ["{}", "It was {} I think", "seen ({}) there", "first line\n{}\nlast line", "“{}”, {}."]


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, texts in FOUND.items() for t in texts])
@pytest.mark.parametrize("around", AROUND)
def test_it_is_found_in_running_text(kind: Kind, text: str, around: str):
    assert find_personal_data(around.replace("{}", text)) is kind


@pytest.mark.parametrize("text", NOT_FOUND)
@pytest.mark.parametrize("around", AROUND)
def test_what_only_looks_like_it_is_let_by(text: str, around: str):
    assert find_personal_data(around.replace("{}", text)) is None


def test_every_kind_has_examples():
    assert set(FOUND) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_it_is_found_behind_a_long_text(kind: Kind):
    for length in (900, 990, 995, 1000, 1005, 2990):
        text = "word " * (length // 5) + FOUND[kind][0]
        assert find_personal_data(text) is kind


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str):
    assert find_personal_data(text) in {*Kind, None}


@settings(deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from("0123456789\u0663\u096a\u0966\u0e57 -./()+@ABab\u00a0\u2013"),
        max_size=80,
    )
)
def test_digits_of_any_script_have_one_too(text: str):
    assert find_personal_data(text) in {*Kind, None}


def hostile(length: int) -> Iterator[str]:
    for part in (
        "1", "0", "+", "a", "(1", "1 ", "1-", "1.", "1/", "a@", "a.", "07911 ", "(07 ", "07-",
        "1 may ", "1.1.", "+44 ", "07911 12345 ", "AB 12 34 56 ", "SW1A ", "A1", "943 476 ",
        "x@y-", "\u0663",
    ):  # fmt: skip
        yield (part * length)[:length]
    yield "a@a" + ".1" * (length // 2)
    yield "1" + " " * length + "1"


def test_a_hostile_text_of_any_length_does_not_hang():
    """Not a figure of speed: a pattern that looks again and again takes minutes for this."""
    before = time.process_time()
    for text in hostile(30_000):
        find_personal_data(text)
    assert time.process_time() - before < 30
