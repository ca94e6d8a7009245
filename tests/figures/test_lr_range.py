"""The figure of a learning-rate range test: what stands on its axes."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from digitlab.figures import draw_lr_range

RATES = [1e-4, 1e-3, 1e-2, 1e-1]
LOSSES = [2.3, 2.1, 0.5, 9.0]
SMOOTHED = [2.3, 2.2, 1.4, 5.0]


def _names(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_what_is_drawn_is_what_was_given():
    axes = draw_lr_range(RATES, LOSSES, SMOOTHED, 0.004, True, "Which rate?").axes[0]
    raw, smooth, suggested, diverged = axes.lines
    assert raw.get_xydata().tolist() == [list(pair) for pair in zip(RATES, LOSSES, strict=True)]
    assert smooth.get_xydata().tolist() == [list(pair) for pair in zip(RATES, SMOOTHED, strict=True)]
    assert suggested.get_xdata() == [0.004, 0.004]
    assert diverged.get_xdata() == [0.1, 0.1]
    assert _names(axes) == ["loss of each batch", "smoothed", "suggested: 0.004", "diverged: 0.1"]
    assert axes.get_xscale() == "log"
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == (
        "Which rate?",
        "learning rate",
        "training loss (nats)",
    )


def test_a_loss_that_explodes_does_not_flatten_the_rest():
    losses = [*LOSSES, 1e9]
    axes = draw_lr_range([*RATES, 1], losses, [*SMOOTHED, 1e8], 0.004, True, "").axes[0]
    low, high = axes.get_ylim()
    assert low == 0
    assert SMOOTHED[0] < high < 10


def test_without_divergence_nothing_is_marked_as_such():
    axes = draw_lr_range(RATES, LOSSES, SMOOTHED, 0.004, False, "").axes[0]
    assert len(axes.lines) == 3
    assert not any("diverged" in name for name in _names(axes))


def test_on_axes_of_ones_own():
    mine, other = Figure().subplots(1, 2)
    assert draw_lr_range(RATES, np.array(LOSSES), SMOOTHED, 0.004, True, "Mine", mine) is mine.figure
    assert mine.get_title() == "Mine"
    assert not other.lines
    assert mine.get_ylim()[1] == pytest.approx(1.6 * 2.3)
