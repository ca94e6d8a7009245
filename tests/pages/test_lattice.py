"""The best paths through a lattice, on hand-made rows."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.pages.candidates import Candidate, list_candidates
from digitlab.pages.lattice import Row, Weights, best_paths
from digitlab.pages.options import ReadOptions
from digitlab.pages.pieces import Piece
from digitlab.pages.string_form import Form, form_of
from digitlab.probabilities import NO_DIGIT


def piece(left: int, top: int, width: int, height: int, cut: float = 0.0, component: int = 0) -> Piece:
    return Piece((left, top, width, height), np.ones((height, width), bool), cut, component or left)


def row(*pieces: Piece, height: float = 50.0) -> Row:
    return Row(pieces, height, np.full(len(pieces), 25.0))


def logs(*digits: int | None) -> np.ndarray:
    """Scores of candidates that are surely these digits, or none."""
    scores = np.full((len(digits), 11), -12.0)
    for own, digit in zip(scores, digits, strict=True):
        own[NO_DIGIT if digit is None else digit] = -0.01
    return scores


def singles(row: Row) -> list[Candidate]:
    return [Candidate(i, i + 1, one.box) for i, one in enumerate(row.pieces)]


def test_digits_side_by_side_are_read_from_left_to_right() -> None:
    own = row(piece(0, 0, 40, 50), piece(60, 0, 40, 50), piece(120, 0, 18, 50))
    (best, *_) = best_paths(own, singles(own), logs(2, 0, 1), Weights())
    assert best.text == "201"
    assert [(one.start, one.stop) for one in best.segments] == [(0, 1), (1, 2), (2, 3)]


def test_a_dot_is_left_out_and_a_digit_is_not() -> None:
    own = row(piece(0, 0, 40, 50), piece(50, 44, 6, 6), piece(70, 0, 40, 50))
    (best, *_) = best_paths(own, singles(own), logs(5, None, 7), Weights())
    assert best.text == "57"
    assert best.segments[1].digit is None


@pytest.mark.parametrize(
    ("point", "segments"),
    [
        (piece(44, 44, 6, 6), 2),  # at the foot, on the right: a decimal point
        (piece(44, 4, 6, 6), 1),  # at the top: the end of a flag
        (piece(20, 44, 6, 6), 1),  # below the digit: a rest of its own stroke
        (piece(44, 10, 16, 40), 1),  # too large
    ],
)
def test_a_point_beside_the_foot_of_a_digit_is_not_its_ink(point, segments) -> None:
    own = row(piece(0, 0, 40, 50), point)
    candidates = list_candidates(own.pieces, own.height)
    scores = logs(*(5 if one.stop - one.start == 2 or one.start == 0 else None for one in candidates))
    scores[:, NO_DIGIT] = np.where([one.start == 1 for one in candidates], -0.01, -12.0)
    weights = Weights(mark=1.0, large=0.0, join=0.5, point=1.0)
    (best, *_) = best_paths(own, candidates, scores, weights)
    assert (best.text, len(best.segments)) == ("5", segments)


@pytest.mark.parametrize(("top", "segments"), [(44, 2), (4, 1)])
def test_a_point_costs_more_than_a_flag_to_be_joined(top: int, segments: int) -> None:
    # To leave it out costs 0.5 * 0.4 + 0.9 = 1.1, to join it 0.65, and 1.65 if it is a point.
    own = row(piece(0, 0, 40, 50), piece(44, top, 6, 6))
    candidates = list_candidates(own.pieces, own.height)
    scores = logs(*(None if one.start else 5 for one in candidates))
    scores[[one.start == 1 for one in candidates], NO_DIGIT] = -0.4
    (best, *_) = best_paths(own, candidates, scores, Weights())
    assert (best.text, len(best.segments)) == ("5", segments)


@pytest.mark.parametrize(("top", "text"), [(35, "2"), (15, "21")])
def test_what_looks_like_a_1_and_lies_as_low_as_a_comma_is_one(top: int, text: str) -> None:
    # Of 20 of 50 pixels: as a 1 it costs 0.3 + 1.7 for its size, and 2.5 if it is low; left out 3.05.
    own = row(piece(0, 0, 40, 50), piece(50, top, 8, 20))
    scores = logs(2, 1)
    scores[1, 1], scores[1, NO_DIGIT] = -0.3, -4.0
    assert best_paths(own, singles(own), scores, Weights())[0].text == text


@pytest.mark.parametrize(("alone", "text"), [(-0.6, "00"), (-0.1, "06")])
def test_ink_is_shared_where_that_gains_much(alone: float, text: str) -> None:
    # The right one is a 6 by itself, and surely a 0 with the wall of the left one: for 0.14.
    own = row(piece(0, 0, 40, 50, 0, 1), piece(40, 0, 40, 50, 1.0, 1))
    boxes = [one.box for one in own.pieces]
    candidates = [Candidate(0, 1, boxes[0]), Candidate(1, 2, boxes[1]), Candidate(1, 2, boxes[1], True)]
    scores = logs(0, 6, 0)
    scores[1, 6], scores[2, 0] = alone, -0.05
    assert best_paths(own, candidates, scores, Weights())[0].text == text


def test_two_pieces_of_one_zero_are_joined() -> None:
    own = row(piece(0, 0, 20, 50, 0, 1), piece(20, 0, 20, 50, 2.0, 1))
    candidates = [
        Candidate(0, 1, (0, 0, 20, 50)),
        Candidate(1, 2, (20, 0, 20, 50)),
        Candidate(0, 2, (0, 0, 40, 50)),
    ]
    scores = logs(None, None, 0)
    scores[0, 6], scores[1, 2] = -2.0, -2.0
    assert best_paths(own, candidates, scores, Weights())[0].text == "0"


def test_readings_differ_and_come_in_the_order_of_their_scores() -> None:
    own = row(piece(0, 0, 40, 50), piece(60, 0, 40, 50))
    scores = logs(4, 9)
    scores[0, 9], scores[1, 4] = -1.0, -2.0
    paths = best_paths(own, singles(own), scores, Weights(), most=3)
    assert [path.text for path in paths] == ["49", "99", "44"]
    assert [path.score for path in paths] == sorted((path.score for path in paths), reverse=True)


def test_the_score_of_a_path_is_the_sum_of_its_segments() -> None:
    own = row(piece(0, 0, 40, 50), piece(50, 44, 6, 6), piece(70, 0, 40, 50))
    for path in best_paths(own, singles(own), logs(5, None, 7), Weights(), most=5):
        assert path.score == pytest.approx(sum(one.score for one in path.segments))


def brute_force(own: Row, candidates: list[Candidate], scores: np.ndarray) -> float:
    """The best score, by trying all ways to cover the pieces."""
    by_span = {(one.start, one.stop): i for i, one in enumerate(candidates)}
    n = len(own.pieces)

    def best(start: int) -> float:
        if start == n:
            return 0.0
        found = []
        for stop in range(start + 1, n + 1):
            if (start, stop) in by_span:
                i = by_span[start, stop]
                alone = [Candidate(start, stop, candidates[i].box)]
                part = best_of_one(own, alone[0], scores[i])
                found.append(part + best(stop))
        return max(found)

    return best(0)


def best_of_one(own: Row, candidate: Candidate, scores: np.ndarray) -> float:
    from digitlab.pages import lattice

    return max(score for _, score in lattice._choices(own, candidate, scores, Weights()))


@pytest.mark.parametrize("seed", range(5))
def test_the_best_path_is_that_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces, left = [], 0
    for number in range(7):
        width = int(rng.integers(8, 40))
        touching = number > 0 and rng.random() < 0.5
        pieces.append(piece(left, 0, width, 50, 1.0 if touching else 0.0, 1))
        left += width + (0 if touching else int(rng.integers(2, 10)))
    own = row(*pieces)
    candidates = [one for one in list_candidates(pieces, 50.0) if not (one.shares_before or one.shares_after)]
    scores = np.log(rng.dirichlet(np.ones(11), len(candidates)))
    (best, *_) = best_paths(own, candidates, scores, Weights())
    assert best.score == pytest.approx(brute_force(own, candidates, scores))


def test_a_length_chooses_a_reading_of_so_many_digits() -> None:
    own = row(piece(0, 0, 20, 50, 0, 1), piece(20, 0, 20, 50, 1.0, 1))
    candidates = [
        Candidate(0, 1, (0, 0, 20, 50)),
        Candidate(1, 2, (20, 0, 20, 50)),
        Candidate(0, 2, (0, 0, 40, 50)),
    ]
    scores = logs(1, 1, 0)
    scores[:2, 1] = -1.0
    free = best_paths(own, candidates, scores, Weights())[0]
    two = best_paths(own, candidates, scores, Weights(), form=form_of(ReadOptions(length=2)))[0]
    assert (free.text, two.text) == ("0", "11")


def test_a_length_parts_a_row_at_its_gap() -> None:
    own = row(*(piece(left, 0, 30, 50) for left in (0, 35, 110, 145)))
    (best, *_) = best_paths(own, singles(own), logs(1, 2, 3, 4), Weights(), form=Form("dd"))
    assert best.text == "1234"
    assert [one.string for one in best.segments] == [0, 0, 1, 1]


def test_a_pattern_takes_marks_as_its_separators() -> None:
    own = row(
        piece(0, 0, 30, 50),
        piece(35, 0, 30, 50),
        piece(70, 44, 6, 6),
        piece(82, 0, 30, 50),
        piece(117, 0, 30, 50),
    )
    (best, *_) = best_paths(own, singles(own), logs(1, 2, None, 5, 0), Weights(), form=Form("dd.dd"))
    assert best.text == "1250"
    assert {one.string for one in best.segments} == {0}


@pytest.mark.parametrize(("pattern", "text"), [("d.d", "17"), ("dd", "14")])
def test_a_separator_that_is_not_there_costs_something(pattern: str, text: str) -> None:
    # The second or the third may be a mark; a 4 there is a little more probable than a 7 behind it.
    own = row(*(piece(left, 0, 40, 50) for left in (0, 50, 100)))
    scores = logs(1, 4, 7)
    scores[1:, NO_DIGIT] = -1.0
    scores[1, 4], scores[2, 7] = -0.8, -1.0
    assert best_paths(own, singles(own), scores, Weights(), form=Form(pattern))[0].text == text


def test_a_row_of_too_few_pieces_has_no_reading_of_a_length() -> None:
    own = row(piece(0, 0, 40, 50))
    paths = best_paths(own, singles(own), logs(4), Weights(), form=Form("ddd"))
    assert [path.text for path in paths] == [""]


def test_a_single_form_allows_one_string_only() -> None:
    own = row(piece(0, 0, 30, 50), piece(35, 0, 30, 50))
    two = best_paths(own, singles(own), logs(1, 2), Weights(), form=Form("d"))
    one = best_paths(own, singles(own), logs(1, 2), Weights(), form=Form("d", single=True))
    assert two[0].text == "12"
    assert {len(path.text) for path in one} <= {0, 1}
    assert one[0].text in ("1", "2")
