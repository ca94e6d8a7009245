"""Activations, units and outputs as pictures: what stands where."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from digitlab.figures import (
    draw_activations,
    draw_boxes,
    draw_feature_maps,
    draw_outputs,
    draw_scatter,
    save_figure,
)
from digitlab.figures.distributions import draw_box_grid
from digitlab.figures.style import DIGIT_COLORS
from digitlab.figures.tiles import GAP, grid_size, paint_tiles, signed_scale, tile_columns, tile_corner
from digitlab.formatting import format_number

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.random((28, 28))


def texts(figure):
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [text.get_text() for text in axes.texts]
        found += [axes.get_title(), axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()]
    return [text.strip() for text in found if text]


def assert_on_the_page_and_apart(figure, among=None):
    figure.draw_without_rendering()
    page = figure.bbox
    boxes = [
        text.get_window_extent() for text in (figure.texts if among is None else among) if text.get_text()
    ]
    for box in boxes:
        assert page.x0 <= box.x0 < box.x1 <= page.x1
        assert page.y0 <= box.y0 < box.y1 <= page.y1
    return boxes


def test_all_layers():
    layers = {
        "crop": RANDOM.random((1, 24, 24)),
        "conv1": RANDOM.normal(size=(16, 20, 20)),
        "relu1": RANDOM.random((64, 7, 7)),
        "wide": RANDOM.normal(size=(200, 2, 2)),
        "dense": RANDOM.normal(size=128),
        "wider": RANDOM.normal(size=1024),
        "logits": RANDOM.normal(size=10) * 10,
    }
    probabilities = np.full(10, 0.1)
    figure = draw_activations(IMAGE, layers, probabilities, "What?")
    words = texts(figure)
    for name, shape in {
        "image": "28 × 28",
        "conv1": "16 × 20 × 20",
        "relu1": "64 × 7 × 7",
        "wide": "200 × 2 × 2\n(first 128 maps)",
        "dense": "128",
        "wider": "1,024",
        "logits": "10",
    }.items():
        assert name in words
        assert shape in words
    assert any(text.startswith("crop, 1 × 24 × 24") for text in words)
    assert [format_number(value, 2) for value in layers["logits"]] == [
        text for text in words if text in {format_number(value, 2) for value in layers["logits"]}
    ]
    assert words.count("0.1000") == 10
    assert any("red > 0, blue < 0" in text for text in words)
    numbers = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    field = next(axes for axes in figure.axes if len(axes.get_yticks()) == 8)  # 1,024 units in rows of 128
    assert [label.get_text() for label in field.get_yticklabels()] == [str(128 * row) for row in range(8)]
    for n in (16, 64, 128):  # every map that is drawn
        assert [str(number) for number in range(n)] in numbers
    assert_on_the_page_and_apart(figure)


@pytest.mark.parametrize("n", [1, 5, 16, 32, 64])
def test_maps_are_numbered_and_on_one_scale(n):
    maps = RANDOM.normal(size=(n, 12, 10))
    figure = draw_feature_maps(IMAGE, maps, range(100, 100 + n), "Maps", "a 2", "output of conv1")
    grid = figure.axes[1]
    assert [text.get_text() for text in grid.texts] == [str(number) for number in range(100, 100 + n)]
    most = np.abs(maps).max()
    assert grid.images[0].get_clim() == (-most, most)
    assert len(grid.images) == 1
    boxes = assert_on_the_page_and_apart(figure, grid.texts)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert figure.axes[0].get_xlabel() == "a 2"
    assert figure.axes[2].get_ylabel() == "output of conv1\nred > 0, blue < 0"
    assert save_figure(figure) == save_figure(
        draw_feature_maps(IMAGE, maps, range(100, 100 + n), "Maps", "a 2", "output of conv1")
    )


def test_scales():
    colors, low, high = signed_scale([-1.0, 3])
    assert (low, high) == (-3, 3)
    sequential, low, high = signed_scale([0.0, 3, np.nan])
    assert (low, high) == (0, 3)
    assert sequential(0.0) == pytest.approx(colors(0.5), abs=0.01)  # zero is the same white
    assert sequential(1.0) == colors(1.0)
    assert signed_scale([0.0])[1:] == (0, 1)


def test_tiles_stand_where_they_are_said_to():
    axes = Figure().subplots()
    tiles = np.stack([np.full((4, 2), value) for value in (1.0, 2, 3)])
    picture = paint_tiles(axes, tiles, 2, room=0.5)
    mosaic, (left, right, bottom, top) = picture.get_array(), picture.get_extent()
    for number in range(3):
        x, y = tile_corner(number, 2, (4, 2), 0.5) + np.array([0.5, 0.5 + 1])  # the tile's middle
        column = int((x - left) / (right - left) * mosaic.shape[1])
        row = int((y - top) / (bottom - top) * mosaic.shape[0])
        assert mosaic[row, column] == number + 1
    assert np.ma.masked_invalid(mosaic).mask[-1, -1]  # the fourth place is empty
    # two columns of 1 and a gap; two rows of 4 / 2 and half a width of room, and a gap; all of these in
    # whole pixels of the picture, of which 24 lie along a tile
    assert grid_size(3, 2, (4, 2), 0.5) == pytest.approx((2 + GAP, 2 * 2.5 + GAP), abs=1 / 24)
    assert [tile_columns(n, 16) for n in (1, 10, 16, 17, 32)] == [1, 10, 16, 9, 16]


def test_boxes_and_classes_that_are_never_read():
    groups = [np.array([])] * 10
    groups[3], groups[8] = np.array([1.0, 2, 3, 4, 5]), np.array([-1.0])
    axes = draw_boxes(groups, "Which?", "output of unit 0", "predicted digit").axes[0]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[3:5] == ["3\nn=5", "4\nn=0"]
    assert [text.get_text() for text in axes.texts] == ["none"] * 8
    assert {text.get_position()[0] for text in axes.texts} == set(range(10)) - {3, 8}
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == (
        "Which?",
        "predicted digit",
        "output of unit 0",
    )
    low, high = axes.get_ylim()
    assert low < -1
    assert high > 5
    figure = Figure()
    assert draw_boxes([np.array([])] * 10, "None", "", "", figure.subplots()) is figure


def test_scatter_with_centroids():
    points = np.array([[0.0, 0], [1, 1], [2, 0]])
    middles = np.full((10, 2), np.nan)
    middles[4], middles[9] = (1, 0), (1, 1)
    counts = [0, 0, 0, 0, 2, 0, 0, 0, 0, 1]
    figure = draw_scatter(points, [4, 9, 4], middles, counts, "Do they?", ("a", "b"), "predicted digit")
    axes = figure.axes[0]
    assert (axes.collections[0].get_offsets() == points).all()
    colors = axes.collections[0].get_facecolor()[:, :3]
    np.testing.assert_allclose(colors, [to_rgb(DIGIT_COLORS[digit]) for digit in (4, 9, 4)])
    assert {text.get_text(): tuple(text.xy) for text in axes.texts} == {"4": (1, 0), "9": (1, 1)}
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend[4:6] == ["4  (n=2)", "5  (n=0)"]


def test_labels_of_centroids_cover_no_marker_and_no_other_label():
    middles = np.random.default_rng(3).normal(0, 0.05, (10, 2))  # crowded
    middles[0] = 3, 3
    figure = draw_scatter(middles, range(10), middles, [1] * 10, "Crowded", ("a", "b"), "predicted digit")
    figure.draw_without_rendering()
    axes = figure.axes[0]
    markers = axes.transData.transform(middles)
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without the lines to the markers
    assert len(boxes) == 10
    centers = np.array([[(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2] for box in boxes])
    between = np.linalg.norm(centers[:, None] - centers, axis=2)
    np.fill_diagonal(between, np.inf)
    points = figure.dpi / 72
    assert between.min() > 9 * points
    assert np.linalg.norm(centers[:, None] - markers, axis=2).min() > 9 * points


def test_small_box_plots_stand_in_a_grid():
    units = [[np.arange(5.0) + unit] * 10 for unit in range(4)]
    figure = draw_box_grid(units, [f"unit {n}" for n in range(4)], "Which?", "output", "predicted digit")
    assert [axes.get_title() for axes in figure.axes] == ["unit 0", "unit 1", "unit 2", "unit 3", "", ""]
    assert figure.axes[1].get_ylim()[0] < 1 < 5 < figure.axes[1].get_ylim()[1]
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("predicted digit", "output")


def test_outputs_say_every_number():
    z = np.array([2.0, 1, 0, -1, -2, -3, -4, -5, -6, -7])
    e = np.exp(z - 2)
    figure = draw_outputs(IMAGE, z, z - 2, e, e / e.sum(), "How?", "a 0")
    logits, shifted, exponentials, probabilities = (
        [text.get_text() for text in axes.texts] for axes in figure.axes[1:]
    )
    assert logits[:4] == ["2.00", "1.00", "0.00", "−1.00"]
    assert shifted[:2] == ["0.00", "−1.00"]
    assert exponentials[:3] == ["1.0000", "0.3679", "0.1353"]
    # 1 / (1 + e^-1 + ... + e^-9) = (1 - e^-1) / (1 - e^-10) = 0.6321 / 0.99995
    assert probabilities[0] == "0.6321"
    titles = [axes.get_title(loc="left") for axes in figure.axes[1:]]
    assert "2.00" in titles[1]
    assert "1.5819" in titles[3]  # 0.99995 / 0.6321
