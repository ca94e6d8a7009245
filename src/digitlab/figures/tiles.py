"""Tiles of one image on one scale: weights, kernels and feature maps in grids, and at several steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.style import axes_width, new_figure, root_figure, style

__all__ = [
    "GAP",
    "NEGATIVE",
    "POSITIVE",
    "SIGNED",
    "SIGNS",
    "add_weight_bar",
    "draw_stages",
    "draw_tiles",
    "draw_unit_weights",
    "grid_size",
    "label_room",
    "label_size",
    "label_tiles",
    "paint_tiles",
    "scale_limits",
    "signed_scale",
    "tile_columns",
    "tile_corner",
]

GAP = 0.12  # between tiles, in widths of one
FINENESS = 24  # the fewest pixels of the picture along a tile, so that gaps come out even
SIGNED = colormaps["RdBu_r"]
AT_LEAST_ZERO = ListedColormap(SIGNED(np.linspace(0.5, 1, 256)), name="positive half of RdBu_r")
POSITIVE = "#b2182b"
NEGATIVE = "#2166ac"
"""The colors of numbers above and below zero, as dark as bars and words want them."""
SIGNS = "red > 0, blue < 0"
"""What the colors of a signed scale mean, for the label of a color bar."""
WIDTH = 8.0  # inches
BAR = 1.3  # inches that the scale takes
LABEL, LABEL_SIZE = 0.24, 9  # inches that a label takes, of so many points
BETWEEN = 0.06  # between stages, in widths of one, so that they stay apart
MANY = 32
"""Units in a row, where there are many hundreds."""
SHOWN = 0.997
"""Share of the weights that the colors tell apart; a few large ones would make all others white."""


def signed_scale(values: ArrayLike) -> tuple[Colormap, float, float]:
    """Colors for numbers, and the least and greatest of the scale: white is 0, red above, blue below.

    The blue half is left out where no number is below 0, so that the same red is the same number.

    Args:
        values: Numbers of any shape; NaN is passed by.
    """
    numbers = np.asarray(values, dtype=float)
    most = float(np.nanmax(np.abs(numbers), initial=0)) or 1.0
    return (SIGNED, -most, most) if np.nanmin(numbers, initial=0) < 0 else (AT_LEAST_ZERO, 0.0, most)


def tile_columns(n: int, most: int) -> int:
    """How many tiles a row holds: as many as `most`, but fewer where rows would be filled unevenly."""
    rows = -(-n // most)
    return -(-n // rows)


def paint_tiles(axes: Axes, tiles: ArrayLike, columns: int, room: float = 0) -> AxesImage:
    """Paints maps on `axes` in a grid, row by row, all on one scale, each in a thin frame.

    A tile is 1 wide in the axes' coordinates, and tiles are `GAP` apart. All are one picture: 64
    pictures take ten times as long.

    Args:
        axes: Is given limits that hold the grid.
        tiles: `(n, height, width)`.
        columns: Tiles in a row.
        room: Height left above each tile for words, in widths of one.

    Returns:
        The picture, for a color bar.
    """
    maps = np.asarray(tiles, dtype=float)
    n, height, width = maps.shape
    rows, tall = -(-n // columns), height / width
    fine, pitch, above = _pitch((height, width), room)
    mosaic = np.full((rows * pitch[1], columns * pitch[0]), np.nan)
    frames = []
    for number, each in enumerate(maps):
        row, column = divmod(number, columns)
        top, left = row * pitch[1] + above, column * pitch[0]
        mosaic[top : top + height * fine, left : left + width * fine] = each.repeat(fine, 0).repeat(fine, 1)
        unit = width * fine
        frames.append(Rectangle((left / unit, top / unit), 1, tall))
    colors, low, high = signed_scale(maps)
    extent = (0, mosaic.shape[1] / (width * fine), mosaic.shape[0] / (width * fine), 0)
    picture = axes.imshow(mosaic, cmap=colors, vmin=low, vmax=high, extent=extent, interpolation="nearest")
    thin = PatchCollection(frames, facecolor="none", edgecolor="#9a9a9a", linewidth=0.5, clip_on=False)
    axes.add_collection(thin)
    axes.set_axis_off()
    across, down = grid_size(n, columns, (height, width), room)
    axes.set_xlim(0, across)
    axes.set_ylim(down, 0)
    return picture


def grid_size(n: int, columns: int, shape: tuple[int, int], room: float = 0) -> tuple[float, float]:
    """Width and height of a grid of n tiles of `shape` (height, width), in widths of one tile."""
    rows, (height, width) = -(-n // columns), shape
    fine, (across, down), above = _pitch(shape, room)
    unit = width * fine
    return ((columns - 1) * across + unit) / unit, ((rows - 1) * down + above + height * fine) / unit


def tile_corner(number: int, columns: int, shape: tuple[int, int], room: float = 0) -> NDArray[np.float64]:
    """Left and top of the room above tile `number`, in the axes' coordinates of `paint_tiles`."""
    row, column = divmod(number, columns)
    fine, (across, down), _ = _pitch(shape, room)
    return np.array([column * across, row * down]) / (shape[1] * fine)


def _pitch(shape: tuple[int, int], room: float) -> tuple[int, tuple[int, int], int]:
    """Of the picture that holds the grid: pixels along a tile's pixel, from tile to tile, and above a tile.

    They are whole numbers, and all that is placed by them stays together however many rows there are.
    """
    height, width = shape
    fine = -(-FINENESS // width)
    unit = width * fine
    pitch = round((1 + GAP) * unit), round((height / width + room + GAP) * unit)
    return fine, pitch, round(room * unit)


def label_size(labels: Sequence[str], width: float) -> float:
    """The font size, in points, at which the longest label fits above a tile of `width` inches."""
    longest = max(map(len, labels), default=1)
    return min(LABEL_SIZE, 72 * width / (0.68 * longest))  # a digit is 0.64 font sizes wide


def label_room(labels: Sequence[str], width: float) -> tuple[float, float]:
    """Font size of labels above tiles of `width` inches, and the room they take, in widths of one tile."""
    font_size = label_size(labels, width)
    return font_size, LABEL * font_size / LABEL_SIZE / width if labels else 0.0


def label_tiles(
    axes: Axes, labels: Sequence[str], columns: int, shape: tuple[int, int], room: float, font_size: float
) -> None:
    """Writes a label above each tile that `paint_tiles` painted with `room`."""
    look: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": font_size}
    for number, words in enumerate(labels):
        left, top = tile_corner(number, columns, shape, room)
        axes.text(left + 0.5, top + room * 0.85, words, **look)


def draw_tiles(
    tiles: ArrayLike,
    title: str,
    labels: Sequence[str] = (),
    wide: int | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Draws weights as tiles in a grid, all on one scale: white is 0, red above, blue below.

    Args:
        tiles: `(n, height, width)`.
        title: What is seen.
        labels: Words above each tile, such as its unit's number; none for none.
        wide: The most tiles in a row; by default 10, and more where there are hundreds.
        axes: Where to draw; by default a figure of its own.
    """
    maps = np.asarray(tiles, dtype=float)
    n, shape = len(maps), (maps.shape[1], maps.shape[2])
    columns = tile_columns(n, wide or (10 if n <= 150 else MANY))
    width = WIDTH if columns > 4 else BAR + (2.2 if columns > 1 else 3.4) * columns
    if axes is not None:
        width = BAR + axes_width(axes)
    one = (width - BAR) / grid_size(n, columns, shape)[0]  # inches that a tile is wide
    font_size, room = label_room(labels, one)
    across, down = grid_size(n, columns, shape, room)
    height = (width - BAR) * down / across
    with style():
        if axes is None:
            figure = new_figure(width, height + 0.45 + 0.2 * title.count("\n"))
            axes = figure.subplots()
            figure.suptitle(title, fontsize=12)
        else:
            axes.set_title(title)
        picture = paint_tiles(axes, maps, columns, room)
        picture.set(cmap=SIGNED, clim=scale_limits(maps))
        label_tiles(axes, labels, columns, shape, room, font_size)
        add_weight_bar(root_figure(axes), picture, [axes], maps)
    return root_figure(axes)


def draw_unit_weights(weights: ArrayLike, title: str, axes: Axes | None = None) -> Figure:
    """Draws one unit's weights, or one kernel, large.

    Args:
        weights: `(height, width)`.
        title: Which unit of which network.
        axes: Where to draw; by default a figure of its own.
    """
    image = np.asarray(weights, dtype=float)
    height, width = image.shape
    low, high = scale_limits(image, 1.0)
    with style():
        if axes is None:
            axes = new_figure(6.4, 5.4).subplots()
        figure = root_figure(axes)
        axes.grid(visible=False)
        picture = axes.imshow(image, cmap=SIGNED, vmin=low, vmax=high, interpolation="nearest")
        step = 4 if max(height, width) > 10 else 1
        axes.set_xticks(range(0, width, step))
        axes.set_yticks(range(0, height, step))
        axes.set(title=title, xlabel="column", ylabel="row")
        add_weight_bar(figure, picture, [axes], image)
    return figure


def draw_stages(
    stages: Sequence[ArrayLike],
    names: Sequence[str],
    title: str,
    own_scales: bool = False,
    labels: Sequence[str] = (),
) -> Figure:
    """Draws the same weights at several stages, up to three side by side.

    Args:
        stages: Each `(n, height, width)`.
        names: What each is: `after 10 steps`.
        title: What is seen.
        own_scales: Whether each stage has a scale of its own, on which early, small weights show, too; else
            all have one, on which they can be compared.
        labels: Words above each tile, such as its unit's number; none for none.
    """
    grids = np.array([np.asarray(stage, dtype=float) for stage in stages])
    count, n, height, width = grids.shape
    columns = tile_columns(n, 5 if n <= 25 else 6 if n <= 36 else 10)
    side = 3.6 if count > 1 else 5.0
    one = side / grid_size(n, columns, (height, width))[0]
    font_size, room = label_room(labels, one)
    across, down = grid_size(n, columns, (height, width), room)
    beside = tile_columns(count, 3)
    rows = -(-count // beside)
    limits = scale_limits(grids)
    with style():
        figure = new_figure(side * beside + 0.9, (side * down / across + 0.35) * rows + 0.6)
        figure.get_layout_engine().set(wspace=BETWEEN)  # type: ignore[union-attr,call-arg]
        plots = list(figure.subplots(rows, beside, squeeze=False).flat)
        for axes in plots[count:]:
            axes.set_axis_off()
        for axes, grid, name in zip(plots[:count], grids, names, strict=True):
            picture = paint_tiles(axes, grid, columns, room)
            label_tiles(axes, labels, columns, (height, width), room, font_size)
            picture.set(cmap=SIGNED, clim=scale_limits(grid) if own_scales else limits)
            axes.set_title(name, fontsize=11)
            if own_scales:
                add_weight_bar(figure, picture, [axes], grid, "bottom")
        figure.suptitle(title, fontsize=12)
        if not own_scales:
            add_weight_bar(figure, picture, plots, grids)
    return figure


def scale_limits(weights: NDArray[np.float64], share: float = SHOWN) -> tuple[float, float]:
    """Ends of a scale centered on 0 that holds this share of the weights."""
    most = float(np.quantile(np.abs(weights), share)) or 1.0
    return -most, most


def add_weight_bar(
    figure: Figure,
    picture: AxesImage,
    plots: list[Axes],
    weights: NDArray[np.float64],
    location: Literal["right", "bottom"] = "right",
) -> None:
    """The scale; its ends are pointed where some weights lie beyond it."""
    beyond = np.abs(weights).max() > picture.get_clim()[1] * 1.0001
    extend = "both" if beyond else "neither"
    bar = figure.colorbar(picture, ax=plots, shrink=0.8, aspect=25, extend=extend, location=location)
    bar.set_label(f"weight\n{SIGNS}", fontsize=9.5)
