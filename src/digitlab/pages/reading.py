"""Reading: from the gray pixels of a page to lines of strings of digits.

The one path: the page upright, its ink, printed lines taken out, pieces of ink in rows or cells, every run
of pieces that may be a digit scored by the recognizer, the best path through each row, strings.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Grid
from digitlab.data.normalize import check_gray
from digitlab.errors import NoInkError
from digitlab.pages.answers import Box, LeftOut, Line, Page
from digitlab.pages.cell_layout import lay_out
from digitlab.pages.evidence import calibration, check_promise
from digitlab.pages.lattice import Weights
from digitlab.pages.layout import Layout
from digitlab.pages.line_remains import take_out_remains
from digitlab.pages.options import ReadOptions
from digitlab.pages.page_ink import PageInk, page_ink, stroke_width
from digitlab.pages.row_scores import score_rows
from digitlab.pages.ruling import Ruling, remove_ruling
from digitlab.pages.stage_pictures import (
    picture_of_digits,
    picture_of_ink,
    picture_of_lines,
    picture_of_pieces,
    picture_of_rows,
)
from digitlab.pages.stages import Stages
from digitlab.pages.string_form import form_of
from digitlab.pages.strings import FoundString, ScoredRow, answer, find_strings, is_number
from digitlab.pages.turns import find_turn, turn_matrix
from digitlab.pages.upright import upright
from digitlab.reader.predict import Model

__all__ = ["FoundPage", "find_page", "read_page"]

THIN = 6.0  # pixels that a stroke is wide at least; pages with thinner ones are enlarged
WANTED = 8.0  # pixels that it is wide then, about
MOST_PIXELS = 6_000_000  # of an enlarged page
WEIGHTS = Weights()
TURNED = 1.5  # times as many digits that a page must show turned, to be taken so
UPRIGHT_SHARE = 0.7  # share of the digits that are probably right on an upright page
NARROWEST, WIDEST = 0.02, 50.0
"""Times the usual gap between which the gap is searched that gives a number of strings."""
STEPS = 9  # of that search
UPRIGHT = "A sheet on a table is made a rectangle, and skew of more than three degrees is taken out."
INK = "How far each pixel is from its paper, whatever the light. Thin writing is enlarged."
LINES = "Printed lines, in red, are taken out of the ink; strokes that cross them stay."
ROWS = "Connected components side by side are a row, or stand in a cell of a form. Each has one color."
PIECES = "Components that are not clearly one digit are cut where two digits may touch."
DIGITS = "What the recognizer sees of each digit on the best path, its probability, and that of no digit."

Matrix = NDArray[np.float64]


def read_page(
    gray: NDArray[np.uint8],
    model: Model,
    options: ReadOptions | None = None,
    *,
    image: str = "array",
    page: int = 1,
    stages: Stages | None = None,
) -> Page:
    """Reads all numbers of a page.

    Args:
        gray: `(height, width)`, `uint8`, upright by its EXIF orientation.
        model: The recognizer: takes images of 28 x 28.
        options: What is known about the page. A region is in pixels of the upright page; one outside of it
            holds nothing.
        image: Name of the page's file.
        page: Its number there.
        stages: Where pictures of the stages are kept, if someone asks for them.

    Returns:
        The page with its lines; none where there is nothing to read.

    Raises:
        DataError: If `gray` is not `(height, width)` `uint8`, or the page does not show the cells that are
            asked for.
        ModelError: If the model takes images of another size.
        SettingError: If the calibration cannot promise `max_error`.
    """
    start = time.perf_counter()
    check_gray(gray)
    options = options or ReadOptions()
    check_promise(options.max_error)
    found = find_page(gray, model, options, stages, turns=options.cells is None)
    lines, left_out = [], list(found.left_out)
    for row in found.rows:
        strings = []
        for string in row:
            answered = answer(string, calibration(), options.max_error)
            if answered is None:
                left_out.append(LeftOut(string.box, "no number"))
            else:
                strings.append(answered)
        if strings:
            lines.append(Line(tuple(strings)))
    height, width = found.shape
    matrix = tuple(tuple(float(value) for value in row) for row in found.matrix)
    whole = Page(image, page, width, height, 0.0, tuple(lines), tuple(left_out), matrix)
    return replace(_placed(whole, found), seconds=time.perf_counter() - start)


@dataclass(frozen=True, eq=False)
class FoundPage:
    """The strings of a page, before their probabilities are known.

    Attributes:
        rows: From top to bottom; the strings of each from left to right.
        left_out: What is in none.
        scale: Pixels in which boxes are given, for a pixel of the upright page.
        corner: Left and top of what was read on the upright page.
        shape: Height and width of the upright page.
        matrix: `(3, 3)`: takes (x, y, 1) of the given picture to the upright page.
    """

    rows: list[list[FoundString]]
    left_out: list[LeftOut]
    scale: float
    corner: tuple[int, int]
    shape: tuple[int, int]
    matrix: Matrix


@dataclass(frozen=True, eq=False)
class _Seen:
    """The ink of a page or a part of it.

    Attributes:
        drawn: All of it: `(height, width)`, 0 = paper.
        ink: Without printed lines.
        ruling: The printed lines.
        scale: Its pixels for a pixel of the page.
    """

    drawn: Grid
    ink: PageInk
    ruling: Ruling
    scale: float


def find_page(
    gray: NDArray[np.uint8],
    model: Model,
    options: ReadOptions,
    stages: Stages | None = None,
    *,
    turns: bool = False,
) -> FoundPage:
    """Finds the strings of a page, turned by quarters of a circle if `turns` allows it and it lies so.

    For the other arguments and errors see `read_page`.
    """
    page, matrix, _ = upright(gray)
    seen = _seen(page) if turns or options.region is None else None
    if turns and seen is not None:
        quarters = find_turn(seen.ink, model)
        if quarters:
            other, again, _ = upright(np.ascontiguousarray(np.rot90(gray, quarters)))
            seen_turned = _seen(other)
            if seen_turned is not None and _shows_more(seen_turned, seen, model):
                page, matrix, seen = other, again @ turn_matrix(quarters, gray.shape), seen_turned
    shape, corner = (page.shape[0], page.shape[1]), (0, 0)
    if options.region is not None:
        # The whole page is made upright first: boxes of an answer are in its pixels, too.
        left, top, width, height = options.region
        page, corner = page[top : top + height, left : left + width], (left, top)
        seen = _seen(page) if page.size else None
    if seen is None:
        return FoundPage([], [], 1.0, corner, shape, matrix)
    if stages is not None:
        stages.add("page", "The page upright", UPRIGHT, page)
    rows, left_out = _found(seen, model, options, stages)
    return FoundPage(rows, left_out, seen.scale, corner, shape, matrix)


def _found(
    seen: _Seen, model: Model, options: ReadOptions, stages: Stages | None = None
) -> tuple[list[list[FoundString]], list[LeftOut]]:
    """The strings of each line, and what is left out, in pixels of the ink."""
    ink = seen.ink
    layout = lay_out(ink, seen.ruling, options.cells)
    parts = [part for line in layout.lines for part in line]
    scored = score_rows(ink, parts, model, WEIGHTS)
    rows, left_out = _counted(layout, scored, options)
    if stages is not None:
        stages.add("ink", "Ink", INK, picture_of_ink(seen.drawn))
        stages.add("lines", "Printed lines", LINES, picture_of_lines(seen.ruling))
        stages.add("rows", "Rows", ROWS, picture_of_rows(layout, ink.mask.shape))
        stages.add("pieces", "Pieces", PIECES, picture_of_pieces(scored, ink.mask.shape))
        stages.add("digits", "Digits", DIGITS, picture_of_digits(ink, rows))
    return rows, [*layout.left_out, *left_out]


def _shows_more(turned: _Seen, given: _Seen, model: Model) -> bool:
    """Whether a turned page shows more digits than the page as it is, when both are read.

    Its components alone do not tell: digits that touch may look like others, turned.
    """
    right, share = _digits_right(_found(given, model, ReadOptions())[0])
    if share >= UPRIGHT_SHARE:
        return False
    other, share = _digits_right(_found(turned, model, ReadOptions())[0])
    return other > TURNED * right and share >= UPRIGHT_SHARE


def _digits_right(rows: list[list[FoundString]]) -> tuple[float, float]:
    """How many digits are right, by the probabilities of their strings; and what share of all that is."""
    given = calibration()
    strings = [string for row in rows for string in row]
    right = sum(len(one.digits) * given.right_probability(one.evidence) for one in strings)
    return right, right / max(sum(len(one.digits) for one in strings), 1)


def _counted(
    layout: Layout, scored: Sequence[ScoredRow], options: ReadOptions
) -> tuple[list[list[FoundString]], list[LeftOut]]:
    """The strings of each line; if a number of strings is asked for, parted at gaps that give so many."""
    count, given = options.count, calibration()
    if count is None:
        return _strings(layout, scored, options, 1.0)

    def numbers(rows: list[list[FoundString]]) -> list[FoundString]:
        return [string for row in rows for string in row if is_number(string, given)]

    # The wider a gap must be, the fewer strings there are; none parts those of a form, or whole ones.
    parts = [part for line in layout.lines for part in line]
    fixed = form_of(options) is not None or all(part.form or part.whole for part in parts)
    low, high, split = NARROWEST, WIDEST, 1.0
    tried = []
    for _ in range(1 if fixed else STEPS):
        tried.append(_strings(layout, scored, options, split))
        n = len(numbers(tried[-1][0]))
        if n == count:
            break
        low, high = (low, split) if n < count else (split, high)
        split = math.sqrt(low * high)
    rows, left_out = min(tried, key=lambda one: abs(len(numbers(one[0])) - count))
    best = sorted(numbers(rows), key=lambda one: -given.right_probability(one.evidence))
    kept, surplus = ({id(string) for string in some} for some in (best[:count], best[count:]))
    for string in (string for row in rows for string in row if id(string) not in kept):
        reason = "more than the count" if id(string) in surplus else "no number"
        left_out.append(LeftOut(string.box, reason))
    return [[one for one in row if id(one) in kept] for row in rows], left_out


def _strings(
    layout: Layout, scored: Sequence[ScoredRow], options: ReadOptions, split: float
) -> tuple[list[list[FoundString]], list[LeftOut]]:
    """The strings of each line, and what is left out there; for `split` see `find_strings`."""
    rows: list[list[FoundString]] = []
    left_out: list[LeftOut] = []
    form = form_of(options)
    own = iter(scored)
    for line in layout.lines:
        rows.append([])
        for part in line:
            strings, others = find_strings(
                next(own), part.form or form, WEIGHTS, split=np.inf if part.whole else split
            )
            rows[-1] += [replace(one, cell=part.cell) for one in strings]
            left_out += others
    return rows, left_out


def _seen(gray: NDArray[np.uint8]) -> _Seen | None:
    """The ink of a page, its printed lines found and taken out; None if it shows none."""
    try:
        ink, scale = _page_ink(gray)
    except NoInkError:
        return None
    ruling = take_out_remains(remove_ruling(ink.ink, ink.mask))
    stroke = stroke_width(ruling.mask) if ruling.lines else ink.stroke
    return _Seen(ink.ink, replace(ink, ink=ruling.ink, mask=ruling.mask, stroke=stroke), ruling, scale)


def _page_ink(gray: NDArray[np.uint8]) -> tuple[PageInk, float]:
    """The ink of a page, enlarged where its strokes are thin, and its pixels for one of the page."""
    ink = page_ink(gray)
    most = float(np.sqrt(MOST_PIXELS / gray.size))
    scale = float(min(round(WANTED / ink.stroke + 0.3), int(most), 4))
    if ink.stroke >= THIN or scale < 2:
        return ink, 1.0
    size = round(gray.shape[1] * scale), round(gray.shape[0] * scale)
    return page_ink(np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_CUBIC), np.uint8)), scale


def _placed(page: Page, found: FoundPage) -> Page:
    """The page with its boxes in its own pixels, inside it, and none left out twice."""

    def own(box: Box) -> Box:
        ends = []
        for start, length, offset, most in zip(
            box[:2], box[2:], found.corner, (page.width, page.height), strict=True
        ):
            first = min(int(start / found.scale) + offset, most - 1)
            last = min(-int(-(start + length) // found.scale) + offset, most)
            ends.append((first, max(last - first, 1)))
        (left, width), (top, height) = ends
        return left, top, width, height

    placed = page.with_boxes(own)
    left_out: dict[Box, LeftOut] = {}
    for one in placed.left_out:
        left_out.setdefault(one.box, one)
    order = sorted(left_out.values(), key=lambda one: (one.box[1], one.box[0]))
    return replace(placed, left_out=tuple(order))
