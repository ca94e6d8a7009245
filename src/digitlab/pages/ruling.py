"""Printed lines of a page: found in its ink, and taken out of it without the strokes that cross them.

A line is found in three steps. In a picture of at most about 1600 pixels, pieces of thin ink are collected
that run nearly straight along one direction. Pieces that lie on one course are joined. A course is a printed
line if it is much longer than the writing is high, or if both its ends meet lines of the other direction: the
side of a box. Then each line is followed pixel by pixel in the full picture, and removed where no stroke
covers it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Grid, Mask, dilation
from digitlab.pages.line_pieces import find_pieces, halved, join_pieces, writing_height
from digitlab.pages.line_removal import Canvas, is_straight, remove_line
from digitlab.pages.line_sides import SIDE, Pair, box_sides, long_courses

__all__ = ["RuledLine", "Ruling", "remove_ruling"]

LONGEST = 1600  # pixels of the long side up to which lines are looked for without reducing the picture
CERTAIN = 12  # times the height of writing from which a line need not be checked for being straight
FAINT = 0.15  # times the ink of strokes, of which a faint line has more
NOISE = 4.0  # times the ink that most of the paper has less of, of which it has more
LEAST = 0.03  # share of the strokes that faint ink beside them has at least, if there are faint lines
SHORTEST = 15  # pixels that a line is long at least, in the picture that it is found in


@dataclass(frozen=True, eq=False)
class RuledLine:
    """One printed line, and the course that it takes.

    Attributes:
        vertical: Whether it runs from top to bottom, rather than from left to right.
        start: Its first column (row, if vertical).
        course: `(length,)`, the row (column, if vertical) of its middle at each column (row) from `start` on.
        covered: `(length,)`, where there is ink on it; holes of up to four pixels count as ink.
        thickness: In pixels, at least 1.
        side: Whether it was found as a side of a box or cell only, being no longer than writing may be.
    """

    vertical: bool
    start: int
    course: NDArray[np.float64]
    covered: NDArray[np.bool_]
    thickness: float
    side: bool = False

    @property
    def stop(self) -> int:
        """The first column (row) behind it."""
        return self.start + len(self.course)

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Its two end points as (x, y), the left (upper) one first."""
        first, last = float(self.course[0]), float(self.course[-1])
        if self.vertical:
            return (first, float(self.start)), (last, float(self.stop - 1))
        return (float(self.start), first), (float(self.stop - 1), last)

    @property
    def slope(self) -> float:
        """Rows by which it falls per column (columns to the right per row), from end to end."""
        return float(self.course[-1] - self.course[0]) / max(1, len(self.course) - 1)

    def at(self, position: float) -> float:
        """Its row at a column (column at a row); beyond its ends it goes on straight, as between them."""
        if position < self.start:
            return float(self.course[0]) + self.slope * (position - self.start)
        if position > self.stop - 1:
            return float(self.course[-1]) + self.slope * (position - (self.stop - 1))
        return float(np.interp(position - self.start, np.arange(len(self.course)), self.course))


@dataclass(frozen=True, eq=False)
class Ruling:
    """Ink without printed lines, and the lines.

    Attributes:
        ink: `(height, width)`, `float32`, as given but 0 where a line was.
        mask: `(height, width)`, `uint8`, 0 or 1: as given but 0 where a line was. Nothing is ever added.
        lines: Every line that was found, horizontal ones first, from top to bottom and from left to right.
    """

    ink: Grid
    mask: Mask
    lines: tuple[RuledLine, ...]

    @property
    def horizontals(self) -> list[RuledLine]:
        """The lines that run from left to right, from top to bottom."""
        return [line for line in self.lines if not line.vertical]

    @property
    def verticals(self) -> list[RuledLine]:
        """The lines that run from top to bottom, from left to right."""
        return [line for line in self.lines if line.vertical]


def remove_ruling(ink: Grid, mask: Mask) -> Ruling:
    """Finds the lines that are printed on a page, and takes them out of its ink.

    Lines of ruled and squared paper, of tables and of forms, with slopes of up to about 0.2 (11 degrees) and
    slightly bent. A line is thin, covered with ink nearly all along its course, and either much longer than
    the writing is high or, at both ends, meets lines of the other direction. So no stroke of a digit is one.
    Where a stroke crosses a line or runs along it, its ink stays.

    Args:
        ink: `(height, width)`, `float32`: 0 is paper, 255 is full ink.
        mask: `(height, width)`, `uint8`, 0 or 1: where there is clear ink.

    Returns:
        The ink and the mask without lines, copies if there are any; the arguments themselves if not.
    """
    if not mask.any():
        return Ruling(ink, mask, ())
    found, height = _find(mask, None)
    canvas = Canvas(ink.copy(), mask.copy(), ink) if found.any else Canvas(ink, mask, ink)
    lines = _remove(found, canvas, height)
    faint = _faint_ink(canvas.ink, mask)
    if faint is not None:
        found, _ = _find(faint, height)
        if found.any:
            whole = Canvas(canvas.ink.copy(), faint, ink)
            lines += _remove(found, whole, height)
            canvas = Canvas(whole.ink, canvas.mask & whole.mask, ink)
    if not lines:
        return Ruling(ink, mask, ())
    return Ruling(canvas.ink, canvas.mask, tuple(sorted(lines, key=_place)))


@dataclass(frozen=True, eq=False)
class _Found:
    """Courses of printed lines, from left to right and from top to bottom.

    Attributes:
        long: Those that are much longer than writing is high.
        sides: Other sides of boxes.
        scale: Pixels of the page for one of those in which the courses are given.
    """

    long: Pair
    sides: Pair
    scale: int

    @property
    def any(self) -> bool:
        return any(self.long) or any(self.sides)


def _find(mask: Mask, height: float | None) -> tuple[_Found, float]:
    """Printed lines in a mask, and how high writing is in it, unless that is known."""
    large = max(mask.shape) > LONGEST and min(mask.shape) > 1
    small, scale = (halved(mask), 2) if large else (mask, 1)
    turned = np.ascontiguousarray(small.T)
    pieces = find_pieces(small), find_pieces(turned)
    if height is None:
        height = writing_height(small, *pieces)
    if pieces == (None, None):
        return _Found(([], []), ([], []), scale), height
    shortest = max(SHORTEST, SIDE * height)
    across, down = join_pieces(pieces[0], small, shortest), join_pieces(pieces[1], turned, shortest)
    rows, columns = small.shape
    long = long_courses(across, height, columns, False), long_courses(down, height, rows, True)
    long = _printed(long, mask, scale, CERTAIN * height, False)
    sides = box_sides(across, down, long, height, small)
    sides = box_sides(*_printed(sides, mask, scale, np.inf, True), long, height, small)
    return _Found(long, sides, scale), height


def _remove(found: _Found, canvas: Canvas, height: float) -> list[RuledLine]:
    """Removes lines from a canvas; those that there are."""
    lines = []
    # Horizontal lines first: where two lines cross, the vertical one then has no neighbors left.
    for vertical in (False, True):
        for courses, side in ((found.long[vertical], False), (found.sides[vertical], True)):
            for course in courses:
                traced = remove_line(canvas, course.scaled(found.scale), vertical, found.scale * height)
                if traced is not None:
                    lines.append(RuledLine(vertical, *traced, side))
    return lines


def _faint_ink(ink: Grid, mask: Mask) -> Mask | None:
    """Where there is ink, faint ink included; None if there is hardly any that is faint.

    Faint ink is far above the noise of the paper, and not just the blurred edge of a stroke.
    """
    step = max(1, min(mask.shape) // 300)
    sample, strokes = ink[::step, ::step], mask[::step, ::step] > 0
    if not strokes.any() or strokes.all():
        return None
    clear = float(np.quantile(sample[strokes], 0.1))
    paper = float(np.quantile(sample[~strokes], 0.7))
    level = max(FAINT * clear, NOISE * paper + 4)
    if level > 0.8 * clear:
        return None
    faint = (ink > level).astype(np.uint8)
    apart = faint[::step, ::step] & ~dilation(mask, 5, 5)[::step, ::step]
    return faint if np.count_nonzero(apart) >= LEAST * np.count_nonzero(strokes) else None


def _printed(courses: Pair, mask: Mask, scale: int, certain: float, side: bool) -> Pair:
    """Those that are as straight and even as print in the full mask, or longer than what is certain."""
    across, down = (
        [
            one
            for one in courses[vertical]
            if one.length >= certain or is_straight(mask, one.scaled(scale), bool(vertical), side)
        ]
        for vertical in (0, 1)
    )
    return across, down


def _place(line: RuledLine) -> tuple[bool, float]:
    return line.vertical, float(line.course.mean())
