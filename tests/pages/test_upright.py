import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from digitlab.pages.upright import upright


def page(height=700, width=500, paper=215, ink=40):
    """A page with 8 lines of 12 strokes, each line 12 strokes high and all of them a little different."""
    rng = np.random.default_rng(1)
    gray = np.full((height, width), paper, np.uint8)
    for y in range(80, height - 60, 75):
        for x in range(50, width - 50, 35):
            tilt, tall = rng.integers(-5, 6), rng.integers(24, 31)
            cv2.line(gray, (x + tilt, y), (x, y + tall), ink, 4)
            if rng.random() < 0.5:
                cv2.line(gray, (x, y + tall), (x + 14, y + tall), ink, 4)
    return gray


def on_table(corners, size=(900, 1000), table=70, sheet=None):
    """A photo of a page on a table with a grain, its corners at (x, y), clockwise from the upper left one."""
    sheet = page() if sheet is None else sheet
    height, width = sheet.shape
    source = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    photo = np.full(size, table, np.float32) + 12 * np.sin(np.arange(size[1]) / 5)
    photo += np.random.default_rng(0).normal(0, 4, size)
    warped = cv2.warpPerspective(sheet, matrix, size[::-1])
    covered = cv2.warpPerspective(np.full_like(sheet, 255), matrix, size[::-1])
    return np.where(covered > 127, warped, photo.clip(0, 255)).astype(np.uint8)


def turned(gray, degrees, paper=215):
    height, width = gray.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    return cv2.warpAffine(gray, matrix, (width, height), borderValue=paper)


def placed(matrix, points):
    ends = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return ends[:, :2] / ends[:, 2:]


@pytest.mark.parametrize(
    "corners",
    [
        [(200, 100), (700, 100), (700, 800), (200, 800)],
        [(330, 60), (820, 240), (590, 840), (110, 640)],  # turned by 20 degrees
        [(250, 120), (640, 90), (800, 800), (130, 760)],  # from above its lower end
        [(-20, 250), (470, 40), (790, 650), (300, 880)],  # turned the other way, a corner cut off
    ],
)
@pytest.mark.parametrize("table", [70, 255])
def test_a_sheet_on_a_table_becomes_the_page(corners, table):
    sheet = page() if table == 70 else page(paper=90, ink=240)
    found = upright(on_table(corners, table=table, sheet=sheet))
    assert found.sheet
    height, width = found.gray.shape
    # The corners come to lie where those of the page are, give or take its edges that are left out.
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    assert np.abs(placed(found.matrix, np.array(corners)) - target).max() < 0.02 * max(height, width)
    # Of the table nothing is left: the edge of the page is paper.
    edge = np.concatenate([found.gray[0], found.gray[-1], found.gray[:, 0], found.gray[:, -1]])
    assert abs(np.median(edge.astype(float)) - (215 if table == 70 else 90)) < 12
    assert height / width == pytest.approx(
        np.hypot(*np.subtract(corners[3], corners[0])) / np.hypot(*np.subtract(corners[1], corners[0])),
        rel=0.25,
    )


@pytest.mark.parametrize("degrees", [-38, -12, 7, 25, 44])
@pytest.mark.parametrize("ruling", [False, True])
def test_a_skewed_page_is_turned_back(degrees, ruling):
    gray = page(700, 700)
    if ruling:
        for y in range(40, 700, 75):
            cv2.line(gray, (0, y), (699, y), 150, 2)
    found = upright(turned(gray, degrees))
    assert not found.sheet
    skew = np.degrees(np.arctan2(-found.matrix[1, 0], found.matrix[0, 0]))
    assert skew == pytest.approx(degrees, abs=0.8)
    # The matrix is a turn that keeps lengths, and takes the corners of the picture to the sides of the page.
    np.testing.assert_allclose(found.matrix[:2, :2] @ found.matrix[:2, :2].T, np.eye(2), atol=1e-9)
    ends = placed(found.matrix, np.array([(0, 0), (699, 0), (699, 699), (0, 699)]))
    np.testing.assert_allclose(ends.min(0), 0, atol=1e-6)
    assert (found.gray.shape[1], found.gray.shape[0]) == tuple(np.ceil(ends.max(0)).astype(int) + 1)
    # What the camera did not see is paper, not black.
    corner = found.gray[:20, :20]
    assert abs(np.median(corner.astype(float)) - 215) < 10


def pictures():
    shaded = page().astype(np.float32)
    shaded[:, 240:] *= 0.45
    digit = np.full((300, 260), 230, np.uint8)
    cv2.line(digit, (60, 40), (190, 40), 30, 24)
    cv2.line(digit, (190, 40), (110, 260), 30, 24)
    chalk = 255 - page(paper=200)
    off_two_sides = on_table([(300, 200), (1400, 215), (1390, 1200), (290, 1100)])
    line = np.full((90, 400), 220, np.uint8)
    for x in range(30, 380, 45):
        cv2.line(line, (x + 12, 15), (x, 70), 60, 5)
    return {
        "upright": page(),
        "skewed by two degrees": turned(page(), 2),
        "half in shadow": shaded.astype(np.uint8),
        "one digit": digit,
        "chalk": chalk,
        "a sheet that goes on beyond the picture": off_two_sides,
        "slanted strokes in one line": line,
        "blank": np.full((400, 300), 200, np.uint8),
        "a strip": np.full((1, 900), 200, np.uint8),
    }


@pytest.mark.parametrize("name", list(pictures()))
def test_nothing_is_changed_where_it_is_not_sure(name):
    gray = pictures()[name]
    found = upright(gray)
    assert found.gray is gray
    np.testing.assert_array_equal(found.matrix, np.eye(3))
    assert not found.sheet


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_picture_gives_a_page(data):
    shape = data.draw(st.tuples(st.integers(1, 200), st.integers(1, 200)))
    small = data.draw(arrays(np.uint8, (4, 4), elements=st.integers(0, 255)))
    gray = cv2.resize(
        small, shape[::-1], interpolation=data.draw(st.sampled_from([cv2.INTER_NEAREST, cv2.INTER_LINEAR]))
    )
    for _ in range(data.draw(st.integers(0, 12))):
        ends = data.draw(st.tuples(*[st.integers(-9, 209)] * 4))
        cv2.line(gray, ends[:2], ends[2:], data.draw(st.integers(0, 255)), 3)
    found = upright(gray)
    assert found.gray.dtype == np.uint8
    assert found.gray.ndim == 2
    assert min(found.gray.shape) >= 1
    assert np.isfinite(found.matrix).all()
    assert abs(np.linalg.det(found.matrix)) > 1e-9
