"""Run comparison: the learning curves of several runs over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from digitlab.figures.style import new_figure, style

__all__ = ["Entry", "draw_run_comparison"]

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Seven colors of Okabe and Ito (2008) that are told apart on white by all readers."""
STROKES = ("-", "--", ":", "-.")


class Entry(Protocol):
    """A history entry: what is drawn of it."""

    @property
    def epoch(self) -> float:
        """Passes over the training examples so far."""

    @property
    def train_loss(self) -> float:
        """Mean loss in nats."""

    @property
    def train_accuracy(self) -> float:
        """Accuracy in [0, 1]."""

    @property
    def validation_loss(self) -> float | None:
        """Mean log loss in nats; None without a validation split."""

    @property
    def validation_accuracy(self) -> float | None:
        """Accuracy in [0, 1]; None without a validation split."""


def draw_run_comparison(histories: Mapping[str, Sequence[Entry]]) -> Figure:
    """Draws validation loss and accuracy by epoch, a line for each run; those of training without validation.

    Args:
        histories: The entries of each run by its name, one or more runs; of several seeds, their means.
    """
    validated = all(entry.validation_loss is not None for h in histories.values() for entry in h)
    split = "validation" if validated else "train"
    with style():
        figure = new_figure(10.5, 4.8 + 0.22 * len(histories))
        left, right = figure.subplots(1, 2)
        for number, (name, history) in enumerate(histories.items()):
            look = {
                "color": COLORS[number % len(COLORS)],
                "linestyle": STROKES[number // len(COLORS) % len(STROKES)],
                "marker": "o" if len(history) < 4 else "",
            }
            epochs = [entry.epoch for entry in history]
            for axes, metric in ((left, "loss"), (right, "accuracy")):
                values = np.array([getattr(entry, f"{split}_{metric}") for entry in history], float)
                axes.plot(epochs, values, label=name, **look)
        words = "validation" if validated else "training"
        left.set(title=f"Log loss ({words})", xlabel="epoch", ylabel="log loss (nats)")
        right.set(title=f"Accuracy ({words})", xlabel="epoch", ylabel="accuracy")
        left.set_ylim(bottom=0)
        if max(entry.epoch for history in histories.values() for entry in history) >= 2:
            for axes in (left, right):
                axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", fontsize=9)
        figure.suptitle("Learning curves: which run learns faster, and which better?")
    return figure
