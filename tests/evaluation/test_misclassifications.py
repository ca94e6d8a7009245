"""The worst mistakes in words, and the digits that are taken for each other."""

import numpy as np
import pytest

from digitlab.evaluation import find_misclassifications, most_confused, pair_panels


def predict_logits_for(*rows):
    """Logits whose softmax gives the probabilities named, and shares the rest out evenly."""
    logits = np.zeros((len(rows), 10))
    for logit, named in zip(logits, rows, strict=True):
        rest = (1 - sum(named.values())) / (10 - len(named))
        logit[:] = np.log(rest)
        logit[list(named)] = np.log(list(named.values()))
    return logits


def test_the_surest_of_a_wrong_digit_comes_first():
    logits = predict_logits_for(
        {4: 0.6, 9: 0.2},  # said 4, is 9
        {7: 0.9},  # said 7, is 7: right
        {3: 0.97, 5: 0.02},  # said 3, is 5
        {1: 0.65, 2: 0.3},  # said 1, is 2
    )
    found = find_misclassifications(logits, np.array([9, 7, 5, 2]))
    assert [each.index for each in found] == [2, 3, 0]
    worst = found[0]
    assert (worst.label, worst.prediction) == (5, 3)
    assert (worst.probability, worst.label_probability) == pytest.approx((0.97, 0.02))
    assert worst.format("test") == "said 3 (0.97), is 5 (0.02), test #2"


def test_of_equally_sure_ones_the_least_true_comes_first():
    logits = np.zeros((3, 10))
    logits[:, 4] = 100  # 1 / (1 + 9 exp(-100)) is 1 in float64, for all three
    logits[:, 9] = -1, -2, -2
    found = find_misclassifications(logits, np.full(3, 9))
    assert [each.probability for each in found] == [1, 1, 1]
    assert [each.index for each in found] == [1, 2, 0]


def test_no_mistake_at_all():
    assert find_misclassifications(np.eye(10), np.arange(10)) == ()


def test_logits_so_large_that_their_powers_overflow():
    logits = np.zeros((1, 10), np.float32)
    logits[0, 4] = 5000
    (only,) = find_misclassifications(logits, np.array([9]))
    assert only.format("test") == "said 4 (>0.9999), is 9 (<0.0001), test #0"


def test_the_pair_most_often_confused_counts_both_ways():
    counts = np.diag(np.full(10, 100))
    counts[7, 2] = 6
    counts[4, 9], counts[9, 4] = 3, 4  # together 7, more than 6
    assert most_confused(counts) == (4, 9)
    assert most_confused(counts.T.tolist()) == (4, 9)
    assert most_confused(np.diag(np.full(10, 100))) is None


def test_the_four_panels_of_a_pair():
    labels = np.array([4, 4, 9, 9, 4, 1, 9])
    read = np.array([4, 9, 4, 9, 1, 4, 9])
    panels = pair_panels(labels, read, (4, 9))
    assert [panel.tolist() for panel in panels] == [[0], [1], [2], [3, 6]]
    assert panels.a_as_b.tolist() == [1]
    # asked the other way round, every panel is mirrored
    assert [panel.tolist() for panel in pair_panels(labels, read, (9, 4))] == [[3, 6], [2], [1], [0]]
    assert not len(pair_panels(labels, read, (0, 9)).a_as_b)
