"""Labels that are probably wrong, by what several networks agree on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import SettingError
from digitlab.formatting import format_probability
from digitlab.probabilities import softmax

__all__ = ["MIN_AGREEMENT", "LabelIssue", "find_label_issues", "possible_label_issues", "votes_needed"]

MIN_AGREEMENT = 0.8
"""Share of the networks that must read the same other digit."""


@dataclass(frozen=True)
class LabelIssue:
    """One digit whose label is probably wrong.

    Attributes:
        index: Which of the digits, from 0.
        label: What its label says it is.
        prediction: What most networks read it as.
        votes: How many of them.
        seeds: Of how many.
        probability: What they gave to that digit, mean over all networks, in [0, 1].
        label_probability: What they gave to the label, mean over all networks, in [0, 1].
    """

    index: int
    label: int
    prediction: int
    votes: int
    seeds: int
    probability: float
    label_probability: float

    def lines(self, place: str) -> tuple[str, str, str]:
        """What its label is, what the networks say, and which digit of `place` it is."""
        return (
            f"label {self.label} ({format_probability(self.label_probability)})",
            f"{self.votes} of {self.seeds} say {self.prediction} ({format_probability(self.probability)})",
            f"{place} #{self.index}",
        )

    def words(self, place: str) -> str:
        """One line: `label 4 (0.02), 5 of 5 say 9 (0.97), test #2447`."""
        return ", ".join(self.lines(place))


def find_label_issues(
    logits: NDArray[np.floating], labels: NDArray[np.int64], indices: NDArray[np.int64] | None = None
) -> tuple[LabelIssue, ...]:
    """Digits on which nearly all networks agree on another digit than the label, most suspect first.

    The rank is the mean over networks of the probability they give to the label, lowest first: its
    "self-confidence" in Northcutt, Jiang and Chuang (2021), "Confident learning: estimating uncertainty
    in dataset labels". A low rank is a reason to look, not a proof: digits that are hard to read are
    read alike by networks that learned from the same examples.

    Args:
        logits: `(seeds, n, 10)` of at least two networks.
        labels: 0 to 9, of all digits.
        indices: `(n,)`: which of all digits the logits are of, ascending; None for all of them.

    Returns:
        Those that at least `MIN_AGREEMENT` of the networks read as the same other digit; of equally
        suspect ones that with the lowest index comes first.

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
    """Digits that `find_label_issues` can still name once only some of the networks have read them.

    So many networks have to agree that a digit which a few read as its label is out. Five networks of
    98.9 % leave 2 digits in 100 after two of them: the other three need not read the rest.

    Args:
        logits: `(k, n, 10)` of those networks that have read the digits.
        labels: `(n,)`, 0 to 9.
        seeds: How many networks there are in all.

    Returns:
        Indices, ascending.

    Raises:
        SettingError: If there are fewer than two networks.
    """
    right = (logits.argmax(axis=2) == labels).sum(axis=0)
    return np.flatnonzero(right <= seeds - votes_needed(seeds))


def votes_needed(seeds: int) -> int:
    """How many of `seeds` networks must agree before a label is suspect.

    Raises:
        SettingError: If there are fewer than two.
    """
    if seeds < 2:
        raise SettingError(
            "one network cannot agree with itself about labels",
            "Train several: digitlab train NETWORK --seeds 5, and give the folder that holds them all.",
        )
    return math.ceil(MIN_AGREEMENT * seeds)
