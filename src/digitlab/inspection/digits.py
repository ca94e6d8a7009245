"""Digits themselves: a handful drawn at random, and what each looks like on average."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["average_digits", "random_indices"]


def random_indices(n: int, number: int, seed: int) -> NDArray[np.int64]:
    """Which of `n` digits are shown: `number` different ones in random order, or all where there are fewer.

    Args:
        n: How many there are.
        number: How many are wanted.
        seed: Decides which; the same seed chooses the same.

    Returns:
        `(min(number, n),)`, each from 0 to n - 1.
    """
    return np.random.default_rng(seed).permutation(n)[:number]


def average_digits(
    images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The average image of each digit.

    Args:
        images: `(n, height, width)`, `uint8`, 0 = paper, 255 = ink.
        labels: `(n,)`, 0 to 9.

    Returns:
        The averages, `(10, height, width)`, ink in [0, 1]; paper where there is no such digit. And
        how many of each digit there are, `(10,)`.
    """
    averages = np.zeros((10, *images.shape[1:]), dtype=np.float32)
    counts = np.bincount(labels, minlength=10)
    for digit in np.flatnonzero(counts):
        averages[digit] = images[labels == digit].mean(axis=0) / 255
    return averages, counts
