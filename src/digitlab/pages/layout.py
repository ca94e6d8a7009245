"""Layout: which pieces of ink stand in a row, side by side, and which are no writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.answers import LeftOut
from digitlab.pages.lattice import Row
from digitlab.pages.pieces import Piece
from digitlab.pages.string_form import Form

__all__ = ["Layout", "Part", "digit_height", "is_line", "row_of", "rows_of_page"]

SPECK = 0.7  # widths of a stroke that the side of a speck has at most
MOST = 4000  # components of a page; the smallest of more are specks
FLAT = 2.0  # widths of a stroke that a component is high at least, to be part of a digit by itself
LARGE = 0.5  # heights of typical digits that a component is high at least, to make a row
FINE = 0.5  # of the width of a stroke up to which a long component is no writing
THICK = 3.2  # times as thick as a stroke is no writing
TALL = 2.6  # times as high as typical digits is no digit
WIDE = 12.0  # times as wide as typical digits are high is no row of touching digits
ACROSS = 2.6  # heights of a digit that lie between neighbors in a row at most
SHARED = 0.4  # of the lower one's height that two neighbors share
BORDER = 0.5  # share of its length along which what runs off the page touches its border
NEAR = 1.0  # heights of a digit within which a mark stands beside a digit
BELOW = 0.35  # heights of a digit that a mark reaches below or above its row


@dataclass(frozen=True, eq=False)
class Part:
    """Components side by side that are read together.

    Attributes:
        pieces: From left to right; at least one.
        height: Of digits there, in pixels.
        cell: Row and column of the cell that they stand in; None outside a form.
        form: What each string there looks like, if that is known; None: anything.
        whole: Whether they are one string, whatever the gaps.
    """

    pieces: list[Piece]
    height: float
    cell: tuple[int, int] | None = None
    form: Form | None = None
    whole: bool = False


@dataclass(frozen=True, eq=False)
class Layout:
    """Lines of a page.

    Attributes:
        lines: From top to bottom; the parts of each from left to right.
        left_out: What is in none.
    """

    lines: list[list[Part]]
    left_out: list[LeftOut]


def rows_of_page(pieces: Sequence[Piece], stroke: float, shape: tuple[int, ...]) -> Layout:
    """Sorts the components of a page into rows.

    Components that stand side by side, as high as digits are, are linked; chains of links that lie at one
    height, along the slope that most links have, are a row. Rows may slope and bend. Small components join
    the row that they stand in.

    Args:
        pieces: The components of the page.
        stroke: Width of a stroke, in pixels.
        shape: `(height, width)` of the page.
    """
    left_out = []
    kept = []
    least = (SPECK * stroke) ** 2
    by_size = sorted(pieces, key=lambda piece: -piece.mask.size)
    for number, piece in enumerate(by_size):
        if number >= MOST or piece.mask.sum() < least:
            left_out.append(LeftOut(piece.box, "too small"))
        elif piece.thickness > THICK * stroke:
            left_out.append(LeftOut(piece.box, "a blot"))
        elif _runs_off(piece, shape):
            left_out.append(LeftOut(piece.box, "runs off the page"))
        else:
            kept.append(piece)
    if not kept:
        return Layout([], left_out)
    boxes = np.array([piece.box for piece in kept], np.float64)
    typical = _typical_height(boxes, stroke)
    heights, widths = boxes[:, 3], boxes[:, 2]
    outsize = (heights > TALL * typical) | (widths > WIDE * typical)
    outsize |= np.array([is_line(piece, stroke, LARGE * typical) for piece in kept])
    large = (heights >= LARGE * typical) & ~outsize
    left_out += [LeftOut(kept[i].box, "a drawing") for i in np.flatnonzero(outsize).tolist()]
    members = np.flatnonzero(large)
    if not len(members):
        return Layout([], left_out + [LeftOut(kept[i].box, "too small") for i in np.flatnonzero(~outsize)])
    slope = 0.0
    for _ in range(2):
        pairs = _links(boxes[members], slope)
        slope = _slope(boxes[members], pairs)
    rows = _merged(boxes[members], _chains(len(members), pairs), slope, typical)
    grouped = [[int(members[i]) for i in row] for row in rows]
    for number in np.flatnonzero(~large & ~outsize).tolist():
        row = _row_of_mark(boxes, number, grouped, slope)
        if row is None:
            left_out.append(LeftOut(kept[number].box, "too small"))
        else:
            grouped[row].append(number)
    ordered = [sorted((kept[i] for i in row), key=lambda piece: piece.middle[0]) for row in grouped]
    return Layout([[Part(row, digit_height(row))] for row in ordered], left_out)


def digit_height(row: Sequence[Piece]) -> float:
    """Height of the digits of a row: the median of its large components."""
    heights = np.array([piece.box[3] for piece in row], np.float64)
    return float(np.median(heights[heights >= 0.5 * np.quantile(heights, 0.8)]))


def is_line(piece: Piece, stroke: float, least: float) -> bool:
    """Whether a component is the rest of a printed line: long, straight, and much thinner than a stroke."""
    long = max(piece.box[2:])
    return piece.thickness < FINE * stroke and long >= max(least, 6 * piece.thickness)


def _runs_off(piece: Piece, shape: tuple[int, ...]) -> bool:
    """Whether a component lies along a border of the page with most of its length: no digit does."""
    left, top, width, height = piece.box
    length = max(width, height)
    touching = [
        piece.mask[:, 0].sum() if left == 0 else 0,
        piece.mask[:, -1].sum() if left + width == shape[1] else 0,
        piece.mask[0].sum() if top == 0 else 0,
        piece.mask[-1].sum() if top + height == shape[0] else 0,
    ]
    return bool(max(touching) >= BORDER * length)


def row_of(pieces: Sequence[Piece], height: float) -> Row:
    """A row of pieces with the course of its digits.

    Args:
        pieces: From left to right; at least one.
        height: Of digits there, in pixels.
    """
    likely = [piece for piece in pieces if piece.box[3] >= LARGE * height] or list(pieces)
    boxes = np.array([piece.box for piece in likely], np.float64)
    at = boxes[:, 0] + boxes[:, 2] / 2
    middles = boxes[:, 1] + boxes[:, 3] / 2
    order = np.argsort(at)
    at, middles = at[order], middles[order]
    course = np.array([np.median(middles[max(i - 2, 0) : i + 3]) for i in range(len(middles))])
    own = np.array([piece.middle[0] for piece in pieces])
    return Row(pieces, height, np.interp(own, at, course))


def _typical_height(boxes: NDArray[np.float64], stroke: float) -> float:
    """Height of typical digits: a median of what is higher than strokes are wide; large ones weigh more."""
    heights = boxes[:, 3]
    tall = heights >= max(FLAT * stroke, 0.2 * np.quantile(heights, 0.95))
    if not tall.any():
        return float(heights.max())
    chosen = np.sort(heights[tall])
    weight = np.cumsum(np.sqrt(chosen))
    return float(chosen[int(np.searchsorted(weight, weight[-1] / 2))])


def _links(boxes: NDArray[np.float64], slope: float) -> NDArray[np.int64]:
    """Pairs (left, right) of components of which the right one is the nearest neighbor in a row."""
    left, top, width, height = boxes.T
    middle = left + width / 2
    tops = top - slope * middle
    pairs = []
    order = np.argsort(left)
    starts = left[order]
    for i in range(len(boxes)):
        reach = left[i] + width[i] + ACROSS * height[i] * 1.6
        among = order[np.searchsorted(starts, left[i]) : np.searchsorted(starts, reach)]
        among = among[(middle[among] > middle[i]) & (among != i)]
        gap = left[among] - (left[i] + width[i])
        lower = np.minimum(height[among], height[i])
        shared = np.minimum(tops[i] + height[i], tops[among] + height[among]) - np.maximum(
            tops[i], tops[among]
        )
        fits = (shared >= SHARED * lower) & (gap <= ACROSS * np.maximum(height[among], height[i]))
        if fits.any():
            j = among[fits][np.argmin((gap + 0.5 * np.abs(tops[among] - tops[i]))[fits])]
            pairs.append((i, int(j)))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _slope(boxes: NDArray[np.float64], pairs: NDArray[np.int64]) -> float:
    """Rows per column that neighbors lie lower, in the median; 0 with few of them."""
    if len(pairs) < 4:
        return 0.0
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    steps = middles[pairs[:, 1]] - middles[pairs[:, 0]]
    slope = float(np.median(steps[:, 1] / np.maximum(steps[:, 0], 1.0)))
    return float(np.clip(slope, -0.5, 0.5))


def _chains(n: int, pairs: NDArray[np.int64]) -> list[list[int]]:
    """Sets of components that are linked."""
    root = list(range(n))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for a, b in pairs.tolist():
        root[find(a)] = find(b)
    chains: dict[int, list[int]] = {}
    for i in range(n):
        chains.setdefault(find(i), []).append(i)
    return list(chains.values())


def _merged(
    boxes: NDArray[np.float64], chains: list[list[int]], slope: float, typical: float
) -> list[list[int]]:
    """Chains that lie at one height, along the slope, as one row; from top to bottom."""
    middles = boxes[:, 1] + boxes[:, 3] / 2 - slope * (boxes[:, 0] + boxes[:, 2] / 2)
    rows: list[list[int]] = []
    for chain in sorted(chains, key=lambda one: float(np.median(middles[one]))):
        middle = float(np.median(middles[chain]))
        height = float(np.median(boxes[chain, 3]))
        for row in reversed(rows[-6:]):
            near = abs(float(np.median(middles[row])) - middle)
            other = float(np.median(boxes[row, 3]))
            if near < 0.45 * min(max(height, 0.5 * typical), other) and not _collide(boxes, row, chain):
                row += chain
                break
        else:
            rows.append(list(chain))
    return sorted(rows, key=lambda row: float(np.median(middles[row])))


def _collide(boxes: NDArray[np.float64], one: list[int], other: list[int]) -> bool:
    """Whether two chains share columns, so that they cannot stand side by side."""
    starts, ends = boxes[:, 0], boxes[:, 0] + boxes[:, 2]
    for i in other:
        shared = np.minimum(ends[one], ends[i]) - np.maximum(starts[one], starts[i])
        if (shared > 0.5 * np.minimum(boxes[one, 2], boxes[i, 2])).any():
            return True
    return False


def _row_of_mark(boxes: NDArray[np.float64], number: int, rows: list[list[int]], slope: float) -> int | None:
    """The row in which a small component stands beside a digit; None if there is none."""
    x, y = boxes[number, 0] + boxes[number, 2] / 2, boxes[number, 1] + boxes[number, 3] / 2
    best, found = NEAR, None
    for index, row in enumerate(rows):
        own = boxes[row]
        height = np.median(own[:, 3])
        apart = np.maximum(np.maximum(own[:, 0] - x, x - own[:, 0] - own[:, 2]), 0)
        shift = slope * (x - own[:, 0] - own[:, 2] / 2)
        below = np.maximum(np.maximum(own[:, 1] + shift - y, y - own[:, 1] - own[:, 3] - shift), 0)
        below = np.where(below <= BELOW * height, below, np.inf)
        nearest = float(np.min(apart + 2 * below)) / height
        if nearest < best:
            best, found = nearest, index
    return found
