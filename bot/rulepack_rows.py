"""Reading the decision table of a rule-pack file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.decision_table import (
    ALWAYS,
    OUTCOMES,
    ROUTES,
    URGENCIES,
    Addition,
    Answered,
    Either,
    Every,
    Named,
    Not,
    Row,
    Scale,
    Table,
    When,
)
from bot.rulepack import Question
from bot.rulepack_entries import Reading
from bot.rulepack_file import Entry

OPERATORS: Final = ("any", "all", "not", "is")
_THEN = {"outcome", "route", "urgency"}
_THEN_OPTIONAL = {"copy", "conditions", "additions", "fix"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a table may speak of."""

    questions: Mapping[str, Question]
    masks: Mapping[str, Mapping[str, int]]
    bits: Mapping[str, int]
    conditions: Mapping[str, str]
    outcomes: Mapping[str, object]
    because: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class TableReading:
    """Reads the table and the meanings, scales and additions that it uses."""

    reading: Reading
    vocabulary: Vocabulary
    meanings: dict[str, When]
    scales: dict[str, Scale]
    additions: dict[str, tuple[Addition, ...]]

    def table(self, fields: Mapping[str, Entry]) -> Table:
        """The whole table, from the file's top-level fields."""
        for name, entry in self.reading.pairs(fields["meanings"]).items():
            self.meanings[name] = Named(name, self.when(entry))
        for urgency in URGENCIES:
            self.scales[urgency] = Scale(urgency, urgency, ALWAYS, urgency)
        for name, entry in self.reading.pairs(fields["scales"]).items():
            self.scales[name] = self._scale(name, entry)
        for name, entry in self.reading.pairs(fields["additions"]).items():
            self.additions[name] = tuple(map(self._addition, self.reading.items(entry)))
        rows = tuple(map(self._row, self.reading.items(fields["table"])))
        self._check_rows(fields["table"], rows)
        return Table(rows)

    def when(self, entry: Entry) -> When:
        """A condition: every line of it must be true, and none at all always is."""
        parts = tuple(self._part(key, item) for key, item in self.reading.pairs(entry).items())
        return parts[0] if len(parts) == 1 else Every(parts)

    def _part(self, key: str, entry: Entry) -> When:
        if key == "any":
            return Either(tuple(map(self.when, self.reading.items(entry))))
        if key == "all":
            return Every(tuple(map(self.when, self.reading.items(entry))))
        if key == "not":
            return Not(self.when(entry))
        if key == "is":
            name = self.reading.one(entry, self.meanings, "a meaning")
            return self.meanings.get(name, ALWAYS)
        return self._answered(key, entry)

    def _answered(self, question: str, entry: Entry) -> When:
        masks = self.vocabulary.masks.get(question)
        if masks is None:
            self.reading.faults.add(entry, f"{question!r} is not a question")
            return ALWAYS
        options = self.reading.texts(entry, masks, f"an option of {question}")
        mask = sum(masks[option] for option in options)
        return Answered(question, options, mask, self.vocabulary.bits[question])

    def _scale(self, name: str, entry: Entry) -> Scale:
        fields = self.reading.fields(entry, ("urgency", "when", "otherwise"))
        if name in URGENCIES:
            self.reading.faults.add(entry, f"{name} is an urgency of its own")
        return Scale(
            name,
            self.reading.one(fields["urgency"], URGENCIES, "an urgency"),
            self.when(fields["when"]),
            self.reading.one(fields["otherwise"], URGENCIES, "an urgency"),
        )

    def _addition(self, entry: Entry) -> Addition:
        fields = self.reading.fields(entry, ("condition", "when"))
        condition = self.reading.one(
            fields["condition"], self.vocabulary.conditions, "a condition with words"
        )
        return Addition(condition, self.when(fields["when"]))

    def _row(self, entry: Entry) -> Row:
        read = self.reading
        fields = read.fields(entry, ("row", "when", "then", "rule", "words"))
        then = read.fields(fields["then"], _THEN, _THEN_OPTIONAL)
        nothing = Entry((), entry.line, "")
        fix = then.get("fix")
        rules = {str(number): number for number in self.vocabulary.because}
        rule = rules.get(read.one(fields["rule"], rules, "a rule"), 0)
        urgency = read.one(then["urgency"], self.scales, "an urgency or a scale")
        conditions = then.get("conditions", nothing)
        return Row(
            number=read.number(fields["row"]),
            when=self.when(fields["when"]),
            outcome=read.one(then["outcome"], OUTCOMES, "an outcome"),
            route=read.one(then["route"], ROUTES, "a route"),
            copy=tuple(sorted(read.texts(then.get("copy", nothing), ROUTES, "a route"))),
            scale=self.scales.get(urgency, self.scales["normal"]),
            conditions=tuple(
                sorted(read.texts(conditions, self.vocabulary.conditions, "a condition with words"))
            ),
            additions=self._additions(then.get("additions", nothing)),
            fix=read.one(fix, self.vocabulary.questions, "a question") if fix else None,
            rule=rule,
            because=self.vocabulary.because.get(rule, ""),
            words=read.one(fields["words"], self.vocabulary.outcomes, "an outcome with words"),
        )

    def _additions(self, entry: Entry) -> tuple[Addition, ...]:
        names = self.reading.texts(entry, self.additions, "an addition")
        return tuple(addition for name in names for addition in self.additions[name])

    def _check_rows(self, entry: Entry, rows: tuple[Row, ...]) -> None:
        numbers = [row.number for row in rows]
        for number in sorted({n for n in numbers if numbers.count(n) > 1}):
            self.reading.faults.add(entry, f"row {number} is there twice")
        if not rows or rows[-1].when != ALWAYS:
            self.reading.faults.add(entry, "the last row must decide whatever is left: when: {}")
