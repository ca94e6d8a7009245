"""What is drawn is what was given."""

import io
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from digitlab.figures import (
    Line,
    draw_confusion,
    draw_digits,
    draw_learning_curves,
    draw_lines,
    draw_tiles,
    save_figure,
)
from digitlab.figures.curves import smallest_smoothed_loss
from digitlab.figures.pixel_maps import draw_components, draw_maximizing_images


@pytest.fixture
def counts():
    table = np.diag(np.arange(100, 110))
    table[4, 9] = 26  # of 130: 20 %
    table[3] = 0  # no threes at all
    return table


def test_the_cells_of_a_confusion_matrix(counts):
    axes = draw_confusion(counts, "Which?").axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    # at (column, row): what was read, what it is
    assert cells[9, 4] == "26\n20.0%"
    assert cells[4, 4] == "104\n80.0%"
    assert cells[0, 0] == "100\n100.0%"
    assert len(cells) == 9 + 1  # nothing is written where nothing was counted
    shares = axes.images[0].get_array()
    assert shares[4, 9] == pytest.approx(0.2)
    assert (shares[3] == 0).all()


def test_the_words_of_a_confusion_matrix(counts):
    figure = draw_confusion(counts, "Which?")
    axes = figure.axes[0]
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == (
        "Which?",
        "predicted digit",
        "true digit",
    )
    assert [label.get_text() for label in axes.get_yticklabels()][3:5] == ["3  (n=0)", "4  (n=130)"]
    assert [label.get_text() for label in axes.get_xticklabels()] == list("0123456789")
    assert axes.yaxis_inverted()  # 0 on top


def test_a_confusion_matrix_on_axes_of_ones_own(counts):
    figure = Figure()
    axes = figure.subplots()
    assert draw_confusion(counts.tolist(), "Mine", axes) is figure
    assert axes.get_title() == "Mine"


TILES = np.linspace(-1, 1, 6 * 20 * 20).reshape(6, 20, 20)
ON_AXES = {
    "tiles": lambda axes: draw_tiles(TILES, "Mine", [str(n) for n in range(6)], axes=axes),
    "digits": lambda axes: draw_digits(np.abs(TILES), ["one line"] * 6, "Mine", columns=3, axes=axes),
    "no digits": lambda axes: draw_digits(np.zeros((0, 20, 20)), [], "Mine", axes=axes),
    "components": lambda axes: draw_components(TILES, ["10 %"] * 6, "Mine", axes),
    "preferred": lambda axes: draw_maximizing_images(np.abs(TILES), ["0: 1.5"] * 6, "Mine", axes),
    "lines": lambda axes: draw_lines([Line("a", [1, 2], [3, 4])], "Mine", "epoch", "loss", axes),
}


@pytest.mark.parametrize("name", ON_AXES)
def test_on_axes_of_ones_own_nothing_else_is_touched(name):
    figure = Figure(figsize=(12, 5), layout="constrained")
    mine, other = figure.subplots(1, 2)
    assert ON_AXES[name](mine) is figure
    assert mine.get_title() == "Mine"
    assert figure.get_suptitle() == ""
    assert figure.axes[:2] == [mine, other]
    assert not other.has_data()
    assert tuple(figure.get_size_inches()) == (12, 5)
    assert save_figure(figure).startswith(b"\x89PNG")


EPOCHS = [1, 2, 3]
LOSS = [Line("training", EPOCHS, [0.9, 0.5, 0.3]), Line("validation", EPOCHS, [0.8, 0.6, 0.7])]
ACCURACY = [Line("training", EPOCHS, [0.7, 0.8, 0.9]), Line("validation", EPOCHS, [0.72, 0.79, 0.78])]


def _legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_lines_of_learning_curves():
    figure = draw_learning_curves(LOSS, ACCURACY, "mlp, seed 0", kept_epoch=3)
    left, right = figure.axes
    for axes, curves in ((left, LOSS), (right, ACCURACY)):
        lines = {line.get_label(): line for line in axes.get_lines()}
        for curve in curves:
            assert list(lines[curve.name].get_xdata()) == EPOCHS
            assert list(lines[curve.name].get_ydata()) == curve.mean
    assert _legend(left) == ["training", "validation", "best and last: 0.7000 (weights kept)"]
    assert (left.get_xlabel(), left.get_ylabel()) == ("epoch", "log loss (nats)")
    assert right.get_ylabel() == "accuracy"
    assert left.get_ylim()[0] == 0
    assert figure.get_suptitle() == "mlp, seed 0"


def test_the_best_and_the_last_entry_are_marked_also_without_early_stopping():
    left, right = draw_learning_curves(LOSS, ACCURACY, "").axes
    best, last = "best: {} (lowest validation loss)", "last: {}"
    assert _legend(left)[2:] == [best.format("0.6000"), last.format("0.7000")]
    assert _legend(right)[2:] == [best.format("79.00 %"), last.format("78.00 %")]
    for axes, values in ((left, [0.6, 0.7]), (right, [0.79, 0.78])):
        marks = {
            line.get_label(): line
            for line in axes.get_lines()
            if str(line.get_label())[:4] in ("best", "last")
        }
        assert [(*mark.get_xdata(), *mark.get_ydata()) for mark in marks.values()] == [
            (2, values[0]),
            (3, values[1]),
        ]
    alone = draw_learning_curves(LOSS[:1], (), "no validation").axes
    assert len(alone) == 1
    assert _legend(alone[0]) == ["training", "last: 0.3000"]


def test_the_least_loss_that_smoothed_labels_allow():
    # At 0.1, the true class has 0.91 and each other one 0.01: -(0.91 ln 0.91 + 9 * 0.01 ln 0.01)
    # = 0.0858 + 0.4145 = 0.5003.
    assert smallest_smoothed_loss(0.1) == pytest.approx(0.5003, abs=1e-4)
    assert smallest_smoothed_loss(0) == 0
    targets = np.full(10, 0.02)
    targets[0] += 0.8
    at_best = torch.nn.functional.cross_entropy(
        torch.log(torch.tensor(targets))[None], torch.tensor([0]), label_smoothing=0.2
    )
    assert smallest_smoothed_loss(0.2) == pytest.approx(float(at_best))
    left, right = draw_learning_curves(LOSS, ACCURACY, "", label_smoothing=0.1).axes
    (level,) = [line for line in left.get_lines() if "label" in str(line.get_label())]
    assert level.get_ydata()[0] == pytest.approx(0.5003, abs=1e-4)
    assert "smoothing 0.1: 0.500" in level.get_label()
    assert not any("smoothing" in each for each in _legend(right))


def test_learning_curves_of_a_part_of_an_epoch_have_one_tick():
    curves = [Line("training", [0.23703], [0.5]), Line("validation", [0.23703], [0.4])]
    for axes in draw_learning_curves(curves, curves, "shorter").axes:
        assert [label.get_text() for label in axes.get_xticklabels()] == ["0.237"]


def test_learning_curves_of_one_epoch():
    figure = draw_learning_curves([Line("training", [1], [0.5])], [Line("training", [1], [0.9])], "short")
    assert _legend(figure.axes[0]) == ["training", "last: 0.5000"]
    assert save_figure(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["confusion", "curves"])
def test_the_same_numbers_give_the_same_bytes(name, counts):
    def draw():
        return save_figure(
            draw_confusion(counts, "a") if name == "confusion" else draw_learning_curves(LOSS, ACCURACY, "a")
        )

    png = draw()
    assert png == draw()
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.width > 1000
        assert np.asarray(picture.convert("L")).std() > 5  # not a blank page


def test_nothing_global_is_left_behind(counts):
    before = dict(mpl.rcParams)
    save_figure(draw_confusion(counts, "a"))
    save_figure(draw_learning_curves(LOSS, ACCURACY, "a"))
    assert dict(mpl.rcParams) == before


def test_drawing_needs_neither_torch_nor_a_window():
    code = (
        "import sys, digitlab.figures as f; f.save_figure(f.draw_confusion([[1] * 10] * 10, 'a'));"
        "print(sorted({'torch', 'sklearn', 'matplotlib.pyplot', 'tkinter'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
