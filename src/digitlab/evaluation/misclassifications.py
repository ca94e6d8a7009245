"""Misclassifications: errors of one network, worst first, and pairs of digits that it confuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.formatting import format_probability
from digitlab.probabilities import softmax

__all__ = ["Misclassification", "PairPanels", "find_misclassifications", "most_confused", "pair_panels"]


@dataclass(frozen=True)
class Misclassification:
    """One misclassified digit.

    Attributes:
        index: Which of the digits, from 0.
        label: Its label, 0 to 9.
        prediction: The digit predicted.
        probability: Predicted probability of that digit, in [0, 1].
        label_probability: Predicted probability of the label, in [0, 1].
    """

    index: int
    label: int
    prediction: int
    probability: float
    label_probability: float

    def format_lines(self, dataset: str) -> tuple[str, str, str]:
        """The prediction, the label, and the index in `dataset`, each with its number."""
        return (
            f"said {self.prediction} ({format_probability(self.probability)})",
            f"is {self.label} ({format_probability(self.label_probability)})",
            f"{dataset} #{self.index}",
        )

    def format(self, dataset: str) -> str:
        """One line: `said 4 (0.97), is 9 (0.02), test #2447`."""
        return ", ".join(self.format_lines(dataset))


class PairPanels(NamedTuple):
    """Indices of two classes by truth and prediction: four arrays, each `(n,)`.

    Attributes:
        a_as_a: Digits a predicted as a.
        a_as_b: Digits a predicted as b.
        b_as_a: Digits b predicted as a.
        b_as_b: Digits b predicted as b.
    """

    a_as_a: NDArray[np.int64]
    a_as_b: NDArray[np.int64]
    b_as_a: NDArray[np.int64]
    b_as_b: NDArray[np.int64]


def find_misclassifications(
    logits: NDArray[np.floating], labels: NDArray[np.int64]
) -> tuple[Misclassification, ...]:
    """Finds all misclassified digits, worst first.

    The worst is the one with the highest predicted probability of the wrong digit. Of equals, the one with
    the lowest probability of its label comes first, then the one with the lowest index.

    Args:
        logits: `(n, 10)`; of equal largest logits the lowest digit is the prediction.
        labels: `(n,)`, 0 to 9.
    """
    read = logits.argmax(axis=1)
    wrong = np.flatnonzero(read != labels)
    if not len(wrong):
        return ()
    shares = softmax(logits[wrong])
    rows = np.arange(len(wrong))
    said, true = shares[rows, read[wrong]], shares[rows, labels[wrong]]
    return tuple(
        Misclassification(
            int(wrong[i]), int(labels[wrong[i]]), int(read[wrong[i]]), float(said[i]), float(true[i])
        )
        for i in np.lexsort((wrong, true, -said))
    )


def most_confused(counts: ArrayLike) -> tuple[int, int] | None:
    """The two digits most often confused with each other, both ways together; None without errors.

    Args:
        counts: `(10, 10)` counts; rows are the truth, columns the prediction.

    Returns:
        The lower digit, the higher digit; of equally frequent pairs the first in that order.
    """
    table = np.asarray(counts)
    both = np.triu(table + table.T, k=1)
    if not both.any():
        return None
    low, high = np.unravel_index(both.argmax(), both.shape)
    return int(low), int(high)


def pair_panels(
    labels: NDArray[np.int64], predictions: NDArray[np.int64], pair: tuple[int, int]
) -> PairPanels:
    """Indices of the digits of two classes, by truth and prediction.

    Args:
        labels: `(n,)`, the truth, 0 to 9.
        predictions: `(n,)`, 0 to 9.
        pair: a and b.
    """
    a, b = pair
    return PairPanels(
        *(np.flatnonzero((labels == true) & (predictions == read)) for true in (a, b) for read in (a, b))
    )
