"""`python -m bench [--only ID]`: measure, show a table, write `bench/results/latest.json`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench import home, page, rules, slack, socket_mode, startup, storage, teams
from bench.effort import FULL, TINY, Effort, Say
from bench.figures import Figure
from bench.table import draw_table, write_figures

RESULTS = Path(__file__).parent / "results"
WIDE = 130
"""Columns of the table where there is no screen to ask."""
Measure = Callable[[frozenset[str], Effort, Say], list[Figure]]


@dataclass(frozen=True, slots=True)
class Part:
    """Figures that are measured together, by their ids."""

    ids: tuple[str, ...]
    measure: Measure


def _all_or_some(name: str, measure: Callable[[], list[Figure]]) -> Measure:
    """A measure whose load is its own: its figures come together, and those asked for stay."""

    def some(wanted: frozenset[str], _effort: Effort, say: Say) -> list[Figure]:
        say(f"measuring {name}")
        return [figure for figure in measure() if figure.id in wanted]

    return some


PARTS = (
    Part(slack.IDS, slack.measure),
    Part(socket_mode.IDS, socket_mode.measure),
    Part(teams.IDS, teams.measure),
    Part(home.IDS, home.measure),
    Part(page.IDS, page.measure),
    Part(startup.IDS, startup.measure),
    Part(("rules-decide", "rules-page-turn"), _all_or_some("rules", rules.measure)),
    Part(
        ("storage-submit", "storage-submits", "storage-outbox", "storage-verify"),
        _all_or_some("storage", storage.measure),
    ),
)
IDS = tuple(one for part in PARTS for one in part.ids)


def measure(wanted: frozenset[str], effort: Effort, say: Say) -> list[Figure]:
    """The figures with these ids, in the order of the table."""
    figures: list[Figure] = []
    for part in PARTS:
        if mine := wanted & set(part.ids):
            figures += part.measure(mine, effort, say)
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report; ends well whatever falls short."""
    given = _read(arguments)
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    wanted = frozenset(given.only or IDS)
    figures = measure(
        wanted, TINY if given.tiny else FULL, lambda words: console.print(f"... {words}")
    )
    draw_table(figures, console)
    file = given.results / "latest.json"
    write_figures(figures, file)
    console.print(f"Written to {file}")


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", metavar="ID", choices=IDS, action="append", help=", ".join(IDS))
    parser.add_argument("--tiny", action="store_true", help="a little load, to see that it works")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where latest.json goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
