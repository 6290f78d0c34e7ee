"""The walk: pages forward and back, what counts, "Ask the DSL now", mending, another recipient."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import walk as walks
from bot.refusals import StalePage
from bot.rules import UnknownAnswer, decide
from bot.walk import OUTCOME, Walk
from tests.example_cases import ROWS, SHARE, WELFARE, england

PACK = england()
PAGES = tuple(page.id for page in PACK.pages)
ALL_PAGES = tuple(page for page in PAGES if page != "people")
FIX_ROWS = {26: "verified", 27: "identity_risk", 29: "content", 35: "agreement"}
MENDED = {
    "verified": "yes",
    "identity_risk": "protected",
    "content": "minimal",
    "agreement": "agreed",
}


def begin() -> Walk:
    return walks.start("0f" * 16, "hill", PACK)


def turn(walk: Walk, answers: dict[str, str]) -> Walk:
    """Answer what the present page asks."""
    asked = {q.id: answers[q.id] for q in walks.questions(PACK, walk)}
    return walks.take(PACK, walk, walk.page, asked)


def go(answers: dict[str, str], *, to: str = OUTCOME, people: tuple[str, ...] = ()) -> Walk:
    """Walk on until a page comes up."""
    walk = begin()
    while walk.page != to:
        if PACK.page(walk.page).people:
            walk = walks.exclude(PACK, walk, people)
        else:
            walk = turn(walk, answers)
    return walk


# ------------------------------------------------------------------------------------- forward


@pytest.mark.parametrize("row", ROWS)
def test_a_walk_comes_to_the_verdict_of_its_answers(row: int):
    walk = go(ROWS[row])

    assert walks.verdict(PACK, walk).whole == decide(PACK, ROWS[row]).whole
    assert set(walks.counted(PACK, walk).items()) <= set(ROWS[row].items())


@pytest.mark.parametrize(
    ("answers", "trail"),
    [
        ({**SHARE, "danger": "yes"}, ("start",)),
        ({**SHARE, "danger": "yes", "adult": "head"}, ("start",)),
        ({**SHARE, "adult": "staff"}, ("start", "people")),
        ({**SHARE, "trigger": "legal_order"}, ("start", "what")),
        (SHARE, ALL_PAGES),
    ],
)
def test_it_stops_as_soon_as_nothing_more_can_change(answers, trail):
    assert go(answers).trail == (*trail, OUTCOME)


def test_a_page_asks_only_what_can_still_change_the_verdict():
    anonymous = go({**SHARE, "identifiable": "no"}, to="rule6")

    assert [q.id for q in walks.questions(PACK, anonymous)] == ["role"]


# ---------------------------------------------------------------------------------------- back


def test_back_keeps_every_answer_and_goes_the_same_way():
    walk = go(SHARE)
    while len(walk.trail) > 1:
        walk = walks.back(PACK, walk)

    assert walk.answers == SHARE
    assert walk.trail == ("start",)
    assert walks.back(PACK, walk) == walk


def test_what_was_chosen_on_a_page_left_by_back_is_kept_too():
    walk = go(SHARE, to="rule3")

    kept = walks.keep_choices(PACK, walk, {"agreement": "refused", "role": "none", "purpose": "?"})

    assert kept.answers == {**walk.answers, "agreement": "refused"}
    assert "agreement" not in walks.counted(PACK, walks.back(PACK, kept))


def test_answers_of_pages_that_are_left_do_not_count():
    walk = go(SHARE)
    while walk.page != "what":
        walk = walks.back(PACK, walk)

    order = turn(walk, {**SHARE, "trigger": "legal_order"})

    assert order.page == OUTCOME
    assert walks.counted(PACK, order).keys() == {"danger", "adult", "trigger", "identifiable"}
    assert walks.verdict(PACK, order).row == 9
    assert order.answers["role"] == "statutory"  # for filling in, should they go back once more


def test_a_question_that_is_asked_no_more_counts_no_more():
    walk = go(SHARE)
    while walk.page != "what":
        walk = walks.back(PACK, walk)
    walk = turn(walk, {**SHARE, "identifiable": "no"})
    while walk.page != OUTCOME:
        walk = turn(walk, SHARE)

    assert walks.verdict(PACK, walk).row == 20
    assert not {"verified", "content"} & walks.counted(PACK, walk).keys()


@settings(deadline=None)
@given(st.data())
def test_however_somebody_goes_back_and_forth_the_verdict_is_that_of_what_counts(data):
    walk = begin()
    for _ in range(data.draw(st.integers(1, 30))):
        if walk.page == OUTCOME or data.draw(st.integers(0, 3)) == 0:
            walk = walks.back(PACK, walk)
            continue
        if PACK.page(walk.page).people:
            walk = walks.exclude(PACK, walk, ())
            continue
        chosen = {
            q.id: data.draw(st.sampled_from([o.id for o in q.options]))
            for q in walks.questions(PACK, walk)
        }
        walk = walks.take(PACK, walk, walk.page, chosen)
        assert len(set(walk.trail)) == len(walk.trail)
    counted = walks.counted(PACK, walk)
    on_trail = {q.id for p in PACK.pages if p.id in walk.trail for q in p.questions}
    assert counted.keys() <= on_trail
    assert walks.verdict(PACK, walk) == decide(PACK, counted)


# --------------------------------------------------------------------------- bad pages, answers


@pytest.mark.parametrize(
    ("page", "given_answers", "refusal"),
    [
        ("what", {"danger": "no", "adult": "none"}, StalePage),
        (OUTCOME, {"danger": "no", "adult": "none"}, StalePage),
        ("start", {"danger": "no"}, StalePage),
        ("start", {}, StalePage),
        ("start", {"danger": "no", "adult": "none", "role": "none"}, UnknownAnswer),
        ("start", {"danger": "perhaps", "adult": "none"}, UnknownAnswer),
        ("start", {"danger": "no", "adult": "none", "evil": "yes"}, UnknownAnswer),
    ],
)
def test_a_page_takes_its_own_answers_and_all_of_them(page, given_answers, refusal):
    with pytest.raises(refusal):
        walks.take(PACK, begin(), page, given_answers)


def test_a_walk_of_another_pack_is_stale():
    stale = replace(begin(), pack="0" * 64)

    with pytest.raises(StalePage):
        walks.take(PACK, stale, "start", {"danger": "no", "adult": "none"})
    with pytest.raises(StalePage):
        walks.exclude(PACK, replace(go(ROWS[5], to="people"), pack="0" * 64), ())


def test_nothing_is_taken_once_the_outcome_is_reached():
    with pytest.raises(StalePage):
        walks.take(PACK, go(SHARE), OUTCOME, {})


# ------------------------------------------------------------------------------- the tick list


def test_who_must_not_see_it_is_ticked_and_can_be_ticked_anew():
    walk = go(ROWS[5], people=("head",))
    assert (walk.page, walk.excluded) == (OUTCOME, ("head",))

    again = walks.exclude(PACK, walks.back(PACK, walk), ())

    assert (again.page, again.excluded) == (OUTCOME, ())


def test_a_list_is_taken_only_where_it_was_shown():
    for page in ("start", "what", "rule6"):
        with pytest.raises(StalePage):
            walks.exclude(PACK, go(SHARE, to=page), ("head",))


# ----------------------------------------------------------------------------- ask the DSL now


@pytest.mark.parametrize("page", ALL_PAGES[1:])
def test_asking_now_takes_what_was_said_so_far_and_leaves_the_rest_blank(page: str):
    walk = go(SHARE, to=page)
    first = walks.questions(PACK, walk)[0].id

    asked = walks.ask_now(PACK, walk, {first: SHARE[first], "danger": "yes"})

    before = {q for p in PAGES[: PAGES.index(page)] for q in (x.id for x in PACK.page(p).questions)}
    expected = {q: a for q, a in SHARE.items() if q in before | {first}} | {"advice": "wanted"}
    assert walks.counted(PACK, asked) == expected
    assert (asked.page, walks.verdict(PACK, asked).row) == (OUTCOME, 10)


def test_a_blank_purpose_makes_asking_urgent():
    early = walks.ask_now(PACK, go(WELFARE, to="what"), {})
    later = walks.ask_now(PACK, go(WELFARE, to="rule2"), {})

    assert walks.verdict(PACK, early).urgency == "high"
    assert walks.verdict(PACK, later).urgency == "normal"


def test_back_from_asking_is_the_page_it_was_asked_on_and_asks_no_more():
    walk = go(SHARE, to="rule2")

    back = walks.back(PACK, walks.ask_now(PACK, walk, {}))

    assert (back.page, back.asked) == ("rule2", False)
    assert "advice" not in walks.counted(PACK, back)


def test_the_outcome_can_be_asked_about_too():
    asked = walks.ask_now(PACK, go(SHARE), {})

    assert walks.verdict(PACK, asked).row == 10
    assert walks.verdict(PACK, walks.back(PACK, asked)).row == 32


@pytest.mark.parametrize("adult", ["staff", "dsl", "head", "conflict", "unsure"])
def test_the_dsl_is_never_asked_about_an_adult_at_the_school(adult: str):
    answers = {**SHARE, "adult": adult}
    for walk in (begin(), go(answers, to="people"), go(answers)):
        with pytest.raises(StalePage):
            walks.ask_now(PACK, walk, {"adult": adult} if walk.page == "start" else {})


# ------------------------------------------------------------------------------ mend it first


@pytest.mark.parametrize("row", FIX_ROWS)
def test_mending_asks_the_one_question_again_and_nothing_else(row: int):
    question = FIX_ROWS[row]
    nearly = go(ROWS[row])
    assert walks.open_fix(PACK, nearly) == question

    mending = walks.fixed(PACK, nearly)

    assert [q.id for q in walks.questions(PACK, mending)] == [question]
    with pytest.raises(UnknownAnswer):
        walks.take(PACK, mending, mending.page, {question: MENDED[question], "danger": "no"})
    done = walks.take(PACK, mending, mending.page, {question: MENDED[question]})
    assert (done.mending, done.fixes) == (None, {question: "done"})
    assert done.answers == {**nearly.answers, question: MENDED[question]}
    done = turn(done, SHARE) if row == 27 else done  # now it matters what it holds, too
    assert walks.verdict(PACK, done).outcome == "share"
    assert done.trail == nearly.trail


@pytest.mark.parametrize("row", FIX_ROWS)
def test_what_cannot_be_mended_goes_to_the_dsl_and_stays_on_the_record(row: int):
    nearly = go(ROWS[row])

    asked = walks.cannot(PACK, nearly)

    assert walks.open_fix(PACK, asked) is None
    assert (asked.page, asked.fixes) == (OUTCOME, {FIX_ROWS[row]: "cannot"})
    assert walks.verdict(PACK, asked) == walks.verdict(PACK, nearly)


def test_not_mended_after_all_is_nearly_there_again():
    mending = walks.fixed(PACK, go(ROWS[26]))

    still = walks.take(PACK, mending, mending.page, {"verified": "no"})

    assert walks.open_fix(PACK, still) == "verified"


def test_back_from_mending_changes_nothing():
    nearly = go(ROWS[26])
    mending = walks.fixed(PACK, nearly)

    back = walks.back(PACK, walks.keep_choices(PACK, mending, {"verified": "yes"}))

    assert back == replace(nearly, fixes={"verified": "done"})


def test_asking_while_mending_keeps_what_was_said():
    mending = walks.fixed(PACK, go(ROWS[26]))

    asked = walks.ask_now(PACK, mending, {"verified": "yes"})

    assert (asked.page, asked.mending) == (OUTCOME, None)
    assert walks.counted(PACK, asked) == {**ROWS[26], "verified": "yes", "advice": "wanted"}
    assert walks.back(PACK, asked).page == "rule6"


def test_nothing_else_can_be_mended():
    for walk in (go(SHARE), go(SHARE, to="rule6")):
        for press in (walks.fixed, walks.cannot):
            with pytest.raises(StalePage):
                press(PACK, walk)


# --------------------------------------------------------------------- what was typed and ticked


def test_a_box_keeps_its_text_until_it_is_emptied():
    walk = walks.keep_written(PACK, go(SHARE), {"reason": "seen", "recipient": "front door"})
    assert walk.written == {"reason": "seen", "recipient": "front door"}

    later = walks.keep_written(PACK, walks.back(PACK, walk), {"reason": "", "course": "against"})

    assert later.written == {"recipient": "front door", "course": "against"}


def test_what_is_no_box_of_the_pack_is_not_kept():
    walk = go(SHARE)

    assert walks.keep_written(PACK, walk, {"colour": "red"}) == walk


def test_what_was_written_is_no_answer():
    walk = walks.keep_written(PACK, go(SHARE), {"reason": "role"})

    assert walks.counted(PACK, walk) == SHARE
    assert walks.verdict(PACK, walk) == walks.verdict(PACK, go(SHARE))


def test_ticks_are_kept_where_the_list_was_shown_and_nowhere_else():
    listed, asked = go(ROWS[5], to="people"), go(SHARE)

    assert walks.keep_ticks(PACK, listed, ("head",)).excluded == ("head",)
    assert walks.keep_ticks(PACK, asked, ("head",)).excluded == ()


def test_the_purpose_of_asking_now_is_kept_and_does_not_count_before_its_page():
    walk = walks.ask_now(PACK, go(WELFARE, to="what"), {})

    kept = walks.keep_choices(PACK, walk, {"purpose": "welfare", "role": "none"})

    assert kept.answers["purpose"] == "welfare"
    assert "role" not in kept.answers
    assert "purpose" not in walks.counted(PACK, kept)


# ---------------------------------------------------------------------------------- newer rules


def test_newer_rules_begin_the_same_walk_again_filled_in():
    walk = walks.keep_written(PACK, go(ROWS[5], people=("head",)), {"reason": "seen"})
    newer = replace(PACK, digest="f" * 64)

    again = walks.renew(newer, walk, {"trigger": "parent", "weather": "fine"})

    assert (again.id, again.pack, again.trail) == (walk.id, "f" * 64, ("start",))
    assert again.answers == {**walk.answers, "trigger": "parent"}
    assert (again.excluded, again.written) == (("head",), {"reason": "seen"})
    assert walks.counted(newer, again) == {}


# --------------------------------------------------------------------------- another recipient


def test_another_recipient_is_a_linked_walk_with_all_filled_in_but_who_gets_it():
    case_answers = {**SHARE, "openness": "told"}

    walk = walks.another("1" * 32, PACK, "hill", case_answers, "0f" * 16, {"head", "chair"})

    left_out = {"identity_risk", "role", "verified", "content"}
    kept = {q: a for q, a in case_answers.items() if q not in left_out} | {"trigger": "own"}
    assert walk.answers == kept
    assert (walk.linked_to, walk.excluded) == ("0f" * 16, ("chair", "head"))
    assert (walk.trail, walks.counted(PACK, walk)) == (("start",), {})


def test_answers_that_this_pack_does_not_know_are_not_carried_over():
    old = {**SHARE, "purpose": "welfare_or_so", "weather": "fine"}

    walk = walks.another("1" * 32, PACK, "hill", old, "0f" * 16)

    assert not {"purpose", "weather"} & walk.answers.keys()
    assert turn(walk, SHARE).page == "what"
