"""The confusion matrix: counts and row percentages; rows are the truth."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from digitlab.figures.paper import new_figure, style

__all__ = ["draw_confusion"]


def draw_confusion(counts: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws a confusion matrix; each cell holds its count and its share of the row.

    Colour is the share of the row on a scale that spreads small shares, so that rare errors are
    seen beside a full diagonal.

    Args:
        counts: `(10, 10)` whole numbers; rows are the truth, columns what was read.
        title: What was read by what.
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
        axes.set_xticks(range(10))
        axes.set_yticks(range(10), [f"{digit}  (n={int(totals[digit, 0])})" for digit in range(10)])
        axes.set(title=title, xlabel="digit read", ylabel="true digit")
        figure = axes.get_figure(root=True)
        assert figure is not None
        bar = figure.colorbar(picture, ax=axes, shrink=0.75, ticks=[0, 0.01, 0.05, 0.2, 0.5, 1])
        bar.ax.set_yticklabels(["0 %", "1 %", "5 %", "20 %", "50 %", "100 %"])
        bar.set_label("share of the true digit's row")
    return figure
