"""Preferences of units: the digits that activate each most, and a heat map of mean activations by digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from digitlab.figures.image_grid import paint_digits
from digitlab.figures.style import DIGIT_COLORS, add_axes_inches, fixed_layout_figure, style, title_height
from digitlab.figures.tiles import SIGNED, SIGNS
from digitlab.formatting import MISSING, format_number

__all__ = ["draw_class_selectivity", "draw_top_activating"]

WIDTH = 8.0  # inches, as all below
NAME = 0.85
ROW, SMALL_ROW = 0.34, 0.22
GAP = 0.12  # between digits, in widths of one
CAPTION = 0.24  # room below a digit, in widths of one


def draw_top_activating(
    images: ArrayLike, labels: ArrayLike, values: ArrayLike, names: Sequence[str], title: str
) -> Figure:
    """Draws a row of digits for each unit, each with its label and the unit's activation below it.

    Args:
        images: `(units, n, height, width)`, ink in [0, 1].
        labels: `(units, n)`.
        values: `(units, n)`, activations, the largest first; NaN for a dead unit, which has no digits.
        names: What each unit is called.
        title: Whose units, which digits.
    """
    pictures, of = np.asarray(images), np.asarray(values, dtype=float)
    rows, columns, height, width = pictures.shape
    dead = np.isnan(of).all(axis=1)
    pictures = np.where(dead[:, None, None, None], 0, pictures)
    side = min((WIDTH - NAME - 0.1) / (columns * (1 + GAP)), 1.0)  # of one digit, in inches
    font_size = min(9.0, 72 * side / 6.5)
    room = max(CAPTION, 1.5 * font_size / 72 / side)
    tall = height / width + room + GAP
    head = title_height(title)
    with style():
        figure = fixed_layout_figure(WIDTH, head + side * rows * tall + 0.1, title)
        axes = add_axes_inches(figure, NAME, head, side * columns * (1 + GAP), side * rows * tall)
        paint_digits(axes, pictures.reshape(-1, height, width), columns, rows, room)
        for row, (name, digits) in enumerate(zip(names, np.asarray(labels), strict=True)):
            middle = row * tall + height / width / 2
            words = f"{name}\n(dead)" if dead[row] else name
            axes.text(-0.15, middle, words, ha="right", va="center", fontsize=10, weight="bold")
            if dead[row]:
                words = "dead: its activation is 0 for all digits"
                frame = {"facecolor": "white", "edgecolor": "none"}
                axes.text(0.1, middle, words, va="center", fontsize=10, bbox=frame)
                continue
            for column, (digit, value) in enumerate(zip(digits, of[row], strict=True)):
                axes.text(
                    column * (1 + GAP) + 0.5,
                    row * tall + height / width + 0.04,
                    f"{digit}, {format_number(value, 2 if abs(value) < 99.995 else 1)}",
                    ha="center",
                    va="top",
                    fontsize=font_size,
                )
    return figure


def draw_class_selectivity(
    means: ArrayLike,
    index: ArrayLike,
    preferred: ArrayLike,
    dead: ArrayLike,
    names: Sequence[str],
    title: str,
    value_name: str,
    unit_name: str,
    limits: tuple[float, float],
) -> Figure:
    """Draws mean activations as a heat map, units by digits, and each unit's selectivity index as a bar.

    The cell of the preferred digit, that of the largest mean, is framed; the bar has that digit's color.

    Args:
        means: `(units, 10)`; NaN for a digit that does not occur.
        index: `(units,)`, in [0, 1]; NaN where it is not defined.
        preferred: `(units,)`, 0 to 9.
        dead: `(units,)`: of which units nothing is framed, because they are dead or nearly so.
        names: The units' numbers.
        title: Which units, which digits.
        value_name: What a mean is of, for the color bar.
        unit_name: What a row is: `unit` or `map`.
        limits: The least and largest mean of all units, on one scale over several figures.
    """
    table, chosen = np.asarray(means, dtype=float), np.asarray(preferred, dtype=int)
    rows, row = len(table), ROW if len(table) <= 20 else SMALL_ROW
    head, tall = title_height(title) + 0.1, row * len(table)
    low, high = limits
    signed = low < 0
    most = max(abs(low), abs(high)) or 1.0
    shade = SIGNED if signed else "viridis"
    with style():
        figure = fixed_layout_figure(WIDTH, head + tall + 1.2, title)
        axes = add_axes_inches(figure, 0.75, head, 4.9, tall)
        picture = axes.imshow(table, cmap=shade, vmin=-most if signed else 0.0, vmax=most, aspect="auto")
        for (unit, digit), mean in np.ndenumerate(table):
            share = abs(mean) / most
            dark = share > 0.6 if signed else share < 0.6
            words = MISSING if np.isnan(mean) else format_number(mean, 2 if most < 99.995 else 1)
            look: dict[str, Any] = {"color": "white" if dark else "black", "fontsize": 8 if row == ROW else 7}
            axes.text(digit, unit, words, ha="center", va="center_baseline", **look)
        few = np.asarray(dead, dtype=bool)
        for unit in np.flatnonzero(~few):
            digit = chosen[unit]
            axes.plot(
                [digit - 0.48, digit + 0.48, digit + 0.48, digit - 0.48, digit - 0.48],
                [unit - 0.46, unit - 0.46, unit + 0.46, unit + 0.46, unit - 0.46],
                color="#d55e00",
                linewidth=1.6,
            )
        axes.grid(visible=False)
        axes.set(xlim=(-0.5, 9.5), ylim=(rows - 0.5, -0.5), xlabel="true digit", ylabel=unit_name)
        axes.set_xticks(range(10))
        axes.set_yticks(range(rows), names, fontsize=9 if row == ROW else 8)
        bars = add_axes_inches(figure, 5.8, head, 1.05, tall)
        found = np.asarray(index, dtype=float)
        colors = [DIGIT_COLORS[digit] for digit in chosen]
        bars.barh(range(rows), np.nan_to_num(found), color=colors, height=0.7)
        for unit, (value, digit) in enumerate(zip(found, chosen, strict=True)):
            words = f"{value:.2f} (digit {digit})"
            if np.isnan(value):
                words = "(nearly) dead" if few[unit] else MISSING
            bars.text(1.06, unit, words, va="center_baseline", fontsize=8)
        bars.set(xlim=(0, 1), ylim=(rows - 0.5, -0.5), xticks=[0, 0.5, 1], yticks=[])
        bars.set_xlabel("selectivity index", fontsize=10)
        bars.tick_params(labelsize=9)
        bars.grid(visible=False, axis="y")
        place = add_axes_inches(figure, 0.75, head + tall + 0.62, 4.9, 0.12)
        bar = figure.colorbar(picture, cax=place, orientation="horizontal")
        bar.set_label(f"{value_name}; framed: largest{f'; {SIGNS}' if signed else ''}", fontsize=9)
        bar.ax.tick_params(labelsize=8)
    return figure
