"""What `fit` returns: the history, the best entry, and the time it took; and what it tells callbacks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields

from torch import Tensor
from torch.nn.functional import cross_entropy

from digitlab.networks import Network
from digitlab.training.batches import StepCounts
from digitlab.training.hardware import Hardware

__all__ = [
    "Callback",
    "FitResult",
    "HistoryEntry",
    "OnHistory",
    "StepInfo",
    "history_from_csv",
    "history_to_csv",
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


@dataclass
class StepInfo:
    """What a callback sees after every step, and the two things that it may set.

    A callback that blocks pauses the training; its time does not count as training. Where several
    processes train one network, what it sets is ignored.

    Attributes:
        networks: The networks under training, but for those that have stopped early.
        counts: How many steps there are.
        step: Steps taken.
        learning_rate: Of the step just taken.
        logits: Of the step's batch, before its update: `(R, batch, classes)`.
        labels: `(R, batch)`.
        label_smoothing: As the loss has it.
        lr_factor: May be set: all later learning rates are multiplied by it.
        stop: May be set: training ends here.
    """

    networks: Sequence[Network]
    counts: StepCounts
    step: int
    learning_rate: float
    logits: Tensor
    labels: Tensor
    label_smoothing: float
    lr_factor: float = 1.0
    stop: bool = False

    @property
    def network(self) -> Network:
        """The network, or the first of several."""
        return self.networks[0]

    @property
    def loss(self) -> Tensor:
        """Mean loss of the step just taken, `()`, in nats. `.item()` waits for the device."""
        logits, labels = self.logits.float().flatten(0, 1), self.labels.flatten()
        return cross_entropy(logits, labels, label_smoothing=self.label_smoothing)


Callback = Callable[[StepInfo], None]
OnHistory = Callable[[HistoryEntry, int], None]
"""Called with an entry and the index of the network that it is about."""


@dataclass(frozen=True)
class FitResult:
    """The result of training one network; the network itself holds the final weights.

    Attributes:
        history: Its entries, by default one for each epoch.
        hardware: Device, precision and threads.
        steps: Steps taken.
        train_seconds: Wall clock of the steps, over all resumptions; an equal share of it where several
            networks were trained together.
        evaluation_seconds: The same of evaluating between steps.
        best_entry: Number of the entry with the best monitored metric, when the recipe has patience.
        stopped_early: Whether it ended before its last step.
        step_kind: `dense` or `autograd`; see `step.py`.
        n_stacked_seeds: How many networks were trained together.
    """

    history: tuple[HistoryEntry, ...]
    hardware: Hardware
    steps: int
    train_seconds: float
    evaluation_seconds: float
    best_entry: int | None
    stopped_early: bool
    step_kind: str
    n_stacked_seeds: int
