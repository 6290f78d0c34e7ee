"""Figures shown: a table on the screen, and a file that another program can read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure


def draw_table(figures: Sequence[Figure], console: Console) -> None:
    """One row a figure: value, floor, ratio of the two, target, and whether it is met."""
    table = Table(title="Sharecheck, measured here and now", show_lines=True)
    table.add_column("figure", min_width=26)
    for heading in ("value", "floor", "ratio", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("ok", no_wrap=True)
    for one in figures:
        table.add_row(
            f"[bold]{one.id}[/]\n{one.what}",
            f"{_short(one.value)} {one.unit}",
            _short(one.floor),
            _short(one.ratio),
            _target(one),
            "[green]yes[/]" if one.ok else "[red]no[/]",
        )
    console.print(table)


def write_figures(figures: Sequence[Figure], file: Path) -> None:
    """A JSON list, one object a figure."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([one.as_json() for one in figures], indent=2) + "\n", "utf-8")


def _target(figure: Figure) -> str:
    sign = ">=" if figure.higher_is_better else "<="
    unit = "x floor" if figure.of == "ratio" else figure.unit
    return f"{sign} {_short(figure.target)} {unit}"


def _short(number: float | None) -> str:
    """Three figures that matter."""
    if number is None:
        return "-"
    return f"{number:,.0f}" if number == 0 or abs(number) >= 100 else f"{number:.3g}"
