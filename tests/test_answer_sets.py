"""Sets of answer sets as bits, against going through them one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from bot.answer_sets import AnswerSets
from bot.decision_table import Answered
from tests.small_tables import OPTIONS, THREE, conditions, tables

SETS = AnswerSets(dict.fromkeys(THREE, OPTIONS), {})


def state(number):
    return {q: 1 << OPTIONS.index(option) for q, option in SETS.answers(number).items()}


def members(sets):
    return [n for n in range(SETS.count) if sets >> n & 1]


def test_the_last_question_turns_fastest():
    assert SETS.count == 27
    assert SETS.answers(0) == {"a": "x", "b": "x", "c": "x"}
    assert SETS.answers(5) == {"a": "x", "b": "y", "c": "z"}
    assert SETS.first(1 << 26 | 1 << 9) == {"a": "y", "b": "x", "c": "x"}


@pytest.mark.parametrize("question", THREE)
def test_where_holds_the_sets_with_a_chosen_option_and_no_others(question):
    chosen = SETS.where(question, "x", "z")

    assert members(chosen) == [n for n in range(27) if SETS.answers(n)[question] in {"x", "z"}]


@pytest.mark.parametrize(("old", "new"), [("x", "z"), ("z", "x"), ("y", "y")])
def test_moving_changes_one_answer_and_leaves_the_others(old, new):
    moved = SETS.moved(SETS.where("c", "x"), "b", old, new)

    assert members(moved) == [
        n for n in range(27) if (SETS.answers(n)["b"], SETS.answers(n)["c"]) == (new, "x")
    ]


@settings(deadline=None)
@given(conditions())
def test_a_condition_matches_where_it_is_true(when):
    assert members(SETS.matching(when)) == [n for n in range(27) if when.weigh(state(n)) == -1]


@settings(deadline=None)
@given(tables())
def test_the_verdicts_of_any_table_are_those_of_its_rows(table):
    expected = {}
    for number in range(27):
        expected.setdefault(table.verdict(state(number)), []).append(number)

    assert {v: members(sets) for v, sets in SETS.verdicts(table).items()} == expected


def test_a_question_left_out_counts_as_its_blank():
    few = AnswerSets({"a": OPTIONS}, {"b": "y"})

    assert few.matching(answered("b", "y")) == few.everything
    assert few.matching(answered("b", "x", "z")) == 0


def answered(question, *options):
    return Answered(question, options, 0, 0)
