"""Killed at any moment and resumed, a run ends with the bits of the one never stopped."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
import safetensors.torch
import torch

from digitlab import runs
from digitlab.data import mnist
from digitlab.errors import DataError, RunError, SettingError
from digitlab.networks import build
from digitlab.runs import DataConfig, Run
from digitlab.training import Examples, HistoryEntry, Recipe, TrainingSuspended, batches, checkpoint, fit
from digitlab.training.checkpoint import Checkpoint
from digitlab.training.hardware import choose_hardware
from digitlab.training.state import EarlyStopping, Member, TrainState
from digitlab.training.step import AutogradStep, StepSetup


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A file of 600 digits."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    digits = mnist("train").take(600)
    np.savez(path, images=digits.images, labels=digits.labels)
    return path


class Killed(BaseException):
    """Stands for a kill in the same process."""


def _same_ends(one, other):
    here = safetensors.torch.load_file(one / "model.safetensors")
    there = safetensors.torch.load_file(other / "model.safetensors")
    assert here.keys() == there.keys()
    assert all(torch.equal(here[name], there[name]) for name in here)
    assert (one / "history.csv").read_bytes() == (other / "history.csv").read_bytes()
    assert (one / "curves.png").read_bytes() == (other / "curves.png").read_bytes()
    assert sorted(os.listdir(one)) == sorted(os.listdir(other))


@pytest.fixture
def at_every_entry(monkeypatch):
    """Saves a checkpoint at every history entry, however long it takes."""
    monkeypatch.setattr(checkpoint, "SHARE_OF_TIME", 1e9)


@pytest.fixture(autouse=True)
def few_made_examples(monkeypatch):
    monkeypatch.setattr(batches, "NON_DIGITS", 60)
    monkeypatch.setattr(batches, "STRING_PARTS", 60)


ALL = {"ema_decay": 0.95, "patience": 3, "rotate": 10, "shift": 1, "threads": 1, "seed": 5}
CASES = {
    "adam": ("mlp", {"hidden": (20,), "dropout": 0.3}, {"optimizer": "adam", "batch_size": 32, **ALL}),
    "momentum": (
        "mlp",
        {"hidden": (20,), "dropout": 0.3},
        {"optimizer": "momentum", "learning_rate": 0.05, "schedule": "cosine", "batch_size": 32, **ALL},
    ),
    "rmsprop": ("mlp", {"hidden": (20,)}, {"optimizer": "rmsprop", "batch_size": 32, **ALL}),
    "sgd": ("softmax", {}, {"optimizer": "sgd", "learning_rate": 0.5, "threads": 1}),
    "swift": ("swift", {}, {"optimizer": "adam", "batch_size": 64, "schedule": "one-cycle", **ALL}),
    "parts": (
        "recognizer",
        {"width": 4},
        {"string_parts": 0.5, "non_digits": 0.25, "batch_size": 64, "augment_fade": 0.5, **ALL},
    ),
    "entries": ("mlp", {"hidden": (9,)}, {"max_steps": 50, "eval_every": 7, "threads": 1}),
}


@pytest.mark.parametrize("case", CASES)
def test_stopped_again_and_again(case, few, tmp_path, at_every_entry):
    network, options, fields = CASES[case]
    length = {} if "max_steps" in fields else {"epochs": 4}
    recipe = Recipe(**length, **fields)
    data = DataConfig(train=str(few), validation="last:100")
    whole = runs.train(network, options, recipe, data, tmp_path / "whole")

    def kill(at):
        def callback(live):
            if live.step == at:
                raise Killed

        return [callback]

    total = whole.metrics()["steps"]
    stopped = tmp_path / "stopped"
    with pytest.raises(Killed):
        runs.train(network, options, recipe, data, stopped, callbacks=kill(1 + total // 3))
    for share in (0.5, 0.8, 1.0):
        with pytest.raises(Killed):
            runs.resume(stopped, callbacks=kill(int(share * total)))
    run = runs.resume(stopped)
    _same_ends(whole.folder, stopped)
    assert run.metrics()["splits"] == whole.metrics()["splits"]
    assert run.metrics()["best_entry"] == whole.metrics()["best_entry"]
    assert run.metrics()["steps"] == total


@pytest.mark.parametrize("case", ["adam", "momentum", "swift", "entries"])
def test_suspended_between_entries(case, few, tmp_path):
    """Unlike a killed one, it goes on from the very step, and repeats none."""
    network, options, fields = CASES[case]
    length = {} if "max_steps" in fields else {"epochs": 2}
    recipe = Recipe(**length, **fields)
    data = DataConfig(train=str(few), validation="last:100")
    whole = runs.train(network, options, recipe, data, tmp_path / "whole")
    taken, suspended = [], tmp_path / "suspended"

    def suspend(live):
        taken.append(live.step)
        live.suspend = live.step % 3 == 0

    with pytest.raises(TrainingSuspended, match="step 3"):
        runs.train(network, options, recipe, data, suspended, callbacks=[suspend])
    while not (suspended / "metrics.json").exists():
        with suppress(TrainingSuspended):
            runs.resume(suspended, callbacks=[suspend])
    assert taken == list(range(1, whole.metrics()["steps"] + 1))
    _same_ends(whole.folder, suspended)


def test_a_changed_learning_rate_is_kept(few, tmp_path, at_every_entry):
    data = DataConfig(train=str(few), validation="none")
    recipe = Recipe(optimizer="sgd", learning_rate=0.5, epochs=3, batch_size=100)
    rates = []

    def slow_down(live):
        rates.append(live.learning_rate)
        if live.step == 2:
            live.lr_factor = 0.1
        if live.step == 8 and len(rates) == 8:
            raise Killed

    with pytest.raises(Killed):
        runs.train("softmax", {}, recipe, data, tmp_path / "a", callbacks=[slow_down])
    runs.resume(tmp_path / "a", callbacks=[slow_down])
    assert rates == pytest.approx([0.5] * 2 + [0.05] * (len(rates) - 2))
    assert len(rates) == 8 + 12  # from step 6, where the last checkpoint was


FIELDS = ALL | {"optimizer": "momentum", "batch_size": 10, "epochs": 30, "patience": 25}


@pytest.mark.slow
def test_killed_with_sigkill_at_any_moment(few, tmp_path):
    data = DataConfig(train=str(few), validation="last:100")
    options = {"hidden": (30,), "dropout": 0.3}
    runs.train("mlp", options, Recipe(**FIELDS), data, tmp_path / "whole")
    stopped = tmp_path / "stopped"
    words = ["mlp", "--data", few, "--validation", "last:100", "--out", stopped]
    words += ["--option", "hidden=30", "--option", "dropout=0.3"]
    for name, value in FIELDS.items():
        words += ["--set", f"{name}={value}"]
    chance, kills, saved = random.Random(0), 0, False
    while not (stopped / "metrics.json").exists():
        begun = [sys.executable, "-m", "digitlab", "train", *words]
        process = subprocess.Popen(begun, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        process.stderr.readline()  # training starts
        process.stderr.readline()  # an epoch is done
        if kills < 3:
            time.sleep(chance.uniform(0, 0.3))
            kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
        process.stderr.read()
        process.stderr.close()
        assert process.wait() in (0, -signal.SIGKILL)
        words = ["--resume", stopped]
        saved |= (stopped / "checkpoint" / "state.safetensors").exists()
    assert kills >= 2
    assert saved  # so that something was gone on from
    for name in os.listdir(stopped):
        if ".part." in name:  # a kill within a write may leave one, under a name of its own
            (stopped / name).unlink()
    _same_ends(tmp_path / "whole", stopped)


def test_a_finished_run_is_left_alone(few, tmp_path):
    data = DataConfig(train=str(few), validation="none")
    run = runs.train("softmax", {}, Recipe(max_steps=3), data, tmp_path / "a")
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}
    assert runs.resume(run.folder) == run
    assert {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()} == before


@pytest.fixture
def stopped(few, tmp_path, at_every_entry):
    """A run stopped in its third epoch."""

    def stop(live):
        if live.step == 13:
            raise Killed

    data = DataConfig(train=str(few), validation="last:100")
    recipe = Recipe(epochs=3, batch_size=100, patience=5)
    with pytest.raises(Killed):
        runs.train("softmax", {}, recipe, data, tmp_path / "stopped", callbacks=[stop])
    return tmp_path / "stopped"


def _state(folder):
    return folder / "checkpoint" / "state.safetensors"


def test_a_damaged_checkpoint(stopped):
    content = _state(stopped).read_bytes()
    for damaged in (
        b"",
        content[:100],
        content[:-1],
        b"x" * 500,
        content.replace(b"best_entry", b"best_entrX"),
    ):
        _state(stopped).write_bytes(damaged)
        with pytest.raises(RunError, match="cannot go on from") as caught:
            runs.resume(stopped)
        assert str(caught.value).count("\n") == 1
    assert "Delete the checkpoint folder" in caught.value.remedy
    _state(stopped).unlink()
    assert runs.resume(stopped).finished  # from the start


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"best_entry": 2', '"best_entry": 9'),
        ('"history": [', '"history": [3, '),
        ('"lr_factor": 1.0', '"lr_fact": 1.0'),
    ],
)
def test_a_checkpoint_of_nonsense(stopped, old, new):
    _change(stopped, old, new)
    with pytest.raises(RunError, match="cannot go on from"):
        runs.resume(stopped)


def test_a_checkpoint_of_version_4_at_a_history_entry(stopped):
    _change(stopped, '"schema_version": 5, ', '"schema_version": 4, ')
    assert runs.resume(stopped).finished


@pytest.mark.parametrize(("new", "seen"), [('"schema_version": 3, ', 3), ('"schema_version": 6, ', 6)])
def test_a_checkpoint_of_another_version(stopped, new, seen):
    _change(stopped, '"schema_version": 5, ', new)
    with pytest.raises(RunError, match=f"schema version {seen}; this digitlab reads versions 4 and 5"):
        runs.resume(stopped)


def _change(stopped, old, new):
    with safetensors.safe_open(_state(stopped), "pt") as file:
        facts = file.metadata()["training"]
    assert old in facts
    tensors = safetensors.torch.load_file(_state(stopped))
    safetensors.torch.save_file(tensors, _state(stopped), {"training": facts.replace(old, new)})


def test_a_checkpoint_of_another_network(stopped, few, tmp_path):
    train = Examples.of(mnist("train").take(50))
    with pytest.raises(RunError, match="cannot go on from") as caught:
        fit(build("mlp"), Recipe(), train, checkpoint=Checkpoint(stopped / "checkpoint"))
    assert str(caught.value).count("\n") == 1


def test_data_that_are_gone_or_others(stopped):
    run = Run.open(stopped)
    path = run.folder / "run.json"
    there = run.config.data.train
    path.write_text(path.read_text().replace(there, there + "-moved"))
    with pytest.raises((DataError, SettingError), match="no digits called"):
        runs.resume(stopped)


def test_a_run_stopped_before_its_first_checkpoint(few, tmp_path):
    def stop(live):
        raise Killed

    data = DataConfig(train=str(few), validation="none")
    with pytest.raises(Killed):
        runs.train("softmax", {}, Recipe(max_steps=3), data, tmp_path / "a", callbacks=[stop])
    assert runs.resume(tmp_path / "a").finished


def test_saving_costs_little(few, tmp_path, monkeypatch):
    """After a save of s seconds the next waits 20 s."""
    clock = iter([0.0, 2.0, 41.9, 42.1, 43.1])  # save at 0 lasts 2; too early at 41.9; save at 42.1
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: next(clock))
    kept = Checkpoint(tmp_path / "checkpoint")
    state = _state_of_one_network()
    written = []
    for _ in range(3):
        state.steps += 1
        kept.save_if_due(state)
        with safetensors.safe_open(kept.path, "pt") as file:
            written.append(json.loads(file.metadata()["training"])["steps"])
    assert written == [1, 1, 3]


def _state_of_one_network():
    network, recipe = build("softmax"), Recipe()
    step = AutogradStep([network], [0], StepSetup(recipe, choose_hardware(recipe, network)))
    member = Member(network, 0, EarlyStopping(recipe))
    member.history.append(HistoryEntry(1, 1, 1.0, 0.1, 1.0, 0.5))
    return TrainState([member], step, None)
