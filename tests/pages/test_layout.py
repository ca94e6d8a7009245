"""Rows of a page and cells of a form, from boxes of ink that are put there by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from digitlab.pages.cell_layout import rows_of_cells
from digitlab.pages.cells import Cells
from digitlab.pages.layout import Part, row_of, rows_of_page
from digitlab.pages.pieces import Piece

STROKE = 4.0
PAGE = (600, 900)
HEIGHT = 40


def piece(left: float, top: float, width: int = 26, height: int = HEIGHT, thickness: float = 4.0) -> Piece:
    return Piece((round(left), round(top), width, height), np.ones((height, width), bool), 0, 0, thickness)


def row(n: int, left: int, course: Callable[[float], float], step: int = 36) -> list[Piece]:
    """Digits side by side whose tops follow a course over x."""
    return [piece(x, course(x)) for x in range(left, left + n * step, step)]


def shuffled(pieces: Sequence[Piece]) -> list[Piece]:
    return [pieces[i] for i in np.random.default_rng(0).permutation(len(pieces))]


def ordered(line: Sequence[Part]) -> list[Piece]:
    """The pieces of a line of one part."""
    (part,) = line
    return part.pieces


@pytest.mark.parametrize(
    "course",
    [
        lambda x: 0.0,
        lambda x: 0.12 * x,
        lambda x: -0.15 * x,
        lambda x: 0.0002 * (x - 400) ** 2,
        lambda x: 30 * np.sin(x / 150),
        lambda x: 0.1 * x + 6 * np.sin(x / 20),
    ],
    ids=["level", "falls", "climbs", "bends", "waves", "falls unevenly"],
)
def test_rows_that_slope_and_bend_are_found(course: Callable[[float], float]) -> None:
    truth = [row(18, 60, lambda x, top=top: top + course(x)) for top in (160, 235, 310)]
    found = rows_of_page(shuffled([one for line in truth for one in line]), STROKE, PAGE)
    assert [ordered(line) for line in found.lines] == truth
    assert not found.left_out
    assert all(line[0].height == HEIGHT for line in found.lines)


def test_columns_that_stand_level_are_one_line_from_left_to_right() -> None:
    left, right = row(4, 50, lambda x: 100), row(4, 600, lambda x: 104)
    (line,) = rows_of_page(shuffled(left + right), STROKE, PAGE).lines
    assert ordered(line) == left + right


def test_columns_that_do_not_stand_level_are_lines_of_their_own() -> None:
    left, right = row(4, 50, lambda x: 100), row(4, 600, lambda x: 130)
    found = rows_of_page(shuffled(left + right), STROKE, PAGE)
    assert [ordered(line) for line in found.lines] == [left, right]


def test_marks_join_the_row_that_they_stand_in() -> None:
    upper, lower = row(6, 50, lambda x: 100), row(6, 50, lambda x: 170)
    point = piece(50 + 2 * 36 - 8, 134, 5, 5)  # at the foot of the upper row
    dash = piece(50 + 4 * 36 - 9, 188, 8, 5)  # in the middle of the lower one
    far = piece(700, 400, 6, 6)
    found = rows_of_page(shuffled([*upper, *lower, point, dash, far]), STROKE, PAGE)
    assert ordered(found.lines[0]) == [*upper[:2], point, *upper[2:]]
    assert ordered(found.lines[1]) == [*lower[:4], dash, *lower[4:]]
    assert [(one.box, one.reason) for one in found.left_out] == [(far.box, "too small")]
    assert [line[0].height for line in found.lines] == [HEIGHT, HEIGHT]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (piece(300, 300, 2, 2), "too small"),
        (piece(300, 300, 60, 60, thickness=40), "a blot"),
        (piece(300, 200, 30, 150), "a drawing"),
        (piece(200, 250, 560, 30), "a drawing"),
        (piece(0, 300, 10, 200), "runs off the page"),
        (piece(890, 300, 10, 100), "runs off the page"),
        (piece(300, 0, 100, 8), "runs off the page"),
        (piece(300, 592, 100, 8), "runs off the page"),
    ],
)
def test_what_is_no_writing_is_left_out_and_told(other: Piece, reason: str) -> None:
    digits = row(8, 50, lambda x: 100)
    found = rows_of_page([*digits, other], STROKE, PAGE)
    assert [ordered(line) for line in found.lines] == [digits]
    assert [(one.box, one.reason) for one in found.left_out] == [(other.box, reason)]


def test_a_digit_at_the_border_is_no_edge() -> None:
    """A cropped picture: digits touch its borders with less than half of their height."""
    mask = np.zeros((HEIGHT, 26), bool)
    mask[:, 10:14] = True
    mask[18:22] = True
    cross = Piece((0, 100, 26, HEIGHT), mask, 0.0, 0, 4.0)
    digits = [cross, *row(4, 36, lambda x: 100)]
    found = rows_of_page(digits, STROKE, PAGE)
    assert [ordered(line) for line in found.lines] == [digits]


def test_rows_of_large_and_of_small_digits_are_kept_apart() -> None:
    large = [piece(x, 100, 50, 80) for x in range(50, 450, 64)]
    small = [piece(x, 240, 22, 36) for x in range(50, 450, 30)]
    found = rows_of_page(shuffled(large + small), STROKE, PAGE)
    assert [ordered(line) for line in found.lines] == [large, small]
    assert [line[0].height for line in found.lines] == [80, 36]


def test_a_page_of_specks_has_no_rows() -> None:
    specks = [piece(x, y, 2, 2) for x in range(10, 800, 50) for y in range(10, 500, 50)]
    found = rows_of_page(specks, STROKE, PAGE)
    assert not found.lines
    assert len(found.left_out) == len(specks)
    assert not rows_of_page([], STROKE, PAGE).lines


def test_every_component_is_in_one_row_or_left_out() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        pieces = [
            piece(
                rng.integers(0, 800),
                rng.integers(0, 500),
                int(rng.integers(1, 90)),
                int(rng.integers(1, 90)),
                float(rng.integers(1, 20)),
            )
            for _ in range(60)
        ]
        found = rows_of_page(pieces, STROKE, PAGE)
        boxes = [one.box for line in found.lines for part in line for one in part.pieces]
        boxes += [one.box for one in found.left_out]
        assert sorted(boxes) == sorted(one.box for one in pieces)


def test_a_row_knows_the_course_of_its_digits_and_points_do_not_bend_it() -> None:
    digits = row(9, 0, lambda x: 100 + 0.2 * x)
    point = piece(4 * 36 - 8, 100 + 0.2 * 4 * 36 + 34, 5, 5)
    found = row_of(sorted([*digits, point], key=lambda one: one.middle[0]), HEIGHT)
    expected = [120 + 0.2 * one.box[0] for one in found.pieces]
    assert np.abs(found.middle - expected)[2:-2].max() < 3


def test_a_row_of_marks_alone_has_their_course() -> None:
    assert row_of([piece(10, 50, 4, 4)], HEIGHT).middle.tolist() == [52]


def cells(rows: int, columns: int, width: int = 60, height: int = 60, left: int = 20, top: int = 20) -> Cells:
    x, y = np.meshgrid(left + width * np.arange(columns + 1), top + height * np.arange(rows + 1))
    corners = np.stack([x, y], 2).astype(float)
    return Cells(
        np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2), True
    )


def test_cells_of_one_digit_each_hold_what_stands_in_them() -> None:
    first, second, parted = piece(35, 30), piece(95, 30), [piece(155, 90, 10, 40), piece(170, 92, 12, 36)]
    outside, speck = piece(700, 300), piece(40, 100, 2, 2)
    lines, rest, left_out = rows_of_cells(
        [parted[1], second, first, parted[0], outside, speck], cells(2, 3), STROKE, PAGE, (2, 3)
    )
    assert [[(part.cell, part.pieces) for part in line] for line in lines] == [
        [((0, 0), [first]), ((0, 1), [second])],
        [((1, 2), parted)],
    ]
    forms = {part.form.pattern for line in lines for part in line if part.form is not None}
    assert forms == {"d"}
    assert rest == [outside]
    assert [(one.box, one.reason) for one in left_out] == [(speck.box, "too small")]


def test_a_digit_belongs_to_the_cell_that_holds_most_of_its_ink() -> None:
    crossing = piece(70, 30)  # from x = 70 to 96; cells meet at x = 80
    lines, rest, _ = rows_of_cells([crossing], cells(1, 3), STROKE, PAGE, (1, 3))
    assert [part.cell for line in lines for part in line] == [(0, 1)]
    assert not rest


def test_what_is_small_in_a_cell_is_no_digit() -> None:
    digits, point = [piece(35, 30), piece(95, 30)], piece(160, 60, 6, 6)
    lines, _, left_out = rows_of_cells([*digits, point], cells(1, 3), STROKE, PAGE, (1, 3))
    assert [part.pieces for line in lines for part in line] == [[digits[0]], [digits[1]]]
    assert [one.box for one in left_out] == [point.box]


def test_cells_for_numbers_hold_strings() -> None:
    number = [piece(35, 30), piece(70, 30), piece(105, 30)]
    wide = cells(2, 2, width=200)
    for want in ("auto", None):
        ((part,),) = rows_of_cells(number, wide, STROKE, PAGE, want)[0]
        assert (part.cell, part.pieces, part.form, part.whole) == ((0, 0), number, None, False)


def test_boxes_that_nobody_asked_for_are_one_string_a_row() -> None:
    upper, lower = [piece(35 + 60 * i, 30) for i in range(5)], [piece(35 + 60 * i, 90) for i in range(1, 4)]
    lines, _, _ = rows_of_cells(shuffled(upper + lower), cells(2, 5), STROKE, PAGE, None)
    assert [ordered(line) for line in lines] == [upper, lower]
    assert all(part.whole and part.cell is None for line in lines for part in line)


def test_empty_cells_give_no_lines() -> None:
    outside = piece(700, 300)
    assert rows_of_cells([outside], cells(2, 2), STROKE, PAGE, (2, 2)) == ([], [outside], [])
