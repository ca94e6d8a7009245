"""Training further: more epochs are to the bit those of one long run; fine-tuning starts from weights."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch

from digitlab import runs
from digitlab.data import mnist
from digitlab.errors import DigitlabError, ModelError, OutputError, RunError, SettingError
from digitlab.networks import load_network, save_network
from digitlab.runs import DataConfig, Run, SeedRuns, folder
from digitlab.training import Recipe, recipe

STEPS = {"batch_size": 32, "threads": 1, "epochs": 2}
LONG = {**STEPS, "epochs": 5}
EVERYTHING = {
    "mlp": (
        "mlp",
        {"hidden": (12,), "dropout": 0.3},
        {"optimizer": "momentum", "ema_decay": 0.9, "shift": 1},
    ),
    "early-stopping": ("mlp", {"hidden": (12,)}, {"patience": 4, "weight_decay": 0.01}),
    "step": ("softmax", {}, {"schedule": "step", "lr_decay_epochs": 1.5, "optimizer": "rmsprop"}),
    "plateau": (
        "softmax",
        {},
        {"schedule": "reduce-on-plateau", "plateau_patience": 1, "learning_rate": 0.5},
    ),
    "convolutions": ("swift", {"width": 2}, {"optimizer": "nesterov", "learning_rate": 0.01}),
}


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "few.npz"
    digits = mnist("train").take(500)
    np.savez(path, images=digits.images, labels=digits.labels)
    return DataConfig(train=str(path), validation="last:100")


def _same(one, other):
    here, there = (safetensors.torch.load_file(run / "model.safetensors") for run in (one, other))
    assert all(torch.equal(here[name], there[name]) for name in here)
    for name in ("history.csv", "curves.png", "confusion.png", "run.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    untimed = []
    for run in (one, other):
        metrics = json.loads((run / "metrics.json").read_text())
        untimed.append({name: value for name, value in metrics.items() if "seconds" not in name})
    assert untimed[0] == untimed[1]
    assert sorted(os.listdir(one)) == sorted(os.listdir(other))


@pytest.mark.parametrize("name", EVERYTHING)
def test_more_epochs_equal_one_long_run_to_the_bit(few, tmp_path, name):
    network, options, fields = EVERYTHING[name]
    runs.train(network, options, Recipe(**{**LONG, **fields}), few, tmp_path / "long")
    runs.train(network, options, Recipe(**{**STEPS, **fields}), few, tmp_path / "short")
    halfway = runs.resume(tmp_path / "short", epochs=3)
    assert halfway.config.recipe.epochs == 3
    assert len(halfway.history()) == 3
    again = runs.resume(tmp_path / "short", more_epochs=2)
    assert again.config == replace(Run.open(tmp_path / "long").config)
    _same(tmp_path / "long", tmp_path / "short")


def test_a_run_that_counts_steps(few, tmp_path):
    fields = {"threads": 1, "eval_every": 5, "max_steps": 10}
    runs.train("softmax", {}, Recipe(**{**fields, "max_steps": 36}), few, tmp_path / "long")
    runs.train("softmax", {}, Recipe(**fields), few, tmp_path / "short")
    with pytest.raises(SettingError, match="counts steps"):
        runs.resume(tmp_path / "short", epochs=3)
    longer = runs.resume(tmp_path / "short", more_epochs=2)  # 400 digits in batches of 32: 13 steps each
    assert longer.config.recipe.max_steps == 10 + 2 * 13
    _same(tmp_path / "long", tmp_path / "short")


@pytest.mark.parametrize("options", [{"hidden": (12,)}, {"hidden": (100,)}], ids=["stack", "jobs"])
def test_seeds_go_on(few, tmp_path, options):
    if options["hidden"] == (12,):
        kind = ["checkpoint", "seed-0", "seed-1", "seeds.json"]
    else:
        kind = ["seed-0", "seed-1", "seeds.json"]
    runs.train_seeds("mlp", options, Recipe(**LONG), few, tmp_path / "long", seeds=2)
    runs.train_seeds("mlp", options, Recipe(**STEPS), few, tmp_path / "short", seeds=2)
    finished = runs.resume_seeds(tmp_path / "short", more_epochs=3)
    assert [run.config.recipe.epochs for run in finished] == [5, 5]
    for seed in ("seed-0", "seed-1"):
        _same(tmp_path / "long" / seed, tmp_path / "short" / seed)
    assert sorted(os.listdir(tmp_path / "short")) == sorted(os.listdir(tmp_path / "long")) == kind
    assert SeedRuns.open(tmp_path / "short").config.recipe.epochs == 5


@pytest.fixture
def short(few, tmp_path):
    return runs.train("softmax", {}, Recipe(**STEPS), few, tmp_path / "short")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"epochs": 2}, "has 2 epochs already"),
        ({"epochs": 1}, "has 2 epochs already"),
        ({"epochs": 0}, "epochs=0"),
        ({"more_epochs": -1}, "more_epochs=-1"),
        ({"more_epochs": 1.5}, r"more_epochs=1\.5"),
        ({"epochs": "9"}, "epochs='9'"),
        ({"epochs": 9, "more_epochs": 1}, "epochs and more_epochs are given together"),
        ({"max_steps": 90}, "counts epochs, not steps"),
    ],
)
def test_lengths_that_make_no_sense_change_nothing(short, more, words):
    before = {path.name: path.read_bytes() for path in short.folder.iterdir() if path.is_file()}
    with pytest.raises(SettingError, match=words):
        runs.resume(short.folder, **more)
    assert before == {path.name: path.read_bytes() for path in short.folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"schedule": "linear"}, "schedule=linear spreads its learning rates"),
        ({"schedule": "one-cycle"}, "schedule=one-cycle"),
        ({"warmup_fraction": 0.1}, r"warmup_fraction=0\.1 is a share of all steps"),
    ],
)
def test_schedules_of_the_whole_training_say_why_it_cannot_go_on(few, tmp_path, fields, words):
    run = runs.train("softmax", {}, Recipe(**STEPS, **fields), few, tmp_path / "a")
    with pytest.raises(SettingError, match=words) as caught:
        runs.resume(run.folder, more_epochs=1)
    assert f"--from {run.folder}" in caught.value.remedy
    assert run.finished


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"patience": 1, "learning_rate": 90.0, "optimizer": "sgd"}, "ended by early stopping"),
        ({"until": "train_loss=90"}, "ended at its target train_loss=90"),
    ],
)
def test_what_stopped_early_would_stop_there_again(few, tmp_path, fields, words):
    run = runs.train("softmax", {}, Recipe(**{**STEPS, "epochs": 9, **fields}), few, tmp_path / "a")
    assert run.metrics()["stopped_early"]
    with pytest.raises(RunError, match=words):
        runs.resume(run.folder, more_epochs=1)
    runs.train_seeds("softmax", {}, run.config.recipe, few, tmp_path / "b", seeds=2)
    with pytest.raises(RunError, match=words):
        runs.resume_seeds(tmp_path / "b", more_epochs=1)


def test_without_the_state_of_training(short):
    shutil.rmtree(short.folder / "checkpoint")
    with pytest.raises(RunError, match="does not hold the state of its training"):
        runs.resume(short.folder, more_epochs=1)
    assert short.finished


def test_killed_between_two_files_it_is_finished_as_it_was(short, monkeypatch):
    def kill(path, value):
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "write_json", kill)
    with pytest.raises(KeyboardInterrupt):
        runs.resume(short.folder, more_epochs=1)
    monkeypatch.undo()
    again = Run.open(short.folder)
    assert not again.finished
    metrics = runs.resume(short.folder).metrics()
    assert (metrics["steps"], again.config.recipe.epochs) == (26, 2)


def _fail_to_write(info):
    raise OutputError("cannot write it", "Free some space.")


def _own_data(few, tmp_path, n=500):
    with np.load(few.train) as arrays:
        np.savez(tmp_path / "own.npz", images=arrays["images"][:n], labels=arrays["labels"][:n])
    return DataConfig(train=str(tmp_path / "own.npz"), validation="last:100")


@pytest.mark.parametrize("fault", ["moved", "damaged", "fewer", "state", "later"])
def test_what_fails_leaves_a_finished_run_as_it_was(few, tmp_path, fault):
    data = _own_data(few, tmp_path)
    run = runs.train("softmax", {}, Recipe(**STEPS), data, tmp_path / "a")
    several, _ = runs.train_seeds("softmax", {}, Recipe(**STEPS), data, tmp_path / "b", seeds=2)
    callbacks = [_fail_to_write] if fault == "later" else []
    if fault == "moved":
        (tmp_path / "own.npz").unlink()
    elif fault == "damaged":
        (tmp_path / "own.npz").write_bytes(b"PK")
    elif fault == "fewer":
        _own_data(few, tmp_path, 450)
    elif fault == "state":
        for place in (run.folder, several):
            (place / "checkpoint" / "state.safetensors").write_bytes(b"{")
    files = [path for path in tmp_path.rglob("*") if path.suffix in (".json", ".csv")]
    before = {path: path.read_bytes() for path in files}
    for resume, place in ((runs.resume, run.folder), (runs.resume_seeds, several)):
        with pytest.raises(DigitlabError):
            resume(place, more_epochs=1, callbacks=callbacks)
        assert {path: path.read_bytes() for path in files} == before
    assert Run.open(run.folder).finished
    assert len(SeedRuns.open(several).finished()) == 2


def test_other_digits_than_before_are_not_trained_on(few, tmp_path):
    run = runs.train("softmax", {}, Recipe(**STEPS), _own_data(few, tmp_path), tmp_path / "a")
    _own_data(few, tmp_path, 450)
    with pytest.raises(RunError, match="had 400 train digits; there are 350 now"):
        runs.resume(run.folder, more_epochs=1)


def test_as_many_digits_of_other_content_are_noticed(few, tmp_path):
    data = _own_data(few, tmp_path)
    run = runs.train("softmax", {}, Recipe(**STEPS), data, tmp_path / "a")
    several, _ = runs.train_seeds("softmax", {}, Recipe(**STEPS), data, tmp_path / "b", seeds=2)
    stopped = Run.open(shutil.copytree(run.folder, tmp_path / "stopped"))
    (stopped.folder / "metrics.json").unlink()
    with np.load(few.train) as arrays:
        labels = arrays["labels"].copy()
        labels[0] = (labels[0] + 1) % 10  # one label of the training digits
        np.savez(tmp_path / "own.npz", images=arrays["images"], labels=labels)
    words = r"was begun with other train digits.*\nBring its data back to what they were, or "
    with pytest.raises(RunError, match=words + "train its weights further: digitlab train --from"):
        runs.resume(run.folder, more_epochs=1)
    with pytest.raises(RunError, match=words + "train its weights further: digitlab train --from"):
        runs.resume_seeds(several, more_epochs=1)
    with pytest.raises(RunError, match=words + "train again into a new folder"):
        runs.resume(stopped.folder)
    assert Run.open(run.folder).finished
    assert len(SeedRuns.open(several).finished()) == 2
    _own_data(few, tmp_path)
    assert len(runs.resume(run.folder, more_epochs=1).history()) == 3
    (stopped.folder / "data.json").write_text("3")
    with pytest.raises(RunError, match=r"cannot read .*data\.json"):
        runs.resume(stopped.folder)


def test_fine_tuning_starts_from_the_weights_and_keeps_the_settings(short, few, tmp_path):
    other = DataConfig(train=f"{few.train}[100:300]", validation="last:50")
    tuned = runs.fine_tune(short.folder, data=other, out=tmp_path / "tuned")
    assert tuned.config.recipe == short.config.recipe
    assert tuned.config.data.train == other.train
    assert tuned.config.initial_weights == str(short.folder / "model.safetensors")
    start, weights = load_network(tuned.folder / "initial.safetensors"), short.network()
    assert all(map(torch.equal, start.parameters(), weights.parameters()))
    assert tuned.history()[0].train_loss < 0.7 * short.history()[0].train_loss  # it starts where that ended
    from_file = runs.fine_tune(
        str(short.folder / "model.safetensors"), recipe("default", STEPS), few, tmp_path / "b"
    )
    assert from_file.config.options == short.config.options


def test_fine_tuning_by_a_named_recipe(short):
    """Nothing of the recipe that made the weights is taken over; their network and data are."""
    config = runs.fine_tuning_config(short.folder, "reading", changes={"max_steps": 3})
    assert config.recipe == recipe("reading", {"max_steps": 3})
    assert (config.recipe.string_parts, config.recipe.distillation, config.recipe.patience) == (0.9, 0, None)
    assert (config.network, config.data) == (short.config.network, short.config.data)
    assert config.initial_weights == str(short.folder / "model.safetensors")


def test_a_learning_rate_of_next_to_nothing_leaves_the_weights(short, few, tmp_path):
    slow = recipe("default", {**STEPS, "optimizer": "sgd", "learning_rate": 1e-30})
    tuned = runs.fine_tune(short.folder, slow, few, tmp_path / "tuned")
    assert all(map(torch.equal, tuned.network().parameters(), short.network().parameters()))


def test_a_projection_comes_with_its_weights(few, tmp_path):
    options = {"components": 5, "hidden": (4,)}
    first = runs.train("mlp", options, Recipe(**STEPS), few, tmp_path / "a")
    other = DataConfig(train=f"{few.train}[:90]", validation="last:20")
    tuned = runs.fine_tune(first.folder, data=other, out=tmp_path / "b")
    one, two = first.network().state_dict(), tuned.network().state_dict()
    assert torch.equal(one["layers.projection.components"], two["layers.projection.components"])


def test_killed_before_its_first_entry_fine_tuning_keeps_its_start(short, few, tmp_path):
    weights = tmp_path / "weights.safetensors"
    save_network(short.network(), weights)

    def kill(info):
        raise KeyboardInterrupt

    whole = runs.fine_tune(weights, recipe("default", STEPS), few, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        runs.fine_tune(weights, recipe("default", STEPS), few, tmp_path / "killed", callbacks=[kill])
    weights.unlink()
    resumed = runs.resume(tmp_path / "killed")
    assert all(map(torch.equal, whole.network().parameters(), resumed.network().parameters()))


def test_what_cannot_be_fine_tuned(few, tmp_path):
    (tmp_path / "empty").mkdir()
    for source, error in (
        (tmp_path / "none", ModelError),
        (tmp_path / "empty", RunError),
        (few.train, ModelError),
    ):
        with pytest.raises(error) as caught:
            runs.fine_tune(source, out=tmp_path / "out")
        assert isinstance(caught.value, DigitlabError)
    assert not (tmp_path / "out").exists()
