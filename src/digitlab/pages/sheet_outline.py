"""The outline of one sheet that stands out from the table it lies on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Mask, closing, opening

__all__ = ["Numbers", "find_outline"]

SHARE = 0.2  # of the picture, that the sheet takes up at least
AROUND = 0.03  # of the picture, that lies around the sheet at least
SOLID = 0.8  # share of the sheet that is as light (or as dark) as it is; the rest is written on it
SHADOWS = (1.0, 0.75, 0.57, 0.43)  # times the level that divides light from dark best, tried one by one
CONTRAST = 30.0  # levels of 255 between the sheet and what lies around it
BESIDE = 12.0  # the same, at each of its sides
AGREE = 0.93  # share that the sheet and the quadrilateral have in common of both
STRAIGHT = 0.6  # share of a side within two pixels of which there is an edge of the sheet
BEYOND = 4.0  # pixels from a side at which its two sides are compared
SEEN = 0.15  # share of a side beyond which the picture shows anything
OUTSIDE = 0.08  # of the picture, by which a corner may lie beyond its border
SQUARE = 0.6  # cosine of the angle in a corner, at most: from 53 to 127 degrees
LENGTHS = 2.0  # times as long that a side may be as the opposite one
TRACE = 8  # points along an outline over which its direction is measured

Numbers = NDArray[np.float64]


def find_outline(gray: NDArray[np.uint8]) -> Numbers | None:
    """The corners of the sheet, if one dominates the picture.

    Args:
        gray: `(height, width)`, a copy of about 500 pixels.

    Returns:
        `(4, 2)`, as (x, y): upper left, upper right, lower right, lower left; some may lie a little beyond
        the border. None if it is not sure that there is a sheet.
    """
    smooth = np.asarray(cv2.GaussianBlur(gray, (5, 5), 0), np.uint8)
    threshold, _ = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    # A sheet that lies half in shadow is still lighter than a dark table.
    levels = [(True, share * threshold) for share in SHADOWS] + [(False, threshold)]
    for light, level in levels:
        apart = smooth > level if light else smooth <= level
        sheet = _largest(apart.astype(np.uint8))
        if sheet is None:
            continue
        corners = _quadrilateral(sheet)
        if corners is not None and _stands_out(smooth, sheet, corners, light):
            return corners
    return None


def _largest(mask: Mask) -> Mask | None:
    """The largest region, with what is written on it; None if it is no sheet by its size."""
    side = max(3, max(mask.shape) // 100) | 1
    solid = closing(opening(mask, side, side), side, side)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    if count < 2:
        return None
    number = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    region = (labels == number).astype(np.uint8)
    outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(region), outlines, -1, 1, cv2.FILLED)
    area = int(np.count_nonzero(filled))
    if not SHARE * mask.size <= area <= (1 - AROUND) * mask.size:
        return None
    return np.asarray(filled, np.uint8) if np.count_nonzero(region) >= SOLID * area else None


def _quadrilateral(sheet: Mask) -> Numbers | None:
    """Four straight lines along the outline of a region, by their intersections."""
    height, width = sheet.shape
    outlines, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(outlines, key=len)[:, 0].astype(np.float64)
    direction = np.roll(points, -TRACE, 0) - np.roll(points, TRACE, 0)
    angles = np.arctan2(direction[:, 1], direction[:, 0])
    inner = (points > 2).all(1) & (points < (width - 3, height - 3)).all(1)
    points, angles = points[inner], angles[inner]
    if len(points) < 40:
        return None
    # The outline runs around the sheet: each side has its own direction, one of four, 90 degrees apart.
    turn = np.angle(np.exp(4j * angles).mean()) / 4
    quarter = np.round((angles - turn) / (np.pi / 2)).astype(np.int64) % 4
    lines = []
    for side in range(4):
        line = _line(points[quarter == side])
        if line is None:
            return None
        lines.append(line)
    corners = [_crossing(lines[side - 1], lines[side]) for side in range(4)]
    if any(corner is None for corner in corners):
        return None
    return _in_order(np.array(corners, np.float64))


def _line(points: Numbers) -> Numbers | None:
    """A straight line along points, few of which may lie elsewhere: (x, y) on it, and its direction."""
    if len(points) < 10:
        return None
    kept = points
    for reach in (8.0, 4.0, 2.0, 2.0):
        vx, vy, x, y = cv2.fitLine(kept.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        apart = np.abs((points[:, 0] - x) * vy - (points[:, 1] - y) * vx)
        if np.count_nonzero(apart <= reach) < 10:
            return None
        kept = points[apart <= reach]
    if len(kept) < STRAIGHT * len(points):
        return None
    return np.array([x, y, vx, vy], np.float64)


def _crossing(one: Numbers, other: Numbers) -> Numbers | None:
    across = one[2] * other[3] - one[3] * other[2]
    if abs(across) < 0.3:
        return None
    step = ((other[0] - one[0]) * other[3] - (other[1] - one[1]) * other[2]) / across
    return np.asarray(one[:2] + step * one[2:])


def _in_order(corners: Numbers) -> Numbers:
    """Corners clockwise, from the upper left one of the side that is nearest to level and on top."""
    center = corners.mean(0)
    around = np.argsort(np.arctan2(corners[:, 1] - center[1], corners[:, 0] - center[0]), kind="stable")
    corners = corners[around]
    sides = np.roll(corners, -1, 0) - corners
    # Clockwise on a picture, the upper side runs from left to right.
    first = int(np.argmax(sides[:, 0] / np.maximum(np.hypot(*sides.T), 1e-9)))
    return np.roll(corners, -first, 0)


def _stands_out(smooth: NDArray[np.uint8], sheet: Mask, corners: Numbers, light: bool) -> bool:
    """Whether a quadrilateral is the outline of a sheet that differs from what lies around it everywhere."""
    height, width = sheet.shape
    size = np.array([width, height])
    if (corners < -OUTSIDE * size).any() or (corners > (1 + OUTSIDE) * size).any():
        return False
    sides = np.roll(corners, -1, 0) - corners
    lengths = np.hypot(*sides.T)
    if lengths.min() < 0.2 * min(height, width) or (lengths[:2] / lengths[2:]).max() > LENGTHS:
        return False
    if (lengths[2:] / lengths[:2]).max() > LENGTHS:
        return False
    units = sides / lengths[:, None]
    if np.abs((units * np.roll(units, -1, 0)).sum(1)).max() > SQUARE:
        return False
    quad = np.zeros_like(sheet)
    cv2.fillConvexPoly(quad, np.round(corners).astype(np.int32), 1)
    if (quad & sheet).sum() < AGREE * (quad | sheet).sum() or quad.mean() > 1 - AROUND:
        return False
    sign = 1 if light else -1
    if sign * (np.median(smooth[quad > 0]) - np.median(smooth[quad == 0])) < CONTRAST:
        return False
    return all(_differs(smooth, corners[side], units[side], lengths[side], sign) for side in range(4))


def _differs(smooth: NDArray[np.uint8], corner: Numbers, unit: Numbers, length: float, sign: int) -> bool:
    """Whether a sheet differs from what lies beyond one of its sides, wherever the picture shows that."""
    height, width = smooth.shape
    along = corner + np.linspace(0.1, 0.9, 40)[:, None] * length * unit
    # Clockwise around the sheet, what is outside is to the left: (x, y) turned to (y, -x).
    out = np.array([unit[1], -unit[0]])
    levels = []
    for step in (-BEYOND, BEYOND):
        places = np.round(along + step * out).astype(np.int64)
        seen = ((places >= 0) & (places < (width, height))).all(1)
        places = places.clip(0, np.array([width - 1, height - 1]))
        levels.append(np.where(seen, smooth[places[:, 1], places[:, 0]].astype(np.float64), np.nan))
    differences = sign * (levels[0] - levels[1])
    shown = np.isfinite(differences)
    if shown.mean() < SEEN:
        return False
    return bool(np.median(differences[shown]) >= BESIDE and (differences[shown] > 0).mean() >= 0.8)
