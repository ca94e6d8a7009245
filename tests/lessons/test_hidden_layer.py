"""What the checks of lesson `hidden-layer` say of right and wrong answers."""

import re

import numpy as np
import pytest

from digitlab.lessons.checking import check_answer
from digitlab.lessons.exercises.hidden_layer import EXERCISES


def _hidden(ink, weights, bias):
    return max((ink * weights).sum() + bias, 0)


LABELS = np.array([3, 3, 3, 7, 7, 7, *range(10)])
OUTPUTS = {"outputs": np.array([5.0, 6, 7, 1, 2, 40, 2, 2, 2, 6, 2, 2, 2, 2, 1, 2]), "labels": LABELS}
"""The median of 3 is 6, that of 7 is 2, for all its one large output; of 8 it is 1."""
CONFUSION = {
    "confusion": np.diag([5, 5, 5, 0, 5, 0, 5, 5, 5, 5]) + np.outer(np.arange(10) == 5, np.arange(10) == 3)
}
"""5 is never predicted; 3 is, but never correctly."""
LINES = {
    "weights": np.array([0.0, 1, 2, 0, 0, 0, 0, 0, 0, 0.5]),
    "biases": np.array([3.0, 0, -6, 0, 0, 0, 0, 0, 0, -9]),
    "largest": 10.0,
}
"""0 wins up to an output of 3, then 1 up to 6, then 2; the others nowhere."""
BIASES = {"biases": np.array([0, 1, 2, 0.5, 0, -3, 0, 0, 0, 0])}
SEARCH = {
    "widths": [10, 20, 30, 40],
    "means": [0.90, 0.955, 0.96, 0.94],
    "stds": [0.05, 0.001, 0.01, 0.03],
}
"""The limit is 0.96 - 0.01 = 0.95."""
RATIOS = {"ratios": np.array([0.5, 0.3, 0.1, 0.06, 0.04] + [0.0] * 95)}
"""Three explain 90 %, four 96 %."""


@pytest.mark.parametrize(
    ("exercise", "answer", "given", "right", "says"),
    [
        ("parameters", lambda i, h: (i + 1) * h + (h + 1) * 10, {}, True, "115,510"),
        ("parameters", lambda i, h: i * h + h * 10, {}, False, "biases are missing"),
        ("parameters", lambda i, h: (i + 1) * h + h * 10, {}, False, "of the outputs are missing"),
        ("parameters", lambda i, h: i * h + (h + 1) * 10, {}, False, "of the hidden units are missing"),
        ("parameters", lambda i, h: (i + 1) * h, {}, False, "output layer"),
        ("parameters", lambda i, h: 785 * h + (h + 1) * 10, {}, False, "784 inputs always"),
        ("parameters", lambda i, h: h, {}, False, "= 805"),
        ("parameters", lambda i, h: None, {}, False, "return"),
        ("parameters", lambda i, h: ..., {}, None, "three dots"),
        ("hidden output", _hidden, {}, True, "0 if that is negative"),
        ("hidden output", lambda i, w, b: (i * w).sum() + b, {}, False, "ReLU is missing"),
        ("hidden output", lambda i, w, b: max((i * w).sum(), 0), {}, False, "bias is missing"),
        ("hidden output", lambda i, w, b: _hidden(i / 255, w, b + 1), {}, False, "= 4"),
        ("hidden output", lambda i, w, b: (i / 255 * w).sum() + b, {}, False, "divide by 255"),
        ("hidden output", lambda i, w, b: i * w, {}, False, r"shape \(28, 28\)"),
        ("looks for", 3, OUTPUTS, True, "6.00"),
        ("looks for", 7, OUTPUTS, False, "single image"),
        ("looks for", 8, OUTPUTS, False, "responds least"),
        ("looks for", 1, OUTPUTS, False, "for each digit"),
        ("looks for", 12, OUTPUTS, False, "no digit"),
        ("never predicted", [5], CONFUSION, True, "Never predicted: 5"),
        ("never predicted", {3, 5}, CONFUSION, False, "predicted for other digits"),
        ("never predicted", [5, 1], CONFUSION, False, "1 is predicted 5 times"),
        ("never predicted", [], CONFUSION, False, "1 digits are missing"),
        ("never predicted", [5, 11], CONFUSION, False, "11 is no digit"),
        ("never predicted", 5, CONFUSION, False, "no list"),
        ("order", [0, 1, 2], LINES, True, "on top"),
        ("order", [2, 1, 0], LINES, False, "begin with"),
        ("order", [0, 2], LINES, False, "1 is missing: it wins on 30%"),
        ("order", [0, 1, 2, 9], LINES, False, "9 wins nowhere"),
        ("order", [0, 1, 0, 2], LINES, False, "twice"),
        ("order", [1, 0, 2], LINES, False, "at 0 it is 0"),
        ("order", "many", LINES, False, "no list"),
        ("both silent", 2, BIASES, True, "largest, 2.00"),
        ("both silent", 5, BIASES, False, "smallest bias"),
        ("both silent", 1, BIASES, False, "another digit has 2.00"),
        ("tied widths", [20, 30], SEARCH, True, "2 of 4"),
        ("tied widths", [20], SEARCH, False, "30, is one of them"),
        ("tied widths", [30], SEARCH, False, "1 widths are missing"),
        ("tied widths", [30, 40], SEARCH, False, "that of the best"),
        ("tied widths", [10, 20, 30], SEARCH, False, "10 is further away"),
        ("tied widths", [25], SEARCH, False, "none of the widths"),
        ("tied widths", 30, SEARCH, False, "no list"),
        ("components", 4, RATIOS, True, "4 components explain 96.00%"),
        ("components", 3, RATIOS, False, "begin at 0"),
        ("components", 5, RATIOS, False, "4 are enough"),
        ("components", 95, RATIOS, False, "number of components"),
        ("components", 1, RATIOS, False, "explain 50.0%"),
        ("components", 0, RATIOS, False, "add up"),
        ("pixel position", lambda p: (p % 28, p // 28), {}, True, "x is the column"),
        ("pixel position", lambda p: (p // 28, p % 28), {}, False, "mirrored"),
        ("pixel position", lambda p: (p % 20, p // 20), {}, False, r"position\(30\) is \(10.0, 1.0\)"),
    ],
)
def test_answers(exercise, answer, given, right, says):
    found = check_answer(exercise, EXERCISES[exercise], answer, **given)
    assert found.right is right, found.message
    assert re.search(says, found.message), found.message


def test_a_digit_that_hardly_wins_may_be_left_out():
    narrow = {
        "weights": np.array([0.0, 1, 2] + [0.0] * 7),
        "biases": np.array([3.0, 0, -3.05] + [-9.0] * 7),  # 1 wins from 3 to 3.05 of 10
        "largest": 10.0,
    }
    for answer in ([0, 2], [0, 1, 2]):
        assert check_answer("order", EXERCISES["order"], answer, **narrow).right
