"""Calibration: by hand, against a plain bootstrap, and where the truth is known."""

import numpy as np
import pytest
import torch

from digitlab.errors import DataError, ModelError
from digitlab.evaluation.calibration import brier_score, calibration_error, fit_temperature


def test_the_error_by_hand():
    # Two bins of three: confidences .5 .6 .7 (mean .6), 1 of 3 right; .8 .9 1 (mean .9), all right.
    # |1/3 - .6| * 3/6 + |1 - .9| * 3/6 = .2667 / 2 + .1 / 2 = .18333
    confidence = np.array([0.9, 0.5, 1.0, 0.7, 0.8, 0.6])
    correct = np.array([True, False, True, True, True, False])
    found = calibration_error(confidence, correct, bins=2)
    assert found.ece == pytest.approx(0.183333, abs=1e-6)
    assert [each.n for each in found.bins] == [3, 3]
    assert [each.confidence for each in found.bins] == pytest.approx([0.6, 0.9])
    assert [each.accuracy for each in found.bins] == pytest.approx([1 / 3, 1])


def test_bins_hold_equally_many_and_there_are_no_more_than_predictions():
    random = np.random.default_rng(0)
    sizes = [each.n for each in calibration_error(random.random(1000), np.ones(1000, bool)).bins]
    assert (len(sizes), sum(sizes)) == (15, 1000)
    assert max(sizes) - min(sizes) <= 1
    single = calibration_error(np.array([0.75]), np.array([True]))
    assert (single.ece, len(single.bins)) == (0.25, 1)


def _sample(random, n, too_confident):
    """Predictions that are right less often than they say, by so much."""
    confidence = random.uniform(0.6, 1, n)
    return confidence, random.random(n) < confidence - too_confident


def test_the_interval_is_about_that_of_a_plain_bootstrap():
    random = np.random.default_rng(1)
    confidence, correct = _sample(random, 3000, 0.08)
    found = calibration_error(confidence, correct)
    drawn = []
    for _ in range(300):
        chosen = random.integers(0, 3000, 3000)
        drawn.append(calibration_error(confidence[chosen], correct[chosen]).ece)
    high = np.quantile(drawn, 0.975)
    theirs = (2 * found.ece - high, high)
    assert found.ece_ci95 == pytest.approx(theirs, abs=0.2 * (high - found.ece))


@pytest.mark.parametrize("too_confident", [0.0, 0.02, 0.05])
def test_the_interval_holds_the_true_error(too_confident):
    """In 90 of 100 samples at least; of perfect calibration the estimate itself is always too large."""
    random = np.random.default_rng(2)
    held = 0
    for _ in range(100):
        low, high = calibration_error(*_sample(random, 2000, too_confident)).ece_ci95
        held += low <= too_confident <= high
    assert held >= 90


def test_the_brier_score_by_hand():
    probabilities = np.zeros((2, 10))
    probabilities[0, :3] = 0.7, 0.1, 0.2  # the truth is 0: .3^2 + .1^2 + .2^2 = .14
    probabilities[1, :2] = 0.5, 0.5  # the truth is 2: .25 + .25 + 1 = 1.5
    assert brier_score(probabilities, np.array([0, 2])) == pytest.approx((0.14 + 1.5) / 2)
    assert brier_score(np.full((1, 10), 0.1), np.array([3])) == pytest.approx(0.9)


@pytest.mark.parametrize("columns", [10, 11])
@pytest.mark.parametrize("scale", [0.3, 1.0, 5.0])
def test_the_temperature_of_scaled_logits_is_that_of_an_optimizer(columns, scale):
    random = np.random.default_rng(3)
    calibrated = random.normal(scale=2, size=(4000, columns))
    chances = torch.softmax(torch.from_numpy(calibrated[:, :10]), 1).numpy()
    labels = (chances.cumsum(axis=1) < random.random((4000, 1))).sum(axis=1).clip(0, 9)
    outputs = calibrated * scale
    log_t = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_t], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        logits = torch.from_numpy(outputs) / log_t.exp()
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels))
        loss.backward()
        return loss

    optimizer.step(closure)
    found = fit_temperature(outputs, labels)
    assert found == pytest.approx(float(log_t.detach().exp()), rel=1e-3)
    if columns == 10:
        assert found == pytest.approx(scale, rel=0.1)


def test_what_no_temperature_fits():
    labels = np.arange(10)
    with pytest.raises(DataError, match="all 10 digits are predicted correctly"):
        fit_temperature(np.eye(10), labels)
    with pytest.raises(ModelError, match="shape"):
        fit_temperature(np.zeros((10, 3)), labels)
