import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from digitlab.errors import DataError
from digitlab.pages.cells import Cells, find_cells
from digitlab.pages.ruling import Ruling, remove_ruling

SHAPE = (420, 560)


def ruled(lines, marks=(), shape=SHAPE) -> Ruling:
    """A page with lines (x0, y0, x1, y1) and round marks of 22 x 30 pixels at (x, y), its lines removed."""
    ink = np.zeros(shape, np.uint8)
    for x0, y0, x1, y1 in lines:
        cv2.line(ink, (round(x0), round(y0)), (round(x1), round(y1)), 255, 2)
    for x, y in marks:
        cv2.ellipse(ink, (round(x), round(y)), (9, 13), 10, 0, 360, 255, 4)
    return remove_ruling(ink.astype(np.float32), (ink > 0).astype(np.uint8))


def table(xs, ys, slope=0.0):
    """Lines of a table, turned by a small angle about its upper left corner: x loses, y gains."""
    left, top = xs[0], ys[0]

    def turned(x, y):
        return x - slope * (y - top), y + slope * (x - left)

    lines = [(*turned(xs[0], y), *turned(xs[-1], y)) for y in ys]
    lines += [(*turned(x, ys[0]), *turned(x, ys[-1])) for x in xs]
    marks = [
        turned((xs[c] + xs[c + 1]) / 2, (ys[r] + ys[r + 1]) / 2)
        for r in range(len(ys) - 1)
        for c in range(len(xs) - 1)
        if (r + c) % 3
    ]
    return lines, marks


@pytest.mark.parametrize("slope", [0.0, 0.05, -0.08])
@pytest.mark.parametrize("want", [None, "auto", (5, 4)])
def test_the_cells_of_a_table(slope, want):
    xs, ys = [80, 200, 280, 400, 480], [60, 120, 180, 240, 300, 360]
    cells = find_cells(ruled(*table(xs, ys, slope)), SHAPE, want)
    assert cells is not None
    assert (cells.rows, cells.columns) == (5, 4)
    assert cells.drawn
    assert not cells.single
    # Row 2, column 1 lies between x of 200 and 280, y of 180 and 240, before the table is turned.
    corners = [
        (x - slope * (y - 60), y + slope * (x - 80))
        for x, y in ((200, 180), (280, 180), (280, 240), (200, 240))
    ]
    np.testing.assert_allclose(cells.quads[2, 1], corners, atol=4)
    left, top, _, height = cells.boxes[2][1]
    assert left <= corners[3][0] + 4
    assert top + height >= corners[2][1] - 4
    numbers = cells.numbers(SHAPE)
    assert numbers[round(210 + slope * 80), round(240 - slope * 150)] == 2 * 4 + 1
    assert numbers[2, 2] == -1


def test_a_table_without_its_border_in_a_cropped_photo():
    lines = [(0, y, 559, y) for y in range(30, 420, 60)] + [(x, 0, x, 419) for x in range(70, 560, 110)]
    marks = [(x, y) for x in range(25, 560, 110) for y in range(62, 400, 60)]
    cells = find_cells(ruled(lines, marks), SHAPE, None)
    # 7 lines across at 30, 90, ... 390 make 8 rows, the first and last of them cut off; 5 down, 6 columns.
    assert (cells.rows, cells.columns) == (8, 6)
    assert cells.quads[0, 0, 0].max() <= 1


def boxes(lefts, width=50, top=100, height=64):
    lines = []
    for left in lefts:
        right, bottom = left + width, top + height
        lines += [(left, top, right, top), (left, bottom, right, bottom)]
        lines += [(left, top, left, bottom), (right, top, right, bottom)]
    return lines


@pytest.mark.parametrize("step", [50, 59, 66, 80])
def test_boxes_that_stand_side_by_side_or_apart(step):
    lefts = [40 + step * number for number in range(6)]
    cells = find_cells(ruled(boxes(lefts), [(left + 25, 132) for left in lefts[1:]]), SHAPE, None)
    assert (cells.rows, cells.columns) == (1, 6)
    assert cells.single
    for left, box in zip(lefts, cells.boxes[0], strict=True):
        assert box[0] == pytest.approx(left, abs=4)
        assert box[2] == pytest.approx(50, abs=6)


def test_a_box_that_is_missing_between_others_is_filled_in():
    cells = find_cells(ruled(boxes([40, 110, 250, 320])), SHAPE, (1, 5))
    np.testing.assert_allclose(cells.quads[0, 2, 0], (180, 100), atol=3)


def test_a_box_at_the_end_that_is_not_found_is_added_where_there_is_ink():
    row = boxes([110, 180, 250, 320])
    cells = find_cells(ruled(row, [(65, 132)]), SHAPE, (1, 5))
    np.testing.assert_allclose(cells.quads[0, 0, 0], (40, 100), atol=3)
    with pytest.raises(DataError, match="show 1x4"):
        find_cells(ruled(row), SHAPE, (1, 7))


def test_boxes_between_which_a_side_is_missing_are_parted():
    row = boxes([40 + 60 * number for number in range(5)], width=60)
    row = [line for line in row if line[0] != 160 or line[2] != 160]  # the side at x of 160, drawn twice
    cells = find_cells(ruled(row), SHAPE, "auto")
    assert (cells.rows, cells.columns) == (1, 5)
    np.testing.assert_allclose(cells.quads[0, :, 0, 0], [40, 100, 160, 220, 280], atol=3)


def test_a_cell_that_is_open_to_its_neighbor_is_made_of_those_around_it():
    lines, marks = table([80, 200, 280, 400, 480], [*range(10, 411, 50)])
    lines = [line for line in lines if line[:2] != (280, 10)]
    lines += [(280, 10, 280, 160), (280, 210, 280, 410)]  # no line at x of 280 in the fourth row
    cells = find_cells(ruled(lines, marks), SHAPE, (8, 4))
    np.testing.assert_allclose(cells.quads[3, 1], [(200, 160), (280, 160), (280, 210), (200, 210)], atol=3)


def test_squared_paper_and_ruled_paper_are_no_table():
    squares = [(0, y, 559, y) for y in range(10, 420, 26)] + [(x, 0, x, 419) for x in range(10, 560, 26)]
    across = [(0, y, 559, y) for y in range(40, 420, 60)]
    marks = [(x, 72) for x in range(60, 500, 31)]
    for lines in (squares, across, [*across, (80, 0, 80, 419)]):
        assert find_cells(ruled(lines, marks), SHAPE, None) is None


def test_without_lines_the_ink_is_divided_evenly():
    cells = find_cells(ruled([], [(100, 80), (300, 80), (200, 180)]), SHAPE, (2, 4))
    assert not cells.drawn
    # Ink from x of 100 - 11 to 300 + 11, in four columns of about 56.
    assert cells.boxes[0][0][0] == pytest.approx(89, abs=2)
    assert cells.boxes[1][3][2] == pytest.approx(56, abs=2)
    assert find_cells(ruled([], [(100, 80)]), SHAPE, None) is None


def test_cells_that_the_page_does_not_show():
    ruling = ruled(*table([80, 200, 280, 400, 480], [60, 120, 180, 240]))
    with pytest.raises(DataError, match=r"9x9 were asked for.*show 3x4\nGive --cells 3x4"):
        find_cells(ruling, SHAPE, (9, 9))
    with pytest.raises(DataError, match="no cells found"):
        find_cells(ruled([], [(100, 80)]), SHAPE, "auto")


def test_one_of_two_forms_on_a_page_is_found_by_its_size():
    ruling = ruled(boxes([40 + 50 * number for number in range(8)], top=40) + boxes([40, 90, 140], top=300))
    cells = find_cells(ruling, SHAPE, (1, 3))
    assert cells.boxes[0][0][1] == pytest.approx(300, abs=4)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_lines_give_an_answer_or_our_error(data):
    shape = data.draw(st.tuples(st.integers(1, 150), st.integers(1, 200)))
    ends = st.tuples(st.integers(-9, 200), st.integers(-9, 160))
    lines = data.draw(st.lists(st.tuples(ends, ends).map(lambda two: (*two[0], *two[1])), max_size=12))
    steps = data.draw(st.integers(12, 60))
    lines += [(0, y, 199, y) for y in range(5, 150, steps)] + [(x, 0, x, 149) for x in range(5, 200, steps)]
    want = data.draw(st.sampled_from([None, "auto", (1, 4), (3, 3)]))
    ruling = ruled(lines, shape=shape)
    try:
        cells = find_cells(ruling, shape, want)
    except DataError:
        assert want is not None
        return
    assert (cells is None) <= (want is None)
    if isinstance(cells, Cells):
        if isinstance(want, tuple):
            assert (cells.rows, cells.columns) == want
        assert cells.numbers(shape).max() < cells.rows * cells.columns
        for row in cells.boxes:
            assert len(row) == cells.columns
