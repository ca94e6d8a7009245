"""Mistakes of one network: the worst of them in words, and two digits that it takes for each other."""

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
    """One digit that was misread.

    Attributes:
        index: Which of the digits, from 0.
        label: What it is.
        prediction: What it was read as.
        probability: What the network gave to the digit it read, in [0, 1].
        label_probability: What it gave to the label, in [0, 1].
    """

    index: int
    label: int
    prediction: int
    probability: float
    label_probability: float

    def lines(self, place: str) -> tuple[str, str, str]:
        """What it said, what it is, and which digit of `place` it was."""
        return (
            f"said {self.prediction} ({format_probability(self.probability)})",
            f"is {self.label} ({format_probability(self.label_probability)})",
            f"{place} #{self.index}",
        )

    def words(self, place: str) -> str:
        """The mistake in one line: `said 4 (0.97), is 9 (0.02), test #2447`."""
        return ", ".join(self.lines(place))


class PairPanels(NamedTuple):
    """Where two digits were read rightly and taken for each other: four arrays of indices, each `(n,)`.

    Attributes:
        a_as_a: Digits a that were read as a.
        a_as_b: Digits a that were read as b.
        b_as_a: Digits b that were read as a.
        b_as_b: Digits b that were read as b.
    """

    a_as_a: NDArray[np.int64]
    a_as_b: NDArray[np.int64]
    b_as_a: NDArray[np.int64]
    b_as_b: NDArray[np.int64]


def find_misclassifications(
    logits: NDArray[np.floating], labels: NDArray[np.int64]
) -> tuple[Misclassification, ...]:
    """Every digit that was misread, worst first.

    The worst is the one whose wrong digit was given the highest probability: there the network was
    surest of what is not so. Of equals the one whose label was given the least comes first, then the
    one with the lowest index.

    Args:
        logits: `(n, 10)`; of equal largest logits the lowest digit is read.
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
    """The two digits most often taken for each other, both ways together; None if none ever was.

    Args:
        counts: `(10, 10)` counts; rows are the truth, columns what was read.

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
    """Where the two digits of `pair` were read rightly, and where one was taken for the other.

    Args:
        labels: `(n,)`, what each digit is.
        predictions: `(n,)`, what it was read as.
        pair: a and b.
    """
    a, b = pair
    return PairPanels(
        *(np.flatnonzero((labels == true) & (predictions == read)) for true in (a, b) for read in (a, b))
    )
