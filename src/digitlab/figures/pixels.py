"""Pixels that matter: importances as a heat map, and chosen pixels over a digit."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from digitlab.figures.paper import new_figure, style

__all__ = ["draw_importances", "draw_pixels"]

CHOSEN = "#d55e00"


def draw_importances(importances: ArrayLike, title: str) -> Figure:
    """Draws how important each pixel is.

    Args:
        importances: `(height, width)`, each 0 or more, adding up to 1.
        title: To what, by what.
    """
    table = np.asarray(importances, dtype=float)
    with style():
        figure = new_figure(6.6, 5.4)
        axes = figure.subplots()
        axes.grid(visible=False)
        picture = axes.imshow(table, cmap="viridis", vmin=0, interpolation="nearest")
        axes.set(title=title, xlabel="column", ylabel="row")
        figure.colorbar(picture, ax=axes, shrink=0.85).set_label("share of the forest's importance")
    return figure


def draw_pixels(image: ArrayLike, pixels: ArrayLike, title: str) -> Figure:
    """Draws chosen pixels over a digit, each where it is.

    Source 003's own picture is transposed: it takes a pixel's row for x and its column for y.

    Args:
        image: `(height, width)`, ink in [0, 1].
        pixels: `(n,)`, numbers row after row.
        title: What was chosen, and why.
    """
    ink = np.asarray(image, dtype=float)
    rows, columns = np.divmod(np.asarray(pixels, dtype=int), ink.shape[1])
    with style():
        figure = new_figure(5.6, 5.8)
        axes = figure.subplots()
        axes.grid(visible=False)
        axes.imshow(ink, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axes.scatter(columns, rows, s=42, facecolor=CHOSEN, edgecolor="white", linewidth=0.8)
        axes.set(title=title, xlabel="column", ylabel="row")
    return figure
