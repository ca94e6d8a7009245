"""Comparison of runs: a table of the settings in which they differ, and of their metrics."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digitlab.errors import RunError
from digitlab.formatting import MISSING
from digitlab.runs.folder import Run
from digitlab.settings import to_dict

__all__ = ["RunTable", "compare_runs"]

Row = dict[str, Any]
SPLITS = ("validation", "test", "train", "extra")


@dataclass(frozen=True)
class RunTable:
    """A table of runs.

    Attributes:
        sorted_by: The accuracy by which the best comes first: that of the first split of validation, test
            and train that every run has.
        columns: Names of the columns.
        rows: One row for each run; what a run does not have is None.
    """

    sorted_by: str
    columns: list[str]
    rows: list[Row]

    def as_csv(self) -> str:
        """The table as CSV, with a header."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

    @property
    def left(self) -> set[str]:
        """Columns of text, which are aligned left; the others hold numbers."""
        numbers = (int, float, type(None))
        return {name for name in self.columns if any(not isinstance(row[name], numbers) for row in self.rows)}

    def cells(self) -> list[list[str]]:
        """The rows as texts, one for each column."""
        return [[_format_cell(row[name]) for name in self.columns] for row in self.rows]


def compare_runs(runs: Sequence[Run]) -> RunTable:
    """Compares finished runs: a table of what differs between them, the best first.

    Raises:
        RunError: If a run is not finished, or there is no split that every run has.
    """
    settings = [_settings(run) for run in runs]
    names = list(dict.fromkeys(name for row in settings for name in row))
    differing = [name for name in names if any(row.get(name) != settings[0].get(name) for row in settings)]
    rows = [
        {
            "run": str(run.folder),
            **{name: row.get(name) for name in differing},
            **_metrics(run),
        }
        for run, row in zip(runs, settings, strict=True)
    ]
    shared = [f"{split} accuracy" for split in SPLITS if all(f"{split} accuracy" in row for row in rows)]
    if not shared:
        raise RunError("these runs have no split in common", "Compare runs that were evaluated on the same.")
    rows.sort(key=lambda row: -row[shared[0]])
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return RunTable(shared[0], columns, [{name: row.get(name) for name in columns} for row in rows])


def _settings(run: Run) -> Row:
    config = run.config
    return {
        "network": config.network,
        **config.options,
        **to_dict(config.recipe),
        **{f"data {name}": value for name, value in to_dict(config.data).items()},
    }


def _metrics(run: Run) -> Row:
    metrics = run.metrics()
    splits = [split for split in SPLITS if split in metrics["splits"]]
    scores = {
        f"{split} {word}": metrics["splits"][split][word.replace(" ", "_")]
        for split in splits
        for word in ("accuracy", "log loss")
    }
    return {**scores, "parameters": metrics["parameters"], "train seconds": metrics["train_seconds"]}


def _format_cell(value: object) -> str:
    if value is None:
        return MISSING
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e-3 or abs(value) >= 1 else f"{value:.4f}"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)
