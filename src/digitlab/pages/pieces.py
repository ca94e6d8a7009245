"""Pieces of ink: connected components of a page, cut where two digits may touch (over-segmentation)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Mask
from digitlab.pages.answers import Box

__all__ = ["Piece", "components", "cut"]

CROSSED = 2.6  # widths of a stroke that a cut crosses at most
APART = 0.1  # of the height of digits that two cuts lie apart at least
MARGIN = 0.1  # of that height that is left beside a cut
MOST_CUTS = 14  # in one component
HOLE = 0.25  # heights of a digit that a hole is high at least, to be that of a zero
THICK = 2.5  # widths of a stroke that the stroke between two such holes is thick at most
ALONG = 1.5  # widths of a stroke that a cut along such a stroke counts
SLANTED = 0.12  # cost of a step aside, in pixels of ink


@dataclass(frozen=True, eq=False)
class Piece:
    """Ink that belongs to one digit, or to none.

    Attributes:
        box: Left, top, width and height on the page.
        mask: `(height, width)`, whether a pixel of the box is its ink.
        cut: Strokes that were crossed to part it from the piece before it, in widths of a stroke; 0 if the
            two do not touch.
        component: Number of the connected component that it is from.
        thickness: Of the component, where it is thickest, in pixels.
    """

    box: Box
    mask: NDArray[np.bool_]
    cut: float = 0.0
    component: int = 0
    thickness: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        """Middle of its box: x and y."""
        return self.box[0] + self.box[2] / 2, self.box[1] + self.box[3] / 2


def components(mask: Mask) -> list[Piece]:
    """The connected components of a page, of 8 neighbors.

    Args:
        mask: `(height, width)`, 1 = ink.

    Returns:
        A piece for each, in the order of their first rows.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    distance = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    pieces = []
    for number, (left, top, width, height, _) in enumerate(stats[1:].tolist(), 1):
        where = slice(top, top + height), slice(left, left + width)
        own = labels[where] == number
        thickness = 2 * float(distance[where][own].max())
        pieces.append(Piece((left, top, width, height), own, 0.0, number, thickness))
    return pieces


def cut(piece: Piece, stroke: float, height: float) -> list[Piece]:
    """Cuts a component wherever two digits may touch.

    A cut is a path from its upper to its lower border that crosses little ink (a seam, found by dynamic
    programming), so that it follows slanted digits. There is one at each local minimum of the ink that the
    best path through a column of the middle row crosses; and along the stroke between two large holes that
    lie side by side, which two zeros share.

    Args:
        piece: A component.
        stroke: Width of a stroke, in pixels.
        height: Height of digits nearby, in pixels.

    Returns:
        Its pieces from left to right: itself alone if there is no place to cut.
    """
    seams, crossed = _seams(piece.mask, stroke, height)
    if not seams:
        return [piece]
    rows, columns = piece.mask.shape
    where = np.zeros((rows, columns), np.int32)
    for seam in seams:
        where += np.arange(columns)[None, :] >= seam[:, None]
    left, top = piece.box[:2]
    pieces: list[Piece] = []
    for number in range(len(seams) + 1):
        own = piece.mask & (where == number)
        if not own.any():
            continue
        x, y, width, tall = cv2.boundingRect(own.view(np.uint8))
        strokes = crossed[number - 1] if pieces else 0.0
        box = (left + x, top + y, width, tall)
        pieces.append(Piece(box, own[y : y + tall, x : x + width], strokes, piece.component, piece.thickness))
    return pieces


def _seams(
    mask: NDArray[np.bool_], stroke: float, height: float
) -> tuple[list[NDArray[np.int64]], list[float]]:
    """The column of each seam in each row, from left to right, and the widths of a stroke that it crosses."""
    rows, columns = mask.shape
    margin = max(2, round(MARGIN * height))
    if columns < 2 * margin + 2 or rows < 3:
        return [], []
    cost = mask.astype(np.float32)
    middle = rows // 2
    above, from_above = _cheapest(cost[: middle + 1])
    below, from_below = _cheapest(cost[middle:][::-1])
    total = above + below - cost[middle]
    chosen = _minima(total, margin, max(2.0, APART * height), CROSSED * stroke, stroke)
    shared = _shared_strokes(mask, stroke, height)
    apart = 1.2 * stroke
    chosen = [column for column in chosen if all(abs(column - seam[middle]) > apart for seam in shared)]
    seams, crossed = list(shared), [ALONG] * len(shared)
    for column in chosen:
        path = np.empty(rows, np.int64)
        at = column
        for row in range(middle, -1, -1):
            path[row] = at
            at += int(from_above[row, at])
        at = column
        for row in range(middle, rows):
            path[row] = at
            at += int(from_below[rows - 1 - row, at])
        seams.append(path)
        crossed.append(float(mask[np.arange(rows), path].sum()) / stroke)
    order = np.argsort([seam[middle] for seam in seams], kind="stable").tolist()
    return [seams[i] for i in order], [crossed[i] for i in order]


def _shared_strokes(mask: NDArray[np.bool_], stroke: float, height: float) -> list[NDArray[np.int64]]:
    """Seams along the middle of each stroke between two large holes side by side."""
    rows = len(mask)
    outside = np.pad((~mask).astype(np.uint8), 1, constant_values=1)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    large = [
        number
        for number in range(1, count)
        if number != labels[0, 0] and stats[number, cv2.CC_STAT_HEIGHT] >= HOLE * height
    ]
    large.sort(key=lambda number: int(stats[number, 0]))
    labels = labels[1:-1, 1:-1]
    seams = []
    for one, other in pairwise(large):
        left, right = labels == one, labels == other
        both = np.flatnonzero(left.any(axis=1) & right.any(axis=1))
        if 2 * len(both) < min(stats[one, cv2.CC_STAT_HEIGHT], stats[other, cv2.CC_STAT_HEIGHT]):
            continue
        end = mask.shape[1] - 1 - np.argmax(left[both, ::-1], axis=1)
        start = np.argmax(right[both], axis=1)
        if (start <= end).any() or (start - end).min() > THICK * stroke:
            continue
        seams.append(np.interp(np.arange(rows), both, (start + end + 1) / 2).round().astype(np.int64))
    return seams


def _cheapest(cost: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Cost of the cheapest path from the first row to each column of the last, and each step's way back."""
    rows, columns = cost.shape
    steps = np.zeros((rows, columns), np.int8)
    best = cost[0].copy()
    padded = np.full(columns + 2, np.inf, np.float32)
    for row in range(1, rows):
        padded[1:-1] = best
        left, right = padded[:-2] + SLANTED, padded[2:] + SLANTED
        step = np.where(left < best, -1, 0).astype(np.int8)
        best = np.minimum(left, best)
        step[right < best] = 1
        best = np.minimum(right, best) + cost[row]
        steps[row] = step
    return best, steps


def _minima(total: NDArray[np.float32], margin: int, apart: float, most: float, stroke: float) -> list[int]:
    """Columns of the cheapest local minima, some way apart, from left to right."""
    inner = total[margin:-margin]
    order = np.argsort(inner, kind="stable")
    chosen: list[int] = []
    for place in order.tolist():
        if inner[place] > most or len(chosen) == MOST_CUTS:
            break
        near = inner[max(place - 2, 0) : place + 3].min()
        space = apart if inner[place] <= 1.4 * stroke else 2.2 * apart
        if inner[place] <= near and all(abs(place + margin - other) >= space for other in chosen):
            chosen.append(place + margin)
    return sorted(chosen)
