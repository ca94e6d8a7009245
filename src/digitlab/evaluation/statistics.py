"""Statistics: confidence intervals of a proportion, mean and standard deviation of a sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["SampleStats", "clopper_pearson_interval", "mean_interval", "sample_stats", "wilson_interval"]

NORMAL_95 = 1.959963984540054


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927).

    Args:
        correct: Successes, 0 to `n`.
        n: Trials, at least 1.

    Returns:
        Lowest and highest proportion that the count does not rule out at 5 %, in [0, 1].
    """
    share, squared = correct / n, NORMAL_95**2
    middle = (share + squared / (2 * n)) / (1 + squared / n)
    half = NORMAL_95 / (1 + squared / n) * math.sqrt(share * (1 - share) / n + squared / (4 * n * n))
    # Without rounding the interval holds the share itself and stays within 0 and 1.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def clopper_pearson_interval(errors: int, n: int) -> tuple[float, float]:
    """The exact 95 % interval of a proportion (Clopper and Pearson 1934).

    It suits rare errors: with 0 errors of `n` it is 0 to about 3.7 / n.

    Args:
        errors: Events, 0 to `n`.
        n: Trials, at least 1.
    """
    from scipy.special import betaincinv  # takes 0.1 s to import

    low = float(betaincinv(errors, n - errors + 1, 0.025)) if errors else 0.0
    high = float(betaincinv(errors + 1, n - errors, 0.975)) if errors < n else 1.0
    return low, high


@dataclass(frozen=True)
class SampleStats:
    """Sample statistics of one number that was measured several times, for example over seeds.

    Attributes:
        n: Number of values.
        mean: Their mean.
        std: Their sample standard deviation (divided by n - 1); 0.0 when n is 1.
        values: The values, in the order measured.
    """

    n: int
    mean: float
    std: float
    values: tuple[float, ...]


def sample_stats(values: Sequence[float]) -> SampleStats:
    """Mean and standard deviation of `values`, which holds at least one."""
    n, mean = len(values), math.fsum(values) / len(values)
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1)) if n > 1 else 0.0
    return SampleStats(n, mean, std, tuple(values))


def mean_interval(stats: SampleStats) -> tuple[float, float]:
    """The 95 % interval of a mean by Student's t: where other seeds would put the mean, n at least 2."""
    from scipy.stats import t  # takes half a second to import

    half = float(t.ppf(0.975, stats.n - 1)) * stats.std / math.sqrt(stats.n)
    return stats.mean - half, stats.mean + half
