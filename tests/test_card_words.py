"""What the cards say and offer: the right words and buttons for each person and moment."""

from __future__ import annotations

import pytest

from bot import refusals
from bot.case import EventKind
from bot.chat import Card, Platform
from bot.permission import Action
from bot.personal_data import Kind
from handlers.burial import UNTOLD
from playground import card_limits
from playground.slack_limits import faults
from tests.card_samples import samples
from tests.case_samples import CASE_ID, EVENTS, KINDS, REFUSALS, facts, refusal
from tests.drawn import (
    On,
    actions_of,
    boxes_of,
    buttons,
    chosen,
    handed_in,
    name_of,
    offered,
    parts_of,
    running,
    said,
    typed,
)
from tests.fixtures_school import warm_renderer

SAMPLES = samples()


@pytest.fixture(params=tuple(Platform))
def renderer(request):
    """For both platforms, one after the other."""
    return On(warm_renderer(), request.param)


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("reason_due", {"read", "comment"}),
        ("waiting", {"read", "ask", "hand_over", "reroute", "decide.share"}
            | {"decide.share_limited", "decide.do_not_share"}),
        ("asked", {"read", "decide.share", "decide.share_limited", "decide.do_not_share"}),
        ("outside", {"read", "outside"}),
        ("decided", {"read", "amend", "report"}),
        ("closed", {"read", "amend", "reply", "filed", "hold.keep"}),
        ("withdrawn", {"read", "filed", "hold.keep"}),
        ("disposed", set()),
    ],
)  # fmt: skip
def test_the_thread_offers_what_the_status_allows(renderer, status, offered):
    drawn = renderer.render(Card("thread", facts(status)))

    assert actions_of(drawn) == {f"case.{action}" for action in offered}


def test_a_case_that_was_sent_on_offers_nothing_where_it_was(renderer):
    drawn = renderer.render(Card("thread", facts("waiting", moved=True)))

    assert actions_of(drawn) == set()


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("reason_due", "case.reason"),
        ("waiting", "case.withdraw"),
        ("asked", "case.answer"),
        ("outside", "case.outside"),
        ("decided", "case.report"),
        ("closed", "case.reply"),
    ],
)
def test_the_person_who_asked_is_offered_the_next_step(renderer, status, offered):
    drawn = renderer.render(Card("requester_copy", facts(status)))

    assert offered in actions_of(drawn)


def test_every_action_on_a_case_has_a_button_somewhere(renderer):
    names = ("thread", "requester_copy")
    drawn = [renderer.render(Card(name, c)) for name in names for c in SAMPLES[name]]
    offered = set().union(*map(actions_of, drawn))
    offered = {name.removesuffix(".keep") for name in offered}

    assert {f"case.{a.value}" for a in Action} - {"case.decide"} <= offered


def test_marking_as_filed_asks_first_since_it_cannot_be_undone(renderer):
    drawn = renderer.render(Card("thread", facts("closed")))

    (filed,) = [b for b in buttons(drawn) if name_of(b) == "case.filed"]
    asked = filed.get("confirm") or [*parts_of(drawn, "Action.ShowCard")]
    assert "cannot be undone" in str(asked)


def test_a_case_is_not_marked_as_filed_twice(renderer):
    drawn = renderer.render(Card("thread", facts("closed", filed=True)))

    assert "case.filed" not in actions_of(drawn)


def test_block_ids_of_a_page_carry_the_page(renderer):
    for context in SAMPLES["page"]:
        asked = boxes_of(renderer.render(Card("page", context)))

        page = context["page"]["id"]
        assert asked == [f"q.{page}.{q['id']}" for q in context["questions"]]


def test_nothing_is_chosen_beforehand_but_what_the_person_chose(renderer):
    first, later = SAMPLES["page"][:2]

    assert chosen(renderer.render(Card("page", first))) == ["option2"]
    assert chosen(renderer.render(Card("page", later))) == []


def test_the_first_page_says_whom_to_ring_and_later_ones_say_where_one_is(renderer):
    first, later = (renderer.render(Card("page", c)) for c in SAMPLES["page"][:2])

    assert "Ring 999" in running(first)[0]
    assert "*Rule 6 of 7*" in said(later)


@pytest.mark.parametrize("number", [0, 1, 9, 10, 99, 250])
def test_everyone_can_be_ticked_and_nobody_can_be_too(renderer, number):
    (context,) = [c for c in SAMPLES["people"] if len(c["people"]) == number][:1]

    drawn = renderer.render(Card("people", context))

    assert sorted(offered(drawn)) == sorted(["nobody", *(p["id"] for p in context["people"])])
    assert not any(part.get("optional") for part in [*parts_of(drawn, "input")][:1])
    assert "(optional)" not in str(drawn)


@pytest.mark.parametrize("status", ["waiting", "asked", "outside"])
@pytest.mark.parametrize("name", ["requester_copy", "requester_turn"])
def test_whoever_waits_is_told_not_to_wait_if_the_risk_grows(renderer, name, status):
    told = said(renderer.render(Card(name, facts(status, "asked"))))

    assert "If the risk grows, do not wait" in told
    assert "0300 555 0100" in told


def test_a_share_that_somebody_checks_first_does_not_say_that_it_may_be_shared(renderer):
    context = facts("waiting", outcome="share")
    context["advice"] = {**context["advice"], "title": "You can share this", "text": "Yes, do."}

    drawn = renderer.render(Card("requester_copy", context))

    assert "Do not share it yet" in str(drawn)
    assert "Yes, do." not in str(drawn)
    assert "You can share this" not in str(drawn)


def test_every_event_of_a_case_has_its_own_sentence_in_the_thread(renderer):
    told = {*EventKind, UNTOLD} - {"recorded", "read", "refused"}
    said = {e: renderer.say(Card("thread_note", facts("decided", e))) for e in told}

    assert set(EVENTS) >= told
    assert len(set(said.values())) == len(said)


def test_no_further_action_brings_the_words_to_challenge_it(renderer):
    context = {**facts("closed", "replied"), "said": {"no_action": "yes"}}

    for name in ("thread_note", "requester_turn"):
        assert "You do not have to accept it" in str(renderer.render(Card(name, context)))


def test_the_card_goes_on_saying_that_nothing_more_will_be_done(renderer):
    said = {
        (event, no_action): "No further action" in str(renderer.render(Card("root", context)))
        for event in ("replied", "filed")
        for no_action in (True, False)
        for context in [facts("closed", event, no_action=no_action)]
    }

    assert {pair for pair, shown in said.items() if shown} == {("replied", True), ("filed", True)}
    moved = renderer.render(Card("root", facts("closed", no_action=True, moved=True)))
    assert "No further action" not in str(moved)


def test_whoever_reads_the_record_sees_what_they_will_do(renderer):
    report = {"done": "yes", "account": "Rang them.", "no_action": "yes", "reply": "No."}
    (context,) = [c for c in SAMPLES["read"] if c["report"] and c["texts"]][:1]

    drawn = renderer.render(Card("read", {**context, "report": report}))

    assert "Nothing more: no further action" in typed(drawn)


@pytest.mark.parametrize(
    ("post", "said"),
    [
        ("Headteacher", "speak to the headteacher."),
        ("Chair of governors", "speak to the chair of governors."),
        ("DPO", "speak to the DPO."),
        ("The office", "speak to the office."),
        ("LADO", "speak to the council's officer for worries about staff (the LADO)."),
    ],
)
def test_a_post_stands_in_a_sentence_as_a_reader_would_write_it(renderer, post, said):
    assert said in renderer.say(Card("unreached", facts("waiting", route_post=post)))


def test_every_refusal_has_words_of_its_own(renderer):
    known = {cls.__name__ for cls in refusals.Refusal.__subclasses__()}
    unknown = renderer.say(Card("refused", refusal("Unheard")))

    assert set(REFUSALS) >= known
    for code in known:
        assert renderer.say(Card("refused", refusal(code))) != unknown


def test_whoever_comes_second_is_told_who_decided_when_and_what(renderer):
    told = renderer.say(Card("refused", refusal("AlreadyDecided")))

    if renderer.platform == Platform.SLACK:
        assert told.startswith("<@U0DSL00001> decided this first, <!date^1795000000")
        assert "*Share*" in told
    else:
        assert told.startswith(
            "The safeguarding lead (DSL) decided this first, 18 Nov 2026, 11:06 UTC: Share."
        )


def test_an_excluded_person_cannot_tell_that_they_were_left_out(renderer):
    excluded = renderer.render(Card("refused_view", {"code": "Excluded"}))

    assert excluded == renderer.render(Card("refused_view", {"code": "NotOnRoute"}))


def test_every_kind_of_personal_data_is_named_and_none_is_shown(renderer):
    assert set(KINDS) >= {kind.value for kind in Kind}
    said = {k: renderer.say(Card("complaint", {"code": "PersonalData", "field": "", "kind": k}))
            for k in Kind}  # fmt: skip

    assert len(set(said.values())) == len(Kind)
    assert all("we cannot spot names" in words for words in said.values())


@pytest.mark.parametrize("name", ["complaint", "trouble"])
def test_words_beside_a_box_are_plain(renderer, name):
    for context in SAMPLES[name]:
        said = renderer.say(Card(name, context))

        assert not set("<>*_`") & set(said)


def test_trouble_says_that_nobody_has_seen_it_and_whom_to_ring(renderer):
    said = renderer.say(Card("trouble", SAMPLES["trouble"][0]))

    for words in ("Nobody has seen it", "Ring 999", "0300 555 0100", "0300 555 0102"):
        assert words in said


def test_only_the_box_for_limits_is_asked_for_when_there_are_limits(renderer):
    shown = {}
    for context in SAMPLES["decide"][:9]:
        drawn = renderer.render(Card("decide", context))
        shown.setdefault(handed_in(drawn), boxes_of(drawn)[:2])

    assert shown == {
        "case.decide.share": ["f.reason"],
        "case.decide.share_limited": ["f.limits", "f.reason"],
        "case.decide.do_not_share": ["f.reason"],
    }


def test_the_tick_to_send_it_anyway_is_there_only_after_a_refusal_and_for_reviewers(renderer):
    plain = {"case": CASE_ID, "ref": "SC-7F3K2"}
    refused = {**plain, "blocked": {"kind": "phone"}}

    for context, is_there in (
        (plain, False),
        (refused, False),
        ({**refused, "may_override": True}, True),
    ):
        drawn = renderer.render(Card("ask", context))
        assert ("f.override" in boxes_of(drawn)) == is_there


def test_a_long_story_is_cut_before_the_page_grows_too_large(renderer):
    (context,) = [c for c in SAMPLES["read"] if len(c["remarks"]) > 20][:1]
    remarks = [{**one, "text": "é" * 3000} for one in context["remarks"]]

    drawn = renderer.render(Card("read", {**context, "remarks": remarks}))

    platforms = {Platform.SLACK: lambda: faults("view", drawn)}
    platforms[Platform.TEAMS] = lambda: card_limits.faults(drawn["card"])
    assert platforms[renderer.platform]() == []
    assert "Long texts are cut short here" in str(drawn)


def test_a_case_that_was_sent_on_or_deleted_shows_no_answers_where_it_was(renderer):
    for context in (facts("waiting", moved=True), facts("disposed")):
        drawn = str(renderer.render(Card("thread", context)))

        assert "They said no" not in drawn
        assert "U0TEACHER1" not in drawn
        assert "class teacher" not in drawn


def test_a_copied_route_reads_how_the_case_stands_and_not_that_it_was_sent_on(renderer):
    drawn = str(renderer.render(Card("copy", facts("waiting", moved=True))))

    assert "Waiting for a decision" in drawn
    assert "nothing to do here" not in drawn


def test_whoever_chose_differently_is_not_shown_the_advice_as_if_it_held(renderer):
    context = facts("decided", outcome="share", course="against")
    context["decision"] = {**context["decision"], "outcome": "do_not_share", "own": True}
    context["advice"] = {**context["advice"], "text": "Yes, you can share this."}

    drawn = str(renderer.render(Card("requester_copy", context)))

    assert "Yes, you can share this." not in drawn
    assert "The safeguarding lead (DSL) can see that, and why." in drawn


def test_a_post_is_named_with_one_article(renderer):
    said = [
        renderer.say(Card("unreached", facts("waiting", route_post=post)))
        for post in ("DSL", "the safeguarding team")
    ]

    assert "speak to the safeguarding lead (DSL)." in said[0]
    assert "speak to the safeguarding team." in said[1]


def test_numbers_in_the_advice_can_be_tapped(renderer):
    link = {
        Platform.SLACK: "<tel:{1}|{0}>",
        Platform.TEAMS: "[{0}](tel:{1})",
    }[renderer.platform]
    for context in SAMPLES["danger"][:2]:
        told = said(renderer.render(Card("danger", context)))

        assert link.format("0300 555 0100", "03005550100") in told
        assert link.format("0300 555 0101", "03005550101") in told
