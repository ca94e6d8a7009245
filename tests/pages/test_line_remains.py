"""What is left of printed lines: bars and corners that are drawn by hand between two lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.line_remains import take_out_remains
from digitlab.pages.ruling import RuledLine, Ruling

SHAPE = (100, 300)
TOP, BOTTOM = 20, 80


def across(row: float) -> RuledLine:
    return RuledLine(False, 0, np.full(SHAPE[1], row), np.ones(SHAPE[1], np.bool_), 3.0)


def down(column: float) -> RuledLine:
    return RuledLine(True, TOP, np.full(BOTTOM - TOP, column), np.ones(BOTTOM - TOP, np.bool_), 3.0)


def ruling(mask: NDArray[np.uint8], *verticals: RuledLine) -> Ruling:
    return Ruling((mask * 200).astype(np.float32), mask, (across(TOP), across(BOTTOM), *verticals))


def blank() -> NDArray[np.uint8]:
    return np.zeros(SHAPE, np.uint8)


def bar(mask: NDArray[np.uint8], column: int, width: int = 6) -> NDArray[np.uint8]:
    mask[TOP:BOTTOM, column : column + width] = 1
    return mask


def test_a_bar_that_stands_alone_from_line_to_line_is_taken_out() -> None:
    cleaned = take_out_remains(ruling(bar(blank(), 50)))
    assert not cleaned.mask.any()
    assert not cleaned.ink.any()
    assert [line.side for line in cleaned.verticals] == [True]
    assert abs(cleaned.verticals[0].at(50) - 52.5) <= 1


def test_a_bar_that_ends_between_the_lines_stays() -> None:
    mask = blank()
    mask[30:70, 50:56] = 1
    cleaned = take_out_remains(ruling(mask))
    assert np.array_equal(cleaned.mask, mask)
    assert not cleaned.verticals


def test_a_slanted_stroke_from_line_to_line_stays() -> None:
    mask = blank()
    for row in range(TOP, BOTTOM):
        mask[row, 60 - row // 4 : 66 - row // 4] = 1
    assert np.array_equal(take_out_remains(ruling(mask)).mask, mask)


def test_a_bar_that_a_digit_touches_is_taken_out_if_it_is_in_step_with_sides_that_were_found() -> None:
    mask = bar(blank(), 147)
    mask[40:60, 150:180] = 1  # a stroke of a digit
    known = [down(column) for column in (50, 100, 200, 250)]
    cleaned = take_out_remains(ruling(mask, *known))
    assert not cleaned.mask[TOP:BOTTOM, 145:154].any()
    assert cleaned.mask[40:60, 156:180].all()
    assert len(cleaned.verticals) == 5


def test_a_bar_that_a_digit_touches_stays_if_it_is_out_of_step() -> None:
    mask = bar(blank(), 122)
    mask[40:60, 125:150] = 1
    known = [down(column) for column in (50, 100, 200, 250)]
    assert np.array_equal(take_out_remains(ruling(mask, *known)).mask, mask)


def test_a_block_as_wide_as_a_digit_is_no_bar() -> None:
    mask = bar(blank(), 90, 40)
    assert np.array_equal(take_out_remains(ruling(mask, down(50), down(150), down(200))).mask, mask)


def test_what_two_lines_leave_where_they_cross_is_taken_out_and_a_point_in_a_cell_stays() -> None:
    mask = blank()
    mask[TOP - 1 : TOP + 2, 99:102] = 1
    mask[48:52, 120:124] = 1
    cleaned = take_out_remains(ruling(mask, down(50), down(100)))
    assert not cleaned.mask[:30].any()
    assert cleaned.mask[48:52, 120:124].all()


def test_short_lines_one_above_the_other_part_nothing() -> None:
    mask = bar(blank(), 50)
    short = [
        RuledLine(False, 40, np.full(30, float(row)), np.ones(30, np.bool_), 3.0) for row in (80, 20, 76)
    ]
    given = Ruling((mask * 200).astype(np.float32), mask, tuple(short))
    assert not take_out_remains(given).mask[28:72, 50:56].any()


def test_without_lines_nothing_changes() -> None:
    given = Ruling(np.ones((5, 5), np.float32), np.ones((5, 5), np.uint8), ())
    assert take_out_remains(given) is given
