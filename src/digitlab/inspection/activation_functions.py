"""Activation functions, softmax and cross-entropy worked out step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.function_plots import (
    CrossEntropyTable,
    draw_activation_functions,
    draw_cross_entropy,
    draw_softmax,
)
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult

__all__ = [
    "LOGITS",
    "TOY_PROBABILITIES",
    "TOY_TARGETS",
    "ActivationCurve",
    "CrossEntropySteps",
    "SoftmaxSteps",
    "activation_curves",
    "cross_entropy_steps",
    "softmax_steps",
    "softmax_sweep",
    "view_activation_functions",
    "view_cross_entropy",
    "view_softmax",
]

Floats = NDArray[np.float64]
LOGITS = (1.0, 2.0, 3.0, 4.0)
"""Study `practice-lab`'s example."""
TOY_PROBABILITIES = ((0.9, 0.1, 0.1), (0.9, 0.1, 0.1))
TOY_TARGETS = ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
"""Study `deep-mnist`'s example, whose rows add up to 1.1."""
PROBABILITIES = ((0.9, 0.06, 0.04), (0.25, 0.7, 0.05))
TARGETS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
"""A batch of probabilities: its rows add up to 1."""


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
    """Works softmax out: `e^z / sum of e^z`, the largest z taken off first (study `mat-file`'s form).

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
    """Works cross-entropy out: the mean over items of `-sum of y ln p` (study `deep-mnist`, its toy example).

    Args:
        probabilities: `(n, k)`, above 0. The toy example's rows add up to 1.1; so they may here.
        targets: `(n, k)`.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    logs = np.log(p)
    products = y * logs
    losses = -products.sum(axis=1)
    return CrossEntropySteps(p, y, logs, products, losses, float(losses.mean()))


def view_activation_functions(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Linear, ReLU, sigmoid and tanh activation with their derivatives."""
    curves = activation_curves(np.linspace(-4, 4, 401))
    drawn = [(one.name, one.formula, one.z, one.a, one.slope) for one in curves]
    data = {"z": curves[0].z} | {one.name: one.a for one in curves}
    return ViewResult(
        data,
        draw_activation_functions(
            drawn, "Activation functions: how do they and their derivatives depend on the input?"
        ),
    )


def view_softmax(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Softmax of some logits, by default four, and of the last of them varied around the others."""
    logits = options.logits or LOGITS
    steps = softmax_steps(logits)
    moved = len(logits) - 1
    values = np.linspace(min(logits) - 3, max(logits) + 4, 201)
    swept = softmax_sweep(logits, moved, values)
    figure = draw_softmax(
        logits,
        np.exp(steps.logits),
        steps.probabilities,
        moved,
        values,
        swept,
        "Softmax: how does one logit change all probabilities?",
    )
    data = {"logits": steps.logits, "probabilities": steps.probabilities, "values": values, "swept": swept}
    probabilities = ", ".join(f"{each:.4g}" for each in steps.probabilities)
    return ViewResult(data, figure, f"softmax({', '.join(f'{z:g}' for z in logits)}) = {probabilities}")


def view_cross_entropy(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Cross-entropy of a small batch with every number shown, and of the toy batch of study `deep-mnist`."""
    steps = cross_entropy_steps(PROBABILITIES, TARGETS)
    source = cross_entropy_steps(TOY_PROBABILITIES, TOY_TARGETS)
    title = "Cross-entropy: how does a batch of probabilities become one loss?\nloss = $-\\Sigma\\, y \\ln p$"
    names = (
        "A batch of probabilities: each row adds up to 1",
        "The toy batch of the deep-mnist study: its rows add up to 1.1, so they are no probabilities",
    )
    figure = draw_cross_entropy(
        [
            CrossEntropyTable(
                name, one.probabilities, one.targets, one.logs, one.products, one.losses, one.mean
            )
            for name, one in zip(names, (steps, source), strict=True)
        ],
        title,
    )
    summary = (
        f"cross-entropy {steps.mean:.6f} nats; of the study's toy batch, whose rows add up to 1.1, "
        f"{source.mean:.6f} nats. Only the true class's probability counts."
    )
    data = vars(steps) | {f"source_{name}": values for name, values in vars(source).items()}
    return ViewResult({name: np.asarray(values) for name, values in data.items()}, figure, summary)
