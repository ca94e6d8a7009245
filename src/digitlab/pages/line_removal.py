"""Removal of one printed line from ink, pixel by pixel, with the strokes that cross it left whole."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Grid, Mask, closing, opening
from digitlab.pages.line_pieces import HOLE, Track, thickest

__all__ = ["Canvas", "is_straight", "remove_line"]

MARGIN = 4  # rows above and below a line that are looked at
BIN = 24  # columns along which a line is straight
SLANTS = np.linspace(-1.5, 1.5, 13)  # columns per row of strokes that cross a line
DARKER = 1.4  # times the ink of a line that strokes have which can be told from it
BENDING = 0.35  # columns per row by which the legs of an arc move towards each other
ARC = 0.8  # times the height of writing that they are apart at most
ALONG = 2  # pixels by which a stroke along a line makes it thicker
STRETCH = 7  # columns that it does so at least; a stroke that crosses a line is narrower
LEAST = 16  # columns of what is left of a line, if it is a stroke along it
FAINT = 0.4  # times the ink of a line that it has at least where it is faint
NEAR = 3  # pixels that ink of a line may lie beside the course that was found
STRAIGHT = 0.45  # pixels from a straight line, the median, and
BENT = 0.003  # times the length, that the side of a box has at most
CURVED = 80  # pixels from which a line may be bent
EVEN = 1.0  # pixels by which its thickness differs from the usual one (on average; the median, if it is long)
BEYOND = 3  # columns by which a line may go on behind the ends that were found

Strip = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Canvas:
    """Ink and mask of a page, `(height, width)`, changed in place while its lines are removed.

    Attributes:
        ink: Levels of 255.
        mask: 0 or 1.
        given: The ink as it was before any line was removed.
    """

    ink: Grid
    mask: Mask
    given: Grid


def remove_line(
    canvas: Canvas, course: Track, vertical: bool, height: float
) -> tuple[int, NDArray[np.float64], NDArray[np.bool_], float] | None:
    """Takes one line out of ink and mask.

    Args:
        canvas: What is changed.
        course: Where the line runs, give or take three pixels; (row, column) if vertical.
        vertical: Whether it runs from top to bottom.
        height: Of writing, in pixels.

    Returns:
        Its first column, its row at each column from there on, whether there is ink on it there, and its
        thickness in pixels (columns for rows if vertical); None if there is no line there.
    """
    ink, mask = (canvas.ink.T, canvas.mask.T) if vertical else (canvas.ink, canvas.mask)
    rows_there, width = mask.shape
    start, stop = max(0, round(course.start) - BEYOND), min(width, round(course.stop) + 1 + BEYOND)
    columns = np.arange(start, stop)
    traced = _traced(mask, columns, course.at(columns.astype(np.float64)))
    if traced is None:
        return None
    middle, thickness, rough = traced
    thick = max(1, round(thickness))
    tops = np.round(middle - (thick - 1) / 2).astype(np.int64)
    rows = tops + np.arange(-MARGIN, thick + MARGIN)[:, None]
    valid = (rows >= 0) & (rows < rows_there)
    rows = rows.clip(0, rows_there - 1)
    strip = (mask[rows, columns] > 0) & valid
    shades = ink[rows, columns]
    given = canvas.given.T if vertical else canvas.given
    covered = _covered(strip, given[rows, columns])
    keep = _strokes(strip, shades, thick, rough, height)
    gone = strip & ~keep
    # Ink fades out beside a line: what is no clear ink there belongs to it as well.
    faint = gone.copy()
    faint[MARGIN - 2 : MARGIN + thick + 2] |= ~strip[MARGIN - 2 : MARGIN + thick + 2]
    faint &= valid
    places = np.broadcast_to(columns, rows.shape)
    mask[rows[gone], places[gone]] = 0
    ink[rows[faint], places[faint]] = 0
    return start, middle, covered, max(1.0, thickness)


def _covered(strip: Strip, given: Grid) -> NDArray[np.bool_]:
    """In which columns there is ink on a line, faint ink and holes included.

    Args:
        strip: `(MARGIN + thick + MARGIN, columns)`, where there is clear ink.
        given: The same, levels of 255, before lines that cross this one were removed.
    """
    on = slice(MARGIN - 1, len(strip) - MARGIN + 1)
    clear, shade = np.asarray(strip[on].any(0)), given[on].max(0)
    if not clear.any():
        return clear
    inked = shade >= FAINT * float(np.median(shade[clear]))
    return np.asarray(closing(inked[None].astype(np.uint8), 1, HOLE)[0] > 0)


def is_straight(mask: Mask, course: Track, vertical: bool, side: bool) -> bool:
    """Whether ink on a course is as straight and as even as print; strokes of a pen are not.

    Measured on generated pages: the median distance from a straight line is below 0.35 pixels for 95 % of the
    sides of boxes, and above 0.5 pixels for 85 % of strokes that pass for one.

    Args:
        mask: `(height, width)`, 0 or 1, in full size.
        course: Where the line runs, give or take three pixels; (row, column) if vertical.
        vertical: Whether it runs from top to bottom.
        side: Whether it is so short that it may be a stroke, and is looked at more strictly.
    """
    mask = mask.T if vertical else mask
    start, stop = max(0, round(course.start) + BEYOND), min(mask.shape[1], round(course.stop) - BEYOND)
    columns = np.arange(start, stop)
    if len(columns) < 2 * BEYOND:
        return False
    rows = course.at(columns.astype(np.float64))
    found, lengths, most = _followed(mask, columns, rows)
    thin = (lengths > 0) & (lengths <= most) & (np.abs(found - rows) <= NEAR)
    if thin.sum() < max(5, 0.4 * len(columns)):
        return False
    degree = 1 if len(columns) < CURVED else 2
    curve = np.polynomial.Polynomial.fit(columns[thin], found[thin], degree)
    beside = np.abs(found - curve(columns))[thin]
    even = np.abs(lengths - np.median(lengths[thin]))[thin]
    typical = np.mean(even) if side else np.median(even)
    return bool(np.median(beside) <= STRAIGHT + BENT * len(columns) and typical <= EVEN)


def _followed(
    mask: Mask, columns: NDArray[np.int64], rows: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """Middle and length of the run of ink at each column of a course, and how long one of a line may be."""
    most = thickest(mask.shape) * (2 if max(mask.shape) > 1600 else 1)
    reach = most + 3
    around = rows.round().astype(np.int64) + np.arange(-reach, reach + 1)[:, None]
    valid = (around >= 0) & (around < len(mask))
    strip = (mask[around.clip(0, len(mask) - 1), columns] > 0) & valid
    middles, lengths = _runs(strip, reach)
    return rows.round() + middles - reach, lengths, most


def _traced(
    mask: Mask, columns: NDArray[np.int64], rows: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, int] | None:
    """The row of a line's middle at each column, and its thickness, from the runs of ink on its course.

    And how many pixels more than that its rough edges never have.
    """
    found, lengths, most = _followed(mask, columns, rows)
    thin = (lengths > 0) & (lengths <= most)
    if thin.sum() < 0.2 * len(columns):
        return None
    thickness = float(np.median(lengths[thin]))
    thin &= np.abs(lengths - thickness) <= 1 + 0.35 * thickness
    if thin.sum() < 0.15 * len(columns):
        return None
    bins = (columns - columns[0]) // BIN
    count = int(bins[-1]) + 1
    for limit in (4.0, 1.5):
        amount = np.bincount(bins[thin], minlength=count)
        sums = np.bincount(bins[thin], weights=found[thin], minlength=count)
        places = np.bincount(bins[thin], weights=columns[thin], minlength=count)
        full = amount >= 4
        if not full.any():
            return None
        nodes, heights = places[full] / amount[full], sums[full] / amount[full]
        middle = _between(columns, nodes, heights)
        thin &= np.abs(found - middle) <= limit
    if not thin.any():
        return None
    thickness = float(np.mean(lengths[thin]))
    roughness = float(np.quantile(lengths[thin], 0.9)) - max(1, round(thickness))
    return middle, thickness, max(ALONG, ALONG + round(roughness))


def _between(
    columns: NDArray[np.int64], nodes: NDArray[np.float64], heights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Rows at columns by straight pieces between nodes; beyond the last node the last piece goes on."""
    rows = np.interp(columns, nodes, heights)
    if len(nodes) > 1:
        far = max(1, len(nodes) - 4)
        first = (heights[min(3, len(nodes) - 1)] - heights[0]) / (nodes[min(3, len(nodes) - 1)] - nodes[0])
        last = (heights[-1] - heights[far - 1]) / (nodes[-1] - nodes[far - 1])
        rows = np.where(columns < nodes[0], heights[0] + first * (columns - nodes[0]), rows)
        rows = np.where(columns > nodes[-1], heights[-1] + last * (columns - nodes[-1]), rows)
    return np.asarray(rows)


def _runs(strip: Strip, center: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Middle and length of that run of ink of each column which is nearest to the center row; 0: none."""
    rows, columns = strip.shape
    padded = np.zeros((rows + 2, columns), np.int8)
    padded[1:-1] = strip
    steps = np.diff(padded, axis=0)
    # In the transposed order, starts and ends of the same column follow each other in pairs.
    at, firsts = np.nonzero(steps.T == 1)
    _, ends = np.nonzero(steps.T == -1)
    middles = (firsts + ends - 1) / 2
    distance = np.maximum(np.maximum(firsts - center, center - ends + 1), 0) + 1e-3 * np.abs(middles - center)
    order = np.lexsort((-distance, at))  # the nearest run of a column is written last
    chosen = np.zeros(columns)
    lengths = np.zeros(columns, np.int64)
    chosen[at[order]] = middles[order]
    lengths[at[order]] = (ends - firsts)[order]
    return chosen, lengths


def _strokes(strip: Strip, shades: Grid, thick: int, rough: int, height: float) -> Strip:
    """Which pixels on a line and beside it belong to strokes.

    Args:
        strip: `(MARGIN + thick + MARGIN, columns)`, ink on and around the line, which is made straight.
        shades: The same, levels of 255.
        thick: Rows of the line.
        rough: Rows more than that of which its own rough edges have fewer.
        height: Of writing, in pixels.

    Returns:
        Like `strip`.
    """
    first, last = MARGIN, MARGIN + thick - 1
    # Ink beside the line that hangs together with it, on either side.
    sides = strip[first - 1 :: -1], strip[last + 1 :]
    beside = [np.minimum.accumulate(side, 0) for side in sides]
    extra = [side.sum(0, dtype=np.int64) for side in beside]
    above, below = (_wide(one >= rough) for one in extra)
    # A stroke along the line makes it thicker than it is elsewhere.
    core = strip[first : last + 1].all(0)
    along = core & (extra[0] + extra[1] >= rough)
    along = opening(along[None].astype(np.uint8), 1, STRETCH)[0] > 0
    keep = strip.copy()
    keep[first - 1 :: -1] &= ~beside[0] | above | along
    keep[last + 1 :] &= ~beside[1] | below | along
    keep[first : last + 1] &= _crossings(above, below, thick) | along
    for side, legs in ((strip[:first][::-1], above), (strip[last + 1 :], below)):
        keep[first : last + 1] |= strip[first : last + 1] & core & _arcs(side, legs, ARC * height)
    keep[first : last + 1] |= strip[first : last + 1] & _dark(strip, shades, above, below, along, thick)
    return keep & ~_crumbs(keep, thick + rough)


def _arcs(side: Strip, legs: NDArray[np.bool_], widest: float) -> NDArray[np.bool_]:
    """Columns of a line between two legs of ink that bend towards each other: the bottom of a 0 lies there.

    Args:
        side: `(MARGIN, columns)`, ink beside the line, the row next to it first.
        legs: `(columns,)`, where a stroke reaches the line.
        widest: Columns between two legs of one digit at most.
    """
    between = np.zeros(len(legs), np.bool_)
    steps = np.diff(np.pad(legs, 1).astype(np.int8))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    far = side[-1]
    moves = []
    for start, stop in zip(starts, stops, strict=True):
        left = max(0, start - MARGIN - 1)
        there = np.flatnonzero(far[left : stop + MARGIN + 1])
        moved = (start + stop - 1) / 2 - (left + there.mean()) if len(there) else 0.0
        moves.append(moved / (MARGIN - 1))
    for number in range(len(starts) - 1):
        stop, start = stops[number], starts[number + 1]
        if start - stop <= widest and moves[number] >= BENDING and moves[number + 1] <= -BENDING:
            between[stop:start] = True
    return between


def _dark(
    strip: Strip,
    shades: Grid,
    above: NDArray[np.bool_],
    below: NDArray[np.bool_],
    along: NDArray[np.bool_],
    thick: int,
) -> Strip:
    """Which pixels of a line are as dark as the strokes around it, where those are clearly darker than it."""
    first, last = MARGIN, MARGIN + thick - 1
    bare = ~(above | below | along) & strip[first]
    strokes = np.concatenate([shades[first - 2, above], shades[last + 2, below]])
    core = shades[first : last + 1]
    if not bare.any() or len(strokes) < 8:
        return np.zeros(core.shape, np.bool_)
    line, stroke = float(np.median(core[:, bare])), float(np.median(strokes))
    if stroke < DARKER * line:
        return np.zeros(core.shape, np.bool_)
    dark = (core > line + 0.7 * (stroke - line)).astype(np.uint8)
    return np.asarray(opening(dark, 1, 4) > 0)  # single pixels are noise


def _crumbs(strip: Strip, highest: int) -> Strip:
    """What is left of the rough edges of a line: low, or short, and not connected to ink farther away."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strip.astype(np.uint8), connectivity=8)
    tops, heights, widths = (
        stats[:, part] for part in (cv2.CC_STAT_TOP, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH)
    )
    inside = (tops > 0) & (tops + heights < len(strip))
    crumbs = inside & ((heights <= ALONG) | ((heights <= highest) & (widths < LEAST)))
    crumbs[0] = False
    return np.asarray(crumbs[labels])


def _crossings(above: NDArray[np.bool_], below: NDArray[np.bool_], thick: int) -> Strip:
    """Which pixels of a line lie on strokes that cross it, from what is ink just above and just below.

    A stroke goes on straight. At each place the slant counts that joins most of what is above and below.

    Returns:
        `(thick, columns)`.
    """
    found = np.zeros((thick, len(above)), np.bool_)
    reach = int(SLANTS[-1] * (thick + 1)) + 1
    wide = np.ones((1, 2 * reach + 1), np.uint8)
    near = [cv2.dilate(row[None].astype(np.uint8), wide)[0] > 0 for row in (above, below)]
    columns = np.flatnonzero(near[0] & near[1])
    if not len(columns):
        return found
    rows = np.arange(thick)[:, None, None]
    slants = SLANTS[None, :, None]
    padded = [np.pad(row, reach) for row in (above, below)]
    # (thick, slants, columns)
    upper = padded[0][columns + reach + np.round(slants * (rows + 1)).astype(np.int64)]
    lower = padded[1][columns + reach - np.round(slants * (thick - rows)).astype(np.int64)]
    joined = upper & lower
    places = np.zeros((len(SLANTS), len(above)), np.float32)
    places[:, columns] = joined.sum(0)
    amount = cv2.blur(places, (2 * reach + 1, 1), borderType=cv2.BORDER_CONSTANT)[:, columns]
    found[:, columns] = (joined & (amount >= 0.95 * amount.max(0))).any(1)
    return found


def _wide(row: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without what is a single column wide: the rough edge of a line."""
    padded = np.pad(row, 1)
    return row & (padded[:-2] | padded[2:])
