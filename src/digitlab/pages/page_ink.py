"""The ink of a page: how far each pixel is from its paper, whatever the light, and which of it is clear."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Grid, Mask, closing, inside, resized, smoothed
from digitlab.errors import NoInkError

__all__ = ["PageInk", "page_ink", "stroke_width"]

COPY = 640  # pixels on the long side of the copy on which strokes are measured
SHARE = 6  # a stroke is narrower than one part in so many of the short side
FAINTEST = 14.0  # levels of 255 by which ink differs from its paper at least
NOISE = 4.0  # standard deviations of the paper's noise by which it differs at least
NOISY = 0.2  # share of noisy paper that is lighter than its median at least
PAPER = 24.0  # levels of 255 that paper has at least, so that a quotient stays finite
CLEAR = 0.5  # share of the threshold down to which ink belongs to a stroke that passes it somewhere
INNER = 0.1  # share of all strokes from which those that touch no border tell how wide strokes are
WIDE = 0.9  # share of the length of all strokes that wide ones are no narrower than
LIGHTER = 2.0  # times stronger that light ink must be than dark, to be ink


@dataclass(frozen=True, eq=False)
class PageInk:
    """The ink of a page.

    Attributes:
        ink: `(height, width)`, `float32`, 0 = paper, 255 = the ink of a dark pen.
        mask: `(height, width)`, `uint8`, 1 where there is clearly ink.
        stroke: Width of a typical stroke, in pixels.
        level: Ink of a typical stroke, in (0, 255].
    """

    ink: Grid
    mask: Mask
    stroke: float
    level: float


def page_ink(gray: NDArray[np.uint8]) -> PageInk:
    """Extracts the ink of a page.

    The paper is a closing of the picture (Serra 1982) by a box that is little wider than its strokes, so that
    shadows stay paper, hard edges included; ink is what is darker than that. Where ink is lighter than
    its surroundings (chalk, white on black) the picture is turned to its negative, region by region.

    Args:
        gray: `(height, width)`.

    Returns:
        The ink.

    Raises:
        NoInkError: If nothing stands out from the paper.
    """
    picture = _dark_on_light(gray.astype(np.float32))
    stroke, wide = _stroke_widths(picture)
    side = max(2 * round(1.3 * stroke) + 5, 2 * round(0.9 * wide) + 5)
    smooth = smoothed(picture)
    closed = closing(smooth, side, side)
    even = cv2.blur(closed, (side, side), borderType=cv2.BORDER_REPLICATE)
    paper = np.minimum(closed, even + 2 * FAINTEST)
    seen = (paper - smooth).astype(np.float32)
    seen -= np.float32(np.median(seen[:: max(1, seen.shape[0] // 200), :: max(1, seen.shape[1] // 200)]))
    ink = np.maximum(255 * seen / np.maximum(paper, PAPER), 0).astype(np.float32)
    noise = _noise(seen)
    threshold, level = _threshold(ink, max(FAINTEST, NOISE * noise))
    strong = (ink > threshold).astype(np.uint8)
    weak = (ink > max(CLEAR * threshold, FAINTEST, NOISE * noise)).astype(np.uint8)
    return PageInk(ink, _hysteresis(strong, weak), stroke, level)


def _dark_on_light(picture: Grid) -> Grid:
    """The picture with light ink turned dark, region by region.

    Ink is the lesser part of a region and thin: what stands out from the median of the surroundings, and from
    an opening or closing, too.
    """
    height, width = picture.shape
    scale = min(1.0, COPY / 2 / max(height, width))
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    small = resized(picture, rows, columns)
    window = max(3, min(rows, columns) // 3 | 1)
    bytes_ = np.clip(small, 0, 255).astype(np.uint8)
    middle = cv2.medianBlur(
        cv2.copyMakeBorder(bytes_, window, window, window, window, cv2.BORDER_REFLECT), window
    )
    middle = middle[window:-window, window:-window].astype(np.float32)
    box = max(3, min(rows, columns) // SHARE) | 1
    dark = np.minimum(middle - small, closing(small, box, box) - small).clip(0)
    light = np.minimum(small - middle, small + closing(-small, box, box)).clip(0)
    region = (4 * window + 1, 4 * window + 1)
    strengths = [cv2.blur(one**3, region, borderType=cv2.BORDER_REFLECT) for one in (dark, light)]
    negative = (strengths[1] > LIGHTER * strengths[0]).astype(np.float32)
    if not negative.any():
        return picture
    if negative.all():
        return np.asarray(255 - picture, np.float32)
    where = cv2.resize(negative, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.where(where > 0, 255 - picture, picture).astype(np.float32)


def _stroke_widths(picture: Grid) -> tuple[float, float]:
    """Widths of a typical stroke and of a wide one, in pixels."""
    scale = min(1.0, COPY / max(picture.shape))
    rows, columns = (max(1, round(side * scale)) for side in picture.shape)
    small = resized(picture, rows, columns)
    box = max(5, min(rows, columns) // SHARE) | 1
    ink = (closing(small, box, box) - small).clip(0)
    threshold, _ = _threshold(ink, FAINTEST)
    typical, wide = _widths((ink > threshold).astype(np.uint8), box)
    return typical / scale, wide / scale


def stroke_width(mask: Mask) -> float:
    """Width of a typical stroke of a mask, in pixels; at least 1."""
    return _widths(mask, max(mask.shape))[0]


def _widths(mask: Mask, widest: float) -> tuple[float, float]:
    """Widths of a typical stroke and of a wide one of a mask, in pixels; at least 1.

    A component's is four times the mean distance of its pixels from its edge. The typical one is the median
    by length of strokes; the wide one is a higher quantile, so that thick strokes count where thin printed
    lines are longer. Components that touch the border, as the table beside a sheet does, count only where
    there is little else.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return 2.0, 2.0
    distance = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    widths = 4 * np.bincount(labels.reshape(-1), distance.reshape(-1), count) / areas - 1
    lengths = areas / np.maximum(widths, 1.0)
    lengths[0] = 0
    lengths[widths > widest] = 0
    inner = inside(np.asarray(stats[:, :4], np.int64), mask.shape)
    if lengths[inner].sum() > INNER * lengths.sum():
        lengths[~inner] = 0
    order = np.argsort(widths)
    longer = np.cumsum(lengths[order])
    if longer[-1] == 0:
        return 2.0, 2.0
    typical, wide = (
        float(max(widths[order][int(np.searchsorted(longer, share * longer[-1]))], 1.0))
        for share in (0.5, WIDE)
    )
    return typical, wide


def _noise(seen: Grid) -> float:
    """Standard deviation of the paper, from what is lighter than it (median, robust).

    Of noisy paper, half is lighter. On even paper only what lies among crowded strokes is; that is no noise.
    """
    sample = seen[:: max(1, seen.shape[0] // 300), :: max(1, seen.shape[1] // 300)]
    below = sample[sample < 0]
    return float(-1.4826 * np.median(below)) if below.size > NOISY * sample.size else 0.0


def _threshold(ink: Grid, least: float) -> tuple[float, float]:
    """The ink that parts strokes from what is printed on the paper (Otsu 1979), and that of typical strokes.

    Otsu's method is applied near strong ink only: strokes are a small share of a page.

    Raises:
        NoInkError: If no ink is more than `least`.
    """
    values = ink[ink > least]
    if values.size == 0:
        raise NoInkError("no ink found", "Give a picture on which writing stands out clearly from its paper.")
    strongest = float(np.quantile(values[:: max(1, values.size // 50_000)], 0.95))
    seeds = (ink > max(0.5 * strongest, least)).astype(np.uint8)
    near = cv2.dilate(seeds, np.ones((9, 9), np.uint8)) > 0
    levels = np.clip(ink[near], 0, 255).astype(np.uint8).reshape(1, -1)
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    threshold = max(float(otsu), least)
    above = ink[ink > threshold]
    level = float(np.median(above)) if above.size else strongest
    return threshold, max(level, 1.0)


def _hysteresis(strong: Mask, weak: Mask) -> Mask:
    """The components of weak ink that hold strong ink."""
    count, labels = cv2.connectedComponents(weak, connectivity=8)
    holds = np.zeros(count, np.bool_)
    holds[labels[strong > 0]] = True
    holds[0] = False
    return np.asarray(holds[labels], np.uint8)
