"""Reliability diagrams, risk-coverage curves and robustness: what is drawn is what was given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from digitlab.figures import draw_reliability, draw_risk_coverage, draw_robustness, save_figure


def test_bins_and_gaps():
    figure = draw_reliability([50, 51], [0.6, 0.9], [0.5, 1.0], [(0.4, 0.6), (0.95, 1.0)], "Right?")
    left, right = figure.axes
    x, y = left.containers[0][0].get_data()
    assert (list(x), list(y)) == ([0.6, 0.9], [0.5, 1.0])
    assert [bar.get_height() for bar in right.patches] == pytest.approx([-10, 10])  # points
    assert "n=50 to 51" in right.get_xlabel()
    assert (left.get_xlabel(), left.get_ylabel()) == ("mean confidence", "accuracy")
    assert figure.get_suptitle() == "Right?"


def test_a_curve_with_its_marks():
    coverage = np.arange(1, 11) / 10
    risk = [0, 0, 0, 0, 0, 0.1, 0.1, 0.1, 0.2, 0.3]
    marks = [(1.0, 0.3, (0.2, 0.4)), (0.9, 0.2, (0.1, 0.3)), (0.5, 0.1, (0.0, 0.2))]
    figure = draw_risk_coverage([("a", coverage, risk)], marks, "How many?")
    left, right = figure.axes
    assert list(left.lines[0].get_ydata()) == risk
    assert list(right.lines[0].get_xdata()) == pytest.approx([0.8, 0.9, 1.0])
    assert right.get_yscale() == "log"
    assert [text.get_text() for text in right.texts] == ["30.00 %", "20.00 %"]  # 50 % is not in the panel
    assert save_figure(figure).startswith(b"\x89PNG")


def test_a_curve_without_errors():
    figure = draw_risk_coverage([("a", [0.5, 1.0], [0, 0])], [(1.0, 0.0, (0, 0.1))], "None")
    assert [text.get_text() for text in figure.axes[1].texts] == ["no errors"]
    assert save_figure(figure).startswith(b"\x89PNG")


def test_bars_of_two_models():
    shares = [[[0.9, 0.05, 0.05, 0.93], [0.2, 0.7, 0.1, 0.5]], [[0.8, 0.2, 0, 1], [0.4, 0.6, 0, 0.7]]]
    figure = draw_robustness({"defocus": shares, "jpeg": shares}, ["a", "b"], "Robust?")
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in panels] == ["defocus", "jpeg"]
    bars = panels[0].patches
    assert len(bars) == 2 * 2 * 3
    wrong = [bar.get_height() for bar in bars if to_hex(bar.get_facecolor()) == "#d55e00"]
    assert wrong == pytest.approx([0.05, 0.1, 0, 0])
    assert bars[0].get_x() < bars[6].get_x() < bars[1].get_x()  # a's first, b's first, a's second
    assert [list(line.get_ydata()) for line in panels[0].lines] == [[0.93, 0.5], [1, 0.7]]
    assert [label.get_text() for label in panels[0].get_xticklabels()] == ["clean", "1"]
    assert figure.legends[0].get_title().get_text() == "left bars: a; right bars: b"
