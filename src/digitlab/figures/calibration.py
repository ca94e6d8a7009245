"""Calibration and selective prediction: reliability diagram, risk against coverage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter
from numpy.typing import ArrayLike

from digitlab.figures.style import MARK, new_figure, style
from digitlab.formatting import format_number, format_share

__all__ = ["draw_reliability", "draw_risk_coverage"]

BLUE, LEVEL, BAND = "#0072b2", "#666666", "#9ecae1"
LAST = 0.8
"""The coverage from which the right panel of a risk-coverage figure shows the curve larger."""


def draw_reliability(
    counts: ArrayLike, confidence: ArrayLike, accuracy: ArrayLike, intervals: ArrayLike, title: str
) -> Figure:
    """Draws a reliability diagram: the diagonal is perfect calibration, above it a network is too modest.

    Bins of equal mass crowd at a confidence of 1 for a good network; so a second panel has their gaps, one
    bar for each bin, on a scale of its own.

    Args:
        counts: `(bins,)` numbers of predictions, the least confident bin first.
        confidence: `(bins,)` mean confidences, in [0, 1].
        accuracy: `(bins,)` shares of correct predictions, in [0, 1].
        intervals: `(bins, 2)` 95 % intervals of the accuracies.
        title: Which model, which data.
    """
    x, y, ends = (np.asarray(each, dtype=float) for each in (confidence, accuracy, intervals))
    n = np.asarray(counts, dtype=int)
    arms = np.stack([y - ends[:, 0], ends[:, 1] - y]).clip(0)
    with style():
        figure = new_figure(9.6, 4.8)
        left, right = figure.subplots(1, 2)
        left.plot([0, 1], [0, 1], color=LEVEL, linewidth=1, linestyle="--", label="perfect calibration")
        left.errorbar(x, y, arms, color=BLUE, marker="o", markersize=5, linewidth=1, capsize=2, label="bins")
        left.set(xlabel="mean confidence", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal")
        left.legend(loc="upper left", fontsize=9)
        for axis in (left.xaxis, left.yaxis):
            axis.set_major_formatter(PercentFormatter(1.0))
        numbers = np.arange(1, len(x) + 1)
        right.bar(numbers, 100 * (y - x), color=BAND, edgecolor=BLUE, linewidth=0.8)
        right.errorbar(numbers, 100 * (y - x), 100 * arms, color=BLUE, linestyle="", linewidth=1, capsize=2)
        right.axhline(0, color=LEVEL, linewidth=1, linestyle="--")
        each = f"{n.min():,}" if n.min() == n.max() else f"{n.min():,} to {n.max():,}"
        right.set(
            xlabel=f"bin, the least confident first (n={each} in each)",
            ylabel="accuracy less confidence (points)",
            xticks=numbers[:: max(1, len(numbers) // 8)],
        )
        figure.suptitle(title)
    return figure


def draw_risk_coverage(
    curves: Sequence[tuple[str, ArrayLike, ArrayLike]],
    marks: Sequence[tuple[float, float, tuple[float, float]]],
    title: str,
) -> Figure:
    """Draws risk-coverage curves: the error among the answered over the share that is answered.

    Args:
        curves: Each a name, shares answered `(k,)`, ascending in (0, 1], and errors among them `(k,)`, in
            [0, 1]. The left panel has them whole; the right one has the last fifth, its errors on a
            logarithmic scale, on which no error at all is not drawn.
        marks: Points of the first curve in the right panel: share answered, error, and its 95 % interval.
        title: Which model, which data.
    """
    colors = (BLUE, MARK, "#009e73")
    with style():
        figure = new_figure(9.6, 4.6)
        left, right = figure.subplots(1, 2)
        for number, (name, coverage, risk) in enumerate(curves):
            x, y = np.asarray(coverage, dtype=float), np.asarray(risk, dtype=float)
            color = colors[number % len(colors)]
            left.plot(x, y, color=color, label=name, drawstyle="steps-post")
            near = x >= LAST
            right.plot(x[near], np.where(y[near] > 0, y[near], np.nan), color=color)
        _mark(right, marks)
        left.set(ylim=(0, None), xlim=(0, 1.01))
        right.set(xlim=(LAST, 1.005))
        for axes, where in ((left, ""), (right, ", the last fifth")):
            axes.set(xlabel=f"share answered{where}", ylabel="error among the answered")
            axes.xaxis.set_major_formatter(PercentFormatter(1.0))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{format_number(100 * share)} %"))
        right.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        if len(curves) > 1:
            left.legend(loc="upper left", fontsize=9)
        figure.suptitle(title)
    return figure


def _mark(axes: Axes, marks: Sequence[tuple[float, float, tuple[float, float]]]) -> None:
    """Marks points with their intervals, and sets a logarithmic scale where there is an error to show."""
    shown = [(x, y, ends) for x, y, ends in marks if x >= LAST and y > 0]
    if not shown:
        axes.text(0.5, 0.5, "no errors", ha="center", va="center", transform=axes.transAxes, fontsize=13)
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.margins(y=0.15)
    for x, y, (low, high) in shown:
        arms = [[y - low], [high - y]]
        axes.errorbar([x], [y], arms, color=MARK, marker="o", markersize=5, linewidth=1, capsize=3, zorder=5)
        words = format_share(y, 2 if y >= 0.0005 else 3)
        axes.annotate(
            words,
            (x, y),
            xytext=(-6, 2),  # on the left and above a point is room: the curve rises
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=9,
            color=MARK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            zorder=6,
        )
