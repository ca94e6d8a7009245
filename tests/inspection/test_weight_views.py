"""Views of weights: their numbers are the network's."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import InspectedModel, inspect, kernels
from digitlab.inspection.learning import animation_steps, stage_steps, weights_at_steps
from digitlab.networks import build
from digitlab.runs import DataConfig, train, train_seeds
from digitlab.training import Examples, Recipe


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    digits = mnist("train").take(200)
    np.savez(folder / "few.npz", images=digits.images, labels=digits.labels)
    data = DataConfig(train=str(folder / "few.npz"), validation="last:50")
    recipe = Recipe(max_steps=40, eval_every=20, batch_size=10, seed=3)
    return train("mlp", {"hidden": (7,)}, recipe, data, folder / "run").folder


def test_weights_and_one_unit(run):
    result = inspect(run, "weights")
    assert result.data["weights"].shape == (7, 28, 28)
    one = inspect(run, "unit-weights", unit=6)
    assert np.array_equal(one.data["weights"], result.data["weights"][6])
    written = f"{float(one.data['bias']):+.3g}".replace("-", "\N{MINUS SIGN}")
    assert f"bias {written}" in one.figure.axes[0].get_title()
    with pytest.raises(SettingError, match="no unit of hidden1 number 7"):
        inspect(run, "unit-weights", unit=7)


def test_the_last_stage_is_the_trained_network(run):
    stages = inspect(run, "weight-stages")
    assert stages.data["steps"].tolist() == [10, 40]  # 100 and 1,000 lie beyond its end
    assert [axes.get_title() for axes in stages.figure.axes[:2]] == [
        "after 10 steps",
        "after 40 steps, the end",
    ]
    assert [text.get_text() for text in stages.figure.axes[1].texts] == [str(unit) for unit in range(7)]
    assert np.array_equal(stages.data["weights"][-1], inspect(run, "weights").data["weights"])


def test_growth_is_an_animation_from_the_start(run):
    result = inspect(run, "weight-animation")
    steps = result.data["steps"]
    assert steps[0] == 0
    assert steps[-1] == 40
    film = Image.open(io.BytesIO(result.figure))
    assert film.n_frames == len(steps) == len(result.data["weights"])


def test_stages_and_frames_cover_the_whole_training():
    assert stage_steps(5060) == [10, 100, 1000, 5060]
    assert stage_steps(1000) == [10, 100, 1000]
    assert stage_steps(7) == [7]
    for end in (1, 30, 5060, 180_000):
        frames = animation_steps(end)
        assert (frames[0], frames[-1]) == (0, end)
        assert frames == sorted(set(frames))
        assert len(frames) <= 30
    assert len(animation_steps(5060)) > 20


def test_a_bare_weights_file_has_no_stages():
    model = InspectedModel(build("mlp", hidden=(3,)), "mlp", mnist("test").take(5))
    with pytest.raises(SettingError, match="bare weights file"):
        inspect(model, "weight-stages")


def test_filters_show_every_kernel_or_those_of_one_map():
    model = InspectedModel(build("swift", seed=1), "swift", mnist("test").take(5))
    assert inspect(model, "kernels").data["kernels"].shape == (16, 1, 5, 5)
    assert inspect(model, "kernels", layer="conv2", unit=3).data["chosen"].shape == (16, 3, 3)


def test_a_network_whose_input_is_no_image_is_refused_before_it_is_trained():
    network = build("mlp", inputs=154, hidden=(3,))
    with pytest.raises(SettingError) as caught:
        weights_at_steps(network, Recipe(), None, [10])  # nothing to train on, and never asked for
    assert "need a dense layer that reads 784 or 400 pixels" in str(caught.value)


def test_a_convolutional_networks_stages_are_its_kernels():
    train = Examples.of(mnist("train").take(40))
    recipe = Recipe(max_steps=2, batch_size=10, seed=1)
    steps, tiles, layer = weights_at_steps(build("swift", width=2, seed=1), recipe, train, [0, 2])
    assert (steps, layer) == ([0, 2], "conv1")
    assert tiles.shape == (2, 2, 5, 5)
    assert np.array_equal(tiles[0], kernels(build("swift", width=2, seed=1)).weights[:, 0])


def test_only_some_of_many_units_are_shown_and_the_title_says_so(tmp_path):
    digits = mnist("train").take(40)
    np.savez(tmp_path / "few.npz", images=digits.images, labels=digits.labels)
    data = DataConfig(train=str(tmp_path / "few.npz"), validation="none")
    recipe = Recipe(max_steps=3, batch_size=10, ema_decay=0.9)
    result = inspect(train("mlp", {"hidden": (50,)}, recipe, data, tmp_path / "run").folder, "weight-stages")
    assert result.data["weights"].shape == (1, 50, 28, 28)
    assert "units 0 to 35 of 50" in result.figure.get_suptitle()
    assert "moving average" in result.summary
    assert result.summary.endswith("--page 2 shows the next")


def test_seeds_trained_together_are_said_to_be_trained_again_alone(tmp_path):
    digits = mnist("train").take(40)
    np.savez(tmp_path / "few.npz", images=digits.images, labels=digits.labels)
    data = DataConfig(train=str(tmp_path / "few.npz"), validation="none")
    folder, runs = train_seeds(
        "mlp", {"hidden": (4,)}, Recipe(max_steps=3, batch_size=10), data, tmp_path / "runs", seeds=2
    )
    for path in (folder, runs[1].folder):
        result = inspect(path, "weight-stages")
        assert "trained again alone" in result.figure.get_suptitle()
        assert "trained together" in result.summary
    last = result.data["weights"][-1]
    np.testing.assert_allclose(last, inspect(runs[1].folder, "weights").data["weights"], atol=1e-5)


def test_a_run_of_its_own_is_not(run):
    result = inspect(run, "weight-stages")
    assert "alone" not in result.figure.get_suptitle()
    assert result.summary == ""


def test_a_run_that_stopped_early_is_watched_to_its_own_end(run):
    opened = InspectedModel.open(run)
    metrics = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").write_text(json.dumps(metrics | {"steps": 20}))
    try:
        assert inspect(opened, "weight-stages").data["steps"].tolist() == [10, 20]
        assert inspect(opened, "weight-animation").data["steps"][-1] == 20
    finally:
        (run / "metrics.json").write_text(json.dumps(metrics))
