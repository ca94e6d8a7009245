"""Maps over one image: what in it speaks for a digit. And images that a unit wants most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from digitlab.figures.digits import draw_digits
from digitlab.figures.paper import figure_of, frame, new_figure, style

__all__ = ["PixelMap", "draw_attribution", "draw_pixel_map", "draw_preferred"]


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
        figure = new_figure(10.0, 4.15) if len(maps) > 1 else new_figure(8.0, 5.6)
        first, *others = figure.subplots(1, 1 + len(maps))
        first.imshow(np.asarray(ink), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        frame(first)
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
        frame(axes)
        axes.set_title(pixels.title, fontsize=11)
        figure = figure_of(axes)
        bar = figure.colorbar(picture, ax=axes, orientation="horizontal", pad=0.03, aspect=18)
        bar.locator = MaxNLocator(nbins=4, steps=[1, 2, 5, 10])
        bar.update_ticks()
        bar.set_label(pixels.unit)
    return figure


def draw_preferred(
    images: ArrayLike, captions: Sequence[str], title: str, axes: Axes | None = None
) -> Figure:
    """Draws the images that units want most: one large, several in a grid.

    Args:
        images: `(n, height, width)`, ink in [0, 1].
        captions: n of them.
        title: Whose they are.
        axes: Where to draw; by default a figure of its own.
    """
    columns = min(len(captions), 5)
    size = 12 if columns == 1 else 10
    return draw_digits(images, captions, title, columns=columns, font_size=size, axes=axes)
