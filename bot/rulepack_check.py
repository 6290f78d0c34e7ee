"""What `rules check` refuses beyond what cannot be read: rows, options and words without effect."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import prod
from typing import Final

from bot.answer_sets import AnswerSets
from bot.decision_table import Verdict
from bot.rulepack import RulePack
from bot.rulepack_file import Fault

MOST_ANSWER_SETS: Final = 200_000_000


def refusals(pack: RulePack) -> tuple[Fault, ...]:
    """What is wrong with a pack that could be read; empty when it is sound.

    Every set of answers is tried, so a fault is a fact and not a suspicion. Takes some seconds for
    twenty million sets.
    """
    return (*_words(pack), *_table(pack))


def _table(pack: RulePack) -> Iterator[Fault]:
    count = prod(len(options) for options in pack.masks.values())
    if count > MOST_ANSWER_SETS:
        yield Fault(0, "questions", f"{count} sets of answers are more than can be tried")
        return
    sets = AnswerSets.of(pack)
    verdicts = sets.verdicts(pack.table)
    yield from _unreachable(pack, verdicts)
    yield from _alike(pack, sets, list(_by_whole(verdicts)))


def _unreachable(pack: RulePack, verdicts: dict[Verdict, int]) -> Iterator[Fault]:
    reached = {verdict.row for verdict in verdicts}
    for row in pack.table.rows[:-1]:
        if row.number not in reached:
            yield Fault(0, f"table {row.number}", "no answers reach this row")


def _by_whole(verdicts: dict[Verdict, int]) -> Iterator[int]:
    joined: dict[object, int] = {}
    for verdict, sets in verdicts.items():
        joined[verdict.whole] = joined.get(verdict.whole, 0) | sets
    yield from joined.values()


def _alike(pack: RulePack, sets: AnswerSets, parts: list[int]) -> Iterator[Fault]:
    for question, options in sets.options.items():
        for one, other in combinations(options, 2):
            alike = sets.changes_nothing(parts, question, one, other)
            if alike and not _may_be_alike(pack, question, one, other):
                problem = f"{one} and {other} lead to the same verdict whatever else is answered"
                yield Fault(0, f"questions {question}", problem)
            if not alike and _may_be_alike(pack, question, one, other):
                problem = f"{one} and {other} do change the verdict"
                yield Fault(0, f"record_only {question}", problem)


def _may_be_alike(pack: RulePack, question: str, one: str, other: str) -> bool:
    return any(
        group.question == question and {one, other} <= set(group.options)
        for group in pack.record_only
    )


def _words(pack: RulePack) -> Iterator[Fault]:
    rows = pack.table.rows
    used = {c for row in rows for c in (*row.conditions, *(a.condition for a in row.additions))}
    for condition in pack.conditions:
        if condition not in used:
            yield Fault(0, f"conditions {condition}", "no row has this condition")
    told = {row.words for row in rows}
    told |= {pack.outcomes[name].with_conditions or name for name in told}
    told |= {pack.outcomes[name].not_mended or name for name in told}
    for name in pack.outcomes:
        if name not in told:
            yield Fault(0, f"outcomes {name}", "no row has these words")
    for row in rows:
        in_doubt = row.number in pack.row_doubts or set(row.conditions) & set(pack.doubts)
        if not in_doubt and any("{doubt}" in text for text in _texts(pack, row.words)):
            yield Fault(0, f"table {row.number}", "its words say {doubt}, its conditions have none")


def _texts(pack: RulePack, name: str) -> Iterator[str]:
    words = pack.outcomes[name]
    others = (pack.outcomes[n] for n in (words.with_conditions, words.not_mended) if n)
    for one in (words, *others):
        yield from (wording.text for wording in one.all)
