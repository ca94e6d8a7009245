"""How far each pixel of a gray image is from its paper, under even or uneven light, in shadow or glare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Grid, closing, components, inside, opening, resized, smoothed

__all__ = ["above_paper", "paper_noise", "quantile"]

CELLS = 96  # cells on the long side for the surface of the light, which varies slowly
EVEN = 0.2  # share of the border, and of the picture, that has one gray level where light is even
CLIPPED = 2  # levels from black or white that a camera gives to all paper that is too dark or too bright
BETWEEN = 0.12  # share of the border between clipped paper and ink from which the paper is not even
SMALL = 192  # pixels on the long side on which the kind of light is found out
REACHES = (1 / 24, 1 / 12, 1 / 6, 1 / 3)  # of the long side: what is narrower than a reach may be ink
GROWTH = 1.1  # a longer reach that multiplies the ink by less than this has found no more of it
FAINT = 0.1  # share of the paper's brightness by which strokes differ from it
NOISE = 3.0  # standard deviations of the paper's noise that ink exceeds
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
    scale = min(1, SMALL / max(picture.shape))
    rows, columns = (max(1, round(side * scale)) for side in picture.shape)
    small = resized(picture, rows, columns) if scale < 1 else picture
    # Smooth light is taken out first; but where a hard shadow lies, a smooth surface only adds to the harm.
    surfaces = _light(small), np.full_like(small, quantile(small, 0.5))
    views = [_view(small, np.maximum(surface, np.float32(DARKEST))) for surface in surfaces]
    view = min(views, key=lambda view: view.amount)
    surface = resized(view.surface, *picture.shape) if scale < 1 else view.surface
    ink, paper = _above_local_paper(picture, surface, view.light, view.reach)
    return ink, (paper / paper.max()).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _View:
    """A picture seen under one kind of light: whether its ink is light, and what it is narrower than."""

    surface: Grid
    light: bool
    reach: float
    amount: float


def _view(picture: Grid, surface: Grid) -> _View:
    flat = _flat(picture, surface)
    smooth = smoothed(flat) if max(flat.shape) > CELLS else flat
    reaches = [_reach(sign * smooth) for sign in (1, -1)]
    inks = [_above_local_paper(picture, surface, light, reaches[light])[0] for light in (False, True)]
    # Paper between strokes is as far from them as they are from it: only ink is far from the light, too.
    # Both in shares of the lighter one of ink and paper, so that neither is favored.
    lighter = np.maximum(flat, 1)
    seen_dark = np.minimum(inks[0] / 255, (1 - flat) / lighter)
    seen_light = np.minimum(inks[1] / 255, flat - 1) / lighter
    light = bool((seen_light.clip(0) ** 3).sum() > (seen_dark.clip(0) ** 3).sum())
    return _View(surface, light, reaches[light], _amount(inks[light]))


def _flat(picture: Grid, surface: Grid) -> Grid:
    return (np.maximum(picture, DARKEST) / surface).astype(np.float32, copy=False)


def _above_local_paper(picture: Grid, surface: Grid, light: bool, reach: float) -> tuple[Grid, Grid]:
    """The ink in levels of 255, and the level of the paper, where light follows a surface and shadows."""
    flat = _flat(picture, surface)
    smooth = smoothed(flat) if max(flat.shape) > CELLS else flat
    if light:
        paper = surface
        seen = paper * (flat + _closed(-smooth, reach))
    else:
        paper = surface * np.maximum(_closed(smooth, reach), 1e-3)
        seen = paper - surface * flat
    # The paper is that of the lightest (darkest) noise within reach: half of the picture is no ink.
    return (255 * (seen - quantile(seen, 0.5)) / paper).astype(np.float32), paper


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


def _closed(picture: Grid, reach: float) -> Grid:
    """The paper around dark ink: a closing, which fills what is narrower than its reach.

    It keeps the edge of a hard shadow, because a shadow is wider than the reach.
    """
    side = max(3, round(max(picture.shape) * reach))
    return closing(picture, side, side)


def _reach(picture: Grid) -> float:
    """The shortest reach that is wider than the strokes of dark ink: further ones hardly find more.

    Ink is what lies free inside, because corners of shadows run off the picture; and ruled lines and edges of
    shadows, which are thin, do not count.
    """
    thin = 5 if max(picture.shape) > CELLS else 1
    base = closing(picture, thin, thin)
    free, every = [], []
    for reach in REACHES:
        paper = _closed(picture, reach)
        ink = paper - base
        labels, boxes = components(opening((ink > FAINT * np.abs(paper)).astype(np.uint8), thin, thin))
        masses = np.bincount(labels.reshape(-1), weights=ink.reshape(-1), minlength=len(boxes))[1:]
        free.append(float(masses[inside(boxes, picture.shape)[1:]].sum()))
        every.append(float(masses.sum()))
    amounts = free if max(free) > 0.2 * max(every) else every
    if max(amounts) == 0:
        return REACHES[1]  # thin strokes alone
    return next(
        reach for reach, amount in zip(REACHES, amounts, strict=True) if amount * GROWTH >= max(amounts)
    )


def _amount(ink: Grid) -> float:
    """How much ink there is, without the paper's noise."""
    ink = ink - quantile(ink, 0.5)
    return float(ink[ink > NOISE * paper_noise(ink)].sum())
