"""Grids of digits, averages, and one image with its numbers."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from digitlab.figures import draw_averages, draw_digits, draw_pixel_values, save_figure
from digitlab.figures.style import DIGIT_COLORS, MARK

IMAGES = np.random.default_rng(0).random((11, 6, 6))


def test_each_digit_stands_above_its_caption():
    figure = draw_digits(IMAGES, [f"no. {number}" for number in range(11)], "Eleven", columns=4, marked=[5])
    axes = figure.axes[0]
    assert axes.get_title() == "Eleven"
    assert [text.get_text() for text in axes.texts] == [f"no. {number}" for number in range(11)]
    for image, picture, text in zip(IMAGES, axes.images, axes.texts, strict=True):
        assert (picture.get_array() == image).all()
        assert picture.get_clim() == (0, 1)
        left, right, bottom, top = picture.get_extent()
        x, y = text.get_position()
        assert x == pytest.approx((left + right) / 2)
        assert top < bottom < y < bottom + 1  # y grows downwards
    # three rows of four: the sixth is the second of the second row
    assert axes.images[5].get_extent()[0] == axes.images[1].get_extent()[0]
    assert axes.images[5].get_extent()[3] == axes.images[4].get_extent()[3]


def test_what_is_marked_is_marked_by_more_than_color():
    axes = draw_digits(IMAGES[:2], ["a", "b"], "Two", marked=[1]).axes[0]
    plain, marked = axes.patches
    assert marked.get_linewidth() >= 3 * plain.get_linewidth()
    assert [text.get_color() for text in axes.texts] == ["black", MARK]


@pytest.mark.parametrize("n", [1, 8, 9, 64])
@pytest.mark.parametrize("caption", ["7", "said 4 (>0.9999)\nis 9 (<0.0001)\ntest #2447"])
def test_nothing_is_cut_off_and_nothing_overlaps(n, caption):
    images = np.resize(IMAGES, (n, 6, 6))
    figure = draw_digits(images, [caption] * n, "A title\nof two lines", columns=5)
    figure.draw_without_rendering()
    page = figure.bbox
    axes = figure.axes[0]
    texts = [text.get_window_extent() for text in (*axes.texts, axes.title)]
    for box in texts:
        assert page.x0 <= box.x0 < box.x1 <= page.x1
        assert page.y0 <= box.y0 < box.y1 <= page.y1
    assert not any(a.overlaps(b) for i, a in enumerate(texts) for b in texts[:i])
    pictures = [picture.get_window_extent() for picture in axes.images]
    assert not any(text.overlaps(picture) for text in texts for picture in pictures)


def test_no_digit_at_all():
    axes = draw_digits(np.zeros((0, 6, 6)), [], "Mistakes", empty="None: all are right.").axes[0]
    assert [text.get_text() for text in axes.texts] == ["None: all are right."]
    assert not axes.images


def test_averages_with_a_digit_that_is_not_there():
    averages = np.full((10, 6, 6), 0.5)
    counts = [10, 0, *range(1000, 1008)]
    figure = draw_averages(averages, counts, "Averages")
    captions = [text.get_text() for text in figure.axes[0].texts]
    assert captions[:3] == ["0  (n=10)", "1  (n=0)", "2  (n=1,000)"]
    assert figure.axes[1].get_xlim() == (0, 1)
    assert figure.axes[1].get_xlabel() == "mean ink (0 paper, 1 ink)"


def test_every_pixel_says_its_value():
    values = np.arange(0, 240, 10).reshape(4, 6)
    figure = draw_pixel_values(values, "An image")
    axes = figure.axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {(column, row): str(values[row, column]) for row in range(4) for column in range(6)}
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("An image", "column", "row")
    dark = {text.get_text() for text in axes.texts if text.get_color() == "white"}
    assert dark == {str(value) for value in range(130, 240, 10)}
    assert save_figure(figure) == save_figure(draw_pixel_values(values, "An image"))


def test_pixel_values_on_axes_of_ones_own():
    figure = Figure()
    axes = figure.subplots()
    assert draw_pixel_values(np.zeros((2, 2), int), "Mine", axes) is figure
    assert axes.get_title() == "Mine"


def test_ten_colors_for_ten_digits():
    assert len(set(DIGIT_COLORS)) == 10
