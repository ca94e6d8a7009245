"""Curves: learning curves as mean and spread over seeds, published values, explained variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from digitlab.figures.style import new_figure, root_figure, style

__all__ = [
    "Line",
    "draw_explained_variance",
    "draw_learning_curves",
    "draw_lines",
]

OURS = (("#0072b2", "-"), ("#d55e00", "--"), ("#009e73", ":"))
PUBLISHED = ("#333333", "#888888")


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        name: What it is, for the legend.
        x: Where, `(k,)`.
        mean: Its values, `(k,)`; NaN or None where there is none.
        std: The standard deviation that is shaded around it, `(k,)`; None for no shade.
        published: Whether it is a source's: drawn as open marks on a thin line.
    """

    name: str
    x: Sequence[float]
    mean: ArrayLike
    std: ArrayLike | None = None
    published: bool = False

    @classmethod
    def over_seeds(cls, name: str, x: Sequence[float], values: ArrayLike) -> Line:
        """The mean over seeds, shaded by their sample standard deviation where there are several.

        Args:
            name: What it is.
            x: Where, `(k,)`.
            values: `(seeds, k)`.
        """
        table = np.asarray(values, dtype=float)
        std = table.std(axis=0, ddof=1) if len(table) > 1 else None
        return cls(name, x, table.mean(axis=0), std)


def draw_lines(
    lines: Sequence[Line], title: str, x_name: str, y_name: str, axes: Axes | None = None
) -> Figure:
    """Draws lines over one axis.

    Args:
        lines: At least one.
        title: What is seen.
        x_name: What x counts: `epoch`.
        y_name: What y is, with its unit.
        axes: Where to draw; by default a figure of its own.
    """
    with style():
        if axes is None:
            axes = new_figure(7.6, 4.2).subplots()
        _draw(axes, lines)
        axes.set(title=title, xlabel=x_name, ylabel=y_name)
        axes.legend()
    return root_figure(axes)


def draw_learning_curves(
    loss: Sequence[Line], accuracy: Sequence[Line], title: str, best_epoch: float | None = None
) -> Figure:
    """Draws learning curves: loss and accuracy over epochs side by side.

    Args:
        loss: At least one line, in nats.
        accuracy: The same lines, in [0, 1].
        title: What learned, and over how many seeds.
        best_epoch: Where the kept weights come from, drawn as an upright line; None for no line.
    """
    with style():
        figure = new_figure(9.6, 4.0)
        left, right = figure.subplots(1, 2)
        draw_lines(loss, "Log loss", "epoch", "log loss (nats)", left)
        draw_lines(accuracy, "Accuracy", "epoch", "accuracy", right)
        left.set_ylim(bottom=0)
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        if best_epoch is not None:
            for axes in (left, right):
                axes.axvline(best_epoch, color="#666666", linewidth=1, label="weights kept")
                axes.legend()
        figure.suptitle(title)
    return figure


def _draw(axes: Axes, lines: Sequence[Line]) -> None:
    ours, theirs = iter(OURS * len(lines)), iter(PUBLISHED * len(lines))
    for line in lines:
        x, mean = np.asarray(line.x, dtype=float), np.asarray(line.mean, dtype=float)
        if line.published:
            (drawn,) = axes.plot(x, mean, color=next(theirs), label=line.name, zorder=3, linewidth=0.8)
            drawn.set(marker="o", markerfacecolor="white", markersize=5)
            continue
        color, stroke = next(ours)
        marker = "o" if len(x) < 4 else ""
        axes.plot(x, mean, color=color, linestyle=stroke, label=line.name, marker=marker)
        if line.std is not None:
            std = np.asarray(line.std, dtype=float)
            axes.fill_between(x, mean - std, mean + std, color=color, alpha=0.2, linewidth=0)
    points = {float(x) for line in lines for x in line.x}
    if len(points) == 1:  # a single evaluation
        axes.set_xticks([*points], [f"{x:.3g}" for x in points])
        return
    few = axes.dataLim.x1 < 2  # epochs: parts of one are worth a tick
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=not few, min_n_ticks=1))


def draw_explained_variance(
    shares: ArrayLike, share: float, needed: int, title: str, axes: Axes | None = None
) -> Figure:
    """Draws the cumulative explained variance of principal components.

    Args:
        shares: `(k,)`: what part of all variance each component explains, the largest first.
        share: The part that is wanted, drawn as a level line.
        needed: How many components explain it, drawn as an upright line.
        title: Whose variance it is.
        axes: Where to draw; by default a figure of its own.
    """
    together = np.cumsum(np.asarray(shares, dtype=float))
    with style():
        if axes is None:
            axes = new_figure(8.0, 4.8).subplots()
        axes.plot(np.arange(1, len(together) + 1), together, color="#0072b2")
        axes.axhline(share, color="#666666", linewidth=1, linestyle="--")
        axes.axvline(needed, color="#d55e00", linewidth=1.2)
        words = f" {needed} components explain {share:.0%}"
        axes.annotate(words, (needed, share), xytext=(6, -18), textcoords="offset points", color="#a04000")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set(title=title, xlabel="components, the largest first", ylabel="variance explained together")
        axes.set_xlim(0, len(together))
        axes.set_ylim(0, 1.02)
    return root_figure(axes)
