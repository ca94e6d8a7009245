"""Two digits in four panels, and the errors of a confusion matrix."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from digitlab.figures import draw_errors, draw_pair


def test_four_panels():
    images = np.random.default_rng(0).random((30, 6, 6))
    panels = [images, images[:3], np.zeros((0, 6, 6)), images[5:30]]
    figure = draw_pair(panels, [700, 3, 0, 25], (4, 9), "4 or 9?")
    assert [axes.get_title() for axes in figure.axes] == [
        "4 predicted as 4: 700 digits (25 shown)",
        "4 predicted as 9: 3 digits",
        "9 predicted as 4: 0 digits",
        "9 predicted as 9: 25 digits",
    ]
    assert [len(axes.images) for axes in figure.axes] == [25, 3, 0, 25]
    assert [[text.get_text() for text in axes.texts] for axes in figure.axes] == [
        [],
        [],
        ["No 9\nwas predicted as 4."],
        [],
    ]
    assert np.allclose(figure.axes[3].images[0].get_array(), images[5])
    # all panels are on one scale, however many digits they hold
    assert len({axes.get_xlim() + axes.get_ylim() for axes in figure.axes}) == 1
    assert figure.get_suptitle() == "4 or 9?"


@pytest.fixture
def counts():
    table = np.diag(np.arange(100, 110))
    table[4, 9] = 26  # of 130: 20 %
    table[2, 0] = 2  # of 104: 1.9 %
    return table


def test_errors_alone(counts):
    figure = draw_errors(counts, "Which?")
    axes = figure.axes[0]
    shares = np.asarray(axes.images[0].get_array())
    assert not shares.diagonal().any()
    assert (shares[4, 9], shares[2, 0]) == pytest.approx((26 / 130, 2 / 104))
    assert axes.images[0].get_clim() == pytest.approx((0, 0.2))  # the scale ends at the largest error
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {(9, 4): "26\n20.0%", (0, 2): "2\n1.9%"}
    assert [label.get_text() for label in axes.get_yticklabels()][4] == "4  (n=130)"
    assert len(axes.patches) == 10  # the diagonal is covered
    assert len(figure.axes) == 2  # with a scale


def test_no_errors_and_no_digits(counts):
    for table in (np.diag(np.arange(10)), np.zeros((10, 10), int)):
        figure = draw_errors(table, "None")
        assert not figure.axes[0].texts
        assert len(figure.axes) == 1  # nothing has no scale


def test_errors_on_axes_of_ones_own(counts):
    figure = Figure()
    axes = figure.subplots()
    assert draw_errors(counts.tolist(), "Mine", axes) is figure
    assert axes.get_title() == "Mine"


@pytest.mark.parametrize(("right", "words"), [(97, "3\n3.0%"), (997, "3\n0.30%"), (9997, "3\n0.030%")])
def test_shares_of_rare_errors_have_two_digits(right, words):
    table = np.diag(np.full(10, right))
    table[2, 7] = 3
    assert [text.get_text() for text in draw_errors(table, "Rare").axes[0].texts] == [words]
