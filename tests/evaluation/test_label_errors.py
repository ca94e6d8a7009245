"""Labels that several networks agree in doubting."""

import numpy as np
import pytest

from digitlab.errors import SettingError
from digitlab.evaluation import find_label_issues
from digitlab.evaluation.misclassifications import possible_label_issues, votes_needed


def logits_where(said):
    """Logits `(seeds, n, 10)`: network s gives digit `said[s][i]` to image i, nine to one over all others."""
    logits = np.zeros((len(said), len(said[0]), 10))
    for seed, row in enumerate(said):
        # softmax of ln 81 beside nine zeros: 81 / 90 = 0.9, and 0.1 / 9 = 0.0111 for each other
        logits[seed, np.arange(len(row)), row] = np.log(81)
    return logits


SAID = [
    [1, 4, 4, 5, 2],
    [1, 4, 4, 5, 3],
    [1, 4, 4, 5, 4],
    [1, 4, 4, 9, 5],
    [1, 4, 9, 9, 6],
]
LABELS = np.array([1, 9, 9, 9, 9])


def test_nearly_all_must_say_the_same():
    found = find_label_issues(logits_where(SAID), LABELS)
    # image 0 is read as its label; image 3 is doubted by three only; image 4 by all, but they do not agree
    assert [(each.index, each.label, each.prediction, each.votes) for each in found] == [
        (1, 9, 4, 5),
        (2, 9, 4, 4),
    ]
    first, second = found
    assert (first.probability, first.label_probability) == pytest.approx((0.9, 0.1 / 9))
    # four networks give the label 0.1 / 9 and one 0.9: (4 x 0.0111 + 0.9) / 5 = 0.1889
    assert second.label_probability == pytest.approx((4 * 0.1 / 9 + 0.9) / 5)
    assert second.format("test") == "label 9 (0.19), 4 of 5 say 4 (0.72), test #2"


def test_equals_come_in_the_order_of_the_digits():
    found = find_label_issues(logits_where([[4, 4, 4], [4, 4, 4]]), np.array([9, 8, 7]))
    assert [each.index for each in found] == [0, 1, 2]


def test_part_of_the_digits_keep_their_numbers():
    kept = np.array([1, 4])
    found = find_label_issues(logits_where(SAID)[:, kept], LABELS, kept)
    assert [each.index for each in found] == [1]
    assert found == find_label_issues(logits_where(SAID), LABELS)[:1]


def test_what_some_networks_read_rightly_need_not_be_read_by_the_others():
    # one of five may dissent; the first two of these networks both read image 3 as its label
    logits = logits_where(SAID)[::-1][:2]
    assert possible_label_issues(logits, LABELS, 5).tolist() == [1, 2, 4]


def test_leaving_digits_out_early_changes_nothing():
    random = np.random.default_rng(0)
    logits, labels = random.normal(size=(5, 400, 10)), random.integers(0, 10, 400)
    logits += 3 * random.normal(size=(400, 10))  # what they have in common, so that they do agree
    whole = find_label_issues(logits, labels)
    left = possible_label_issues(logits[:2], labels, 5)
    assert len(whole) > 20
    assert len(left) < 400
    assert find_label_issues(logits[:, left], labels, left) == whole


def test_how_many_are_nearly_all():
    assert [votes_needed(seeds) for seeds in (2, 3, 4, 5, 6, 10)] == [2, 3, 4, 4, 5, 8]
    # four fifths, rounded up in whole numbers
    assert [votes_needed(seeds) for seeds in range(2, 200)] == [-(-4 * seeds // 5) for seeds in range(2, 200)]


def test_one_network_alone():
    with pytest.raises(SettingError, match="--seeds 5"):
        find_label_issues(logits_where(SAID[:1]), LABELS)
