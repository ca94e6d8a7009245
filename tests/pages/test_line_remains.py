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


def test_ones_from_line_to_line_stay_where_no_sides_were_found() -> None:
    mask = blank()
    for column in (40, 100, 160, 220):
        bar(mask, column)
    assert np.array_equal(take_out_remains(ruling(mask)).mask, mask)


def test_ones_in_the_middle_of_cells_stay() -> None:
    mask = blank()
    for column in (72, 122, 172, 222):
        bar(mask, column)
    known = [down(column) for column in (50, 100, 150, 200, 250)]
    assert np.array_equal(take_out_remains(ruling(mask, *known)).mask, mask)


def test_a_bar_in_step_with_the_sides_that_were_found_is_taken_out_and_is_a_line() -> None:
    cleaned = take_out_remains(ruling(bar(blank(), 147), *(down(column) for column in (50, 100, 200, 250))))
    assert not cleaned.mask.any()
    assert not cleaned.ink.any()
    (side,) = [line for line in cleaned.verticals if line.side]
    assert abs(side.at(50) - 149.5) <= 1
    assert cleaned.verticals[2] is side  # from left to right


def test_bars_show_the_step_where_hardly_a_side_was_found() -> None:
    mask = blank()
    for column in (97, 147, 197):
        bar(mask, column)
    assert not take_out_remains(ruling(mask, down(50))).mask[TOP:BOTTOM].any()


def test_where_every_other_side_was_found_boxes_are_not_taken_for_twice_as_wide() -> None:
    mask = blank()
    for column in (97, 197):
        bar(mask, column)
    known = [down(column) for column in (50, 150, 250)]  # boxes 100 wide and 55 high
    assert not take_out_remains(ruling(mask, *known)).mask[TOP:BOTTOM].any()


def test_bars_one_below_the_other_in_several_rows_are_sides() -> None:
    ends, rows, columns = np.ones(280, np.bool_), (20, 80, 140, 200), (30, 83, 140, 210)
    mask = np.zeros((220, 300), np.uint8)
    for top in rows[:3]:
        for column in columns:
            mask[top : top + 60, column : column + 6] = 1
    lines = tuple(RuledLine(False, 10, np.full(280, float(row)), ends, 3.0) for row in rows)
    given = Ruling((mask * 200).astype(np.float32), mask, lines)
    assert not take_out_remains(given).mask[28:192].any()
    other = mask.copy()
    other[80:200] = np.roll(other[80:200], 25, axis=1)  # rows of ones stand wherever they happen to
    other[140:200] = np.roll(other[140:200], 25, axis=1)
    lone = Ruling((other * 200).astype(np.float32), other, lines)
    assert take_out_remains(lone).mask[28:192].sum() == other[28:192].sum()


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


def test_a_band_lies_between_lines_that_are_one_above_the_other_in_whatever_order() -> None:
    mask = bar(blank(), 50)
    ends, rows = np.ones(30, np.bool_), (80, 20, 76)
    short = [RuledLine(False, 40, np.full(30, float(row)), ends, 3.0) for row in rows]
    sides = [down(column) for column in (0, 100, 150)]
    given = Ruling((mask * 200).astype(np.float32), mask, (*short, *sides))
    assert np.array_equal(take_out_remains(given).mask, mask)  # sides outside of the band tell no step


def test_without_lines_nothing_changes() -> None:
    given = Ruling(np.ones((5, 5), np.float32), np.ones((5, 5), np.uint8), ())
    assert take_out_remains(given) is given
