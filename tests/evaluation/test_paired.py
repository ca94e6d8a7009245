"""Paired tests: worked cases, scipy's binomial test, and what chance does."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.evaluation import paired_test


def _right(n: int, wrong: list[int]) -> np.ndarray:
    right = np.ones((1, n), dtype=bool)
    right[0, wrong] = False
    return right


def test_mcnemar_by_hand() -> None:
    # Only the first is right on 8, only the second on 1: p = 2 (C(9,0) + C(9,1)) / 2^9 = 20 / 512.
    test = paired_test(_right(100, [50]), _right(100, list(range(8))))
    assert (test.method, test.n, test.only_first, test.only_second) == ("McNemar", 100, 8, 1)
    assert test.p_value == pytest.approx(20 / 512)
    assert test.difference == pytest.approx(0.07)
    assert test.significant
    assert test.sentence("a", "b", "mnist:test") == (
        "On the 100 digits of mnist:test, only a is right on 8, only b on 1: a is better by 7.00 points, "
        "which chance alone would seldom make (McNemar's exact test, p = 0.039)."
    )


def test_the_same_predictions_are_no_difference() -> None:
    test = paired_test(_right(50, [3]), _right(50, [3]))
    assert (test.p_value, test.difference, test.significant) == (1.0, 0.0, False)


def test_the_bootstrap_sees_a_difference_and_only_one() -> None:
    random = np.random.default_rng(0)
    better, same, worse = (random.random((4, 2000)) < share for share in (0.95, 0.95, 0.90))
    found = paired_test(better, worse)
    assert found.method == "bootstrap"
    assert found.interval is not None
    assert 0 < found.interval[0] < found.difference < found.interval[1]
    assert found.significant
    assert not paired_test(better, same).significant
    turned = paired_test(worse, better)
    assert turned.difference == -found.difference
    assert "b is better than a by" in turned.sentence("a", "b", "digits")


def test_the_bootstrap_covers_the_difference_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    inside = 0
    for trial in range(40):
        first, second = (random.random((3, 300)) < share for share in (0.9, 0.85))
        low, high = paired_test(first, second, seed=trial).interval or (0.0, 0.0)
        inside += low <= 0.05 <= high
    assert inside >= 34  # 38 expected of 40; fewer than 34 by chance once in 100


def test_no_difference_is_said_to_be_none():
    right = np.array([[True, False, True, True]])
    assert paired_test(right, right).sentence("a", "b", "few") == (
        "On the 4 digits of few, no difference: both have the same accuracy."
    )
