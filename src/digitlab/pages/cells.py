"""Cells of a form or a table, from the lines that are drawn on it.

The lines are drawn thin on an empty picture; what they enclose, if it has four sides, is a cell. Cells are
put into rows and columns by their neighbors, so that a table may be bent or slightly turned, its outer border
may be missing in a cropped photo, and boxes may stand apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Mask, components
from digitlab.errors import DataError
from digitlab.pages.answers import Box
from digitlab.pages.cell_regions import Numbers, enclosed
from digitlab.pages.ruling import Ruling

__all__ = ["Cells", "find_cells"]

FILLED = 0.75  # share of rows x columns in which there is a cell
FITTING = 0.8  # share of what is written that stands inside of cells, if they are a table
WITHIN = 0.75  # share of its ink that a component has in one cell if it stands inside
SQUARES = 12  # rows and columns from which a grid of equal squares is squared paper
SINGLE = 1.25  # times as wide as high that a cell for one digit is at most
UNLIKE = 1.6  # times as wide that a cell may be as another one in its lane
FEW = 0.34  # times the usual number of cells that a lane of merged cells has at most
ALIKE = 0.2  # share by which widths and steps of equal boxes differ
WRITTEN = 0.25  # times the height of a cell that a component is high at least, if it is writing


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows and columns of cells.

    Attributes:
        quads: `(rows, columns, 4, 2)`, corners of each cell as (x, y): upper left, upper right, lower right,
            lower left. Not a number where a row has no cell.
        drawn: Whether lines show them; else the ink was divided evenly.
    """

    quads: Numbers
    drawn: bool

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.quads)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return int(self.quads.shape[1])

    @property
    def boxes(self) -> list[list[Box | None]]:
        """The smallest upright box around each cell, by rows; None where a row has no cell."""
        return [[_box(quad) for quad in row] for row in self.quads]

    @property
    def single(self) -> bool:
        """Whether cells have the shape of one digit, rather than that of a number or a word."""
        top, left = (
            self.quads[..., 1, :] - self.quads[..., 0, :],
            self.quads[..., 3, :] - self.quads[..., 0, :],
        )
        widths, heights = np.hypot(*np.moveaxis(top, -1, 0)), np.hypot(*np.moveaxis(left, -1, 0))
        return bool(np.nanmedian(widths) <= SINGLE * np.nanmedian(heights))

    def numbers(self, shape: tuple[int, int]) -> NDArray[np.int32]:
        """Which cell each pixel of a page lies in.

        Args:
            shape: Height and width of the page.

        Returns:
            `(height, width)`: `row * columns + column`; -1 outside of all cells and on their lines.
        """
        numbers = np.full(shape, -1, np.int32)
        for number, quad in enumerate(self.quads.reshape(-1, 4, 2)):
            if np.isfinite(quad).all():
                cv2.fillConvexPoly(numbers, np.round(quad).astype(np.int32), number)
        return numbers


def find_cells(ruling: Ruling, shape: tuple[int, int], want: tuple[int, int] | str | None) -> Cells | None:
    """The grid of cells that the lines of a page show.

    Args:
        ruling: The lines of the page, and its ink without them.
        shape: Height and width of the page, in pixels.
        want: Rows and columns that there are; `auto`: as many as the lines show; None: a grid is given only
            if it is certain that the lines are those of a table or of boxes, with everything written inside.

    Returns:
        The cells. Where rows and columns are wanted and no lines show cells, the box around all ink is
        divided evenly. None if none are wanted and there are none for certain.

    Raises:
        DataError: If rows and columns are wanted and the lines show others; if `auto` is and they show none.
    """
    grids = _grids(enclosed(ruling.lines, shape))
    if want is None:
        for quads in grids:
            if _is_certain(quads, ruling):
                return Cells(quads, True)
        return None
    if not grids:
        if isinstance(want, str):
            raise DataError(
                "no cells found: no lines on the page enclose any", "Give rows and columns, as --cells 1x8."
            )
        return Cells(_even(ruling.mask, *want), False)
    if isinstance(want, str):
        return Cells(grids[0], True)
    for quads in grids:
        longer = _extended(quads, want, ruling.mask)
        if longer.shape[:2] == want:
            return Cells(longer, True)
    rows, columns = grids[0].shape[:2]
    raise DataError(
        f"cells {want[0]}x{want[1]} were asked for, but the lines on the page show {rows}x{columns}",
        f"Give --cells {rows}x{columns} or --cells auto, or crop the picture to those that are meant.",
    )


def _grids(quads: Numbers) -> list[Numbers]:
    """Grids that cells make up, the one of the most cells first: all of them, or groups that stand apart."""
    if not len(quads):
        return []
    grids = []
    for group in [np.arange(len(quads)), *_groups(quads)]:
        grid = _grid(quads[group])
        share = np.isfinite(grid[..., 0, 0]).mean()
        if share >= FILLED and grid.shape[0] * grid.shape[1] > 1:
            grids.append(grid)
    return sorted(grids, key=lambda grid: -int(np.isfinite(grid[..., 0, 0]).sum()))


def _grid(quads: Numbers) -> Numbers:
    """`(rows, columns, 4, 2)` from `(n, 4, 2)`: cells beside and below each other share rows and columns."""
    centers = quads.mean(1)
    widths = np.hypot(*(quads[:, 1] - quads[:, 0]).T)
    heights = np.hypot(*(quads[:, 3] - quads[:, 0]).T)
    rows = _lanes(centers[:, 1], centers[:, 0], heights)
    columns = _lanes(centers[:, 0], centers[:, 1], widths)
    merged = _merged(rows, centers[:, 1], heights) | _merged(columns, centers[:, 0], widths)
    if merged.any():
        return _grid(quads[~merged])
    grid = np.full((rows.max() + 1, columns.max() + 1, 4, 2), np.nan)
    grid[rows, columns] = quads
    return _evenly_spaced(_parted(grid)) if len(grid) == 1 else _filled(grid)


def _parted(row: Numbers) -> Numbers:
    """A row of equal boxes in which those that are as wide as several are parted: a digit hides a side."""
    widths = np.hypot(*(row[0, :, 1] - row[0, :, 0]).T)
    times = np.maximum(np.round(widths / np.median(widths)), 1).astype(np.int64)
    if times.max() == 1 or np.ptp(widths / times) > ALIKE * np.median(widths):
        return row
    parts = []
    for quad, count in zip(row[0], times, strict=True):
        edges = np.linspace(0, 1, count + 1)[:, None]
        upper, lower = (quad[a] + edges * (quad[b] - quad[a]) for a, b in ((0, 1), (3, 2)))
        parts.append(np.stack([upper[:-1], upper[1:], lower[1:], lower[:-1]], 1))
    return np.concatenate(parts)[None]


def _evenly_spaced(row: Numbers) -> Numbers:
    """A row of equal boxes, with those between others that the lines do not show: a digit may hide a side."""
    widths = np.hypot(*(row[0, :, 1] - row[0, :, 0]).T)
    steps = np.diff(row[0].mean(1)[:, 0])
    if len(steps) < 2 or np.ptp(widths) > ALIKE * np.median(widths):
        return row
    counts = steps / np.median(steps)
    if np.abs(counts - np.round(counts)).max() > ALIKE:
        return row
    places = np.concatenate([[0], np.cumsum(np.round(counts))])
    every = np.arange(places[-1] + 1)
    corners = row[0].reshape(len(places), 8)
    return np.stack([np.interp(every, places, one) for one in corners.T], 1).reshape(1, -1, 4, 2)


def _extended(row: Numbers, want: tuple[int, int], mask: Mask) -> Numbers:
    """A row of equal boxes with up to two more at its ends, where there is ink: a digit may hide a side."""
    missing = want[1] - row.shape[1]
    if want[0] != 1 or len(row) != 1 or not 0 < missing <= 2 or row.shape[1] < 3:
        return row
    steps = np.diff(row[0], axis=0)
    if np.ptp(steps[:, 0, 0]) > ALIKE * np.median(steps[:, 0, 0]):
        return row
    step = np.median(steps, axis=0)
    for _ in range(missing):
        ends = row[:, :1] - step, row[:, -1:] + step
        ink = [_ink_within(mask, end[0, 0]) for end in ends]
        row = np.concatenate([ends[0], row] if ink[0] > ink[1] else [row, ends[1]], 1)
    return row


def _ink_within(mask: Mask, quad: Numbers) -> int:
    """Pixels of ink in a cell; less than any if it runs off the page."""
    box = _box(quad)
    if box is None or min(box[:2]) < 0 or box[0] + box[2] > mask.shape[1] or box[1] + box[3] > mask.shape[0]:
        return -1
    left, top, width, height = box
    return int(mask[top : top + height, left : left + width].sum())


def _filled(grid: Numbers) -> Numbers:
    """A grid with the cells that lie between two others of their row or column, where a line has a hole."""
    filled = grid.copy()
    there = np.isfinite(grid[..., 0, 0])
    for row, column in np.argwhere(~there):
        across, down = np.flatnonzero(there[row]), np.flatnonzero(there[:, column])
        if not any(len(one) and one[0] < at < one[-1] for one, at in ((across, column), (down, row))):
            continue
        # The fourth corner of a parallelogram of cells.
        corners = [(a, b) for a in down for b in across if there[a, b]]
        if corners:
            near = min(corners, key=lambda corner: abs(corner[0] - row) + abs(corner[1] - column))
            filled[row, column] = grid[row, near[1]] + grid[near[0], column] - grid[near]
    return filled


def _merged(lanes: NDArray[np.int64], across: Numbers, extents: Numbers) -> NDArray[np.bool_]:
    """Which cells are two or more in truth, as they span lanes of others: a line between them has a hole."""
    counts = np.bincount(lanes)
    middles = np.bincount(lanes, weights=across) / counts
    few = counts[lanes] <= max(1.0, FEW * float(np.median(counts)))
    apart = np.abs(middles[None] - across[:, None])
    others = np.arange(len(counts))[None] != lanes[:, None]
    return np.asarray(few & ((apart < 0.5 * extents[:, None]) & others).sum(1).astype(np.bool_))


def _lanes(across: Numbers, along: Numbers, extents: Numbers) -> NDArray[np.int64]:
    """Which lane each cell lies in, numbered by their places: neighbors along a lane are hardly apart across.

    Args:
        across: Place of each cell across the lanes.
        along: Place of each cell along them.
        extents: Width of each cell across the lanes.
    """
    lanes: list[list[int]] = []
    for cell in np.argsort(along, kind="stable"):
        last = np.array([lane[-1] for lane in lanes], np.int64)
        if len(last):
            least = np.minimum(extents[last], extents[cell])
            alike = np.maximum(extents[last], extents[cell]) <= UNLIKE * least
            apart = np.where(alike, np.abs(across[last] - across[cell]) / least, np.inf)
            near = int(apart.argmin())
            if apart[near] < 0.5:
                lanes[near].append(int(cell))
                continue
        lanes.append([int(cell)])
    numbers = np.zeros(len(across), np.int64)
    for number, lane in enumerate(sorted(lanes, key=lambda lane: float(across[lane].mean()))):
        numbers[lane] = number
    return numbers


def _groups(quads: Numbers) -> list[NDArray[np.int64]]:
    """Groups of cells that lie less than most of a cell apart from each other."""
    low, high = quads.min(1), quads.max(1)
    size = (high - low).min(1)
    gaps = np.maximum(low[None] - high[:, None], low[:, None] - high[None]).max(2)
    near = gaps <= 0.75 * np.minimum.outer(size, size)
    groups, left = [], np.ones(len(quads), np.bool_)
    while left.any():
        group = np.zeros(len(quads), np.bool_)
        group[int(left.argmax())] = True
        while True:
            wider = near[group].any(0)
            if (wider == group).all():
                break
            group = wider
        left &= ~group
        groups.append(np.flatnonzero(group))
    return groups if len(groups) > 1 else []


def _is_certain(quads: Numbers, ruling: Ruling) -> bool:
    """Whether a grid is a table or a row of boxes that is written into, rather than squared paper."""
    rows, columns = quads.shape[:2]
    if columns < 2 or rows * columns < 3:
        return False
    left, right = float(np.nanmin(quads[..., 0])), float(np.nanmax(quads[..., 0]))
    if columns == 2 and left < 1 and right > ruling.mask.shape[1] - 2:
        return False  # ruled paper with the line of its margin
    cells = Cells(quads, True)
    boxes = np.array([box for row in cells.boxes for box in row if box is not None])
    width, height = np.median(boxes[:, 2]), np.median(boxes[:, 3])
    square = abs(width - height) <= 0.15 * height
    if min(rows, columns) >= SQUARES and square:
        return False
    numbers = cells.numbers((ruling.mask.shape[0], ruling.mask.shape[1]))
    labels, sizes = components(ruling.mask)
    written = (sizes[:, 3] >= WRITTEN * height) & (sizes[:, 2] <= 2 * width)
    written[0] = False
    if not written.any():
        return True
    inside = numbers >= 0
    total = np.bincount(labels.reshape(-1), minlength=len(sizes))
    within = np.zeros(len(sizes))
    pairs, amounts = np.unique(
        labels[inside].astype(np.int64) * quads.shape[0] * columns + numbers[inside], return_counts=True
    )
    np.maximum.at(within, pairs // (rows * columns), amounts)
    # What lies off the grid altogether is text around it.
    off = np.bincount(labels[inside], minlength=len(sizes)) < 0.1 * total
    fits = within >= WITHIN * total
    judged = written & ~off
    return bool(fits[judged].mean() >= FITTING) if judged.any() else False


def _even(mask: Mask, rows: int, columns: int) -> Numbers:
    """The box around all ink but specks, divided evenly."""
    _, boxes = components(mask)
    boxes = boxes[1:]
    if len(boxes):
        boxes = boxes[boxes[:, 3] >= WRITTEN * boxes[:, 3].max()]
        left, top = boxes[:, :2].min(0)
        right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(0)
    else:
        left, top, (bottom, right) = 0, 0, mask.shape
    x, y = np.meshgrid(np.linspace(left, right, columns + 1), np.linspace(top, bottom, rows + 1))
    corners = np.stack([x, y], 2)
    return np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], 2)


def _box(quad: Numbers) -> Box | None:
    if not np.isfinite(quad).all():
        return None
    left, top = (int(value) for value in np.floor(quad.min(0)))
    right, bottom = (int(value) for value in np.ceil(quad.max(0)))
    return left, top, max(1, right - left), max(1, bottom - top)
