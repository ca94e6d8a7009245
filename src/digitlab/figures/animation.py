"""Animations: tiles that change during training, as a GIF."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

from digitlab.figures.style import new_figure, style
from digitlab.figures.tiles import (
    SIGNED,
    add_weight_bar,
    grid_size,
    label_room,
    label_tiles,
    paint_tiles,
    scale_limits,
    tile_columns,
)

__all__ = ["animate_tiles"]

WIDTH, BAR = 6.4, 1.3  # inches, of the figure and of its scale
FRAME_MS, LAST_MS = 140, 2500
FILM_DPI = 80


def animate_tiles(
    frames: Sequence[ArrayLike], names: Sequence[str], title: str, labels: Sequence[str] = ()
) -> bytes:
    """An animation of weights that change, all frames on one scale, as an endless GIF.

    Args:
        frames: Each `(n, height, width)`.
        names: What each is: `step 10`; as many as frames.
        title: What is seen.
        labels: Words above each tile, such as its unit's number; none for none.
    """
    grids = np.array([np.asarray(frame, dtype=float) for frame in frames])
    limits = scale_limits(grids)
    n, shape = grids.shape[1], (int(grids.shape[2]), int(grids.shape[3]))
    columns = tile_columns(n, 5)
    one = (WIDTH - BAR) / grid_size(n, columns, shape)[0]
    font_size, room = label_room(labels, one)
    across, down = grid_size(n, columns, shape, room)
    images = []
    with style():
        figure = new_figure(WIDTH, (WIDTH - BAR) * down / across + 0.9)
        figure.set_dpi(FILM_DPI)
        axes = figure.subplots()
        for number, (grid, name) in enumerate(zip(grids, names, strict=True)):
            axes.clear()
            picture = paint_tiles(axes, grid, columns, room)
            label_tiles(axes, labels, columns, shape, room, font_size)
            picture.set(cmap=SIGNED, clim=limits)
            figure.suptitle(f"{title}\n{name}", fontsize=12)
            if number == 0:
                add_weight_bar(figure, picture, [axes], grids)
            images.append(_to_image(figure))
            # The first frame's layout holds; to lay out each anew takes 1.7 times as long.
            figure.set_layout_engine("none")
    palette = _palette()
    few = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    film = io.BytesIO()
    times = [FRAME_MS] * (len(few) - 1) + [LAST_MS]
    few[0].save(film, "GIF", save_all=True, append_images=few[1:], duration=times, loop=0, optimize=True)
    return film.getvalue()


def _palette() -> Image.Image:
    """The scale's colors, and grays for words: one palette, or colors would flicker between frames."""
    scale = (np.asarray(SIGNED(np.linspace(0, 1, 97)))[:, :3] * 255).round().astype(np.uint8)
    grays = np.linspace(0, 255, 31).round().astype(np.uint8)[:, None].repeat(3, axis=1)
    holder = Image.new("P", (1, 1))
    holder.putpalette(np.concatenate([scale, grays]).tobytes())
    return holder


def _to_image(figure: Figure) -> Image.Image:
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    # `savefig` would draw it twice, and pack and unpack a PNG: 2.5 times as long.
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return Image.fromarray(pixels[..., :3].copy())
