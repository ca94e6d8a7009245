"""Parts of strings: what reading a string asks the network about, made by code from training digits.

Strings are written by code, cut into pieces as a page is (`digitlab.pages`), and each run of pieces that
reading would try is labeled by whose ink it holds: most of one digit and little else is that digit, about
half of one, or parts of two, are no digit. So the network learns digits whose neighbors left a bit of stroke
or took one with them, and what cuts in wrong places leave.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.pages.answers import around
from digitlab.pages.candidates import Candidate, PieceImages, list_candidates, list_sharing
from digitlab.pages.handwriting import Hand, Mark, indices_by_digit
from digitlab.pages.page_ink import PageInk
from digitlab.pages.pieces import Piece, components, cut
from digitlab.probabilities import NO_DIGIT
from digitlab.training.european import draw_european

__all__ = ["make_string_parts"]

HEIGHTS = 34, 50  # pixels of a digit; cutting takes longer the larger it is
MARGIN = 14
DIGIT = 0.85  # share that a part and a digit have in common of both, from which the part is the digit
NONE = 0.55  # share up to which it is none
SMALLEST = 0.4  # heights of a digit that a part is large at least
KEPT_NONE = 0.25  # share of the parts that are no digit which is kept: there are five times as many as digits
LINE = 18.0  # times as long as wide is a line: it may be a 1, wherever it comes from
NARROW = 0.38  # width / height of what may be a 1, too
EUROPEAN = 8  # for so many parts of strings one digit is drawn as in Europe: a 1 with a flag, a 7 with a bar


def make_string_parts(
    images: NDArray[np.uint8], labels: NDArray[np.integer], n: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Makes parts of strings, digits and none.

    Args:
        images: `(m, 28, 28)` training digits, `uint8`, 0 = paper, 255 = ink; each of the ten at least once.
        labels: `(m,)`, 0 to 9.
        n: How many to make.
        rng: Where the randomness comes from.

    Returns:
        `(n, 28, 28)`, `uint8`, and their labels `(n,)`: 0 to 9, or 10 for no digit. One in nine is a 1 or a 7
        drawn as in Europe.
    """
    by_digit = indices_by_digit(labels)
    thin: dict[int, bool] = {}
    made: list[tuple[NDArray[np.uint8], int]] = []
    drawn = n // (EUROPEAN + 1)
    while len(made) < n - drawn:
        hand = Hand(
            images,
            by_digit,
            rng,
            height=float(rng.uniform(*HEIGHTS)),
            pen=float(rng.uniform(2.5, 6.0)) if rng.random() < 0.4 else 0.0,
            slant=float(rng.uniform(-0.15, 0.35)),
            size=float(rng.uniform(0.02, 0.2)),
            wobble=float(rng.uniform(0.02, 0.12)),
            thin=thin,
        )
        made += _parts(hand)
    del made[n - drawn :]
    made += [draw_european(rng) for _ in range(drawn)]
    return np.stack([pixels for pixels, _ in made]), np.array([label for _, label in made], np.int64)


def _parts(hand: Hand) -> list[tuple[NDArray[np.uint8], int]]:
    """The parts of one string with their labels."""
    rng = hand.rng
    tight = hand.height * rng.uniform(-0.12, 0.16)
    text = _text(rng)
    marks = list(hand.string(text, lambda: float(tight + rng.normal(0, 0.06) * hand.height)).marks)
    page, owners = _page(marks, rng)
    mask = (page > 100).astype(np.uint8)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    stroke = float(max(3.0, 4 * distance[mask > 0].mean() - 1))
    row: list[Piece] = []
    for piece in components(mask):
        if piece.mask.sum() <= (0.7 * stroke) ** 2:
            continue
        low = piece.box[3] < 0.5 * hand.height or piece.box[2] < 0.4 * hand.height
        row += [piece] if low else cut(piece, stroke, hand.height)
    row.sort(key=lambda piece: piece.middle[0])
    if not row:
        return []
    shared, sizes = _overlaps(row, owners, mask.shape)
    own_sizes = np.array([piece.mask.sum() for piece in row])
    pictures = PieceImages(PageInk(page.astype(np.float32), mask, stroke, 230.0), row)
    parts = []
    alone = list_candidates(row, hand.height)
    sharing = [other for one in alone for other in list_sharing(row, one, hand.height)]
    for candidate in [*alone, *sharing]:
        inside = slice(candidate.start, candidate.stop)
        both = shared[:, inside].sum(axis=1)
        overlap = both / (sizes + own_sizes[inside].sum() - both)
        if overlap.max() < DIGIT and rng.random() >= KEPT_NONE:
            continue
        no_digit = _is_no_digit(row[inside], candidate, overlap, hand.height)
        if no_digit is not None:
            digit = marks[int(overlap.argmax())].digit
            parts.append((pictures.image(candidate), NO_DIGIT if no_digit else int(digit or 0)))
    return parts


def _text(rng: np.random.Generator) -> str:
    """Two to five digits; in a third of all strings many of them are zeros, as in amounts of money."""
    n = int(rng.integers(2, 6))
    zeros = 0.6 if rng.random() < 0.35 else 0.0
    return "".join("0" if rng.random() < zeros else str(rng.integers(10)) for _ in range(n))


def _page(
    marks: Sequence[Mark], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    """The ink of a string, with a rest of a ruled line or a dot on some, and where each digit's is."""
    left, top = min(mark.left for mark in marks), min(mark.top for mark in marks)
    right = max(mark.right for mark in marks)
    bottom = max(mark.top + len(mark.cover) for mark in marks)
    shape = bottom - top + 2 * MARGIN, right - left + 2 * MARGIN
    ink = np.zeros(shape, np.float32)
    owners = []
    for mark in marks:
        rows = slice(mark.top - top + MARGIN, mark.top - top + MARGIN + mark.cover.shape[0])
        columns = slice(mark.left - left + MARGIN, mark.left - left + MARGIN + mark.cover.shape[1])
        np.maximum(ink[rows, columns], mark.cover, out=ink[rows, columns])
        own = np.zeros(shape, np.bool_)
        own[rows, columns] = mark.cover > 0.4
        owners.append(own)
    if rng.random() < 0.3:
        row, column = int(rng.integers(3, shape[0] - 3)), int(rng.integers(0, shape[1]))
        ink[row : row + int(rng.integers(1, 3)), column : column + int(rng.integers(4, 30))] = 1
    if rng.random() < 0.3:
        middle = int(rng.integers(5, shape[1] - 5)), int(shape[0] * rng.uniform(0.6, 0.9))
        cv2.circle(ink, middle, int(rng.integers(2, 5)), 1.0, -1)
    soft = cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.4, 1.3)))
    return np.asarray(soft * 255, np.uint8), owners


def _overlaps(
    row: Sequence[Piece], owners: Sequence[NDArray[np.bool_]], shape: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pixels that each digit and each piece share, `(digits, pieces)`; and those of each digit."""
    numbers = np.full(shape, -1, np.int64)
    for number, piece in enumerate(row):
        x, y, width, height = piece.box
        numbers[y : y + height, x : x + width][piece.mask] = number
    shared = [np.bincount(numbers[own & (numbers >= 0)], minlength=len(row)) for own in owners]
    return np.stack(shared), np.array([own.sum() for own in owners])


def _is_no_digit(
    pieces: Sequence[Piece], candidate: Candidate, overlap: NDArray[np.float64], height: float
) -> bool | None:
    """Whether a part is no digit; None if that cannot be told."""
    _, _, width, tall = candidate.box
    if max(width, tall) < SMALLEST * height:
        return None
    if overlap.max() >= DIGIT:
        return False
    if overlap.max() > NONE or width < NARROW * tall or _is_line(pieces):
        return None
    return True


def _is_line(pieces: Sequence[Piece]) -> bool:
    left, top, width, height = around([piece.box for piece in pieces])
    mask = np.zeros((height, width), np.bool_)
    for piece in pieces:
        x, y = piece.box[0] - left, piece.box[1] - top
        mask[y : y + piece.box[3], x : x + piece.box[2]] |= piece.mask
    moments = cv2.moments(mask.view(np.uint8), binaryImage=True)
    across, down, both = (moments[name] for name in ("mu20", "mu02", "mu11"))
    # Variances along the principal axes of the ink, times its pixels.
    middle, radius = (across + down) / 2, float(np.hypot((across - down) / 2, both))
    least = 0.1 * moments["m00"]  # a straight line of one pixel has no variance across
    return bool(middle + radius > LINE * max(middle - radius, least))
