"""Scores of a set of predictions: accuracy, log loss, confusion matrix, per-digit figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation.statistics import wilson_interval
from digitlab.probabilities import log_softmax

__all__ = ["ClassMetrics", "ConfusionPair", "Metrics", "accuracy_and_log_loss", "compute_metrics"]


@dataclass(frozen=True)
class ClassMetrics:
    """How one digit was read. Each share is in [0, 1], and 0.0 where it would be 0 / 0.

    Attributes:
        digit: Which digit.
        n: How many there truly are.
        precision: Of those read as it, the share that is it.
        recall: Of those that are it, the share that was read as it.
        f1: Harmonic mean of the two.
    """

    digit: int
    n: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ConfusionPair:
    """One way in which digits were misread: `n` times `truth` was read as `prediction`."""

    truth: int
    prediction: int
    n: int


@dataclass(frozen=True)
class Metrics:
    """Scores of predictions against labels.

    Attributes:
        n: How many digits.
        accuracy: Share read rightly, in [0, 1].
        interval: Its 95 % interval (Wilson).
        log_loss: Mean of -ln(probability given to the label), in nats.
        confusion: `(10, 10)` counts; rows are the truth, columns what was read.
        per_digit: Precision, recall and F1 of each digit, 0 to 9.
    """

    n: int
    accuracy: float
    accuracy_ci95: tuple[float, float]
    log_loss: float
    confusion: tuple[tuple[int, ...], ...]
    per_digit: tuple[ClassMetrics, ...]

    def top_confusions(self, most: int = 10) -> list[ConfusionPair]:
        """The commonest ways of misreading, commonest first; at most `most`, none of count 0."""
        wrong = [
            ConfusionPair(truth, read, n)
            for truth, row in enumerate(self.confusion)
            for read, n in enumerate(row)
            if n and truth != read
        ]
        return sorted(wrong, key=lambda confusion: -confusion.n)[:most]

    def to_dict(self) -> dict[str, Any]:
        """The scores as plain data for JSON."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "interval": list(self.accuracy_ci95),
            "log_loss": self.log_loss,
            "confusion": [list(row) for row in self.confusion],
            "per_digit": [vars(row) for row in self.per_digit],
            "top_confusions": [vars(row) for row in self.top_confusions()],
        }


def accuracy_and_log_loss(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> tuple[float, float]:
    """The two figures that training follows: share read rightly, and mean -ln(probability).

    Args:
        logits: `(n, 10)`; of equal largest logits the lowest digit is read.
        labels: `(n,)`, 0 to 9.
    """
    chosen = np.take_along_axis(log_softmax(logits), labels[:, None], axis=1)
    return float((logits.argmax(axis=1) == labels).mean()), float(-chosen.mean())


def compute_metrics(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> Metrics:
    """All scores of predictions.

    Args:
        logits: `(n, 10)`, n at least 1.
        labels: `(n,)`, 0 to 9.
    """
    read = logits.argmax(axis=1)
    counts = np.bincount(labels * 10 + read, minlength=100).reshape(10, 10)
    accuracy, log_loss = accuracy_and_log_loss(logits, labels)
    return Metrics(
        n=len(labels),
        accuracy=accuracy,
        accuracy_ci95=wilson_interval(int(counts.trace()), len(labels)),
        log_loss=log_loss,
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
        per_digit=tuple(_class_metrics(counts, digit) for digit in range(10)),
    )


def _class_metrics(counts: NDArray[np.int64], digit: int) -> ClassMetrics:
    right = int(counts[digit, digit])
    truly, read = int(counts[digit].sum()), int(counts[:, digit].sum())
    return ClassMetrics(
        digit=digit,
        n=truly,
        precision=right / read if read else 0.0,
        recall=right / truly if truly else 0.0,
        f1=2 * right / (truly + read) if truly + read else 0.0,
    )
