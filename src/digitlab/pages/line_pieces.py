"""Courses of thin ink that may be printed lines: pieces that run nearly straight, joined end to end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Mask, closing, components, dilation, opening

__all__ = [
    "COVERED",
    "HOLE",
    "Pieces",
    "Track",
    "find_pieces",
    "halved",
    "join_pieces",
    "thickest",
    "writing_height",
]

FLAT = 13  # pixels of a nearly horizontal run; a line at 11 degrees that is a pixel thick has runs of 15
MOST = 1000  # pieces that are joined at most, the longest
STEEPEST = 0.21  # rows per column
BIN = 12  # columns that a node of a course stands for
BENDING = 48  # columns from which a piece may be bent, so that it has nodes between its ends
COVERED = 0.85  # share of a line that is covered with ink; bars of digits side by side cover less
THINNEST = 0.45  # share of a chain that its pieces cover
HOLE = 5  # columns; a hole in a thin line is narrower
BARE = 6  # columns of paper between two pieces of a line
FEW = 12  # components
LEAST = 0.35  # times the height of what most of the ink belongs to that writing is high at least
SMALLEST = 8  # pixels; what is lower is no writing

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of thin ink that run nearly from left to right, `n` of them.

    Attributes:
        labels: `(height, width)`, the number of the component that each pixel belongs to.
        numbers: `(n,)`, which component each piece is.
        boxes: `(n, 4)`, left, top, width and height.
        ends: `(n, 2)`, the rows at its first and its last column, by a straight line through its pixels.
        slopes: `(n,)`, rows per column.
        bends: `(n,)`, standard deviation of its pixels from that line.
        thickness: `(n,)`, pixels per column.
    """

    labels: NDArray[np.int32]
    numbers: NDArray[np.int64]
    boxes: NDArray[np.int64]
    ends: Numbers
    slopes: Numbers
    bends: Numbers
    thickness: Numbers


@dataclass(frozen=True, eq=False)
class Track:
    """Where a line may run from left to right.

    Attributes:
        columns: `(nodes,)`, rising; the first and the last are its ends.
        rows: `(nodes,)`, the row at each of these columns.
        thickness: In pixels.
        covered: Share of its columns in which there is ink on it, in [0, 1].
        thin: Share of its columns in which that ink is thin, in [0, 1].
        bend: Standard deviation of its nodes from a smooth curve, in pixels.
    """

    columns: Numbers
    rows: Numbers
    thickness: float
    covered: float
    thin: float
    bend: float

    @property
    def start(self) -> float:
        """The first column."""
        return float(self.columns[0])

    @property
    def stop(self) -> float:
        """The last column."""
        return float(self.columns[-1])

    @property
    def length(self) -> float:
        """Columns from end to end."""
        return self.stop - self.start + 1

    def at(self, columns: Numbers) -> Numbers:
        """Rows at columns; beyond its ends those of the ends."""
        return np.asarray(np.interp(columns, self.columns, self.rows))

    def scaled(self, scale: int) -> Track:
        """The same course in a picture that is larger by a whole number."""
        middle = (scale - 1) / 2
        columns, rows = (scale * one + middle for one in (self.columns, self.rows))
        return Track(columns, rows, scale * self.thickness, self.covered, self.thin, scale * self.bend)


def thickest(shape: tuple[int, ...]) -> int:
    """How many pixels a printed line is thick at most, in a mask of that shape."""
    return 9 if max(shape) < 1200 else 10


def halved(mask: Mask) -> Mask:
    """A mask of half the size: 1 where one of the four pixels is; a last odd row or column is left out."""
    rows, columns = (side // 2 * 2 for side in mask.shape)
    even = mask[:rows:2, :columns] | mask[1:rows:2, :columns]
    return np.ascontiguousarray(even[:, ::2] | even[:, 1::2])


def find_pieces(mask: Mask) -> Pieces | None:
    """Pieces of thin ink that run nearly straight from left to right, long ones and short ones.

    Args:
        mask: `(height, width)`, 0 or 1.

    Returns:
        Those of at least `FLAT` columns; None if there are none.
    """
    if min(mask.shape) < 3 or mask.shape[1] < FLAT:
        return None
    thick = thickest(mask.shape)
    thin: Mask = mask & ~opening(mask, thick + 1, 1)
    tall: Mask = closing(dilation(thin, 3, 1), 1, HOLE)
    flat: Mask = opening(tall, 1, FLAT) & thin
    if not flat.any():
        return None
    # Lines of the other direction and thin strokes part a line into pieces that are only pixels apart.
    solid = (closing(flat, 1, 2 * thick + 1) & mask) | closing(flat, 1, HOLE)
    labels, boxes = components(solid)
    long = (boxes[:, 2] >= FLAT) & (boxes[:, 2] > 2.5 * boxes[:, 3])
    long[0] = False
    numbers = np.flatnonzero(long)
    if len(numbers) > MOST:
        numbers = np.sort(numbers[np.argsort(-boxes[numbers, 2], kind="stable")[:MOST]])
    return _fitted(labels, numbers, boxes[numbers]) if len(numbers) else None


def _fitted(labels: NDArray[np.int32], numbers: NDArray[np.int64], boxes: NDArray[np.int64]) -> Pieces | None:
    """Pieces with a straight line through the pixels of each; without those that are too steep or bent."""
    order = np.full(int(labels.max()) + 1, -1)
    order[numbers] = np.arange(len(numbers))
    rows, columns = np.nonzero(labels)
    owner = order[labels[rows, columns]]
    mine = owner >= 0
    owner = owner[mine]
    # From each piece's own corner, so that sums of squares stay small.
    x, y = columns[mine] - boxes[owner, 0], rows[mine] - boxes[owner, 1]
    amount, sx, sy, sxx, sxy, syy = (
        np.bincount(owner, weights=weights, minlength=len(numbers))
        for weights in (None, x, y, x * x, x * y, y * y)
    )
    spread = np.maximum(sxx - sx * sx / amount, 1)
    slopes = (sxy - sx * sy / amount) / spread
    bends = np.sqrt(np.maximum(syy - sy * sy / amount - slopes * slopes * spread, 0) / amount)
    thickness = amount / boxes[:, 2]
    first = boxes[:, 1] + (sy - slopes * sx) / amount
    ends = np.stack([first, first + slopes * (boxes[:, 2] - 1)], 1)
    # The thickness of a line alone spreads its pixels by 0.29 of it.
    good = (np.abs(slopes) <= STEEPEST) & (bends <= 1 + 0.29 * thickness + 0.015 * boxes[:, 2])
    if not good.any():
        return None
    return Pieces(labels, numbers[good], boxes[good], ends[good], slopes[good], bends[good], thickness[good])


def writing_height(mask: Mask, across: Pieces | None, down: Pieces | None) -> float:
    """How high the writing is, in pixels: that of most of what is left when long pieces are cut out.

    Args:
        mask: `(height, width)`, 0 or 1.
        across: Pieces from left to right.
        down: Pieces from top to bottom, as (row, column) where the others are (column, row).
    """
    usual = _usual_height(mask)
    cut = mask.copy()
    for pieces, least in ((across, mask.shape[1] / 6), (down, 8 * usual)):
        if pieces is None:
            continue
        for number in np.flatnonzero(pieces.boxes[:, 2] >= least):
            start = float(pieces.boxes[number, 0])
            points = np.stack([[start, start + pieces.boxes[number, 2]], pieces.ends[number]], 1)
            points = points[:, ::-1] if pieces is down else points
            width = round(float(pieces.thickness[number])) + 3
            cv2.polylines(cut, [points.round().astype(np.int32)], False, 0, width)
    return _usual_height(cut)


def _usual_height(mask: Mask) -> float:
    """Height of three quarters of the components; of a few, no small share of the most inky ones' height."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    heights, areas = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_AREA]
    heights, areas = heights[heights >= SMALLEST], areas[heights >= SMALLEST]
    if not len(heights):
        return float(SMALLEST)
    order = np.argsort(heights, kind="stable")
    usual = float(heights[order][int(0.75 * (len(heights) - 1))])
    if len(heights) >= FEW:
        return usual
    # Among specks, one letter is none.
    most = float(heights[order][int(np.searchsorted(np.cumsum(areas[order]), areas.sum() / 2))])
    return max(usual, LEAST * most)


def join_pieces(pieces: Pieces | None, mask: Mask, shortest: float) -> list[Track]:
    """Pieces joined to courses where they go on straight from one to the next.

    Args:
        pieces: What is joined.
        mask: The mask that they were found in.
        shortest: How long a course is at least, in pixels.
    """
    if pieces is None:
        return []
    courses: list[Track] = []
    for chain in _chains(pieces):
        reach = pieces.boxes[chain[-1], :3:2].sum() - pieces.boxes[chain[0], 0]
        if reach >= shortest:
            courses += _courses(pieces, chain, mask)
    return [one for one in courses if one.length >= shortest]


def _chains(pieces: Pieces) -> list[list[int]]:
    """Pieces that continue each other, from left to right: each is the nearest to the other one."""
    starts = pieces.boxes[:, 0]
    lengths = pieces.boxes[:, 2]
    stops = starts + lengths - 1
    shorter = np.minimum.outer(lengths, lengths)
    gaps = starts[None] - stops[:, None]
    near = (gaps > -4) & (gaps <= 20 + 1.5 * shorter)
    np.fill_diagonal(near, False)
    one, other = np.nonzero(near)
    gap, across = gaps[one, other], pieces.ends[one, 1] - pieces.ends[other, 0]
    slopes = pieces.slopes
    # How far each one's end is beside the other, if both go on straight across the gap.
    beside = np.maximum(np.abs(across + slopes[one] * gap), np.abs(across + slopes[other] * gap))
    good = beside <= 2 + 0.06 * gap.clip(0)
    good &= np.abs(slopes[one] - slopes[other]) <= 0.06 + 2 / shorter[one, other]
    one, other = one[good], other[good]
    cost = (gap.clip(0) + 5 * beside)[good]
    follower, leader = np.full(len(starts), -1), np.full(len(starts), -1)
    order = np.argsort(-cost, kind="stable")  # what is written last is the nearest
    follower[one[order]] = other[order]
    leader[other[order]] = one[order]
    mutual = (follower >= 0) & (leader[follower] == np.arange(len(starts)))
    follower[~mutual] = -1
    followed = np.zeros(len(starts), np.bool_)
    followed[follower[mutual]] = True
    chains = []
    for head in np.flatnonzero(~followed):
        chain = [int(head)]
        while follower[chain[-1]] >= 0:
            chain.append(int(follower[chain[-1]]))
        chains.append(chain)
    return chains


def _courses(pieces: Pieces, chain: list[int], mask: Mask) -> list[Track]:
    """The course of a chain of pieces, or of its parts where too much bare paper lies between them."""
    widths = pieces.boxes[chain, 2]
    length = int(pieces.boxes[chain[-1], 0] + widths[-1] - pieces.boxes[chain[0], 0])
    if widths.sum() < THINNEST * length:  # strokes of writing that lie on a line by chance
        return [_joined(pieces, [number], mask) for number in chain]
    bare = [_bare(pieces, one, other, mask) for one, other in pairwise(chain)]
    most = BARE if sum(bare) > (1 - COVERED) * length else 2 * BARE
    parts = [chain[:1]]
    for number, missing in zip(chain[1:], bare, strict=True):
        if missing > most:
            parts.append([])
        parts[-1].append(number)
    return [_joined(pieces, part, mask) for part in parts]


def _bare(pieces: Pieces, one: int, other: int, mask: Mask) -> int:
    """Columns between two pieces in which there is no ink on the straight way from one to the other."""
    start, stop = int(pieces.boxes[one, :3:2].sum()), int(pieces.boxes[other, 0])
    if stop <= start:
        return 0
    columns = np.arange(start, stop)
    rows = np.linspace(pieces.ends[one, 1], pieces.ends[other, 0], len(columns) + 2)[1:-1].round()
    reach = max(1, round(float(pieces.thickness[one]) / 2))
    around = rows.astype(np.int64) + np.arange(-reach, reach + 1)[:, None]
    return int(np.count_nonzero(~mask[around.clip(0, len(mask) - 1), columns].any(0)))


def _joined(pieces: Pieces, chain: list[int], mask: Mask) -> Track:
    """The course of a chain of pieces, with the shares of it that are covered with ink."""
    nodes = [_nodes(pieces, number) for number in chain]
    columns, rows = (np.concatenate(part) for part in zip(*nodes, strict=True))
    order = np.argsort(columns, kind="stable")
    columns, rows = columns[order], rows[order]
    widths = pieces.boxes[chain, 2]
    thickness = float(np.average(pieces.thickness[chain], weights=widths))
    if len(chain) == 1 and len(columns) == 2:
        return Track(columns, rows, thickness, 1.0, 1.0, float(pieces.bends[chain[0]] - 0.29 * thickness))
    every = np.arange(round(columns[0]), round(columns[-1]) + 1)
    middle = np.interp(every, columns, rows).round().astype(np.int64)
    reach = max(1, round(thickness / 2))
    around = middle + np.arange(-reach, reach + 1)[:, None]
    ink = mask[around.clip(0, len(mask) - 1), every.clip(0, mask.shape[1] - 1)].any(0)
    ink = closing(ink[None].astype(np.uint8), 1, 3)[0]
    curve = np.polynomial.Polynomial.fit(columns, rows, 3 if len(columns) > 7 else 1)
    bend = float(np.std(rows - curve(columns)))
    thin = min(1.0, float(widths.sum() / len(every)))
    return Track(columns, rows, thickness, float(ink.mean()), thin, bend)


def _nodes(pieces: Pieces, number: int) -> tuple[Numbers, Numbers]:
    """Columns and rows of the ends of a piece, and of points between them where it is long."""
    left, top, width, height = (int(value) for value in pieces.boxes[number])
    columns = np.array([left, left + width - 1], np.float64)
    if width <= BENDING:
        return columns, pieces.ends[number]
    part = pieces.labels[top : top + height, left : left + width] == pieces.numbers[number]
    counts = part.sum(0)
    edges = np.linspace(0, width, round(width / BIN) + 1).astype(np.int64)[:-1]
    amount = np.maximum(np.add.reduceat(counts, edges), 1)
    rows = top + np.add.reduceat(np.arange(height) @ part, edges) / amount
    inner = left + np.add.reduceat(counts * np.arange(width), edges) / amount
    ends = rows[[0, -1]] + pieces.slopes[number] * (columns - inner[[0, -1]])
    return np.insert(columns, 1, inner), np.insert(ends, 1, rows)
