"""Selective prediction: curves and thresholds by hand, intervals against scipy."""

import numpy as np
import pytest
from scipy.stats import binomtest, mannwhitneyu

from digitlab.errors import DataError, SettingError
from digitlab.evaluation.selective import (
    auroc,
    clopper_pearson_upper,
    fit_threshold_table,
    risk_at_coverage,
    risk_coverage,
)
from digitlab.evaluation.statistics import clopper_pearson_interval

CONFIDENCE = np.array([0.5, 0.9, 0.8, 0.7, 0.6])
CORRECT = np.array([True, True, False, True, False])


def test_the_curve_by_hand():
    # The most confident first: right, wrong, right, wrong, right.
    curve = risk_coverage(CONFIDENCE, CORRECT)
    assert curve.coverage == pytest.approx((0.2, 0.4, 0.6, 0.8, 1.0))
    assert curve.risk == pytest.approx((0, 1 / 2, 1 / 3, 2 / 4, 2 / 5))
    assert curve.aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2 + 2 / 5) / 5)


def test_the_order_of_equal_confidences_does_not_matter():
    confidence = np.array([0.9, 0.8, 0.8, 0.8, 0.1])
    for wrong in (1, 2, 3):
        correct = np.arange(5) != wrong
        # one error spread over the three: 0, 1/3 of 2, 2/3 of 3, 1 of 4, 1 of 5
        assert risk_coverage(confidence, correct).risk == pytest.approx((0, 1 / 6, 2 / 9, 1 / 4, 1 / 5))


def test_a_drawn_curve_is_short_and_ends_at_all_digits():
    random = np.random.default_rng(0)
    correct = random.random(5000) < 0.9
    curve = risk_coverage(random.random(5000), correct)
    assert len(curve.coverage) == len(curve.risk) <= 400
    assert (curve.coverage[-1], curve.risk[-1]) == pytest.approx((1, 1 - correct.mean()))


@pytest.mark.parametrize(
    ("coverage", "threshold", "n_answered", "errors"),
    [(1.0, 0.5, 5, 2), (0.8, 0.6, 4, 2), (0.41, 0.7, 3, 1), (0.4, 0.8, 2, 1), (0.01, 0.9, 1, 0)],
)
def test_errors_at_a_coverage_by_hand(coverage, threshold, n_answered, errors):
    found = risk_at_coverage(CONFIDENCE, CORRECT, coverage)
    assert (found.threshold, found.n_answered, found.errors) == (threshold, n_answered, errors)
    assert found.error == errors / n_answered
    assert found.interval == clopper_pearson_interval(errors, n_answered)


def test_equal_confidences_are_answered_together():
    found = risk_at_coverage(np.array([0.9, 0.8, 0.8, 0.8]), np.ones(4, bool), 0.5)
    assert (found.threshold, found.n_answered) == (0.8, 4)


def test_a_share_of_many_is_exact():
    # 0.98 * 50 is 49.00000000000001 in no rounding mode, and 0.07 * 100 is 7.000000000000001
    assert risk_at_coverage(np.arange(100) / 100, np.ones(100, bool), 0.07).n_answered == 7


@pytest.mark.parametrize("coverage", [0, -1, 1.01, float("nan")])
def test_a_coverage_outside_its_range(coverage):
    with pytest.raises(SettingError, match="coverage"):
        risk_at_coverage(CONFIDENCE, CORRECT, coverage)


@pytest.mark.parametrize(("errors", "n"), [(0, 1), (1, 1), (0, 100), (3, 100), (100, 100), (2, 9800)])
def test_intervals_are_scipys(errors, n):
    both = binomtest(errors, n).proportion_ci(0.95, method="exact")
    assert clopper_pearson_interval(errors, n) == pytest.approx((both.low, both.high), abs=1e-12)
    above = binomtest(errors, n, alternative="less").proportion_ci(0.95, method="exact")
    assert clopper_pearson_upper([errors], [n])[0] == pytest.approx(above.high, abs=1e-12)


def test_a_table_by_hand():
    """One error after the 300 most confident, one at the end: 0 of 300, 1 of 499, 2 of 500."""
    confidence = 1 - np.arange(500) / 1000
    correct = np.ones(500, bool)
    correct[[300, 499]] = False
    table = fit_threshold_table(confidence, correct, "held out", (0.004, 0.5, 0.0033, 0.001, 0.0025))
    assert (table.data, table.n) == ("held out", 500)
    assert [row.max_error for row in table.rows] == [0.5, 0.004, 0.0033, 0.0025]
    for row in table.rows[:2]:  # 2 of 500 are 0.004
        assert (row.threshold, row.coverage, row.n_answered, row.errors) == (0.0, 1.0, 500, 2)
    assert table.rows[0].upper_bound == pytest.approx(0.01254, abs=1e-5)
    for row in table.rows[2:]:  # 1 of 499 are 0.002
        assert (row.n_answered, row.errors, row.threshold) == (499, 1, confidence[498])
    assert table.threshold_for(0.003) == confidence[498]
    # 0.001: 500 digits cannot show less than one error in 500, even where there is none
    with pytest.raises(SettingError, match=r"smallest it can promise is 0\.0025"):
        table.threshold_for(0.001)


def test_every_row_of_a_table_is_the_smallest_threshold():
    random = np.random.default_rng(4)
    confidence = random.random(3000).round(2)  # many are equal
    correct = random.random(3000) < 0.9 + 0.1 * confidence
    table = fit_threshold_table(confidence, correct, "random", (0.06, 0.04, 0.02, 0.01))
    assert len(table.rows) >= 2
    for row in table.rows:
        held = []
        for threshold in np.unique(confidence):
            answered = confidence >= threshold
            errors, n = int((answered & ~correct).sum()), int(answered.sum())
            if errors / n <= row.max_error and n >= 1 / row.max_error:
                held.append((threshold, n, errors))
        threshold, n, errors = held[0]
        assert (row.n_answered, row.errors) == (n, errors)
        assert row.threshold == (threshold if n < 3000 else 0)


def test_tables_that_promise_nothing():
    with pytest.raises(DataError, match=r"the 5 digits of few cannot show an error of at most 0\.05"):
        fit_threshold_table(CONFIDENCE, CORRECT, "few")
    with pytest.raises(SettingError, match="a largest error of 1"):
        fit_threshold_table(CONFIDENCE, CORRECT, "few", (1,))


def test_auroc_is_the_rank_test_of_scipy():
    random = np.random.default_rng(5)
    digits, others = random.normal(1, 1, 300).round(1), random.normal(0, 1, 200).round(1)
    statistic = mannwhitneyu(digits, others).statistic
    assert auroc(digits, others) == pytest.approx(statistic / (300 * 200))
    assert auroc(np.array([2.0, 3.0]), np.array([1.0])) == 1
    assert auroc(np.array([1.0]), np.array([1.0, 1.0])) == 0.5
