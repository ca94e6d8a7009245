"""Misclassifications of one network, worst first, and labels that several networks agree are wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import SettingError
from digitlab.formatting import format_probability
from digitlab.probabilities import softmax

__all__ = [
    "MIN_AGREEMENT",
    "LabelIssue",
    "Misclassification",
    "PairPanels",
    "find_label_issues",
    "find_misclassifications",
    "most_confused",
    "pair_panels",
    "possible_label_issues",
    "votes_needed",
]


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


MIN_AGREEMENT = 0.8
"""Share of the networks that must predict the same other digit."""


@dataclass(frozen=True)
class LabelIssue:
    """Label issue: one digit whose label is probably wrong.

    Attributes:
        index: Which of the digits, from 0.
        label: Its label.
        prediction: The digit that most networks predict.
        votes: How many networks predict it.
        seeds: How many networks there are.
        probability: Predicted probability of that digit, mean over all networks, in [0, 1].
        label_probability: Predicted probability of the label, mean over all networks, in [0, 1].
    """

    index: int
    label: int
    prediction: int
    votes: int
    seeds: int
    probability: float
    label_probability: float

    def format_lines(self, dataset: str) -> tuple[str, str, str]:
        """The label, the prediction, and the index in `dataset`, each with its numbers."""
        return (
            f"label {self.label} ({format_probability(self.label_probability)})",
            f"{self.votes} of {self.seeds} say {self.prediction} ({format_probability(self.probability)})",
            f"{dataset} #{self.index}",
        )

    def format(self, dataset: str) -> str:
        """One line: `label 4 (0.02), 5 of 5 say 9 (0.97), test #2447`."""
        return ", ".join(self.format_lines(dataset))


def find_label_issues(
    logits: NDArray[np.floating], labels: NDArray[np.int64], indices: NDArray[np.int64] | None = None
) -> tuple[LabelIssue, ...]:
    """Finds label issues: digits for which nearly all networks predict the same other digit.

    They are ranked by the mean over networks of the predicted probability of the label, lowest first: the
    "self-confidence" of Northcutt, Jiang and Chuang (2021), "Confident learning: estimating uncertainty in
    dataset labels". An issue is a reason to look at the image, not a proof: networks that learned from the
    same examples make the same errors on digits that are hard to read.

    Args:
        logits: `(seeds, n, 10)` of at least two networks.
        labels: 0 to 9, of all digits.
        indices: `(n,)`: which of all digits the logits are of, ascending; None for all of them.

    Returns:
        Digits for which at least `MIN_AGREEMENT` of the networks predict the same other digit; of equal
        rank, the one with the lowest index first.

    Raises:
        SettingError: If there are fewer than two networks.
    """
    seeds, n = logits.shape[:2]
    indices = np.arange(n) if indices is None else indices
    labels = labels[indices]
    enough = votes_needed(seeds)
    votes = np.zeros((n, 10), dtype=np.int64)
    shares = np.zeros((n, 10))
    for each in logits:
        votes[np.arange(n), each.argmax(axis=1)] += 1
        shares += softmax(each) / seeds
    rows, read = np.arange(n), votes.argmax(axis=1)
    found = np.flatnonzero((read != labels) & (votes[rows, read] >= enough))
    order = found[np.argsort(shares[found, labels[found]], kind="stable")]
    return tuple(
        LabelIssue(
            index=int(indices[i]),
            label=int(labels[i]),
            prediction=int(read[i]),
            votes=int(votes[i, read[i]]),
            seeds=seeds,
            probability=float(shares[i, read[i]]),
            label_probability=float(shares[i, labels[i]]),
        )
        for i in order
    )


def possible_label_issues(
    logits: NDArray[np.floating], labels: NDArray[np.int64], seeds: int
) -> NDArray[np.int64]:
    """Digits that can still be label issues once some of the networks have predicted them.

    A digit whose label too many networks have predicted can no longer be one. Of five networks with 98.9 %
    accuracy, the first two leave 2 digits in 100, so that the other three need not be run on the rest.

    Args:
        logits: `(k, n, 10)` of the networks that have been run.
        labels: `(n,)`, 0 to 9.
        seeds: Number of networks in all.

    Returns:
        Indices, ascending.

    Raises:
        SettingError: If there are fewer than two networks.
    """
    right = (logits.argmax(axis=2) == labels).sum(axis=0)
    return np.flatnonzero(right <= seeds - votes_needed(seeds))


def votes_needed(seeds: int) -> int:
    """Number of networks, of `seeds`, that must agree on another digit than the label.

    Raises:
        SettingError: If there are fewer than two.
    """
    if seeds < 2:
        raise SettingError(
            "one network cannot agree with itself about labels",
            "Train several: digitlab train NETWORK --seeds 5, and give the folder that holds them all.",
        )
    return math.ceil(MIN_AGREEMENT * seeds)
