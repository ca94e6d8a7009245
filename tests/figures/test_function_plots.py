"""Worked examples show the numbers they were given."""

from __future__ import annotations

import numpy as np

from digitlab.figures import CrossEntropyTable, draw_activation_functions, draw_cross_entropy, draw_softmax

Z = np.linspace(-1, 1, 5)


def _words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_an_activation_and_its_slope():
    figure = draw_activation_functions([("linear", "$a = z$", Z, Z, np.ones(5))] * 2, "two")
    assert len(figure.axes) == 2
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].get_lines()}
    assert np.array_equal(lines["a"], Z)
    assert np.array_equal(lines["slope"], np.ones(5))
    assert figure.axes[0].get_title() == "linear\n$a = z$"


def test_one_activation_alone():
    assert len(draw_activation_functions([("linear", "$a = z$", Z, Z, np.ones(5))], "one").axes) == 1


def test_softmax_bars_and_curves():
    swept = np.array([[0.5, 0.5], [0.25, 0.75], [0.1, 0.9]])
    figure = draw_softmax([0, 1], [1, np.e], [0.269, 0.731], 1, [0, 1, 2], swept, "two logits")
    heights = [[bar.get_width() for bar in axes.patches] for axes in figure.axes[:3]]
    assert heights == [[0, 1], [1, np.e], [0.269, 0.731]]
    assert [label.get_text() for label in figure.axes[2].get_yticklabels()] == ["$a_0$", "$a_1$"]
    lines = {line.get_label(): list(line.get_ydata()) for line in figure.axes[3].get_lines()}
    assert lines["$a_1$"] == [0.5, 0.75, 0.9]


def test_negative_logits_have_room():
    figure = draw_softmax([-2, 1], np.exp([-2, 1]), [0.05, 0.95], 0, [0, 1], [[0.3, 0.7]] * 2, "negative")
    low, high = figure.axes[0].get_xlim()
    assert low < -2
    assert high > 1


def test_every_number_of_a_cross_entropy():
    p = np.array([[0.9, 0.1], [0.25, 0.5]])
    y = np.array([[1.0, 0], [0, 1]])
    # losses: -ln 0.9 = 0.105361, -ln 0.5 = 0.693147; mean (0.105361 + 0.693147) / 2 = 0.399254
    losses = np.array([0.105361, 0.693147])
    table = CrossEntropyTable("a batch", p, y, np.log(p), y * np.log(p), losses, 0.399254)
    figure = draw_cross_entropy([table, table], "two")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a batch", "a batch"]
    words = _words(draw_cross_entropy([table], "one"))
    for number in ("0.9", "0.25", "−0.105361", "−2.302585", "−1.386294", "−0.693147", "0.000000"):
        assert number in words
    assert "−0.000000" not in words
    assert "sum 1" in words
    assert "sum 0.75, not 1" in words
    assert "loss 0.693147" in words
    assert "cross-entropy = (0.105361 + 0.693147) / 2 = 0.399254 nats" in words
