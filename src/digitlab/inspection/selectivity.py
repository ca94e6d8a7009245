"""Class selectivity: how much a unit's activation differs between digits, and which unit prefers which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ClassSelectivity",
    "UnitPair",
    "choose_pair",
    "class_selectivity",
    "hardly_active",
    "top_activating",
    "variance_between_classes",
]


@dataclass(frozen=True, eq=False)
class ClassSelectivity:
    """How selective units are for one class.

    Attributes:
        means: `(units, 10)`: the mean activation of each unit for each class; NaN for a class without
            examples.
        preferred: `(units,)`: the class with the largest mean.
        index: `(units,)`: the class selectivity index, from 0 (no class differs) to 1 (active for one class
            only). NaN where it is not defined: where a mean is negative, or all are 0.
    """

    means: NDArray[np.float64]
    preferred: NDArray[np.int64]
    index: NDArray[np.float64]


def class_selectivity(values: NDArray[np.floating], classes: NDArray[np.int64]) -> ClassSelectivity:
    """The class selectivity index `(m - r) / (m + r)` of Morcos et al. (2018).

    The paper is "On the importance of single directions for generalization".
    `m` is the largest of a unit's class means, `r` the mean of its other class means. It is meant for
    activations that are never negative, such as those of ReLU.

    Args:
        values: `(n, units)`, activations.
        classes: `(n,)`, 0 to 9; at least one.
    """
    means = _class_means(values, classes)
    preferred = np.nanargmax(means, axis=1)
    largest = np.nanmax(means, axis=1)
    n_others = np.isfinite(means).sum(axis=1) - 1
    others = (np.nansum(means, axis=1) - largest) / np.maximum(n_others, 1)
    defined = (np.nanmin(means, axis=1) >= 0) & (largest > 0) & (n_others > 0)
    index = np.full(len(means), np.nan)
    index[defined] = (largest - others)[defined] / (largest + others)[defined]
    return ClassSelectivity(means, preferred, index)


ACTIVE = 0.01
"""The largest class mean of a unit that counts as active, as a share of the largest of its layer."""


def hardly_active(means: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Units whose activations are so small that their selectivity index says nothing.

    Args:
        means: `(units, 10)`, mean activations of all units of a layer; NaN for a class without examples.

    Returns:
        `(units,)`: whether no class mean reaches 1 % of the layer's largest, by absolute value.
    """
    largest = np.nanmax(np.abs(means), axis=1)
    few: NDArray[np.bool_] = largest <= ACTIVE * largest.max()
    return few


def variance_between_classes(values: NDArray[np.floating], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of each unit's variance that lies between classes: eta squared, from 0 to 1.

    It is the variance of the class means, each counted as often as its class occurs, over the variance of
    all values; 0 for a unit that always has the same value. Unlike the selectivity index it is defined for
    activations of both signs.

    Args:
        values: `(n, units)`.
        classes: `(n,)`, 0 to 9.

    Returns:
        `(units,)`.
    """
    means, counts = np.nan_to_num(_class_means(values, classes)), np.bincount(classes, minlength=10)
    whole = values.mean(axis=0, dtype=np.float64)
    between = ((means - whole[:, None]) ** 2 * counts).sum(axis=1) / len(values)
    total = values.var(axis=0, dtype=np.float64)
    shares: NDArray[np.float64] = np.divide(between, total, out=np.zeros_like(total), where=total > 0)
    return shares.clip(0, 1)


@dataclass(frozen=True)
class UnitPair:
    """Two units of a layer that separate digits well.

    Attributes:
        units: Which.
        digits: For which digit the mean of each is largest.
        shares: The share of the variance of each that lies between digits, eta squared.
        n: How many units the layer has.
    """

    units: tuple[int, int]
    digits: tuple[int, int]
    shares: tuple[float, float]
    n: int

    def format(self, layer: str) -> str:
        """Which units they are, and why."""
        (a, b), (x, y), (s, t) = self.units, self.digits, self.shares
        share = f"share of variance between digits (eta squared {s:.2f} and {t:.2f})"
        if self.n == 2:
            return f"units {a} and {b}, the only two of {layer}: {share}; means largest for {x} and {y}"
        which = f"whose means are largest for different digits ({x} and {y})"
        if x == y:
            which = f"whose means are largest for {x}, as those of all its units are"
        return (
            f"units {a} and {b} of {layer}: of its {self.n:,} units, those with the largest {share} "
            f"{which}; --unit A,B shows others"
        )


def choose_pair(values: NDArray[np.floating], classes: NDArray[np.int64]) -> UnitPair:
    """The two units with the largest share of variance between classes that prefer different classes.

    Args:
        values: `(n, units)`, of two units or more.
        classes: `(n,)`, 0 to 9.
    """
    shares = variance_between_classes(values, classes)
    preferred = np.nanargmax(_class_means(values, classes), axis=1)
    if len(shares) == 2:
        a, b = 0, 1
    else:
        a, *others = np.argsort(-shares, kind="stable").tolist()
        b = next((unit for unit in others if preferred[unit] != preferred[a]), others[0])
    digits = int(preferred[a]), int(preferred[b])
    return UnitPair((a, b), digits, (float(shares[a]), float(shares[b])), len(shares))


def top_activating(values: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """The examples that activate each unit most, the strongest first; of equal ones the first.

    Args:
        values: `(n, units)`.
        count: How many of each unit.

    Returns:
        `(units, min(count, n))`, indices from 0 to n - 1.
    """
    order: NDArray[np.int64] = np.argsort(-values, axis=0, kind="stable")[:count].T
    return order


def _class_means(values: NDArray[np.floating], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """`(units, 10)`, NaN for a class without examples."""
    means = np.full((values.shape[1], 10), np.nan)
    for digit in np.unique(classes):
        means[:, digit] = values[classes == digit].mean(axis=0, dtype=np.float64)
    return means
