"""What the checks of lesson `practice-lab` say of right and wrong answers."""

import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from digitlab.lessons.checking import check_answer
from digitlab.lessons.exercises.practice_lab import EXERCISES

ROW = np.arange(400, dtype=np.float32) / 400
OPTIONS = {"inputs": 400, "hidden": (25, 15), "activation": "relu", "initialization": "glorot"}
# Means for digits 0 and 1: 2 and 3; the largest output, 9, belongs to a 2, whose mean is 2.5.
OUTPUTS = np.array([2, 2, 3, 3, 9, 0, 0, 1], np.float32)
LABELS = np.array([0, 0, 1, 1, 2, 2, 2, 2])
UNIT = {
    "outputs": np.concatenate([OUTPUTS, np.zeros(7)]),
    "labels": np.concatenate([LABELS, np.arange(3, 10)]),
}
HISTORY = [
    SimpleNamespace(train_loss=train, validation_loss=loss, validation_accuracy=accuracy)
    for train, loss, accuracy in (
        (0.9, 0.8, 0.7),
        (0.5, 0.6, 0.8),
        (0.3, 0.4, 0.8),
        (0.2, 0.5, 0.9),
        (0.1, 0.7, 0.8),
    )
]


def _loss(z, label, log=np.log):
    e = np.exp(z - z.max())
    return -log(e[label] / e.sum())


def _stable(z, label):
    return np.log(np.exp(z - z.max()).sum()) + z.max() - z[label]


@pytest.mark.parametrize(
    ("exercise", "answer", "given", "right", "says"),
    [
        ("one linear layer", lambda w, b, v, c: (w @ v, b @ v + c), {}, True, "for every input"),
        ("one linear layer", lambda w, b, v, c: (w @ v, c), {}, False, "b1 is missing"),
        ("one linear layer", lambda w, b, v, c: (w @ v, c + 1), {}, False, "the biases are not"),
        ("one linear layer", lambda w, b, v, c: (-w @ v, c), {}, False, "without the brackets"),
        ("one linear layer", lambda w, b, v, c: (v @ w, c), {}, False, "raises ValueError"),
        ("one linear layer", lambda w, b, v, c: w @ v, {}, False, "two arrays"),
        ("one linear layer", lambda w, b, v, c: (..., ...), {}, None, "three dots"),
        ("factor", 7.389, {}, True, "7.39"),
        ("factor", 2, {}, False, "takes the exponential"),
        ("factor", 2.718, {}, False, "differ by 1"),
        ("factor", 0.1353, {}, False, "asked for is the other"),
        ("factor", 100, {}, False, "Not 100"),
        ("upright image", lambda row: row.reshape(20, 20).T, {"row": ROW}, True, "upright"),
        ("upright image", lambda row: row.reshape(20, 20, order="F"), {"row": ROW}, True, "upright"),
        ("upright image", lambda row: row.reshape(20, 20), {"row": ROW}, False, "are exchanged"),
        ("upright image", lambda row: np.rot90(row.reshape(20, 20)), {"row": ROW}, False, "mirrored"),
        ("upright image", lambda row: row.reshape(20, 20)[::-1, ::-1].T, {"row": ROW}, False, "turned"),
        ("upright image", lambda row: row[::-1].reshape(20, 20), {"row": ROW}, False, "where they belong"),
        ("upright image", lambda row: row, {"row": ROW}, False, r"must be \(20, 20\)"),
        (
            "parameters",
            lambda w: sum((a + 1) * b for a, b in pairwise(w)),
            {},
            True,
            "10,575",
        ),
        ("parameters", lambda w: sum(a * b for a, b in pairwise(w)), {}, False, "50 in all"),
        (
            "parameters",
            lambda w: w[0] + sum((a + 1) * b for a, b in pairwise(w)),
            {},
            False,
            "inputs have none",
        ),
        ("parameters", lambda w: 10575, {}, False, "from `widths`"),
        ("parameters", lambda w: 5, {}, False, "a x b weights"),
        ("parameters", lambda w: ..., {}, None, "three dots"),
        ("log loss", _stable, {}, True, "1.4402"),
        ("log loss", _loss, {}, False, "is inf; it must be 1000"),
        ("log loss", lambda z, label: -_stable(z, label), {}, False, "change the sign"),
        ("log loss", lambda z, label: np.exp(-_stable(z, label)), {}, False, "minus its logarithm"),
        ("log loss", lambda z, label: _loss(z, label, np.log10), {}, False, "natural logarithm"),
        ("log loss", lambda z, label: _loss(z, label, np.log2), {}, False, "natural logarithm"),
        ("log loss", lambda z, label: min(_stable(z, label), 30.0), {}, False, "do not limit"),
        ("log loss", lambda z, label: 1.0, {}, False, "must be -log"),
        ("log loss", lambda z, label: ..., {}, None, "three dots"),
        ("network", OPTIONS, {}, True, "400-25-15-10"),
        ("network", OPTIONS | {"hidden": (25, 15, 10)}, {}, False, "one hidden layer too many"),
        ("network", OPTIONS | {"hidden": (15, 25)}, {}, False, "25 units come first"),
        ("network", OPTIONS | {"hidden": (100,)}, {}, False, "25 and 15"),
        ("network", OPTIONS | {"inputs": 784}, {}, False, "has 400 pixels"),
        ("network", OPTIONS | {"activation": "sigmoid"}, {}, False, "asked for is 'relu'"),
        ("network", OPTIONS | {"activation": "linear"}, {}, False, "No network can be built"),
        ("network", OPTIONS | {"outputs": 9}, {}, False, "ten digits"),
        ("network", OPTIONS | {"dropout": 0.5}, {}, False, "Leave out dropout"),
        ("network", OPTIONS | {"initialization": "he"}, {}, False, "set the initialization"),
        ("network", OPTIONS | {"hidden": ...}, {}, None, "three dots"),
        ("network", (25, 15), {}, False, "give a dictionary"),
        ("training steps", 6280, {}, True, "157 steps in an epoch"),
        ("training steps", 6240, {}, False, "8 digits"),
        ("training steps", 6250, {}, False, "rounded up"),
        ("training steps", 157, {}, False, "one epoch"),
        ("training steps", 200_000, {}, False, "32 of them"),
        ("training steps", 15_700, {}, False, "says 100 epochs"),
        ("training steps", 12, {}, False, "Not 12"),
        ("digit of a unit", 1, UNIT, True, "3.00 for images of 1"),
        ("digit of a unit", 2, UNIT, False, "one image of 500"),
        ("digit of a unit", 3, UNIT, False, "lowest mean"),
        ("digit of a unit", 0, UNIT, False, "2.00; for another digit"),
        ("digit of a unit", 25, UNIT, False, "no digit"),
        ("best epoch", 3, {"history": HISTORY}, True, "epoch 3"),
        ("best epoch", 2, {"history": HISTORY}, False, "One off"),
        ("best epoch", 4, {"history": HISTORY}, False, "accuracy is highest"),
        ("best epoch", 5, {"history": HISTORY}, False, "training loss is lowest"),
        ("best epoch", 1, {"history": HISTORY}, False, "0.400, which is lower"),
        ("best epoch", 6, {"history": HISTORY}, False, "from 1 to 5"),
    ],
)
def test_answers(exercise, answer, given, right, says):
    found = check_answer(exercise, EXERCISES[exercise], answer, **given)
    assert found.right is right, found.message
    assert re.search(says, found.message), found.message
