"""Strings: from the paths of a row's lattice to numbers with probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.answers import Box, LeftOut, ReadDigit, ReadString, Separator, around
from digitlab.pages.candidates import Candidate
from digitlab.pages.form import Form
from digitlab.pages.lattice import Path, Row, Segment, Weights, best_paths

__all__ = ["ScoredRow", "read_strings"]

ALTERNATIVES = 8  # readings of a string that share its probability
SPLIT = 0.75  # heights of a digit from which a gap may part two strings
WIDER = 2.2  # times as wide as the usual gaps of its row that it is then
BESIDE = 0.8  # heights of a digit within which a mark belongs to a string
NONSENSE = -7.0  # mean score of the digits of what is no number


@dataclass(frozen=True, eq=False)
class ScoredRow:
    """A row whose candidates are scored.

    Attributes:
        row: The pieces.
        candidates: Runs of pieces that may be one digit.
        logs: `(n, 11)`: their scores, see `recognize`.
    """

    row: Row
    candidates: Sequence[Candidate]
    logs: NDArray[np.float64]

    def part(self, start: int, stop: int) -> ScoredRow:
        """Pieces `start` to `stop` - 1 as a row of its own."""
        inside = [i for i, one in enumerate(self.candidates) if start <= one.start and one.stop <= stop]
        moved = [
            Candidate(one.start - start, one.stop - start, one.box)
            for one in (self.candidates[i] for i in inside)
        ]
        row = Row(self.row.pieces[start:stop], self.row.height, self.row.middle[start:stop])
        return ScoredRow(row, moved, self.logs[inside])


def read_strings(
    scored: ScoredRow, form: Form | None, weights: Weights
) -> tuple[list[ReadString], list[LeftOut]]:
    """Reads a row.

    Args:
        scored: The row and its candidates.
        form: What each string looks like; None: anything.
        weights: How much counts what in a path.

    Returns:
        The strings from left to right, and what is left out.
    """
    paths = best_paths(scored.row, scored.candidates, scored.logs, weights, form=form, most=4)
    if not paths and form is not None:
        paths = best_paths(scored.row, scored.candidates, scored.logs, weights, most=4)
    if not paths:
        return [], []
    segments = paths[0].segments
    groups = _groups(scored.row, segments, form)
    strings, left_out = [], []
    used: set[Segment] = set()
    for group in groups:
        string = _string(scored, group, form, weights)
        if string is None:
            continue
        strings.append(string)
        used |= set(group)
    for segment in segments:
        if segment not in used:
            box = _box(scored.row, segment)
            left_out.append(LeftOut(box, _reason(scored.row, segment, box)))
    return strings, left_out


def _groups(row: Row, segments: Sequence[Segment], form: Form | None) -> list[list[Segment]]:
    """The segments of each string, from its first digit to its last, and marks close behind that."""
    digits = [segment for segment in segments if segment.digit is not None]
    if not digits:
        return []
    gaps = np.array([_white(row, segments, a, b) for a, b in zip(digits, digits[1:], strict=False)])
    usual = float(np.quantile(gaps, 0.4)) if len(gaps) else 0.0
    limit = max(SPLIT, WIDER * usual)
    strings = [[digits[0]]]
    for before, own, gap in zip(digits, digits[1:], gaps, strict=False):
        parted = own.string != before.string if form is not None else gap >= limit
        if parted:
            strings.append([])
        strings[-1].append(own)
    groups = []
    for string in strings:
        first, last = string[0].start, string[-1].stop
        inside = [one for one in segments if one.start >= first and one.stop <= last]
        for one in segments:
            if one.start == inside[-1].stop and one.digit is None and _close(row, inside[-1], one):
                inside.append(one)
        groups.append(inside)
    return groups


def _white(row: Row, segments: Sequence[Segment], one: Segment, other: Segment) -> float:
    """The widest white space between two digits, in heights of a digit; marks between them part it."""
    between = [segment for segment in segments if one.stop <= segment.start and segment.stop <= other.start]
    reached = _end(row, one)
    widest = 0.0
    for segment in [*between, other]:
        widest = max(widest, (_box(row, segment)[0] - reached) / row.height)
        reached = max(reached, _end(row, segment))
    return widest


def _close(row: Row, one: Segment, other: Segment) -> bool:
    return (_box(row, other)[0] - _end(row, one)) / row.height <= BESIDE


def _end(row: Row, segment: Segment) -> int:
    box = _box(row, segment)
    return box[0] + box[2]


def _box(row: Row, segment: Segment) -> Box:
    return around([piece.box for piece in row.pieces[segment.start : segment.stop]])


def _string(
    scored: ScoredRow, group: Sequence[Segment], form: Form | None, weights: Weights
) -> ReadString | None:
    """One number of a row; None if it is none."""
    digits = [segment for segment in group if segment.digit is not None]
    if np.mean([segment.score for segment in digits]) < NONSENSE:
        return None
    start, stop = group[0].start, group[-1].stop
    part = scored.part(start, stop)
    paths = best_paths(part.row, part.candidates, part.logs, weights, form=form, most=ALTERNATIVES)
    text = "".join(str(segment.digit) for segment in digits)
    shares = _shares(paths)
    others = [(path.text, share) for path, share in zip(paths, shares, strict=True) if path.text != text]
    probability = 1.0 - sum(share for _, share in others)
    second = others[0] if others and others[0][0] else (None, 0.0)
    read = [_digit(scored, segment, start, paths, shares) for segment in digits]
    return ReadString(
        tuple(read),
        probability,
        "unsure",
        second[0],
        float(second[1]),
        tuple(_separators(scored.row, group)),
    )


def _shares(paths: Sequence[Path]) -> list[float]:
    """Probabilities of readings in relation to each other: softmax of their scores."""
    scores = np.array([path.score for path in paths])
    shares = np.exp(scores - scores.max())
    return list((shares / shares.sum()).tolist())


def _digit(
    scored: ScoredRow, segment: Segment, offset: int, paths: Sequence[Path], shares: Sequence[float]
) -> ReadDigit:
    """A digit with the probability of all readings in which it is the same."""
    here = segment.start - offset, segment.stop - offset, segment.digit
    own = sum(
        share
        for path, share in zip(paths, shares, strict=True)
        if any((one.start, one.stop, one.digit) == here for one in path.segments)
    )
    number = next(
        i
        for i, one in enumerate(scored.candidates)
        if (one.start, one.stop) == (segment.start, segment.stop)
    )
    logs = scored.logs[number, :10]
    second = int(np.argsort(-logs, kind="stable")[1])
    if second == segment.digit:
        second = int(np.argmax(logs))
    assert segment.digit is not None
    return ReadDigit(segment.digit, min(own, 1.0), "unsure", second, _box(scored.row, segment))


def _separators(row: Row, group: Sequence[Segment]) -> list[Separator]:
    marks = []
    for segment in group:
        if segment.digit is None:
            after = sum(one.digit is not None and one.stop <= segment.start for one in group)
            box = _box(row, segment)
            marks.append(Separator(_kind(row, segment, box), box, after))
    return marks


def _kind(row: Row, segment: Segment, box: Box) -> str:
    """What a mark looks like, by its size and where it is."""
    width, height = box[2] / row.height, box[3] / row.height
    low = (box[1] + box[3] / 2 - row.middle[segment.start]) / row.height
    if max(width, height) <= 0.25 or (height <= 0.3 and width <= 0.3):
        return "." if low > 0.15 else "?"
    if width >= 1.6 * height and height <= 0.3:
        return "-"
    if height <= 0.6 and width <= 0.4 and low > 0.15:
        return ","
    return "/" if height >= 0.8 and width >= 0.2 else "?"


def _reason(row: Row, segment: Segment, box: Box) -> str:
    if segment.digit is not None:
        return "no number"
    return "too small" if max(box[2:]) < 0.35 * row.height else "no digit"
