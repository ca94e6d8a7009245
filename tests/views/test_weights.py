"""Views of weights: their numbers are the network's."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.experiment import train
from digitlab.networks import build
from digitlab.training import DataPlan, Recipe
from digitlab.views import Subject, inspect


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    digits = mnist("train").take(200)
    np.savez(folder / "few.npz", images=digits.images, labels=digits.labels)
    data = DataPlan(train=str(folder / "few.npz"), validation="last:50")
    recipe = Recipe(steps=40, period_steps=20, batch_size=10, seed=3)
    return train("mlp", {"hidden": (7,)}, recipe, data, folder / "run").folder


def test_weights_and_one_unit(run):
    seen = inspect(run, "weights")
    assert seen.data["weights"].shape == (7, 28, 28)
    one = inspect(run, "unit", unit=6)
    assert np.array_equal(one.data["weights"], seen.data["weights"][6])
    assert f"{float(one.data['bias']):+.3f}" in one.figure.axes[0].get_title()
    with pytest.raises(SettingError, match="no unit of hidden1 number 7"):
        inspect(run, "unit", unit=7)


def test_the_last_stage_is_the_trained_network(run):
    stages = inspect(run, "stages")
    assert stages.data["steps"].tolist() == [10, 40]  # 100 and 1,000 lie beyond its end
    assert np.array_equal(stages.data["weights"][-1], inspect(run, "weights").data["weights"])


def test_growth_is_an_animation_from_the_start(run):
    seen = inspect(run, "growth")
    steps = seen.data["steps"]
    assert steps[0] == 0
    assert steps[-1] == 40
    film = Image.open(io.BytesIO(seen.figure))
    assert film.n_frames == len(steps) == len(seen.data["weights"])


def test_a_bare_weights_file_has_no_stages():
    subject = Subject(build("mlp", hidden=(3,)), "mlp", mnist("test").take(5))
    with pytest.raises(SettingError, match="bare weights file"):
        inspect(subject, "stages")
    with pytest.raises(SettingError, match="bare weights file"):
        inspect(subject, "curves")


def test_filters_show_every_kernel_or_those_of_one_map():
    subject = Subject(build("swift", seed=1), "swift", mnist("test").take(5))
    assert inspect(subject, "filters").data["kernels"].shape == (16, 1, 5, 5)
    assert inspect(subject, "filters", layer="conv2", unit=3).data["chosen"].shape == (16, 3, 3)


def test_curves_of_a_run(run):
    data = inspect(run, "curves").data
    assert data["train_loss"].shape == (1, 2)
    assert data["validation_accuracy"].shape == (1, 2)
    np.testing.assert_allclose(data["epochs"], [20 / 15, 40 / 15])


def test_worked_examples_need_no_training():
    subject = Subject(build("softmax"), "softmax", mnist("test").take(5))
    assert inspect(subject, "softmax").data["probabilities"].round(2).tolist() == [0.03, 0.09, 0.24, 0.64]
    assert float(inspect(subject, "cross-entropy").data["mean"]) == pytest.approx(0.10536, abs=1e-5)
    assert set(inspect(subject, "functions").data) == {"z", "linear", "ReLU", "sigmoid", "tanh"}
