"""Pixel maps: attribution maps, pixel importance, chosen pixels, principal components as images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from digitlab.figures.image_grid import draw_digits
from digitlab.figures.style import frame_axes, new_figure, root_figure, style
from digitlab.figures.tiles import SIGNS, grid_size, paint_tiles, tile_columns, tile_corner

__all__ = [
    "PixelMap",
    "draw_attribution",
    "draw_components",
    "draw_importances",
    "draw_maximizing_images",
    "draw_pixel_map",
    "draw_pixels",
]

CHOSEN = "#d55e00"


@dataclass(frozen=True)
class PixelMap:
    """A number for each pixel of an image.

    Attributes:
        values: `(height, width)`.
        title: What it shows.
        unit: What the numbers are, for the color bar.
        signed: Whether they may be negative: drawn with a diverging map centered on zero; if not, with a
            map of one hue that starts at zero.
    """

    values: ArrayLike
    title: str
    unit: str
    signed: bool = True


def draw_attribution(
    ink: ArrayLike, maps: Sequence[PixelMap], title: str, image_title: str = "the image"
) -> Figure:
    """Draws an image, and beside it each map with the outline of the image's ink.

    Args:
        ink: `(height, width)`, ink in [0, 1].
        maps: At least one.
        title: What is asked about which image.
        image_title: What stands over the image itself.
    """
    with style():
        figure = new_figure(10.0, 4.3) if len(maps) > 1 else new_figure(8.0, 5.95)
        first, *others = figure.subplots(1, 1 + len(maps))
        first.imshow(np.asarray(ink), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        frame_axes(first)
        first.set_title(image_title, fontsize=11)
        bar = figure.colorbar(
            first.images[0], ax=first, orientation="horizontal", pad=0.03, aspect=18, ticks=[0, 0.5, 1]
        )
        bar.set_label("ink")
        for axes, each in zip(others, maps, strict=True):
            draw_pixel_map(each, ink, axes)
        figure.suptitle(title)
    return figure


def draw_pixel_map(pixels: PixelMap, ink: ArrayLike | None = None, axes: Axes | None = None) -> Figure:
    """Draws a map of pixels with its color bar, and over it the outline of an image.

    Args:
        pixels: What to draw.
        ink: `(height, width)`, ink in [0, 1]; where it passes 0.5, a line is drawn. None for no line.
        axes: Where to draw; by default a figure of its own.
    """
    values = np.asarray(pixels.values)
    most = float(np.abs(values).max()) or 1.0  # of nothing at all, any scale will do
    with style():
        if axes is None:
            axes = new_figure(6.0, 6.6).subplots()
        colors, least = ("RdBu_r", -most) if pixels.signed else ("Oranges", 0.0)
        picture = axes.imshow(values, cmap=colors, vmin=least, vmax=most, interpolation="nearest")
        if ink is not None and np.min(ink) < 0.5 < np.max(ink):
            axes.contour(np.asarray(ink), levels=[0.5], colors="black", linewidths=0.9)
        frame_axes(axes)
        axes.set_title(pixels.title, fontsize=11)
        figure = root_figure(axes)
        bar = figure.colorbar(picture, ax=axes, orientation="horizontal", pad=0.03, aspect=18)
        bar.locator = MaxNLocator(nbins=4, steps=[1, 2, 5, 10])
        bar.update_ticks()
        bar.set_label(f"{pixels.unit}\n{SIGNS}" if pixels.signed else pixels.unit)
    return figure


def draw_maximizing_images(
    images: ArrayLike, captions: Sequence[str], title: str, axes: Axes | None = None
) -> Figure:
    """Draws images from activation maximization: one large, several in a grid.

    Args:
        images: `(n, height, width)`, ink in [0, 1].
        captions: n of them.
        title: Whose they are.
        axes: Where to draw; by default a figure of its own.
    """
    columns = min(len(captions), 5)
    size = 12 if columns == 1 else 10
    return draw_digits(images, captions, title, columns=columns, font_size=size, axes=axes)


def draw_importances(importances: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws how important each pixel is.

    Args:
        importances: `(height, width)`, each 0 or more, adding up to 1.
        title: To what, by what.
        axes: Where to draw; by default a figure of its own.
    """
    table = np.asarray(importances, dtype=float)
    with style():
        if axes is None:
            axes = new_figure(8.0, 6.6).subplots()
        axes.grid(visible=False)
        picture = axes.imshow(table, cmap="viridis", vmin=0, interpolation="nearest")
        axes.set(title=title, xlabel="column", ylabel="row")
        figure = _whole(axes)
        figure.colorbar(picture, ax=axes, shrink=0.85).set_label("share of the forest's importance")
    return figure


def draw_pixels(image: ArrayLike, pixels: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws chosen pixels over a digit, each where it is.

    The figure of the hidden-layer study's source is transposed: it has a pixel's row as x, its column as y.

    Args:
        image: `(height, width)`, ink in [0, 1].
        pixels: `(n,)`, numbers row after row.
        title: What was chosen, and why.
        axes: Where to draw; by default a figure of its own.
    """
    ink = np.asarray(image, dtype=float)
    rows, columns = np.divmod(np.asarray(pixels, dtype=int), ink.shape[1])
    with style():
        if axes is None:
            axes = new_figure(7.0, 7.2).subplots()
        axes.grid(visible=False)
        axes.imshow(ink, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axes.scatter(columns, rows, s=60, facecolor=CHOSEN, edgecolor="white", linewidth=0.8)
        axes.set(title=title, xlabel="column", ylabel="row")
    return _whole(axes)


def _whole(axes: Axes) -> Figure:
    """The figure, once its rows and columns are counted in whole numbers."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    return root_figure(axes)


def draw_components(
    images: ArrayLike, captions: Sequence[str], title: str, axes: Axes | None = None
) -> Figure:
    """Draws principal components as images on one scale: red adds ink, blue takes it away.

    Args:
        images: `(k, height, width)`.
        captions: k of them, each above its component.
        title: Whose components they are.
        axes: Where to draw; by default a figure of its own.
    """
    tiles = np.asarray(images, dtype=float)
    columns, room = tile_columns(len(tiles), 5), 0.22
    shape = (int(tiles.shape[1]), int(tiles.shape[2]))
    across, down = grid_size(len(tiles), columns, shape, room)
    with style():
        if axes is None:
            axes = new_figure(8.0, 0.7 + 6.7 * down / across).subplots()  # 1.3 inches are the scale's
        picture = paint_tiles(axes, tiles, columns, room)
        axes.set_aspect("equal")
        for number, caption in enumerate(captions):
            left, top = tile_corner(number, columns, shape, room)
            axes.text(left + 0.5, top + room * 0.85, caption, ha="center", va="bottom", fontsize=10)
        axes.set_title(title)
        bar = root_figure(axes).colorbar(picture, ax=axes, shrink=0.6, aspect=30)
        bar.set_label(f"weight of the pixel; {SIGNS}")
    return root_figure(axes)
