"""Weights are drawn on one scale, each tile where it belongs."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from digitlab.figures import animate_tiles, draw_stages, draw_tiles, draw_unit_weights, save_figure


def _noise(*shape):
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize("n", [1, 2, 10, 25, 100, 700])
def test_any_number_of_units_is_drawn_on_a_scale_centered_on_zero(n):
    figure = draw_tiles(_noise(n, 28, 28), f"{n} units")
    axes, bar = figure.axes
    low, high = axes.images[0].get_clim()
    assert low == -high
    assert bar.get_ylabel() == "weight\nred > 0, blue < 0"
    assert figure.get_suptitle() == f"{n} units"
    assert len(axes.collections[0].get_paths()) == n  # a frame each
    assert figure.get_figheight() < 1.2 * figure.get_figwidth()


def test_a_tile_holds_its_unit_and_its_label_stands_above_it():
    tiles = np.arange(10.0)[:, None, None].repeat(28, 1).repeat(28, 2)
    axes = draw_tiles(tiles, "ten", [str(digit) for digit in range(10)], wide=5).axes[0]
    picture = axes.images[0]
    painted, (left, right, bottom, top) = picture.get_array(), picture.get_extent()
    assert (left, top) == (0, 0)
    for text in axes.texts:
        x, y = text.get_position()
        row = int((y + 0.5) / bottom * painted.shape[0])  # half a tile below the words
        assert painted[row, int(x / right * painted.shape[1])] == int(text.get_text())


def test_a_few_large_weights_do_not_make_the_others_white():
    tiles = np.full((5, 28, 28), 0.1)
    tiles[0, 0, 0] = 50  # one of 3,920: fewer than 3 in 1,000
    figure = draw_tiles(tiles, "one large")
    assert figure.axes[0].images[0].get_clim() == pytest.approx((-0.1, 0.1))
    assert draw_unit_weights(tiles[0], "all of it").axes[0].images[0].get_clim() == (-50, 50)


def test_zeros_can_be_drawn():
    assert save_figure(draw_tiles(np.zeros((10, 28, 28)), "softmax at its start")).startswith(b"\x89PNG")


def test_one_unit_on_axes_of_ones_own():
    figure = Figure()
    axes = figure.subplots()
    weights = _noise(20, 20)
    assert draw_unit_weights(weights, "mine", axes) is figure
    assert np.array_equal(axes.images[0].get_array(), weights)
    assert axes.get_title() == "mine"


def test_stages_share_one_scale():
    stages = [_noise(7, 5, 5) * size for size in (0.1, 1, 10)]
    figure = draw_stages(stages, ["after 10", "after 100", "after 1,000"], "stages")
    plots = figure.axes[:3]
    assert [axes.get_title() for axes in plots] == ["after 10", "after 100", "after 1,000"]
    assert len({axes.images[0].get_clim() for axes in plots}) == 1


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (3, 1, 3), (4, 2, 2), (5, 2, 3)])
def test_stages_stand_up_to_three_side_by_side(count, rows, columns):
    figure = draw_stages(
        [_noise(7, 5, 5)] * count, [f"{n}" for n in range(count)], "stages", labels="0123456"
    )
    shape = figure.axes[0].get_gridspec()
    assert (shape.nrows, shape.ncols) == (rows, columns)
    assert [text.get_text() for text in figure.axes[count - 1].texts] == list("0123456")


def test_labels_of_many_tiles_do_not_overlap():
    figure = draw_tiles(_noise(700, 28, 28), "700 units", [str(unit) for unit in range(700)])
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert all(left.x1 <= right.x0 or left.y0 != right.y0 for left, right in itertools.pairwise(boxes))


def test_stages_each_on_a_scale_of_its_own():
    stages = [_noise(7, 5, 5) * size for size in (0.1, 1, 10)]
    figure = draw_stages(stages, ["after 10", "after 100", "after 1,000"], "stages", own_scales=True)
    highs = [axes.images[0].get_clim()[1] for axes in figure.axes if axes.get_title()]
    np.testing.assert_allclose(np.array(highs) / highs[0], [1, 10, 100])


def test_a_film_has_a_frame_for_each_step_on_one_scale():
    frames = [np.full((2, 5, 5), value) for value in (0.0, 0.5, -1.0)]
    data = animate_tiles(frames, ["step 0", "step 1", "step 2"], "film")
    film = Image.open(io.BytesIO(data))
    assert film.n_frames == 3
    assert film.info["loop"] == 0  # endless
    colors = []
    for frame in range(3):
        film.seek(frame)
        picture = film.convert("RGB")
        colors.append(picture.getpixel((picture.width // 5, picture.height // 2)))
    assert min(colors[0]) > 240  # 0 is white
    assert colors[1][0] > colors[1][2]  # 0.5 reddish
    assert colors[2][2] > colors[2][0]  # -1 blue
    assert data == animate_tiles(frames, ["step 0", "step 1", "step 2"], "film")
