"""Pixels that matter: importances as a heat map, and chosen pixels over a digit."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from digitlab.figures.paper import figure_of, new_figure, style

__all__ = ["draw_importances", "draw_pixels"]

CHOSEN = "#d55e00"


def draw_importances(importances: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws how important each pixel is.

    Args:
        importances: `(height, width)`, each 0 or more, adding up to 1.
        title: To what, by what.
        axes: Where to draw; by default a figure of its own.
    """
    table = np.asarray(importances, dtype=float)
    with style():
        if axes is None:
            axes = new_figure(8.0, 6.6).subplots()
        axes.grid(visible=False)
        picture = axes.imshow(table, cmap="viridis", vmin=0, interpolation="nearest")
        axes.set(title=title, xlabel="column", ylabel="row")
        figure = _whole(axes)
        figure.colorbar(picture, ax=axes, shrink=0.85).set_label("share of the forest's importance")
    return figure


def draw_pixels(image: ArrayLike, pixels: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws chosen pixels over a digit, each where it is.

    Source 003's own picture is transposed: it takes a pixel's row for x and its column for y.

    Args:
        image: `(height, width)`, ink in [0, 1].
        pixels: `(n,)`, numbers row after row.
        title: What was chosen, and why.
        axes: Where to draw; by default a figure of its own.
    """
    ink = np.asarray(image, dtype=float)
    rows, columns = np.divmod(np.asarray(pixels, dtype=int), ink.shape[1])
    with style():
        if axes is None:
            axes = new_figure(7.0, 7.2).subplots()
        axes.grid(visible=False)
        axes.imshow(ink, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axes.scatter(columns, rows, s=60, facecolor=CHOSEN, edgecolor="white", linewidth=0.8)
        axes.set(title=title, xlabel="column", ylabel="row")
    return _whole(axes)


def _whole(axes: Axes) -> Figure:
    """The figure, once its rows and columns are counted in whole numbers."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    return figure_of(axes)
