"""What is left of printed lines in the ink after they were taken out of it.

A side of a box that a digit touches, or two sides beside each other, may be too thick or too uneven to be
found as a line. Between the two lines that it stands on, it is a bar of ink from one to the other; such bars
are taken out where they stand in step with sides that were found, or one below the other in several rows of
boxes; a 1 from line to line stays. So is ink where two lines cross, which each of them leaves as if it was a
stroke.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Mask
from digitlab.pages.ruling import RuledLine, Ruling

__all__ = ["take_out_remains"]

BAR = 0.25  # times as wide as high that the side of a box is at most
COVERED = 0.93  # share of its height that there is ink in each of its columns at least
NEAR = 0.08  # heights of a box by which a line may miss the place where it is looked for
LOWEST = 8  # pixels that a box is high at least
FEWEST = 3  # sides, known ones and bars, that stand in step at least
UNEVEN = 0.1  # share of the step by which they may miss it
MOST = 0.6  # share of those that it is compared with which do not
NARROWEST = 0.3  # heights of a box that it is wide at least
WIDEST = 1.25  # heights of a box for one digit that it is wide at most
COLUMN = 0.04  # heights of a box by which sides one below the other may be displaced


@dataclass(frozen=True, eq=False)
class _Band:
    """What lies between two printed lines, one above the other.

    Attributes:
        start: First column.
        upper: `(columns,)`, the row at which it begins.
        lower: `(columns,)`, the row at which it ends.
        edges: Rows of the lines above and below it.
    """

    start: int
    upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    edges: tuple[float, float]

    @property
    def height(self) -> float:
        return float(np.median(self.lower - self.upper))


def take_out_remains(ruling: Ruling) -> Ruling:
    """Takes sides of boxes that were not found, and the corners of those that were, out of the ink.

    Args:
        ruling: Ink without the printed lines that were found.

    Returns:
        The same with these sides among its lines, and without their ink; what was given if it has no lines.
    """
    if not ruling.lines:
        return ruling
    ink, mask = ruling.ink.copy(), ruling.mask.copy()
    sides: list[RuledLine] = []
    found = [_Bars.of(band, mask, ruling) for band in _bands(ruling.horizontals, mask.shape[1])]
    for bars in found:
        band = bars.band
        for first, last in bars.sides(found):
            columns = slice(band.start + first, band.start + last)
            top = round(float(band.upper[first:last].min()) - band.edges[0])
            bottom = min(round(float(band.lower[first:last].max()) + band.edges[1]), len(mask) - 1)
            rows = slice(max(top, 0), bottom + 1)
            ink[rows, columns] = 0
            mask[rows, columns] = 0
            course = np.full(bottom + 1 - rows.start, band.start + (first + last - 1) / 2)
            covered = np.ones(len(course), np.bool_)
            sides.append(RuledLine(True, rows.start, course, covered, float(last - first), side=True))
    lines = sorted((*ruling.lines, *sides), key=lambda line: (line.vertical, float(line.course.mean())))
    whole = replace(ruling, ink=ink, mask=mask, lines=tuple(lines))
    _take_out_corners(whole)
    return whole


def _take_out_corners(ruling: Ruling) -> None:
    """Takes out components that are no larger than the place where two lines cross, and lie there."""
    places = []
    for down in ruling.verticals:
        middle = float(down.course.mean())
        for across in ruling.horizontals:
            x = down.at(across.at(middle))
            y = across.at(x)
            reach = 1.5 * down.thickness + 3, 1.5 * across.thickness + 3
            beside = across.start - reach[0] <= x <= across.stop + reach[0]
            if beside and down.start - reach[1] <= y <= down.stop + reach[1]:
                places.append((x - reach[0], y - reach[1], x + reach[0], y + reach[1]))
    if not places:
        return
    corners = np.array(sorted(places))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ruling.mask, connectivity=8)
    largest = (corners[:, 2:] - corners[:, :2]).max(0)
    small = (stats[:, cv2.CC_STAT_WIDTH] <= largest[0]) & (stats[:, cv2.CC_STAT_HEIGHT] <= largest[1])
    for number in np.flatnonzero(small).tolist():
        left, top, width, height = stats[number, :4].tolist()
        first, last = np.searchsorted(corners[:, 0], [left - largest[0], left], "right")
        near, ends = corners[first:last], np.array([left, top, left + width, top + height])
        if ((ends[:2] >= near[:, :2]) & (ends[2:] <= near[:, 2:])).all(1).any():
            where = slice(top, top + height), slice(left, left + width)
            own = labels[where] == number
            ruling.mask[where][own] = 0
            ruling.ink[where][own] = 0


def _bands(lines: list[RuledLine], width: int) -> list[_Band]:
    """What lies between each line and the next one below it that shares most of its columns."""
    ordered = sorted(((float(np.median(line.course)), line) for line in lines), key=lambda one: one[0])
    found = []
    for number, (above, upper) in enumerate(ordered):
        for below, lower in ordered[number + 1 :]:
            start, stop = max(upper.start, lower.start), min(upper.stop, lower.stop)
            if below - above < LOWEST or 2 * (stop - start) <= min(len(upper.course), len(lower.course)):
                continue
            # Sides stand on the ends of both lines, and may reach a little beyond.
            room = round(NEAR * (below - above)) + 2
            start = max(start - room, 0)
            at = np.arange(start, min(stop + room, width))
            edges = upper.thickness + 2, lower.thickness + 2
            tops = np.interp(at, np.arange(upper.start, upper.stop), upper.course) + 0.5 * (edges[0] - 1)
            bottoms = np.interp(at, np.arange(lower.start, lower.stop), lower.course) - 0.5 * (edges[1] - 1)
            if len(at) and (bottoms - tops).min() >= LOWEST:
                found.append(_Band(start, tops, bottoms, edges))
                break
    return found


@dataclass(frozen=True, eq=False)
class _Bars:
    """The bars of a band, from its first column on, and the sides of boxes that were found in it.

    Attributes:
        band: The band.
        ends: The first column of each bar, and the one after its last.
        known: The places of sides.
    """

    band: _Band
    ends: list[tuple[int, int]]
    known: list[float]

    @classmethod
    def of(cls, band: _Band, mask: Mask, ruling: Ruling) -> _Bars:
        """Those of a band."""
        filled = _filled(band, mask)
        near = max(3.0, NEAR * band.height)
        known = []
        for line in ruling.verticals:
            place = line.at(float(np.median(band.upper + band.lower)) / 2) - band.start
            if 0 <= round(place) < len(filled):
                top, bottom = band.upper[round(place)], band.lower[round(place)]
                if line.start <= top + near and line.stop >= bottom - near:
                    known.append(place)
        ends = [(a, b) for a, b in _runs(filled >= COVERED) if b - a <= BAR * band.height]
        return cls(band, ends, known)

    @property
    def middles(self) -> list[float]:
        return [(first + last - 1) / 2 for first, last in self.ends]

    def aligned(self, others: list[_Bars]) -> list[float]:
        """The bars in whose column there is a bar or a side of another band, too, as there is in a form."""
        columns = [
            place + other.band.start
            for other in others
            if other is not self
            for place in (*other.known, *other.middles)
        ]
        near = max(2.0, COLUMN * self.band.height)
        return [
            place
            for place in self.middles
            if any(abs(place + self.band.start - column) <= near for column in columns)
        ]

    def sides(self, others: list[_Bars]) -> list[tuple[int, int]]:
        """The bars that are sides of boxes."""
        aligned = self.aligned(others) if self.ends else []
        if len(self.known) + len(aligned) < FEWEST:
            aligned = []
        known = [*self.known, *aligned]
        if len(known) < FEWEST:  # then the bars themselves show the step
            known += self.middles if known else []
        return [
            ends
            for ends, place in zip(self.ends, self.middles, strict=True)
            if place in aligned or _in_step(place, known, self.band.height)
        ]


def _in_step(place: float, sides: list[float], height: float) -> bool:
    """Whether a bar stands in equal steps with enough sides of boxes; half a step away stands a 1."""
    steps = np.diff(np.sort(np.array(sides)))
    steps = steps[steps >= NARROWEST * height]
    if not len(steps):
        return False
    # Where every other side was found, boxes seem to be twice as wide: wider than high.
    usual = np.median(steps)
    usual /= np.ceil(usual / (WIDEST * height))
    for step in (
        usual,
        steps.min(),
    ):  # where some sides were not found, the smallest step is that of the boxes
        times = np.abs(np.array(sides) - place) / step
        fits = np.abs(times - times.round()) <= UNEVEN
        if fits.sum() >= FEWEST - 1 and fits.mean() > MOST:
            return True
    return False


def _filled(band: _Band, mask: Mask) -> NDArray[np.float64]:
    """The share of each column of a band in which there is ink, in it or beside it."""
    top, bottom = max(int(band.upper.min()), 0), int(band.lower.max()) + 2
    near = cv2.dilate(mask[top:bottom], np.ones((1, 3), np.uint8))
    rows = int(np.ceil(band.height))
    shares = (np.arange(rows) + 0.5)[:, None] / rows
    at = np.floor(band.upper + shares * (band.lower - band.upper)).astype(np.int64) - top
    at, columns = at.clip(0, len(near) - 1), band.start + np.arange(len(band.upper))
    filled: NDArray[np.float64] = near[at, columns].mean(0)
    return filled


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    steps = np.diff(np.pad(row, 1).astype(np.int8))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return list(zip(starts.tolist(), stops.tolist(), strict=True))
