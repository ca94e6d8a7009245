"""Scores of all candidates of a page, by few runs of the recognizer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.candidates import Candidate, PieceImages, list_candidates, list_sharing, recognize
from digitlab.pages.lattice import Weights, best_paths
from digitlab.pages.layout import Part, row_of
from digitlab.pages.page_ink import PageInk
from digitlab.pages.pieces import Piece, cut
from digitlab.pages.strings import ScoredRow
from digitlab.reader.predict import Model

__all__ = ["score_components", "score_rows"]

CLEAR = 0.97  # probability from which a component is one digit, and is not cut
SQUARE = 1.15  # width / height up to which that holds
LARGE = 0.5  # heights of a digit that a component is high at least, to be one
CUT_WIDTH = 0.4  # heights of a digit that a component is wide at least, to be cut

DOUBT = -0.1  # logarithm of a digit's probability from which a row is not doubtful
SURE = -0.05  # the same, from which no shared ink can better a candidate

Logs = NDArray[np.float64]


def score_rows(ink: PageInk, parts: Sequence[Part], model: Model, weights: Weights) -> list[ScoredRow]:
    """Scores the candidates of rows of components, by three runs of the network for the whole page.

    The first tells which components are clearly one digit each; the others are cut. The second scores all
    runs of pieces that may be a digit. The third scores those of rows that are still doubtful with ink that
    they may share with their neighbors.

    Args:
        ink: Of the page.
        parts: The rows.
        model: The recognizer.
        weights: How much counts what in a path.

    Raises:
        ModelError: If the model takes images of another size, or gives logits that are not finite.
    """
    known = score_components(ink, parts, model)
    clear = {piece for piece, logs in known.items() if _is_clear(logs)}
    rows = []
    for part in parts:
        pieces = []
        for piece in part.pieces:
            low = piece.box[3] < LARGE * part.height or piece.box[2] < CUT_WIDTH * part.height
            pieces += [piece] if piece in clear or low else cut(piece, ink.stroke, part.height)
        rows.append(sorted(pieces, key=lambda piece: piece.middle[0]))
    every = [list_candidates(row, part.height, clear) for row, part in zip(rows, parts, strict=True)]
    wanted = [
        [one for one in candidates if _known_logs(one, row, known) is None]
        for row, candidates in zip(rows, every, strict=True)
    ]
    logs = iter(_scores(ink, rows, wanted, model))
    scored = []
    for row, candidates, part in zip(rows, every, parts, strict=True):
        own = [_known_logs(one, row, known) for one in candidates]
        scores = np.array([next(logs) if one is None else one for one in own]).reshape(-1, 11)
        scored.append(ScoredRow(row_of(row, part.height), candidates, scores))
    sharing = [_sharing(one, weights) for one in scored]
    logs = iter(_scores(ink, rows, sharing, model))
    return [
        ScoredRow(one.row, [*one.candidates, *more], np.array([*one.logs, *(next(logs) for _ in more)]))
        for one, more in zip(scored, sharing, strict=True)
    ]


def _scores(
    ink: PageInk, rows: Sequence[Sequence[Piece]], wanted: Sequence[Sequence[Candidate]], model: Model
) -> Logs:
    """The scores of candidates of all rows, one after another."""
    images: list[NDArray[np.uint8]] = []
    for row, candidates in zip(rows, wanted, strict=True):
        images += _images(ink, row, candidates)
    return recognize(model, images)


def _sharing(scored: ScoredRow, weights: Weights) -> list[Candidate]:
    """Candidates with shared ink that may better a row's best reading; none where that is clear."""
    paths = best_paths(scored.row, scored.candidates, scored.logs, weights, most=1)
    digits = [one for path in paths for one in path.segments if one.digit is not None]
    if all(scored.logs[one.candidate, one.digit or 0] > DOUBT for one in digits):
        return []
    pieces, height = scored.row.pieces, scored.row.height
    doubtful = scored.logs[:, :10].max(axis=1, initial=-np.inf) < SURE
    return [
        other
        for one, is_doubtful in zip(scored.candidates, doubtful, strict=True)
        if is_doubtful
        for other in list_sharing(pieces, one, height)
    ]


def _is_clear(logs: Logs) -> bool:
    return float(np.exp(logs[:10].max())) >= CLEAR


def score_components(ink: PageInk, parts: Sequence[Part], model: Model) -> dict[Piece, Logs]:
    """The scores of components that may be one digit each, by their size: `(11,)`, see `recognize`.

    Args:
        ink: Of the page.
        parts: The rows.
        model: The recognizer.

    Raises:
        ModelError: If the model takes images of another size, or gives logits that are not finite.
    """
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
