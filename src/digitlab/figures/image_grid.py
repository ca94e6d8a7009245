"""Image grids: digits with captions, class averages, and one image with its pixel values."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.style import MARK, axes_width, new_figure, root_figure, style

__all__ = [
    "draw_averages",
    "draw_digits",
    "draw_pixel_values",
    "paint_digits",
]

WIDTH = 8.0  # inches
GAP = 0.12  # between digits, in widths of one
LINE = 1.35  # height of a line of text, in font sizes


def draw_digits(
    images: ArrayLike,
    captions: Sequence[str],
    title: str,
    columns: int = 8,
    marked: Collection[int] = (),
    font_size: float = 10,
    empty: str = "There is none.",
    footing: float = 0,
    axes: Axes | None = None,
) -> Figure:
    """Draws digits in a grid, row by row, each with its caption below it.

    Args:
        images: `(n, height, width)`, ink in [0, 1].
        captions: n of them, of one line or several.
        title: What is seen.
        columns: Digits in a row.
        marked: Numbers of digits that stand out: a thick frame, and a caption in another color.
        font_size: Of the captions, in points.
        empty: What is written instead if n is 0.
        footing: Height left free below the grid, in inches; for a figure of its own.
        axes: Where to draw; by default a figure of its own.
    """
    pictures = np.asarray(images)
    if not len(pictures):
        return _only_words(empty, title, axes)
    rows = -(-len(pictures) // columns)
    side = (axes_width(axes) if axes else WIDTH) / (columns * (1 + GAP))  # of one digit, in inches
    room = max(caption.count("\n") + 1 for caption in captions) * LINE * font_size / 72 / side
    tall = pictures.shape[1] / pictures.shape[2] + room + GAP
    grid, heading = side * rows * tall, 0.15 + 0.22 * (title.count("\n") + 1)
    height = footing + grid + heading
    with style():
        if axes is None:
            figure = new_figure(WIDTH, height)
            figure.set_layout_engine("none")  # every place is known, and working it out again takes 0.3 s
            axes = figure.add_axes((0, footing / height, 1, grid / height))
        paint_digits(axes, pictures, columns, rows, room)
        axes.set_title(title)
        for number, caption in enumerate(captions):
            row, column = divmod(number, columns)
            frame = axes.patches[number]
            assert isinstance(frame, Rectangle)
            if number in marked:
                frame.set(edgecolor=MARK, linewidth=3)
            color = MARK if number in marked else "black"
            middle, below = column * (1 + GAP) + 0.5, row * tall + pictures.shape[1] / pictures.shape[2]
            axes.text(middle, below + 0.04, caption, ha="center", va="top", fontsize=font_size, color=color)
    return root_figure(axes)


def paint_digits(axes: Axes, images: NDArray[np.floating], columns: int, rows: int, room: float = 0) -> None:
    """Paints digits on `axes` in a grid, each in a thin frame, and leaves room below each.

    Args:
        axes: Is given limits that hold `rows` and `columns`, whatever n is.
        images: `(n, height, width)`, ink in [0, 1].
        columns: Digits in a row.
        rows: For how many rows there is to be room.
        room: Height left below each digit, in widths of one.
    """
    shape = images.shape[1] / images.shape[2]
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        left, top = column * (1 + GAP), row * (shape + room + GAP)
        extent = (left, left + 1, top + shape, top)
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1, extent=extent, interpolation="nearest")
        axes.add_patch(Rectangle((left, top), 1, shape, fill=False, edgecolor="#b0b0b0", linewidth=0.6))
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_xlim(-GAP / 2, columns * (1 + GAP) - GAP / 2)
    axes.set_ylim(rows * (shape + room + GAP) - GAP / 2, -GAP / 2)


def draw_averages(averages: ArrayLike, counts: Sequence[int], title: str) -> Figure:
    """Draws the average image of each digit.

    Args:
        averages: `(10, height, width)`, ink in [0, 1].
        counts: How many of each digit the average is over; 0 for none.
        title: What they are averages of.
    """
    captions = [f"{digit}  (n={int(n):,})" for digit, n in enumerate(counts)]
    figure = draw_digits(averages, captions, title, columns=5, footing=0.7)
    place = figure.add_axes((0.25, 0.5 / figure.get_figheight(), 0.5, 0.12 / figure.get_figheight()))
    with style():
        bar = figure.colorbar(figure.axes[0].images[0], cax=place, orientation="horizontal")
        bar.set_label("mean ink (0 paper, 1 ink)")
    return figure


def draw_pixel_values(values: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws one image large, with the value of each pixel in its cell.

    Args:
        values: `(height, width)` whole numbers, 0 = paper, 255 = ink.
        title: Which image it is.
        axes: Where to draw; by default a figure of its own.
    """
    pixels = np.asarray(values)
    height, width = pixels.shape
    font_size = 190 / max(pixels.shape)
    with style():
        if axes is None:
            axes = new_figure(WIDTH, WIDTH * height / width + 0.3).subplots()
        axes.grid(visible=False)
        axes.imshow(pixels, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
        for (row, column), value in np.ndenumerate(pixels):
            # Zeros, most of all pixels, stand back so that the digit can be read in its numbers too.
            color = "white" if value > 127 else "black" if value else "#9a9a9a"
            look = {"color": color, "fontsize": font_size}
            axes.text(column, row, str(int(value)), ha="center", va="center_baseline", **look)
        axes.set_xticks(np.arange(-0.5, width), minor=True)
        axes.set_yticks(np.arange(-0.5, height), minor=True)
        axes.grid(visible=True, which="minor", linewidth=0.4)
        axes.tick_params(which="minor", length=0)
        axes.set_xticks(range(0, width, 2))
        axes.set_yticks(range(0, height, 2))
        axes.set(title=title, xlabel="column", ylabel="row")
    return root_figure(axes)


def _only_words(words: str, title: str, axes: Axes | None) -> Figure:
    with style():
        if axes is None:
            axes = new_figure(WIDTH, 3.0).subplots()
        axes.set_axis_off()
        axes.set_title(title)
        axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, fontsize=14)
    return root_figure(axes)
