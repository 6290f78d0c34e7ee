"""A rule pack that stands in for one that is gone: words for a case, and never another meaning."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from bot.case import Case
from bot.decision_table import Row, Table, Verdict
from bot.rulepack import Option, Question, RulePack, Wording, Words

_RECORDED = "recorded"


def stand_in(pack: RulePack, case: Case) -> RulePack:
    """`pack` with what it lacks to show a case that was recorded under another one.

    What it no longer has is shown as its code. The words of an outcome are its own only where a row
    still advises what the case was advised; otherwise they are the reason that was recorded with
    the case. To be shown, never to decide by: its table is no longer the pack's.
    """
    verdict = case.advice
    row = _row_that_says(pack, verdict)
    row_doubts = {n: line for n, line in pack.row_doubts.items() if n != verdict.row}
    if row is not None and row.because == verdict.because and row.number in pack.row_doubts:
        row_doubts[verdict.row] = pack.row_doubts[row.number]
    return replace(
        pack,
        questions={**pack.questions, **_questions(pack, case.answers)},
        conditions={**{c: c for c in verdict.conditions}, **pack.conditions},
        doubts={**_doubts(pack, verdict), **pack.doubts},
        row_doubts=row_doubts,
        table=_table(pack, verdict, row),
        outcomes={**pack.outcomes, _RECORDED: _recorded(verdict)},
    )


def _row_that_says(pack: RulePack, verdict: Verdict) -> Row | None:
    """The row that can give this advice, above all the one that gives it by the same rule."""
    rows = (row for row in pack.table.rows if _says(row, verdict, pack.conditions))
    same = sorted(rows, key=lambda row: (row.rule != verdict.rule, row.number != verdict.row))
    return same[0] if same else None


def _says(row: Row, verdict: Verdict, known: Container[str]) -> bool:
    """Whether a row can give this advice. A condition that is not known may be one of the row's
    under an older name, where number and reason say that it is the same row.
    """
    given = {c for c in verdict.conditions if c in known}
    renamed = len(verdict.conditions) - len(given)
    always = set(row.conditions)
    same_row = (row.number, row.because) == (verdict.row, verdict.because)
    return (
        (row.outcome, row.route, row.copy, row.fix)
        == (verdict.outcome, verdict.route, verdict.copy, verdict.fix)
        and verdict.urgency in {row.scale.urgency, row.scale.otherwise}
        and given <= always | {addition.condition for addition in row.additions}
        and len(always - given) <= renamed
        and (same_row or not renamed)
    )


def _table(pack: RulePack, verdict: Verdict, row: Row | None) -> Table:
    """The rows, with the case's own number for the one whose words it gets."""
    others = tuple(r for r in pack.table.rows if r.number != verdict.row)
    words = row or replace(pack.table.rows[-1], outcome="", words=_RECORDED)
    return Table((*others, replace(words, number=verdict.row)))


def _recorded(verdict: Verdict) -> Words:
    said = Wording(verdict.outcome, "{why}")
    return Words(said, before=None, outside=None, with_conditions=None, not_mended=None)


def _doubts(pack: RulePack, verdict: Verdict) -> Mapping[str, str]:
    unknown = (c for c in verdict.conditions if c not in pack.conditions)
    return {c: c for c in unknown if verdict.outcome == "escalate"}


def _questions(pack: RulePack, answers: Mapping[str, str]) -> Mapping[str, Question]:
    """The questions that were answered otherwise than they can be now, with codes for labels."""
    added = {}
    for question, option in answers.items():
        asked = pack.questions.get(question) or Question(question, question, "", (), option, ())
        if option not in {known.id for known in asked.options}:
            options = (*asked.options, Option(option, option))
            added[question] = replace(asked, options=options)
    return added
