"""Views of learning: curves over seeds, activation functions, softmax and cross-entropy worked out."""

from __future__ import annotations

import numpy as np

from digitlab.errors import SettingError
from digitlab.figures import (
    Line,
    draw_activation_functions,
    draw_cross_entropy,
    draw_curves,
    draw_softmax,
)
from digitlab.inspection import activation_curves, cross_entropy_steps, softmax_steps, softmax_sweep
from digitlab.views.subject import InspectedModel
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["LOGITS", "TOY_PROBABILITIES", "TOY_TARGETS", "VIEWS"]

LOGITS = (1.0, 2.0, 3.0, 4.0)
"""Source 001's example."""
TOY_PROBABILITIES = ((0.9, 0.1, 0.1), (0.9, 0.1, 0.1))
TOY_TARGETS = ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
"""Source 002's example."""


def _curves(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    if not subject.runs:
        raise SettingError(f"{subject.name} is a bare weights file without a history", "Give its run folder.")
    histories = [run.history() for run in subject.runs]
    length = min(len(history) for history in histories)
    table = np.array([[period.epoch for period in history[:length]] for history in histories])
    epochs = table[0]
    if (table != epochs).any():
        raise SettingError(
            f"the runs beside {subject.name} were measured at other epochs than it", "Give one run's folder."
        )
    data = {"epochs": epochs}
    for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
        if all(getattr(history[0], name) is not None for history in histories):
            data[name] = np.array([[getattr(p, name) for p in history[:length]] for history in histories])
    seeds = len(histories)
    spread = f"mean of {seeds} seeds; the shade is one standard deviation" if seeds > 1 else "n = 1 seed"
    if any(len(history) > length for history in histories):
        spread += "; up to where the first of them stopped"
    smoothed = any(run.config.recipe.label_smoothing for run in subject.runs)
    names = {"loss": "training, labels smoothed" if smoothed else "training", "accuracy": "training"}
    pairs = [
        [
            Line.over_seeds(words, epochs.tolist(), data[f"{split}_{quantity}"])
            for split, words in (("train", names[quantity]), ("validation", "validation"))
            if f"{split}_{quantity}" in data
        ]
        for quantity in ("loss", "accuracy")
    ]
    title = f"How did {subject.network.name} learn?\n{spread}"
    words = "A smoothed label's loss never reaches 0, however well a digit is read." if smoothed else ""
    return ViewResult(data, draw_curves(pairs[0], pairs[1], title), words)


def _functions(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    curves = activation_curves(np.linspace(-4, 4, 401))
    drawn = [(one.name, one.formula, one.z, one.a, one.slope) for one in curves]
    data = {"z": curves[0].z} | {one.name: one.a for one in curves}
    return ViewResult(data, draw_activation_functions(drawn, "What does an activation make of z?"))


def _softmax(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    steps = softmax_steps(LOGITS)
    moved = len(LOGITS) - 1
    values = np.linspace(-2, 8, 201)
    swept = softmax_sweep(LOGITS, moved, values)
    figure = draw_softmax(
        LOGITS,
        np.exp(steps.logits),
        steps.probabilities,
        moved,
        values,
        swept,
        "What does one logit do to all probabilities?",
    )
    data = {"logits": steps.logits, "probabilities": steps.probabilities, "values": values, "swept": swept}
    return ViewResult(data, figure)


def _cross_entropy(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    steps = cross_entropy_steps(TOY_PROBABILITIES, TOY_TARGETS)
    title = (
        "How does cross-entropy come about? loss = $-\\Sigma\\, y \\ln p$, then the mean\n"
        "source 002's toy batch, whose rows add up to 1.1: no probabilities, but the arithmetic holds"
    )
    figure = draw_cross_entropy(
        steps.probabilities, steps.targets, steps.logs, steps.products, steps.losses, steps.mean, title
    )
    words = "The toy rows add up to 1.1, so they are no probabilities; only the true class's counts."
    return ViewResult(vars(steps) | {"mean": np.array(steps.mean)}, figure, words)


VIEWS = (
    View("curves", "Loss and accuracy over the training, with their spread over seeds.", _curves),
    View("functions", "Linear, ReLU, sigmoid and tanh activations with their slopes.", _functions),
    View("softmax", "Softmax of four logits, and what one of them does to all probabilities.", _softmax),
    View("cross-entropy", "Cross-entropy of a toy batch with every number shown.", _cross_entropy),
)
