"""Strings: from the paths of a row's lattice to numbers with probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.answers import Box, LeftOut, ReadDigit, ReadString, Separator, Status, around
from digitlab.pages.candidates import Candidate
from digitlab.pages.evidence import Calibration, Evidence
from digitlab.pages.lattice import Path, Row, Segment, Weights, best_paths
from digitlab.pages.marks import (
    SIGN,
    box_of,
    kind_of,
    separators_of,
    sign_between,
    white_between,
    widest_white,
)
from digitlab.pages.string_form import Form

__all__ = ["FoundDigit", "FoundString", "ScoredRow", "answer", "find_strings", "is_number"]

ALTERNATIVES = 8  # readings of a string that share its probability
SPLIT = 1.0  # heights of a digit from which a gap may part two strings
WIDER = 2.2  # times as wide as the usual gaps of its row that it is then
BESIDE = 0.8  # heights of a digit within which a mark belongs to a string
NEAR = 0.6  # heights of a digit within which a mark as large as a digit may be one that was not read
NUMBER = 0.25  # probability of being a number from which a string is read
EXPECTED = 0.1  # the same of a string that has the form that was asked for
READABLE = 0.08  # probability of being read right from which it is: words and drawings have hardly any
SMALL = 0.35  # heights of a digit up to which a mark is small


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
            replace(one, start=one.start - start, stop=one.stop - start)
            for one in (self.candidates[i] for i in inside)
        ]
        row = Row(self.row.pieces[start:stop], self.row.height, self.row.middle[start:stop])
        return ScoredRow(row, moved, self.logs[inside])


@dataclass(frozen=True)
class FoundDigit:
    """A digit of a string, before its probability is known.

    Attributes:
        digit: 0 to 9.
        second: The second most probable digit.
        box: Where it is.
        margin: Logarithm of the odds of all readings in which it stands against the others, from -8 to 8.
        log: Logarithm of the recognizer's probability.
        candidate: Number of its candidate in its row.
    """

    digit: int
    second: int
    box: Box
    margin: float
    log: float
    candidate: int


@dataclass(frozen=True)
class FoundString:
    """A string, before its probability is known.

    Attributes:
        digits: From left to right; at least one.
        separators: Marks between and behind them.
        evidence: What tells how probable it is that it is read right.
        second: The second most probable reading; None if there is no other.
        second_share: Its share of the probability of all readings.
        scored: The row that it stands in.
        cell: Row and column of the cell that it stands in; None outside a form.
        fits: Whether it has the form that was asked for; None: none was, or only that of a cell.
    """

    digits: tuple[FoundDigit, ...]
    separators: tuple[Separator, ...]
    evidence: Evidence
    second: str | None
    second_share: float
    scored: ScoredRow
    cell: tuple[int, int] | None = None
    fits: bool | None = None

    @property
    def text(self) -> str:
        """Its digits."""
        return "".join(str(one.digit) for one in self.digits)

    @property
    def box(self) -> Box:
        """The box around its digits."""
        return around([one.box for one in self.digits])


def find_strings(
    scored: ScoredRow, form: Form | None, weights: Weights, *, split: float = 1.0
) -> tuple[list[FoundString], list[LeftOut]]:
    """Finds the strings of a row.

    Args:
        scored: The row and its candidates.
        form: What each string looks like; None: anything.
        weights: How much counts what in a path.
        split: How many times as wide as usual a gap must be to part two strings; infinite: none does.

    Returns:
        The strings from left to right, and the marks that are in none.
    """
    paths = best_paths(scored.row, scored.candidates, scored.logs, weights, form=form, most=4)
    some = form is not None and not form.single  # a cell may hold nothing, or what is no digit
    fits = True if some else None
    if form is not None and not any(path.text for path in paths):
        form, fits = None, False
        paths = best_paths(scored.row, scored.candidates, scored.logs, weights, most=4)
    segments = next((path for path in paths if path.text or not some), paths[0]).segments
    groups = _groups(scored.row, segments, form, split)
    used = {segment for group in groups for segment in group}
    marks = [box_of(scored.row, segment) for segment in segments if segment not in used]
    found = []
    for group in groups:
        string, others = _string(scored, group, form, weights)
        found.append(replace(string, fits=fits))
        marks += others
    return found, [LeftOut(box, _reason(box, scored.row.height)) for box in marks]


def _reason(box: Box, height: float) -> str:
    """Why a mark is left out."""
    return "too small" if max(box[2:]) < SMALL * height else "no digit"


def is_number(found: FoundString, given: Calibration) -> bool:
    """Whether a string may well be a number that can be read: what is probably a word or a drawing is none.

    Less is asked of what has the form that was asked for: who asked for it knows better.
    """
    number = given.number_probability(found.evidence)
    if found.fits is True:
        return number >= EXPECTED
    return number >= NUMBER and given.right_probability(found.evidence) >= READABLE


def answer(found: FoundString, given: Calibration, max_error: float) -> ReadString | None:
    """The answer for a string; None if it is no number.

    Args:
        found: The string.
        given: Makes probabilities of its evidence.
        max_error: The share of wrong strings, and digits, that those that are sure may have. The digits of a
            sure string are sure; so are others from their own threshold on, if there is one so strict.

    Raises:
        SettingError: If `max_error` is smaller than the calibration can promise of strings.
    """
    if not is_number(found, given):
        return None
    probability = given.right_probability(found.evidence) if found.fits is not False else 0.0
    sure = probability >= given.strings.threshold_for(max_error, "strings")
    promised = max_error >= given.digits.smallest_error
    threshold = given.digits.threshold_for(max_error) if promised else np.inf
    digits = []
    for one in found.digits:
        own = given.digit_probability(one.margin, one.log, probability)
        status: Status = "sure" if sure or own >= threshold else "unsure"
        digits.append(ReadDigit(one.digit, own, status, one.second, one.box))
    return ReadString(
        tuple(digits),
        probability,
        "sure" if sure else "unsure",
        found.second,
        (1 - probability) * found.second_share,
        found.separators,
        found.cell,
    )


def _groups(row: Row, segments: Sequence[Segment], form: Form | None, split: float) -> list[list[Segment]]:
    """The segments of each string, from its first digit to its last, with marks close behind that.

    A mark as large as a digit, close before or behind, belongs to it, too: perhaps a digit that was not read.
    """
    digits = [segment for segment in segments if segment.digit is not None]
    if not digits:
        return []
    gaps = np.array([widest_white(row, segments, a, b) for a, b in pairwise(digits)])
    usual = float(np.quantile(gaps, 0.4)) if len(gaps) else 0.0
    limit = split * max(SPLIT, WIDER * usual)
    strings = [[digits[0]]]
    for before, own, gap in zip(digits, digits[1:], gaps, strict=False):
        if form is not None:
            parted = own.string != before.string
        else:
            parted = gap >= limit or (np.isfinite(split) and sign_between(row, segments, before, own))
        if parted:
            strings.append([])
        strings[-1].append(own)
    groups = []
    for string in strings:
        first, last = string[0].start, string[-1].stop
        inside = [one for one in segments if one.start >= first and one.stop <= last]
        for one in segments:
            if one.start == inside[-1].stop and one.digit is None:
                near = NEAR if kind_of(row, one, box_of(row, one)) == SIGN else BESIDE
                if white_between(row, inside[-1], one) <= near:
                    inside.append(one)
        for one in reversed(segments):
            beside = one.stop == inside[0].start and one.digit is None
            if (
                beside
                and kind_of(row, one, box_of(row, one)) == SIGN
                and white_between(row, one, inside[0]) <= NEAR
            ):
                inside.insert(0, one)
        groups.append(inside)
    return groups


def _string(
    scored: ScoredRow, group: Sequence[Segment], form: Form | None, weights: Weights
) -> tuple[FoundString, list[Box]]:
    """One string of a row, with the other readings of its pieces; and boxes of marks that are not its own."""
    start, stop = group[0].start, group[-1].stop
    part = scored.part(start, stop)
    if form is not None:
        form = replace(form, single=True)
    paths = best_paths(part.row, part.candidates, part.logs, weights, form=form, most=ALTERNATIVES)
    shares = _shares(paths)
    digits = []
    for segment in group:
        if segment.digit is not None:
            digits.append(_digit(scored, segment, start, paths, shares))
    text = "".join(str(one.digit) for one in digits)
    rivals = [(path.text, share) for path, share in zip(paths, shares, strict=True) if path.text != text]
    share = max(1.0 - sum(share for _, share in rivals), 0.0)
    second, second_share = next((rival for rival in rivals if rival[0]), (None, 0.0))
    evidence = _evidence(scored.row, group, digits, share)
    pattern = form.pattern if form is not None and form.separated else None
    separators, others = separators_of(scored.row, group, pattern)
    return FoundString(tuple(digits), tuple(separators), evidence, second, second_share, scored), others


def _evidence(row: Row, group: Sequence[Segment], digits: Sequence[FoundDigit], share: float) -> Evidence:
    scores = [one.score for one in group if one.digit is not None]
    marks = sum(one.score for one in group if one.digit is None)
    cuts = [row.pieces[one.start].cut > 0 for one in group if one.digit is not None]
    logs = [one.log for one in digits]
    return Evidence(
        len(digits),
        float(np.mean(logs)),
        min(logs),
        float(np.mean(scores)),
        min(scores),
        _odds(share),
        marks / len(digits),
        sum(cuts[1:]) / len(digits),
    )


def _odds(share: float) -> float:
    """Logarithm of the odds of a probability, from -8 to 8."""
    return float(np.clip(np.log(max(share, 1e-9) / max(1 - share, 1e-9)), -8, 8))


def _shares(paths: Sequence[Path]) -> list[float]:
    """Probabilities of readings in relation to each other: softmax of their scores."""
    scores = np.array([path.score for path in paths])
    shares = np.exp(scores - scores.max())
    return list((shares / shares.sum()).tolist())


def _digit(
    scored: ScoredRow, segment: Segment, offset: int, paths: Sequence[Path], shares: Sequence[float]
) -> FoundDigit:
    """A digit, with the share of all readings in which it is the same."""
    assert segment.digit is not None
    here = segment.start - offset, segment.stop - offset, segment.digit
    share = sum(
        share
        for path, share in zip(paths, shares, strict=True)
        if any((one.start, one.stop, one.digit) == here for one in path.segments)
    )
    logs = scored.logs[segment.candidate]
    order = [int(digit) for digit in np.argsort(-logs[:10], kind="stable") if digit != segment.digit]
    log = float(logs[segment.digit])
    box = box_of(scored.row, segment)
    return FoundDigit(segment.digit, order[0], box, _odds(share), log, segment.candidate)
