"""Every way through the pages that a person can go: what is asked, what is not, where it stops.

What may still change is worked out independently, by trying all that is left as sets of bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product

import pytest

from bot.answer_sets import AnswerSets
from bot.rules import Page, RulePack, live_questions, load_pack, next_page, settled

WALKS = 69_556


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return load_pack()


@pytest.mark.long
def test_every_walk_asks_exactly_what_can_still_change_the_verdict_and_stops_when_nothing_can(
    pack,
):
    walks = sum(walk_on(pack, {}, pack.pages[0]))

    assert walks == WALKS


def walk_on(pack: RulePack, given: dict[str, str], page: Page) -> Iterator[int]:
    """Go on from a page in every way; yields 1 for each walk that ends."""
    sets, parts = exactly(pack, given)
    asked = live_questions(pack, given, page)
    assert_only_what_matters_is_asked(pack, asked, page, sets, parts)
    for chosen in product(*([o.id for o in q.options] for q in asked)):
        answers = {q.id: option for q, option in zip(asked, chosen, strict=True)}
        here = reduce(lambda found, a: found & sets.where(*a), answers.items(), sets.everything)
        possible = [whole for whole, part in parts.items() if part & here]
        verdict = settled(pack, {**given, **answers})
        assert (verdict.whole if verdict else None) == (possible[0] if len(possible) == 1 else None)
        following = next_page(pack, {**given, **answers}, after=page.id)
        assert (verdict is not None) == (following is None or following.people)
        if following is None:
            yield 1
        else:
            yield from walk_on(pack, {**given, **answers}, following)


def exactly(pack: RulePack, given: dict[str, str]) -> tuple[AnswerSets, dict[object, int]]:
    """All ways to answer the rest, parted by the whole verdict."""
    options = {q: (given[q],) if q in given else tuple(m) for q, m in pack.masks.items()}
    sets = AnswerSets(options, {})
    parts: dict[object, int] = {}
    for verdict, part in sets.verdicts(pack.table).items():
        parts[verdict.whole] = parts.get(verdict.whole, 0) | part
    return sets, parts


def assert_only_what_matters_is_asked(pack, asked, page: Page, sets: AnswerSets, parts) -> None:
    """Neither this page nor those skipped before it leave a question out, or ask one, wrongly."""
    for earlier in pack.pages[: pack.pages.index(page) + 1]:
        for question in earlier.questions:
            first, *others = sets.options[question.id]
            alike = (sets.changes_nothing(parts.values(), question.id, first, o) for o in others)
            assert all(alike) == (question not in asked)
