"""Runs side by side: the settings in which they differ, and their metrics."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digitlab.runs.folder import Run
from digitlab.settings import to_dict

__all__ = ["RunTable", "compare_runs"]

Row = dict[str, Any]
SPLITS = ("validation", "test", "train")


@dataclass(frozen=True)
class RunTable:
    """A table of runs.

    Attributes:
        sorted_by: The accuracy by which the best comes first: of the first of validation, test and
            train that every run has.
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

    def as_text(self) -> str:
        """The table as aligned text."""
        lines = [self.columns, *([_cell(row[name]) for name in self.columns] for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )


def compare_runs(runs: Sequence[Run]) -> RunTable:
    """Sets finished runs side by side.

    Raises:
        RunError: If a run is not finished.
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
    rows.sort(key=lambda row: -row[shared[0]])
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return RunTable(shared[0], columns, [{name: row.get(name) for name in columns} for row in rows])


def _settings(run: Run) -> Row:
    facts = run.config
    return {
        "network": facts.network,
        **facts.options,
        **to_dict(facts.recipe),
        **{f"data {name}": value for name, value in to_dict(facts.data).items()},
    }


def _metrics(run: Run) -> Row:
    metrics = run.metrics()
    splits = [split for split in SPLITS if split in metrics["splits"]]
    figures = {
        f"{split} {word}": metrics["splits"][split][word.replace(" ", "_")]
        for split in splits
        for word in ("accuracy", "log loss")
    }
    return {**figures, "parameters": metrics["parameters"], "train seconds": metrics["train_seconds"]}


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e-3 or abs(value) >= 1 else f"{value:.4f}"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)
