"""Strings and their answers, on rows that are put together by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digitlab.decisions import ThresholdRow, ThresholdTable
from digitlab.errors import SettingError
from digitlab.pages.candidates import Candidate
from digitlab.pages.evidence import FEATURES, Calibration, Evidence, logistic
from digitlab.pages.lattice import Row, Weights, best_paths
from digitlab.pages.pieces import Piece
from digitlab.pages.string_form import Form
from digitlab.pages.strings import FoundString, ScoredRow, answer, find_strings, is_number
from digitlab.probabilities import NO_DIGIT

HEIGHT = 50
MARK = {".": (44, 6, 6), ",": (40, 8, 18), "-": (22, 20, 6), "/": (0, 20, 50), "?": (10, 6, 6)}
"""Top, width and height of marks, in a row whose digits are 50 high."""


def scored(*spans: tuple[str, float], second: float = -9.0) -> ScoredRow:
    """A row: each digit or mark, and the white space before it in pixels.

    `second` is the score of the digit after the right one, as 3 after 2.
    """
    pieces, logs, left = [], np.full((len(spans), 11), -12.0), 0.0
    for own, (text, gap) in zip(logs, spans, strict=True):
        left += gap
        top, width, height = MARK.get(text, (0, 16 if text == "1" else 36, HEIGHT))
        pieces.append(Piece((round(left), top, width, height), np.ones((height, width), bool)))
        left += width
        if text in MARK:
            own[NO_DIGIT] = -0.01
        else:
            own[int(text)], own[(int(text) + 1) % 10] = -0.02, second
    candidates = [Candidate(i, i + 1, one.box) for i, one in enumerate(pieces)]
    return ScoredRow(Row(pieces, HEIGHT, np.full(len(pieces), HEIGHT / 2)), candidates, logs)


def texts(row: ScoredRow, form: Form | None = None, split: float = 1.0) -> list[str]:
    return [one.text for one in find_strings(row, form, Weights(), split=split)[0]]


def rows(*thresholds: tuple[float, float]) -> ThresholdTable:
    return ThresholdTable("test", 100, tuple(ThresholdRow(e, t, 0.5, 50, 0, 0.1) for e, t in thresholds))


def calibration(number: float = 3.0, right: float = 0.0, digit: float = -2.0) -> Calibration:
    """Probabilities that depend on the intercept and the margin alone; sure from 0.5 or 0.9 on."""
    weights = tuple(float(name == "margin") for name in FEATURES)
    none = tuple(0.0 for _ in FEATURES)
    table = rows((0.05, 0.5), (0.01, 0.9))
    return Calibration((number, *none), (right, *weights), (digit, 0.0, 0.0), table, table)


def found(row: ScoredRow, form: Form | None = None) -> FoundString:
    (one,) = find_strings(row, form, Weights())[0]
    return one


def test_a_wide_gap_parts_two_strings_and_usual_gaps_do_not() -> None:
    row = scored(("2", 0), ("7", 8), ("5", 12), ("4", 90), ("6", 10))
    assert texts(row) == ["275", "46"]


@pytest.mark.parametrize(
    ("split", "expected"), [(0.2, ["2", "7", "54"]), (1.0, ["2754"]), (np.inf, ["2754"])]
)
def test_how_wide_a_gap_must_be_can_be_told(split: float, expected: list[str]) -> None:
    row = scored(("2", 0), ("7", 24), ("5", 24), ("4", 8))
    assert texts(row, split=split) == expected


def test_no_gap_parts_a_string_that_is_whole() -> None:
    row = scored(("2", 0), ("7", 300), ("5", 10))
    assert texts(row) == ["2", "75"]
    assert texts(row, split=np.inf) == ["275"]


def test_digits_that_all_stand_wide_apart_are_one_string() -> None:
    row = scored(("2", 0), ("7", 60), ("5", 58), ("4", 62), ("6", 61))
    assert texts(row) == ["27546"]


def test_a_point_fills_a_gap() -> None:
    """52 pixels of white would part two strings; 23 on either side of a point do not."""
    assert texts(scored(("1", 0), ("2", 8), ("5", 52), ("0", 8))) == ["12", "50"]
    assert texts(scored(("1", 0), ("2", 8), (".", 23), ("5", 23), ("0", 8))) == ["1250"]


@pytest.mark.parametrize("mark", list(MARK))
def test_marks_between_digits_are_told_with_their_boxes(mark: str) -> None:
    row = scored(("1", 0), ("2", 8), (mark, 8), ("5", 8), ("0", 8))
    one = found(row)
    (separator,) = one.separators
    assert (one.text, separator.text, separator.after) == ("1250", mark, 2)
    assert separator.box == row.row.pieces[2].box
    assert all(digit.box != separator.box for digit in one.digits)
    answered = answer(one, calibration(), 0.05)
    assert answered is not None
    assert answered.written == f"12{mark}50"


def test_a_mark_close_behind_a_string_belongs_to_it_and_one_far_away_is_left_out() -> None:
    row = scored((".", 0), ("1", 30), ("2", 8), ("-", 8), ("-", 4), (".", 100))
    (one,), left_out = find_strings(row, None, Weights())
    assert [mark.after for mark in one.separators] == [2, 2]
    assert [part.box for part in left_out] == [row.row.pieces[0].box, row.row.pieces[5].box]


def test_a_row_of_marks_has_no_strings() -> None:
    row = scored((".", 0), ("-", 10), (".", 10))
    strings, left_out = find_strings(row, None, Weights())
    assert not strings
    assert len(left_out) == 3


def test_the_second_reading_and_the_margin_follow_from_the_scores_of_paths() -> None:
    row = scored(("2", 0), ("7", 8), second=-1.0)
    one = found(row)
    paths = best_paths(row.row, row.candidates, row.logs, Weights(), most=8)
    shares = np.exp([path.score for path in paths])
    shares /= shares.sum()
    by_text = {path.text: float(share) for path, share in zip(paths, shares, strict=True)}
    assert one.text == "27"
    assert one.second == max(by_text.keys() - {"27"}, key=by_text.__getitem__)
    assert one.second_share == pytest.approx(by_text[one.second])
    assert one.evidence.margin == pytest.approx(np.log(by_text["27"] / (1 - by_text["27"])))
    # A digit has the share of all readings in which it stands.
    first = by_text["27"] + by_text["28"]
    assert one.digits[0].margin == pytest.approx(np.log(first / (1 - first)), rel=0.01)
    assert [digit.second for digit in one.digits] == [3, 8]


def test_a_clear_string_has_a_large_margin() -> None:
    one = found(scored(("2", 0), ("7", 8)))
    assert one.second_share < 0.01
    assert one.evidence.margin > 4


def test_evidence_is_what_the_scores_say() -> None:
    row = scored(("2", 0), ("7", 8), (".", 8), ("5", 8))
    row.logs[1, 7] = -0.5
    evidence = found(row).evidence
    assert (evidence.n, evidence.cuts) == (3, 0)
    assert evidence.worst_log == -0.5
    assert evidence.mean_log == pytest.approx((-0.02 - 0.5 - 0.02) / 3)
    assert evidence.worst_score <= evidence.mean_score < 0
    assert evidence.marks < 0
    assert found(scored(("2", 0), ("7", 8))).evidence.marks == 0


def test_a_length_splits_where_no_gap_does() -> None:
    row = scored(*((str(digit), 8) for digit in range(6)))
    assert texts(row, Form("ddd")) == ["012", "345"]
    assert all(one.fits for one in find_strings(row, Form("ddd"), Weights())[0])


def test_a_row_that_cannot_have_the_form_is_read_freely_and_is_never_sure() -> None:
    row = scored(("2", 0), ("7", 8))
    one = found(row, Form("ddddd"))
    assert (one.text, one.fits) == ("27", False)
    answered = answer(one, calibration(right=20.0), 0.05)
    assert answered is not None
    assert (answered.probability, answered.status) == (0, "unsure")
    free = answer(replace(one, fits=True), calibration(right=20.0), 0.05)
    assert free is not None
    assert free.status == "sure"


def test_a_word_is_no_number_and_less_is_asked_of_what_has_the_form_that_was_asked_for() -> None:
    one = found(scored(("2", 0), ("7", 8)))
    doubtful, word = calibration(number=-1.6, right=3.0), calibration(number=-4.0, right=3.0)
    assert answer(one, doubtful, 0.05) is None
    assert answer(replace(one, fits=True), doubtful, 0.05) is not None
    assert answer(replace(one, fits=True), word, 0.05) is None


def test_what_is_hardly_read_right_is_left_out_unless_it_has_the_form_that_was_asked_for() -> None:
    one = replace(with_margin(0.0), fits=None)
    unreadable = calibration(right=-4.0)
    assert answer(one, unreadable, 0.05) is None
    assert answer(one, calibration(right=-2.0), 0.05) is not None
    assert answer(replace(one, fits=True), unreadable, 0.05) is not None


def with_margin(margin: float) -> FoundString:
    one = found(scored(("2", 0), ("7", 8)))
    digits = tuple(replace(digit, margin=margin, log=-0.1) for digit in one.digits)
    return replace(one, digits=digits, evidence=Evidence(2, 0, 0, 0, 0, margin, 0, 0), second_share=0.25)


@pytest.mark.parametrize(
    ("probability", "max_error", "status"),
    [(0.49, 0.05, "unsure"), (0.51, 0.05, "sure"), (0.89, 0.02, "unsure"), (0.91, 0.02, "sure")],
)
def test_a_string_is_sure_from_the_threshold_of_the_largest_error(
    probability: float, max_error: float, status: str
) -> None:
    given = calibration(number=30.0)
    one = answer(with_margin(float(np.log(probability / (1 - probability)))), given, max_error)
    assert one is not None
    assert one.probability == pytest.approx(probability)
    assert one.status == status
    assert one.second_probability == pytest.approx(0.25 * (1 - probability))


def test_a_digit_is_no_less_probable_than_its_string() -> None:
    likely = answer(with_margin(3.0), calibration(digit=-2.0), 0.05)
    unlikely = answer(with_margin(-2.0), calibration(digit=1.0), 0.05)
    assert likely is not None
    assert unlikely is not None
    assert {digit.probability for digit in likely.digits} == {likely.probability}
    assert {digit.probability for digit in unlikely.digits} == {logistic([1.0, 0.0, 0.0], [0.0, 0.0])}
    assert [digit.status for digit in unlikely.digits] == ["sure", "sure"]
    assert unlikely.status == "unsure"


def test_what_is_rather_a_word_is_no_answer() -> None:
    one = found(scored(("2", 0), ("7", 8)))
    assert is_number(one, calibration(number=-1.0))  # a probability of 0.27
    assert not is_number(one, calibration(number=-1.2))  # 0.23
    assert answer(one, calibration(number=-1.2), 0.05) is None


def test_an_error_that_the_calibration_cannot_promise_is_refused() -> None:
    with pytest.raises(SettingError, match="smaller than this model can promise"):
        answer(with_margin(1.0), calibration(), 0.001)


def test_what_digits_alone_cannot_promise_is_left_to_whole_strings() -> None:
    strict = calibration(number=3.0)
    strict = replace(strict, digits=replace(strict.digits, rows=strict.digits.rows[:1]))
    promised = strict.strings.smallest_error
    assert promised < strict.digits.smallest_error
    sure, unsure = (answer(with_margin(margin), strict, promised) for margin in (8.0, -2.0))
    assert sure is not None
    assert unsure is not None
    assert (sure.status, unsure.status) == ("sure", "unsure")
    assert {one.status for one in sure.digits} == {"sure"}
    assert {one.status for one in unsure.digits} == {"unsure"}


@pytest.mark.parametrize(
    ("marks", "pattern", "written"),
    [
        (["-"], "dd.dd", "12.50"),
        (["?"], "dd/dd", "12/50"),
        ([".", "."], "dd:dd", "12:50"),
        (["/", "-"], "dd./dd", "12./50"),
        ([], "dd.dd", "12.50"),
        (["-"], "dddd", "12-50"),
    ],
)
def test_separators_are_those_of_the_pattern(marks: list[str], pattern: str, written: str) -> None:
    row = scored(("1", 0), ("2", 8), *((mark, 8.0) for mark in marks), ("5", 8), ("0", 8))
    one = found(row, Form(pattern))
    answered = answer(one, calibration(), 0.05)
    assert answered is not None
    assert answered.written == written
    (left, right), boxes = (one.digits[1].box, one.digits[2].box), [mark.box for mark in one.separators]
    assert all(left[0] + left[2] <= box[0] and box[0] + box[2] <= right[0] for box in boxes)


def test_marks_that_a_pattern_does_not_hold_are_left_out() -> None:
    row = scored(("1", 0), (".", 4), ("2", 4), (".", 8), ("5", 8), ("0", 8))
    (one,), left_out = find_strings(row, Form("dd.dd"), Weights())
    assert [(mark.text, mark.after, mark.box) for mark in one.separators] == [(".", 2, row.row.pieces[3].box)]
    assert [(part.box, part.reason) for part in left_out] == [(row.row.pieces[1].box, "too small")]


def test_what_is_asked_for_is_read_though_it_is_rather_no_digit() -> None:
    row = scored(("2", 0))
    row.logs[0, 2], row.logs[0, NO_DIGIT] = -7.0, -0.001
    assert best_paths(row.row, row.candidates, row.logs, Weights(), form=Form("d"))[0].text == ""
    one = found(row, Form("d"))
    assert one.text == "2"
    strict = calibration(number=-1.6)
    asked = answer(one, strict, 0.05)
    assert asked is not None
    assert asked.status == "unsure"
    # A cell may hold nothing, and no number where nothing is asked for is none.
    assert not find_strings(row, Form("d", single=True), Weights())[0]
    assert answer(replace(one, fits=None), strict, 0.05) is None
    assert answer(replace(one, fits=False), strict, 0.05) is None


def test_what_cannot_be_promised_is_told_of_strings() -> None:
    with pytest.raises(SettingError, match="On 100 held-out strings"):
        answer(with_margin(1.0), calibration(), 0.001)
