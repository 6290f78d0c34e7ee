"""`sharecheck rules`: check, try, draw and compare rule packs on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, NoReturn, TextIO

import typer

if TYPE_CHECKING:
    from bot.rulepack_diff import Comparison, Difference
    from bot.rules import RulePack, Verdict

DEFAULT_PACK = "england-2024"
SHOWN = 20
_NOTHING_WRONG, _FAULTS, _BAD_INPUT = 0, 1, 2

app = typer.Typer(
    name="rules",
    help="Check, try, draw and compare rule packs.",
    no_args_is_help=True,
    add_completion=False,
)

_PackArgument = Annotated[str, typer.Argument(metavar="[FILE]", help="A rule pack's file or name.")]
_PackOption = Annotated[str, typer.Option("--pack", metavar="FILE", help="A pack's file or name.")]


class BadAnswers(Exception):
    """Raised when a set of answers cannot be read; `problem` says why in a few words."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@app.command()
def check(pack: _PackArgument = DEFAULT_PACK) -> None:
    """Refuse a pack with unknown ids, unreachable rows, options or words without effect.

    Every set of answers is tried. Exit 0: sound; 1: faults, one a line; 2: no such pack.
    """
    from bot.rulepack_check import refusals
    from bot.rulepack_file import PackRefused
    from bot.rules import load_pack

    try:
        read = _found(load_pack, pack)
        faults = refusals(read)
    except PackRefused as refused:
        faults = refused.faults
    for fault in faults:
        typer.echo(_fault(pack, fault.line, fault.place, fault.problem))
    if faults:
        typer.echo(f"{pack}: {len(faults)} {'fault' if len(faults) == 1 else 'faults'}", err=True)
        raise typer.Exit(_FAULTS)
    typer.echo(_summary(read))


@app.command()
def decide(
    answers: Annotated[
        str | None, typer.Option("--json", help='One set of answers: {"danger": "no", ...}')
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--jsonl", metavar="FILE", help="One set of answers a line; - is standard input."
        ),
    ] = None,
    pack: _PackOption = DEFAULT_PACK,
) -> None:
    """Print what the pack advises, as one line of JSON for each set of answers.

    A missing answer counts as the cautious one. Bad answers are named, and end it with exit 2.
    With --jsonl, the verdicts of the lines before a bad one are printed, and nothing after it.
    """
    if (answers is None) == (file is None):
        _give_up("give either --json or --jsonl")
    read = _usable(pack)
    if answers is not None:
        try:
            typer.echo(verdict_line(read, answers))
        except BadAnswers as bad:
            _give_up(bad.problem)
    elif file == "-":
        _decide_lines(read, sys.stdin.buffer)
    else:
        with _opened(str(file)) as lines:
            _decide_lines(read, lines)


@app.command()
def graph(pack: _PackArgument = DEFAULT_PACK) -> None:
    """Draw the decision table as a Mermaid flowchart."""
    from bot.rulepack_graph import draw_table

    typer.echo(draw_table(_usable(pack)), nl=False)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A rule pack's file or name.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    show_all: Annotated[bool, typer.Option("--all", help="Show every pair of verdicts.")] = False,
) -> None:
    """Tell for which answers two packs give different verdicts. Every set of answers is tried."""
    from bot.rules import differences

    old, new = _usable(before), _usable(after)
    found = differences(old, new)
    for line in _compared(old, new, found):
        typer.echo(line)
    shown = found.differences if show_all else found.differences[:SHOWN]
    for difference in shown:
        typer.echo(_difference(difference))
    if rest := found.differences[len(shown) :]:
        typer.echo(
            f"and {len(rest)} pairs more, {sum(d.count for d in rest)} sets: --all shows them"
        )


def verdict_line(pack: RulePack, answers: str | bytes) -> str:
    """The verdict on one JSON object of answers, as one line of JSON. Raises BadAnswers."""
    from bot.rules import UnknownAnswer
    from bot.rules import decide as decide_answers

    try:
        read = json.loads(answers, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise BadAnswers(f"not JSON: {error}") from error
    if not isinstance(read, dict):
        raise BadAnswers('not an object of answers, such as {"danger": "no"}')
    try:
        return json.dumps(decide_answers(pack, read).as_json())
    except UnknownAnswer as unknown:
        raise BadAnswers(_unknown(pack, unknown.question, unknown.option)) from unknown


def write_verdicts(pack: RulePack, lines: Iterable[bytes], out: TextIO) -> None:
    """Write one verdict a line. Raises BadAnswers at the first bad line; those before it stay."""
    for number, line in enumerate(lines, start=1):
        try:
            out.write(verdict_line(pack, line) + "\n")
        except BadAnswers as bad:
            done = f"lines before it: {number - 1} decided; from line {number} on: nothing decided"
            raise BadAnswers(f"line {number}: {bad.problem}\n{done}") from bad


def _decide_lines(pack: RulePack, lines: Iterable[bytes]) -> None:
    try:
        write_verdicts(pack, lines, sys.stdout)
    except BadAnswers as bad:
        _give_up(bad.problem)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadAnswers(f"{twice} is answered twice")
    return found


def _unknown(pack: RulePack, question: str, option: object) -> str:
    if question not in pack.questions:
        return f"unknown question {_shown(question)}: there are {', '.join(pack.questions)}"
    options = ", ".join(pack.masks[question])
    return f"unknown option {_shown(option)} for {question}: there are {options}"


def _shown(value: object) -> str:
    """A value that came from outside, short and without control characters."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:60] + "..."  # noqa: PLR2004 - a line's worth


def _usable(name: str) -> RulePack:
    from bot.rulepack_file import PackRefused
    from bot.rules import load_pack

    try:
        return _found(load_pack, name)
    except PackRefused as refused:
        faults = (_fault(name, f.line, f.place, f.problem) for f in refused.faults)
        _give_up("\n".join(faults))


def _found(load: Callable[[str], RulePack], name: str) -> RulePack:
    from bot.rulepack_file import UnknownPack

    try:
        return load(name)
    except UnknownPack as unknown:
        _give_up(f"no rule pack {name}: give a .yaml file, or one of {', '.join(unknown.known)}")


def _opened(file: str) -> BinaryIO:
    try:
        return Path(file).open("rb")
    except OSError as error:
        _give_up(f"{file}: {error.strerror}")


def _give_up(problem: str) -> NoReturn:
    typer.echo(problem, err=True)
    raise typer.Exit(_BAD_INPUT)


def _fault(source: str, line: int, place: str, problem: str) -> str:
    where = f"{source}:{line}" if line else source
    return ": ".join(part for part in (where, place, problem) if part)


def _summary(pack: RulePack) -> str:
    from bot.answer_sets import AnswerSets

    return (
        f"{pack.id} version {pack.version} is sound: {len(pack.questions)} questions, "
        f"{len(pack.table.rows)} rows, {AnswerSets.of(pack).count} sets of answers tried, "
        f"digest {pack.digest}"
    )


def _compared(old: RulePack, new: RulePack, found: Comparison) -> Iterable[str]:
    differing = sum(d.count for d in found.differences)
    names = f"{old.id} version {old.version} -> {new.id} version {new.version}"
    yield f"{names}: {differing} of {found.count} sets of answers get another verdict"
    if old.digest == new.digest:
        yield "the two packs are the same"
    elif not differing:
        yield "they differ in words, order or layout of the table alone"
    for label, only in (("first", found.only_before), ("second", found.only_after)):
        if only:
            yield f"only in the {label}, and not compared: {', '.join(only)}"


def _difference(difference: Difference) -> str:
    return (
        f"{difference.count}: {_verdict(difference.before)} -> {_verdict(difference.after)}\n"
        f"    such as {json.dumps(difference.example)}"
    )


def _verdict(verdict: Verdict) -> str:
    copy = [f"copy {'+'.join(verdict.copy)}"] if verdict.copy else []
    fix = [f"fix {verdict.fix}"] if verdict.fix else []
    parts = (verdict.outcome, verdict.route, *copy, verdict.urgency, *verdict.conditions, *fix)
    return f"[row {verdict.row}] {' '.join(parts)}"
