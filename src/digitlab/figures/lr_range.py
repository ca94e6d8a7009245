"""Learning-rate range test: the loss over the learning rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from digitlab.figures.style import MARK, new_figure, root_figure, style

__all__ = ["draw_lr_range"]

ABOVE_START = 1.6
"""Top of the loss axis over the smoothed loss at the start; what diverges goes beyond it."""


def draw_lr_range(
    rates: Sequence[float],
    losses: Sequence[float],
    smoothed: Sequence[float],
    suggestion: float,
    diverged: bool,
    title: str,
    axes: Axes | None = None,
) -> Figure:
    """Draws the losses of a learning-rate range test over a logarithmic axis of rates.

    Args:
        rates: The learning rate of each step, `(k,)`, rising.
        losses: The loss of each step's batch, `(k,)`, in nats.
        smoothed: The smoothed loss, `(k,)`, in nats.
        suggestion: The suggested rate, marked by an upright line.
        diverged: Whether the last rate is marked as the one at which the loss diverged.
        title: What is tested.
        axes: Where to draw; by default a figure of its own.
    """
    with style():
        if axes is None:
            axes = new_figure(7.6, 4.2).subplots()
        axes.plot(rates, losses, color="#9a9a9a", linewidth=0.8, label="loss of each batch")
        axes.plot(rates, smoothed, color="#0072b2", label="smoothed")
        axes.axvline(
            suggestion, color=MARK, linestyle="--", linewidth=1.4, label=f"suggested: {suggestion:g}"
        )
        if diverged:
            name = f"diverged: {rates[-1]:.2g}"
            axes.axvline(rates[-1], color="#333333", linestyle=":", linewidth=1.4, label=name)
        axes.set_xscale("log")
        axes.set_ylim(0, ABOVE_START * max(smoothed[0], float(np.median(losses))))
        axes.set(title=title, xlabel="learning rate", ylabel="training loss (nats)")
        axes.legend(loc="lower left")
    return root_figure(axes)
