"""Paired tests: is one classifier better than another on the same digits?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.formatting import format_count, format_number

__all__ = ["PairedTest", "paired_test"]

LEVEL = 0.05
RESAMPLES = 2000
Correct = NDArray[np.bool_]


@dataclass(frozen=True)
class PairedTest:
    """Two classifiers, or two groups of seeds, on the same digits.

    Attributes:
        method: `McNemar`, of two classifiers; or `bootstrap`, where one side has several seeds.
        n: How many digits.
        difference: Accuracy of the first less that of the second, mean over seeds.
        only_first: Digits that only the first has right; of two classifiers.
        only_second: Digits that only the second has right.
        p_value: Of McNemar's exact test; None for the bootstrap.
        interval: 95 % interval of the difference by the bootstrap; None for McNemar's test.
        seeds: How many each side has.
    """

    method: str
    n: int
    difference: float
    only_first: int | None = None
    only_second: int | None = None
    p_value: float | None = None
    interval: tuple[float, float] | None = None
    seeds: tuple[int, int] = (1, 1)

    @property
    def significant(self) -> bool:
        """Whether chance alone would seldom make such a difference (5 %)."""
        if self.p_value is not None:
            return self.p_value < LEVEL
        assert self.interval is not None
        return self.interval[0] > 0 or self.interval[1] < 0

    def sentence(self, first: str, second: str, digits: str) -> str:
        """The result in words."""
        if self.difference == 0:
            n = format_count(self.n, "digit")
            return f"On the {n} of {digits}, no difference: both have the same accuracy."
        points = format_number(100 * abs(self.difference), 2)
        better, worse = (first, second) if self.difference >= 0 else (second, first)
        verdict = "which chance alone would seldom make" if self.significant else "which may be chance"
        head = f"On the {format_count(self.n, 'digit')} of {digits}, "
        if self.p_value is not None:
            return (
                f"{head}only {first} is right on {self.only_first}, only {second} on {self.only_second}: "
                f"{better} is better by {points} points, {verdict} "
                f"(McNemar's exact test, p {_format_p(self.p_value)})."
            )
        assert self.interval is not None
        low, high = sorted(100 * np.sign(self.difference or 1) * np.array(self.interval))
        return (
            f"{head}{better} is better than {worse} by {points} points, {verdict} (95 % interval of the "
            f"difference {format_number(float(low), 2)} to {format_number(float(high), 2)} points, by "
            "resampling digits and seeds)."
            + (
                ""
                if min(self.seeds) > 1
                else " One side is a single run: its spread over seeds is not in it."
            )
        )


def paired_test(first: Correct, second: Correct, seed: int = 0) -> PairedTest:
    """Compares two classifiers, or groups of seeds, by which digits they have right.

    Of two classifiers: McNemar's exact test (McNemar 1947), the binomial test of the digits that only one of
    them has right. Else a bootstrap of the difference of the mean accuracies (Efron and Tibshirani 1993):
    seeds within each group and digits, the same for both, are drawn with replacement 2,000 times.

    Args:
        first: `(seeds, n)`: whether each digit is right.
        second: `(seeds, n)`, the same digits; its seeds may be another number.
        seed: Of the bootstrap.
    """
    difference = float(first.mean() - second.mean())
    n = first.shape[1]
    if len(first) == len(second) == 1:
        from scipy.stats import binomtest  # takes half a second to import

        only_first = int((first[0] & ~second[0]).sum())
        only_second = int((second[0] & ~first[0]).sum())
        total = only_first + only_second
        p_value = float(binomtest(only_first, total).pvalue) if total else 1.0
        return PairedTest("McNemar", n, difference, only_first, only_second, p_value)
    random = np.random.default_rng(seed)
    differences = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        digits = random.integers(0, n, n)
        counts = np.bincount(digits, minlength=n)
        means = [
            float(group[random.integers(0, len(group), len(group))].mean(axis=0) @ counts) / n
            for group in (first, second)
        ]
        differences[number] = means[0] - means[1]
    low, high = np.quantile(differences, (0.025, 0.975))
    return PairedTest(
        "bootstrap", n, difference, interval=(float(low), float(high)), seeds=(len(first), len(second))
    )


def _format_p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"= {format_number(value, significant=2)}"
