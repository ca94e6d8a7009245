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
    "draw_box_grid",
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
NEAR = 20  # points from a marker within which its label needs no line to it
NUMBER_ROOM = 0.028  # of the map's width and height, between the middles of a number and of anything else
CLEAR = 15  # points between the middles of a label and of anything else
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
        _boxes(axes, values)
        axes.set_xticks(
            range(len(values)),
            [f"{digit}\nn={len(each):,}" for digit, each in enumerate(values)],
        )
        axes.tick_params(axis="x", length=0, labelsize=9.5)
        axes.set(title=title, xlabel=group_name, ylabel=value_name)
    return root_figure(axes)


def draw_box_grid(
    units: Sequence[Sequence[ArrayLike]], names: Sequence[str], title: str, value_name: str, group_name: str
) -> Figure:
    """Draws small box plots of several units in a grid, each as `draw_boxes` has it, on its own scale.

    Args:
        units: For each unit ten groups, the values of each digit, `(n,)`; empty where there is none.
        names: What each unit is called.
        title: What is asked.
        value_name: What the values are.
        group_name: What makes a digit's group: `predicted digit`.
    """
    columns = min(3, len(units))
    rows = -(-len(units) // columns)
    with style():
        figure = new_figure(8.0, 0.9 + 2.0 * rows)
        plots = figure.subplots(rows, columns, squeeze=False)
        for axes, groups, name in zip(plots.flat, units, names, strict=False):
            _boxes(axes, [np.asarray(group, dtype=float) for group in groups], small=True)
            axes.set_title(name, fontsize=10.5)
            axes.set_xticks(range(len(groups)))
            axes.tick_params(axis="x", length=0)
            axes.tick_params(labelsize=8)
        for axes in plots.flat[len(units) :]:
            axes.set_axis_off()
        figure.suptitle(title, fontsize=12)
        figure.supxlabel(group_name, fontsize=10.5)
        figure.supylabel(value_name, fontsize=10.5)
    return figure


def _boxes(axes: Axes, values: list[NDArray[np.float64]], small: bool = False) -> None:
    """Draws a box for each digit on `axes`, with the limits that they need."""
    gray: dict[str, Any] = {"color": "#555555", "linewidth": 0.7 if small else 1}
    drawn = axes.boxplot(
        values,
        positions=range(len(values)),
        widths=0.65,
        patch_artist=True,
        medianprops={"color": "black", "linewidth": 1 if small else 1.6},
        flierprops={"marker": ".", "markersize": 2 if small else 3, "alpha": 0.35, "markeredgewidth": 0},
        whiskerprops=gray,
        capprops=gray,
    )
    for digit, (box, fliers) in enumerate(zip(drawn["boxes"], drawn["fliers"], strict=True)):
        box.set(facecolor=DIGIT_COLORS[digit], edgecolor="#333333", linewidth=0.5 if small else 0.8)
        fliers.set_markerfacecolor(DIGIT_COLORS[digit])
    whole = np.concatenate(values)
    low, high = (float(whole.min()), float(whole.max())) if len(whole) else (0.0, 1.0)
    room = 0.05 * (high - low) or 0.5
    axes.set_ylim(low - room, high + room)
    words = "\N{EN DASH}" if small else "none"
    for digit, each in enumerate(values):
        if not len(each):
            axes.text(digit, (low + high) / 2, words, ha="center", va="center", color="#555555")
    axes.set_xlim(-0.6, len(values) - 0.4)
    axes.grid(visible=False, axis="x")


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
        there = np.flatnonzero(~np.isnan(middles[:, 0]))
        offsets = _label_offsets(axes, middles[there])
        line = {"arrowstyle": "-", "linewidth": 0.9, "shrinkA": 2, "shrinkB": 7}
        for digit, offset in zip(there.tolist(), offsets, strict=True):
            place: dict[str, Any] = {"s": 90, "marker": "D", "edgecolor": "black", "linewidth": 1.3}
            axes.scatter(*middles[digit], facecolor=DIGIT_COLORS[digit], zorder=4, **place)
            axes.annotate(
                str(digit),
                middles[digit],
                xytext=offset,
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=13,
                weight="bold",
                zorder=5,
                path_effects=outline,
                arrowprops=line if np.hypot(*offset) > NEAR else None,
            )
        handles = [
            Line2D([], [], marker="o", linestyle="", color=DIGIT_COLORS[digit], label=f"{digit}  (n={n:,})")
            for digit, n in enumerate(counts)
        ]
        axes.legend(handles=handles, title=legend, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9.5)
        axes.set(title=title, xlabel=names[0], ylabel=names[1])
    return root_figure(axes)


def _label_offsets(axes: Axes, places: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Where a label stands beside each marker, in points from it: clear of all markers and other labels."""
    box = axes.get_position().size * root_figure(axes).get_size_inches() * 72
    low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
    markers = (places - low) / (high - low) * box
    angles = np.radians(np.arange(45, 405, 30))
    around = [
        distance * np.array([np.cos(angle), np.sin(angle)])
        for distance in (17, 26, 36, 48, 64, 80)
        for angle in angles
    ]
    labels: list[NDArray[np.float64]] = []
    offsets = []
    for marker in markers:
        taken = np.array([*markers, *labels])

        def clearance(offset: NDArray[np.float64], marker: Any = marker, taken: Any = taken) -> float:
            inside = min(*(marker + offset - 7), *(box - marker - offset - 7), 0.0)
            nearest = float(np.linalg.norm(taken - marker - offset, axis=1).min())
            return float(min(nearest, CLEAR) + 10 * inside - 0.02 * np.linalg.norm(offset))

        best = max(around, key=clearance)
        labels.append(marker + best)
        offsets.append((float(best[0]), float(best[1])))
    return offsets


def draw_projection(
    points: ArrayLike,
    labels: ArrayLike,
    predictions: ArrayLike,
    title: str,
    names: tuple[str, str] | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Draws images as points in the color of the digit they are; errors are crosses with a black edge.

    A digit stands in the middle of its points, or beside it where an error or another digit is. Those errors
    are told in words that have room.

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
        middles = [np.median(places[truth == digit], axis=0) for digit in np.unique(truth)]
        size = np.maximum(np.ptp(places, axis=0), 1e-12)
        numbers = _beside_obstacles(np.array(middles), places[wrong], size)
        for digit, (x, y) in zip(np.unique(truth), numbers, strict=True):
            words: dict[str, Any] = {
                "ha": "center",
                "va": "center",
                "fontsize": 19,
                "fontweight": "bold",
                "zorder": 4,
            }
            axes.text(x, y, str(digit), path_effects=halo, **words)
        for number in _with_room(places, np.flatnonzero(wrong), numbers):
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
    """Errors whose words lie on no other error, nor on other words or what is `taken`: at most `LABELED`."""
    size = np.maximum(np.ptp(places, axis=0), 1e-12) * (4 * APART, APART)  # words are wide and low
    chosen: list[int] = []
    for number in wrong:
        occupied = [*taken, *places[chosen]]
        # Words begin at the right of their error, a little above its middle.
        to_others = (places[wrong[wrong != number]] - places[number]) / size
        covered = ((to_others > (0, -0.35)) & (to_others < (1, 0.85))).all(axis=1).any()
        clear = all((np.abs(places[number] - each) > size).any() for each in occupied)
        if len(chosen) < LABELED and clear and not covered:
            chosen.append(int(number))
    return chosen


def _beside_obstacles(
    places: NDArray[np.float64], obstacles: NDArray[np.float64], size: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """For each place the nearest of some around it that lies on no obstacle and on no place before it.

    `size` is the width and height of the plot in its own units.
    """
    angles = np.radians(np.arange(0, 360, 30))
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    around = np.concatenate([np.zeros((1, 2)), *(ring * far for far in (0.02, 0.035, 0.05, 0.07))])
    found: list[NDArray[np.float64]] = []
    for place in places:
        taken = np.array([*obstacles, *found]).reshape(-1, 2)
        spots = place + around * size
        nearest = np.full(len(spots), np.inf)
        if len(taken):
            nearest = np.linalg.norm((spots[:, None] - taken) / size, axis=2).min(axis=1)
        # argmax finds the first, and so the nearest, of those that are far enough.
        found.append(spots[int(nearest.clip(max=NUMBER_ROOM).argmax())])
    return found


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
