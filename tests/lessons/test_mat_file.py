"""What the checks of lesson `mat-file` say of right and wrong answers."""

import re

import numpy as np
import pytest

from digitlab.lessons.checking import check_answer
from digitlab.lessons.exercises.mat_file import EXERCISES

LOGITS = {"logits": np.log([0.1, 0.2, 0.6, 0.1])}
LOSS = {"loss": 0.0368, "n": 5000}
# 5 of 7 predictions are not the first label, a 0; 4 labels are no 0.
COUNT = {
    "predicted": np.array([0, 0, 2, 3, 3, 7, 7]),
    "labels": np.array([[0], [0], [0], [3], [3], [7], [8]]),
}


def _over(axis, shift):
    def softmax(z):
        e = np.exp(z - shift(z))
        return e / e.sum(axis=axis, keepdims=True)

    return softmax


def _row_max(z):
    return z.max(axis=1, keepdims=True)


def _in_place(z):
    z -= z.max(axis=1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def _labels_in_place(y):
    y[y == 10] = 0
    return y[:, 0]


def _first_label(predicted, labels):
    return (predicted != labels[0]).sum()


@pytest.mark.parametrize(
    ("exercise", "answer", "given", "right", "says"),
    [
        ("softmax of a batch", _over(1, _row_max), {}, True, "no row spoils another"),
        ("softmax of a batch", _over(0, np.max), {}, False, "axis 0 runs over the images"),
        ("softmax of a batch", _over(None, np.max), {}, False, "All numbers together"),
        ("softmax of a batch", _over(1, np.max), {}, False, "its own largest"),
        ("softmax of a batch", _over(1, lambda z: 0), {}, False, "become nan"),
        ("softmax of a batch", lambda z: z / z.sum(), {}, False, "All numbers together"),
        ("softmax of a batch", lambda z: 2 * _over(1, _row_max)(z), {}, False, "rows sum to 2.000"),
        ("softmax of a batch", _in_place, {}, False, "changes the array"),
        ("softmax of a batch", lambda z: z.max(axis=1) - z, {}, False, "raises ValueError"),
        ("softmax of a batch", lambda z: ..., {}, None, "three dots"),
        ("size of X", 16_000_000, {}, True, "16,000,000"),
        ("size of X", 3200, {}, False, "one image"),
        ("size of X", 2_000_000, {}, False, "number of values"),
        ("size of X", 8_000_000, {}, False, "float32"),
        ("size of X", 128_000_000, {}, False, "64 bits"),
        ("size of X", 16, {}, False, "not of megabytes"),
        ("size of X", 5000, {}, False, "Not 5,000"),
        ("labels", lambda y: y[:, 0] % 10, {}, True, "10 becomes 0"),
        ("labels", _labels_in_place, {}, False, "changes y itself"),
        ("labels", lambda y: y % 10, {}, False, r"shape \(5, 1\); it must be \(5,\)"),
        ("labels", lambda y: y[:, 0], {}, False, "10 is still there"),
        ("labels", lambda y: y[:, 0] - 1, {}, False, "one less"),
        ("labels", lambda y: y[:, 0] % 5, {}, False, "must be 0, 1, 9, 0, 5"),
        ("labels", lambda y: ..., {}, None, "three dots"),
        ("rows of X", lambda x: x.transpose(0, 2, 1).reshape(len(x), -1), {}, True, "column after column"),
        ("rows of X", lambda x: x.reshape(len(x), -1), {}, False, "row after row"),
        ("rows of X", lambda x: x.T.reshape(len(x), -1), {}, False, "mixes the images"),
        ("rows of X", lambda x: x[:, ::-1].reshape(len(x), -1), {}, False, "not in order"),
        ("rows of X", lambda x: x.transpose(0, 2, 1), {}, False, r"must be \(2, 400\)"),
        ("probability of the two", 0.6, LOGITS, True, "60.0%"),
        ("probability of the two", 60.0, LOGITS, False, "in percent"),
        ("probability of the two", np.log(0.6), LOGITS, False, "is the logit"),
        ("probability of the two", 0.2, LOGITS, False, "probability of a 1"),
        ("probability of the two", np.log(0.6) / np.log(0.0012), LOGITS, False, "exponentials of them first"),
        ("probability of the two", 3.0, {"logits": np.log([1, 2, 3, 4])}, False, "divide it by the sum"),
        ("probability of the two", 0.5, LOGITS, False, "number at index 2"),
        ("most errors", 265.4, LOSS, True, "At most 265"),
        ("most errors", 265, LOSS, True, "At most 265"),
        ("most errors", 184, LOSS, False, "what is the least"),
        ("most errors", 79.9, LOSS, False, "up to 1/2"),
        ("most errors", 127.5, LOSS, False, "do not multiply"),
        ("most errors", 4499, LOSS, False, "184.0 nats"),
        ("count errors", lambda p, y: (p != y[:, 0]).sum(), {}, True, "same image"),
        ("count errors", lambda p, y: (p != y).sum(), {}, False, "42 errors in 7 images"),
        ("count errors", _first_label, {}, False, "is a row"),
        ("count errors", lambda p, y: (p == y[:, 0]).sum(), {}, False, "right predictions"),
        ("count errors", lambda p, y: (p != y[:, 0]).mean(), {}, False, "share of errors"),
        ("count errors", lambda p, y: p != y[:, 0], {}, False, "must be a number"),
        ("count errors", lambda p, y: 1, {}, False, "3 of 7"),
        ("count errors", lambda p, y: ..., {}, None, "three dots"),
        ("published count", 5, COUNT, True, "but the 2 that are read as 0"),
        ("published count", 4, COUNT, False, "no 0"),
        ("published count", 4499, COUNT, False, "article's own number"),
        ("published count", 6, COUNT, False, "Not 6"),
    ],
)
def test_answers(exercise, answer, given, right, says):
    found = check_answer(exercise, EXERCISES[exercise], answer, **given)
    assert found.right is right, found.message
    assert re.search(says, found.message), found.message


def test_true_errors_are_told_from_the_published_count():
    predicted, labels = np.array([0, 0, 0, 3, 3, 7, 7]), np.array([[0], [0], [0], [3], [3], [7], [8]])
    check = EXERCISES["published count"]
    assert "true number" in check_answer("x", check, 1, predicted=predicted, labels=labels).message
    assert "read as 0" in check_answer("x", check, 3, predicted=predicted, labels=labels).message
    assert check_answer("x", check, 4, predicted=predicted, labels=labels).right is True
