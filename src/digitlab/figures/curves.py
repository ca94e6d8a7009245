"""Curves: learning curves as mean and spread over seeds, published values, explained variance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from digitlab.figures.style import new_figure, root_figure, style
from digitlab.formatting import format_number, format_share

__all__ = [
    "Line",
    "draw_explained_variance",
    "draw_learning_curves",
    "draw_lines",
    "smallest_smoothed_loss",
]

VALIDATION = "validation"
"""Name of the line on which the best and the last entry are marked."""
OURS = (("#0072b2", "-"), ("#d55e00", "--"), ("#009e73", ":"))
PUBLISHED = ("#333333", "#888888")


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        name: What it is, for the legend.
        x: Where, `(k,)`.
        mean: Its values, `(k,)`; NaN or None where there is none.
        std: The standard deviation that is shaded around it, `(k,)`; None for no shade.
        published: Whether it is a source's: drawn as open marks on a thin line.
    """

    name: str
    x: Sequence[float]
    mean: ArrayLike
    std: ArrayLike | None = None
    published: bool = False

    @classmethod
    def over_seeds(cls, name: str, x: Sequence[float], values: ArrayLike) -> Line:
        """The mean over seeds, shaded by their sample standard deviation where there are several.

        Args:
            name: What it is.
            x: Where, `(k,)`.
            values: `(seeds, k)`.
        """
        table = np.asarray(values, dtype=float)
        std = table.std(axis=0, ddof=1) if len(table) > 1 else None
        return cls(name, x, table.mean(axis=0), std)


def draw_lines(
    lines: Sequence[Line], title: str, x_name: str, y_name: str, axes: Axes | None = None
) -> Figure:
    """Draws lines over one axis.

    Args:
        lines: At least one.
        title: What is seen.
        x_name: What x counts: `epoch`.
        y_name: What y is, with its unit.
        axes: Where to draw; by default a figure of its own.
    """
    with style():
        if axes is None:
            axes = new_figure(7.6, 4.2).subplots()
        _draw(axes, lines)
        axes.set(title=title, xlabel=x_name, ylabel=y_name)
        axes.legend()
    return root_figure(axes)


def draw_learning_curves(
    loss: Sequence[Line],
    accuracy: Sequence[Line],
    title: str,
    kept_epoch: float | None = None,
    label_smoothing: float = 0.0,
    x_name: str = "epoch",
) -> Figure:
    """Draws learning curves: loss and accuracy over epochs side by side, with the best and the last entry.

    The best entry is the one whose weights were kept, or else that of the lowest validation loss. It and the
    last entry are marked on the curve `validation`, or on the first curve where there is no validation split;
    then there is no best entry either.

    Args:
        loss: At least one line, in nats.
        accuracy: The same lines, in [0, 1]; none for the loss alone.
        title: What learned, and over how many seeds.
        kept_epoch: Where the kept weights come from; None if those of the end were kept.
        label_smoothing: Of the training loss. If above 0, a level line shows the least loss that it allows.
        x_name: What x counts: `epoch`.
    """
    marks = _find_marks(loss, kept_epoch)
    with style():
        figure = new_figure(9.6, 5.2) if accuracy else new_figure(7.6, 5.2)
        panels = figure.subplots(1, 2 if accuracy else 1, squeeze=False)[0]
        left = panels[0]
        draw_lines(loss, "Log loss", x_name, "log loss (nats)", left)
        if label_smoothing:
            least = smallest_smoothed_loss(label_smoothing)
            name = f"least training loss at label smoothing {label_smoothing:g}: {format_number(least, 3)}"
            left.axhline(least, color="#666666", linewidth=1, linestyle="-.", label=name)
        left.set_ylim(bottom=0)
        _mark(left, loss, marks, lambda value: format_number(value, 4))
        if accuracy:
            right = panels[1]
            draw_lines(accuracy, "Accuracy", x_name, "accuracy", right)
            right.yaxis.set_major_formatter(PercentFormatter(1.0))
            _mark(right, accuracy, marks, format_share)
        figure.suptitle(title)
    return figure


def smallest_smoothed_loss(smoothing: float, classes: int = 10) -> float:
    """The smallest cross-entropy, in nats, that labels smoothed by `smoothing` allow: their entropy.

    A smoothed target is `1 - s + s / k` for the true class and `s / k` for each of the `k - 1` others
    (Szegedy et al. 2016); the loss is smallest where the predicted probabilities equal it.
    """
    others = smoothing / classes
    true = 1 - smoothing + others
    return float(-sum(p * np.log(p) for p in [true, *[others] * (classes - 1)] if p > 0))


@dataclass(frozen=True)
class _Marks:
    """The entries that are marked, as indices of the history; and what makes the best one the best."""

    best: int | None
    last: int
    why: str


def _find_marks(loss: Sequence[Line], kept_epoch: float | None) -> _Marks:
    marked = _marked_line(loss)
    values = np.asarray(marked.mean, dtype=float)
    last = len(values) - 1
    if kept_epoch is not None:
        nearest = int(np.abs(np.asarray(marked.x, dtype=float) - kept_epoch).argmin())
        return _Marks(nearest, last, "weights kept")
    if marked.name != VALIDATION:
        return _Marks(None, last, "")
    return _Marks(int(np.nanargmin(values)), last, "lowest validation loss")


def _marked_line(lines: Sequence[Line]) -> Line:
    """The curve of the validation split, or else the first."""
    return next((line for line in lines if line.name == VALIDATION), lines[0])


def _mark(axes: Axes, lines: Sequence[Line], marks: _Marks, written: Callable[[float], str]) -> None:
    """Marks the best and the last entry on the curve that is marked; their values stand in the legend."""
    line = _marked_line(lines)
    x, y = np.asarray(line.x, dtype=float), np.asarray(line.mean, dtype=float)
    look: dict[str, Any] = {"color": "black", "linestyle": "", "zorder": 5}
    if marks.best is not None:
        axes.axvline(x[marks.best], color="#666666", linewidth=1, zorder=1)
        name = "best and last" if marks.best == marks.last else "best"
        words = f"{name}: {written(y[marks.best])} ({marks.why})"
        axes.plot([x[marks.best]], [y[marks.best]], marker="*", markersize=9, label=words, **look)
    if marks.best != marks.last:
        words = f"last: {written(y[marks.last])}"
        axes.plot([x[marks.last]], [y[marks.last]], marker="o", markersize=5, label=words, **look)
    below: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16)}
    axes.legend(fontsize=9, **below)


def _draw(axes: Axes, lines: Sequence[Line]) -> None:
    ours, theirs = iter(OURS * len(lines)), iter(PUBLISHED * len(lines))
    for line in lines:
        x, mean = np.asarray(line.x, dtype=float), np.asarray(line.mean, dtype=float)
        if line.published:
            (drawn,) = axes.plot(x, mean, color=next(theirs), label=line.name, zorder=3, linewidth=0.8)
            drawn.set(marker="o", markerfacecolor="white", markersize=5)
            continue
        color, stroke = next(ours)
        marker = "o" if len(x) < 4 else ""
        axes.plot(x, mean, color=color, linestyle=stroke, label=line.name, marker=marker)
        if line.std is not None:
            std = np.asarray(line.std, dtype=float)
            axes.fill_between(x, mean - std, mean + std, color=color, alpha=0.2, linewidth=0)
    points = {float(x) for line in lines for x in line.x}
    if len(points) == 1:  # a single evaluation
        axes.set_xticks([*points], [f"{x:.3g}" for x in points])
        return
    few = axes.dataLim.x1 < 2  # epochs: parts of one are worth a tick
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=not few, min_n_ticks=1))


def draw_explained_variance(
    shares: ArrayLike, share: float, needed: int, title: str, axes: Axes | None = None
) -> Figure:
    """Draws the cumulative explained variance of principal components.

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
    return root_figure(axes)
