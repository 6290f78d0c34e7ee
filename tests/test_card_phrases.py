"""What the cards say to whoever sees them for the first time: true at that moment, and said once."""

from __future__ import annotations

import re

import pytest

from bot.chat import Card, Platform
from tests.card_samples import samples
from tests.case_samples import (
    CASE_ID,
    CONTACT,
    NUMBERS,
    danger_facts,
    decision,
    facts,
    refusal,
)
from tests.drawn import (
    On,
    actions_of,
    boxes_of,
    offered,
    said,
    title_of,
    typed,
)
from tests.fixtures_school import warm_renderer

SAMPLES = samples()


@pytest.fixture(params=tuple(Platform))
def renderer(request):
    """For both platforms, one after the other."""
    return On(warm_renderer(), request.param)


@pytest.mark.parametrize("outcome", ["share", "do_not_share"])
def test_what_they_will_do_is_said_in_the_words_of_the_advice(renderer, outcome):
    (context,) = [c for c in SAMPLES["outcome"] if c["course"]][:1]

    drawn = renderer.render(Card("outcome", {**context, "outcome": outcome}))

    labels = {
        value: words for value, words in offered(drawn).items() if value in {"followed", "against"}
    }
    assert (
        labels
        == {
            "share": {
                "followed": "Yes, I will share it as it says here",
                "against": "No, I will not share it",
            },
            "do_not_share": {
                "followed": "I will not share it",
                "against": "I will share it anyway",
            },
        }[outcome]
    )


def test_the_page_saved_against_the_advice_has_a_title_of_its_own(renderer):
    (context,) = [c for c in SAMPLES["done"] if c["course"] == "against"][:1]

    assert title_of(renderer.render(Card("done", context))) == "Your choice"


@pytest.mark.parametrize(
    ("status", "case", "label"),
    [
        ("waiting", {}, "Would go to"),
        ("decided", {}, "Goes to"),
        ("closed", {"shared": True}, "Went to"),
        ("closed", {"shared": False}, "Would go to"),
    ],
)
def test_the_card_says_whether_it_may_go_goes_or_went(renderer, status, case, label):
    told = said(renderer.render(Card("root", facts(status, **case))))

    end = {Platform.SLACK: "*", Platform.TEAMS: ":*"}[renderer.platform]
    assert f"*{label}{end}" in told
    assert f"*Asked{end}" in told


@pytest.mark.parametrize("status", ["waiting", "reason_due", "outside"])
def test_an_open_case_that_cannot_be_sent_in_chat_shows_whom_to_ring(renderer, status):
    context = {**facts(status), "contact": {**CONTACT, "phone": "0300 555 0999"}}

    assert "0300 555 0999" in str(renderer.render(Card("requester_copy", context)))


def test_who_is_to_be_rung_stays_there_where_the_dsl_has_to_look_at_a_refusal(renderer):
    contact = {**CONTACT, "phone": "0300 555 0999"}
    shown = [
        "0300 555 0999"
        in str(renderer.render(Card("requester_copy", {**facts("decided", review=review),
                                                       "contact": contact})))
        for review in (True, False)
    ]  # fmt: skip

    assert shown == [True, False]


def test_the_number_of_the_lado_stands_there_once(renderer):
    text = f"Ring the council's officer for worries about staff (the LADO): {NUMBERS['lado']}."
    told = {"title": "Ring the LADO", "text": text, "after": "", "because": "", "conditions": []}
    context = {**facts("outside", restricted=True, route_post="LADO"), "advice": told}
    done = next(c for c in SAMPLES["done"] if c["outside"])

    for drawn in (
        renderer.render(Card("requester_copy", context)),
        renderer.render(Card("done", {**done, **told})),
    ):
        told = said(drawn)
        assert told.count("0300 555 0102") == 1
        assert "You can also ring" not in told


def test_a_note_that_goes_to_nobody_is_saved_and_not_sent(renderer):
    (context,) = [c for c in SAMPLES["outcome"] if c["submit"] == "send"][:1]

    drawn = str(renderer.render(Card("outcome", {**context, "outside": True})))

    assert "'Save my note'" in drawn
    assert "'Send'" not in drawn


def test_the_list_of_my_checks_offers_the_reason_that_is_still_to_come(renderer):
    drawn = renderer.render(
        Card("mine", {"cases": [danger_facts()], "more": False, "lost": 0, "page": 0})
    )

    assert "case.reason" in actions_of(drawn)


@pytest.mark.parametrize("name", ["help", "mine"])
def test_words_read_in_any_channel_say_where_the_answer_comes(renderer, name):
    context = {
        "cases": [facts()],
        "more": False,
        "lost": 0,
        "page": 0,
        "numbers": NUMBERS,
        "posts": [],
    }

    drawn = str(renderer.render(Card(name, context)))

    (told, *_) = re.findall(r"[^.]*answer [^.]*\.", drawn)
    where = {
        Platform.SLACK: "your messages from Sharecheck",
        Platform.TEAMS: "your chat with Sharecheck",
    }
    assert told.endswith(f" in {where[renderer.platform]}.")


@pytest.mark.parametrize("code", ["AlreadyDecided", "NotWaiting"])
def test_a_requester_is_not_sent_to_buttons_that_they_have_not_got(renderer, code):
    said = renderer.say(Card("refused", {**refusal(code), "status": "decided", "mine": True}))

    assert "Change the decision" not in said
    assert "There is nothing more for you to do." in said


def test_a_reason_that_is_the_decision_too_is_read_once(renderer):
    (context,) = [c for c in SAMPLES["read"] if c["texts"] and c["report"]][:1]
    own = decision("share", own=True, limits="", reason=context["texts"][0]["text"])

    drawn = renderer.render(Card("read", {**context, "decision": own}))

    assert typed(drawn).count(context["texts"][0]["text"]) == 1


def test_the_limits_of_a_changed_decision_have_a_box_of_their_own(renderer):
    drawn = renderer.render(Card("amend", {"case": CASE_ID, "ref": "SC-7F3K2"}))

    assert boxes_of(drawn) == ["f.outcome", "f.limits", "f.reason"]
