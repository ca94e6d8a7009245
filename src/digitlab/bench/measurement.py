"""A figure of a benchmark: its values, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from digitlab.evaluation import sample_stats
from digitlab.formatting import format_number

__all__ = ["Log", "Measurement"]

Log = Callable[[str], None]


@dataclass(frozen=True)
class Measurement:
    """One figure of a benchmark.

    Attributes:
        name: The benchmark and the figure, for example `time-to-99: training`.
        unit: Of the values: `s`, `ms`, `us/step`, `accuracy`, `ratio`, `images/s`, `share`,
            `kB`, `MB`, and what is counted.
        values: Each measurement, in order; at least one.
        goal: What is promised, in words; empty for a figure that is only of interest.
    """

    name: str
    unit: str
    values: Sequence[float]
    goal: str = ""

    def to_dict(self, machine: dict[str, Any]) -> dict[str, Any]:
        """The measurement as plain data for JSON, with the machine it was made on."""
        found = sample_stats(self.values)
        return {
            "name": self.name,
            "n": found.n,
            "mean": found.mean,
            "std": found.std,
            "values": list(found.values),
            "unit": self.unit,
            "goal": self.goal,
            "machine": machine,
        }

    def as_text(self) -> str:
        """One line: name, mean, standard deviation, lowest and highest, n, and what is promised."""
        found = sample_stats(self.values)
        mean, std, low, high = (
            format_number(value, significant=5)
            for value in (found.mean, found.std, min(found.values), max(found.values))
        )
        goal = f"   [{self.goal}]" if self.goal else ""
        return f"{self.name:<52} {mean} ± {std} {self.unit}  ({low} to {high}, n={found.n}){goal}"
