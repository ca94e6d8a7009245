"""The arithmetic of one unit as a picture: every number that belongs to it."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.figures import (
    ProductSum,
    draw_image_computation,
    draw_patch_computation,
    draw_product_bars,
    save_figure,
)

ADDED = ProductSum(
    [("above", 3.0), ("below", -1.0), ("bias", 0.5)], "z", [("relu1", 2.5)], "3 − 1 + 0.5 = 2.5"
)


def ladder(figure):
    """The bars of the sum: where each begins, and how long it is."""
    return [(patch.get_x(), patch.get_width()) for patch in figure.axes[-1].patches]


def words(figure):
    return [text.get_text() for text in figure.texts]


def assert_on_the_page(figure):
    figure.draw_without_rendering()
    for text in figure.texts:
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1


def test_the_sum_goes_up_and_down_and_ends_at_what_it_is():
    figure = draw_image_computation(*[np.eye(28)] * 3, ADDED, "How?", "ink")
    assert ladder(figure) == [(0, 3), (3, -1), (2, 0.5), (0, 2.5), (0, 2.5)]
    assert ADDED.total == 2.5
    shown = words(figure)
    assert [each for each in shown if each in ("+3.000", "−1.000", "+0.500")] == [
        "+3.000",
        "−1.000",
        "+0.500",
    ]
    assert shown.count("2.500") == 2
    assert "3 − 1 + 0.5 = 2.5" in shown
    assert any("red above 0, blue below 0" in each for each in shown)
    assert_on_the_page(figure)


def test_images_with_their_scales():
    inputs, weights = np.random.default_rng(0).random((2, 20, 20))
    weights = weights - 0.5
    figure = draw_image_computation(inputs, weights, inputs * weights, ADDED, "How?", "ink")
    pictures = [axes for axes in figure.axes if axes.images and axes.get_title()]
    assert [axes.get_title() for axes in pictures] == ["ink", "weights", "products"]
    for axes, values in zip(pictures, (inputs, weights, inputs * weights), strict=True):
        assert (axes.images[0].get_array() == values).all()
    assert pictures[0].images[0].get_clim() == (0, 1)
    assert pictures[1].images[0].get_clim() == pytest.approx((-np.abs(weights).max(), np.abs(weights).max()))
    again = draw_image_computation(inputs, weights, inputs * weights, ADDED, "How?", "ink")
    assert save_figure(figure) == save_figure(again)


def test_a_patch_has_its_numbers_in_its_cells():
    maps = np.zeros((2, 8, 8))
    patches = np.array([[[0, 1.25], [12.5, -0.5]], [[0, 0], [0, 0]]])
    kernels = np.array([[[0.1, -0.0304], [0.2, 0.3]], [[0.9, 0.9], [0.9, 0.9]]])
    figure = draw_patch_computation(
        maps, ["pool1 3", "pool1 4"], (-1, 7), patches, kernels, patches * kernels, ADDED, "How?"
    )
    first = figure.axes[:4]
    assert [text.get_text() for text in first[1].texts] == ["0", "1.25", "12.50", "−.50"]
    assert [text.get_text() for text in first[2].texts] == [".100", "−.030", ".200", ".300"]
    # 0 x 0.1 + 1.25 x -0.0304 + 12.5 x 0.2 + -0.5 x 0.3 = -0.038 + 2.5 - 0.15 = 2.312
    assert first[3].get_title() == "products, sum 2.312"
    assert [axes.get_title() for axes in figure.axes[:8:4]] == ["pool1 3", "pool1 4"]
    frame = first[0].patches[-1]  # from column 7, row -1, drawn from the pixels' edges
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((6.5, -1.5), 2, 2)
    left, right = first[0].get_xlim()
    bottom, top = first[0].get_ylim()
    assert left < 6.5
    assert right > 8.5  # the patch reaches one pixel into the padding
    assert top < -1.5
    assert bottom > 7.5
    # one scale for both kernels, though the second has the greatest weight
    assert first[2].images[0].get_clim() == (-0.9, 0.9)
    assert_on_the_page(figure)


def test_bars_with_both_factors():
    figure = draw_product_bars(
        ["relu1 17", "relu2 map 3 (2, 5)"], [12.5, 0.5], [0.4, -0.5], [5.0, -0.25], ADDED, "How?", "largest"
    )
    bars = figure.axes[0]
    assert [patch.get_width() for patch in bars.patches] == [5, -0.25]
    shown = words(figure)
    assert [each for each in shown if "×" in each] == ["12.50 × 0.400", "0.500 × −0.500"]
    assert {"relu1 17", "relu2 map 3 (2, 5)", "5.000", "−0.250"} <= set(shown)
    assert bars.get_ylim()[0] > bars.get_ylim()[1]  # the largest is on top
    assert_on_the_page(figure)
