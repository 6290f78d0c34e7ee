"""A table that remembers says what the table says, the second time too."""

import random

import pytest

from bot import walk as walks
from bot.remembered_table import MOST_KEPT, RememberedTable, remember
from bot.rules import RulePack, UnknownAnswer, decide, live_questions, load_pack, next_page
from tests.example_cases import SHARE

PACK = load_pack()
STEPS = 40
"""More than any walk of the pack has."""


def some_answers(pack: RulePack, chance: random.Random) -> dict[str, str]:
    """A few questions answered by chance."""
    asked = [q for q in pack.questions.values() if chance.random() < 0.4]
    return {q.id: chance.choice(q.options).id for q in asked}


def test_it_says_the_same_of_any_answers_at_first_and_again():
    chance = random.Random(7)  # noqa: S311 - the same answers each time
    pack = remember(PACK)
    for answers in [some_answers(PACK, chance) for _ in range(300)] * 2:
        page = next_page(PACK, answers)
        assert decide(pack, answers) == decide(PACK, answers)
        assert next_page(pack, answers) == page
        if page:
            assert live_questions(pack, answers, page) == live_questions(PACK, answers, page)


def walk_by(pack: RulePack, chance: random.Random) -> list[object]:
    """A walk answered by chance, with Back now and then: what was asked, and where it led."""
    walk = walks.start("0f" * 16, "hill", PACK)
    seen: list[object] = []
    for _ in range(STEPS):
        if walk.page == walks.OUTCOME:
            break
        asked = walks.questions(pack, walk)
        seen += [walk, asked]
        if PACK.page(walk.page).people:
            walk = walks.exclude(pack, walk, ())
        elif len(walk.trail) > 1 and chance.random() < 0.2:
            walk = walks.back(pack, walk)
        else:
            # A walk by chance alone soon comes to its end.
            answers = {
                q.id: SHARE[q.id] if chance.random() < 0.7 else chance.choice(q.options).id
                for q in asked
            }
            walk = walks.take(pack, walk, walk.page, answers)
    return [*seen, walk]


def test_everybody_who_walks_on_one_pack_goes_where_their_own_answers_lead():
    pack = remember(PACK)
    for number in [*range(150)] * 2:
        alone, among_others = (
            walk_by(which, random.Random(number))  # noqa: S311 - the same answers each time
            for which in (PACK, pack)
        )
        assert among_others == alone


def test_it_is_the_same_pack_by_digest_and_verdict():
    pack = remember(PACK)
    state = PACK.state({"danger": "yes", "adult": "none"}, PACK.cautious)

    assert pack.digest == PACK.digest
    assert pack.table.verdict(state) == PACK.table.verdict(state)


def test_the_order_of_the_questions_does_not_mix_states_up():
    table = RememberedTable(PACK.table.rows)
    state = PACK.state({"danger": "no", "adult": "none"}, PACK.open)
    turned = dict(reversed(state.items()))

    assert table.hangs_on(turned) == table.hangs_on(state) == PACK.table.hangs_on(state)


def test_what_raises_is_raised_again():
    pack = remember(PACK)
    for _ in range(2):
        with pytest.raises(UnknownAnswer):
            next_page(pack, {"danger": "perhaps"})


def test_a_page_is_worked_out_once_for_the_same_answers():
    pack = remember(PACK)
    next_page(pack, {"danger": "no"})
    before = dict(pack.kept)

    next_page(pack, {"danger": "no"})

    assert before
    assert pack.kept == before


def test_it_does_not_grow_without_end():
    chance = random.Random(7)  # noqa: S311 - the same answers each time
    table = RememberedTable(PACK.table.rows)
    for _ in range(MOST_KEPT + 50):
        answers = some_answers(PACK, chance)
        table.hangs_on(PACK.state(answers, PACK.open))
        table.verdict(PACK.state(answers, PACK.cautious))

    assert len(table.kept) <= MOST_KEPT
    assert len(table.verdicts) <= MOST_KEPT
