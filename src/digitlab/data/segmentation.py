"""Segmentation of a gray image into separate pieces of ink, each in MNIST's format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.data.foreground import Foreground, foreground
from digitlab.data.normalize import check_gray, normalize_ink

__all__ = ["Piece", "find_pieces", "ink_and_pieces", "whole_and_pieces"]

MOST_PIECES = 100  # an image of one digit that falls into more is a page, or dirt

PART = 0.6  # a component lower than this share of another may be a part of its digit: a bar, a dot of ink
GAP = 0.3  # share of the higher one's height that may lie between a digit and its part
OVERLAP = 0.4  # share of the narrower one's width that must lie above or below the other
NESTED = 0.8  # share of a component's box in another's from which both are one digit


@dataclass(frozen=True, eq=False)
class Piece:
    """A separate piece of ink: one digit, if it is one.

    Attributes:
        pixels: `(28, 28)`, `uint8`, 0 = paper, 255 = ink, in MNIST's format.
        box: Left, top, width and height in the picture, in its pixels.
    """

    pixels: NDArray[np.uint8]
    box: tuple[int, int, int, int]


def find_pieces(gray: NDArray[np.uint8]) -> list[Piece]:
    """Finds the separate pieces of ink of an image.

    Ink is extracted as for one digit: specks are dropped, and so is what runs off the picture beside free
    ink. Parts of one digit that do not touch, as the bar and the bowl of a 5, make one piece: boxes that
    lie in one another, and a low component right above or below a higher one.

    Args:
        gray: `(height, width)`, any size, dark ink on light paper or light on dark.

    Returns:
        One or more pieces, by the middle of their boxes from left to right.

    Raises:
        DataError: If `gray` is not two-dimensional `uint8`, or no ink stands out from the paper.
    """
    check_gray(gray)
    found = foreground(gray)
    return _pieces(found, _groups(found.boxes), gray.shape)


def whole_and_pieces(gray: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], list[Piece]]:
    """All ink of an image as one digit, and its pieces by themselves if there are several.

    Args:
        gray: As in `find_pieces`.

    Returns:
        `(28, 28)`, as `to_mnist_format` makes it; and the pieces, none if all ink is one piece or falls into
        more than `MOST_PIECES`.

    Raises:
        DataError: As `find_pieces` does.
    """
    ink, pieces = ink_and_pieces(gray)
    return normalize_ink(ink), pieces


def ink_and_pieces(gray: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], list[Piece]]:
    """The ink of an image as `extract_ink` gives it, and its pieces as `whole_and_pieces` does.

    Raises:
        DataError: As `find_pieces` does.
    """
    check_gray(gray)
    found = foreground(gray)
    groups = _groups(found.boxes) if 1 < len(found.boxes) <= MOST_PIECES else []
    return found.ink, _pieces(found, groups, gray.shape) if len(groups) > 1 else []


def _pieces(found: Foreground, groups: list[list[int]], shape: tuple[int, ...]) -> list[Piece]:
    pieces = [_piece(found, group, shape) for group in groups]
    return sorted(pieces, key=lambda piece: (2 * piece.box[0] + piece.box[2], piece.box[1]))


def _piece(found: Foreground, group: list[int], shape: tuple[int, ...]) -> Piece:
    ink = np.where(np.isin(found.labels, np.array(group) + 1), found.ink, 0).astype(np.uint8)
    left, top, width, height = _joint(found.boxes[group])
    ends = [(left, shape[1]), (top, shape[0]), (left + width, shape[1]), (top + height, shape[0])]
    x, y, right, bottom = (min(round(end * found.scale), most) for end, most in ends)
    return Piece(normalize_ink(ink), (x, y, max(right - x, 1), max(bottom - y, 1)))


def _joint(boxes: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """The box around several boxes."""
    left, top = boxes[:, :2].min(0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(0)
    return int(left), int(top), int(right - left), int(bottom - top)


def _groups(boxes: NDArray[np.int64]) -> list[list[int]]:
    """Numbers of the components of each digit: pairs that belong together are joined until none does."""
    groups = [[number] for number in range(len(boxes))]
    joint = [_joint(boxes[group]) for group in groups]
    while True:
        pairs = [(a, b) for a in range(len(groups)) for b in range(a) if _belong_together(joint[a], joint[b])]
        if not pairs:
            return groups
        a, b = pairs[0]
        groups[b] += groups.pop(a)
        joint.pop(a)
        joint[b] = _joint(boxes[groups[b]])


def _belong_together(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    across, down = _shared(one[0], one[2], other[0], other[2]), _shared(one[1], one[3], other[1], other[3])
    smaller = min(one[2] * one[3], other[2] * other[3])
    if across > 0 and down > 0 and across * down >= NESTED * smaller:
        return True
    lower, higher = sorted((one[3], other[3]))
    return lower <= PART * higher and across >= OVERLAP * min(one[2], other[2]) and down >= -GAP * higher


def _shared(start: int, length: int, other_start: int, other_length: int) -> int:
    """How much two spans overlap; negative is the gap between them."""
    return min(start + length, other_start + other_length) - max(start, other_start)
