"""The history of a training: its entries, and their form on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from digitlab.formatting import MISSING, format_count, format_number
from digitlab.frames import make_frame
from digitlab.notebook import table_html

if TYPE_CHECKING:
    import pandas

__all__ = [
    "History",
    "HistoryEntry",
    "describe_overfitting",
    "history_from_csv",
    "history_to_csv",
    "mean_entry",
    "monitored_value",
]


@dataclass(frozen=True)
class HistoryEntry:
    """One line of the training history: metrics after some steps, by default after each epoch.

    Attributes:
        entry: Number of the entry, from 1.
        step: Steps taken so far.
        epoch: Passes over the training examples so far; not always whole.
        learning_rate: Of the last step.
        train_loss: Mean loss over the batches since the entry before, as it was minimized (with dropout,
            augmentation and label smoothing), in nats.
        train_accuracy: Accuracy in the same passes, in [0, 1].
        validation_loss: Mean log loss on the validation split, in nats; None without one.
        validation_accuracy: Accuracy on it; None without one.
        extra_loss: Mean log loss on the extra split, in nats; None without one.
        extra_accuracy: Accuracy on it; None without one.
    """

    entry: int
    step: int
    epoch: float
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    extra_loss: float | None = None
    extra_accuracy: float | None = None


class History(tuple[HistoryEntry, ...]):
    """The entries of a training, in order: a tuple with a table for notebooks and pandas."""

    __slots__ = ()

    @property
    def best(self) -> HistoryEntry | None:
        """The entry with the lowest validation loss; None without a validation split."""
        validated = [entry for entry in self if entry.validation_loss is not None]
        return min(validated, key=lambda entry: monitored_value(entry, "validation_loss"), default=None)

    def to_frame(self) -> pandas.DataFrame:
        """The entries as a pandas data frame: a row for each, a column for each attribute that has a value.

        Raises:
            SettingError: If pandas is not installed.
        """
        return make_frame([asdict(entry) for entry in self], columns=self._columns())

    def _columns(self) -> list[str]:
        """The attributes that have a value in some entry."""
        return [name for name in COLUMNS if any(getattr(entry, name) is not None for entry in self)]

    def __repr__(self) -> str:
        if self.best is None:
            return f"History({format_count(len(self), 'entry', 'entries')})"
        return (
            f"History({format_count(len(self), 'entry', 'entries')}, lowest validation loss "
            f"{self.best.validation_loss:.4f} at entry {self.best.entry})"
        )

    def _repr_html_(self) -> str:
        columns = self._columns()
        rows = [[_cell(getattr(entry, name)) for name in columns] for entry in self]
        if len(rows) > SHOWN:
            rows = [*rows[: SHOWN // 2], ["…"] * len(columns), *rows[-SHOWN // 2 :]]
        return table_html(repr(self), columns, rows)


def _cell(value: float | None) -> str:
    return MISSING if value is None else format_number(value)


def monitored_value(entry: HistoryEntry, metric: str) -> float:
    """A metric of an entry, signed so that smaller is better.

    Args:
        entry: The entry.
        metric: A loss or an accuracy: the name of one of its attributes.

    Raises:
        ValueError: If the entry does not have it.
    """
    value: float | None = getattr(entry, metric)
    if value is None:
        raise ValueError(f"a history entry without {metric}")
    return -value if metric.endswith("accuracy") else value


SHOWN = 20
"""Most entries of a history that a notebook shows."""
WORSE = 0.05
"""Share by which a validation loss above its lowest counts as worse."""

COLUMNS = [field.name for field in fields(HistoryEntry)]


def describe_overfitting(history: Sequence[HistoryEntry], label_smoothing: float = 0.0) -> str:
    """One sentence if a training overfits: validation gets worse while training still gets better.

    That is when the last validation loss is more than 5 % above its lowest, at least two entries and a tenth
    of all after it, and the training loss has fallen since.

    Args:
        history: All entries.
        label_smoothing: Of the training. With it, the log loss of the validation digits is not what was
            minimized, and may rise for other reasons.

    Returns:
        The sentence; empty if it does not overfit, there is label smoothing, or no validation digits.
    """
    if not history or label_smoothing or history[-1].validation_loss is None:
        return ""
    best = min(history, key=lambda entry: monitored_value(entry, "validation_loss"))
    last = history[-1]
    assert best.validation_loss is not None
    assert last.validation_loss is not None
    worse = last.validation_loss > (1 + WORSE) * best.validation_loss
    if last.entry - best.entry < max(2, len(history) / 10) or not worse or last.train_loss >= best.train_loss:
        return ""
    return (
        f"It overfits: since entry {best.entry} the validation loss rose from {best.validation_loss:.4f} to "
        f"{last.validation_loss:.4f}, while the training loss fell from {best.train_loss:.4f} to "
        f"{last.train_loss:.4f}."
    )


def mean_entry(entries: Sequence[HistoryEntry]) -> HistoryEntry:
    """The mean of the same entry of several networks; None where one of them has no value.

    Args:
        entries: One for each network, at least one; number, steps and learning rate are the first's.
    """
    mean: dict[str, Any] = {}
    for name in COLUMNS[4:]:
        values = [getattr(entry, name) for entry in entries]
        mean[name] = None if None in values else sum(values) / len(values)
    return replace(entries[0], **mean)


def history_to_csv(history: Sequence[HistoryEntry]) -> str:
    """The history as CSV with a header; a missing figure is an empty cell; floats in full."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(entry) for entry in history)
    return text.getvalue()


def history_from_csv(text: str) -> History:
    """Reads what `history_to_csv` wrote.

    Raises:
        ValueError: If the header or a cell is not as written.
    """
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != COLUMNS:
        raise ValueError(f"columns {reader.fieldnames}, not {COLUMNS}")
    return History(
        HistoryEntry(
            entry=int(row["entry"]),
            step=int(row["step"]),
            **{name: float(row[name]) if row[name] else None for name in COLUMNS[2:]},  # type: ignore[arg-type]
        )
        for row in reader
    )
