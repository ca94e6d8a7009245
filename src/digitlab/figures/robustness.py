"""Robustness: what a model answers, and how often it is wrong, under each perturbation at each strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.style import new_figure, style

__all__ = ["draw_robustness"]

RIGHT, REFUSED, WRONG = "#0072b2", "#dcdcdc", "#d55e00"
COLUMNS = 5


def draw_robustness(panels: Mapping[str, ArrayLike], models: Sequence[str], title: str) -> Figure:
    """Draws one panel for each perturbation: bars of what is answered right, answered wrong, and refused.

    A dot in each bar has the accuracy if everything were answered. Of two models, the left bar of each pair
    is the first's.

    Args:
        panels: By the name of the perturbation, `(models, strengths, 4)` shares of the digits: answered and
            right, not answered, answered and wrong; and correct, answered or not. The first strength is 0:
            clean digits.
        models: One or two names.
        title: Which data, how many digits.
    """
    rows = -(-len(panels) // COLUMNS)
    with style():
        figure = new_figure(11.0, 2.6 * rows + 1.2)
        grid = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False)
        for axes, (name, shares) in zip(grid.flat, panels.items(), strict=False):
            _draw_panel(axes, np.asarray(shares, dtype=float), name)
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        for axes in grid[:, 0]:
            axes.set_ylabel("share of the digits")
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        figure.suptitle(title)
        sides = "" if len(models) == 1 else f"left bars: {models[0]}; right bars: {models[1]}"
        figure.legend(
            handles=[
                Patch(color=RIGHT, label="answered, right"),
                Patch(color=REFUSED, label="not answered"),
                Patch(color=WRONG, label="answered, wrong"),
                Line2D([], [], **_dot(), label="accuracy, if all were answered"),
            ],
            loc="outside lower center",
            ncols=4,
            fontsize=10,
            title=sides or None,
        )
    return figure


def _draw_panel(axes: Axes, shares: NDArray[np.float64], name: str) -> None:
    """One perturbation; `shares` is `(models, strengths, 4)`."""
    n = len(shares)
    strengths = np.arange(shares.shape[1])
    width = 0.8 / n
    for number, own in enumerate(shares):
        x = strengths + (number - (n - 1) / 2) * width
        bottom = np.zeros(len(x))
        for part, color in zip(own.T[:3], (RIGHT, REFUSED, WRONG), strict=True):
            axes.bar(x, part, 0.92 * width, bottom=bottom, color=color)
            bottom += part
        axes.plot(x, own[:, 3], **_dot())
    axes.set(title=name, ylim=(0, 1.02))
    axes.set_xticks(strengths, ["clean", *(f"{strength}" for strength in strengths[1:])])
    axes.grid(visible=False, axis="x")


def _dot() -> dict[str, Any]:
    return {
        "linestyle": "",
        "marker": "o",
        "markersize": 4.5,
        "markerfacecolor": "white",
        "markeredgecolor": "black",
    }
