"""Views of learning: curves of one run and of several seeds, and the worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import InspectedModel, inspect
from digitlab.networks import build
from digitlab.runs import DataConfig, train
from digitlab.training import Recipe


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    digits = mnist("train").take(120)
    np.savez(folder / "few.npz", images=digits.images, labels=digits.labels)
    return DataConfig(train=str(folder / "few.npz"), validation="last:20")


def _run(data, folder, seed, **fields):
    recipe = Recipe(**{"epochs": 2, "batch_size": 20, "seed": seed} | fields)
    return train("mlp", {"hidden": (3,)}, recipe, data, folder / f"seed-{seed}")


def _lines(figure, axes=0):
    return {line.get_label(): line.get_ydata() for line in figure.axes[axes].get_lines()}


def test_curves_of_one_run(data, tmp_path):
    run = _run(data, tmp_path, 0, eval_every=4)
    result = inspect(run.folder, "learning-curves")
    assert result.data["train_loss"].shape == (1, 3)
    np.testing.assert_allclose(result.data["epochs"], [4 / 5, 8 / 5, 10 / 5])
    assert _lines(result.figure)["validation"].tolist() == [
        period.validation_loss for period in run.history()
    ]
    assert not result.figure.axes[0].collections  # one seed has no spread
    assert "n = 1 seed" in result.figure.get_suptitle()
    lowest = min(run.history(), key=lambda entry: entry.validation_loss)
    assert f"lowest validation loss: {lowest.validation_loss:.4f} at epoch" in result.summary
    assert f"last validation loss: {run.history()[-1].validation_loss:.4f} at epoch 2" in result.summary


def test_curves_of_seeds_are_their_mean_within_one_standard_deviation(data, tmp_path):
    runs = [_run(data, tmp_path, seed) for seed in (0, 1, 2)]
    result = inspect(tmp_path, "learning-curves")
    losses = np.array([[period.train_loss for period in run.history()] for run in runs])
    assert np.array_equal(result.data["train_loss"], losses)
    np.testing.assert_allclose(_lines(result.figure)["training"], losses.mean(axis=0))
    shade = result.figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert shade.max() == pytest.approx((losses.mean(axis=0) + losses.std(axis=0, ddof=1)).max())
    assert "mean of 3 seeds; the shade is one standard deviation" in result.figure.get_suptitle()


def test_runs_of_different_length_are_compared_as_far_as_all_go(data, tmp_path):
    _run(data, tmp_path, 0, epochs=3)
    _run(data, tmp_path, 1, epochs=2)
    result = inspect(tmp_path, "learning-curves")
    assert result.data["train_loss"].shape == (2, 2)
    assert "up to where the first of them stopped" in result.figure.get_suptitle()


def test_runs_measured_at_other_epochs_have_no_mean(data, tmp_path):
    _run(data, tmp_path, 0)
    _run(data, tmp_path, 1, eval_every=2)
    with pytest.raises(SettingError, match="measured at other epochs"):
        inspect(tmp_path, "learning-curves")


def test_a_smoothed_loss_is_called_so(data, tmp_path):
    result = inspect(_run(data, tmp_path, 0, label_smoothing=0.1).folder, "learning-curves")
    assert {"training, labels smoothed", "validation"} < set(_lines(result.figure))
    assert {"training", "validation"} < set(_lines(result.figure, 1))
    assert any("smoothing 0.1: 0.500" in name for name in _lines(result.figure))
    assert "With label smoothing 0.1, the training loss cannot fall below 0.500." in result.summary


def test_the_epoch_whose_weights_were_kept_is_marked(data, tmp_path):
    run = _run(data, tmp_path, 0, epochs=6, patience=2, learning_rate=0.1)
    kept = run.history()[run.metrics()["best_entry"] - 1]
    figure = inspect(run.folder, "learning-curves").figure
    (mark,) = [line for line in figure.axes[0].get_lines() if line.get_marker() == "*"]
    assert (*mark.get_xdata(), *mark.get_ydata()) == (kept.epoch, kept.validation_loss)
    assert "weights kept" in mark.get_label()


def test_a_bare_weights_file_has_no_curves():
    with pytest.raises(SettingError, match="bare weights file"):
        inspect(InspectedModel(build("mlp", hidden=(3,)), "mlp", mnist("test").take(5)), "learning-curves")


def test_worked_examples_need_no_training():
    model = InspectedModel(build("softmax"), "softmax", mnist("test").take(5))
    softmax = inspect(model, "softmax").data
    assert softmax["probabilities"].round(2).tolist() == [0.03, 0.09, 0.24, 0.64]
    assert softmax["swept"].shape == (len(softmax["values"]), 4)
    result = inspect(model, "cross-entropy")
    # -(ln 0.9 + ln 0.7) / 2 = (0.105361 + 0.356675) / 2 = 0.231018; the study's: -ln 0.9
    assert float(result.data["mean"]) == pytest.approx(0.231018, abs=1e-6)
    assert result.data["probabilities"].sum(axis=1) == pytest.approx([1, 1])
    assert float(result.data["source_mean"]) == pytest.approx(0.10536, abs=1e-5)
    assert [axes.get_title(loc="left").partition(":")[0] for axes in result.figure.axes] == [
        "A batch of probabilities",
        "The toy batch of the deep-mnist study",
    ]
    assert set(inspect(model, "activation-functions").data) == {"z", "linear", "ReLU", "sigmoid", "tanh"}
