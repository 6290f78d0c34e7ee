"""A rule pack: pages of questions, a decision table and the words that go with its verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.decision_table import TRUE, State, Table, Verdict, When

Found = TypeVar("Found")


class UnknownAnswer(Exception):
    """Raised when a question is not in the pack, or not one of its options was given."""

    def __init__(self, question: str, option: object) -> None:
        super().__init__(question, option)
        self.question = question
        self.option = option


class UnknownPage(Exception):
    """Raised when a page is not in the pack."""

    def __init__(self, page: str) -> None:
        super().__init__(page)
        self.page = page


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its options; `blank` is the cautious option that an empty answer counts as."""

    id: str
    text: str
    help: str
    options: tuple[Option, ...]
    blank: str
    options_where_head_is_dsl: tuple[Option, ...]

    def offered(self, *, head_is_dsl: bool) -> tuple[Option, ...]:
        """The options to show; where one person is head and DSL, only the head is offered."""
        return self.options_where_head_is_dsl if head_is_dsl else self.options


@dataclass(frozen=True, slots=True)
class TickList:
    """The words of the page where people are ticked who must not see the case."""

    question: str
    nobody: str
    button: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the walk. `when` says where a page without questions comes up."""

    id: str
    title: str
    help: str
    questions: tuple[Question, ...]
    rule: int | None
    always: bool
    when: When
    tick_list: TickList | None

    @property
    def people(self) -> bool:
        """Whether this is the tick list of people who must not see the case."""
        return self.tick_list is not None


@dataclass(frozen=True, slots=True)
class Box:
    """A box to type in: its label and the line beneath."""

    label: str
    help: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A title and a text; `{...}` is filled in by whoever shows it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads about an outcome, and which other words stand in for these, and when.

    `before` is for as long as nothing has been sent, `outside` for a route whose people are not in
    chat, `elsewhere` for another route than the verdict's. `with_conditions` and `not_mended` name
    the words to use instead.
    """

    usual: Wording
    before: Wording | None
    outside: Wording | None
    with_conditions: str | None
    not_mended: str | None
    elsewhere: Wording | None = None

    @property
    def all(self) -> tuple[Wording, ...]:
        return tuple(w for w in (self.usual, self.before, self.outside, self.elsewhere) if w)


@dataclass(frozen=True, slots=True)
class RecordOnly:
    """Options that lead to the same verdict everywhere, and why that is right."""

    question: str
    options: tuple[str, ...]
    why: str


@dataclass(frozen=True, eq=False)
class RulePack:
    """All that a rule-pack file says, read and joined up. `digest` is the file's, in hex.

    `masks`, `open` and `cautious` are the answers as `bot.decision_table` wants them: each option's
    bit, all options of a question, and the option of a blank.
    """

    id: str
    version: str
    digest: str
    notice: str
    guidance: Mapping[str, str]
    switches: Mapping[str, bool]
    pages: tuple[Page, ...]
    questions: Mapping[str, Question]
    record_only: tuple[RecordOnly, ...]
    table: Table
    whys: Mapping[int, str]
    sources: Mapping[int, str]
    conditions: Mapping[str, str]
    only_if_told: frozenset[str]
    doubts: Mapping[str, str]
    row_doubts: Mapping[int, str]
    told: Mapping[str, str]
    boxes: Mapping[str, Box]
    outcomes: Mapping[str, Words]
    bits: Mapping[str, int]
    masks: Mapping[str, Mapping[str, int]]
    open: Mapping[str, int]
    cautious: Mapping[str, int]

    def page(self, page: str) -> Page:
        """The page with an id. Raises UnknownPage."""
        found = self.page_or_none(page)
        if found is None:
            raise UnknownPage(page)
        return found

    def page_or_none(self, page: str) -> Page | None:
        for one in self.pages:  # asked some thirty times a page turn
            if one.id == page:
                return one
        return None

    def people_page(self, answers: Mapping[str, str]) -> Page | None:
        """The tick list of people who must not see the case, where these answers call for it."""
        state = self.state(answers, self.open)
        lists = (p for p in self.pages if p.people and p.when.weigh(state) == TRUE)
        return next(lists, None)

    def check_answer(self, question: str, option: object) -> None:
        """Raises UnknownAnswer unless the option is one of the question's."""
        if not isinstance(option, str) or option not in self.masks.get(question, ()):
            raise UnknownAnswer(question, option)

    def state(self, answers: Mapping[str, str], otherwise: State) -> State:
        """The answers for the table, the missing ones from `otherwise`. Raises UnknownAnswer."""
        state = dict(otherwise)
        for question, option in answers.items():
            try:
                state[question] = self.masks[question][option]
            except (KeyError, TypeError):
                raise UnknownAnswer(question, option) from None
        return state

    def live_questions(self, answers: Mapping[str, str], page: Page) -> tuple[Question, ...]:
        """The questions of a page that can still change the verdict, given the pages before it.

        Answers of the page itself and of later ones do not count. Raises UnknownAnswer.
        """
        if page.always:
            return page.questions
        key = ("live", page.id, *answers.items())
        return self.recall(key, lambda: self._live(answers, page))

    def _live(self, answers: Mapping[str, str], page: Page) -> tuple[Question, ...]:
        state = self.state(self.given_before(answers, page), self.open)
        live = self.table.hangs_on(state)
        return tuple(q for q in page.questions if self.bits[q.id] & live)

    def recall(self, key: tuple[object, ...], work: Callable[[], Found]) -> Found:
        """What the work gives; a pack that remembers does it once for each key."""
        _ = key
        return work()

    def given_before(self, answers: Mapping[str, str], page: Page) -> dict[str, str]:
        """The answers to questions of the pages before `page`. Raises UnknownAnswer for bad ids."""
        for question, option in answers.items():
            self.check_answer(question, option)
        following = self.pages[self.pages.index(page) :]
        later = {q.id for p in following for q in p.questions}
        return {q: option for q, option in answers.items() if q not in later}

    def outcome_kind(self, verdict: Verdict, *, mending: bool = True) -> str:
        """The key of the outcome words that fit a verdict of this pack.

        `mending` is whether what has to be done first is still going to be done.
        """
        row = next(r for r in self.table.rows if r.number == verdict.row)
        words = self.outcomes[row.words]
        instead = words.with_conditions if verdict.conditions else None
        instead = instead if mending else words.not_mended or instead
        return instead or row.words

    def outcome_words(
        self,
        verdict: Verdict,
        *,
        sent: bool = True,
        outside: bool = False,
        elsewhere: bool = False,
        mending: bool = True,
    ) -> tuple[str, str]:
        """Title and text that fit a verdict of this pack, `{...}` still to be filled in.

        Before it was `sent` nothing in them is done yet. `outside`: nobody there is told in chat.
        `elsewhere`: somebody else has it than the verdict says.
        """
        words = self.outcomes[self.outcome_kind(verdict, mending=mending)]
        shown = words.usual if sent else words.before or words.usual
        if sent and elsewhere and words.elsewhere:
            shown = words.elsewhere
        if outside and words.outside:
            shown = words.outside
        return shown.title, shown.text

    def doubt(self, verdict: Verdict) -> str:
        """What a verdict leaves in doubt, in a few words; empty when nothing is."""
        if verdict.row in self.row_doubts:
            return self.row_doubts[verdict.row]
        return ", ".join(self.doubts[c] for c in verdict.conditions if c in self.doubts)
