"""Layout of a page with cells: what stands in each cell of a form or table, and what in rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from digitlab.errors import DataError
from digitlab.pages.answers import LeftOut
from digitlab.pages.cells import Cells, find_cells
from digitlab.pages.layout import LARGE, SPECK, Layout, Part, digit_height, is_line, rows_of_page
from digitlab.pages.page_ink import PageInk
from digitlab.pages.pieces import Piece, components
from digitlab.pages.ruling import Ruling
from digitlab.pages.string_form import Form

__all__ = ["lay_out", "rows_of_cells"]

FEW_ROWS = 3  # rows of boxes up to which some of them may not have been found

CellsWanted = tuple[int, int] | str | None


def lay_out(ink: PageInk, ruling: Ruling, want: CellsWanted) -> Layout:
    """Sorts the components of a page into lines: cells of a form or a table, if there is one, and all else.

    Args:
        ink: Of the page, without its printed lines.
        ruling: Its printed lines.
        want: The cells that are asked for; see `ReadOptions.cells`.

    Raises:
        DataError: If the page does not show these cells.
    """
    return _lines(components(ink.mask), ink, ruling, want)


def _lines(pieces: Sequence[Piece], ink: PageInk, ruling: Ruling, want: CellsWanted) -> Layout:
    """The same, of the pieces that are writing."""
    shape = ink.mask.shape[0], ink.mask.shape[1]
    cells = find_cells(ruling, shape, want)
    if cells is None:
        return rows_of_page(pieces, ink.stroke, shape)
    inside, rest, left_out = rows_of_cells(pieces, cells, ink.stroke, shape, want)
    if want is None and cells.single and cells.rows <= FEW_ROWS and _go_on(inside, rest):
        layout = rows_of_page(pieces, ink.stroke, shape)
        lines = [[replace(part, whole=_beside(inside, part)) for part in line] for line in layout.lines]
        return Layout(lines, layout.left_out)
    if want is not None:
        if not cells.drawn and len(rest) > sum(len(part.pieces) for line in inside for part in line):
            raise DataError(
                f"cells {cells.rows}x{cells.columns} were asked for, but what is written lies across them",
                "Give the rows and columns that the picture shows, or crop it to its cells.",
            )
        outside = [LeftOut(piece.box, "outside of the cells") for piece in rest]
        return Layout(inside, [*left_out, *outside])
    other = rows_of_page(rest, ink.stroke, shape)
    lines = sorted([*inside, *other.lines], key=_middle)
    return Layout(lines, [*left_out, *other.left_out])


def _beside(lines: Sequence[Sequence[Part]], part: Part) -> bool:
    """Whether a part of a line stands at the height of a row of boxes."""
    middle = _middle([part])
    return any(abs(_middle(line) - middle) < 0.5 * part.height for line in lines)


def _go_on(lines: Sequence[Sequence[Part]], rest: Sequence[Piece]) -> bool:
    """Whether rows of boxes go on beside the cells that were found: then some of them were not."""
    for part in (part for line in lines for part in line):
        middle, half = _middle([part]), 0.5 * part.height
        if any(piece.box[3] >= half and abs(piece.middle[1] - middle) < half for piece in rest):
            return True
    return False


def _middle(line: Sequence[Part]) -> float:
    return float(np.median([piece.middle[1] for part in line for piece in part.pieces]))


def rows_of_cells(
    pieces: Sequence[Piece],
    cells: Cells,
    stroke: float,
    shape: tuple[int, int],
    want: CellsWanted,
) -> tuple[list[list[Part]], list[Piece], list[LeftOut]]:
    """Sorts the components of a page into the cells of a form or table.

    Args:
        pieces: The components of the page.
        cells: The cells.
        stroke: Width of a stroke, in pixels.
        shape: Height and width of the page.
        want: What was asked for; see `ReadOptions.cells`. If nothing was, and cells have the shape of one
            digit, each row of them is one string.

    Returns:
        Lines of parts, from top to bottom; the components outside of all cells; and what is left out.
    """
    numbers = cells.numbers(shape)
    inside: dict[int, list[Piece]] = {}
    rest: list[Piece] = []
    left_out: list[LeftOut] = []
    least = (SPECK * stroke) ** 2
    for piece in pieces:
        left, top, width, height = piece.box
        own = numbers[top : top + height, left : left + width][piece.mask]
        counts = np.bincount(own[own >= 0], minlength=1)
        number = int(counts.argmax())
        if 2 * counts[number] < len(own):
            rest.append(piece)
        elif len(own) < least or is_line(piece, stroke, 0.0):
            left_out.append(LeftOut(piece.box, "too small" if len(own) < least else "a line"))
        else:
            inside.setdefault(number, []).append(piece)
    if not inside:
        return [], rest, left_out
    typical = digit_height([piece for own in inside.values() for piece in own])
    one_digit = Form("d", single=True) if isinstance(want, tuple) else None
    lines: dict[int, list[Part]] = {}
    for number in sorted(inside):
        row, column = divmod(number, cells.columns)
        own_pieces = sorted(inside[number], key=lambda piece: piece.middle[0])
        if max(piece.box[3] for piece in own_pieces) < LARGE * typical:
            left_out += [LeftOut(piece.box, "too small") for piece in own_pieces]
            continue
        lines.setdefault(row, []).append(Part(own_pieces, typical, (row, column), one_digit))
    if want is None and cells.single:
        joined = [[piece for part in line for piece in part.pieces] for line in lines.values()]
        ordered = [sorted(row, key=lambda piece: piece.middle[0]) for row in joined]
        return [[Part(row, typical, whole=True)] for row in ordered], rest, left_out
    return list(lines.values()), rest, left_out
