"""The lattice of a row of pieces, and the most probable readings of it: the K best paths.

Each piece belongs to a candidate that is read as a digit, or is left out as a mark. The score of a path is a
sum of logarithms: of the recognizer's probabilities; of how usual the size and the shape of each digit are;
and of how likely each cut, join and mark is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.candidates import Candidate, is_cut
from digitlab.pages.pieces import Piece
from digitlab.pages.string_form import Form
from digitlab.probabilities import NO_DIGIT

__all__ = ["Path", "Row", "Segment", "Weights", "best_paths"]

SHAPES = (-0.22, -1.39, -0.1, -0.23, -0.25, -0.13, -0.31, -0.33, -0.33, -0.42)
"""Mean logarithm of width / height of the digits 0 to 9; of MNIST's training digits."""
SPREADS = (0.23, 0.6, 0.22, 0.22, 0.25, 0.25, 0.25, 0.25, 0.22, 0.28)
"""Standard deviation of the same."""
HEIGHTS = 0.22
"""The same of the height of digits of one row."""
LOW = 0.25  # heights of a digit below the middle of its row from which a 1 lies as low as a comma
POINT = 0.3  # heights of a digit that a point is smaller than
FOOT = 0.15  # heights of a digit that it stands below the middle at least
BESIDE = 0.05  # heights of a digit by which it may reach into the width of the digit
TOP = 3  # digits that a candidate may be read as


@dataclass(frozen=True)
class Weights:
    """How much each part of a path's score counts.

    Chosen on composed strings and on the amounts of 128 cheques (`docs/reading.md`).

    Attributes:
        cut: Of a cut by itself.
        crossed: Of each width of a stroke that a cut crosses.
        join: Of joining two pieces that do not touch to one digit.
        point: Of joining a point at the foot of a digit, on its left or right, to the digit.
        shared: Of ink that a digit shares with one neighbor.
        shape: Of a digit's width / height.
        size: Of a digit's height, in relation to the row's.
        comma: Of a 1 that lies as low as a comma.
        mark: Of leaving a piece out.
        large: Of leaving a piece as large as a digit out.
        torn: Of leaving a piece out that was cut from others.
        gap: In a form: of a gap inside a string, or none between two.
        missing: In a form: of a separator that is not there.
    """

    cut: float = 0.3
    crossed: float = 0.13
    join: float = 0.65
    point: float = 1.0
    shared: float = 0.14
    shape: float = 0.1
    size: float = 0.2
    comma: float = 2.5
    mark: float = 0.9
    large: float = 1.2
    torn: float = 0.42
    gap: float = 1.0
    missing: float = 0.6


@dataclass(frozen=True, eq=False)
class Row:
    """Pieces side by side.

    Attributes:
        pieces: From left to right.
        height: Of its digits, in pixels.
        middle: Height on the page of the middle of its digits at each piece, `(n,)`.
    """

    pieces: Sequence[Piece]
    height: float
    middle: NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """Pieces `start` to `stop` - 1 of a path, read as a digit or left out.

    Attributes:
        start: Number of the first piece.
        stop: Number after that of the last.
        digit: What they are read as; None: they are a mark.
        score: What it adds to the score of the path.
        string: Number of the string that it is in; of marks outside, that of the one before.
        candidate: Number of its candidate.
    """

    start: int
    stop: int
    digit: int | None
    score: float
    string: int
    candidate: int


@dataclass(frozen=True)
class Path:
    """A reading of a row.

    Attributes:
        score: Sum of the segments' and of what a form adds.
        text: Its digits.
        segments: From left to right; they hold each piece once.
    """

    score: float
    text: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class _State:
    """A path up to a piece: linked to its segment before, so that paths share what they have in common."""

    score: float
    text: str
    string: int
    segment: Segment | None = None
    before: _State | None = None


def best_paths(
    row: Row,
    candidates: Sequence[Candidate],
    logs: NDArray[np.float64],
    weights: Weights,
    *,
    form: Form | None = None,
    most: int = 6,
) -> list[Path]:
    """The most probable readings of a row of pieces, each with another text.

    Args:
        row: The pieces.
        candidates: Of these pieces; each piece by itself is among them.
        logs: `(n, 11)`: their scores, see `recognize`.
        weights: How much counts what.
        form: What each string looks like; None: anything, and the row is one string.
        most: How many readings at most, and how many each place of the lattice keeps.

    Returns:
        The best first. None if the row cannot have that form.
    """
    ends = 1 if form is None else form.length + 1
    n = len(row.pieces)
    best: list[list[list[_State]]] = [[[] for _ in range(ends)] for _ in range(n + 1)]
    best[0][0].append(_State(0.0, "", 0))
    by_start: list[list[int]] = [[] for _ in range(n)]
    for number, candidate in enumerate(candidates):
        by_start[candidate.start].append(number)
    for start in range(n):
        gap = 0.0 if start == 0 else _gap(row, start)
        for place in range(ends):
            best[start][place] = _distinct(best[start][place], most)
        if not any(best[start]):
            continue
        for number in by_start[start]:
            candidate = candidates[number]
            choices = _choices(row, candidate, logs[number], weights)
            for place in range(ends):
                for state in best[start][place]:
                    for digit, score in choices:
                        steps = [(place, 0.0, state.string)]
                        if form is not None:
                            steps = form.steps(place, state.string, digit is not None, gap, weights)
                        for after, extra, string in steps:
                            segment = Segment(
                                candidate.start, candidate.stop, digit, score + extra, string, number
                            )
                            text = state.text if digit is None else state.text + str(digit)
                            best[candidate.stop][after].append(
                                _State(state.score + score + extra, text, string, segment, state)
                            )
    final = [state for place in (0, ends - 1) for state in best[n][place]] if ends > 1 else best[n][0]
    return [_path(state) for state in _distinct(final, most)]


def _distinct(states: list[_State], most: int) -> list[_State]:
    """The best states of different texts."""
    kept: dict[tuple[str, int], _State] = {}
    for state in sorted(states, key=lambda one: -one.score):
        kept.setdefault((state.text, state.string), state)
        if len(kept) == most:
            break
    return list(kept.values())


def _path(state: _State) -> Path:
    segments = []
    at: _State | None = state
    while at is not None:
        if at.segment is not None:
            segments.append(at.segment)
        at = at.before
    return Path(state.score, state.text, tuple(reversed(segments)))


def _gap(row: Row, number: int) -> float:
    """White space between a piece and the one before, in heights of a digit; 0 where they touch."""
    before, own = row.pieces[number - 1], row.pieces[number]
    return max(0.0, (own.box[0] - before.box[0] - before.box[2]) / row.height)


def _choices(
    row: Row, candidate: Candidate, logs: NDArray[np.float64], weights: Weights
) -> list[tuple[int | None, float]]:
    """What a candidate may be: the likeliest digits, and a mark, each with its score."""
    box, height = candidate.box, row.height
    shared = _parting(row, candidate, weights)
    size = math.log(max(box[3], 1) / height) / HEIGHTS
    shared -= 0.5 * weights.size * min(size * size, 40.0)
    shape = math.log(box[2] / max(box[3], 0.1 * height))
    low = (box[1] + box[3] / 2 - row.middle[candidate.start]) / height
    choices: list[tuple[int | None, float]] = []
    for digit in np.argsort(-logs[:NO_DIGIT])[:TOP].tolist():
        unusual = (shape - SHAPES[digit]) / SPREADS[digit]
        score = shared + float(logs[digit]) - 0.5 * weights.shape * min(unusual * unusual, 25.0)
        if digit == 1 and low > LOW:
            score -= weights.comma
        choices.append((digit, score))
    shares = candidate.shares_before or candidate.shares_after
    if not shares and (candidate.stop == candidate.start + 1 or _is_component(row, candidate)):
        choices.append((None, _mark(row, candidate, float(logs[NO_DIGIT]), weights)))
    return choices


def _is_component(row: Row, candidate: Candidate) -> bool:
    """Whether a candidate is all pieces of one component: what was cut may be left out as a whole."""
    inner = range(candidate.start + 1, candidate.stop)
    ends = is_cut(row.pieces, candidate.start) or is_cut(row.pieces, candidate.stop)
    return not ends and all(is_cut(row.pieces, number) for number in inner)


def _parting(row: Row, candidate: Candidate, weights: Weights) -> float:
    """Score of the cut before a candidate, and of joining its pieces."""
    score = 0.0
    if is_cut(row.pieces, candidate.start):
        score -= weights.cut + weights.crossed * row.pieces[candidate.start].cut
    joined = [
        number for number in range(candidate.start + 1, candidate.stop) if not is_cut(row.pieces, number)
    ]
    score -= weights.shared * (candidate.shares_before + candidate.shares_after)
    return score - weights.join * len(joined) - weights.point * _points(row, candidate)


def _points(row: Row, candidate: Candidate) -> int:
    """How many points stand at the foot of a candidate, beside its other pieces."""
    found = 0
    if candidate.stop - candidate.start < 2:
        return 0
    for number in (candidate.start, candidate.stop - 1):
        if is_cut(row.pieces, number) or is_cut(row.pieces, number + 1):
            continue
        left, top, width, height = row.pieces[number].box
        low = (top + height / 2 - row.middle[number]) / row.height > FOOT
        if max(width, height) >= POINT * row.height or not low:
            continue
        others = [row.pieces[i].box for i in range(candidate.start, candidate.stop) if i != number]
        inner = BESIDE * row.height
        first, last = min(one[0] for one in others) + inner, max(one[0] + one[2] for one in others) - inner
        found += not first <= left + width / 2 <= last
    return found


def _mark(row: Row, candidate: Candidate, no_digit: float, weights: Weights) -> float:
    """Score of leaving a piece or a component out: small ones and flat ones are marks, large ones hardly."""
    _, _, width, height = candidate.box
    large = min(1.0, max(0.0, (max(width, height) / row.height - 0.35) / 0.4))
    if height < 0.3 * row.height:
        large = min(large, 0.15)  # a dash
    score = 0.5 * no_digit - weights.mark - weights.large * large
    if is_cut(row.pieces, candidate.start):
        score -= weights.cut + weights.crossed * row.pieces[candidate.start].cut
    if is_cut(row.pieces, candidate.start) or is_cut(row.pieces, candidate.stop):
        score -= weights.torn
    return score
