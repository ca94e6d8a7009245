import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from digitlab.pages.ruling import Ruling, remove_ruling


def page(height, width, strokes=(), lines=()):
    """Ink and mask with strokes, paths of points, 5 pixels wide; and lines (x0, y0, x1, y1, thickness)."""
    ink = np.zeros((height, width), np.uint8)
    for path in strokes:
        cv2.polylines(ink, [np.array(path, np.int32)], False, 255, 5)
    for x0, y0, x1, y1, thickness in lines:
        cv2.line(ink, (x0, y0), (x1, y1), 255, thickness)
    return ink.astype(np.float32), (ink > 0).astype(np.uint8)


SEVEN = [(40, 30), (75, 30), (55, 85)]
ONE = [(110, 28), (110, 88)]
FOUR = [(150, 30), (140, 62), (175, 62)], [(165, 45), (165, 90)]
DASH = [(200, 60), (235, 60)]
ZERO = [(270, 30), (255, 58), (270, 88), (285, 58), (270, 30)]
STROKES = (SEVEN, ONE, *FOUR, DASH, ZERO)


def cleaned(lines, strokes=STROKES, height=130, width=600) -> tuple[Ruling, np.ndarray]:
    """The ruling of a page with lines, and the mask of the page without them."""
    return remove_ruling(*page(height, width, strokes, lines)), page(height, width, strokes)[1]


def verticals(ruling):
    return [line for line in ruling.lines if line.vertical]


def agreement(one, other):
    return float((one & other).sum() / (one | other).sum())


def test_digits_and_dashes_are_no_lines():
    ink, mask = page(130, 600, STROKES)
    ruling = remove_ruling(ink, mask)
    assert ruling.lines == ()
    assert ruling.ink is ink
    assert ruling.mask is mask


@pytest.mark.parametrize(
    ("line", "slope"),
    [((0, 100, 599, 100, 2), 0.0), ((0, 40, 599, 100, 3), 0.1), ((0, 110, 599, 60, 1), -0.0835)],
)
def test_a_ruled_line_is_removed_and_the_strokes_that_cross_it_stay(line, slope):
    ruling, without = cleaned([line])
    assert len(ruling.horizontals) == 1
    found = ruling.horizontals[0]
    assert found.slope == pytest.approx(slope, abs=0.005)
    assert found.at(300) == pytest.approx((line[1] + line[3]) / 2, abs=1)
    assert line[4] - 0.5 <= found.thickness <= line[4] + 2.1
    assert found.start <= 3
    assert found.stop >= 597
    assert agreement(ruling.mask, without) > 0.93


def test_a_bent_line_is_followed():
    course = [(x, round(90 + 12 * np.sin(x / 200))) for x in range(0, 600, 4)]
    ink, mask = page(130, 600, STROKES)
    cv2.polylines(ink, [np.array(course, np.int32)], False, 255, 2)
    ruling = remove_ruling(ink, (ink > 0).astype(np.uint8))
    assert len(ruling.lines) == 1
    assert ruling.lines[0].at(314) == pytest.approx(102, abs=1)  # 12 * sin(314 / 200) = 12.0
    assert agreement(ruling.mask, mask) > 0.97


def test_the_foot_of_a_digit_on_a_line_stays():
    two = [(100, 40), (115, 30), (128, 45), (100, 88), (135, 88)]
    ruling, without = cleaned([(0, 90, 599, 90, 2)], [two, ONE])
    assert len(ruling.lines) == 1
    assert agreement(ruling.mask, without) > 0.97
    foot = ruling.mask[84:93, 104:132], without[84:93, 104:132]
    assert agreement(*foot) > 0.9


def test_the_bottom_of_a_zero_that_lies_on_a_line_stays():
    def zeros(ink):
        for x in (60, 130, 200):
            cv2.ellipse(ink, (x, 62), (22, 30), 0, 0, 360, 255, 4)
        return ink

    ink = zeros(page(130, 600, [ONE])[0].astype(np.uint8))
    lined = ink.copy()
    cv2.line(lined, (0, 91), (599, 91), 255, 4)  # from row 89 to 93, as low as the zeros reach
    ruling = remove_ruling(lined.astype(np.float32), (lined > 0).astype(np.uint8))
    assert len(ruling.lines) == 1
    for x in (60, 130, 200):
        assert cv2.connectedComponents(1 - ruling.mask[25:100, x - 30 : x + 31])[0] == 3  # in, out, ink


def test_squared_paper_leaves_only_strokes():
    lines = [(0, y, 599, y, 2) for y in range(6, 130, 30)] + [(x, 0, x, 129, 2) for x in range(10, 600, 30)]
    ruling, without = cleaned(lines)
    assert len(ruling.horizontals) == 5
    assert len(verticals(ruling)) >= 19  # the slanted stroke of the 7 hides one
    assert agreement(ruling.mask, without) > 0.82


def test_boxes_as_large_as_digits_are_removed_by_their_corners():
    boxes = []
    for left, right in ((30, 82), (90, 128), (132, 183), (192, 243), (248, 292)):
        corners = [(left, 15), (right, 15), (right, 105), (left, 105)]
        boxes += [(*one, *other, 2) for one, other in zip(corners, corners[1:] + corners[:1], strict=True)]
    ruling, without = cleaned(boxes)
    assert len(verticals(ruling)) == 10
    assert agreement(ruling.mask, without) > 0.95


def test_a_one_between_two_lines_is_no_divider():
    ruling, without = cleaned([(0, 20, 599, 20, 2), (0, 98, 599, 98, 2)])
    assert not verticals(ruling)
    assert len(ruling.horizontals) == 2
    assert agreement(ruling.mask, without) > 0.97


def test_faint_lines_are_taken_out_of_the_ink():
    ink, mask = page(130, 600, STROKES)
    lined = np.maximum(ink, 60 * page(130, 600, (), [(0, 90, 599, 94, 2), (0, 40, 599, 44, 2)])[0] / 255)
    ruling = remove_ruling(lined.astype(np.float32), mask)  # the lines are too faint for the mask
    assert len(ruling.horizontals) == 2
    assert agreement(ruling.ink > 30, mask > 0) > 0.97
    assert agreement(ruling.mask, mask) > 0.97


def test_what_lines_tell_of_their_ink():
    ink, mask = page(130, 700, STROKES, [(0, 100, 320, 100, 2), (360, 100, 699, 100, 2)])
    lines = remove_ruling(ink, mask).horizontals
    covered = np.zeros(700, np.bool_)
    for line in lines:
        assert len(line.covered) == len(line.course) == line.stop - line.start
        covered[line.start : line.stop] |= line.covered
    assert covered[:320].mean() > 0.98
    assert covered[360:].mean() > 0.98
    assert not covered[326:354].any()


def test_a_large_page_is_treated_like_a_small_one():
    ink, mask = page(2000, 1800, [[(x + 20, 390), (x, 460), (x + 50, 460)] for x in range(100, 1600, 90)])
    lined = ink.copy()
    for y in range(120, 1990, 80):
        cv2.line(lined, (0, y), (1799, y + 10), 255, 3)
    ruling = remove_ruling(lined, (lined > 0).astype(np.uint8))
    assert len(ruling.horizontals) == 24
    assert agreement(ruling.mask, mask) > 0.93


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_mask_gives_an_answer_that_adds_nothing(data):
    shape = data.draw(st.tuples(st.integers(1, 60), st.integers(1, 90)))
    mask = data.draw(arrays(np.uint8, shape, elements=st.integers(0, 1), fill=st.sampled_from([0, 1])))
    for line in data.draw(st.lists(st.tuples(*[st.integers(-20, 110)] * 4, st.integers(1, 5)), max_size=6)):
        cv2.line(mask, line[:2], line[2:4], 1, line[4])
    ink = 200 * mask.astype(np.float32)
    before = ink.copy(), mask.copy()
    ruling = remove_ruling(ink, mask)
    np.testing.assert_array_equal(ink, before[0])
    np.testing.assert_array_equal(mask, before[1])
    assert ruling.mask.dtype == np.uint8
    assert ruling.ink.dtype == np.float32
    assert not (ruling.mask & ~mask).any()
    gone = ruling.ink != ink
    assert not ruling.ink[gone].any()
    assert gone.any() <= bool(ruling.lines)
    for line in ruling.lines:
        assert np.isfinite(line.course).all()
        assert 0 <= line.start < line.stop <= mask.shape[0 if line.vertical else 1]
