"""The exercise of study `deep-mnist`'s toy batch: cross-entropy by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitlab.lessons.checking import WrongAnswer
from digitlab.lessons.exercises.answers import array_of, check_is_function

__all__ = ["check_cross_entropy"]

PROBABILITIES = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]])
TARGETS = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
RIGHT = 2 * np.log(2)
"""The true classes have the probabilities 1/2 and 1/8: (log 2 + log 8) / 2."""


def check_cross_entropy(answer: Any) -> str:
    """Checks a function of probabilities `(n, k)` and one-hot targets `(n, k)`, which gives the mean."""
    function = check_is_function(answer, "cross_entropy(probabilities, targets)")
    value = function(PROBABILITIES.copy(), TARGETS.copy())
    if np.shape(value) == (2,):
        raise WrongAnswer("It gives a number for each item; a loss is one number: take their mean.")
    found = float(array_of(value, (), "cross_entropy(probabilities, targets)"))
    terms = TARGETS * np.log(PROBABILITIES)
    mistakes = {
        2 * RIGHT: "It gives the sum over the items; asked for is their mean.",
        -RIGHT: "The sign is wrong: logarithms of probabilities are negative, and a loss is not.",
        RIGHT
        / 3: "It takes the mean over all numbers; sum over the classes first, then take the mean of items.",
        -2 * RIGHT: "The sign is wrong, and it is the sum over the items instead of their mean.",
        2.0: "The logarithm is to base 2; take the natural one, np.log.",
        RIGHT / np.log(10): "The logarithm is to base 10; take the natural one, np.log.",
        -float(np.log(PROBABILITIES).sum(axis=1).mean()): (
            "It counts all classes; multiply by the targets, so that only the true class counts."
        ),
        float(-(terms.sum(axis=1)).max()): "It takes one item only; take the mean of all.",
    }
    if np.isclose(found, RIGHT, atol=1e-5):
        return _with_a_zero(function)
    for wrong, text in mistakes.items():
        if np.isclose(found, wrong, atol=1e-5):
            raise WrongAnswer(text)
    raise WrongAnswer(
        f"It gives {found:.4f}. The true classes have the probabilities 1/2 and 1/8, so it must be "
        f"(log 2 + log 8) / 2 = {RIGHT:.4f}."
    )


def _with_a_zero(function: Any) -> str:
    """What a right answer does where a wrong class has the probability 0."""
    value = float(function(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])))
    if np.isfinite(value):
        return f"It is {RIGHT:.4f}, and stays finite where a wrong class has the probability 0."
    return (
        f"It is {RIGHT:.4f}. Where a class has the probability 0 it gives {value}, for 0 times log 0 is no "
        "number: the source's loss does the same, which is why frameworks work from logits."
    )
