"""Maps of many images and their components: what stands on the axes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from digitlab.figures.curves import draw_explained_variance
from digitlab.figures.distributions import LABELED, draw_projection
from digitlab.figures.pixel_maps import draw_components
from digitlab.figures.style import DIGIT_COLORS

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [10.0, 5.0], [10.0, 10.0], [5.0, 7.0]])
LABELS = np.array([3, 3, 7, 7, 3])
READ = np.array([3, 3, 7, 2, 5])


def test_points_are_in_the_color_of_the_truth_and_errors_are_crosses():
    axes = draw_projection(POINTS, LABELS, READ, "a map").axes[0]
    right, wrong = axes.collections
    assert right.get_offsets().tolist() == POINTS[:3].tolist()
    assert wrong.get_offsets().tolist() == POINTS[3:].tolist()
    assert [tuple(c) for c in wrong.get_facecolors()] == [to_rgba(DIGIT_COLORS[digit]) for digit in (7, 3)]
    assert wrong.get_edgecolors().tolist() == [[0, 0, 0, 1]]
    texts = {text.get_text() for text in axes.texts}
    assert texts == {"3", "7", "7 predicted as 2", "3 predicted as 5"}
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["3", "7", "errors (2)"]


def test_a_digit_stands_in_the_middle_of_its_points():
    axes = draw_projection(POINTS, LABELS, LABELS, "").axes[0]
    places = {text.get_text(): text.get_position() for text in axes.texts}
    assert places == {"3": (0, 1), "7": (10, 7.5)}


def test_numbers_stand_on_no_error_and_not_on_each_other():
    random = np.random.default_rng(1)
    points = random.normal(0, 1, (400, 2))
    labels = np.repeat([3, 7], 200)  # both in the same place
    read = labels.copy()
    read[::10] = 5
    points[0] = np.median(points[labels == 3], axis=0)  # an error in the middle of the threes
    axes = draw_projection(points, labels, read, "").axes[0]
    numbers = np.array([text.get_position() for text in axes.texts if len(text.get_text()) == 1])
    errors = axes.collections[1].get_offsets()
    size = np.ptp(points, axis=0)
    assert len(numbers) == 2
    assert np.linalg.norm((numbers[:, None] - errors) / size, axis=2).min() > 0.025
    assert np.linalg.norm((numbers[0] - numbers[1]) / size) > 0.025
    for text in (each for each in axes.texts if "predicted as" in each.get_text()):
        beside = (errors - text.xy) / size
        assert not ((beside > (0, -0.019)) & (beside < (0.2, 0.04))).all(axis=1).any()


def test_words_do_not_lie_on_each_other():
    n = 200
    points = np.random.default_rng(0).normal(0, 0.01, (n, 2))
    points[0] = 10, 10
    axes = draw_projection(points, np.zeros(n, dtype=int), np.ones(n, dtype=int), "").axes[0]
    assert (
        len([text for text in axes.texts if "predicted as" in text.get_text()]) == 1
    )  # the one far from the rest
    wide = np.stack([np.zeros(n), np.arange(n)], axis=1)
    axes = draw_projection(wide, np.zeros(n, dtype=int), np.ones(n, dtype=int), "").axes[0]
    assert len([text for text in axes.texts if "predicted as" in text.get_text()]) == LABELED


def test_axes_are_named_only_if_they_mean_something():
    axes = draw_projection(POINTS, LABELS, READ, "").axes[0]
    assert not axes.get_xlabel()
    assert not len(axes.get_xticks())
    given = Figure().subplots()
    assert draw_projection(POINTS, LABELS, READ, "", ("first", "second"), given) is given.figure
    assert (given.get_xlabel(), given.get_ylabel()) == ("first", "second")


def test_the_variance_adds_up():
    axes = draw_explained_variance([0.5, 0.3, 0.2], 0.75, 2, "whose?").axes[0]
    curve, level, upright = axes.lines
    assert curve.get_xdata().tolist() == [1, 2, 3]
    assert curve.get_ydata() == pytest.approx([0.5, 0.8, 1])
    assert level.get_ydata() == [0.75, 0.75]
    assert upright.get_xdata() == [2, 2]
    assert axes.texts[0].get_text().strip() == "2 components explain 75%"


def test_components_share_a_scale():
    images = np.zeros((7, 2, 3))
    images[4, 1, 2] = -3
    axes, bar = draw_components(images, [f"{i}" for i in range(7)], "whose?").axes
    assert axes.images[0].get_clim() == (-3, 3)
    assert [text.get_text() for text in axes.texts] == [f"{i}" for i in range(7)]
    assert bar.get_ylabel() == "weight of the pixel; red > 0, blue < 0"
