"""What checks say: of right answers, of the usual mistakes, and of answers that raise errors."""

import re

import numpy as np
import pytest

from digitlab.lessons.checking import CheckResult, check_answer
from digitlab.lessons.exercises.softmax import check_softmax


def _exp(z):
    return np.exp(z)


def _naive(z):
    return np.exp(z) / np.exp(z).sum()


def _shifted(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def _in_place(z):
    z -= z.max()
    return np.exp(z) / np.exp(z).sum()


def test_right_is_right():
    found = check_answer("softmax", check_softmax, _shifted)
    assert found.right is True
    assert "0.0321, 0.0871, 0.2369, 0.6439" in found.message  # e^1 .. e^4 over their sum, 84.791


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (_exp, "sums to 84.79: divide"),
        (lambda z: z / z.sum(), "take the exponential"),
        (_naive, "Subtract the largest logit"),
        (_in_place, "changes the array"),
        (lambda z: _shifted(z)[::-1], r"must be e\^4"),
        (lambda z: _shifted(z) * 2, "probabilities sum to 1"),
        (lambda z: _shifted(z)[:2], r"shape \(2,\); it must be \(4,\)"),
        (lambda z: None, "let the function return"),
        (lambda z: "a", "no array of numbers"),
        (lambda z: z / 0 + undefined, "name that is not known, or misspelled"),  # noqa: F821
        (_shifted(np.ones(3)), "no function"),
    ],
)
def test_mistakes_are_told(answer, says):
    found = check_answer("softmax", check_softmax, answer)
    assert found.right is False
    assert re.search(says, found.message), found.message


@pytest.mark.parametrize("nothing", [None, ..., lambda z: ...])
def test_no_answer_is_no_wrong_one(nothing):
    found = check_answer("softmax", check_softmax, nothing)
    assert found.right is None
    assert "three dots" in found.message


def test_results_are_escaped_and_short():
    found = CheckResult("<b>", False, "<i>")
    assert found._repr_html_() == "<p><strong>&lt;b&gt;: ✗ not right yet.</strong> &lt;i&gt;</p>"
    assert repr(found) == "<b>: ✗ not right yet: <i>"
