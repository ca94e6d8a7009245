"""Pictures of the stages of reading: ink, printed lines, rows, pieces, and what the recognizer sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.morphology import Grid
from digitlab.pages.candidates import PieceImages
from digitlab.pages.layout import Layout
from digitlab.pages.page_ink import PageInk
from digitlab.pages.pieces import Piece
from digitlab.pages.ruling import Ruling
from digitlab.pages.strings import FoundString, ScoredRow

__all__ = ["picture_of_digits", "picture_of_ink", "picture_of_lines", "picture_of_pieces", "picture_of_rows"]

Picture = NDArray[np.uint8]

COLORS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (120, 94, 40))
"""Six colors that people who see few colors can tell apart (Okabe and Ito 2008), one of them darker."""
GRAY, RED = (150, 150, 150), (200, 30, 30)
TILE, LABEL, ACROSS = 84, 36, 12
MOST = 240  # digits that are shown one by one


def picture_of_ink(ink: Grid) -> Picture:
    """Ink, dark on white."""
    return np.asarray(255 - np.clip(ink, 0, 255), np.uint8)


def picture_of_lines(ruling: Ruling) -> Picture:
    """The ink that is left in gray, and the printed lines in red."""
    picture = _paper(ruling.mask.shape, ruling.mask)
    for line in ruling.lines:
        along = np.arange(line.start, line.stop)
        points = np.stack([line.course, along] if line.vertical else [along, line.course], axis=1)
        path = np.round(points).astype(np.int32)
        cv2.polylines(picture, [path], False, RED, max(1, round(line.thickness)))
    return picture


def picture_of_rows(layout: Layout, shape: tuple[int, ...]) -> Picture:
    """The components of each part of a line in a color of its own; what is left out in gray boxes."""
    picture = _paper(shape, None)
    number = 0
    for line in layout.lines:
        for part in line:
            _paint(picture, part.pieces, [COLORS[number % len(COLORS)]] * len(part.pieces))
            number += 1
    for one in layout.left_out:
        left, top, width, height = one.box
        cv2.rectangle(picture, (left, top), (left + width, top + height), GRAY, 1)
    return picture


def picture_of_pieces(rows: Sequence[ScoredRow], shape: tuple[int, ...]) -> Picture:
    """All pieces, each in another color than its neighbors."""
    picture = _paper(shape, None)
    for scored in rows:
        colors = [COLORS[number % len(COLORS)] for number in range(len(scored.row.pieces))]
        _paint(picture, scored.row.pieces, colors)
    return picture


def picture_of_digits(ink: PageInk, rows: Sequence[Sequence[FoundString]]) -> Picture:
    """What the recognizer sees of each digit of the strings, with its probability and that of no digit."""
    tiles = list(islice(_tiles(ink, [string for row in rows for string in row]), MOST))
    if not tiles:
        return np.full((TILE, TILE * 3), 255, np.uint8)
    while len(tiles) % ACROSS and len(tiles) > ACROSS:
        tiles.append(np.full_like(tiles[0], 255))
    lines = [np.concatenate(tiles[i : i + ACROSS], axis=1) for i in range(0, len(tiles), ACROSS)]
    return np.concatenate(lines, axis=0)


def _tiles(ink: PageInk, strings: Sequence[FoundString]) -> Iterator[Picture]:
    for scored, group in groupby(strings, key=lambda string: string.scored):
        images = PieceImages(ink, scored.row.pieces)
        for one in (digit for string in group for digit in string.digits):
            logs = scored.logs[one.candidate]
            tile = np.full((TILE + LABEL, TILE + 8), 255, np.uint8)
            small = 255 - images.image(scored.candidates[one.candidate])
            tile[4 : TILE + 4, 4 : TILE + 4] = cv2.resize(
                small, (TILE, TILE), interpolation=cv2.INTER_NEAREST
            )
            for number, text in enumerate(
                (f"{one.digit}: {np.exp(logs[one.digit]):.2f}", f"none: {np.exp(logs[10]):.2f}")
            ):
                place = (4, TILE + 17 + 14 * number)
                cv2.putText(tile, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
            yield tile


def _paper(shape: tuple[int, ...], mask: NDArray[np.uint8] | None) -> Picture:
    """White paper, `(height, width, 3)`, with ink in gray."""
    picture = np.full((*shape[:2], 3), 255, np.uint8)
    if mask is not None:
        picture[mask > 0] = GRAY
    return picture


def _paint(picture: Picture, pieces: Sequence[Piece], colors: Sequence[tuple[int, int, int]]) -> None:
    for piece, color in zip(pieces, colors, strict=True):
        left, top, width, height = piece.box
        picture[top : top + height, left : left + width][piece.mask] = color
