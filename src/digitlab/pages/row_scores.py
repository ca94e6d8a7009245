"""Scores of all candidates of a page, by two runs of the recognizer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.candidates import Candidate, PieceImages, list_candidates, recognize
from digitlab.pages.layout import Part, row_of
from digitlab.pages.page_ink import PageInk
from digitlab.pages.pieces import Piece, cut
from digitlab.pages.strings import ScoredRow
from digitlab.reader.predict import Model

__all__ = ["score_rows"]

CLEAR = 0.97  # probability from which a component is one digit, and is not cut
SQUARE = 1.15  # width / height up to which that holds
LARGE = 0.5  # heights of a digit that a component is high at least, to be one
CUT_WIDTH = 0.4  # heights of a digit that a component is wide at least, to be cut

Logs = NDArray[np.float64]


def score_rows(ink: PageInk, parts: Sequence[Part], model: Model) -> list[ScoredRow]:
    """Scores the candidates of rows of components.

    A first run of the network, for the whole page, tells which components are clearly one digit each. The
    others are cut, and a second run scores all runs of pieces that may be a digit.

    Args:
        ink: Of the page.
        parts: The rows.
        model: The recognizer.

    Raises:
        ModelError: If the model takes images of another size, or gives logits that are not finite.
    """
    known = _known(ink, parts, model)
    rows = []
    for part in parts:
        pieces = []
        for piece in part.pieces:
            pieces += _cut_if_needed(piece, known.get(piece), ink.stroke, part.height)
        rows.append(sorted(pieces, key=lambda piece: piece.middle[0]))
    every = [list_candidates(row, part.height) for row, part in zip(rows, parts, strict=True)]
    images: list[NDArray[np.uint8]] = []
    for row, candidates in zip(rows, every, strict=True):
        images += _images(ink, row, [one for one in candidates if _known_logs(one, row, known) is None])
    logs = iter(recognize(model, images))
    found = []
    for row, candidates, part in zip(rows, every, parts, strict=True):
        scores = []
        for one in candidates:
            own = _known_logs(one, row, known)
            scores.append(next(logs) if own is None else own)
        scored = np.array(scores).reshape(-1, 11)
        found.append(ScoredRow(row_of(row, part.height), candidates, scored))
    return found


def _known(ink: PageInk, parts: Sequence[Part], model: Model) -> dict[Piece, Logs]:
    """The scores of components that may be one digit each, by their size."""
    images: list[NDArray[np.uint8]] = []
    scored: list[Piece] = []
    for part in parts:
        chosen = [
            Candidate(i, i + 1, piece.box)
            for i, piece in enumerate(part.pieces)
            if piece.box[3] >= LARGE * part.height and piece.box[2] <= SQUARE * max(part.height, piece.box[3])
        ]
        images += _images(ink, part.pieces, chosen)
        scored += [part.pieces[one.start] for one in chosen]
    return dict(zip(scored, recognize(model, images), strict=True))


def _known_logs(candidate: Candidate, row: Sequence[Piece], known: dict[Piece, Logs]) -> Logs | None:
    """The scores of a candidate that is a whole component, if the first run has them."""
    return known.get(row[candidate.start]) if candidate.stop == candidate.start + 1 else None


def _images(ink: PageInk, row: Sequence[Piece], chosen: Sequence[Candidate]) -> list[NDArray[np.uint8]]:
    if not chosen:
        return []
    images = PieceImages(ink, row)
    return [images.image(one) for one in chosen]


def _cut_if_needed(piece: Piece, logs: Logs | None, stroke: float, height: float) -> list[Piece]:
    clear = logs is not None and float(np.exp(logs[:10].max())) >= CLEAR
    low = piece.box[3] < LARGE * height or piece.box[2] < CUT_WIDTH * height
    return [piece] if clear or low else cut(piece, stroke, height)
