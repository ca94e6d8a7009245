"""What the checks of lesson `crash-course` say of right and wrong answers."""

import re

import numpy as np
import pytest

import digitlab
from digitlab.lessons.checking import check_answer
from digitlab.lessons.exercises.crash_course import EXERCISES
from digitlab.runs import DataConfig
from digitlab.training import Recipe

IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[:7] = 9  # a quarter is ink
CONFUSION = np.diag([50] * 10)
CONFUSION[4, 9], CONFUSION[9, 4], CONFUSION[7, 2] = 6, 5, 8


def _rows(labels, shift=0):
    return np.eye(10)[(labels + shift) % 10]


@pytest.mark.parametrize(
    ("exercise", "answer", "given", "right", "says"),
    [
        ("share of zeros", 0.75, {"image": IMAGE}, True, "75.0%"),
        ("share of zeros", 0.25, {"image": IMAGE}, False, "share of pixels with ink"),
        ("share of zeros", 588, {"image": IMAGE}, False, "divide"),
        ("share of zeros", 0.5, {"image": IMAGE}, False, "Not 0.500"),
        ("share of zeros", "most", {"image": IMAGE}, False, "must be a number"),
        ("one-hot", _rows, {}, True, "single 1"),
        ("one-hot", lambda labels: _rows(labels, -1), {}, False, "from 0 here"),
        ("one-hot", lambda labels: _rows(labels, 3), {}, False, "must stand in 3, 0 and 9"),
        ("one-hot", lambda labels: 2 * _rows(labels), {}, False, "must hold a single 1"),
        ("one-hot", lambda labels: labels, {}, False, r"shape \(3,\); it must be \(3, 10\)"),
        ("most confused", (9, 4), {"confusion": CONFUSION}, True, "11 times"),
        ("most confused", (7, 2), {"confusion": CONFUSION}, False, "added both ways"),
        ("most confused", (1, 2), {"confusion": CONFUSION}, False, "another pair is confused 11 times"),
        ("most confused", (4, 4), {"confusion": CONFUSION}, False, "two different digits"),
        ("most confused", 4, {"confusion": CONFUSION}, False, "no pair"),
        ("most active unit", 1, {"outputs": np.array([0.0, 3, 2])}, True, "Unit 1"),
        ("most active unit", 2, {"outputs": np.array([0.0, 3, 2])}, False, "another has 3.00"),
        ("most active unit", 7, {"outputs": np.array([0.0, 3, 2])}, False, "from 0 to 2"),
        ("linear 91 %", "runs/linear", {}, False, "is no run"),
    ],
)
def test_answers(exercise, answer, given, right, says):
    found = check_answer(exercise, EXERCISES[exercise], answer, **given)
    assert found.right is right
    assert re.search(says, found.message), found.message


def test_runs_are_judged_by_held_out_digits(tmp_path):
    held_out = DataConfig(train="mnist:train[:3000]", validation="last:500")

    def check(exercise, network, options, recipe, data=held_out):
        place = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        found = check_answer("x", EXERCISES[exercise], digitlab.train(network, options, recipe, data, place))
        assert found.right is False
        return found.message

    assert "hardly learned" in check("linear 91 %", "softmax", {}, Recipe(max_steps=3))
    assert "larger batches" in check("linear 91 %", "softmax", {}, Recipe(max_steps=100))
    assert "asked for is 'mlp'" in check("network 95 %", "softmax", {}, Recipe(max_steps=3))
    assert "layer of 9 units" in check("network 95 %", "mlp", {"hidden": (9,)}, Recipe(max_steps=300))
    assert "57,500" in check("network 95 %", "mlp", {"hidden": (60,)}, Recipe(max_steps=150))
    on_test = DataConfig(train="mnist:train[:300]", validation="mnist:test[:300]")
    assert "held out" in check("linear 91 %", "softmax", {}, Recipe(max_steps=3), on_test)
