"""Exercises of lesson `hidden-layer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.lessons.checking import Check, WrongAnswer
from digitlab.lessons.exercises.answers import array_of, check_is_function, number_of
from digitlab.lessons.exercises.hidden_units import (
    check_both_silent,
    check_hidden_output,
    check_looks_for,
    check_never_predicted,
    check_order,
)

__all__ = ["EXERCISES"]

Floats = NDArray[np.float64]
SHARE = 0.95
"""Of the variance, which the source keeps."""
SIDE = 28
SIZES = ((784, 1), (784, 2), (784, 700), (154, 700))
"""Inputs and hidden units of networks whose parameters are counted."""


def _parameters(answer: Any) -> str:
    function = check_is_function(answer, "parameters(inputs, hidden)")
    found = [float(array_of(function(i, h), (), f"parameters({i}, {h})")) for i, h in SIZES]
    mistakes: Mapping[str, Callable[[int, int], int]] = {
        "The biases are missing: one for each hidden unit, and one for each of the ten outputs.": (
            lambda i, h: i * h + 10 * h
        ),
        "The ten biases of the outputs are missing.": lambda i, h: i * h + h + 10 * h,
        "The biases of the hidden units are missing.": lambda i, h: i * h + 10 * h + 10,
        "The output layer is missing: ten outputs, each with a weight for each hidden unit and a bias.": (
            lambda i, h: i * h + h
        ),
        "It counts 784 inputs always: a network on 154 components has fewer weights. The source's table of "
        "networks has this mistake.": lambda i, h: 784 * h + h + 10 * h + 10,
    }
    if found == [(i + 1) * h + (h + 1) * 10 for i, h in SIZES]:
        return "805 for one hidden unit, 1,600 for two, 556,510 for 700, and 115,510 on 154 components."
    for text, wrong in mistakes.items():
        if found == [wrong(i, h) for i, h in SIZES]:
            raise WrongAnswer(text)
    raise WrongAnswer(f"parameters(784, 1) is {found[0]:g}; it must be 784 + 1 + 10 + 10 = 805.")


def _tied_widths(answer: Any, widths: Sequence[int], means: Sequence[float], stds: Sequence[float]) -> str:
    try:
        given = {int(each) for each in answer}
    except (TypeError, ValueError):
        raise WrongAnswer(f"{answer!r} is no list of widths, such as [650, 700].") from None
    every, mean, std = np.array(widths), np.array(means), np.array(stds)
    best = int(mean.argmax())
    right = set(every[mean >= mean[best] - std[best]].tolist())
    if unknown := given - set(every.tolist()):
        raise WrongAnswer(f"{min(unknown)} is none of the widths that were tried.")
    if given == right:
        span = f"from {min(right)} to {max(right)}"
        return f"{len(right)} of {len(every)} widths, {span}: the search cannot rank them."
    if given == right - {int(every[best])}:
        raise WrongAnswer(f"The best, {every[best]}, is one of them, too.")
    if given == set(every[mean + std >= mean[best]].tolist()):
        raise WrongAnswer("That is with the standard deviation of each width; take that of the best.")
    if extra := given - right:
        width = min(extra)
        raise WrongAnswer(
            f"{width} is further away: {mean[every == width][0]:.5f}, and the limit is "
            f"{mean[best]:.5f} - {std[best]:.5f}."
        )
    raise WrongAnswer(
        f"{len(right - given)} widths are missing: all whose mean is at least best - std are meant."
    )


def _components(answer: Any, ratios: Floats) -> str:
    count, sums = number_of(answer, "The count"), np.cumsum(ratios)
    right = int(np.searchsorted(sums, SHARE, side="right")) + 1
    if count == right - 1:
        raise WrongAnswer(
            f"{count:g} components explain {sums[right - 2]:.3%}, a little less than 95 %. Indices begin at "
            "0: index k stands for k + 1 components."
        )
    if count == right + 1:
        raise WrongAnswer(f"{right} are enough: they explain {sums[right - 1]:.3%}.")
    if count == round(SHARE * len(ratios)):
        raise WrongAnswer("That is 95 % of the number of components; asked for is 95 % of the variance.")
    if count != right:
        at = f"{sums[int(count) - 1]:.1%}" if 1 <= count <= len(sums) else "nothing that is defined"
        raise WrongAnswer(f"{count:g} components explain {at}: add up the ratios, the largest first.")
    return f"{right} components explain {sums[right - 1]:.2%} of the variance, {right - 1} less than 95 %."


def _pixel_position(answer: Any) -> str:
    function = check_is_function(answer, "position(pixel)")
    pixels = (0, 1, 30, 783)
    found = [tuple(array_of(function(each), (2,), f"position({each})").tolist()) for each in pixels]
    right = [(each % SIDE, each // SIDE) for each in pixels]
    if found == [(y, x) for x, y in right]:
        raise WrongAnswer(
            "That is (row, column). A plot takes x first, which is the column: the source made this mistake, "
            "and its picture of the pixels is mirrored at the diagonal."
        )
    if found != right:
        wrong = next(k for k in range(len(pixels)) if found[k] != right[k])
        raise WrongAnswer(f"position({pixels[wrong]}) is {found[wrong]}; it must be {right[wrong]}.")
    return "x is the column, y the row, both counted from 0."


EXERCISES: Mapping[str, Check] = {
    "parameters": _parameters,
    "hidden output": check_hidden_output,
    "looks for": check_looks_for,
    "never predicted": check_never_predicted,
    "order": check_order,
    "both silent": check_both_silent,
    "tied widths": _tied_widths,
    "components": _components,
    "pixel position": _pixel_position,
}
