"""Activation functions, softmax and cross-entropy, with every number shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.style import new_figure, style
from digitlab.formatting import format_number

__all__ = [
    "CrossEntropyTable",
    "draw_activation_functions",
    "draw_cross_entropy",
    "draw_softmax",
]

VALUE, SLOPE, MOVED = "#0072b2", "#999999", "#d55e00"
OTHERS = ("#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
SHADE = "#fbe6d8"
Curve = tuple[str, str, ArrayLike, ArrayLike, ArrayLike]


def draw_activation_functions(curves: Sequence[Curve], title: str) -> Figure:
    """Draws activation functions beside each other (study `practice-lab`'s first figure).

    Args:
        curves: Each `(name, formula, z, a, slope)`, arrays of one length.
        title: What is seen.
    """
    with style():
        figure = new_figure(2.4 * len(curves) + 0.6, 3.3)
        plots = figure.subplots(1, len(curves), squeeze=False)[0]
        for axes, (name, formula, z, a, slope) in zip(plots, curves, strict=True):
            axes.axhline(0, color="#bbbbbb", linewidth=0.8)
            axes.axvline(0, color="#bbbbbb", linewidth=0.8)
            axes.plot(z, slope, color=SLOPE, linestyle="--", linewidth=1.3, label="slope")
            axes.plot(z, a, color=VALUE, label="a")
            axes.set(title=f"{name}\n{formula}", xlabel="z", ylim=_with_margin(a, slope))
            axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
        figure.axes[0].set_ylabel("a = g(z)")
        figure.axes[0].legend(loc="upper left", fontsize=9)
        figure.suptitle(title)
    return figure


def _with_margin(*values: ArrayLike) -> tuple[float, float]:
    low, high = (float(f([f(np.asarray(each)) for each in values])) for f in (np.min, np.max))
    return low - 0.08 * (high - low), high + 0.08 * (high - low)


def draw_softmax(
    logits: ArrayLike,
    exponentials: ArrayLike,
    probabilities: ArrayLike,
    moved: int,
    values: ArrayLike,
    swept: ArrayLike,
    title: str,
) -> Figure:
    """Draws softmax of a few logits, and what one of them does to all probabilities (study `practice-lab`).

    Args:
        logits: `(k,)`.
        exponentials: `(k,)`, e to the power of each.
        probabilities: `(k,)`.
        moved: Which logit moves on the right.
        values: `(m,)`, where it moves to.
        swept: `(m, k)` probabilities there.
        title: What is seen.
    """
    bars = {"logits z": logits, "$e^z$": exponentials, "probabilities a": probabilities}
    steps = {name: np.asarray(each, dtype=float) for name, each in bars.items()}
    k = len(steps["logits z"])
    colors = [MOVED if each == moved else OTHERS[each % len(OTHERS)] for each in range(k)]
    with style():
        figure = new_figure(10.4, 3.7)
        plots = figure.subplots(1, 4, width_ratios=[1, 1, 1, 1.9])
        for axes, (name, heights) in zip(plots[:3], steps.items(), strict=True):
            axes.barh(range(k), heights, color=colors)
            for row, height in enumerate(heights):
                axes.text(max(height, 0), row, f" {height:.3g}", va="center", fontsize=10)
            written = {"logits z": "$z_{}$", "$e^z$": "$e^{{z_{}}}$"}.get(name, "$a_{}$")
            axes.set(title=name, yticks=range(k), yticklabels=[written.format(each) for each in range(k)])
            low, high = min(0, float(heights.min())), max(0, float(heights.max()))
            axes.set_xlim(1.05 * low, high + 0.35 * (high - low))
            axes.invert_yaxis()
            axes.set_xticks([])
            axes.grid(visible=False)
        last = plots[3]
        for each, line in enumerate(np.asarray(swept, dtype=float).T):
            last.plot(np.asarray(values), line, color=colors[each], label=f"$a_{each}$")
        last.axvline(float(steps["logits z"][moved]), color="#666666", linewidth=0.9, linestyle=":")
        last.set(title=f"$z_{moved}$ moves, the others stay", xlabel=f"$z_{moved}$", ylabel="probability")
        last.set_ylim(0, 1.02)
        last.legend(fontsize=9, ncols=2)
        figure.suptitle(title)
    return figure


@dataclass(frozen=True)
class CrossEntropyTable:
    """Cross-entropy of one small batch, worked out.

    Attributes:
        name: What batch it is.
        probabilities: `(n, k)`, p.
        targets: `(n, k)`, y.
        logs: `(n, k)`, ln p.
        products: `(n, k)`, y ln p.
        losses: `(n,)`, less the sum of each row of products.
        mean: Their mean.
    """

    name: str
    probabilities: ArrayLike
    targets: ArrayLike
    logs: ArrayLike
    products: ArrayLike
    losses: ArrayLike
    mean: float


def draw_cross_entropy(tables: Sequence[CrossEntropyTable], title: str) -> Figure:
    """Draws cross-entropy of small batches as tables of every number, one below the other.

    Args:
        tables: At least one.
        title: What is seen.
    """
    sizes = [len(np.asarray(table.losses)) for table in tables]
    with style():
        figure = new_figure(9.6, 0.7 + sum(0.7 + 1.4 * n for n in sizes))
        plots = figure.subplots(len(tables), 1, squeeze=False, height_ratios=[1 + 2 * n for n in sizes])[:, 0]
        for axes, table in zip(plots, tables, strict=True):
            _batch(axes, table)
        figure.suptitle(title)
    return figure


def _batch(axes: Axes, table: CrossEntropyTable) -> None:
    """Draws one batch: its items, each a block of rows, and their mean."""
    p, y, log, product = (
        np.asarray(each, dtype=float)
        for each in (table.probabilities, table.targets, table.logs, table.products)
    )
    losses = np.asarray(table.losses, dtype=float)
    n, k = p.shape
    axes.set_axis_off()
    axes.set(xlim=(0, 10), ylim=((n - 1) * 4.2 + 4.3, -1.2))
    axes.set_title(table.name, loc="left", fontsize=11)
    for item in range(n):
        _item(axes, item, (p[item], y[item], log[item], product[item]), float(losses[item]), k)
    added = " + ".join(f"{one:.6f}" for one in losses)
    axes.text(
        0,
        (n - 1) * 4.2 + 3.6,
        f"cross-entropy = ({added}) / {n} = {table.mean:.6f} nats",
        fontsize=13,
        weight="bold",
        va="center",
    )


def _item(axes: Axes, item: int, rows: tuple[NDArray[np.float64], ...], loss: float, k: int) -> None:
    top = item * 4.2
    names = ("probability p", "target y", "ln p", "y ln p")
    axes.text(0, top - 0.75, f"item {item}", weight="bold", fontsize=12, va="center")
    for column in range(k):
        axes.text(
            3.2 + 1.5 * column, top - 0.75, f"class {column}", ha="center", va="center", color="#555555"
        )
    for row, (name, values) in enumerate(zip(names, rows, strict=True)):
        where = top + row * 0.8
        axes.text(0.3, where, name, va="center")
        for column, value in enumerate(values):
            counts = rows[1][column] != 0
            axes.text(
                3.2 + 1.5 * column,
                where,
                format_number(value, 6) if row >= 2 else f"{value:g}",
                ha="center",
                va="center",
                family="monospace",
                bbox={"facecolor": SHADE, "edgecolor": "none", "pad": 2.5} if counts else None,
            )
    edge = 3.2 + 1.5 * (k - 1) + 1.0
    total, added = rows[0].sum(), rows[3].sum()
    honest = "" if np.isclose(total, 1) else ", not 1"
    axes.text(edge, top, f"sum {total:.4g}{honest}", va="center", color="#555555")
    axes.text(edge, top + 2.4, f"sum {format_number(added, 6)}", va="center", color="#555555")
    axes.text(edge + 1.75, top + 2.4, f"loss {loss:.6f}", va="center", weight="bold")
