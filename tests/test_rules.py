"""Deciding, stopping early and choosing the next page, by example and by chance."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decision_table import FALSE, TRUE
from bot.rules import (
    UnknownAnswer,
    UnknownPage,
    decide,
    explain,
    live_questions,
    load_pack,
    next_page,
    settled,
)
from tests.small_tables import THREE, completions, conditions, states, tables

QUIET = {"danger": "no", "adult": "none", "trigger": "own", "identifiable": "yes"}
HARM = {
    **QUIET,
    "purpose": "harm",
    "openness": "told",
    "agreement": "agreed",
    "advice": "confident",
    "identity_risk": "none",
    "role": "statutory",
    "verified": "yes",
    "content": "minimal",
}
WELFARE = {**HARM, "purpose": "welfare"}


@pytest.fixture(scope="module")
def pack():
    return load_pack()


# --------------------------------------------------------------------------------------- decide


@pytest.mark.parametrize(
    ("answers", "row", "whole"),
    [
        ({"danger": "yes", "adult": "none"}, 1, ("share", "dsl", (), "now", ("act_now",), None)),
        (
            {"danger": "yes", "adult": "conflict"},
            4,
            ("share", "lado", (), "now", ("act_now", "restricted"), None),
        ),
        ({**QUIET, "adult": "head"}, 6, ("escalate", "chair", (), "high", ("restricted",), None)),
        (
            {**QUIET, "trigger": "records_request"},
            8,
            ("escalate", "dpo", ("dsl",), "normal", ("subject_access",), None),
        ),
        (
            {**HARM, "advice": "law"},
            11,
            ("escalate", "dsl", ("dpo",), "high", ("law_advice",), None),
        ),
        (
            {**WELFARE, "role": "none"},
            15,
            ("do_not_share", "dsl", (), "normal", (), None),
        ),
        ({**HARM, "verified": "no"}, 26, ("escalate", "dsl", (), "high", ("verify",), "verified")),
        (HARM, 32, ("share", "dsl", (), "high", (), None)),
        (
            {
                **HARM,
                "openness": "unsure",
                "agreement": "refused",
                "identity_risk": "protected",
                "content": "doubtful",
            },
            32,
            (
                "share",
                "dsl",
                (),
                "high",
                (
                    "do_not_inform_yet",
                    "inform_decision",
                    "mark_unconfirmed",
                    "override_reason",
                    "protect_ids",
                ),
                None,
            ),
        ),
        (
            {**WELFARE, "agreement": "not_asked"},
            35,
            ("escalate", "dsl", (), "normal", ("agreement",), "agreement"),
        ),
        (WELFARE, 36, ("share", "dsl", (), "normal", (), None)),
    ],
)
def test_the_first_row_that_matches_decides(pack, answers, row, whole):
    verdict = decide(pack, answers)

    assert (verdict.row, verdict.whole) == (row, whole)


def test_with_nothing_answered_the_worry_may_be_about_an_adult_and_goes_to_the_head(pack):
    assert decide(pack, {}).row == 5


def test_ask_the_dsl_now_is_wanted_with_the_rest_blank(pack):
    verdict = decide(pack, {"danger": "no", "adult": "none", "advice": "wanted"})

    assert (verdict.row, verdict.route, verdict.urgency) == (10, "dsl", "high")
    assert decide(pack, {**QUIET, "purpose": "welfare", "advice": "wanted"}).urgency == "normal"


def test_a_verdict_as_json_has_the_names_of_the_record(pack):
    assert decide(pack, {**HARM, "openness": "will_tell", "advice": "law"}).as_json() == {
        "outcome": "escalate",
        "route": "dsl",
        "copy": ["dpo"],
        "urgency": "high",
        "conditions": ["law_advice"],
        "fix": None,
        "row": 11,
        "rule": 4,
        "because": "Rule 4: When you aren't sure, or it is about the law, ask quickly. "
        "(DfE advice on information sharing, 2024)",
    }


def test_a_verdict_is_explained_by_its_title_its_rule_and_its_conditions(pack):
    verdict = decide(pack, {**HARM, "identity_risk": "not_yet"})

    told = explain(pack, verdict)

    assert told.splitlines() == [
        "Nearly there",
        verdict.because,
        "Take out anything that could lead to the person who might be hurt.",
    ]


@pytest.mark.parametrize("ask", [decide, settled, next_page])
@pytest.mark.parametrize(
    ("question", "option"),
    [("dangr", "no"), ("danger", "maybe"), ("danger", ""), ("danger", None), ("danger", ["no"])],
)
def test_an_answer_that_is_not_in_the_pack_is_refused_by_name(pack, ask, question, option):
    with pytest.raises(UnknownAnswer) as refused:
        ask(pack, {**HARM, question: option})

    assert (refused.value.question, refused.value.option) == (question, option)


def test_a_page_that_is_not_in_the_pack_is_refused_by_name(pack):
    with pytest.raises(UnknownPage) as refused:
        next_page(pack, QUIET, after="rule9")

    assert refused.value.page == "rule9"


# ----------------------------------------------------------------------------- pages and questions


def page_id(page):
    return page.id if page else None


@pytest.mark.parametrize(
    "answers", [{}, {"danger": "yes"}, {"adult": "staff"}, {"purpose": "harm"}]
)
def test_both_questions_of_the_first_page_are_always_asked(pack, answers):
    page = next_page(pack, answers)

    assert page.id == "start"
    assert [q.id for q in live_questions(pack, answers, page)] == ["danger", "adult"]


def test_in_danger_nothing_more_is_asked(pack):
    for adult in pack.masks["adult"]:
        assert next_page(pack, {"danger": "yes", "adult": adult}, after="start") is None


def test_a_worry_about_an_adult_asks_who_must_not_see_it_and_then_stops(pack):
    answers = {"danger": "unsure", "adult": "staff"}

    assert page_id(next_page(pack, answers, after="start")) == "people"
    assert pack.people_page(answers).tick_list.nobody == "None of these people"
    assert next_page(pack, answers, after="people") is None
    assert settled(pack, answers).route == "head"


def test_no_tick_list_comes_up_where_no_adult_is_in_question_or_somebody_is_in_danger(pack):
    assert pack.people_page({"danger": "no", "adult": "none"}) is None
    assert pack.people_page({"danger": "yes", "adult": "staff"}) is None
    assert pack.people_page({"danger": "no"}) is None


@pytest.mark.parametrize(
    ("answers", "after", "following"),
    [
        ({"danger": "no", "adult": "none"}, "start", "what"),
        ({**QUIET, "trigger": "legal_order"}, "what", None),
        ({**QUIET, "trigger": "records_request"}, "what", None),
        ({**QUIET, "trigger": "public"}, "what", "rule1"),
        ({**QUIET, "identifiable": "no", "purpose": "harm"}, "rule1", "rule4"),
        ({**QUIET, "purpose": "harm"}, "rule1", "rule2"),
        ({**QUIET, "purpose": "none"}, "rule1", "rule4"),
        ({**QUIET, "purpose": "unsure", "advice": "wanted"}, "rule4", None),
        ({**QUIET, "purpose": "welfare", "openness": "unsure"}, "rule2", "rule4"),
    ],
)
def test_a_page_that_cannot_change_the_verdict_is_left_out(pack, answers, after, following):
    assert page_id(next_page(pack, answers, after=after)) == following


def test_a_question_that_cannot_change_the_verdict_is_left_out_of_its_page(pack):
    answers = {**QUIET, "purpose": "unsure", "advice": "confident", "identity_risk": "none"}

    asked = live_questions(pack, answers, pack.page("rule6"))

    assert [q.id for q in asked] == ["role"]


def test_going_back_asks_again_what_was_asked_and_does_not_count_later_answers(pack):
    first_asked = live_questions(pack, QUIET, pack.page("rule1"))
    assert live_questions(pack, HARM, pack.page("rule1")) == first_asked

    assert page_id(next_page(pack, HARM, after="rule1")) == "rule2"
    assert page_id(next_page(pack, {**HARM, "advice": "wanted"}, after="rule1")) == "rule2"


def test_mending_one_answer_goes_straight_to_the_outcome(pack):
    assert decide(pack, {**HARM, "verified": "no"}).fix == "verified"

    assert next_page(pack, {**HARM, "verified": "yes"}) is None


def test_a_changed_answer_brings_up_the_question_that_now_matters(pack):
    answers = {q: a for q, a in HARM.items() if q not in {"openness", "agreement"}}

    assert next_page(pack, {**answers, "identifiable": "no"}) is None
    assert page_id(next_page(pack, answers)) == "rule2"


def test_an_earlier_page_left_unanswered_comes_first(pack):
    answers = {q: a for q, a in HARM.items() if q != "trigger"}

    assert page_id(next_page(pack, answers, after="rule5")) == "what"


def test_the_verdict_is_settled_as_soon_as_nothing_can_change_it(pack):
    assert settled(pack, QUIET) is None
    assert settled(pack, {"adult": "head"}) is None
    assert settled(pack, {"danger": "no", "adult": "head"}).row == 6
    assert settled(pack, {**QUIET, "trigger": "legal_order"}).row == 9
    assert settled(pack, HARM) == decide(pack, HARM)


# ---------------------------------------------------------------- any answers, any table, by chance


@cache
def the_options():
    return {q: sorted(options) for q, options in load_pack().masks.items()}


@st.composite
def answers_with_gaps(draw):
    """Answers to all questions of the pack but a few."""
    masks = the_options()
    missing = draw(st.sets(st.sampled_from(sorted(masks)), max_size=4))
    return {q: draw(st.sampled_from(o)) for q, o in masks.items() if q not in missing}


@settings(deadline=None, max_examples=150)
@given(answers_with_gaps())
def test_settled_means_that_no_way_to_fill_the_gaps_changes_the_verdict(pack, answers):
    missing = {q: tuple(o) for q, o in pack.masks.items() if q not in answers}

    wholes = {
        decide(pack, {**answers, **dict(zip(missing, filled, strict=True))}).whole
        for filled in product(*missing.values())
    }

    verdict = settled(pack, answers)
    if verdict:
        assert wholes == {verdict.whole}
    assert verdict or next_page(pack, answers)


@settings(deadline=None, max_examples=300)
@given(tables(), states)
def test_in_any_table_a_question_called_dead_changes_no_verdict(table, state):
    live = table.hangs_on(state)
    verdicts = {tuple(s.values()): table.verdict(s).whole for s in completions(state)}

    for number, question in enumerate(THREE):
        if not live >> number & 1:
            others = {}
            for chosen, whole in verdicts.items():
                rest = chosen[:number] + chosen[number + 1 :]
                others.setdefault(rest, set()).add(whole)
            assert all(len(wholes) == 1 for wholes in others.values()), question


@settings(deadline=None, max_examples=400)
@given(conditions(), states)
def test_a_condition_is_called_true_or_false_only_when_every_way_to_go_on_agrees(when, state):
    truth = when.weigh(state)
    known = {when.weigh(s) for s in completions(state)}

    assert known <= {TRUE, FALSE}
    if truth in (TRUE, FALSE):
        assert known == {truth}
    else:
        asked = {q for n, q in enumerate(THREE) if truth >> n & 1}
        assert asked <= {q for q in THREE if state[q] == 7}
