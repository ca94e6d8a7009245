"""Maps over an image: what stands on the axes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from digitlab.figures.pixel_maps import PixelMap, draw_attribution, draw_maximizing_images, draw_pixel_map

INK = np.pad(np.ones((2, 2)), 1)
SIGNED = PixelMap(np.array([[0.5, -2.0], [0.0, 1.0]]), "a title", "logits")


def test_signed_maps_are_centered_on_zero_and_others_start_there():
    axes = draw_pixel_map(SIGNED).axes[0]
    assert axes.images[0].get_clim() == (-2, 2)
    assert axes.images[0].get_cmap().name == "RdBu_r"
    assert axes.get_title() == "a title"
    unsigned = draw_pixel_map(PixelMap(np.array([[1.0, 3.0]]), "", "", signed=False)).axes[0]
    assert unsigned.images[0].get_clim() == (0, 3)


def test_a_map_of_nothing_still_has_a_scale():
    assert draw_pixel_map(PixelMap(np.zeros((2, 2)), "", "")).axes[0].images[0].get_clim() == (-1, 1)


def test_the_outline_of_the_ink_is_drawn_where_there_is_any():
    values = PixelMap(np.zeros((4, 4)), "", "")
    assert len(draw_pixel_map(values, INK).axes[0].collections) == 1
    assert not draw_pixel_map(values, np.zeros((4, 4))).axes[0].collections
    assert not draw_pixel_map(values, np.ones((4, 4))).axes[0].collections
    assert not draw_pixel_map(values).axes[0].collections


def test_a_map_goes_on_given_axes():
    axes = Figure().subplots()
    assert draw_pixel_map(SIGNED, axes=axes) is axes.figure
    assert axes.get_title() == "a title"


def test_the_image_stands_beside_its_maps():
    figure = draw_attribution(INK, [SIGNED, SIGNED, SIGNED], "what speaks?")
    first, *maps = [axes for axes in figure.axes if axes.images and axes.get_title()]
    assert (first.images[0].get_array() == INK).all()
    assert first.images[0].get_clim() == (0, 1)
    assert len(maps) == 3
    assert figure.get_suptitle() == "what speaks?"
    names = [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]
    assert names == ["ink", *["logits\nred > 0, blue < 0"] * 3]


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (10, 5)])
def test_preferred_images_in_a_grid(n, columns):
    figure = draw_maximizing_images(np.zeros((n, 4, 4)), [str(i) for i in range(n)], "whose?")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == [str(i) for i in range(n)]
    assert len({text.get_position()[0] for text in axes.texts}) == columns
