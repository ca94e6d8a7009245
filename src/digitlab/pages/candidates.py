"""Candidates: runs of neighboring pieces that may be one digit, each scored by the recognizer."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.digits import scale_ink
from digitlab.data.morphology import Grid
from digitlab.data.normalize import normalize_ink
from digitlab.errors import ModelError
from digitlab.pages.answers import Box, around
from digitlab.pages.page_ink import PageInk
from digitlab.pages.pieces import Piece
from digitlab.probabilities import digit_probabilities
from digitlab.reader.predict import Model

__all__ = ["Candidate", "PieceImages", "is_cut", "list_candidates", "list_sharing", "recognize"]

FRINGE = 0.35  # widths of a stroke that its faint edge reaches
WIDEST = 1.5  # heights of a digit that a candidate is wide at most
WIDE = 1.15  # times as wide as high that it is then, if it is higher than the digits nearby
TALLEST = 2.0  # times as tall as the digits nearby a candidate is at most
MOST_PIECES = 7
GAP = 0.25  # heights of a digit that may lie between two parts of one
SHARING = 0.6  # heights of a digit that a candidate is large at least, to share ink with its neighbors
REACH = 1.2  # widths of a stroke that shared ink reaches beyond a cut
UNLIKELY = 1e-7  # probability below which all are alike


@dataclass(frozen=True, eq=False)
class Candidate:
    """Neighboring pieces that may be one digit.

    Attributes:
        start: Number of the first piece in its row of pieces.
        stop: Number after that of the last.
        box: The box around them.
        shares_before: Whether it also has ink of the piece before, close to the cut between the two: where
            two digits overlap, as zeros do that share a wall, a stroke belongs to both.
        shares_after: The same of the piece after.
    """

    start: int
    stop: int
    box: Box
    shares_before: bool = False
    shares_after: bool = False


def list_candidates(pieces: Sequence[Piece], height: float, clear: Container[Piece] = ()) -> list[Candidate]:
    """All runs of pieces that may be one digit by their size: every piece, and neighbors that lie close.

    Args:
        pieces: From left to right.
        height: Of digits nearby, in pixels.
        clear: Pieces that are clearly a digit by themselves: no two of them are in one candidate.
    """
    found = []
    for start in range(len(pieces)):
        box = pieces[start].box
        found.append(Candidate(start, start + 1, box))
        digits = int(pieces[start] in clear)
        for stop in range(start + 2, min(len(pieces), start + MOST_PIECES) + 1):
            other = pieces[stop - 1].box
            if other[0] - (box[0] + box[2]) > GAP * height:
                break
            box = around([box, other])
            digits += pieces[stop - 1] in clear
            if digits > 1:
                break
            if box[2] > max(WIDEST * height, WIDE * box[3]) or box[3] > TALLEST * height:
                break
            found.append(Candidate(start, stop, box))
    return found


def list_sharing(pieces: Sequence[Piece], candidate: Candidate, height: float) -> list[Candidate]:
    """A candidate with ink that it may share with the pieces that it was cut from, in each possible way."""
    if max(candidate.box[2:]) < SHARING * height:
        return []
    before = (False, True) if is_cut(pieces, candidate.start) else (False,)
    after = (False, True) if is_cut(pieces, candidate.stop) else (False,)
    ways = [(b, a) for b in before for a in after if b or a]
    return [replace(candidate, shares_before=b, shares_after=a) for b, a in ways]


def is_cut(pieces: Sequence[Piece], number: int) -> bool:
    """Whether a piece was cut from the one before."""
    if not 0 < number < len(pieces):
        return False
    return pieces[number].cut > 0 and pieces[number].component == pieces[number - 1].component


class PieceImages:
    """Pictures of runs of pieces, as the recognizer takes them.

    Args:
        page: The ink of the page.
        pieces: From left to right; their masks do not overlap.
    """

    def __init__(self, page: PageInk, pieces: Sequence[Piece]) -> None:
        left, top, width, height = around([piece.box for piece in pieces])
        fringe = max(1, round(FRINGE * page.stroke))
        labels = np.zeros((height + 2 * fringe, width + 2 * fringe), np.float32)
        for number, piece in enumerate(pieces, 1):
            x, y = piece.box[0] - left + fringe, piece.box[1] - top + fringe
            labels[y : y + piece.box[3], x : x + piece.box[2]][piece.mask] = number
        spread = cv2.dilate(labels, np.ones((2 * fringe + 1, 2 * fringe + 1), np.uint8))
        self._labels = np.where(labels > 0, labels, spread).astype(np.int32)
        self._ink = _window(page.ink, (left - fringe, top - fringe), labels.shape) * (255 / page.level)
        self._ink = np.minimum(self._ink, 255).astype(np.uint8)
        self._corner = left, top
        self._fringe = fringe
        self._reach = max(1, round(REACH * page.stroke))

    def image(self, candidate: Candidate) -> NDArray[np.uint8]:
        """The ink of a candidate's pieces, `(28, 28)`, in MNIST's format."""
        shared = candidate.shares_before or candidate.shares_after
        room = self._reach if shared else 0
        x, y = candidate.box[0] - self._corner[0] - room, candidate.box[1] - self._corner[1] - room
        size = 2 * (self._fringe + room)
        where = slice(max(y, 0), y + candidate.box[3] + size), slice(max(x, 0), x + candidate.box[2] + size)
        labels = self._labels[where]
        own = (labels > candidate.start) & (labels <= candidate.stop)
        if shared:
            box = np.ones((2 * self._reach + 1, 2 * self._reach + 1), np.uint8)
            near = cv2.dilate(own.view(np.uint8), box) > 0
            neighbors = (labels == candidate.start) & candidate.shares_before
            neighbors |= (labels == candidate.stop + 1) & candidate.shares_after
            own |= near & neighbors
        return normalize_ink(np.where(own, self._ink[where], 0).astype(np.uint8))


def _window(ink: Grid, corner: tuple[int, int], shape: tuple[int, ...]) -> Grid:
    """A part of the page; beyond its border there is no ink."""
    window = np.zeros(shape, np.float32)
    left, top = corner
    rows, columns = ink.shape
    bottom, right = min(top + shape[0], rows), min(left + shape[1], columns)
    x, y = max(left, 0), max(top, 0)
    window[y - top : bottom - top, x - left : right - left] = ink[y:bottom, x:right]
    return window


def recognize(model: Model, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """Scores of pictures by the recognizer.

    Args:
        model: Takes pictures of 28 x 28.
        images: `(28, 28)` each, `uint8`, 0 = paper.

    Returns:
        `(n, 11)`: the logarithm of the probability of each digit, and of no digit; about -16 at least.

    Raises:
        ModelError: If the network gives logits that are not finite.
    """
    if not images:
        return np.zeros((0, 11))
    outputs = model.outputs(scale_ink(np.stack(images)))
    if not np.isfinite(outputs).all():
        raise ModelError(
            "the network gives logits that are not finite", "Train it again, or use another one."
        )
    digits, other = digit_probabilities(outputs, model.rule.temperature if model.rule else 1.0)
    every: NDArray[np.float64] = np.log(np.concatenate([digits, other[:, None]], axis=1) + UNLIKELY)
    return every
