"""The history of a training: its entries, and their form on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

__all__ = ["HistoryEntry", "history_from_csv", "history_to_csv"]


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


COLUMNS = [field.name for field in fields(HistoryEntry)]


def history_to_csv(history: Sequence[HistoryEntry]) -> str:
    """The history as CSV with a header; a missing figure is an empty cell; floats in full."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(entry) for entry in history)
    return text.getvalue()


def history_from_csv(text: str) -> list[HistoryEntry]:
    """Reads what `history_to_csv` wrote.

    Raises:
        ValueError: If the header or a cell is not as written.
    """
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != COLUMNS:
        raise ValueError(f"columns {reader.fieldnames}, not {COLUMNS}")
    return [
        HistoryEntry(
            entry=int(row["entry"]),
            step=int(row["step"]),
            **{name: float(row[name]) if row[name] else None for name in COLUMNS[2:]},  # type: ignore[arg-type]
        )
        for row in reader
    ]
