"""Layer outputs for one image: all layers, the feature maps of one, and the ten outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.style import (
    DIGIT_COLORS,
    add_axes_inches,
    fixed_layout_figure,
    frame_axes,
    style,
    title_height,
)
from digitlab.figures.tiles import (
    NEGATIVE,
    POSITIVE,
    SIGNS,
    grid_size,
    label_size,
    label_tiles,
    paint_tiles,
    signed_scale,
    tile_columns,
    tile_corner,
)
from digitlab.formatting import format_number, format_probability

__all__ = [
    "MAPS_OF_A_LAYER",
    "draw_activations",
    "draw_feature_maps",
    "draw_outputs",
    "paint_image",
    "ten_bars",
]

WIDTH = 8.0  # inches, as all below
LEFT, HEIGHT, PITCH = 2.1, 0.8, 1.4
LABEL_WIDTH, SCALE_WIDTH = 1.45, 0.75
ROW_WIDTH = WIDTH - LABEL_WIDTH - SCALE_WIDTH
SPACE = 0.26  # between rows
IMAGE_SIDE = 1.15
LOGITS = 0.75
MAPS_OF_A_LAYER = 128
"""The most maps of a layer that are drawn when all layers are."""
BARS = 200
"""The most units that are drawn as bars; more are drawn as a field of color."""
FIELD = 128  # units in a row of such a field
ROW_NUMBER = 0.25  # inches left of such a field, for the number of each row's first unit
NUMBER = 0.42  # room above a map for its number, in widths of one


def draw_outputs(
    image: ArrayLike,
    logits: ArrayLike,
    shifted: ArrayLike,
    exponentials: ArrayLike,
    probabilities: ArrayLike,
    title: str,
    image_name: str,
) -> Figure:
    """Draws softmax at work on the ten outputs: each step a row of bars with its numbers.

    Args:
        image: `(height, width)`, ink in [0, 1].
        logits: `(10,)`, z.
        shifted: `(10,)`, z less the largest z.
        exponentials: `(10,)`, e to the power of `shifted`.
        probabilities: `(10,)`, these divided by their sum.
        title: Which network, which image, which prediction.
        image_name: What is written below the image.
    """
    z, e = np.asarray(logits, dtype=float), np.asarray(exponentials, dtype=float)
    largest, total = format_number(float(z.max()), 2), format_number(float(e.sum()), 4)
    rows = (
        ("logits $z$", logits, False),
        (f"$z$ less the largest $z$, {largest}", shifted, False),
        ("$e$ to the power of that", exponentials, True),
        (f"that divided by the sum of all ten, {total}: probabilities", probabilities, True),
    )
    head = title_height(title)
    with style():
        figure = fixed_layout_figure(WIDTH, head + PITCH * len(rows) + 0.05, title)
        axes = add_axes_inches(figure, 0.2, head + 0.3, 1.6, 1.6 * np.shape(image)[0] / np.shape(image)[1])
        paint_image(axes, image)
        axes.set_xlabel(image_name, fontsize=10)
        for number, (name, values, probability) in enumerate(rows):
            axes = add_axes_inches(figure, LEFT, head + 0.3 + PITCH * number, WIDTH - LEFT - 0.15, HEIGHT)
            ten_bars(axes, values, probability)
            axes.set_title(f"{number + 1}.  {name}", loc="left", fontsize=10.5)
    return figure


def paint_image(axes: Axes, image: ArrayLike, low: float = 0, high: float = 1) -> None:
    """Paints ink `(height, width)` dark on white in a thin frame: `low` is white, `high` is black."""
    axes.imshow(np.asarray(image), cmap="gray_r", vmin=low, vmax=high, interpolation="nearest")
    frame_axes(axes)


def ten_bars(axes: Axes, values: ArrayLike, probability: bool = False, font_size: float = 8.5) -> None:
    """Draws a bar of each digit in its color, with its number at its end.

    Args:
        axes: Where; the digits become its ticks.
        values: `(10,)`.
        probability: Whether they are probabilities, which are printed to four decimals and not to two.
        font_size: Of the numbers, in points.
    """
    numbers = np.asarray(values, dtype=float)
    axes.bar(range(len(numbers)), numbers, color=DIGIT_COLORS[: len(numbers)], width=0.75)
    low, high = min(0.0, float(numbers.min())), max(0.0, float(numbers.max()))
    span = (high - low) or 1.0
    for digit, value in enumerate(numbers):
        above = value >= 0
        axes.text(
            digit,
            value + span * (0.04 if above else -0.06),
            # The largest exponential is exactly 1: no probability, and no bound.
            format_probability(value, 4)
            if probability and value not in (0, 1)
            else format_number(value, 4 if probability else 2),
            ha="center",
            va="bottom" if above else "top",
            fontsize=font_size,
        )
    room = 0.3 * span  # for the numbers
    axes.set_ylim(low - (room if low < 0 else 0), high + room)
    axes.axhline(0, color="#333333", linewidth=0.8)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.set_yticks([])
    axes.set_xlim(-0.5, len(numbers) - 0.5)
    axes.set_xticks(range(len(numbers)))
    axes.tick_params(axis="x", length=0, labelsize=10)


def draw_activations(
    image: ArrayLike, activations: Mapping[str, ArrayLike], probabilities: ArrayLike, title: str
) -> Figure:
    """Draws the output of every layer for one image, top to bottom, down to the probabilities.

    Args:
        image: `(height, width)`, ink in [0, 1].
        activations: By the layers' names, in order: `(channels, height, width)` or `(units,)`; the last
            are the ten logits. Each layer has a scale of its own.
        probabilities: `(10,)`.
        title: Which network, which image.
    """
    layers = {name: np.asarray(values) for name, values in activations.items()}
    single = {name: values[0] for name, values in layers.items() if values.ndim == 3 and len(values) == 1}
    rows = {name: values for name, values in layers.items() if name not in single}
    heights = [_row_height(values) for values in rows.values()]
    heights[-1] = LOGITS
    head = title_height(title)
    whole = head + IMAGE_SIDE + 0.45 + sum(heights) + SPACE * len(heights) + 1.2
    with style():
        figure = fixed_layout_figure(WIDTH, whole, title)
        _label(figure, "image", " × ".join(map(str, np.shape(image))), head + IMAGE_SIDE / 2)
        paint_image(add_axes_inches(figure, LABEL_WIDTH, head, IMAGE_SIDE, IMAGE_SIDE), image)
        for number, (name, picture) in enumerate(single.items(), start=1):
            axes = add_axes_inches(
                figure, LABEL_WIDTH + number * (IMAGE_SIDE + 0.45), head, IMAGE_SIDE, IMAGE_SIDE
            )
            low, high = float(picture.min()), float(picture.max())
            paint_image(axes, picture, low, high)
            shape = " × ".join(map(str, (1, *picture.shape)))
            words = f"{name}, {shape}\n{format_number(low, 2)} to {format_number(high, 2)}"
            axes.set_xlabel(words, fontsize=9, color="#444444", labelpad=3)
        down = head + IMAGE_SIDE + (0.45 if single else SPACE)
        for (name, values), height in zip(rows.items(), heights, strict=True):
            _row(figure, name, values, down, height)
            down += height + SPACE
        axes = add_axes_inches(figure, LABEL_WIDTH, down + 0.1, ROW_WIDTH, 0.6)
        ten_bars(axes, probabilities, probability=True)
        signs = f"layers: {SIGNS}; numbers: units or maps"
        figure.text(0.5, 0.09 / whole, signs, ha="center", va="bottom", fontsize=8.5, color="#444444")
        _label(figure, "softmax", "ten probabilities", down + 0.4)
    return figure


def draw_feature_maps(
    image: ArrayLike,
    maps: ArrayLike,
    numbers: Sequence[int],
    title: str,
    image_name: str,
    value_name: str,
    columns: int = 8,
) -> Figure:
    """Draws the maps of one layer in a grid on one scale, with the image beside.

    Args:
        image: `(height, width)`, ink in [0, 1].
        maps: `(n, height, width)`.
        numbers: n of them: which map each is, written above it.
        title: Which network, which layer.
        image_name: What is written below the image.
        value_name: What the values are, with their layer.
        columns: Maps in a row.
    """
    values = np.asarray(maps)
    columns = min(columns, tile_columns(len(values), columns))
    beside, room = 1.85, 0.2
    right = 1.08 if values.min() < 0 else 0.85  # the label of the scale has a second line then
    middle = WIDTH - beside - right - 0.1
    shape = (int(values.shape[1]), int(values.shape[2]))
    across, high = grid_size(len(values), columns, shape, room)
    side = min(middle / across, 1.6)
    head = title_height(title)
    grid = max(side * high, 2.0)
    whole = head + grid + 0.15
    with style():
        figure = fixed_layout_figure(WIDTH, whole, title)
        axes = add_axes_inches(figure, 0.15, head + 0.15, 1.5, 1.5 * np.shape(image)[0] / np.shape(image)[1])
        paint_image(axes, image)
        axes.set_xlabel(image_name, fontsize=10)
        axes = add_axes_inches(figure, beside, head, side * across, side * high)
        picture = paint_tiles(axes, values, columns, room)
        for number, name in enumerate(numbers):
            left, top = tile_corner(number, columns, shape, room)
            axes.text(left + 0.5, top + room / 2, str(name), ha="center", va="center", fontsize=8)
        right_of_it = add_axes_inches(figure, WIDTH - right, head + 0.15, 0.13, min(grid, 3.5) - 0.25)
        bar = figure.colorbar(picture, cax=right_of_it)
        bar.set_label(f"{value_name}\n{SIGNS}" if values.min() < 0 else value_name, fontsize=9)
        bar.ax.tick_params(labelsize=8)
    return figure


def _row(figure: Figure, name: str, values: NDArray[np.floating], down: float, height: float) -> None:
    """One layer: its name and shape, its picture, its scale."""
    shape = " × ".join(f"{side:,}" for side in values.shape)
    if values.ndim == 3 and len(values) > MAPS_OF_A_LAYER:
        shape += f"\n(first {MAPS_OF_A_LAYER} maps)"
    _label(figure, name, shape, down + height / 2)
    if values.ndim == 3:
        shown = values[:MAPS_OF_A_LAYER]
        columns, sides = _columns(len(shown)), (int(shown.shape[1]), int(shown.shape[2]))
        across, high = grid_size(len(shown), columns, sides, NUMBER)
        axes = add_axes_inches(figure, LABEL_WIDTH, down, height * across / high, height)
        picture = paint_tiles(axes, shown, columns, NUMBER)
        labels = [str(number) for number in range(len(shown))]
        font_size = min(72 * NUMBER * 0.85 * height / high, label_size(labels, height / high))
        label_tiles(axes, labels, columns, sides, NUMBER, font_size)
    elif height == LOGITS:
        ten_bars(add_axes_inches(figure, LABEL_WIDTH, down, ROW_WIDTH, height), values)
        return
    elif len(values) <= BARS:
        _bars(add_axes_inches(figure, LABEL_WIDTH, down, ROW_WIDTH, height), values)
        return
    else:
        left = LABEL_WIDTH + ROW_NUMBER
        picture = _field(add_axes_inches(figure, left, down, ROW_WIDTH - ROW_NUMBER, height), values)
    low, top = picture.get_clim()
    right_of_it = add_axes_inches(figure, WIDTH - SCALE_WIDTH + 0.05, down, 0.09, height)
    bar = figure.colorbar(picture, cax=right_of_it)
    bar.set_ticks(_ends(low, top), labels=[format_number(each, 2) for each in _ends(low, top)])
    bar.ax.tick_params(labelsize=8, length=2)


def _bars(axes: Axes, values: NDArray[np.floating]) -> None:
    """A bar for each unit; the scale stands at the right."""
    colors = [POSITIVE if value > 0 else NEGATIVE for value in values]
    axes.bar(range(len(values)), values, color=colors, width=0.8)
    axes.axhline(0, color="#333333", linewidth=0.6)
    axes.set_xlim(-0.6, len(values) - 0.4)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(0, len(values), 1 if len(values) <= 20 else 20 if len(values) > 60 else 5))
    axes.tick_params(axis="x", labelsize=7, pad=1)
    ends = _ends(min(0.0, float(values.min())), max(0.0, float(values.max())))
    axes.yaxis.tick_right()
    axes.set_yticks(ends, [format_number(each, 2) for each in ends], fontsize=8)
    axes.tick_params(length=2)


def _field(axes: Axes, values: NDArray[np.floating]) -> AxesImage:
    """Many units as cells of color, row by row."""
    rows = -(-len(values) // FIELD)
    field = np.full(rows * FIELD, np.nan)
    field[: len(values)] = values
    colors, low, high = signed_scale(values)
    picture = axes.imshow(field.reshape(rows, FIELD), cmap=colors, vmin=low, vmax=high, aspect="auto")
    frame_axes(axes)
    axes.set_yticks(range(rows), [str(row * FIELD) for row in range(rows)], fontsize=5.5)
    axes.set_xticks(range(0, FIELD, 16), [f"+{column}" for column in range(0, FIELD, 16)], fontsize=6.5)
    axes.tick_params(length=0, pad=1)
    return picture


def _ends(low: float, high: float) -> list[float]:
    return sorted({low, 0.0, high})


def _columns(n: int) -> int:
    return tile_columns(n, 16 if n <= 32 else 32)


def _row_height(values: NDArray[np.floating]) -> float:
    """Inches that a layer's picture needs."""
    if values.ndim == 1:
        return 0.6 if len(values) <= BARS else min(0.075 * -(-len(values) // FIELD), 1.0)
    n = min(len(values), MAPS_OF_A_LAYER)
    across, high = grid_size(n, _columns(n), (values.shape[1], values.shape[2]), NUMBER)
    return float(min(ROW_WIDTH / across, 0.5) * high)


def _label(figure: Figure, name: str, shape: str, down: float) -> None:
    """Name and shape of a layer, left of its row; `down` is the row's middle in inches from the top."""
    y = 1 - down / figure.get_figheight()
    x = (LABEL_WIDTH - 0.12) / WIDTH
    figure.text(x, y, f"{name}\n", ha="right", va="center", fontsize=10, weight="bold", linespacing=1.1)
    figure.text(x, y, f"\n{shape}", ha="right", va="center", fontsize=9, color="#444444", linespacing=1.2)
