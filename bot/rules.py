"""Deciding by a rule pack: what the answers so far advise, and what is still worth asking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.decision_table import Verdict
from bot.rulepack import Option, Page, Question, RulePack, UnknownAnswer, UnknownPage
from bot.rulepack_diff import Comparison, Difference, differences

__all__ = [
    "Comparison",
    "Difference",
    "Option",
    "Page",
    "Question",
    "RulePack",
    "UnknownAnswer",
    "UnknownPage",
    "Verdict",
    "decide",
    "differences",
    "explain",
    "known_packs_by_digest",
    "live_questions",
    "load_pack",
    "next_page",
    "settled",
]

Answers = Mapping[str, str]


def load_pack(name_or_path: str | Path = "england-2024") -> RulePack:
    """Read a rule pack by its name, or from a file when given a path.

    Raises UnknownPack when no pack has the name, and PackRefused, with file and line of every
    fault, when it cannot be used.
    """
    from bot.rulepack_reader import read_pack

    return read_pack(name_or_path)


def known_packs_by_digest(in_use: RulePack) -> dict[str, RulePack]:
    """Every pack that a case may be recorded under: those of the program, and the one in use."""
    from bot.rulepack_file import known_packs

    shipped = (load_pack(name) for name in known_packs())
    return {pack.digest: pack for pack in (*shipped, in_use)}


def decide(pack: RulePack, answers: Answers) -> Verdict:
    """What the pack advises; a missing answer counts as the cautious one. Raises UnknownAnswer."""
    return pack.table.verdict(pack.state(answers, pack.cautious))


def settled(pack: RulePack, answers: Answers) -> Verdict | None:
    """The verdict, once no missing answer can change it; None while one may.

    Outcome, route, copy, urgency, conditions and fix are then the same however the missing
    questions would be answered; row, rule and `because` are those of the cautious answers. Rows are
    weighed as true, false or not yet known (see `Table.hangs_on`), so that a verdict is at worst
    called settled late, never early. Raises UnknownAnswer.
    """
    state = pack.state(answers, pack.open)
    return None if pack.table.hangs_on(state) else decide(pack, answers)


def next_page(pack: RulePack, answers: Answers, after: str | None = None) -> Page | None:
    """The first page with an unanswered question that may change the verdict; None when settled.

    With `after`, the page just submitted, answers of later pages are not counted (going back keeps
    them only to be filled in again), and the tick list of people comes up in its turn. Questions of
    an `always` page are asked whatever they may change. Raises UnknownAnswer, UnknownPage.
    """
    key = ("next", after, *answers.items())
    return pack.recall(key, lambda: _find_next(pack, answers, after))


def _find_next(pack: RulePack, answers: Answers, after: str | None) -> Page | None:
    given = _given_up_to(pack, answers, after)
    live = pack.table.hangs_on(pack.state(given, pack.open))
    turn = pack.pages.index(pack.page(after)) if after else len(pack.pages)
    people = pack.people_page(given)
    for number, page in enumerate(pack.pages):
        if page is people and number > turn:
            return page
        missing = (q for q in page.questions if q.id not in given)
        if any(page.always or pack.bits[q.id] & live for q in missing):
            return page
    return None


def live_questions(pack: RulePack, answers: Answers, page: Page) -> tuple[Question, ...]:
    """The questions to show on a page: those that can still change the verdict.

    Only answers of earlier pages count, so that a page shown again asks what it asked before.
    Raises UnknownAnswer.
    """
    return pack.live_questions(answers, page)


def explain(pack: RulePack, verdict: Verdict) -> str:
    """A verdict in plain words: title, why, and a line for each condition."""
    title, _ = pack.outcome_words(verdict)
    return "\n".join((title, verdict.because, *(pack.conditions[c] for c in verdict.conditions)))


def _given_up_to(pack: RulePack, answers: Answers, after: str | None) -> Answers:
    if after is None:
        return answers
    following = pack.pages[pack.pages.index(pack.page(after)) + 1 :]
    return pack.given_before(answers, following[0]) if following else answers
