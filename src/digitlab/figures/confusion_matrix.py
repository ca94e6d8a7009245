"""Confusion matrix: counts and row percentages, whole or errors only; and a confused pair in four panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.image_grid import paint_digits
from digitlab.figures.style import new_figure, root_figure, style
from digitlab.formatting import format_count

__all__ = [
    "PANEL",
    "draw_confusion",
    "draw_errors",
    "draw_pair",
]

SIDE = 5
PANEL = SIDE * SIDE
"""How many digits a panel holds."""


def draw_confusion(counts: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws a confusion matrix; each cell holds its count and its share of the row.

    Color is the share of the row on a scale that spreads small shares, so that rare errors are
    seen beside a full diagonal.

    Args:
        counts: `(10, 10)` whole numbers; rows are the true classes, columns the predictions.
        title: Which model, which data.
        axes: Where to draw; by default a figure of its own.

    Returns:
        The figure drawn on.
    """
    table = np.asarray(counts, dtype=np.int64)
    totals = table.sum(axis=1, keepdims=True)
    shares = table / np.maximum(totals, 1)
    with style():
        if axes is None:
            axes = new_figure(8.4, 7.4).subplots()
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        picture = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.35, vmin=0, vmax=1))
        for (truth, read), count in np.ndenumerate(table):
            if count:
                share = shares[truth, read]
                axes.text(
                    read,
                    truth,
                    f"{count}\n{share:.1%}",
                    ha="center",
                    va="center",
                    fontsize=8.5,
                    color="white" if share > 0.25 else "black",
                )
        figure = _finish(axes, totals, title)
        bar = figure.colorbar(picture, ax=axes, shrink=0.75, ticks=[0, 0.01, 0.05, 0.2, 0.5, 1])
        bar.ax.set_yticklabels(["0 %", "1 %", "5 %", "20 %", "50 %", "100 %"])
        bar.set_label("share of the true digit's row")
    return figure


def draw_errors(counts: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws a confusion matrix without its diagonal: the errors alone.

    Each row is divided by how many there truly are, so that digits of which there are more do not
    look worse. The scale of colors ends at the largest share of errors.

    Args:
        counts: `(10, 10)` whole numbers; rows are the true classes, columns the predictions.
        title: Which model, which data.
        axes: Where to draw; by default a figure of its own.

    Returns:
        The figure drawn on.
    """
    table = np.asarray(counts, dtype=np.int64)
    totals = table.sum(axis=1, keepdims=True)
    errors = np.where(np.eye(10, dtype=bool), 0, table)
    shares = errors / np.maximum(totals, 1)
    most = shares.max() or 1.0  # without any error, any scale will do
    decimals = 1 if most >= 0.01 else 2 if most >= 0.001 else 3
    with style():
        if axes is None:
            axes = new_figure(8.4, 7.4).subplots()
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        picture = axes.imshow(shares, cmap="Oranges", vmin=0, vmax=most)
        for digit in range(10):
            corner = (digit - 0.5, digit - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, facecolor="#d0d0d0", edgecolor="white"))
        for (truth, read), count in np.ndenumerate(errors):
            if count:
                share = shares[truth, read]
                color = "white" if share > 0.75 * most else "black"
                words = f"{count}\n{share:.{decimals}%}"
                size = 8.5 if decimals == 1 else 8
                axes.text(read, truth, words, ha="center", va="center", fontsize=size, color=color)
        figure = _finish(axes, totals, title)
        if errors.any():  # nothing has no scale
            bar = figure.colorbar(picture, ax=axes, shrink=0.75, format=PercentFormatter(1.0))
            bar.set_label("share of the true digit's row")
    return figure


def _finish(axes: Axes, totals: NDArray[np.int64], title: str) -> Figure:
    """Names the axes; `totals` is `(10, 1)`, how many there truly are of each digit."""
    axes.set_xticks(range(10))
    axes.set_yticks(range(10), [f"{digit}  (n={int(totals[digit, 0])})" for digit in range(10)])
    axes.set(title=title, xlabel="predicted digit", ylabel="true digit")
    return root_figure(axes)


def draw_pair(
    panels: Sequence[ArrayLike], counts: Sequence[int], pair: tuple[int, int], title: str
) -> Figure:
    """Draws a confused pair: which of two digits were classified correctly, and which as the other.

    Args:
        panels: Four stacks of images `(n, height, width)`, ink in [0, 1]: a predicted as a, as
            b, b predicted as a, as b. The first `PANEL` of each are drawn; a stack may be empty.
        counts: How many there are of each, drawn or not.
        pair: a and b.
        title: Who took them for each other.
    """
    kinds = [(true, read) for true in pair for read in pair]
    with style():
        figure = new_figure(8.0, 8.6)
        for axes, images, n, (true, read) in zip(
            figure.subplots(2, 2).flat, panels, counts, kinds, strict=True
        ):
            shown = np.asarray(images, dtype=np.float32)[:PANEL]
            paint_digits(axes, shown if len(shown) else np.zeros((0, 1, 1), np.float32), SIDE, SIDE)
            some = f" ({len(shown)} shown)" if n > len(shown) else ""
            axes.set_title(f"{true} predicted as {read}: {format_count(n, 'digit')}{some}", fontsize=11)
            if not len(shown):
                words = f"No {true}\nwas predicted as {read}."
                axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, fontsize=13)
        figure.suptitle(title)
    return figure
