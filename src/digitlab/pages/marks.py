"""Marks: what stands between and beside the digits of a string, and how much white space."""

from __future__ import annotations

from collections.abc import Sequence

from digitlab.pages.answers import Box, Separator, around
from digitlab.pages.lattice import Row, Segment

__all__ = ["SIGN", "box_of", "kind_of", "separators_of", "sign_between", "white_between", "widest_white"]

APART = 0.35  # heights of a digit that a sign stands away from numbers at least
LARGE = 0.55  # heights of a digit from which a mark is as large as one
SIGN = "#"  # a mark as large as a digit


def box_of(row: Row, segment: Segment) -> Box:
    """The box around the pieces of a segment."""
    return around([piece.box for piece in row.pieces[segment.start : segment.stop]])


def _end(row: Row, segment: Segment) -> int:
    box = box_of(row, segment)
    return box[0] + box[2]


def white_between(row: Row, one: Segment, other: Segment) -> float:
    """White space between two segments, in heights of a digit; below 0 if they overlap."""
    return (box_of(row, other)[0] - _end(row, one)) / row.height


def widest_white(row: Row, segments: Sequence[Segment], one: Segment, other: Segment) -> float:
    """The widest white space between two digits, in heights of a digit; marks between them part it."""
    between = [segment for segment in segments if one.stop <= segment.start and segment.stop <= other.start]
    reached = _end(row, one)
    widest = 0.0
    for segment in [*between, other]:
        widest = max(widest, (box_of(row, segment)[0] - reached) / row.height)
        reached = max(reached, _end(row, segment))
    return widest


def kind_of(row: Row, segment: Segment, box: Box) -> str:
    """What a mark looks like, by its size and where it is."""
    width, height = box[2] / row.height, box[3] / row.height
    low = (box[1] + box[3] / 2 - row.middle[segment.start]) / row.height
    if max(width, height) <= 0.25 or (height <= 0.3 and width <= 0.3):
        return "." if low > 0.15 else "?"
    if width >= 1.6 * height and height <= 0.3:
        return "-"
    if height <= 0.6 and width <= 0.4 and low > 0.15:
        return ","
    if height >= 0.8 and 0.2 <= width <= 0.6:
        return "/"
    return SIGN if max(width, height) >= LARGE else "?"


def sign_between(row: Row, segments: Sequence[Segment], one: Segment, other: Segment) -> bool:
    """Whether a mark as large as a digit stands free between two digits: a plus sign."""
    between = [segment for segment in segments if one.stop <= segment.start and segment.stop <= other.start]
    signs = [segment for segment in between if kind_of(row, segment, box_of(row, segment)) == SIGN]
    if not signs:
        return False
    return white_between(row, one, signs[0]) > APART and white_between(row, signs[-1], other) > APART


def separators_of(
    row: Row, group: Sequence[Segment], pattern: str | None = None
) -> tuple[list[Separator], list[Box]]:
    """The separators of a string, and the boxes of its marks that are none.

    Args:
        row: The pieces.
        group: The segments of the string.
        pattern: `d` for a digit, anything else for a separator, if the string has that form: then these are
            its separators, and other marks are none. None: each mark is what it looks like.
    """
    marks = []
    for segment in group:
        if segment.digit is None:
            after = sum(one.digit is not None and one.stop <= segment.start for one in group)
            box = box_of(row, segment)
            kind = kind_of(row, segment, box)
            marks.append(Separator("?" if kind == SIGN else kind, box, after))
    if pattern is None:
        return marks, []
    digits = [box_of(row, segment) for segment in group if segment.digit is not None]
    return _separators_in(pattern, marks, digits)


def _separators_in(
    pattern: str, marks: Sequence[Separator], digits: Sequence[Box]
) -> tuple[list[Separator], list[Box]]:
    """The separators of a pattern, and the boxes of marks where it has none.

    The marks at one place are its separators there, in order; the last one is all that are left, as both
    points of a colon are. One that was not seen between two digits lies in their gap.
    """
    found: list[Separator] = []
    others: list[Box] = []
    for place in range(len(digits) + 1):
        boxes = [mark.box for mark in marks if mark.after == place]
        texts = pattern.split("d")[place]
        if not texts:
            others += boxes
            continue
        for number, text in enumerate(texts):
            own = boxes[number:] if number == len(texts) - 1 else boxes[number : number + 1]
            if own:
                found.append(Separator(text, around(own), place))
            elif 0 < place < len(digits):
                found.append(Separator(text, _gap(digits[place - 1], digits[place]), place))
    return found, others


def _gap(one: Box, other: Box) -> Box:
    """What lies between two digits, or where they overlap; at least a pixel wide."""
    _, top, _, height = around([one, other])
    left, right = sorted((one[0] + one[2], other[0]))
    return left, top, max(right - left, 1), height
