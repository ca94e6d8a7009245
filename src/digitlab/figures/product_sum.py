"""Sums of products: the computation of one unit, factor by factor and term by term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.style import (
    MARK,
    add_axes_inches,
    fixed_layout_figure,
    frame_axes,
    from_top,
    style,
    title_height,
)
from digitlab.figures.tiles import NEGATIVE, POSITIVE, signed_scale
from digitlab.formatting import format_number

__all__ = [
    "ProductSum",
    "draw_image_computation",
    "draw_patch_computation",
    "draw_product_bars",
]

WIDTH = 8.0  # inches, as all below
LADDER = 0.32  # height of one bar of a sum
LEFT, RIGHT = 3.4, 0.8  # of the bars
LINK: dict[str, Any] = {"color": "#9a9a9a", "linewidth": 0.8, "zorder": 0}
COLORS = "weights, products and terms: red above 0, blue below 0; gray: sums"
WHOLE = "#4d4d4d"
"""The color of sums, and of what becomes of them."""


@dataclass(frozen=True)
class ProductSum:
    """A sum, term by term, and what becomes of it.

    Attributes:
        terms: What is added, each with its name, in the order of adding.
        name: What the sum is called: `z`.
        after: What later layers make of it, each with its name, in order.
        equation: All of it in one line.
    """

    terms: Sequence[tuple[str, float]]
    name: str
    after: Sequence[tuple[str, float]]
    equation: str

    @property
    def total(self) -> float:
        """What the terms add up to."""
        return sum(value for _, value in self.terms)


def draw_image_computation(
    inputs: ArrayLike, weights: ArrayLike, products: ArrayLike, added: ProductSum, title: str, input_name: str
) -> Figure:
    """Draws a dense unit that sees an image: inputs, weights, products, and the sum.

    Args:
        inputs: `(height, width)`, drawn dark on white from the least to the greatest.
        weights: `(height, width)`.
        products: `(height, width)`.
        added: The sum.
        title: Which unit, which image.
        input_name: What the inputs are.
    """
    head, side = title_height(title), 2.0
    tall = side * np.shape(inputs)[0] / np.shape(inputs)[1]
    below = head + 0.3 + tall + 0.75
    with style():
        figure = fixed_layout_figure(WIDTH, below + _ladder_height(added), title)
        panels = ((input_name, inputs), ("weights", weights), ("products", products))
        for number, (name, values) in enumerate(panels):
            numbers = np.asarray(values, dtype=float)
            left = 0.35 + number * (side + 0.65)
            axes = add_axes_inches(figure, left, head + 0.3, side, tall)
            if number == 0:
                picture = axes.imshow(
                    numbers, cmap="gray_r", vmin=min(0, numbers.min()), vmax=max(1, numbers.max())
                )
            else:
                colors, low, high = signed_scale(numbers)
                picture = axes.imshow(numbers, cmap=colors, vmin=low, vmax=high)
                sign = "×" if number == 1 else "="
                _sign(figure, left - 0.33, head + 0.3 + tall / 2, sign)
            frame_axes(axes)
            axes.set_title(name, fontsize=11)
            bar = figure.colorbar(
                picture,
                cax=add_axes_inches(figure, left, head + 0.3 + tall + 0.12, side, 0.09),
                orientation="horizontal",
            )
            bar.ax.tick_params(labelsize=8, length=2)
            bar.locator = MaxNLocator(nbins=4)
            bar.update_ticks()
        _ladder(figure, added, below)
    return figure


def draw_patch_computation(
    maps: ArrayLike,
    names: Sequence[str],
    patch_origin: tuple[int, int],
    patches: ArrayLike,
    kernels: ArrayLike,
    products: ArrayLike,
    added: ProductSum,
    title: str,
) -> Figure:
    """Draws one position of a feature map: a row for each map before it, and the sum.

    A row holds the map with the place of the patch, the patch, its kernel, and their products, each
    with its number in its cell.

    Args:
        maps: `(k, height, width)`, the whole of each map.
        names: k of them, what each map is called.
        patch_origin: Row and column of the patch's upper left pixel in the maps; below 0 in the padding.
        patches: `(k, kernel height, kernel width)`.
        kernels: Of the same shape.
        products: Of the same shape.
        added: The sum; its terms tell the maps that are not drawn too.
        title: Which map and position, which image.
    """
    wholes = np.asarray(maps, dtype=float)
    columns = [np.asarray(each, dtype=float) for each in (patches, kernels, products)]
    height, width = columns[0].shape[1:]
    head, cell = title_height(title), 1.9
    tall = cell * height / width
    pitch = tall + 0.42
    below = head + 0.1 + pitch * len(wholes) + 0.15
    with style():
        figure = fixed_layout_figure(WIDTH, below + _ladder_height(added), title)
        for row, (whole, name) in enumerate(zip(wholes, names, strict=True)):
            down = head + 0.3 + pitch * row
            axes = add_axes_inches(figure, 0.1, down, 1.2, tall)
            _map_with_patch(axes, whole, patch_origin, (height, width))
            axes.set_title(name, fontsize=9.5)
            for number, (what, values) in enumerate(
                zip(("patch", "kernel", "products"), columns, strict=True)
            ):
                left = 1.45 + number * (cell + 0.31)
                axes = add_axes_inches(figure, left, down, cell, tall)
                _cells(axes, values[row], signed_scale(values), cell / width)
                total = f", sum {_decimals(float(values[row].sum()))}" if number == 2 else ""
                axes.set_title(what + total, fontsize=9.5)
                if number:
                    sign = "×" if number == 1 else "="
                    _sign(figure, left - 0.155, down + tall / 2, sign)
        _ladder(figure, added, below)
    return figure


def draw_product_bars(
    names: Sequence[str],
    inputs: ArrayLike,
    weights: ArrayLike,
    products: ArrayLike,
    added: ProductSum,
    title: str,
    axis_name: str,
) -> Figure:
    """Draws the largest products of a dense unit as bars, each with its two factors, and the sum.

    Args:
        names: k of them, what each input is called, largest product first.
        inputs: `(k,)`.
        weights: `(k,)`.
        products: `(k,)`.
        added: The sum; its terms tell the products that are not drawn too.
        title: Which unit, which image.
        axis_name: What the bars are.
    """
    values = np.asarray(products, dtype=float)
    head, bar = title_height(title), 0.23
    room = bar * len(values) + 0.1
    below = head + room + 0.85
    with style():
        figure = fixed_layout_figure(WIDTH, below + _ladder_height(added), title)
        axes = add_axes_inches(figure, LEFT, head + 0.05, WIDTH - LEFT - RIGHT, room)
        colors = [POSITIVE if value > 0 else NEGATIVE for value in values]
        axes.barh(range(len(values)), values, color=colors, height=0.7)
        axes.axvline(0, color="#333333", linewidth=0.8)
        axes.set_ylim(len(values) - 0.4, -0.6)
        for number, (x, w) in enumerate(
            zip(np.asarray(inputs, dtype=float), np.asarray(weights, dtype=float), strict=True)
        ):
            y = from_top(figure, head + 0.05 + room * (number + 0.6) / (len(values) + 0.2))
            look: dict[str, Any] = {"va": "center", "fontsize": 9}
            figure.text(0.1 / WIDTH, y, names[number], ha="left", **look)
            figure.text((LEFT - 0.12) / WIDTH, y, f"{_decimals(x)} × {_decimals(w)}", ha="right", **look)
            figure.text((WIDTH - 0.1) / WIDTH, y, _decimals(values[number]), ha="right", **look)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.set_yticks([])
        axes.tick_params(axis="x", labelsize=8.5)
        axes.set_xlabel(axis_name, fontsize=9.5)
        _ladder(figure, added, below)
    return figure


def _ladder_height(added: ProductSum) -> float:
    return LADDER * (len(added.terms) + 1 + len(added.after)) + 0.65


def _ladder(figure: Figure, added: ProductSum, down: float) -> None:
    """Draws a sum as bars that begin where the one before ended, then what becomes of it from zero."""
    ends = np.cumsum([value for _, value in added.terms])
    starts = np.concatenate([[0.0], ends[:-1]])
    rows = [
        (name, start, value, POSITIVE if value > 0 else NEGATIVE)
        for (name, value), start in zip(added.terms, starts, strict=True)
    ]
    rows.append((f"{added.name}, their sum", 0.0, added.total, WHOLE))
    rows += [(name, 0.0, value, WHOLE) for name, value in added.after]
    room = LADDER * len(rows)
    axes = add_axes_inches(figure, LEFT, down, WIDTH - LEFT - RIGHT, room)
    for number, (name, start, value, color) in enumerate(rows):
        axes.barh(number, value, left=start, color=color, height=0.66)
        whole = number >= len(added.terms)
        y = from_top(figure, down + room * (number + 0.5) / len(rows))
        weight = "bold" if whole else "normal"
        figure.text((LEFT - 0.12) / WIDTH, y, name, ha="right", va="center", fontsize=9.5, weight=weight)
        words = f"+{_decimals(value)}" if value > 0 and not whole else _decimals(value)
        figure.text((WIDTH - 0.1) / WIDTH, y, words, ha="right", va="center", fontsize=9.5, weight=weight)
        if 0 < number < len(added.terms) + 1:
            axes.plot([starts[number]] * 2 if not whole else [added.total] * 2, [number - 1, number], **LINK)
    axes.axvline(0, color="#333333", linewidth=0.8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set(xticks=[], yticks=[])
    figure.text(
        0.5, from_top(figure, down + room + 0.2), added.equation, ha="center", va="center", fontsize=9
    )
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5, "color": "#444444"}
    figure.text(0.5, from_top(figure, down + room + 0.45), COLORS, **look)


def _cells(
    axes: Axes, values: NDArray[np.float64], scale: tuple[Colormap, float, float], side: float
) -> None:
    """Draws numbers in cells of their color; `side` is a cell's, in inches."""
    colors, low, high = scale
    picture = axes.imshow(values, cmap=colors, vmin=low, vmax=high)
    decimals = 2 if max(abs(low), high) >= 0.995 else 3
    words = [_short(value, decimals) for value in values.flat]
    font_size = min(10.0, 72 * side / (0.7 * max(map(len, words))))
    for (row, column), word in zip(np.ndindex(*values.shape), words, strict=True):
        red, green, blue, _ = picture.to_rgba(values[[row], [column]])[0]
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        look: dict[str, Any] = {"color": "white" if dark else "black", "fontsize": font_size}
        axes.text(column, row, word, ha="center", va="center_baseline", **look)
    frame_axes(axes)


def _map_with_patch(
    axes: Axes, whole: NDArray[np.float64], patch_origin: tuple[int, int], size: tuple[int, int]
) -> None:
    """Draws a map dark on white and frames the patch; the axes are widened by as much padding as it holds."""
    height, width = whole.shape
    axes.imshow(whole, cmap="gray_r", vmin=min(0.0, whole.min()), vmax=whole.max() or 1.0)
    axes.add_patch(Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor="#9a9a9a", linewidth=0.6))
    top, left = patch_origin
    patch = Rectangle((left - 0.5, top - 0.5), size[1], size[0], fill=False, edgecolor=MARK, linewidth=1.8)
    axes.add_patch(patch)
    margin = max(0, -top, -left, top + size[0] - height, left + size[1] - width)
    axes.set_xlim(-1 - margin, width + margin)
    axes.set_ylim(height + margin, -1 - margin)
    axes.set_axis_off()


def _decimals(value: float) -> str:
    """Three decimals, or two from 10 on."""
    return format_number(value, 3 if abs(value) < 9.9995 else 2)


def _short(value: float, decimals: int) -> str:
    """A number for a narrow cell: without the 0 before its point, and 0 as such."""
    if value == 0:
        return "0"
    words = format_number(value, decimals)
    return words.replace("0.", ".", 1) if abs(value) < 1 and "0." in words[:3] else words


def _sign(figure: Figure, left: float, down: float, sign: str) -> None:
    figure.text(left / WIDTH, from_top(figure, down), sign, ha="center", va="center", fontsize=15)
