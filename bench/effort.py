"""How much load the bench makes, and where it says what it is doing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]
"""Told what goes on, before anything that takes longer than a second."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Numbers of requests in a round; `rounds`: how often floor and ours take turns."""

    rounds: int
    starts: int
    commands: int
    singles: int
    turns: int
    submits: int
    paced: int
    burst: int


FULL = Effort(
    rounds=8, starts=5, commands=400, singles=60, turns=2_000, submits=300, paced=60, burst=200
)
TINY = Effort(rounds=1, starts=1, commands=8, singles=3, turns=8, submits=4, paced=2, burst=8)
"""Enough to see that the bench works; its figures mean nothing."""
