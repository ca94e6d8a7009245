"""Many maps as tiles of one picture on one scale, and the scale of signed numbers."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "GAP",
    "NEGATIVE",
    "POSITIVE",
    "grid_size",
    "paint_tiles",
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


def signed_scale(values: ArrayLike) -> tuple[Colormap, float, float]:
    """Colours for numbers, and the least and greatest of the scale: white is 0, red above, blue below.

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
