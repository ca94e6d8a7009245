"""`train_run`: from a configuration to finished folders."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import RunError, SettingError
from digitlab.machine import environment
from digitlab.networks import build
from digitlab.runs import DataConfig, Run, RunConfig, Splits, train, train_run
from digitlab.training import Recipe

DIGITS = mnist("train").take(400)
SPLITS = Splits(
    train=DIGITS.subset(range(250)),
    validation=DIGITS.subset(range(250, 300)),
    extra=DIGITS.subset(range(300, 400)),
)


@pytest.fixture
def config():
    return RunConfig(
        network="mlp",
        options={"hidden": [10]},
        recipe=Recipe(epochs=2, seed=3),
        data=DataConfig(train="somewhere else", validation="none"),
        environment=environment(),
    )


def test_one_run_of_given_splits(config, tmp_path):
    started = []
    (run,) = train_run(tmp_path / "a", config, SPLITS, on_start=started.append)
    assert run == Run.open(tmp_path / "a")
    assert run.config.options["inputs"] == 784
    assert run.config.data == config.data
    metrics = run.metrics()
    assert {name: split["n"] for name, split in metrics["splits"].items()} == {
        "train": 250,
        "validation": 50,
        "extra": 100,
    }
    history = run.history()
    assert len(history) == 2
    assert history[-1].extra_accuracy == pytest.approx(metrics["splits"]["extra"]["accuracy"])
    assert history[-1].validation_loss == pytest.approx(metrics["splits"]["validation"]["log_loss"], abs=1e-5)
    assert (started[0].parameters, started[0].counts.total_steps, started[0].seeds) == (7960, 16, (3,))


def test_a_stack_is_one_run_for_each_seed(config, tmp_path):
    runs = train_run(tmp_path / "a", config, SPLITS, seeds=[5, 2])
    assert [run.folder.name for run in runs] == ["seed-5", "seed-2"]
    assert [run.config.seed for run in runs] == [5, 2]
    assert [run.metrics()["n_stacked_seeds"] for run in runs] == [2, 2]
    (alone,) = train_run(tmp_path / "b", replace(config, recipe=replace(config.recipe, seed=2)), SPLITS)
    for ours, theirs in zip(runs[1].history(), alone.history(), strict=True):
        assert vars(ours) == pytest.approx(vars(theirs), rel=1e-3, abs=2e-3)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["checkpoint", "seed-2", "seed-5"]
    train_run(tmp_path / "c", config, SPLITS, seeds=[5, 2], keep_state=False)
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["seed-2", "seed-5"]


def test_a_finished_folder_is_left_as_it_is(config, tmp_path):
    train_run(tmp_path / "a", config, SPLITS)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "a").iterdir()}
    train_run(tmp_path / "a", replace(config, environment={}), SPLITS)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "a").iterdir()} == before
    with pytest.raises(RunError, match="holds a run of other settings"):
        train_run(tmp_path / "a", replace(config, recipe=Recipe(epochs=3)), SPLITS)


def test_a_projection_is_filled_with_principal_components(config, tmp_path):
    options = {"hidden": [10], "components": 20}
    (run,) = train_run(tmp_path / "a", replace(config, options=options), SPLITS)
    layer = run.network().layers["projection"]
    ink = SPLITS.train.ink().reshape(250, -1)
    np.testing.assert_allclose(layer.mean, ink.mean(0), atol=1e-5)
    _, _, expected = np.linalg.svd(ink - ink.mean(0), full_matrices=False)
    cosines = (layer.components.numpy() * expected[:20]).sum(1)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-3)
    with pytest.raises(SettingError, match="components=300: 250 inputs of 784 features have 250"):
        train_run(tmp_path / "b", replace(config, options={"components": 300}), SPLITS)
    assert not (tmp_path / "b").exists()


def test_selected_pixels(config, tmp_path):
    (run,) = train_run(tmp_path / "a", replace(config, options={"pixels": [400, 401, 5]}), SPLITS)
    assert run.network()(torch.zeros(2, 28, 28)).shape == (2, 10)


def test_the_untrained_network_depends_on_the_seed_alone(config, tmp_path):
    recipe = Recipe(max_steps=1, learning_rate=1e-12, optimizer="sgd", seed=8)
    (run,) = train_run(tmp_path / "a", replace(config, recipe=recipe), SPLITS)
    for ours, expected in zip(
        run.network().parameters(), build("mlp", seed=8, hidden=(10,)).parameters(), strict=True
    ):
        torch.testing.assert_close(ours, expected)


def test_train_refuses_a_folder_that_holds_runs(config, tmp_path):
    train_run(tmp_path / "a", config, SPLITS)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "seeds.json").write_text("{}")
    for name in "ab":
        with pytest.raises(RunError, match="holds a run already"):
            train("mlp", out=tmp_path / name)


def test_without_figures_and_without_scoring_the_training_split(config, tmp_path):
    (run,) = train_run(tmp_path / "a", config, SPLITS, score_train=False, figures=False)
    assert list(run.metrics()["splits"]) == ["validation", "extra"]
    assert not list(run.folder.glob("*.png"))
    (run,) = train_run(tmp_path / "b", config, Splits(SPLITS.train), score_train=False)
    assert list(run.metrics()["splits"]) == ["train"]
