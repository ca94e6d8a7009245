"""Intervals and spreads against scipy and the standard library."""

import statistics

import pytest
from scipy.stats import binomtest

from digitlab.evaluation import sample_stats, wilson_interval


@pytest.mark.parametrize(
    ("correct", "n"), [(0, 1), (1, 1), (0, 10), (10, 10), (7, 10), (9975, 10_000), (10_000, 10_000), (1, 3)]
)
def test_wilson_is_scipys(correct, n):
    theirs = binomtest(correct, n).proportion_ci(0.95, method="wilson")
    low, high = wilson_interval(correct, n)
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= low <= correct / n <= high <= 1


def test_a_spread_is_the_standard_librarys():
    values = [0.9137, 0.9151, 0.9098, 0.9144]
    found = sample_stats(values)
    assert (found.n, found.values) == (4, tuple(values))
    assert found.mean == pytest.approx(statistics.fmean(values))
    assert found.std == pytest.approx(statistics.stdev(values))


def test_a_spread_of_one():
    assert (sample_stats([0.5]).mean, sample_stats([0.5]).std) == (0.5, 0.0)
    assert sample_stats([0.1] * 3).std == pytest.approx(0, abs=1e-15)
