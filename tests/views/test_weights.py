"""Views of weights: their numbers are the network's."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import kernels
from digitlab.networks import build
from digitlab.runs import DataConfig, train, train_seeds
from digitlab.training import Examples, Recipe
from digitlab.views import InspectedModel, inspect
from digitlab.views.weights import learned_tiles


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    digits = mnist("train").take(200)
    np.savez(folder / "few.npz", images=digits.images, labels=digits.labels)
    data = DataConfig(train=str(folder / "few.npz"), validation="last:50")
    recipe = Recipe(max_steps=40, eval_every=20, batch_size=10, seed=3)
    return train("mlp", {"hidden": (7,)}, recipe, data, folder / "run").folder


def test_weights_and_one_unit(run):
    seen = inspect(run, "weights")
    assert seen.data["weights"].shape == (7, 28, 28)
    one = inspect(run, "unit", unit=6)
    assert np.array_equal(one.data["weights"], seen.data["weights"][6])
    written = f"{float(one.data['bias']):+.3g}".replace("-", "\N{MINUS SIGN}")
    assert f"bias {written}" in one.figure.axes[0].get_title()
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
    subject = InspectedModel(build("mlp", hidden=(3,)), "mlp", mnist("test").take(5))
    with pytest.raises(SettingError, match="bare weights file"):
        inspect(subject, "stages")


def test_filters_show_every_kernel_or_those_of_one_map():
    subject = InspectedModel(build("swift", seed=1), "swift", mnist("test").take(5))
    assert inspect(subject, "filters").data["kernels"].shape == (16, 1, 5, 5)
    assert inspect(subject, "filters", layer="conv2", unit=3).data["chosen"].shape == (16, 3, 3)


def test_a_network_whose_input_is_no_image_is_refused_before_it_is_trained():
    network = build("mlp", inputs=154, hidden=(3,))
    with pytest.raises(SettingError) as caught:
        learned_tiles(network, Recipe(), None, [10])  # nothing to train on, and never asked for
    assert "need a dense layer that reads 784 or 400 pixels" in str(caught.value)


def test_a_convolutional_networks_stages_are_its_kernels():
    train = Examples.of(mnist("train").take(40))
    recipe = Recipe(max_steps=2, batch_size=10, seed=1)
    steps, tiles, layer = learned_tiles(build("swift", width=2, seed=1), recipe, train, [0, 2])
    assert (steps, layer) == ([0, 2], "conv1")
    assert tiles.shape == (2, 2, 5, 5)
    assert np.array_equal(tiles[0], kernels(build("swift", width=2, seed=1)).weights[:, 0])


def test_only_some_of_many_units_are_shown_and_the_title_says_so(tmp_path):
    digits = mnist("train").take(40)
    np.savez(tmp_path / "few.npz", images=digits.images, labels=digits.labels)
    data = DataConfig(train=str(tmp_path / "few.npz"), validation="none")
    recipe = Recipe(max_steps=3, batch_size=10, ema_decay=0.9)
    seen = inspect(train("mlp", {"hidden": (50,)}, recipe, data, tmp_path / "run").folder, "stages")
    assert seen.data["weights"].shape == (1, 50, 28, 28)
    assert "the first 36 of 50" in seen.figure.get_suptitle()
    assert "moving average" in seen.words


def test_seeds_trained_together_are_said_to_be_trained_again_alone(tmp_path):
    digits = mnist("train").take(40)
    np.savez(tmp_path / "few.npz", images=digits.images, labels=digits.labels)
    data = DataConfig(train=str(tmp_path / "few.npz"), validation="none")
    folder, runs = train_seeds(
        "mlp", {"hidden": (4,)}, Recipe(max_steps=3, batch_size=10), data, tmp_path / "runs", seeds=2
    )
    for path in (folder, runs[1].folder):
        seen = inspect(path, "stages")
        assert "trained again alone" in seen.figure.get_suptitle()
        assert "trained together" in seen.words
    last = seen.data["weights"][-1]
    np.testing.assert_allclose(last, inspect(runs[1].folder, "weights").data["weights"], atol=1e-5)


def test_a_run_of_its_own_is_not(run):
    seen = inspect(run, "stages")
    assert "alone" not in seen.figure.get_suptitle()
    assert seen.words == ""


def test_a_run_that_stopped_early_is_watched_to_its_own_end(run):
    opened = InspectedModel.open(run)
    metrics = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").write_text(json.dumps(metrics | {"steps": 20}))
    try:
        assert inspect(opened, "stages").data["steps"].tolist() == [10, 20]
        assert inspect(opened, "growth").data["steps"][-1] == 20
    finally:
        (run / "metrics.json").write_text(json.dumps(metrics))
