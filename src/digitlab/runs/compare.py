"""Comparison of runs: a table of the settings in which they differ, and of their metrics."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digitlab.arguments import check_arguments
from digitlab.errors import RunError
from digitlab.evaluation import mean_interval, sample_stats
from digitlab.formatting import MISSING, format_count
from digitlab.notebook import table_html
from digitlab.runs.evaluations import read_evaluations
from digitlab.runs.folder import Run
from digitlab.settings import to_dict
from digitlab.training import HistoryEntry
from digitlab.training.history import mean_entry

__all__ = ["RunTable", "accuracy_gap", "compare_runs", "mean_history"]

Row = dict[str, Any]
CIRCUMSTANCES = ("threads", "seeds trained together")
"""Settings that training chooses itself for several seeds; columns only where nothing else differs."""
SPLITS = ("validation", "test", "train", "extra")


@dataclass(frozen=True)
class RunTable:
    """A table of runs and of folders of runs.

    Attributes:
        sorted_by: The accuracy by which the best comes first: of the first of validation, test, other
            evaluations and training that every run has, and on the same digits if there is one.
        sorted_on: The digits of that accuracy; joined by `; ` where they are not the same in all rows.
        columns: Names of the columns. A metric of several runs is their mean; `n` is how many, and
            `METRIC sd` the standard deviation over them. `METRIC low` and `METRIC high` are the 95 % interval
            of an accuracy: of the mean over several runs (Student's t), of a single run for digits like these
            (Wilson).
        rows: One row for each run or folder; what it does not have is None.
        notes: What must be known before these figures are held against each other, in sentences.
    """

    sorted_by: str
    columns: list[str]
    rows: list[Row]
    sorted_on: str = ""
    notes: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"RunTable({format_count(len(self.rows), 'row')}, the best {self.sorted_by} first)"

    def _repr_html_(self) -> str:
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self.notes)
        return f"<div>{table_html(repr(self), self.shown, self.cells())}{notes}</div>"

    def as_csv(self) -> str:
        """The table as CSV, with a header."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

    @property
    def shown(self) -> list[str]:
        """Columns of the table as text: spread and interval stand in the cell of their metric."""
        own = {f"{name} {word}" for name in self.columns for word in ("sd", "low", "high")}
        return [name for name in self.columns if name not in own]

    @property
    def left(self) -> set[str]:
        """Columns of text, which are aligned left; the others hold numbers."""
        numbers = (int, float, type(None))
        return {name for name in self.columns if any(not isinstance(row[name], numbers) for row in self.rows)}

    def cells(self) -> list[list[str]]:
        """The rows as texts, one for each of `shown`."""
        return [[_with_spread(row, name) for name in self.shown] for row in self.rows]


def accuracy_gap(metrics: Mapping[str, Any]) -> float | None:
    """Training accuracy less validation accuracy, in [-1, 1]; large where a network overfits.

    Args:
        metrics: Of a finished run.

    Returns:
        The gap; None if the run was not evaluated on both.
    """
    splits = metrics["splits"]
    if "train" not in splits or "validation" not in splits:
        return None
    return float(splits["train"]["accuracy"] - splits["validation"]["accuracy"])


@check_arguments
def compare_runs(groups: Sequence[Run | tuple[Path, Sequence[Run]]]) -> RunTable:
    """Compares finished runs: a table of what differs between them, the best first.

    The scores that `digitlab evaluate` has saved in a run's folder are in the table, too.

    Args:
        groups: Runs, each in a row of its own; or a folder with its runs, which share a row if they differ
            in nothing but their seeds.

    Raises:
        RunError: If a run is not finished, or there is no split that every run has.
    """
    named = [row for each in groups for row in _rows(each)]
    everyone = [run for _, runs in named for run in runs]
    settings = [_group_settings(runs) for _, runs in named]
    names = list(dict.fromkeys(name for row in settings for name in row))
    differing = [name for name in names if any(row.get(name) != settings[0].get(name) for row in settings)]
    differing = [name for name in differing if name not in CIRCUMSTANCES] or differing
    several = any(len(runs) > 1 for _, runs in named)
    tested_on = {run.config.data.test for run in everyone} - {"none"}
    test = tested_on.pop() if len(tested_on) == 1 else None
    rows = [
        {
            "run": str(folder),
            **({"n": len(runs)} if several else {}),
            **{name: row.get(name) for name in differing},
            **_group_metrics(runs, test),
        }
        for (folder, runs), row in zip(named, settings, strict=True)
    ]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    evaluated = [name.removesuffix(" accuracy") for name in columns if name.endswith(" accuracy")]
    others = [name for name in evaluated if name not in SPLITS]
    shared = [
        split
        for split in ("validation", "test", *others, "train", "extra")
        if all(row.get(f"{split} accuracy") is not None for row in rows)
    ]
    if not shared:
        raise RunError("these runs have no split in common", "Compare runs that were evaluated on the same.")
    digits = {split: {_digits_of(run, split) for run in everyone} for split in shared}
    if test is not None:  # of runs without a test split, the scores on the others' count
        digits["test"] = {test}
    by = next((split for split in shared if len(digits[split]) == 1), shared[0])
    column = f"{by} accuracy"
    first = ["run", "n", column, *(f"{column} {word}" for word in ("sd", "low", "high"))]
    columns.sort(key=lambda name: first.index(name) if name in first else len(first))
    rows.sort(key=lambda row: -row[column])
    table = [{name: row.get(name) for name in columns} for row in rows]
    return RunTable(column, columns, table, "; ".join(sorted(digits[by])), _notes(digits, by))


def mean_history(runs: Sequence[Run]) -> list[HistoryEntry]:
    """The mean history of several runs, as far as all of them go.

    Args:
        runs: At least one.

    Raises:
        RunError: If a history is missing or damaged.
    """
    return [mean_entry(entries) for entries in zip(*(run.history() for run in runs), strict=False)]


def _digits_of(run: Run, split: str) -> str:
    """What the digits of a run's split are, in words that are the same for the same digits."""
    data = run.config.data
    held_out = f"{data.validation} of {data.train}" if data.holds_out else data.validation
    if split == "train":
        return f"{data.train} without {data.validation}" if data.holds_out else data.train
    return {"validation": held_out, "test": data.test, "extra": data.extra}.get(split, split)


def _notes(digits: Mapping[str, set[str]], by: str) -> list[str]:
    """Which splits are not the same digits in all rows, and what the rows are ranked by."""
    notes = []
    for split, word in (("validation", "validation"), ("test", "test"), ("train", "training")):
        if len(found := digits.get(split, ())) > 1:
            notes.append(f"The {word} digits are not the same in all rows: {'; '.join(sorted(found))}.")
    if len(digits[by]) > 1:
        notes.append(
            "So these rows are not ranked fairly: evaluate them on the same digits, which no run was trained "
            "on (digitlab evaluate RUN --data D), and compare again."
        )
    elif notes:
        notes.append(f"They are ranked by their {by} accuracy, which is of the same digits.")
    return notes


def _rows(group: Run | tuple[Path, Sequence[Run]]) -> list[tuple[Path, tuple[Run, ...]]]:
    """The rows of a run or a folder: one for runs that differ in nothing but their seeds, else one each."""
    folder, runs = (group.folder, [group]) if isinstance(group, Run) else group
    settings = [{**_settings(run), "seed": None} for run in runs]
    if all(each == settings[0] for each in settings):
        return [(folder, tuple(runs))]
    return [(run.folder, (run,)) for run in runs]


def _group_settings(runs: Sequence[Run]) -> Row:
    """What the runs of a row have in common; their seeds where there are several."""
    found = [_settings(run) for run in runs]
    return found[0] if len(runs) == 1 else {**found[0], "seed": [row["seed"] for row in found]}


def _settings(run: Run) -> Row:
    config = run.config
    return {
        "network": config.network,
        **config.options,
        **to_dict(config.recipe),
        **{f"data {name}": value for name, value in to_dict(config.data).items()},
        "initial weights": config.initial_weights,
        "seeds trained together": run.metrics()["n_stacked_seeds"],
    }


def _group_metrics(runs: Sequence[Run], test: str | None) -> Row:
    found = [_metrics(run, test) for run in runs]
    if len(found) == 1:
        return found[0]
    row: Row = {}
    for name in found[0]:
        if name.endswith((" low", " high")) or any(name not in each for each in found):
            continue
        stats = sample_stats([each[name] for each in found])
        row[name] = int(stats.mean) if name == "parameters" else stats.mean
        if name != "parameters":
            row[f"{name} sd"] = stats.std
        if name.endswith(" accuracy"):
            row[f"{name} low"], row[f"{name} high"] = mean_interval(stats)
    return row


def _metrics(run: Run, test: str | None) -> Row:
    """The metrics of a run by column; scores on the digits `test` count as its test split."""
    metrics = run.metrics()
    row: Row = {}
    for split in (split for split in SPLITS if split in metrics["splits"]):
        row |= _scores(split, metrics["splits"][split])
    gap = accuracy_gap(metrics)
    row |= {} if gap is None else {"gap": gap}
    for name, scores in read_evaluations(run.folder).items():
        if name != run.config.data.test:
            row |= _scores("test" if name == test else name, scores.to_dict())
    return {**row, "parameters": metrics["parameters"], "train seconds": metrics["train_seconds"]}


def _scores(split: str, scores: Mapping[str, Any]) -> Row:
    row = {f"{split} accuracy": scores["accuracy"]}
    if "interval" in scores:
        row[f"{split} accuracy low"], row[f"{split} accuracy high"] = scores["interval"]
    return {**row, f"{split} log loss": scores["log_loss"]}


def _with_spread(row: Row, name: str) -> str:
    text = _format_cell(row[name])
    if row.get(f"{name} sd") is not None:
        text += f" ± {_format_cell(row[f'{name} sd'])}"
    if row.get(f"{name} low") is not None:
        text += f" ({_format_cell(row[f'{name} low'])} to {_format_cell(row[f'{name} high'])})"
    return text


def _format_cell(value: object) -> str:
    if value is None:
        return MISSING
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e-3 or abs(value) >= 1 else f"{value:.4f}"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)
