"""A measured figure, beside its floor and its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. The target is for the value, or for the ratio of value to floor: see `of`."""

    id: str
    what: str
    value: float
    unit: str
    floor: float | None
    target: float
    higher_is_better: bool
    of: Literal["value", "ratio"] = "value"

    @property
    def ratio(self) -> float | None:
        """Value to floor, both measured in the same run."""
        return self.value / self.floor if self.floor else None

    @property
    def ok(self) -> bool:
        """Whether the target is met; a ratio without a floor never is."""
        measured = self.value if self.of == "value" else self.ratio
        if measured is None:
            return False
        return measured >= self.target if self.higher_is_better else measured <= self.target

    def as_json(self) -> dict[str, str | float | bool | None]:
        """The figure as `bench/results/latest.json` keeps it."""
        return {
            "id": self.id,
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "floor": self.floor,
            "ratio": self.ratio,
            "target": self.target,
            "ok": self.ok,
        }
