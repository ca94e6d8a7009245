"""Softmax: probabilities of classes from logits, with NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["log_softmax", "softmax"]


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


def _shifted(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    shifted: NDArray[np.float64] = np.subtract(logits, logits.max(axis=-1, keepdims=True), dtype=np.float64)
    return shifted
