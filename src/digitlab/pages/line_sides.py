"""Which courses are printed lines: the long ones, and the sides of boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Mask, dilation
from digitlab.pages.line_pieces import COVERED, Track

__all__ = ["SIDE", "Pair", "box_sides", "long_courses"]

# Times the height of writing, and share of the picture, that a line is long: across, and down. In a strip
# that is one line of writing high, a 1 may reach from side to side, but not quite.
LONG = ((4.5, 0.0), (2.5, 0.7), (1.6, 0.85)), ((4.5, 0.0), (1.6, 0.97))
WHOLE = 0.95  # share of a line that is covered with ink, unless it is very long
VERY_LONG = 10  # times the height of writing
THIN = 0.6  # share of a line that no stroke crosses, more where there are holes in it
SIDE = 0.5  # times the height of writing that a box is wide
UPRIGHT = 0.75  # times the height of writing that a box is high
CORNER = 3.5  # pixels by which lines that meet may miss each other, beside half their thickness
COMPANY = 3  # sides between the same two long lines, at least
REPEATED = 4  # sides that meet a long line at one end only, at least
UNEVEN = 0.12  # share of the step from one side to the next by which steps differ
SQUARE = 0.08  # slope by which the angle of lines that meet may differ from a right angle
THICKER = 1.6  # times the thickness of the lines it meets that a side has at most

Pair = tuple[list[Track], list[Track]]


def long_courses(courses: list[Track], height: float, width: int, vertical: bool) -> list[Track]:
    """Those that are much longer than writing is high, or span a picture that is hardly wider than high.

    Args:
        courses: From left to right; from top to bottom, if vertical.
        height: Of writing, in pixels.
        width: Of the picture, in pixels; its height, if vertical.
        vertical: Whether they run from top to bottom, as a 1 does.
    """
    return [one for one in courses if _is_long(one, height, width, vertical) and _is_line(one, height)]


def _is_line(course: Track, height: float) -> bool:
    smooth = course.bend <= 1 + 0.002 * course.length
    covered = course.covered >= (COVERED if course.length >= VERY_LONG * height else WHOLE)
    return smooth and covered and course.covered + course.thin >= 1 + THIN


def _is_long(course: Track, height: float, width: int, vertical: bool) -> bool:
    enough = course.length >= 6 * course.thickness
    return enough and any(
        course.length >= max(times * height, share * width) for times, share in LONG[vertical]
    )


def box_sides(across: list[Track], down: list[Track], found: Pair, height: float, mask: Mask) -> Pair:
    """Shorter courses, both ends of which meet lines or other such courses of the other direction.

    Args:
        across: Courses from left to right.
        down: Courses from top to bottom, as (row, column) where the others are (column, row).
        found: Those of each that are lines by their length.
        height: Of writing, in pixels.
        mask: `(height, width)`, 0 or 1, in which they were found.

    Returns:
        The sides of boxes from left to right, and those from top to bottom.
    """
    chosen: list[list[Track]] = []
    for courses, lines, least in ((across, found[0], SIDE * height), (down, found[1], UPRIGHT * height)):
        known = {id(line) for line in lines}
        chosen.append([one for one in courses if id(one) not in known and _may_be_side(one, least)])
    near = dilation(mask, 3, 3)  # so that a rounded place is not beside the ink of a thin line
    masks = near, near.T
    while True:
        before = len(chosen[0]) + len(chosen[1])
        for direction in (0, 1):
            lines = found[1 - direction]
            met = _meet(chosen[direction], lines + chosen[1 - direction], masks[direction])
            kept = (met >= 0).all(0) & ~_alone(met, len(lines))
            if len(found[direction]) < 2:
                kept |= _repeated(chosen[direction], met, len(lines))
            chosen[direction] = [one for one, keep in zip(chosen[direction], kept, strict=True) if keep]
        if len(chosen[0]) + len(chosen[1]) == before:
            return chosen[0], chosen[1]


def _may_be_side(course: Track, shortest: float) -> bool:
    straight = course.bend <= 0.7 + 0.005 * course.length
    long = course.length >= max(shortest, 5 * course.thickness)
    return straight and long and course.covered >= COVERED


def _alone(met: NDArray[np.int64], lines: int) -> NDArray[np.bool_]:
    """Which sides lie between two long lines where hardly another one does: a 1 that touches both.

    Args:
        met: `(2, n)`, what each end of a side meets, as `_meet` gives it.
        lines: How many of the others are long lines; they come first.
    """
    between = ((met >= 0) & (met < lines)).all(0)
    same = (met[:, :, None] == met[:, None, :]).all(0)
    return np.asarray(between & (same.sum(1) < COMPANY))


def _repeated(courses: list[Track], met: NDArray[np.int64], lines: int) -> NDArray[np.bool_]:
    """Which sides start (or end) at the same long line as others that are as long, in equal steps along it.

    So do the sides of boxes whose other line is hidden by what is written on it, and the teeth of combs.
    """
    repeated = np.zeros(len(courses), np.bool_)
    lengths = np.array([course.length for course in courses])
    places = np.array([course.rows.mean() for course in courses])
    for end in (0, 1):
        for line in range(lines):
            there = np.flatnonzero(met[end] == line)
            if len(there) < REPEATED:
                continue
            usual = np.median(lengths[there])
            there = there[np.abs(lengths[there] - usual) <= 2 + 0.05 * usual]
            there = there[np.argsort(places[there], kind="stable")]
            steps = np.diff(places[there])
            if len(steps) < REPEATED - 1 or steps.min() < 0.3 * usual:
                continue
            times = steps / steps.min()
            if np.abs(times - np.round(times)).max() <= UNEVEN:
                repeated[there] = True
    return repeated


def _meet(courses: list[Track], others: list[Track], mask: Mask) -> NDArray[np.int64]:
    """What both ends of each course meet: one of the others, which run in the other direction.

    There is ink from the end to the corner: a stroke of a digit turns off or ends before it gets there.

    Returns:
        `(2, n)`, numbers of the others, by their first and their last ends; -1 for nothing.
    """
    met = np.full((2, len(courses)), -1)
    if not (courses and others):
        return met
    starts = np.array([other.start for other in others])
    stops = np.array([other.stop for other in others])
    first = np.array([other.rows[0] for other in others])
    slopes = (np.array([other.rows[-1] for other in others]) - first) / np.maximum(stops - starts, 1)
    reach = np.array([_reach(course) for course in courses])[:, None]
    thickness = np.array([course.thickness for course in courses])[:, None]
    fits = thickness <= 2 + THICKER * np.array([other.thickness for other in others])
    lengths = np.array([course.length for course in courses])[:, None]
    rise = np.array([course.rows[-1] - course.rows[0] for course in courses])[:, None] / lengths
    # Lines that are at right angles have slopes of opposite signs.
    fits &= np.abs(rise + slopes) <= SQUARE + 1.5 / np.minimum(lengths, stops - starts + 1)
    for end in (0, -1):
        along = np.array([course.columns[end] for course in courses])[:, None]
        beside = np.array([course.rows[end] for course in courses])[:, None]
        inside = (beside >= starts - reach) & (beside <= stops + reach)
        corner = first + slopes * (beside - starts)
        near = inside & (np.abs(corner - along) - _sag(others) <= reach) & fits
        y = np.round(beside).astype(np.int64).clip(0, mask.shape[0] - 1)
        for part in (0.25, 0.5, 0.75, 1):
            x = np.round(along + part * (corner - along)).astype(np.int64).clip(0, mask.shape[1] - 1)
            near &= mask[y, x] > 0
        met[end] = np.where(near.any(1), near.argmax(1), -1)
    return met


def _reach(course: Track) -> float:
    return min(CORNER, 1.5 + 0.08 * course.length) + 0.75 * course.thickness


def _sag(courses: list[Track]) -> NDArray[np.float64]:
    """How far each course is from the straight line between its ends at most, in pixels."""
    sags = []
    for one in courses:
        straight = np.interp(one.columns, one.columns[[0, -1]], one.rows[[0, -1]])
        sags.append(float(np.abs(one.rows - straight).max()))
    return np.array(sags)
