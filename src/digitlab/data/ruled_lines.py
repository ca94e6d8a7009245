"""Removal of the lines of ruled and squared paper from ink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Grid, Mask, closing, components, dilation, opening

__all__ = ["remove_ruled_lines"]

THIN = 0.013  # share of the long side that a line is thick at most
SHORTEST = 0.025  # share of the width that a piece of a line has at least
SLOPES = np.linspace(-0.1, 0.1, 41)  # of lines: rows per column
SAMPLE = 4000  # pixels of lines from which their slope is found
COVERED = 0.35  # share of the width that a line covers at least; digits cover the rest
MARGIN = 0.06  # share of the width within which a line ends at the border
NEAR = 3  # pixels by which a line may leave its straight course


def remove_ruled_lines(ink: Grid, faintest: Grid | np.float32) -> Grid:
    """Takes lines that run across the picture out of its ink, and mends the strokes that cross them.

    A pixel is part of a line if its ink is thin, and thin ink on the same straight course runs from border to
    border. Where a stroke crosses a line its ink is thick, and stays.

    Args:
        ink: `(height, width)`, paper near 0, positive where there is ink.
        faintest: The level below which ink is paper; one, or one for each pixel.

    Returns:
        `(height, width)`, the ink without lines; `ink` itself where there are none.
    """
    mask = (ink > faintest).astype(np.uint8)
    along, thickness = _lines(mask)
    down, breadth = _lines(np.ascontiguousarray(mask.T))
    if not (thickness or breadth):
        return ink
    down = np.ascontiguousarray(down.T)
    left: Grid = np.where(along | down, 0, ink).astype(np.float32)
    mended = left
    if thickness:
        mended = np.where(along, closing(left, thickness + 4, 1), mended)
    if breadth:
        mended = np.where(down, np.maximum(mended, closing(left, 1, breadth + 4)), mended)
    return mended


def _lines(mask: Mask) -> tuple[NDArray[np.bool_], int]:
    """Pixels of the lines that run from left to right, and how thick these are; none and 0 without any."""
    height, width = mask.shape
    thickest = max(3, round(THIN * max(height, width)))
    tall = opening(mask, thickest + 1, 1)
    thin = mask & ~tall
    none = np.zeros(mask.shape, np.bool_), 0
    labels, boxes = components(thin)
    widths = boxes[:, 2]
    long = (widths >= max(8, SHORTEST * width)) & (widths >= 2 * boxes[:, 3])
    long[0] = False
    if widths[long].sum() < COVERED * width:
        return none
    slope = _slope(long[labels])
    rows, columns = np.nonzero(thin)
    offsets = rows - slope * (columns - width / 2)
    chosen = np.zeros(len(rows), np.bool_)
    pieces = long[labels[rows, columns]]
    thicknesses = []
    for course in _courses(offsets[pieces]):
        near = np.abs(offsets - course) <= NEAR
        covered = np.flatnonzero(np.bincount(columns[near]))  # not by np.unique, which imports numpy.ma
        if len(covered) < COVERED * width:
            continue
        if covered[0] > MARGIN * width or covered[-1] < (1 - MARGIN) * width:
            continue
        chosen |= near
        thicknesses.append(near.sum() / len(covered))
    if not thicknesses:
        return none
    line: Mask = np.zeros(mask.shape, np.uint8)
    line[rows[chosen], columns[chosen]] = 1
    thickness = round(float(sorted(thicknesses)[len(thicknesses) // 2]) + 0.5)
    # Crossings of two lines are thick in both directions: they lie between two parts of each.
    line = closing(line, 1, 2 * thickness + 3)
    fringe = dilation(line, 3, 1) & ~tall
    return (line | fringe).astype(np.bool_), thickness


def _slope(pieces: NDArray[np.bool_]) -> float:
    """The slope along which the pixels of lines fall into the fewest rows."""
    rows, columns = np.nonzero(pieces)
    step = -(-len(rows) // SAMPLE)
    rows, columns = rows[::step], columns[::step] - pieces.shape[1] // 2
    sharpness = []
    for slope in SLOPES:
        offsets = np.round(rows - slope * columns).astype(np.int64)
        sharpness.append((np.bincount(offsets - offsets.min()) ** 2).sum())
    return float(SLOPES[int(np.argmax(sharpness))])


def _courses(offsets: NDArray[np.float64]) -> list[float]:
    """Rows at the middle column through which many of the pixels pass, the fullest first."""
    lowest = offsets.min() - NEAR
    counts = np.bincount((offsets - lowest).round().astype(np.int64)).astype(np.float64)
    counts = np.convolve(np.pad(counts, NEAR), np.ones(3), "same")
    courses = []
    while counts.max() > 0.25 * counts.sum() / len(counts) and counts.max() > 8:
        at = int(np.argmax(counts))
        courses.append(at - NEAR + lowest)
        counts[max(at - 2 * NEAR, 0) : at + 2 * NEAR + 1] = 0
        if len(courses) > 200:
            break
    return courses
