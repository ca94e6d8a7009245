"""Calibration: do probabilities say how often answers are right? ECE, Brier score, temperature scaling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DataError
from digitlab.probabilities import digit_probabilities, softmax

__all__ = [
    "Calibration",
    "ReliabilityBin",
    "brier_score",
    "calibration_error",
    "confidence_and_correct",
    "fit_temperature",
]

BINS = 15
RESAMPLES = 2000
SEED = 0
TEMPERATURES = (0.01, 100.0)
"""The range in which a temperature is looked for."""
BISECTIONS = 60


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of a reliability diagram: predictions of similar confidence.

    Attributes:
        n: Number of predictions.
        confidence: Their mean confidence, in [0, 1].
        accuracy: Share of them that is correct, in [0, 1].
    """

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """Expected calibration error with its bins.

    Attributes:
        ece: Mean over predictions of |accuracy - mean confidence| of their bin, in [0, 1].
        ece_ci95: Its 95 % interval by the bootstrap.
        bins: As many predictions in each as can be, the least confident first.
    """

    ece: float
    ece_ci95: tuple[float, float]
    bins: tuple[ReliabilityBin, ...]


def confidence_and_correct(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The confidence of each prediction, its largest digit probability; and whether it is correct.

    Args:
        probabilities: `(n, 10)` digit probabilities.
        labels: `(n,)`, 0 to 9.
    """
    return probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == labels


def calibration_error(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = BINS
) -> Calibration:
    """Expected calibration error (ECE) of the predicted class, with bins of equal mass.

    Bins of equal width would put nearly all predictions of a good network into the last bin. The estimate is
    biased upwards: chance alone gives also a perfectly calibrated network some error. For its interval, the
    number of correct predictions in each bin is drawn again 2,000 times. The upper end is the 97.5th
    percentile of the errors drawn. The lower end is as far below the estimate, as in the basic bootstrap,
    which takes the bias off; or 0, where perfect calibration gives as large an error in 2.5 % of draws or
    more.

    Args:
        confidence: `(n,)` probabilities of the predicted classes, n at least 1.
        correct: `(n,)`.
        bins: How many, at least 1; fewer where there are fewer predictions.
    """
    order = np.argsort(confidence, kind="stable")
    n = len(order)
    edges = np.linspace(0, n, min(bins, n) + 1).round().astype(int)
    counts = np.diff(edges)
    summed = np.add.reduceat(np.asarray(confidence, np.float64)[order], edges[:-1])
    right = np.add.reduceat(correct[order].astype(np.int64), edges[:-1])
    ece = float(np.abs(right - summed).sum() / n)
    random = np.random.default_rng(SEED)

    def largest(accuracy: NDArray[np.float64]) -> float:
        """The 97.5th percentile of the error where each bin has this accuracy."""
        drawn = random.binomial(counts, accuracy, (RESAMPLES, len(counts)))
        return float(np.quantile(np.abs(drawn - summed).sum(axis=1) / n, 0.975))

    half = max(0.0, largest(right / counts) - ece)
    by_chance = ece <= largest(np.minimum(summed / counts, 1.0))
    interval = (0.0 if by_chance else max(0.0, ece - half), min(1.0, ece + half))
    rows = zip(counts.tolist(), summed.tolist(), right.tolist(), strict=True)
    return Calibration(ece, interval, tuple(ReliabilityBin(m, s / m, r / m) for m, s, r in rows))


def brier_score(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Brier score of several classes (Brier 1950): mean squared distance of the probabilities to the truth.

    Args:
        probabilities: `(n, 10)` digit probabilities.
        labels: `(n,)`, 0 to 9.

    Returns:
        In [0, 2]; 0 is perfect, 0.9 is what ten equal probabilities have.
    """
    distance = np.array(probabilities, dtype=np.float64)
    distance[np.arange(len(labels)), labels] -= 1
    return float((distance**2).sum(axis=1).mean())


def fit_temperature(outputs: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Fits the temperature with the smallest log loss (temperature scaling, Guo et al. 2017).

    The log loss is convex in 1 / temperature; its slope is bisected. Fit it on held-out digits
    without augmentation: on training digits it is too small.

    Args:
        outputs: `(n, 10)` or `(n, 11)` of a model, as `digit_probabilities` takes them.
        labels: `(n,)`, 0 to 9.

    Returns:
        The temperature, between 0.01 and 100.

    Raises:
        DataError: If every digit is predicted correctly, so that ever smaller temperatures are better.
        ModelError: If `outputs` are of another shape.
    """
    digit_probabilities(outputs[:1])  # checks the shape
    logits = np.asarray(outputs, np.float64)
    own = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    if (own >= logits.max(axis=1)).all():
        raise DataError(
            f"all {len(labels)} digits are predicted correctly, which no temperature fits",
            "Give more held-out digits, some of which are mistaken.",
        )

    def slope(inverse: float) -> float:
        """The derivative of the log loss with respect to 1 / temperature."""
        return float(((softmax(logits * inverse) * logits).sum(axis=1) - own).mean())

    low, high = 1 / TEMPERATURES[1], 1 / TEMPERATURES[0]
    for _ in range(BISECTIONS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return float((low * high) ** -0.5)
