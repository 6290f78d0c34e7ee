"""Sets of whole answer sets, one bit for each, so that a table is tried on all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from bot.decision_table import (
    Addition,
    Answered,
    Either,
    Every,
    Named,
    Not,
    Row,
    Table,
    Verdict,
    When,
)
from bot.rulepack import RulePack


@dataclass(frozen=True, eq=False)
class AnswerSets:
    """Every way to answer some questions, numbered; the last question turns fastest.

    A set of answer sets is an int whose bit N says whether number N is in it: for the 20,736,000
    of `england-2024` that is 2.6 MB, and `&`, `|`, `^` are union and the like in 0.1 ms.
    """

    options: Mapping[str, Sequence[str]]
    blanks: Mapping[str, str]

    @staticmethod
    def of(pack: RulePack) -> AnswerSets:
        """All answer sets of a pack."""
        options = {name: tuple(masks) for name, masks in pack.masks.items()}
        return AnswerSets(options, {q.id: q.blank for q in pack.questions.values()})

    @property
    def count(self) -> int:
        """How many answer sets there are."""
        return prod(len(options) for options in self.options.values())

    @property
    def everything(self) -> int:
        return (1 << self.count) - 1

    def stride(self, question: str) -> int:
        """How far apart two neighbouring options of a question are."""
        names = list(self.options)
        later = names[names.index(question) + 1 :]
        return prod(len(self.options[name]) for name in later)

    def where(self, question: str, *chosen: str) -> int:
        """The answer sets in which a question has one of the chosen options."""
        options, stride = self.options[question], self.stride(question)
        block = sum(((1 << stride) - 1) << (options.index(o) * stride) for o in chosen)
        return _repeat(block, stride * len(options), self.count)

    def matching(self, when: When) -> int:
        """The answer sets for which a condition is true."""
        match when:
            case Answered(question, chosen):
                return self._answered(question, chosen)
            case Named(_, part):
                return self.matching(part)
            case Not(part):
                return self.everything ^ self.matching(part)
            case Every(parts):
                found = self.everything
                for part in parts:
                    found &= self.matching(part)
                return found
            case Either(parts):
                found = 0
                for part in parts:
                    found |= self.matching(part)
                return found

    def moved(self, sets: int, question: str, old: str, new: str) -> int:
        """The sets in which `question` is answered `old`, with that answer changed to `new`."""
        return _shifted(sets & self.where(question, old), self._steps(question, old, new))

    def changes_nothing(self, parts: Iterable[int], question: str, old: str, new: str) -> bool:
        """Whether changing `old` to `new` never leads from one of the parts to another."""
        here, there = self.where(question, old), self.where(question, new)
        steps = self._steps(question, old, new)
        return all(_shifted(part & here, steps) == part & there for part in parts)

    def hits(self, table: Table) -> Iterator[tuple[Row, int]]:
        """Each row with the answer sets that it decides."""
        left = self.everything
        for row in table.rows:
            hit = self.matching(row.when) & left
            left ^= hit
            yield row, hit

    def verdicts(self, table: Table) -> dict[Verdict, int]:
        """Each verdict that occurs, with the answer sets that lead to it."""
        found: dict[Verdict, int] = {}
        for row, hit in self.hits(table):
            for verdict, part in self._said(row, hit):
                if part:
                    found[verdict] = found.get(verdict, 0) | part
        return found

    def first(self, sets: int) -> dict[str, str]:
        """The answers of the lowest number in a set that is not empty."""
        return self.answers((sets & -sets).bit_length() - 1)

    def answers(self, number: int) -> dict[str, str]:
        """The answers that a number stands for."""
        found = {}
        for question in reversed(tuple(self.options)):
            number, option = divmod(number, len(self.options[question]))
            found[question] = self.options[question][option]
        return dict(reversed(found.items()))

    def _steps(self, question: str, old: str, new: str) -> int:
        options = self.options[question]
        return (options.index(new) - options.index(old)) * self.stride(question)

    def _answered(self, question: str, chosen: Sequence[str]) -> int:
        if question in self.options:
            return self.where(question, *(o for o in chosen if o in self.options[question]))
        return self.everything if self.blanks[question] in chosen else 0

    def _said(self, row: Row, hit: int) -> Iterator[tuple[Verdict, int]]:
        high = hit & self.matching(row.scale.when)
        for urgency, sets in ((row.scale.urgency, high), (row.scale.otherwise, hit ^ high)):
            parts = [(row.conditions, sets)]
            for addition in row.additions:
                parts = list(self._parted(parts, addition))
            for conditions, part in parts:
                yield row.saying(urgency, conditions), part

    def _parted(
        self, parts: Iterable[tuple[tuple[str, ...], int]], addition: Addition
    ) -> Iterator[tuple[tuple[str, ...], int]]:
        matching = self.matching(addition.when)
        for conditions, sets in parts:
            added = sets & matching
            if added:
                yield (*conditions, addition.condition), added
            if added != sets:
                yield conditions, sets ^ added


def _shifted(sets: int, steps: int) -> int:
    return sets << steps if steps > 0 else sets >> -steps


def _repeat(block: int, width: int, upto: int) -> int:
    """The block's `width` bits again and again, up to bit `upto`, a multiple of the width."""
    while width * 2 <= upto:
        block |= block << width
        width *= 2
    return block | block << (upto - width)
