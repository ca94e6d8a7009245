"""Classification: predicted logits, and all metrics of predictions against labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from digitlab.arguments import check_arguments
from digitlab.errors import DataError
from digitlab.evaluation.calibration import (
    Calibration,
    brier_score,
    calibration_error,
    confidence_and_correct,
)
from digitlab.evaluation.notebook import metrics_to_html
from digitlab.evaluation.selective import (
    COVERAGES,
    RiskAtCoverage,
    RiskCoverage,
    risk_at_coverage,
    risk_coverage,
)
from digitlab.evaluation.statistics import wilson_interval
from digitlab.formatting import format_accuracy, format_count
from digitlab.frames import make_frame
from digitlab.networks import Network
from digitlab.probabilities import digit_probabilities, log_softmax

if TYPE_CHECKING:
    import pandas

__all__ = [
    "ClassMetrics",
    "ConfusionPair",
    "Metrics",
    "accuracy_and_log_loss",
    "compute_metrics",
    "predict_logits",
    "predict_outputs",
]

BATCH = 1000


def predict_logits(network: Network, inputs: Tensor) -> NDArray[np.float32]:
    """Predicts logits of every input, in evaluation mode and float32.

    Args:
        network: On any device; left in the mode it was in.
        inputs: `(n, *input_shape)`, `float32`.

    Returns:
        `(n, 10)` logits.
    """
    return _run(network, network, inputs)


def predict_outputs(network: Network, inputs: Tensor) -> NDArray[np.float32]:
    """Predicts all outputs of every input: logits and, where the network has it, the one of "no digit".

    Args:
        network: As in `predict_logits`.
        inputs: As in `predict_logits`.

    Returns:
        `(n, 11)`, the last column of "no digit"; `(n, 10)` for a network of ten digits only.
    """
    return _run(network, network.outputs, inputs)


def _run(network: Network, forward: Callable[[Tensor], Tensor], inputs: Tensor) -> NDArray[np.float32]:
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        parts = [forward(part.to(device)).float().cpu() for part in inputs.split(BATCH)]
    network.train(was_training)
    outputs: NDArray[np.float32] = torch.cat(parts).numpy()
    return outputs


@dataclass(frozen=True)
class ClassMetrics:
    """Metrics of one class. Each share is in [0, 1], or None if the labels do not contain the class.

    Attributes:
        digit: The class, 0 to 9.
        n: Number of examples of this class.
        precision: Of the examples predicted as this class, the share that is of it; 0.0 if none is.
        recall: Of the examples of this class, the share predicted as it.
        f1: Harmonic mean of precision and recall.
    """

    digit: int
    n: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class ConfusionPair:
    """One cell of a confusion matrix off its diagonal: `n` digits `truth` were predicted as `prediction`."""

    truth: int
    prediction: int
    n: int


@dataclass(frozen=True)
class Metrics:
    """Classification metrics of predictions against labels.

    Attributes:
        n: Number of digits.
        accuracy: Share of correct predictions, in [0, 1].
        accuracy_ci95: 95 % confidence interval of the accuracy (Wilson).
        log_loss: Mean of -ln(probability given to the label), in nats.
        confusion: `(10, 10)` counts; rows are the truth, columns the prediction.
        per_digit: Precision, recall and F1 of each digit, 0 to 9.
        brier: Brier score: mean squared distance of the probabilities to the truth, in [0, 2].
        calibration: Expected calibration error (ECE) with its interval and bins; like log loss and Brier
            score, of the probabilities given that it is a digit.
        risk_coverage: The risk-coverage curve with the area under it.
        risk_at: The errors that are left at a coverage of 100, 99, 98, 95 and 90 %.
    """

    n: int
    accuracy: float
    accuracy_ci95: tuple[float, float]
    log_loss: float
    confusion: tuple[tuple[int, ...], ...]
    per_digit: tuple[ClassMetrics, ...]
    brier: float
    calibration: Calibration
    risk_coverage: RiskCoverage
    risk_at: tuple[RiskAtCoverage, ...]

    @property
    def ece(self) -> float:
        """Expected calibration error, 15 bins of equal mass, in [0, 1]."""
        return self.calibration.ece

    @property
    def aurc(self) -> float:
        """Area under the risk-coverage curve, in [0, 1]; smaller is better."""
        return self.risk_coverage.aurc

    def __repr__(self) -> str:
        accuracy, low, high = (
            format_accuracy(share, self.n) for share in (self.accuracy, *self.accuracy_ci95)
        )
        return (
            f"Metrics({format_count(self.n, 'digit')}: accuracy {accuracy} (95 % interval {low} to {high}), "
            f"log loss {self.log_loss:.4f})"
        )

    def _repr_html_(self) -> str:
        return metrics_to_html(self)

    def confusion_frame(self) -> pandas.DataFrame:
        """The confusion matrix as a data frame of counts.

        Returns:
            Ten rows, index `true digit` 0 to 9; ten columns, `predicted digit` 0 to 9.

        Raises:
            SettingError: If pandas is not installed.
        """
        frame = make_frame(list(self.confusion), index=range(10), columns=range(10))
        return frame.rename_axis(index="true digit", columns="predicted digit")

    def per_digit_frame(self) -> pandas.DataFrame:
        """The metrics of each digit as a data frame.

        Returns:
            Ten rows, index `digit` 0 to 9; columns `n`, `precision`, `recall` and `f1`, the last three NaN
            for a digit that the labels do not contain.

        Raises:
            SettingError: If pandas is not installed.
        """
        frame = make_frame([vars(row) for row in self.per_digit]).set_index("digit")
        return frame.astype({"precision": float, "recall": float, "f1": float})

    def to_csv(self) -> str:
        """The metrics of each digit as CSV: a line of column names, and one line for each digit.

        The columns are `digit`, `n`, `precision`, `recall`, `f1` (empty for a digit that the labels do not
        contain), and `predicted_0` to `predicted_9`: the digit's row of the confusion matrix.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = ["digit", "n", "precision", "recall", "f1"]
        writer.writerow(columns + [f"predicted_{digit}" for digit in range(10)])
        for row, counts in zip(self.per_digit, self.confusion, strict=True):
            writer.writerow([row.digit, row.n, row.precision, row.recall, row.f1, *counts])
        return text.getvalue()

    @check_arguments
    def top_confusions(self, most: int = 10) -> list[ConfusionPair]:
        """The most frequent confusions, most frequent first; at most `most`, none of count 0."""
        wrong = [
            ConfusionPair(truth, read, n)
            for truth, row in enumerate(self.confusion)
            for read, n in enumerate(row)
            if n and truth != read
        ]
        return sorted(wrong, key=lambda confusion: -confusion.n)[:most]

    def to_dict(self) -> dict[str, Any]:
        """The metrics as plain data for JSON."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "interval": list(self.accuracy_ci95),
            "log_loss": self.log_loss,
            "ece": self.ece,
            "ece_interval": list(self.calibration.ece_ci95),
            "brier": self.brier,
            "aurc": self.aurc,
            "confusion": [list(row) for row in self.confusion],
            "per_digit": [vars(row) for row in self.per_digit],
            "top_confusions": [vars(row) for row in self.top_confusions()],
            "risk_at": [
                {**vars(each), "interval": list(each.interval), "error": each.error} for each in self.risk_at
            ],
            "reliability": [vars(each) for each in self.calibration.bins],
        }


def accuracy_and_log_loss(
    logits: NDArray[np.floating], labels: NDArray[np.int64], temperature: float = 1.0
) -> tuple[float, float]:
    """Accuracy and log loss: the share of correct predictions, and the mean of -ln(p of the label) in nats.

    Args:
        logits: `(n, classes)`; of equal largest logits the lowest is the prediction.
        labels: `(n,)`, 0 to classes - 1.
        temperature: By which the logits are divided for the log loss.
    """
    logs = log_softmax(logits if temperature == 1 else logits / temperature)
    chosen = np.take_along_axis(logs, labels[:, None], axis=1)
    return float((logits.argmax(axis=1) == labels).mean()), float(-chosen.mean())


@check_arguments
def compute_metrics(
    logits: NDArray[np.floating], labels: NDArray[np.int64], temperature: float = 1.0
) -> Metrics:
    """Computes all metrics of predictions.

    All that is labeled is a digit. So log loss, Brier score and calibration are those of the ten digits'
    probabilities, given that it is one; but the confidence by which an answer is withheld, and so risk
    against coverage, is what remains beside the probability of "no digit".

    Args:
        logits: `(n, 10)`, n at least 1; or `(n, 11)`, where the last column is the logit of "no digit".
        labels: `(n,)`, whole numbers from 0 to 9.
        temperature: By which the logits are divided before their softmax; see `fit_temperature`.

    Raises:
        DataError: If shapes or labels are not as above.
        ModelError: If the temperature is not a finite number above 0.
    """
    if (
        logits.ndim != 2
        or logits.shape[1] not in (10, 11)
        or labels.shape != logits.shape[:1]
        or not len(labels)
    ):
        raise DataError(
            f"logits of shape {logits.shape} and labels of shape {labels.shape}",
            "Give logits (n, 10) and n labels, n at least 1.",
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > 9:
        raise DataError(f"labels of type {labels.dtype}, or beyond 0 to 9", "Give whole numbers from 0 to 9.")
    read = logits[:, :10].argmax(axis=1)
    given_digit = digit_probabilities(logits[:, :10], temperature)[0]
    confidence, correct = confidence_and_correct(digit_probabilities(logits, temperature)[0], labels)
    counts = np.bincount(labels * 10 + read, minlength=100).reshape(10, 10)
    accuracy, log_loss = accuracy_and_log_loss(logits[:, :10], labels, temperature)
    return Metrics(
        n=len(labels),
        accuracy=accuracy,
        accuracy_ci95=wilson_interval(int(counts.trace()), len(labels)),
        log_loss=log_loss,
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
        per_digit=tuple(_class_metrics(counts, digit) for digit in range(10)),
        brier=brier_score(given_digit, labels),
        calibration=calibration_error(given_digit.max(axis=1), correct),
        risk_coverage=risk_coverage(confidence, correct),
        risk_at=tuple(risk_at_coverage(confidence, correct, coverage) for coverage in COVERAGES),
    )


def _class_metrics(counts: NDArray[np.int64], digit: int) -> ClassMetrics:
    right = int(counts[digit, digit])
    truly, read = int(counts[digit].sum()), int(counts[:, digit].sum())
    if not truly:
        return ClassMetrics(digit, n=0, precision=None, recall=None, f1=None)
    return ClassMetrics(
        digit=digit,
        n=truly,
        precision=right / read if read else 0.0,
        recall=right / truly,
        f1=2 * right / (truly + read),
    )
