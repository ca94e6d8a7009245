"""Four-sided regions that the lines of a page enclose."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Mask
from digitlab.pages.ruling import RuledLine

__all__ = ["Numbers", "enclosed"]

COPY = 1500  # pixels of the long side of the picture in which lines are drawn
EXTENSION = 0.002  # of the long side, by which each line is drawn longer
NEAR = 0.9  # times the usual step from line to line; a line that ends nearer to the border may go on to it
BEYOND = 0.2  # times that step, by which it then reaches beyond the last line that it crosses
SMALLEST = 10  # pixels that a side of a cell has at least
LARGEST = 0.5  # share of the page that a cell has at most
MOST = 0.5  # share of lines that do so if the page was cropped there
FULL = 0.85  # share of its four-sided hull that a cell fills
UNEQUAL = 1.5  # times as long that one side of a cell may be as the opposite one
SLIM = 0.3  # times the usual size of cells that a cell has at least; gaps between boxes have less
SUM_DIFFERENCE = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])

Numbers = NDArray[np.float64]


def enclosed(lines: Sequence[RuledLine], shape: tuple[int, int]) -> Numbers:
    """Regions with four sides, each of which is a line or the border of the page.

    Args:
        lines: Of the page.
        shape: Height and width of the page, in pixels.

    Returns:
        `(n, 4, 2)`, corners as (x, y): upper left, upper right, lower right, lower left.
    """
    horizontals = sum(not line.vertical for line in lines)
    if not 0 < horizontals < len(lines):
        return np.zeros((0, 4, 2))
    scale = min(1.0, COPY / max(shape))
    drawn = _drawn(lines, shape, scale)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - drawn, connectivity=4)
    found = []
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if min(width, height) < SMALLEST * scale or area > LARGEST * drawn.size:
            continue
        part = (labels[top : top + height, left : left + width] == number).astype(np.uint8)
        quad = _corners(part)
        if quad is not None:
            found.append(quad + np.array([left, top]))
    if not found:
        return np.zeros((0, 4, 2))
    quads = (np.array(found) + 0.5) / scale - 0.5
    widths, heights = (np.hypot(*(quads[:, end] - quads[:, 0]).T) for end in (1, 3))
    slim = (widths < SLIM * np.median(widths)) | (heights < SLIM * np.median(heights))
    return np.asarray(quads[~slim])


def _drawn(lines: Sequence[RuledLine], shape: tuple[int, int], scale: float) -> Mask:
    """The lines, a pixel thick, where there is ink on them; a little longer than they are."""
    height, width = (max(1, round(side * scale)) for side in shape)
    canvas = np.zeros((height, width), np.uint8)
    extension = EXTENSION * max(shape) + 2
    for vertical in (False, True):
        along = [line for line in lines if line.vertical == vertical and line.covered.any()]
        across = [line for line in lines if line.vertical != vertical]
        length = shape[0] if vertical else shape[1]
        before = _cropped(along, across, 0)
        behind = _cropped(along, across, length - 1)
        for number, line in enumerate(along):
            starts, stops = _stretches(line.covered)
            firsts = (line.start + starts - extension).astype(np.float64)
            lasts = (line.start + stops - 1 + extension).astype(np.float64)
            firsts[0] = -1 if before[number] else firsts[0]
            lasts[-1] = length if behind[number] else lasts[-1]
            for first, start, stop, last in zip(firsts, starts, stops, lasts, strict=True):
                inner = np.arange(line.start + start, line.start + stop, 8)
                places = np.concatenate([[first], inner, [last]])
                points = np.stack([places, [line.at(float(place)) for place in places]], 1)
                points = points[:, ::-1] if vertical else points
                fixed = np.round(((points + 0.5) * scale - 0.5) * 16).astype(np.int32)
                cv2.polylines(canvas, [fixed], False, 1, 1, cv2.LINE_8, 4)
    return canvas


def _cropped(along: list[RuledLine], across: list[RuledLine], border: int) -> NDArray[np.bool_]:
    """Which lines go on to a border, near which they end, because the page was cropped there.

    Most of them then reach farther than the last line that they cross; those of a whole table end with it.
    """
    near, beyond = np.zeros(len(along), np.bool_), np.zeros(len(along), np.bool_)
    for number, line in enumerate(along):
        ink = np.flatnonzero(line.covered)
        end = line.start + int(ink[0] if border == 0 else ink[-1])
        beside = line.at(end)
        places = np.sort([one.at(beside) for one in across if one.start - 9 <= beside <= one.stop + 8])
        steps = np.diff(places)
        steps = steps[steps >= SMALLEST]
        if len(steps):
            pitch = float(np.median(steps))
            near[number] = abs(end - border) < NEAR * pitch
            beyond[number] = near[number] and float(np.abs(places - end).min()) > BEYOND * pitch
    return near if along and beyond.mean() > MOST else np.zeros(len(along), np.bool_)


def _stretches(covered: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where stretches of ink start and where they stop."""
    steps = np.diff(np.pad(covered, 1).astype(np.int8))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _corners(part: Mask) -> Numbers | None:
    """The four corners of a region, or None if it has another shape."""
    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)[:, 0].astype(np.float64)
    # The upper left corner is the point of the least x + y, and so on.
    quad = outline[[int((outline @ signs).argmin()) for signs in SUM_DIFFERENCE]]
    sides = np.hypot(*(np.roll(quad, -1, 0) - quad).T) + 1
    if max(sides[0] / sides[2], sides[2] / sides[0], sides[1] / sides[3], sides[3] / sides[1]) > UNEQUAL:
        return None
    hull = np.zeros_like(part)
    cv2.fillConvexPoly(hull, quad.astype(np.int32), 1)
    both = int((hull & part).sum())
    if both < FULL * max(int(hull.sum()), int(part.sum())):
        return None
    return quad
