"""Activation functions, softmax and cross-entropy worked out step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ActivationCurve",
    "CrossEntropySteps",
    "SoftmaxSteps",
    "activation_curves",
    "cross_entropy_steps",
    "softmax_steps",
    "softmax_sweep",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SoftmaxSteps:
    """Softmax, each step of it, in float64.

    Attributes:
        logits: `(k,)`, z.
        shifted: `(k,)`, z less the largest z, so that no exponential overflows.
        exponentials: `(k,)`, e to the power of `shifted`, each in (0, 1].
        total: Their sum, from 1 to k.
        probabilities: `(k,)`, each exponential over the sum; they add up to 1.
    """

    logits: Floats
    shifted: Floats
    exponentials: Floats
    total: float
    probabilities: Floats


def softmax_steps(logits: ArrayLike) -> SoftmaxSteps:
    """Works softmax out: `e^z / sum of e^z`, the largest z taken off first (source 004's form).

    Args:
        logits: `(k,)`, k at least 1.
    """
    z = np.asarray(logits, dtype=np.float64)
    shifted = z - z.max()
    exponentials = np.exp(shifted)
    total = float(exponentials.sum())
    return SoftmaxSteps(z, shifted, exponentials, total, exponentials / total)


def softmax_sweep(logits: ArrayLike, moved: int, values: ArrayLike) -> Floats:
    """What softmax gives while one logit moves and the others stay.

    Args:
        logits: `(k,)`.
        moved: Which of them moves.
        values: `(m,)`, where it moves to.

    Returns:
        `(m, k)` probabilities.
    """
    where = np.asarray(values, dtype=np.float64)
    moving = np.tile(np.asarray(logits, dtype=np.float64), (len(where), 1))
    moving[:, moved] = where
    return np.array([softmax_steps(row).probabilities for row in moving])


@dataclass(frozen=True, eq=False)
class ActivationCurve:
    """An activation function.

    Attributes:
        name: `linear`, `ReLU`, `sigmoid` or `tanh`.
        formula: How it is written, in matplotlib's mathematical text.
        z: `(m,)`, where.
        a: `(m,)`, its value there.
        slope: `(m,)`, its derivative there; of ReLU at 0 it is 0, as torch has it.
    """

    name: str
    formula: str
    z: Floats
    a: Floats
    slope: Floats


def activation_curves(z: ArrayLike) -> list[ActivationCurve]:
    """Linear, ReLU, sigmoid and tanh with their derivatives.

    Args:
        z: `(m,)`, where to work them out.
    """
    at = np.asarray(z, dtype=np.float64)
    sigmoid = 1 / (1 + np.exp(-at))
    return [
        ActivationCurve("linear", "$a = z$", at, at, np.ones_like(at)),
        ActivationCurve("ReLU", r"$a = \max(0, z)$", at, np.maximum(at, 0), (at > 0).astype(float)),
        ActivationCurve("sigmoid", r"$a = 1 / (1 + e^{-z})$", at, sigmoid, sigmoid * (1 - sigmoid)),
        ActivationCurve("tanh", r"$a = \tanh z$", at, np.tanh(at), 1 - np.tanh(at) ** 2),
    ]


@dataclass(frozen=True, eq=False)
class CrossEntropySteps:
    """Cross-entropy of a small batch, each step of it.

    Attributes:
        probabilities: `(n, k)`, p.
        targets: `(n, k)`, y: 1 for the true class, 0 else.
        logs: `(n, k)`, ln p.
        products: `(n, k)`, y ln p.
        losses: `(n,)`, less the sum of each row of products, in nats.
        mean: Their mean.
    """

    probabilities: Floats
    targets: Floats
    logs: Floats
    products: Floats
    losses: Floats
    mean: float


def cross_entropy_steps(probabilities: ArrayLike, targets: ArrayLike) -> CrossEntropySteps:
    """Works cross-entropy out: the mean over items of `-sum of y ln p` (source 002, its toy example).

    Args:
        probabilities: `(n, k)`, above 0. The toy example's rows add up to 1.1; so they may here.
        targets: `(n, k)`.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    logs = np.log(p)
    products = y * logs
    losses = -products.sum(axis=1)
    return CrossEntropySteps(p, y, logs, products, losses, float(losses.mean()))
