"""Scores of read pages, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.pages.answers import Line, Page, ReadDigit, ReadString
from digitlab.pages.scoring import Truth, digits_right, edit_distance, f1, match_boxes, score, upright_boxes


def read_string(
    text: str, left: int, top: int = 0, status: str = "sure", probability: float = 0.9
) -> ReadString:
    """Digits of 10 x 20 pixels, one every 12 pixels."""
    digits = tuple(
        ReadDigit(int(letter), 0.9, "sure", 0, (left + 12 * place, top, 10, 20))
        for place, letter in enumerate(text)
    )
    return ReadString(digits, 0.9, status)


def page_of(*lines: list[ReadString], to_upright=((1, 0, 0), (0, 1, 0), (0, 0, 1))) -> Page:
    return Page("array", 1, 300, 100, 0.1, tuple(Line(tuple(line)) for line in lines), (), to_upright)


def truth_of(*lines: list[ReadString]) -> Truth:
    page = page_of(*lines)
    boxes = tuple((digit.digit, digit.box) for string in page.strings for digit in string.digits)
    return Truth(tuple(tuple(string.text for string in line) for line in lines), boxes)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("", "", 0),
        ("123", "123", 0),
        ("123", "", 3),
        ("123", "23", 1),
        ("1234", "1324", 2),
        ("915", "8015", 2),
    ],
)
def test_edit_distance(one, other, distance):
    assert edit_distance(one, other) == distance
    assert edit_distance(other, one) == distance


def test_edit_distance_is_that_of_its_recursive_definition():
    def slow(one: str, other: str) -> int:
        if not one or not other:
            return len(one) + len(other)
        replaced = slow(one[1:], other[1:]) + (one[0] != other[0])
        return min(replaced, slow(one[1:], other) + 1, slow(one, other[1:]) + 1)

    rng = np.random.default_rng(0)
    for _ in range(30):
        one, other = ("".join(map(str, rng.integers(0, 3, rng.integers(0, 6)))) for _ in range(2))
        assert edit_distance(one, other) == slow(one, other)


def test_share_of_digits_is_not_below_zero():
    assert digits_right("1239", "1234") == 0.75
    assert digits_right("999999", "1") == 0
    assert digits_right("", "") == 1
    assert digits_right("5", "") == 0


def test_f1():
    assert f1(3, 4, 5) == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert f1(0, 0, 0) == 1
    assert f1(0, 3, 0) == 0


def test_boxes_are_matched_by_overlap_once():
    true = [(0, 0, 10, 10), (8, 0, 10, 10)]
    # The first overlaps both by 8 / 12 and 4 / 16; the second fits the first exactly and takes it.
    assert match_boxes([(2, 0, 10, 10), (0, 0, 10, 10)], true) == [(1, 0)]
    assert match_boxes([(3, 0, 10, 10)], true) == [(0, 0)]  # 70 / 130 and 50 / 150
    assert match_boxes([(0, 0, 20, 10)], true[:1]) == [(0, 0)]  # exactly half
    assert match_boxes([(0, 0, 21, 10)], true[:1]) == []
    assert match_boxes([], true) == []


def test_a_page_read_as_written():
    lines = [read_string("12", 0), read_string("345", 100)], [read_string("6", 0, 40)]
    found = score(page_of(*lines), truth_of(*lines))
    assert (found.lines_right, found.joined_right) == (True, True)
    assert (found.digits_right, found.box_f1, found.digit_f1) == (1, 1, 1)
    assert found.found == found.answered == (True, True, True)
    assert found.wrong == (False, False, False)


def test_one_digit_wrong_one_string_not_read_and_one_unsure():
    truth = truth_of([read_string("12", 0), read_string("345", 100)], [read_string("6", 0, 40)])
    found = score(page_of([read_string("12", 0, status="unsure"), read_string("375", 100)]), truth)
    assert (found.lines_right, found.joined_right) == (False, False)
    assert found.digits_right == pytest.approx(4 / 6)
    assert found.box_f1 == pytest.approx(10 / 11)
    assert found.digit_f1 == pytest.approx(8 / 11)
    assert found.found == (True, False, False)
    assert found.answered == (False, True, False)
    assert found.wrong == (True,)


def test_a_string_split_in_two_is_right_only_when_joined():
    truth = truth_of([read_string("1234", 0)])
    found = score(page_of([read_string("12", 0), read_string("34", 24)]), truth)
    assert (found.lines_right, found.joined_right, found.digits_right) == (False, True, 1)
    assert found.found == (False,)
    assert found.wrong == (True, True)


def test_a_string_where_nothing_is_written_is_wrong():
    found = score(page_of([read_string("12", 0), read_string("77", 200)]), truth_of([read_string("12", 0)]))
    assert found.found == (True,)
    assert found.wrong == (False, True)
    assert found.digits_right == 0
    nothing = score(page_of(), truth_of([read_string("12", 0)]))
    assert (nothing.lines_right, nothing.box_f1, nothing.found, nothing.wrong) == (False, 0, (False,), ())


def test_lines_in_another_order_are_not_right_but_their_strings_are():
    first, second = read_string("12", 0), read_string("34", 0, 40)
    found = score(page_of([second], [first]), truth_of([first], [second]))
    assert (found.lines_right, found.joined_right) == (False, False)
    assert found.found == (True, True)
    assert found.wrong == (False, False)


def test_a_form_has_a_string_for_each_digit():
    truth = truth_of([read_string("12", 0)], [read_string("3", 0, 40)]).by_digit()
    assert truth.lines == (("1", "2"), ("3",))
    found = score(page_of([read_string("1", 0), read_string("2", 12)], [read_string("3", 0, 40)]), truth)
    assert found.lines_right
    assert found.found == (True, True, True)


def test_outlines_go_the_way_of_the_page():
    # A quarter turn of a picture that is 100 pixels high: (x, y) to (99 - y, x).
    page = page_of(to_upright=((0, -1, 99), (1, 0, 0), (0, 0, 1)))
    outline = np.array([[10, 20], [14, 20], [14, 29], [10, 29]], float)
    assert upright_boxes([outline], page.to_upright) == [(70, 10, 10, 5)]
    # Twice the size, by a matrix that is not normed.
    half = page_of(to_upright=((1, 0, 0), (0, 1, 0), (0, 0, 0.5)))
    assert upright_boxes([outline], half.to_upright) == [(20, 40, 9, 19)]
