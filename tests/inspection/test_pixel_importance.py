"""Pixels that matter, where it is known which do."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.errors import SettingError
from digitlab.figures import draw_pixels
from digitlab.inspection import pixel_importances, top_pixels


def test_the_one_pixel_that_tells_digits_apart_is_found():
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (200, 4, 5), dtype=np.uint8)
    labels = random.integers(0, 2, 200)
    images[:, 2, 3] = np.where(labels == 1, 255, 0)
    importances = pixel_importances(images, labels, trees=20)
    assert importances.shape == (4, 5)
    assert importances.sum() == pytest.approx(1)
    assert top_pixels(importances, 1).tolist() == [2 * 5 + 3]


def test_pixels_come_most_important_first_and_the_lower_number_of_equals():
    importances = np.array([[0.1, 0.3], [0.3, 0.3]])
    assert top_pixels(importances, 4).tolist() == [1, 2, 3, 0]
    with pytest.raises(SettingError, match="cannot choose 5 of 4 pixels"):
        top_pixels(importances, 5)


def test_a_pixel_is_drawn_in_its_column_and_row():
    figure = draw_pixels(np.zeros((28, 28)), [3 * 28 + 20], "a pixel")
    (marks,) = figure.axes[0].collections
    assert marks.get_offsets().tolist() == [[20.0, 3.0]]  # x is the column, y the row
