"""Units over many digits: a box plot of one, a scatter of two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from digitlab.figures.paper import DIGIT_COLOURS, figure_of, new_figure, style

__all__ = ["draw_boxes", "draw_scatter"]


def draw_boxes(
    groups: Sequence[ArrayLike], title: str, value_name: str, group_name: str, axes: Axes | None = None
) -> Figure:
    """Draws a box for each digit: quartiles and median; whiskers to 1.5 boxes' height; the rest as dots.

    Args:
        groups: Ten of them, the values of each digit, `(n,)`; empty where there is none.
        title: What is asked.
        value_name: What the values are.
        group_name: What makes a digit's group: `digit read`.
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
            box.set(facecolor=DIGIT_COLOURS[digit], edgecolor="#333333", linewidth=0.8)
            fliers.set_markerfacecolor(DIGIT_COLOURS[digit])
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
    return figure_of(axes)


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
        legend: What the colors are: `digit read`.
        axes: Where to draw; by default a figure of its own.
    """
    where, middles = np.asarray(points, dtype=float), np.asarray(centroids, dtype=float)
    with style():
        if axes is None:
            axes = new_figure(8.0, 6.6).subplots()
        colors = [DIGIT_COLOURS[digit] for digit in np.asarray(classes)]
        axes.scatter(where[:, 0], where[:, 1], s=9, c=colors, alpha=0.55, linewidths=0)
        outline = [patheffects.withStroke(linewidth=2.5, foreground="white")]
        for digit, (x, y) in enumerate(middles):
            if np.isnan(x):
                continue
            axes.scatter(
                x, y, s=290, facecolor=DIGIT_COLOURS[digit], edgecolor="black", linewidth=1.3, zorder=4
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
            Line2D([], [], marker="o", linestyle="", color=DIGIT_COLOURS[digit], label=f"{digit}  (n={n:,})")
            for digit, n in enumerate(counts)
        ]
        axes.legend(handles=handles, title=legend, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9.5)
        axes.set(title=title, xlabel=names[0], ylabel=names[1])
    return figure_of(axes)
