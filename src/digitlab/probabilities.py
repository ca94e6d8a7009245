"""Softmax: probabilities of classes from logits, and of digits from a model's outputs, with NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import ModelError

__all__ = ["NO_DIGIT", "digit_probabilities", "log_softmax", "softmax"]

DIGITS = 10
NO_DIGIT = DIGITS
"""Label of pictures that show no digit, and where "no digit" stands in the outputs that have it."""


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Softmax over the last axis: `exp(z) / sum(exp(z))`.

    Args:
        logits: `(..., classes)`. The largest is subtracted first, so that nothing overflows.

    Returns:
        The same shape, `float64`, in [0, 1]; each row sums to 1.
    """
    exponentials = np.exp(_shifted(logits))
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logarithm of softmax over the last axis, also where the probability itself is too small for `float64`.

    Args:
        logits: `(..., classes)`.

    Returns:
        The same shape, `float64`, 0 or less, in nats.
    """
    shifted = _shifted(logits)
    logs: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def digit_probabilities(
    outputs: NDArray[np.floating], temperature: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of the ten digits and of "no digit", from the outputs of a model.

    Softmax over all columns of `outputs / temperature` (Guo et al. 2017). The confidence of an answer is the
    largest of its ten digit probabilities.

    Args:
        outputs: `(n, 10)` logits of the digits; or `(n, 11)`, where the last is the logit of "no digit".
        temperature: Above 0; more than 1 makes probabilities less extreme, less than 1 more so.

    Returns:
        `(n, 10)` digit probabilities; and `(n,)` probabilities that it is no digit, 0 where `outputs` have no
        such column. Together they sum to 1 in each row.

    Raises:
        ModelError: If the shape is another, or the temperature is not a finite number above 0.
    """
    if outputs.ndim != 2 or outputs.shape[1] not in (DIGITS, DIGITS + 1):
        raise ModelError(
            f"outputs of shape {outputs.shape}", "Give ten digit logits a row, and at most one for no digit."
        )
    if not 0 < temperature < np.inf:
        raise ModelError(
            f"a temperature of {temperature}", "Give a finite number above 0; 1 changes nothing."
        )
    probabilities = softmax(np.asarray(outputs, dtype=np.float64) / temperature)
    if outputs.shape[1] == DIGITS:
        return probabilities, np.zeros(len(probabilities))
    return probabilities[:, :DIGITS], probabilities[:, DIGITS]


def _shifted(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    shifted: NDArray[np.float64] = np.subtract(logits, logits.max(axis=-1, keepdims=True), dtype=np.float64)
    return shifted
