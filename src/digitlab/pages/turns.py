"""Quarter turns: whether a page lies on its side or upside down, by what its components look like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.layout import LARGE, Part, rows_of_page
from digitlab.pages.page_ink import PageInk
from digitlab.pages.pieces import components
from digitlab.pages.row_scores import score_components
from digitlab.reader.predict import Model

__all__ = ["find_turn", "turn_matrix"]

TURNS = (2, 1, 3)  # quarters of a circle that a page may be turned by
UPRIGHT = 0.9  # share of its components that are one digit each on a page that is upright without a doubt
DIGITS = 0.5  # the same at least, on a page that is taken to be turned
FEWEST = 2.5  # digits that it shows at least
CLEARER = 2.5  # logarithm of how much more probable its components are digits than those of the page as it is
UNLIKELY = -3.0  # logarithm of the probability that is the smallest for one component, so that none decides


@dataclass(frozen=True)
class _Look:
    """How much the components of a page look like digits, one each.

    Attributes:
        digits: How many of them are, by their probabilities.
        share: The same in relation to all components, each weighted by its length.
        log: Sum of the logarithms of their probabilities to be digits.
    """

    digits: float
    share: float
    log: float


def find_turn(ink: PageInk, model: Model) -> int:
    """By how many quarters of a circle, counterclockwise, a page is to be turned to be upright.

    The components of the page, and of the page in the other three positions, are scored as digits, without
    any cuts. A turn is taken if its components are digits by far more probably, and most of them are.

    Args:
        ink: Of the page, without printed lines.
        model: The recognizer.

    Returns:
        0 to 3, as `numpy.rot90` takes it; 0 where it is not sure.

    Raises:
        ModelError: If the model takes images of another size, or gives logits that are not finite.
    """
    own = _look(ink, model)
    best, most = 0, own.log + CLEARER
    if own.share >= UPRIGHT:
        return best
    for quarters in TURNS:
        pixels = np.ascontiguousarray(np.rot90(ink.ink, quarters))
        mask = np.ascontiguousarray(np.rot90(ink.mask, quarters))
        other = _look(replace(ink, ink=pixels, mask=mask), model)
        if other.log >= most and other.share >= DIGITS and other.digits >= FEWEST:
            best, most = quarters, other.log
    return best


def turn_matrix(quarters: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Takes (x, y, 1) of a picture to the picture turned by quarters of a circle, as `numpy.rot90` does.

    Args:
        quarters: 0 to 3.
        shape: Height and width of the picture.

    Returns:
        `(3, 3)`.
    """
    height, width = shape[:2]
    matrices = {
        0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        1: [[0, 1, 0], [-1, 0, width - 1], [0, 0, 1]],
        2: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
        3: [[0, -1, height - 1], [1, 0, 0], [0, 0, 1]],
    }
    return np.array(matrices[quarters], np.float64)


def _look(ink: PageInk, model: Model) -> _Look:
    layout = rows_of_page(components(ink.mask), ink.stroke, ink.mask.shape)
    parts: Sequence[Part] = [part for line in layout.lines for part in line]
    scores = score_components(ink, parts, model)
    digits = log = length = read = 0.0
    for part in parts:
        for piece in part.pieces:
            long = max(piece.box[2:])
            if long < LARGE * part.height:
                continue
            length += long
            probability = float(np.exp(scores[piece][:10].max())) if piece in scores else 0.0
            digits += probability
            read += probability * long
            log += max(math.log(probability), UNLIKELY) if probability else UNLIKELY
    return _Look(digits, read / length if length else 0.0, log)
