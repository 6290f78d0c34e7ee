"""The seal of a walk: unreadable, bound to the person, broken by any change, short enough."""

from __future__ import annotations

import base64
import random
import string
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import walk as walks
from bot.refusals import StalePage
from bot.walk import OUTCOME, Walk
from handlers.desk import WalkLock
from tests.example_cases import SHARE, WELFARE, england

KEY = WalkLock(b"k" * 32)
ME = "slack:T0SCHOOL01:U0TEACHER1"
PACK = england()
PAGES = tuple(page.id for page in PACK.pages)


def walked(answers: dict[str, str]) -> Walk:
    pages = tuple(page for page in PAGES if page != "people")
    return Walk("0f" * 16, "hill", PACK.digest, answers, (*pages, OUTCOME))


def longest(ticked: int) -> Walk:
    """As long as a walk can be: every question, page and mending, and so many people ticked."""
    drawn = random.Random(ticked)  # noqa: S311 - accounts made up, not secrets
    letters = string.ascii_uppercase + string.digits
    users = ("".join(drawn.choices(letters, k=10)) for _ in range(ticked))
    return Walk(
        id="f" * 32,
        school="s" * 40,
        pack=PACK.digest,
        answers={q.id: max((o.id for o in q.options), key=len) for q in PACK.questions.values()},
        trail=(*PAGES, OUTCOME, "rule6"),
        excluded=tuple(f"slack:T0SCHOOL01A:U{user}" for user in users),
        fixes=dict.fromkeys(("verified", "identity_risk", "content", "agreement"), "cannot"),
        asked=True,
        linked_to="f" * 32,
        mending="identity_risk",
    )


@pytest.mark.parametrize("ticked", [0, 10, 40, 100])
def test_the_longest_walk_fits_a_dialog_and_a_button_and_comes_back_whole(ticked: int):
    walk = longest(ticked)

    sealed = walks.seal(walk, ME, KEY)

    assert len(sealed) < 2000
    assert walks.unseal(sealed, ME, KEY) == walk


def gibberish(length: int) -> str:
    """Letters that do not get shorter when they are packed."""
    drawn = random.Random(length)  # noqa: S311 - made up, not a secret
    return "".join(drawn.choices(string.ascii_letters, k=length))


@pytest.mark.parametrize("ticked", [0, 40])
def test_what_was_written_fits_beside_the_longest_walk_or_the_longest_texts_go(ticked: int):
    texts = {"reason": gibberish(900), "recipient": "front door", "not_safe": gibberish(2900)}
    walk = replace(longest(ticked), written=texts)

    sealed, kept = walks.seal_to_fit(walk, ME, KEY)

    assert len(sealed) <= walks.DIALOG_HOLDS
    assert walks.unseal(sealed, ME, KEY) == kept
    assert kept == replace(walk, written=kept.written, lost=True)
    assert "not_safe" not in kept.written
    assert kept.written["recipient"] == "front door"


def test_what_fits_is_kept_whole_and_nothing_is_said_to_be_lost():
    walk = replace(longest(10), written={"reason": "Seen twice this week. " * 60})

    sealed, kept = walks.seal_to_fit(walk, ME, KEY)

    assert kept == walk == walks.unseal(sealed, ME, KEY)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["reason", "recipient", "filed_at", "not_safe", "against_reason"]),
        st.text(min_size=1, max_size=3000),
    ),
    st.integers(0, 100),
)
def test_whatever_was_written_a_dialog_holds_the_walk(texts: dict[str, str], ticked: int):
    walk = replace(longest(ticked), written=texts)

    sealed, kept = walks.seal_to_fit(walk, ME, KEY)

    assert len(sealed) <= walks.DIALOG_HOLDS
    assert walks.unseal(sealed, ME, KEY) == kept
    assert kept.lost == (kept.written != walk.written)
    assert kept.written.items() <= walk.written.items()


def test_a_message_keeps_the_answers_and_nothing_that_was_written():
    walk = replace(longest(3), written={"reason": "seen"}, lost=True)

    assert walks.without_written(walk) == longest(3)


def test_a_walk_that_was_sealed_compressed_though_short_is_still_read():
    walk = walked(SHARE)
    plain = KEY.open(ME, base64.urlsafe_b64decode(walks.seal(walk, ME, KEY)))
    sealed = KEY.seal(ME, zlib.compress(plain))

    assert plain.startswith(b"{")
    assert walks.unseal(base64.urlsafe_b64encode(sealed).decode(), ME, KEY) == walk


@pytest.mark.parametrize("ticked", [0, 100])
def test_a_changed_character_anywhere_breaks_the_seal(ticked: int):
    sealed = walks.seal(longest(ticked), ME, KEY)
    for place in range(len(sealed)):
        other = "0" if sealed[place] != "0" else "1"
        with pytest.raises(StalePage):
            walks.unseal(sealed[:place] + other + sealed[place + 1 :], ME, KEY)


def test_a_seal_is_bound_to_the_person_and_to_the_key():
    sealed = walks.seal(walked(SHARE), ME, KEY)

    for person, key in ((ME + "2", KEY), ("", KEY), (ME, WalkLock(b"x" * 32))):
        with pytest.raises(StalePage):
            walks.unseal(sealed, person, key)


def test_parts_of_two_walks_do_not_make_a_third():
    one, two = walks.seal(walked(SHARE), ME, KEY), walks.seal(walked(WELFARE), ME, KEY)

    with pytest.raises(StalePage):
        walks.unseal(one[:32] + two[32:], ME, KEY)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_that_we_did_not_seal_is_a_stale_page(text: str):
    with pytest.raises(StalePage):
        walks.unseal(text, ME, KEY)


def test_half_a_character_is_a_stale_page_too():
    for text in ("\ud83d" * 40, "0" * 32 + "\ud83d"):
        with pytest.raises(StalePage):
            walks.unseal(text, ME, KEY)


def test_a_sealed_walk_tells_the_platform_nothing():
    sealed = walks.seal(walked(SHARE), ME, KEY)

    assert not any(word in sealed for word in ("danger", "adult", "start", "hill", "0f0f"))
    assert sealed != walks.seal(walked(SHARE), ME, KEY)
