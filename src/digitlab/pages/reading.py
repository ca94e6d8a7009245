"""Reading: from the gray pixels of a page to lines of strings of digits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.normalize import check_gray
from digitlab.errors import NoInkError
from digitlab.pages.answers import Box, LeftOut, Line, Page
from digitlab.pages.candidates import Candidate, PieceImages, list_candidates, recognize
from digitlab.pages.evidence import calibration
from digitlab.pages.form import Form, form_of
from digitlab.pages.ink import PageInk, page_ink
from digitlab.pages.lattice import Weights
from digitlab.pages.layout import find_rows, row_of
from digitlab.pages.options import ReadOptions
from digitlab.pages.pieces import Piece, components, cut
from digitlab.pages.ruling import remove_ruling
from digitlab.pages.stages import Stages
from digitlab.pages.strings import FoundString, ScoredRow, answer, find_strings
from digitlab.reader.predict import Model

__all__ = ["FoundPage", "find_page", "read_page", "score_rows"]

THIN = 6.0  # pixels that a stroke is wide at least; pages with thinner ones are enlarged
WANTED = 8.0  # pixels that it is wide then, about
MOST_PIXELS = 6_000_000  # of an enlarged page
CLEAR = 0.97  # probability from which a component is one digit, and is not cut
SQUARE = 1.15  # width / height up to which that holds
WEIGHTS = Weights()
LARGE = 0.5  # heights of a digit that a component is high at least, to be one
CUT_WIDTH = 0.4  # heights of a digit that a component is wide at least, to be cut


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
        gray: `(height, width)`, `uint8`, upright.
        model: The recognizer: takes images of 28 x 28.
        options: What is known about the page.
        image: Name of the page's file.
        page: Its number there.
        stages: Where pictures of the stages are kept, if someone asks for them.

    Returns:
        The page with its lines; none where there is nothing to read.

    Raises:
        DataError: If `gray` is not `(height, width)` `uint8`, the region lies outside of the page, or the
            page does not show the cells that are asked for.
        ModelError: If the model takes images of another size.
    """
    start = time.perf_counter()
    check_gray(gray)
    options = options or ReadOptions()
    found = find_page(gray, model, form_of(options))
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
    seconds = time.perf_counter() - start
    whole = Page(image, page, gray.shape[1], gray.shape[0], seconds, tuple(lines), tuple(left_out))
    return _scaled(whole, found.scale)


@dataclass(frozen=True, eq=False)
class FoundPage:
    """The strings of a page, before their probabilities are known.

    Attributes:
        rows: From top to bottom; the strings of each from left to right.
        left_out: What is in none.
        scale: Pixels that boxes are given in, for a pixel of the page: more than 1 if it was enlarged.
    """

    rows: list[list[FoundString]]
    left_out: list[LeftOut]
    scale: float


def find_page(gray: NDArray[np.uint8], model: Model, form: Form | None = None) -> FoundPage:
    """Finds the strings of a page; for the arguments see `read_page`."""
    try:
        ink, scale = _page_ink(gray)
    except NoInkError:
        return FoundPage([], [], 1.0)
    ruling = remove_ruling(ink.ink, ink.mask)
    ink = replace(ink, ink=ruling.ink, mask=ruling.mask)
    layout = find_rows(components(ink.mask), ink.stroke, ink.mask.shape)
    rows, left_out = [], list(layout.left_out)
    for row in score_rows(ink, layout.rows, model):
        strings, others = find_strings(row, form, WEIGHTS)
        left_out += others
        rows.append(strings)
    return FoundPage(rows, left_out, scale)


def _page_ink(gray: NDArray[np.uint8]) -> tuple[PageInk, float]:
    """The ink of a page, enlarged where its strokes are thin, and its pixels for one of the page."""
    ink = page_ink(gray)
    most = float(np.sqrt(MOST_PIXELS / gray.size))
    scale = float(min(round(WANTED / ink.stroke + 0.3), int(most), 4))
    if ink.stroke >= THIN or scale < 2:
        return ink, 1.0
    size = round(gray.shape[1] * scale), round(gray.shape[0] * scale)
    return page_ink(np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_CUBIC), np.uint8)), scale


def score_rows(ink: PageInk, rows: Sequence[Sequence[Piece]], model: Model) -> list[ScoredRow]:
    """Rows of pieces with the scores of all candidates, by two runs of the network for the whole page.

    The first tells which components are one digit each; the others are cut.
    """
    heights = [_height(row) for row in rows]
    whole = [_singles(row, height) for row, height in zip(rows, heights, strict=True)]
    images = [
        image
        for row, own in zip(rows, whole, strict=True)
        for image in _images(ink, row, [Candidate(i, i + 1, row[i].box) for i in own])
    ]
    logs = iter(recognize(model, images))
    known: dict[Piece, NDArray[np.float64]] = {}
    cut_rows = []
    for row, height, own in zip(rows, heights, whole, strict=True):
        known |= {row[i]: next(logs) for i in own}
        pieces = []
        for piece in row:
            pieces += _cut_if_needed(piece, known.get(piece), ink.stroke, height)
        cut_rows.append(sorted(pieces, key=lambda piece: piece.middle[0]))
    every = [list_candidates(row, height) for row, height in zip(cut_rows, heights, strict=True)]
    images = []
    for row, candidates in zip(cut_rows, every, strict=True):
        images += _images(ink, row, [one for one in candidates if _unknown(one, row, known)])
    logs = iter(recognize(model, images))
    found = []
    for row, candidates, height in zip(cut_rows, every, heights, strict=True):
        own_logs = [next(logs) if _unknown(one, row, known) else known[row[one.start]] for one in candidates]
        likely = [piece for piece in row if piece.box[3] >= LARGE * height] or row
        scored = np.array(own_logs).reshape(-1, 11)
        found.append(ScoredRow(replace(row_of(row, likely), height=height), candidates, scored))
    return found


def _unknown(candidate: Candidate, row: Sequence[Piece], known: dict[Piece, NDArray[np.float64]]) -> bool:
    return candidate.stop > candidate.start + 1 or row[candidate.start] not in known


def _height(row: Sequence[Piece]) -> float:
    """Height of the digits of a row: the median of its large components."""
    heights = np.array([piece.box[3] for piece in row], np.float64)
    return float(np.median(heights[heights >= 0.5 * np.quantile(heights, 0.8)]))


def _singles(row: Sequence[Piece], height: float) -> list[int]:
    """Numbers of the components that may be one digit each, by their size."""
    return [
        i
        for i, piece in enumerate(row)
        if piece.box[3] >= LARGE * height and piece.box[2] <= SQUARE * max(height, piece.box[3])
    ]


def _images(ink: PageInk, row: Sequence[Piece], candidates: Sequence[Candidate]) -> list[NDArray[np.uint8]]:
    if not candidates:
        return []
    images = PieceImages(ink, row)
    return [images.image(one) for one in candidates]


def _cut_if_needed(
    piece: Piece, logs: NDArray[np.float64] | None, stroke: float, height: float
) -> list[Piece]:
    clear = logs is not None and float(np.exp(logs[:10].max())) >= CLEAR
    low = piece.box[3] < LARGE * height or piece.box[2] < CUT_WIDTH * height
    return [piece] if clear or low else cut(piece, stroke, height)


def _scaled(found: Page, scale: float) -> Page:
    """The page with its boxes in its own pixels, instead of those of the enlarged one."""
    if scale == 1:
        return found

    def own(box: Box) -> Box:
        left, top = int(box[0] / scale), int(box[1] / scale)
        right, bottom = -int(-(box[0] + box[2]) // scale), -int(-(box[1] + box[3]) // scale)
        right, bottom = min(right, found.width), min(bottom, found.height)
        left, top = min(left, right - 1), min(top, bottom - 1)
        return left, top, right - left, bottom - top

    lines = tuple(
        Line(
            tuple(
                replace(
                    string,
                    digits=tuple(replace(one, box=own(one.box)) for one in string.digits),
                    separators=tuple(replace(one, box=own(one.box)) for one in string.separators),
                )
                for string in line.strings
            )
        )
        for line in found.lines
    )
    left_out = tuple(replace(one, box=own(one.box)) for one in found.left_out)
    return replace(found, lines=lines, left_out=left_out)
