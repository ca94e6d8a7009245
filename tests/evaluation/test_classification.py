"""Scores against scikit-learn, and by hand."""

import json
import math

import numpy as np
import pytest
from sklearn import metrics

from digitlab.evaluation import accuracy_and_log_loss, compute_metrics
from digitlab.probabilities import log_softmax, softmax


def _random(n, seed, digits=range(10)):
    random = np.random.default_rng(seed)
    labels = random.choice(list(digits), n).astype(np.int64)
    logits = random.normal(0, 2, (n, 10)).astype(np.float32)
    logits[np.arange(n), labels] += 2
    return logits, labels


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_scikit_learns(seed):
    # the last case has no 3 among the labels, and 7 is never read
    logits, labels = _random(500, seed, [0, 1, 2, 4, 5, 6, 7, 8, 9] if seed == 3 else range(10))
    if seed == 3:
        logits[:, 7] = -20
    read = logits.argmax(1)
    scores = compute_metrics(logits, labels)
    assert scores.n == 500
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(labels, read))
    exact = np.exp(logits.astype(np.float64))
    exact /= exact.sum(1, keepdims=True)
    assert scores.log_loss == pytest.approx(metrics.log_loss(labels, exact, labels=range(10)), rel=1e-9)
    np.testing.assert_array_equal(scores.confusion, metrics.confusion_matrix(labels, read, labels=range(10)))
    precision, recall, f1, n = metrics.precision_recall_fscore_support(
        labels, read, labels=range(10), zero_division=0
    )
    assert [row.digit for row in scores.per_digit] == list(range(10))
    assert [row.precision for row in scores.per_digit] == pytest.approx(precision)
    assert [row.recall for row in scores.per_digit] == pytest.approx(recall)
    assert [row.f1 for row in scores.per_digit] == pytest.approx(f1)
    assert [row.n for row in scores.per_digit] == n.tolist()


def test_by_hand():
    logits = np.zeros((3, 10))
    logits[0, 3] = math.log(9)  # probabilities 9/18 and nine of 1/18
    logits[1, 4] = math.log(9)
    logits[2, 4] = math.log(9)
    scores = compute_metrics(logits, np.array([3, 3, 4]))
    assert scores.accuracy == 2 / 3
    # -ln 1/2, -ln 1/18, -ln 1/2
    assert scores.log_loss == pytest.approx((2 * math.log(2) + math.log(18)) / 3)
    assert scores.confusion[3] == (0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
    assert (scores.per_digit[3].precision, scores.per_digit[3].recall) == (1.0, 0.5)
    assert scores.per_digit[3].f1 == pytest.approx(2 / 3)
    assert (scores.per_digit[9].precision, scores.per_digit[9].recall, scores.per_digit[9].f1) == (0, 0, 0)


def test_of_equal_logits_the_lowest_digit_is_read():
    scores = compute_metrics(np.zeros((4, 10)), np.array([0, 1, 0, 9]))
    assert scores.accuracy == 0.5
    assert [row[0] for row in scores.confusion] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]


def test_extreme_logits_stay_finite():
    logits = np.full((2, 10), -1e4, np.float32)
    logits[:, 2] = 1e4
    accuracy, loss = accuracy_and_log_loss(logits, np.array([2, 5]))
    assert (accuracy, loss) == (0.5, 1e4)  # 0 for the first, 2e4 for the second
    assert np.isfinite(log_softmax(logits)).all()


def test_probabilities_sum_to_one_and_are_precise():
    logits, _ = _random(50, 1)
    shares = softmax(logits)
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-12)
    # a shift of all logits changes nothing
    np.testing.assert_allclose(log_softmax(logits + 100), log_softmax(logits), atol=1e-4)


def test_top_confusions():
    labels = np.array([4] * 5 + [9] * 4 + [1] * 3)
    read = np.array([9, 9, 9, 4, 4, 4, 4, 9, 9, 1, 7, 1])
    scores = compute_metrics(np.eye(10)[read], labels)
    top = [(one.truth, one.prediction, one.n) for one in scores.top_confusions()]
    assert top == [(4, 9, 3), (9, 4, 2), (1, 7, 1)]
    assert len(scores.top_confusions(2)) == 2


def test_as_json():
    logits, labels = _random(30, 0)
    plain = json.loads(json.dumps(compute_metrics(logits, labels).to_dict(), allow_nan=False))
    assert list(plain)[:6] == ["n", "accuracy", "interval", "log_loss", "confusion", "per_digit"]
    assert plain["interval"][0] < plain["accuracy"] < plain["interval"][1]
    assert sum(map(sum, plain["confusion"])) == plain["n"] == 30
    assert plain["per_digit"][4]["digit"] == 4
