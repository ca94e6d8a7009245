"""Distributions by digit: box plots, scatter plots with centroids, and two-dimensional projections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.style import DIGIT_COLORS, new_figure, root_figure, style

__all__ = [
    "draw_boxes",
    "draw_projection",
    "draw_scatter",
]

LABELED = 12
"""The most errors that are told in words on a map."""
MANY = 100
"""Errors from which on their crosses are small."""
CROWD = 10_000
"""Points beyond which they are drawn smaller and fainter, and as pixels also in a vector format."""
APART = 0.055  # of the map's width and height, between two of these


def draw_boxes(
    groups: Sequence[ArrayLike], title: str, value_name: str, group_name: str, axes: Axes | None = None
) -> Figure:
    """Draws a box for each digit: quartiles and median; whiskers to 1.5 boxes' height; the rest as dots.

    Args:
        groups: Ten of them, the values of each digit, `(n,)`; empty where there is none.
        title: What is asked.
        value_name: What the values are.
        group_name: What makes a digit's group: `predicted digit`.
        axes: Where to draw; by default a figure of its own.
    """
    values = [np.asarray(group, dtype=float) for group in groups]
    with style():
        if axes is None:
            axes = new_figure(8.0, 4.8).subplots()
        drawn = axes.boxplot(
            values,
            positions=range(len(values)),
            widths=0.65,
            patch_artist=True,
            medianprops={"color": "black", "linewidth": 1.6},
            flierprops={"marker": ".", "markersize": 3, "alpha": 0.35, "markeredgewidth": 0},
            whiskerprops={"color": "#555555", "linewidth": 1},
            capprops={"color": "#555555", "linewidth": 1},
        )
        for digit, (box, fliers) in enumerate(zip(drawn["boxes"], drawn["fliers"], strict=True)):
            box.set(facecolor=DIGIT_COLORS[digit], edgecolor="#333333", linewidth=0.8)
            fliers.set_markerfacecolor(DIGIT_COLORS[digit])
        whole = np.concatenate(values)
        low, high = (float(whole.min()), float(whole.max())) if len(whole) else (0.0, 1.0)
        room = 0.05 * (high - low) or 0.5
        axes.set_ylim(low - room, high + room)
        for digit, each in enumerate(values):
            if not len(each):
                axes.text(digit, (low + high) / 2, "none", ha="center", va="center", color="#555555")
        axes.set_xticks(
            range(len(values)),
            [f"{digit}\nn={len(each):,}" for digit, each in enumerate(values)],
        )
        axes.set_xlim(-0.6, len(values) - 0.4)
        axes.tick_params(axis="x", length=0, labelsize=9.5)
        axes.grid(visible=False, axis="x")
        axes.set(title=title, xlabel=group_name, ylabel=value_name)
    return root_figure(axes)


def draw_scatter(
    points: ArrayLike,
    classes: ArrayLike,
    centroids: ArrayLike,
    counts: Sequence[int],
    title: str,
    names: tuple[str, str],
    legend: str,
    axes: Axes | None = None,
) -> Figure:
    """Draws points colored by digit, and the centroid of each digit with its number on it.

    Args:
        points: `(n, 2)`, drawn in this order.
        classes: `(n,)`, 0 to 9.
        centroids: `(10, 2)`; NaN where there is none.
        counts: How many there are of each digit, drawn or not.
        title: What is asked.
        names: What the two axes are.
        legend: What the colors are: `predicted digit`.
        axes: Where to draw; by default a figure of its own.
    """
    where, middles = np.asarray(points, dtype=float), np.asarray(centroids, dtype=float)
    with style():
        if axes is None:
            axes = new_figure(8.0, 6.6).subplots()
        colors = [DIGIT_COLORS[digit] for digit in np.asarray(classes)]
        crowded = len(where) > CROWD
        size, alpha = (3, 0.35) if crowded else (9, 0.55)
        axes.scatter(
            where[:, 0], where[:, 1], s=size, c=colors, alpha=alpha, linewidths=0, rasterized=crowded
        )
        outline = [patheffects.withStroke(linewidth=2.5, foreground="white")]
        for digit, (x, y) in enumerate(middles):
            if np.isnan(x):
                continue
            axes.scatter(
                x, y, s=290, facecolor=DIGIT_COLORS[digit], edgecolor="black", linewidth=1.3, zorder=4
            )
            axes.text(
                x,
                y,
                str(digit),
                ha="center",
                va="center_baseline",
                fontsize=11,
                weight="bold",
                zorder=5,
                path_effects=outline,
            )
        handles = [
            Line2D([], [], marker="o", linestyle="", color=DIGIT_COLORS[digit], label=f"{digit}  (n={n:,})")
            for digit, n in enumerate(counts)
        ]
        axes.legend(handles=handles, title=legend, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9.5)
        axes.set(title=title, xlabel=names[0], ylabel=names[1])
    return root_figure(axes)


def draw_projection(
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
        predictions: `(n,)`, the predicted class of each.
        title: What is laid out how.
        names: Of the two axes; None if they mean nothing, and are left out.
        axes: Where to draw; by default a figure of its own.
    """
    places, truth, read = np.asarray(points, dtype=float), np.asarray(labels), np.asarray(predictions)
    wrong = truth != read
    with style():
        if axes is None:
            axes = new_figure(8.0, 7.6).subplots()
        colors = np.array(DIGIT_COLORS)[truth]
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
                f"{truth[number]} predicted as {read[number]}",
                places[number],
                xytext=(6, 5),
                textcoords="offset points",
                fontsize=8.5,
                path_effects=halo,
                zorder=5,
            )
        _projection_legend(axes, truth, int(wrong.sum()), -0.03 if names is None else -0.09)
        axes.set_title(title)
        if names is None:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        else:
            axes.set(xlabel=names[0], ylabel=names[1])
        axes.margins(0.04)
    return root_figure(axes)


def _with_room(
    places: NDArray[np.float64], wrong: NDArray[np.intp], taken: list[NDArray[np.float64]]
) -> list[int]:
    """Errors whose words lie neither on those of another nor on what is `taken`, as many as `LABELED`."""
    size = np.maximum(np.ptp(places, axis=0), 1e-12) * (4 * APART, APART)  # words are wide and low
    chosen: list[int] = []
    for number in wrong:
        occupied = [*taken, *places[chosen]]
        if len(chosen) < LABELED and all((np.abs(places[number] - each) > size).any() for each in occupied):
            chosen.append(int(number))
    return chosen


def _projection_legend(axes: Axes, truth: NDArray[np.int64], wrong: int, below: float) -> None:
    dot: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 7}
    marks = [Line2D([], [], color=DIGIT_COLORS[digit], label=str(digit), **dot) for digit in np.unique(truth)]
    cross: dict[str, Any] = {"marker": "X", "markersize": 9, "color": "#cccccc", "markeredgecolor": "black"}
    marks.append(Line2D([], [], linestyle="", label=f"errors ({wrong})", **cross))
    look: dict[str, Any] = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, below),
        "columnspacing": 0.9,
        "handletextpad": 0.1,
    }
    axes.legend(handles=marks, ncols=len(marks), **look)
