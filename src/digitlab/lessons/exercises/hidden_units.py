"""Exercises about one or two hidden units: what they compute, and what follows for the predictions."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.lessons.checking import WrongAnswer
from digitlab.lessons.exercises.answers import array_of, check_is_function, number_of

__all__ = [
    "check_both_silent",
    "check_hidden_output",
    "check_looks_for",
    "check_never_predicted",
    "check_order",
]

Floats = NDArray[np.float64]
STEPS = 10_001
"""Outputs of the hidden unit at which the winner is looked up."""
NARROW = 0.01
"""A digit that wins on a smaller share of the outputs may be left out."""


def check_hidden_output(answer: Any) -> str:
    """Checks a function of ink and weights, both `(28, 28)`, and a bias, which gives a unit's output."""
    function = check_is_function(answer, "hidden_output(ink, weights, bias)")
    ink = np.zeros((28, 28))
    ink[3, 4], ink[10, 20] = 0.5, 1.0
    weights = np.zeros((28, 28))
    weights[3, 4], weights[10, 20], weights[4, 3] = 4.0, 3.0, 7.0  # a sum of 5
    positive, negative = (
        float(array_of(function(ink.copy(), weights.copy(), bias), (), "hidden_output(ink, weights, bias)"))
        for bias in (-1.0, -8.0)
    )
    if np.allclose((positive, negative), (4, 0)):
        return "Products, their sum, the bias, and 0 if that is negative."
    if np.allclose((positive, negative), (4, -3)):
        raise WrongAnswer("The ReLU is missing: a sum of -3 must become 0.")
    if np.isclose(positive, 5):
        raise WrongAnswer("The bias is missing: add it to the sum of the products.")
    if np.isclose(positive, 4 / 255, atol=1e-3) or np.isclose(positive, 5 / 255 - 1, atol=1e-3):
        raise WrongAnswer("The ink is in [0, 1] already: do not divide by 255.")
    raise WrongAnswer(
        f"Of two inked pixels, 0.5 and 1, with the weights 4 and 3, and a bias of -1 it makes {positive:g}; "
        "it must be 0.5 * 4 + 1 * 3 - 1 = 4."
    )


def check_looks_for(answer: Any, outputs: Floats, labels: NDArray[np.int64]) -> str:
    """Checks which digit has the largest median output: `outputs` and `labels` are `(n,)`."""
    digit = _digit(answer)
    medians = [float(np.median(outputs[labels == each])) for each in range(10)]
    right = int(np.argmax(medians))
    if digit == right:
        return f"The median output of digit {right} is {medians[right]:.2f}, the largest of all."
    begin = f"Digit {digit} has the median {medians[digit]:.2f}; another has {medians[right]:.2f}."
    if digit == int(np.argmin(medians)):
        raise WrongAnswer(f"{begin} To this one the unit responds least.")
    if digit == int(labels[outputs.argmax()]):
        raise WrongAnswer(
            f"{begin} A single image of this one has the largest output; take the median of all."
        )
    raise WrongAnswer(f"{begin} Take `outputs[labels == digit]` for each digit.")


def check_never_predicted(answer: Any, confusion: NDArray[np.int64]) -> str:
    """Checks which digits are never predicted; rows of `confusion` are true digits, columns predicted."""
    try:
        given = {int(each) for each in answer}
    except (TypeError, ValueError):
        raise WrongAnswer(f"{answer!r} is no list of digits, such as [1, 2].") from None
    right = set(np.flatnonzero(confusion.sum(axis=0) == 0).tolist())
    if given == right:
        return f"Never predicted: {', '.join(map(str, sorted(right))) or 'none'}."
    if given == set(np.flatnonzero(np.diag(confusion) == 0).tolist()):
        raise WrongAnswer("Those are never predicted correctly; some of them are predicted for other digits.")
    if extra := given - right:
        digit = min(extra)
        if not 0 <= digit <= 9:
            raise WrongAnswer(f"{digit} is no digit.")
        raise WrongAnswer(
            f"{digit} is predicted {confusion[:, digit].sum():,} times: add up its column, not its row."
        )
    raise WrongAnswer(f"{len(right - given)} digits are missing: add up each column of the confusion matrix.")


def check_order(answer: Any, weights: Floats, biases: Floats, largest: float) -> str:
    """Checks the order in which digits win as the output of the one unit grows from 0 to `largest`.

    The logit of a digit is `weights[digit] * output + biases[digit]`; both are `(10,)`.
    """
    try:
        given = [int(each) for each in answer]
    except (TypeError, ValueError):
        raise WrongAnswer(f"{answer!r} is no list of digits, such as [1, 3, 7].") from None
    outputs = np.linspace(0, largest, STEPS)
    winners = (np.outer(outputs, weights) + biases).argmax(axis=1).tolist()
    widths = {digit: len(list(group)) / STEPS for digit, group in groupby(winners)}  # each wins once
    right = list(widths)
    needed = [digit for digit in right if widths[digit] >= NARROW]
    if set(needed) <= set(given) and given == [digit for digit in right if digit in given]:
        return f"{', '.join(map(str, given))}. Of all lines these are on top somewhere."
    if given[::-1] == [digit for digit in right if digit in given] and len(given) > 1:
        raise WrongAnswer("That is from the largest output to 0; begin with the digit that wins at 0.")
    if len(given) > len(set(given)):
        raise WrongAnswer(
            "A digit is in it twice: a straight line is on top of the others at one stretch only."
        )
    if extra := [digit for digit in given if digit not in right]:
        raise WrongAnswer(f"{extra[0]} wins nowhere: at each output another digit has a larger logit.")
    if missing := [digit for digit in needed if digit not in given]:
        raise WrongAnswer(f"{missing[0]} is missing: it wins on {widths[missing[0]]:.0%} of the outputs.")
    raise WrongAnswer(f"The digits are right, the order is not: at 0 it is {right[0]} that wins.")


def check_both_silent(answer: Any, biases: Floats) -> str:
    """Checks what is predicted if all hidden units give 0; `biases` of the outputs are `(10,)`."""
    digit, right = _digit(answer), int(np.argmax(biases))
    if digit == right:
        return f"{right}: its bias is the largest, {biases[right]:.2f}, and nothing else counts."
    if digit == int(np.argmin(biases)):
        raise WrongAnswer(f"{digit} has the smallest bias, {biases[digit]:.2f}; the largest logit wins.")
    raise WrongAnswer(
        f"The logit of {digit} is then its bias, {biases[digit]:.2f}; another digit has {biases[right]:.2f}."
    )


def _digit(answer: Any) -> int:
    value = number_of(answer, "The digit")
    if value != int(value) or not 0 <= value <= 9:
        raise WrongAnswer(f"{value:g} is no digit.")
    return int(value)
