"""A table of published values beside what a lesson has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from digitlab.notebook import table_html

if TYPE_CHECKING:
    from digitlab.report import ExperimentResult, Measurement

__all__ = ["COLUMNS", "PublishedTable", "compare_values"]

COLUMNS = ("figure", "published", "reproduced", "here")


@dataclass(frozen=True)
class PublishedTable:
    """Figures of an experiment: published, reproduced by digitlab with its whole budget, and measured here.

    Attributes:
        heading: Which experiment it is.
        rows: A text for each of the columns `figure`, `published`, `reproduced` and `here`.
    """

    heading: str
    rows: tuple[tuple[str, str, str, str], ...]

    def __repr__(self) -> str:
        lines = [f"{row[0]}: published {row[1]}, reproduced {row[2]}, here {row[3]}" for row in self.rows]
        return "\n".join([self.heading, *lines])

    def _repr_html_(self) -> str:
        return table_html(self.heading, COLUMNS, self.rows)


def compare_values(
    experiment: ExperimentResult, here: Mapping[str, float | Sequence[float]]
) -> PublishedTable:
    """Figures of an experiment beside what was measured here.

    Args:
        experiment: As `digitlab reproduce` has measured it.
        here: A value by metric, or one for each seed. Shares are fractions in [0, 1], times seconds.

    Raises:
        SettingError: If there is no such metric.
    """
    from digitlab.formatting import MISSING
    from digitlab.metrics import metric
    from digitlab.report.format import measured_text, name_text, published_text

    rows = []
    for name in dict.fromkeys([*here, *experiment.published]):
        metric(name)
        published, measured = experiment.published.get(name), experiment.measured.get(name)
        rows.append(
            (
                name_text(name),
                MISSING if published is None else published_text(name, published),
                MISSING if measured is None else measured_text(name, measured) + _n(measured),
                MISSING if name not in here else _here(name, here[name]),
            )
        )
    return PublishedTable(f"{experiment.id}: {experiment.title}", tuple(rows))


def _here(name: str, values: float | Sequence[float]) -> str:
    from digitlab.report import Measurement
    from digitlab.report.format import measured_text

    every = tuple(map(float, values)) if isinstance(values, Sequence) else (float(values),)
    std = stdev(every) if len(every) > 1 else 0.0
    measured = Measurement(mean=fmean(every), std=std, values=every)
    return measured_text(name, measured) + _n(measured)


def _n(measured: Measurement) -> str:
    return f" (n = {len(measured.values)})" if len(measured.values) > 1 else ""
