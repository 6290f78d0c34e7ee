"""The decision table: rows tried in order, whose conditions are true, false or not yet known.

A truth is one number, so that a table is weighed in one pass: `FALSE` (0), `TRUE` (-1), or the
questions it still hangs on, one bit each. A state says for each question which options are still
possible, again one bit each: one bit for an answer that is known, all of them for one that is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FALSE: Final = 0
TRUE: Final = -1
OUTCOMES: Final = ("share", "do_not_share", "escalate")
ROUTES: Final = ("dsl", "head", "chair", "lado", "dpo")
URGENCIES: Final = ("now", "high", "normal")

State = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Answered:
    """True when a question's answer is one of `options`; `mask` and `bit` say the same in bits."""

    question: str
    options: tuple[str, ...]
    mask: int
    bit: int

    def weigh(self, state: State) -> int:
        possible = state[self.question]
        if not possible & self.mask:
            return FALSE
        return TRUE if not possible & ~self.mask else self.bit


@dataclass(frozen=True, slots=True)
class Every:
    """True when all its parts are; with no parts, always."""

    parts: tuple[When, ...]

    def weigh(self, state: State) -> int:
        hanging = 0
        for part in self.parts:
            truth = part.weigh(state)
            if truth == FALSE:
                return FALSE
            if truth != TRUE:
                hanging |= truth
        return hanging or TRUE


@dataclass(frozen=True, slots=True)
class Either:
    """True when one of its parts is."""

    parts: tuple[When, ...]

    def weigh(self, state: State) -> int:
        hanging = FALSE
        for part in self.parts:
            truth = part.weigh(state)
            if truth == TRUE:
                return TRUE
            hanging |= truth
        return hanging


@dataclass(frozen=True, slots=True)
class Not:
    part: When

    def weigh(self, state: State) -> int:
        truth = self.part.weigh(state)
        return ~truth if truth in (FALSE, TRUE) else truth


@dataclass(frozen=True, slots=True)
class Named:
    """A condition with a name of its own, such as `harmish`."""

    name: str
    part: When

    def weigh(self, state: State) -> int:
        return self.part.weigh(state)


When = Answered | Every | Either | Not | Named
ALWAYS: Final = Every(())

Whole = tuple[str, str, tuple[str, ...], str, tuple[str, ...], str | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the table advises. `copy` and `conditions` are sorted; `fix` is a question id."""

    outcome: str
    route: str
    copy: tuple[str, ...]
    urgency: str
    conditions: tuple[str, ...]
    fix: str | None
    row: int
    rule: int
    because: str

    @property
    def whole(self) -> Whole:
        """The six values that make two verdicts the same, whichever row they came from."""
        return self.outcome, self.route, self.copy, self.urgency, self.conditions, self.fix

    def as_json(self) -> dict[str, str | int | list[str] | None]:
        """The verdict under the names of the command line and of the stored record."""
        return {
            "outcome": self.outcome,
            "route": self.route,
            "copy": list(self.copy),
            "urgency": self.urgency,
            "conditions": list(self.conditions),
            "fix": self.fix,
            "row": self.row,
            "rule": self.rule,
            "because": self.because,
        }


@dataclass(frozen=True, slots=True)
class Scale:
    """One urgency when something holds, and another otherwise."""

    name: str
    urgency: str
    when: When
    otherwise: str


@dataclass(frozen=True, slots=True)
class Addition:
    """A condition that a row adds when something holds."""

    condition: str
    when: When


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `words` names the outcome words that go with it."""

    number: int
    when: When
    outcome: str
    route: str
    copy: tuple[str, ...]
    scale: Scale
    conditions: tuple[str, ...]
    additions: tuple[Addition, ...]
    fix: str | None
    rule: int
    because: str
    words: str

    def hangs_on(self, state: State) -> int:
        """The questions that the row's own verdict still hangs on, one bit each."""
        urgency = self.scale.when.weigh(state)
        hanging = FALSE if urgency == TRUE else urgency
        for addition in self.additions:
            truth = addition.when.weigh(state)
            if truth != TRUE:
                hanging |= truth
        return hanging

    def verdict(self, state: State) -> Verdict:
        """The row's verdict; what is not yet known counts as not met."""
        high = self.scale.when.weigh(state) == TRUE
        urgency = self.scale.urgency if high else self.scale.otherwise
        added = (a.condition for a in self.additions if a.when.weigh(state) == TRUE)
        return self.saying(urgency, (*self.conditions, *added))

    def saying(self, urgency: str, conditions: tuple[str, ...]) -> Verdict:
        """The row's verdict with this urgency and these conditions."""
        return Verdict(
            self.outcome,
            self.route,
            self.copy,
            urgency,
            tuple(sorted(set(conditions))),
            self.fix,
            self.number,
            self.rule,
            self.because,
        )


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in order; the first whose `when` is true decides, and the last one always is."""

    rows: tuple[Row, ...]

    def verdict(self, state: State) -> Verdict:
        """The verdict of a state in which every question has one possible option."""
        for row in self.rows[:-1]:
            if row.when.weigh(state) == TRUE:
                return row.verdict(state)
        return self.rows[-1].verdict(state)

    def hangs_on(self, state: State) -> int:
        """The questions, one bit each, that the verdict may still hang on; FALSE when settled.

        Sound: a question left out can no longer change the verdict, whatever the others turn out
        to be. A row that is still open does not count when it says what all open rows after it say.
        A question too many is named only where a row hangs on it that an earlier open row would
        hide. On a walk through `england-2024`, page by page, that never happens
        (`tests/test_rules_walks.py` goes every way there is); of partial answers drawn by chance
        about one in a thousand is of that kind.
        """
        hanging, rest = FALSE, None
        for row, truth in reversed(self._open_rows(state)):
            own = row.hangs_on(state)
            if truth == TRUE:
                hanging, rest = own, None if own else row.verdict(state).whole
            elif own or rest is None or row.verdict(state).whole != rest:
                hanging, rest = hanging | truth | own, None
        return hanging

    def _open_rows(self, state: State) -> list[tuple[Row, int]]:
        found = []
        for row in self.rows:
            truth = row.when.weigh(state)
            if truth != FALSE:
                found.append((row, truth))
            if truth == TRUE:
                break
        return found
