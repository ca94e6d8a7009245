"""Scores against scikit-learn, and by hand."""

import json
import math
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn import metrics

from digitlab.errors import ModelError, SettingError
from digitlab.evaluation import ClassMetrics, accuracy_and_log_loss, compute_metrics
from digitlab.probabilities import log_softmax, softmax


def _random(n, seed, digits=range(10)):
    random = np.random.default_rng(seed)
    labels = random.choice(list(digits), n).astype(np.int64)
    logits = random.normal(0, 2, (n, 10)).astype(np.float32)
    logits[np.arange(n), labels] += 2
    return logits, labels


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_scikit_learns(seed):
    # the last case has no 3 among the labels, whose metrics are undefined, and 7 is never predicted
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
    present = [row for row in scores.per_digit if row.n]
    assert [row.precision for row in present] == pytest.approx(precision[n > 0])
    assert [row.recall for row in present] == pytest.approx(recall[n > 0])
    assert [row.f1 for row in present] == pytest.approx(f1[n > 0])
    absent = [(row.precision, row.recall, row.f1) for row in scores.per_digit if not row.n]
    assert absent == [(None, None, None)] * (seed == 3)
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
    assert scores.per_digit[9] == ClassMetrics(9, n=0, precision=None, recall=None, f1=None)


def test_a_digit_that_is_never_predicted():
    # the labels 0 and 1 are both predicted as 0: no prediction is a 1, and 9 is absent from the labels
    scores = compute_metrics(np.eye(10)[[0, 0]], np.array([0, 1]))
    assert scores.per_digit[1] == ClassMetrics(1, n=1, precision=0.0, recall=0.0, f1=0.0)
    assert scores.per_digit[0] == ClassMetrics(0, n=1, precision=0.5, recall=1.0, f1=2 / 3)
    # an absent digit is undefined even where it is predicted
    scores = compute_metrics(np.eye(10)[[0, 9]], np.array([0, 0]))
    assert scores.per_digit[9] == ClassMetrics(9, n=0, precision=None, recall=None, f1=None)


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


def test_calibration_and_risk_by_hand():
    logits = np.zeros((3, 10))
    logits[0, 3] = math.log(9)  # probabilities 1/2 and nine of 1/18
    logits[1, 4] = logits[2, 4] = math.log(27)  # 3/4 and nine of 1/36
    scores = compute_metrics(logits, np.array([3, 3, 4]))
    # three bins of one: |1 - .5|, |0 - .75|, |1 - .75|
    assert scores.ece == pytest.approx(1.5 / 3)
    # right at 1/2: .25 + 9 / 18^2; wrong at 3/4: .75^2 + (35/36)^2 + 8 / 36^2; right at 3/4: .0625 + 9 / 36^2
    distances = (0.25 + 9 / 324, 0.5625 + (35 / 36) ** 2 + 8 / 1296, 0.0625 + 9 / 1296)
    assert scores.brier == pytest.approx(sum(distances) / 3)
    # one of the two most confident is wrong: 1/2, 1/2, 1/3
    assert scores.aurc == pytest.approx((1 / 2 + 1 / 2 + 1 / 3) / 3)
    assert [each.coverage for each in scores.risk_at] == [1, 0.99, 0.98, 0.95, 0.9]
    assert [each.error for each in scores.risk_at] == [1 / 3] * 5
    plain = scores.to_dict()
    assert (plain["ece"], plain["brier"], plain["aurc"]) == (scores.ece, scores.brier, scores.aurc)
    assert plain["ece_interval"][0] <= scores.ece <= plain["ece_interval"][1]
    assert [each["error"] for each in plain["risk_at"]] == [1 / 3] * 5
    assert [each["confidence"] for each in plain["reliability"]] == pytest.approx([0.5, 0.75, 0.75])


def test_a_temperature_changes_probabilities_only():
    logits, labels = _random(200, 1)
    scores, scaled = compute_metrics(logits, labels, 2.0), compute_metrics(logits / 2, labels)
    assert (scores.log_loss, scores.ece) == pytest.approx((scaled.log_loss, scaled.ece))
    assert scores.confusion == compute_metrics(logits, labels).confusion
    with pytest.raises(ModelError, match="temperature"):
        compute_metrics(logits, labels, 0)


def test_no_digit_counts_in_the_confidence_only():
    """Two digits, 3 : 1 for the label; the first looks three times as much like no digit at all."""
    outputs = np.full((2, 11), -50.0)
    outputs[0, [3, 5, 10]] = math.log(3), math.log(1), math.log(12)
    outputs[1, [3, 5]] = math.log(3), math.log(1)
    scores = compute_metrics(outputs, np.array([3, 3]))
    assert (scores.accuracy, scores.log_loss) == pytest.approx((1, math.log(4 / 3)))
    assert (scores.ece, scores.brier) == pytest.approx((0.25, 2 * 0.25**2))
    withheld = compute_metrics(outputs, np.array([5, 3])).risk_coverage  # the wrong one is the less confident
    assert withheld.risk == pytest.approx((0, 0.5))


def test_as_json():
    logits, labels = _random(30, 0)
    plain = json.loads(json.dumps(compute_metrics(logits, labels).to_dict(), allow_nan=False))
    assert list(plain)[:6] == ["n", "accuracy", "interval", "log_loss", "ece", "ece_interval"]
    assert plain["interval"][0] < plain["accuracy"] < plain["interval"][1]
    assert sum(map(sum, plain["confusion"])) == plain["n"] == 30
    assert plain["per_digit"][4]["digit"] == 4
    plain = json.loads(json.dumps(compute_metrics(np.eye(10)[[0]], np.array([0])).to_dict()))
    assert plain["per_digit"][5] == {"digit": 5, "n": 0, "precision": None, "recall": None, "f1": None}


def test_data_frames():
    labels = np.array([4] * 5 + [9] * 4)
    scores = compute_metrics(np.eye(10)[[9, 9, 4, 4, 4, 4, 9, 9, 9]], labels)
    counts = scores.confusion_frame()
    assert (counts.index.name, counts.columns.name) == ("true digit", "predicted digit")
    assert list(counts.index) == list(counts.columns) == list(range(10))
    assert (counts.loc[4, 9], counts.loc[9, 4]) == (2, 1)
    np.testing.assert_array_equal(counts.to_numpy(), scores.confusion)
    table = scores.per_digit_frame()
    assert (table.index.name, list(table.columns)) == ("digit", ["n", "precision", "recall", "f1"])
    assert list(table.index) == list(range(10))
    assert table.loc[4].tolist() == [5, 3 / 4, 3 / 5, 2 / 3]
    assert table["n"].tolist() == [0, 0, 0, 0, 5, 0, 0, 0, 0, 4]
    assert table["recall"].isna().sum() == table["precision"].isna().sum() == table["f1"].isna().sum() == 8


def test_data_frames_without_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    scores = compute_metrics(np.eye(10), np.arange(10))
    for make in (scores.confusion_frame, scores.per_digit_frame):
        with pytest.raises(SettingError) as caught:
            make()
        assert str(caught.value) == ("pandas is not installed\nInstall it: pip install 'digitlab[pandas]'.")


def test_a_short_repr():
    scores = compute_metrics(np.eye(10)[[0, 1, 2, 2]], np.array([0, 1, 2, 3]))
    # Wilson's interval of 3 in 4 is 0.301 to 0.954; the log loss of right and wrong logits of 1 and 0 is
    # ln(e + 9) - 1 and ln(e + 9), in the mean ln(e + 9) - 3 / 4 = 1.7112
    expected = "Metrics(4 digits: accuracy 75 % (95 % interval 30 % to 95 %), log loss 1.7112)"
    assert repr(scores) == expected


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.cells, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.cells.append([])
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {"td", "th"} & set(self.open):
            self.cells[-1].append(data)


def test_html_for_notebooks():
    logits, labels = _random(2000, 0)
    scores = compute_metrics(logits, labels)
    page = _Cells()
    page.feed(scores._repr_html_())
    assert page.open == []
    assert page.cells[0] == [str(digit) for digit in range(10)]
    assert [[int(cell) for cell in row] for row in page.cells[1:]] == [
        [digit, *row] for digit, row in enumerate(scores.confusion)
    ]
    assert f"accuracy {100 * scores.accuracy:.2f} % (95 % interval " in page.text
    assert f"log loss {scores.log_loss:.4f}, 2,000 digits" in page.text
