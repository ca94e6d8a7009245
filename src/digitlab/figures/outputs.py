"""The ten outputs for one image: from logits to probabilities, step by step."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from digitlab.figures.layout import heading, place, placed_figure
from digitlab.figures.paper import DIGIT_COLOURS, frame, style
from digitlab.formatting import format_number, format_probability

__all__ = ["draw_outputs", "paint_image", "ten_bars"]

WIDTH = 8.0  # inches, as all below
LEFT, HEIGHT, PITCH = 2.1, 0.8, 1.4


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
        title: Which network, and what it said.
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
    head = heading(title)
    with style():
        figure = placed_figure(WIDTH, head + PITCH * len(rows) + 0.05, title)
        axes = place(figure, 0.2, head + 0.3, 1.6, 1.6 * np.shape(image)[0] / np.shape(image)[1])
        paint_image(axes, image)
        axes.set_xlabel(image_name, fontsize=10)
        for number, (name, values, probability) in enumerate(rows):
            axes = place(figure, LEFT, head + 0.3 + PITCH * number, WIDTH - LEFT - 0.15, HEIGHT)
            ten_bars(axes, values, probability)
            axes.set_title(f"{number + 1}.  {name}", loc="left", fontsize=10.5)
    return figure


def paint_image(axes: Axes, image: ArrayLike, low: float = 0, high: float = 1) -> None:
    """Paints ink `(height, width)` dark on white in a thin frame: `low` is white, `high` is black."""
    axes.imshow(np.asarray(image), cmap="gray_r", vmin=low, vmax=high, interpolation="nearest")
    frame(axes)


def ten_bars(axes: Axes, values: ArrayLike, probability: bool = False, font_size: float = 8.5) -> None:
    """Draws a bar of each digit in its color, with its number at its end.

    Args:
        axes: Where; the digits become its ticks.
        values: `(10,)`.
        probability: Whether they are probabilities, which are printed to four decimals and not to two.
        font_size: Of the numbers, in points.
    """
    numbers = np.asarray(values, dtype=float)
    axes.bar(range(len(numbers)), numbers, color=DIGIT_COLOURS[: len(numbers)], width=0.75)
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
