"""How far each pixel of a gray image is from its paper, under even or uneven light, in shadow or glare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Grid, closing, depth, opening, resized, smoothed

__all__ = ["above_paper", "paper_noise", "quantile"]

CELLS = 96  # cells on the long side for the surface of the light, which varies slowly
EVEN = 0.2  # share of the border, and of the picture, that has one gray level where light is even
CLIPPED = 2  # levels from black or white that a camera gives to all paper that is too dark or too bright
BETWEEN = 0.12  # share of the border between clipped paper and ink from which the paper is not even
WIDEST = 3  # what is narrower than one part in so many of the long side may be ink
WIDE = 0.5  # share of the picture that may be bright, and of what is bright that may be wide, if ink is light
REFLECTING = 24.0  # levels of 255 that paper under light ink has at least, so that black is no quotient
SAMPLE = 20_000  # values that are plenty for a median
DARKEST = 8.0  # levels of 255 that the paper has at least, so that a quotient stays finite


def above_paper(picture: Grid) -> tuple[Grid, Grid | np.float32]:
    """How far each pixel is from the paper, ink positive, whichever of the two is darker.

    Args:
        picture: `(height, width)`, gray levels from 0 to 255.

    Returns:
        The ink, `(height, width)`: levels of 255; under uneven light, as they would be on evenly lit paper.
        And how bright the paper is there, from above 0 to 1, one number under even light: the ink times this
        is what the camera saw.
    """
    even = _even_paper(picture)
    if even is not None:
        ink = picture - even
        return ink if ink.max() >= -ink.min() else -ink, np.float32(1)
    large = max(picture.shape) > 2 * CELLS
    smooth = smoothed(picture) if large else picture
    scale = min(1, CELLS / max(picture.shape))
    rows, columns = (max(1, round(side * scale)) for side in picture.shape)
    cells = resized(smooth, rows, columns) if large else smooth
    surface = np.maximum(_light(cells), np.float32(DARKEST))
    sign = -1 if _ink_is_light(cells, surface) else 1
    surface = resized(surface, *picture.shape) if large else surface
    widest = max(3, max(picture.shape) // WIDEST)
    ink, paper = _above_local_paper(picture, sign * smooth, surface, sign, widest)
    # So far, a dark valley of light that is narrower than that is ink, too. Where strokes are narrow, a box
    # that is little wider than they are follows the light closely.
    side = _wider_than_strokes(ink)
    if side < widest:
        ink, paper = _above_local_paper(picture, sign * smooth, surface, sign, side)
    return ink, (paper / paper.max()).astype(np.float32)


def _above_local_paper(picture: Grid, smooth: Grid, surface: Grid, sign: int, side: int) -> tuple[Grid, Grid]:
    """The ink in levels of 255, and the level of the paper; ink is closed over, if narrower than a box.

    A closing keeps the steps of hard shadows, but is too light where a slope of light ends at the border. In
    the picture divided by the surface of the light there is no slope, but a shadow becomes one. Neither is
    too dark, so the darker one is right.
    """
    closed = np.minimum(closing(smooth, side, side), closing(smooth / surface, side, side) * surface)
    seen = closed - sign * picture
    # The paper is that of the lightest (darkest) noise within the box: half of the picture is no ink.
    seen -= quantile(seen, 0.5)
    paper = np.maximum(sign * closed, np.float32(DARKEST if sign > 0 else REFLECTING))
    return (255 * seen / paper).astype(np.float32), paper


def _ink_is_light(cells: Grid, surface: Grid) -> bool:
    """Whether ink is lighter than its paper.

    Ink is far from the paper nearby and from the surface of the light. The paper inside a zero is as far from
    its stroke as that is from it, but not from the surface. Where much of the picture, or a wide part of it,
    is as bright as light ink would be, that is paper beside a shadow.
    """
    side = max(3, max(cells.shape) // WIDEST)
    strengths = []
    for sign in (1, -1):
        nearby = closing(sign * cells, side, side) - sign * cells
        both = np.minimum(sign * (surface - cells), nearby - quantile(nearby, 0.5))
        strengths.append(float((both.clip(0) ** 3).sum()))
    if strengths[0] >= strengths[1]:
        return False
    bright = (cells > (quantile(cells, 0.02) + quantile(cells, 0.995)) / 2).astype(np.uint8)
    wide = opening(bright, side // 2 + 1, side // 2 + 1)
    return bool(bright.mean() < WIDE and wide.sum() < WIDE * bright.sum())


def _wider_than_strokes(ink: Grid) -> int:
    """Side of a box that no stroke fills: twice the largest distance of ink from its edge, and some more."""
    strokes = (ink > 0.4 * quantile(ink, 0.995)).astype(np.uint8)
    return 2 * round(1.6 * depth(strokes)) + 9


def paper_noise(ink: Grid) -> float:
    """Standard deviation of the paper, from what lies on its far side from the ink (median, robust)."""
    below = ink[ink <= 0]
    return -1.4826 * quantile(below, 0.5) if below.size else 0.0


def quantile(values: Grid, share: float) -> float:
    """The value that a share of the values lies below; of a sample where there are many.

    NumPy's own costs more than all else in a picture of 28x28, and imports `numpy.ma`.
    """
    sample = values.reshape(-1)[:: max(1, values.size // SAMPLE)]
    place = min(int(share * len(sample)), len(sample) - 1)
    return float(np.partition(sample, place)[place])


def _even_paper(picture: Grid) -> np.float32 | None:
    """The one gray level, give or take one, of much of the border and of the picture, if there is one.

    White or black of that share may also be paper that is partly over-exposed. Then the border passes
    through the levels between that paper and ink, where a digital picture has but the edges of strokes.
    """
    border = np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])
    counts = np.bincount(np.rint(border).astype(np.int64), minlength=256)
    level = int(np.convolve(counts, [1, 1, 1], "same").argmax())
    paper = np.float32(quantile(border[np.abs(border - level) <= 1.5], 0.5))
    far = np.abs(border - paper)
    if np.count_nonzero(far <= 1) <= EVEN * border.size:
        return None
    distances = np.abs(picture - paper)
    if np.count_nonzero(distances <= 1) <= EVEN * picture.size:
        return None
    if CLIPPED < paper < 255 - CLIPPED:
        return paper
    between = np.count_nonzero((far > CLIPPED) & (far < 0.4 * distances.max()))
    return paper if between < BETWEEN * border.size else None


def _light(picture: Grid) -> Grid:
    """The bent surface through most of the picture: uneven light is quadratic, a dark lens edge r^4."""
    height, width = picture.shape
    scale = min(1, CELLS / max(height, width))
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    cells = resized(picture, rows, columns)
    terms = _terms(rows, columns)
    values = cells.reshape(-1).astype(np.float64)
    weights = np.ones(len(values))
    for _ in range(15):  # least absolute deviations by reweighting: ink, the lesser part, hardly pulls
        weighted = terms * weights[:, None]
        surface = terms @ np.linalg.solve(weighted.T @ terms + 1e-9 * np.eye(7), weighted.T @ values)
        weights = 1 / np.maximum(np.abs(values - surface), 0.5)
    return resized(surface.reshape(rows, columns).astype(np.float32), height, width)


def _terms(height: int, width: int) -> NDArray[np.float64]:
    """1, x, y, x^2, x y, y^2, r^4 at each pixel, x and y from -1 to 1: `(height * width, 7)`."""
    y, x = np.meshgrid(
        (np.arange(height) * 2 + 1) / height - 1, (np.arange(width) * 2 + 1) / width - 1, indexing="ij"
    )
    terms = [np.ones_like(x), x, y, x * x, x * y, y * y, (x * x + y * y) ** 2]
    return np.stack(terms, axis=-1).reshape(-1, 7)
