"""The exercise that three of the sources have: softmax, written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.lessons.checking import WrongAnswer
from digitlab.lessons.exercises.answers import array_of, check_is_function
from digitlab.probabilities import softmax as reference

__all__ = ["check_softmax"]

TOLERANCE = 1e-5


def check_softmax(answer: Callable[[NDArray[np.float64]], Any]) -> str:
    """Checks a function from logits, `(10,)` or fewer, to probabilities of the same shape."""
    check_is_function(answer, "softmax(logits)")
    logits = (1.0, 2.0, 3.0, 4.0)
    found = _probabilities(answer, logits)
    wanted = reference(np.array(logits))
    if np.allclose(found, np.exp(logits), rtol=TOLERANCE):
        raise WrongAnswer(f"softmax({list(logits)}) sums to {found.sum():.4g}: divide by the sum of all.")
    if np.allclose(found, np.array(logits) / sum(logits), rtol=TOLERANCE):
        raise WrongAnswer("The logits are divided by their sum: take the exponential of each logit first.")
    if abs(found.sum() - 1) > TOLERANCE:
        raise WrongAnswer(
            f"softmax({list(logits)}) sums to {found.sum():.4g}; probabilities sum to 1. Divide each "
            "exponential by the sum of all exponentials."
        )
    if not np.allclose(found, wanted, atol=TOLERANCE):
        text = ", ".join(f"{each:.4f}" for each in found)
        raise WrongAnswer(
            f"softmax({list(logits)}) is {text}; the last must be e^4 / (e^1 + e^2 + e^3 + e^4) = "
            f"{wanted[-1]:.4f}."
        )
    large = _probabilities(answer, (1000.0, 1001.0, 1002.0))
    if not np.isfinite(large).all():
        raise WrongAnswer(
            "It is right for small logits, but of 1000, 1001 and 1002 it makes nan: their exponentials are "
            "too large for a float. Subtract the largest logit from all first; the probabilities stay."
        )
    if not np.allclose(large, reference(np.array([0.0, 1.0, 2.0])), atol=TOLERANCE):
        raise WrongAnswer("Of 1000, 1001 and 1002 it must be the same as of 0, 1 and 2.")
    text = ", ".join(f"{each:.4f}" for each in wanted)
    return f"softmax({list(logits)}) is {text}, and large logits do not overflow."


def _probabilities(
    answer: Callable[[NDArray[np.float64]], Any], logits: Sequence[float]
) -> NDArray[np.float64]:
    given = np.array(logits)
    found = array_of(answer(given), given.shape, f"softmax({list(logits)})")
    if not np.array_equal(given, logits):
        raise WrongAnswer("It changes the array that it is given; make a new one.")
    return found
