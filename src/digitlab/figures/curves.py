"""Learning curves: loss and accuracy on training and validation digits over epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from digitlab.figures.paper import new_figure, style

__all__ = ["Curve", "draw_curves"]

LOOKS = {
    "training": {"color": "#0072b2", "marker": "o"},
    "validation": {"color": "#d55e00", "marker": "s", "linestyle": "--"},
}


@dataclass(frozen=True)
class Curve:
    """One line of a learning curve.

    Attributes:
        name: `training` or `validation`.
        epochs: Where it was measured, in passes over the training digits.
        loss: Log loss there, in nats.
        accuracy: Share read rightly there, in [0, 1].
    """

    name: str
    epochs: Sequence[float]
    loss: Sequence[float]
    accuracy: Sequence[float]


def draw_curves(curves: Sequence[Curve], title: str, best_epoch: float | None = None) -> Figure:
    """Draws loss and accuracy side by side.

    Args:
        curves: At least one.
        title: What is learned by what.
        best_epoch: Where the kept weights come from, drawn as an upright line; None for no line.
    """
    with style():
        figure = new_figure(9.0, 3.8)
        left, right = figure.subplots(1, 2)
        for curve in curves:
            marks = {"markersize": 4 if len(curve.epochs) <= 30 else 0}
            look = {**LOOKS[curve.name], **marks}
            left.plot(curve.epochs, curve.loss, label=curve.name, **look)
            right.plot(curve.epochs, curve.accuracy, label=curve.name, **look)
        _finish(left, "How far are the probabilities off?", "loss (nats)", best_epoch)
        _finish(right, "How many digits are read rightly?", "accuracy", best_epoch)
        left.set_ylim(bottom=0)
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        figure.suptitle(title)
    return figure


def _finish(axes: Axes, title: str, quantity: str, best_epoch: float | None) -> None:
    axes.set(title=title, xlabel="epoch", ylabel=quantity)
    few = axes.dataLim.x1 <= 2  # epochs: parts of one are worth a tick
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=not few, min_n_ticks=1))
    if best_epoch is not None:
        axes.axvline(best_epoch, color="#666666", linewidth=1, label="weights kept")
    axes.legend()
