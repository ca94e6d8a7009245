"""Separate pieces of ink: each digit of a picture alone, with its box, and its parts together."""

import numpy as np
import pytest
from PIL import Image

from digitlab.data.mnist import mnist
from digitlab.data.normalize import to_mnist_format
from digitlab.data.segmentation import find_pieces
from digitlab.errors import DataError

DIGITS = mnist("train").take(40)
FIVE, ZERO, FOUR = DIGITS.images[0], DIGITS.images[1], DIGITS.images[2]


def enlarged(digit, times):
    return np.array(Image.fromarray(digit).resize((28 * times, 28 * times), Image.Resampling.BICUBIC))


def page(*places, height=240, width=400):
    """Dark digits, each `(digit, left, top, times)`, on white."""
    ink = np.zeros((height, width), np.uint8)
    for digit, left, top, times in places:
        big = enlarged(digit, times)
        part = ink[top : top + len(big), left : left + len(big)]
        np.maximum(part, big, out=part)
    return 255 - ink


def box_of(digit, left, top, times):
    """Left, top, width and height of what is clearly ink."""
    rows, columns = (np.flatnonzero((enlarged(digit, times) > 25).any(axis)) for axis in (1, 0))
    return left + columns[0], top + rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1


def test_one_digit_is_one_piece_as_if_it_were_read_alone():
    place = (ZERO, 150, 30, 6)
    (piece,) = find_pieces(page(place))
    np.testing.assert_array_equal(piece.pixels, to_mnist_format(page(place)))
    np.testing.assert_allclose(piece.box, box_of(*place), atol=4)


def test_digits_side_by_side_are_pieces_from_left_to_right():
    places = [(ZERO, 10, 60, 4), (FIVE, 120, 20, 5), (FOUR, 270, 50, 4)]
    # In another order on the page: the highest, whose label comes first, is the second from the left.
    pieces = find_pieces(page(*places))
    assert len(pieces) == 3
    for piece, place in zip(pieces, places, strict=True):
        np.testing.assert_allclose(piece.box, box_of(*place), atol=4)
        alone = to_mnist_format(page(place)).astype(int)
        assert np.abs(piece.pixels - alone).mean() < 2


def test_boxes_are_in_pixels_of_a_picture_that_is_reduced():
    place = (FOUR, 900, 300, 40)
    (piece,) = find_pieces(page(place, height=1500, width=2100))
    np.testing.assert_allclose(piece.box, box_of(*place), atol=40)


def drawn(*strokes, height=200, width=200):
    """Filled boxes `(left, top, right, bottom)` on white."""
    picture = np.full((height, width), 255, np.uint8)
    for left, top, right, bottom in strokes:
        picture[top:bottom, left:right] = 0
    return picture


FIVE_APART = [(80, 40, 140, 52), (70, 70, 82, 110), (82, 98, 130, 110), (118, 110, 130, 160)]
"""A 5 whose bar lies 18 pixels above a bowl of 90."""


ZERO_DRAWN = [(60, 40, 140, 50), (60, 150, 140, 160), (60, 40, 70, 160), (130, 40, 140, 160)]


@pytest.mark.parametrize(
    ("strokes", "count"),
    [
        (FIVE_APART, 1),
        ([*FIVE_APART, (20, 60, 34, 160)], 2),  # a 1 beside it
        ([(60, 40, 72, 160), (120, 40, 132, 160)], 2),  # 11
        ([(60, 20, 72, 80), (60, 110, 72, 170)], 2),  # a 1 above a 1: two rows
        (
            [
                (60, 40, 140, 50),
                (60, 150, 140, 160),
                (60, 40, 70, 160),
                (130, 40, 140, 160),
                (95, 90, 105, 110),
            ],
            1,
        ),
        # ^ a 0 with a dot in it
        ([(60, 40, 75, 160), (62, 10, 74, 14)], 1),  # a 1 and a speck
    ],
)
def test_parts_of_one_digit_are_one_piece(strokes, count):
    pieces = find_pieces(drawn(*strokes))
    assert len(pieces) == count


def test_a_piece_holds_no_ink_of_its_neighbor():
    together = find_pieces(drawn((60, 40, 72, 160), (80, 40, 92, 160)))
    alone = find_pieces(drawn((60, 40, 72, 160)))
    for piece in together:
        np.testing.assert_array_equal(piece.pixels, alone[0].pixels)


def test_a_piece_that_is_faint_throughout_is_read_beside_a_dark_one():
    gray = page((FIVE, 20, 30, 4), (ZERO, 200, 30, 4))
    gray[:, 200:] = 255 - (255 - gray[:, 200:]) // 3  # below half of full ink everywhere
    assert len(find_pieces(gray)) == 2


def test_a_piece_that_runs_off_the_picture_is_no_digit_beside_a_free_one():
    pieces = find_pieces(drawn((90, 50, 104, 150), (0, 0, 30, 200)))
    assert len(pieces) == 1
    np.testing.assert_allclose(pieces[0].box, (90, 50, 14, 100), atol=2)
    assert len(find_pieces(drawn((90, 0, 104, 150)))) == 1


@pytest.mark.parametrize("gap", [8, 30])
@pytest.mark.parametrize("thickness", [3, 8])
def test_a_box_drawn_around_a_digit_is_no_ink(gap, thickness):
    place = (FIVE, 120, 40, 6)
    left, top, width, height = box_of(*place)
    picture = page(place, height=260)
    framed = picture.copy()
    inner = slice(top - gap, top + height + gap), slice(left - gap, left + width + gap)
    outer = (
        slice(inner[0].start - thickness, inner[0].stop + thickness),
        slice(inner[1].start - thickness, inner[1].stop + thickness),
    )
    framed[outer] = 0
    framed[inner] = picture[inner]
    np.testing.assert_array_equal(to_mnist_format(framed), to_mnist_format(picture))
    assert len(find_pieces(framed)) == 1


def test_a_zero_around_a_dot_is_no_frame():
    (piece,) = find_pieces(drawn(*ZERO_DRAWN, (95, 90, 105, 110), height=300, width=300))
    np.testing.assert_allclose(piece.box, (60, 40, 80, 120), atol=4)


@pytest.mark.parametrize("wide", [12, 60])
@pytest.mark.parametrize("tilt", [0, 0.1])
@pytest.mark.parametrize("turns", range(4))
def test_the_edge_of_a_table_beside_empty_paper_is_no_digit(wide, tilt, turns):
    rows, columns = np.mgrid[:400, :400]
    paper = np.where(columns < wide + tilt * rows, 70, 225) + np.random.default_rng(0).normal(
        0, 3, (400, 400)
    )
    with pytest.raises(DataError, match="no ink found"):
        to_mnist_format(np.rot90(paper, turns).astype(np.uint8).copy())


def test_thin_pale_ink_beside_a_dark_table_is_the_digit():
    paper = np.full((400, 400), 225)
    paper[60:110, 150:153] = 120
    paper[:, :100] = 20
    form = to_mnist_format(paper.astype(np.uint8))
    rows, columns = np.flatnonzero(form.max(1) > 127), np.flatnonzero(form.max(0) > 127)
    assert (len(rows), columns[-1] - columns[0] + 1) == (20, 2)


def test_grains_of_a_photo_are_no_ink():
    paper = np.full((400, 500), 200.0) + np.linspace(0, 40, 500)
    paper[100:104, 200:205] = 60
    paper[300:303, 400:408] = 60
    with pytest.raises(DataError, match="no ink found"):
        to_mnist_format(paper.astype(np.uint8))


def test_no_ink_and_no_picture_are_refused():
    with pytest.raises(DataError, match="no ink found"):
        find_pieces(np.full((50, 50), 255, np.uint8))
    with pytest.raises(DataError, match="a picture of shape"):
        find_pieces(np.zeros((50, 50, 3), np.uint8))
