"""Segmentation of ink (foreground) from paper in a gray image: uneven light, noise and specks are removed."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import DataError

__all__ = ["extract_ink"]

WORK = 512  # pixels on the long side to work on; larger pictures are averaged down to it
CELLS = 96  # cells on the long side for what varies slowly (paper) and for telling specks from strokes
FAINTEST = 20  # levels of 255 by which ink must differ from paper
EVEN = 0.2  # share of the border, and of the picture, that has one gray level where light is even
NOISE = 5.0  # standard deviations of the paper's noise by which ink must differ from it
LARGE = 0.05  # a piece with this share of the largest piece's ink may be the digit itself
SPECK = 0.03  # a separate piece with a smaller share of the largest piece's ink is a speck

Grid = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)


def extract_ink(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Extracts the ink of an image: foreground segmentation.

    Args:
        gray: `(height, width)`, dark ink on light paper or light on dark.

    Returns:
        `(h, w)`, 0 = paper, 255 = ink: as large as `gray`, or reduced to a long side of 512.

    Raises:
        DataError: If no ink stands out from the paper.
    """
    picture = _reduced(gray)
    ink = _above_paper(picture)
    smooth = _blurred(ink) if max(ink.shape) > 2 * CELLS else ink
    noise = _noise(smooth)
    if smooth.max() < max(FAINTEST, NOISE * noise):
        raise DataError("no ink found", "Give a picture of one digit that stands out clearly from its paper.")
    clear = smooth > max(NOISE * noise, 0.25 * smooth.max()) if noise else smooth > 0.1 * smooth.max()
    kept = _digit_pieces(smooth, clear)
    full = np.quantile(ink[kept & clear], 0.8)
    ink = np.where(kept & (smooth > 2 * noise), ink, 0)
    bright: NDArray[np.uint8] = np.clip(ink * (255 / full), 0, 255).round().astype(np.uint8)
    return bright


def _reduced(gray: NDArray[np.uint8]) -> Grid:
    scale = WORK / max(gray.shape)
    if scale >= 1:
        return gray.astype(np.float32)
    height, width = (max(1, round(side * scale)) for side in gray.shape)
    small = Image.fromarray(gray).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)


def _blurred(ink: Grid) -> Grid:
    """Averages each pixel with its neighbors, (1 2 1) / 4 down and across."""
    for axis in (0, 1):
        padded = np.pad(ink, [(1, 1) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        size = ink.shape[axis]
        before, after = padded.take(range(size), axis), padded.take(range(2, size + 2), axis)
        ink = ((before + 2 * ink + after) / 4).astype(np.float32)
    return ink


def _noise(ink: Grid) -> float:
    """Standard deviation of the paper, from what lies on its far side from the ink (median, robust)."""
    below = ink[ink <= 0]
    return 1.4826 * float(-np.median(below)) if below.size else 0.0


def _above_paper(picture: Grid) -> Grid:
    """How far each pixel is from the paper, ink positive, whichever of the two is darker."""
    even = _even_paper(picture)
    if even is not None:
        ink = picture - even
        return ink if ink.max() >= -ink.min() else -ink
    smooth = picture - _smooth_paper(picture)
    # A bent surface follows a lamp or a lens, the local paper follows a shadow: ink is what both see.
    light: Grid = np.minimum(smooth, _above_local_paper(picture))
    dark: Grid = np.minimum(-smooth, _above_local_paper(-picture))
    return light if (light.clip(0) ** 3).sum() > (dark.clip(0) ** 3).sum() else dark


def _even_paper(picture: Grid) -> np.float32 | None:
    """The one gray level, give or take one, of much of the border and of the picture, if there is one."""
    border = np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])
    counts = np.bincount(border.round().astype(np.int64), minlength=256)
    level = np.argmax(np.convolve(counts, [1, 1, 1], "same"))
    paper = np.float32(np.median(border[np.abs(border - level) <= 1.5]))
    shares = [np.mean(np.abs(pixels - paper) <= 1) for pixels in (border, picture)]
    return paper if min(shares) > EVEN else None


def _cells(picture: Grid) -> Grid:
    """The picture averaged into at most `CELLS` cells a side."""
    return _resized(picture, min(1, CELLS / max(picture.shape)))


def _resized(picture: Grid, scale: float) -> Grid:
    height, width = (max(1, round(side * scale)) for side in picture.shape)
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BOX))


def _smooth_paper(picture: Grid) -> Grid:
    """The bent surface through most of the picture: uneven light is quadratic, a dark lens edge r^4."""
    cells = _cells(picture)
    terms = _terms(*cells.shape)
    values = cells.reshape(-1).astype(np.float64)
    weights = np.ones(len(values))
    for _ in range(15):  # least absolute deviations by reweighting: ink, the lesser part, hardly pulls
        weighted = terms * weights[:, None]
        surface = terms @ np.linalg.solve(weighted.T @ terms + 1e-9 * np.eye(7), weighted.T @ values)
        weights = 1 / np.maximum(np.abs(values - surface), 0.5)
    weighted = terms * weights[:, None]
    fit = np.linalg.solve(weighted.T @ terms + 1e-9 * np.eye(7), weighted.T @ values)
    paper: Grid = (_terms(*picture.shape) @ fit).reshape(picture.shape).astype(np.float32)
    return paper


def _terms(height: int, width: int) -> NDArray[np.float64]:
    """1, x, y, x^2, x y, y^2, r^4 at each pixel, x and y from -1 to 1: `(height * width, 7)`."""
    y, x = np.meshgrid(
        (np.arange(height) * 2 + 1) / height - 1, (np.arange(width) * 2 + 1) / width - 1, indexing="ij"
    )
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, (x * x + y * y) ** 2], axis=-1).reshape(
        -1, 7
    )


def _above_local_paper(picture: Grid) -> Grid:
    """How far light ink is above the paper near it: light things narrower than a third are opened away."""
    cells = _cells(picture)
    reach = max(cells.shape) // 6
    opened = _highest(-_highest(-cells, reach), reach)
    height, width = picture.shape
    paper = Image.fromarray(opened).resize((width, height), Image.Resampling.BILINEAR)
    above = picture - np.asarray(paper)
    level: Grid = above - np.float32(np.median(above))
    return level


def _highest(cells: NDArray[Scalar], reach: int) -> NDArray[Scalar]:
    """The highest value within `reach` cells up, down and across, or with False and True, any."""
    for axis in (0, 1):
        line = np.moveaxis(cells, axis, 0)
        highest = line.copy()
        for step in range(1, min(reach, len(line) - 1) + 1):
            np.maximum(highest[step:], line[:-step], out=highest[step:])
            np.maximum(highest[:-step], line[step:], out=highest[:-step])
        cells = np.moveaxis(highest, 0, axis)
    return cells


def _digit_pieces(ink: Grid, clear: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where the digit is: the large connected pieces of clear ink, with a fringe of one cell.

    Pieces that run off the picture (the edge of the table, a neighbor) are no digit if another large
    piece lies free inside.
    """
    size = -(-max(ink.shape) // CELLS)
    cells: NDArray[np.bool_] = _in_cells(clear, size).max(axis=(1, 3))
    mass = _in_cells(np.where(clear, ink, 0), size).sum(axis=(1, 3))
    labels = _pieces(cells)
    masses = np.bincount(labels.reshape(-1), weights=mass.reshape(-1))
    share = masses / masses.max()
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    free = np.ones(len(share), dtype=bool)
    free[border] = False
    digit = share >= SPECK
    if share[free].max(initial=0) >= LARGE:
        digit &= free
    digit[0] = False
    kept = _highest(digit[labels], 1)
    return kept.repeat(size, 0).repeat(size, 1)[: ink.shape[0], : ink.shape[1]]


def _in_cells(values: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    """Cut into squares: `(rows, size, columns, size)`, the last ones padded with zeros."""
    height, width = values.shape
    padded = np.pad(values, [(0, -height % size), (0, -width % size)])
    return padded.reshape(padded.shape[0] // size, size, -1, size)


def _pieces(cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A number for each connected piece (8 neighbors), 0 where there is none.

    Every cell starts with a number of its own and takes the highest of its neighbors until none
    changes. At most 96 x 96 cells: 2 to 30 ms.
    """
    labels = np.where(cells, np.arange(1, cells.size + 1).reshape(cells.shape), 0)
    while True:
        spread = np.where(cells, _highest(labels, 1), 0)
        if (spread == labels).all():
            numbers = np.unique(np.append(labels, 0))
            return np.searchsorted(numbers, labels)
        labels = spread
