"""How well a page was read, by what is written on it: strings, digits, boxes, and what is sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.pages.answers import Box, Page

__all__ = [
    "Score",
    "Truth",
    "digits_right",
    "edit_distance",
    "f1",
    "joined",
    "match_boxes",
    "overlap",
    "score",
    "upright_boxes",
]

LEAST_OVERLAP = 0.5


@dataclass(frozen=True)
class Truth:
    """What is written on a page.

    Attributes:
        lines: From top to bottom: the digits of each string, from left to right.
        boxes: Each digit and the box around it, in reading order, in pixels of the upright page.
    """

    lines: tuple[tuple[str, ...], ...]
    boxes: tuple[tuple[int, Box], ...]

    def by_digit(self) -> Truth:
        """The same digits, each a string of its own: what a form of one digit a cell holds."""
        return Truth(tuple(tuple("".join(line)) for line in self.lines), self.boxes)


@dataclass(frozen=True)
class Score:
    """How well one page was read.

    Attributes:
        lines_right: Whether all lines and strings are as written, in reading order.
        joined_right: Whether all lines are, when the strings of each are joined.
        digits_right: 1 - edit distance / number of digits, of all digits in reading order; not below 0.
        box_f1: F1 of the digits' boxes: matched by overlap of at least 0.5, whatever their digits.
        digit_f1: The same where a match counts only if the digit is right, too.
        found: For each true string, whether a string with its digits was read in its place.
        answered: For each true string, whether a string in its place was read that is sure.
        wrong: For each string that is sure, whether the string in its place is another, or there is none.
    """

    lines_right: bool
    joined_right: bool
    digits_right: float
    box_f1: float
    digit_f1: float
    found: tuple[bool, ...]
    answered: tuple[bool, ...]
    wrong: tuple[bool, ...]


def score(page: Page, truth: Truth) -> Score:
    """Compares what was read from a page with what is written on it.

    The place of a string that was read is that of the true string whose digits its boxes match most often.
    """
    read_lines = tuple(tuple(string.text for string in line.strings) for line in page.lines)
    read = [(digit.digit, digit.box) for string in page.strings for digit in string.digits]
    pairs = match_boxes([box for _, box in read], [box for _, box in truth.boxes])
    right = sum(read[one][0] == truth.boxes[other][0] for one, other in pairs)
    texts = [text for line in truth.lines for text in line]
    places = _places(page, pairs, texts)
    found, answered, wrong = [False] * len(texts), [False] * len(texts), []
    for string, place in zip(page.strings, places, strict=True):
        good = place is not None and string.text == texts[place]
        if string.status == "sure":
            wrong.append(not good)
        if place is not None:
            found[place] |= good
            answered[place] |= string.status == "sure"
    return Score(
        lines_right=read_lines == truth.lines,
        joined_right=joined(read_lines) == joined(truth.lines),
        digits_right=digits_right("".join(joined(read_lines)), "".join(texts)),
        box_f1=f1(len(pairs), len(read), len(truth.boxes)),
        digit_f1=f1(right, len(read), len(truth.boxes)),
        found=tuple(found),
        answered=tuple(answered),
        wrong=tuple(wrong),
    )


def _places(page: Page, pairs: Sequence[tuple[int, int]], texts: Sequence[str]) -> list[int | None]:
    """For each string that was read, the true one in whose place it is; None if no box of a digit matches."""
    string_of = [number for number, text in enumerate(texts) for _ in text]
    matched = dict(pairs)
    places: list[int | None] = []
    index = 0
    for string in page.strings:
        own = range(index, index + len(string.digits))
        index += len(string.digits)
        votes = Counter(string_of[matched[one]] for one in own if one in matched)
        places.append(votes.most_common(1)[0][0] if votes else None)
    return places


def joined(lines: Sequence[Sequence[str]]) -> list[str]:
    """The digits of each line, whatever its strings are."""
    return ["".join(line) for line in lines]


def digits_right(read: str, true: str) -> float:
    """1 - edit distance / number of true digits, not below 0; without digits, whether none was read."""
    if not true:
        return float(not read)
    return max(0.0, 1 - edit_distance(read, true) / len(true))


def edit_distance(one: str, other: str) -> int:
    """The fewest characters to insert, delete or replace that make one text the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], number
        for column, target in enumerate(other, 1):
            cost = min(row[column] + 1, row[column - 1] + 1, before + (letter != target))
            before, row[column] = row[column], cost
    return row[-1]


def f1(hits: int, read: int, true: int) -> float:
    """Harmonic mean of precision and recall, in [0, 1]; 1 if there is nothing to read and nothing was."""
    return 2 * hits / (read + true) if read + true else 1.0


def match_boxes(read: Sequence[Box], true: Sequence[Box]) -> list[tuple[int, int]]:
    """Pairs of boxes, the most overlapping first, each box at most once.

    Returns:
        Indices in `read` and in `true` of boxes whose intersection is at least half of their union.
    """
    if not read or not true:
        return []
    overlaps = overlap(np.array(read, float), np.array(true, float))
    rows, columns = np.nonzero(overlaps >= LEAST_OVERLAP)
    chosen: dict[int, int] = {}
    for number in np.argsort(-overlaps[rows, columns], kind="stable"):
        one, other = int(rows[number]), int(columns[number])
        if one not in chosen and other not in chosen.values():
            chosen[one] = other
    return list(chosen.items())


def overlap(read: NDArray[np.floating], true: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of each box of one set with each of another.

    Args:
        read: `(n, 4)`: left, top, width, height.
        true: `(m, 4)`.

    Returns:
        `(n, m)`, in [0, 1].
    """
    low = np.maximum(read[:, None, :2], true[None, :, :2])
    high = np.minimum(read[:, None, :2] + read[:, None, 2:], true[None, :, :2] + true[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = read[:, None, 2:].prod(axis=2) + true[None, :, 2:].prod(axis=2) - shared
    return np.asarray(shared / union, np.float64)


def upright_boxes(outlines: Sequence[NDArray[np.floating]], to_upright: ArrayLike) -> list[Box]:
    """Boxes around outlines of a picture, in the upright page that it became.

    Args:
        outlines: Each `(k, 2)`: x and y of pixels of the picture, those at the border of the ink included.
        to_upright: `(3, 3)`, see `Page`.

    Returns:
        From the first to the last pixel, both included.
    """
    matrix = np.asarray(to_upright, float)
    boxes: list[Box] = []
    for outline in outlines:
        moved = np.column_stack([outline, np.ones(len(outline))]) @ matrix.T
        moved = moved[:, :2] / moved[:, 2:]
        left, top = (int(edge) for edge in np.rint(moved.min(axis=0)))
        right, bottom = (int(edge) for edge in np.rint(moved.max(axis=0)))
        boxes.append((left, top, right - left + 1, bottom - top + 1))
    return boxes
