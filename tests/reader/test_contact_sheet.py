"""The sheet of what a network saw."""

import numpy as np
import pytest

from digitlab.data.mnist import mnist
from digitlab.reader import Prediction, contact_sheet

SEEN = mnist("test").take(1).images[0]


def prediction(name="seven.png"):
    return Prediction(f"some/folder/{name}", "sure", 7, 1, (*[0.0] * 7, 1.0, 0.0, 0.0), 0.0, 1, SEEN)


def test_each_pixel_is_a_crisp_square():
    page = np.array(contact_sheet([prediction()]))
    drawn = page[16 : 16 + 168, 16 : 16 + 168].reshape(28, 6, 28, 6)
    np.testing.assert_array_equal(drawn, np.broadcast_to((255 - SEEN)[:, None, :, None], drawn.shape))


@pytest.mark.parametrize(("n", "rows", "columns"), [(1, 1, 1), (8, 1, 8), (9, 2, 8)])
def test_pictures_stand_side_by_side_eight_to_a_row(n, rows, columns):
    assert contact_sheet([prediction()] * n).size == (16 + columns * 184, 16 + rows * 228)


@pytest.mark.parametrize(
    "name", ["x" * 300, "siebenundzwanzig mal eine sieben.png", "\u4e03.png", "\udc80.png", "i" * 21]
)
def test_any_name_is_written_within_its_column(name):
    page = np.array(contact_sheet([prediction(name)]))
    assert (page[:, -10:] == 255).all()
    assert (page[190:] < 128).any()
