"""For which answers two rule packs differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.answer_sets import AnswerSets
from bot.decision_table import Verdict
from bot.rulepack import RulePack


@dataclass(frozen=True, slots=True)
class Difference:
    """One pair of verdicts: how many answer sets go from `before` to `after`, and an example.

    The example has as few answers as still show the difference; what it leaves out is blank.
    """

    before: Verdict
    after: Verdict
    count: int
    example: dict[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two packs tried on all answers that both know; `only_*` names what the other does not."""

    count: int
    differences: tuple[Difference, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def differences(before: RulePack, after: RulePack) -> Comparison:
    """Where two packs give different verdicts (outcome, route, copy, urgency, conditions, fix).

    Every set of answers that both packs know is tried, none sampled; a question that only one of
    them has is blank there. The most frequent difference comes first. Takes about two seconds for
    twenty million sets.
    """
    first, second = _shared(before, after)
    pairs = _pairs(first.verdicts(before.table), second.verdicts(after.table))
    found = [
        Difference(old, new, sets.bit_count(), _example(before, after, first.first(sets)))
        for old, new, sets in pairs
    ]
    found.sort(key=lambda d: (-d.count, d.before.row, d.after.row))
    only_before, only_after = _vocabulary(before), _vocabulary(after)
    return Comparison(
        count=first.count,
        differences=tuple(found),
        only_before=tuple(name for name in only_before if name not in only_after),
        only_after=tuple(name for name in only_after if name not in only_before),
    )


def _shared(before: RulePack, after: RulePack) -> tuple[AnswerSets, AnswerSets]:
    options = {
        question: shared
        for question, masks in before.masks.items()
        if (shared := tuple(o for o in masks if o in after.masks.get(question, ())))
    }
    first, second = AnswerSets.of(before), AnswerSets.of(after)
    return AnswerSets(options, first.blanks), AnswerSets(options, second.blanks)


def _pairs(
    before: dict[Verdict, int], after: dict[Verdict, int]
) -> Iterator[tuple[Verdict, Verdict, int]]:
    for old, old_sets in before.items():
        left = old_sets
        for new, new_sets in after.items():
            if new.whole == old.whole:
                left ^= left & new_sets
        for new, new_sets in after.items():
            if not left:
                break
            if both := left & new_sets:
                left ^= both
                yield old, new, both


def _example(before: RulePack, after: RulePack, answers: dict[str, str]) -> dict[str, str]:
    """The answers without those whose blank leads both packs to the same two verdicts."""
    wanted = _both(before, after, answers)
    for question in tuple(answers):
        fewer = {q: option for q, option in answers.items() if q != question}
        if _both(before, after, fewer) == wanted:
            answers = fewer
    return answers


def _both(before: RulePack, after: RulePack, answers: dict[str, str]) -> tuple[Verdict, Verdict]:
    return (
        before.table.verdict(before.state(answers, before.cautious)),
        after.table.verdict(after.state(answers, after.cautious)),
    )


def _vocabulary(pack: RulePack) -> tuple[str, ...]:
    return tuple(f"{q}={option}" for q, masks in pack.masks.items() for option in masks)
