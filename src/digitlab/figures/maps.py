"""Maps of many images in two dimensions, and the principal components that images are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.paper import DIGIT_COLOURS, figure_of, new_figure, style
from digitlab.figures.tiles import grid_size, paint_tiles, tile_columns, tile_corner

__all__ = ["draw_components", "draw_map", "draw_variance"]

LABELLED = 12
"""The most errors that are told in words on a map."""
MANY = 100
"""Errors from which on their crosses are small."""
APART = 0.055  # of the map's width and height, between two of these


def draw_map(
    points: ArrayLike,
    labels: ArrayLike,
    predictions: ArrayLike,
    title: str,
    names: tuple[str, str] | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Draws images as points in the color of the digit they are; errors are crosses with a black edge.

    A digit stands in the middle of its points. Of the errors, those are told in words that have room.

    Args:
        points: `(n, 2)`.
        labels: `(n,)`, what each is.
        predictions: `(n,)`, what each was read as.
        title: What is laid out how.
        names: Of the two axes; None if they mean nothing, and are left out.
        axes: Where to draw; by default a figure of its own.
    """
    places, truth, read = np.asarray(points, dtype=float), np.asarray(labels), np.asarray(predictions)
    wrong = truth != read
    with style():
        if axes is None:
            axes = new_figure(8.0, 7.6).subplots()
        colors = np.array(DIGIT_COLOURS)[truth]
        axes.scatter(places[~wrong, 0], places[~wrong, 1], s=11, c=colors[~wrong], linewidths=0)
        size = 75 if wrong.sum() <= MANY else 55
        look: dict[str, Any] = {
            "marker": "X",
            "s": size,
            "edgecolors": "black",
            "linewidths": 1.0,
            "zorder": 3,
        }
        axes.scatter(places[wrong, 0], places[wrong, 1], c=colors[wrong], **look)
        halo = [patheffects.withStroke(linewidth=3, foreground="white")]
        middles = {digit: np.median(places[truth == digit], axis=0) for digit in np.unique(truth)}
        for digit, (x, y) in middles.items():
            words: dict[str, Any] = {
                "ha": "center",
                "va": "center",
                "fontsize": 19,
                "fontweight": "bold",
                "zorder": 4,
            }
            axes.text(x, y, str(digit), path_effects=halo, **words)
        for number in _with_room(places, np.flatnonzero(wrong), list(middles.values())):
            axes.annotate(
                f"{truth[number]} read as {read[number]}",
                places[number],
                xytext=(6, 5),
                textcoords="offset points",
                fontsize=8.5,
                path_effects=halo,
                zorder=5,
            )
        _legend(axes, truth, int(wrong.sum()), -0.03 if names is None else -0.09)
        axes.set_title(title)
        if names is None:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        else:
            axes.set(xlabel=names[0], ylabel=names[1])
        axes.margins(0.04)
    return figure_of(axes)


def _with_room(
    places: NDArray[np.float64], wrong: NDArray[np.intp], taken: list[NDArray[np.float64]]
) -> list[int]:
    """Errors whose words lie neither on those of another nor on what is `taken`, as many as `LABELLED`."""
    size = np.maximum(np.ptp(places, axis=0), 1e-12) * (4 * APART, APART)  # words are wide and low
    chosen: list[int] = []
    for number in wrong:
        occupied = [*taken, *places[chosen]]
        if len(chosen) < LABELLED and all((np.abs(places[number] - each) > size).any() for each in occupied):
            chosen.append(int(number))
    return chosen


def _legend(axes: Axes, truth: NDArray[np.int64], wrong: int, below: float) -> None:
    dot: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 7}
    marks = [
        Line2D([], [], color=DIGIT_COLOURS[digit], label=str(digit), **dot) for digit in np.unique(truth)
    ]
    cross: dict[str, Any] = {"marker": "X", "markersize": 9, "color": "#cccccc", "markeredgecolor": "black"}
    marks.append(Line2D([], [], linestyle="", label=f"misread ({wrong})", **cross))
    look: dict[str, Any] = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, below),
        "columnspacing": 0.9,
        "handletextpad": 0.1,
    }
    axes.legend(handles=marks, ncols=len(marks), **look)


def draw_variance(
    shares: ArrayLike, share: float, needed: int, title: str, axes: Axes | None = None
) -> Figure:
    """Draws how much of the variance the first components explain together.

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
    return figure_of(axes)


def draw_components(
    images: ArrayLike, captions: Sequence[str], title: str, axes: Axes | None = None
) -> Figure:
    """Draws principal components as images on one scale: red adds ink, blue takes it away.

    Args:
        images: `(k, height, width)`.
        captions: k of them, each above its component.
        title: Whose components they are.
        axes: Where to draw; by default a figure of its own.
    """
    tiles = np.asarray(images, dtype=float)
    columns, room = tile_columns(len(tiles), 5), 0.22
    shape = (int(tiles.shape[1]), int(tiles.shape[2]))
    across, down = grid_size(len(tiles), columns, shape, room)
    with style():
        if axes is None:
            axes = new_figure(8.0, 0.7 + 6.7 * down / across).subplots()  # 1.3 inches are the scale's
        picture = paint_tiles(axes, tiles, columns, room)
        axes.set_aspect("equal")
        for number, caption in enumerate(captions):
            left, top = tile_corner(number, columns, shape, room)
            axes.text(left + 0.5, top + room * 0.85, caption, ha="center", va="bottom", fontsize=10)
        axes.set_title(title)
        bar = figure_of(axes).colorbar(picture, ax=axes, shrink=0.6, aspect=30)
        bar.set_label("weight of the pixel")
    return figure_of(axes)
