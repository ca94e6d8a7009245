"""A call in Python does what the command of the same name does, with the same defaults."""

import json

import numpy as np
import pytest
from PIL import Image

import digitlab
from digitlab.data import load, mnist
from digitlab.runs import Run
from digitlab.training import lr_range_test

STEPS = digitlab.recipe("default", {"epochs": 1, "threads": 1})


@pytest.fixture
def one(make_run):
    return make_run("one")


def _same(a, b):
    assert (a / "model.safetensors").read_bytes() == (b / "model.safetensors").read_bytes()
    assert (a / "history.csv").read_bytes() == (b / "history.csv").read_bytes()
    assert Run.open(a).config == Run.open(b).config


def _answer(command, *words):
    code, out, err = command(*words, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.mark.parametrize("network", ["mlp", "swift"])
def test_train(command, few, tmp_path, network):
    data = digitlab.DataConfig(train=str(few), validation="last:50")
    recipe = digitlab.recipe("swift", {"threads": 1}) if network == "swift" else STEPS
    fields = ("--set", "threads=1") if network == "swift" else ("--set", "epochs=1", "--set", "threads=1")
    words = ("train", network, "--data", few, "--validation", "last:50", *fields)
    _answer(command, *words, "--out", tmp_path / "a")
    _same(tmp_path / "a", digitlab.train(network, None, recipe, data, tmp_path / "b").folder)
    seeds = (*words, "--seeds", 2, "--out", tmp_path / "c")
    _answer(command, *seeds)
    digitlab.train_seeds(network, None, recipe, data, tmp_path / "d", seeds=2)
    _same(tmp_path / "c" / "seed-1", tmp_path / "d" / "seed-1")


def test_train_from_and_resume(command, one, few, tmp_path):
    _answer(command, "train", "--from", one, "--data", f"{few}[:100]", "--out", tmp_path / "a")
    data = digitlab.DataConfig(train=f"{few}[:100]", validation="last:50")
    tuned = digitlab.fine_tune(one, data=data, out=tmp_path / "b")
    _same(tmp_path / "a", tuned.folder)
    _answer(command, "train", "--resume", tmp_path / "a", "--more-epochs", 1)
    digitlab.resume(tmp_path / "b", more_epochs=1)
    _same(tmp_path / "a", tmp_path / "b")


def test_evaluate(command, one):
    answer = _answer(command, "evaluate", one, "--data", "mnist:test[:500]")
    scores = digitlab.evaluate(one, "mnist:test[:500]")
    assert answer["confusion"] == [list(row) for row in scores.confusion]
    assert answer["log_loss"] == scores.log_loss == digitlab.open(one).evaluate("mnist:test[:500]").log_loss


def test_predict(command, one, tmp_path):
    paths = []
    for index, image in enumerate(mnist("test").take(3).images):
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(255 - image).resize((60, 60)).save(paths[-1])
    by_command = _answer(command, "predict", *paths)["predictions"]
    assert [each["digit"] for each in by_command] == [each.digit for each in digitlab.predict(paths)]
    by_command = _answer(command, "predict", *paths, "--model", one)["predictions"]
    by_call = digitlab.open(one).predict_proba(paths)
    np.testing.assert_allclose([each["probabilities"] for each in by_command], by_call, rtol=1e-6)


def test_export(command, one, tmp_path):
    _answer(command, "export", one, "--to", tmp_path / "a.onnx")
    digitlab.open(one).export(tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_search(command, few, tmp_path):
    words = ("search", "softmax", "--grid", "learning_rate=0.1,0.5", "--data", few, "--set", "max_steps=5")
    answer = _answer(command, *words, "--out", tmp_path / "a")
    recipe = digitlab.recipe("softmax", {"max_steps": 5})
    grid = {"learning_rate": [0.1, 0.5]}
    found = digitlab.search("softmax", grid, recipe=recipe, data=str(few), out=tmp_path / "b")
    assert answer["best"]["params"] == found.best.params
    assert answer["best"]["mean_test_score"] == found.best.mean_test_score


def test_lr_range(command, few, tmp_path):
    words = ("lr-range", "mlp", "--data", few, "--steps", 60, "--figure", tmp_path / "a.png")
    answer = _answer(command, *words)
    train, _ = load(str(few)).split(30, "stratified")  # a tenth is held out, as in train
    network = digitlab.build("mlp")
    found = lr_range_test(network, digitlab.Recipe(), digitlab.Examples.of(train), steps=60)
    assert answer["suggestion"] == pytest.approx(found.suggestion)


def test_inspect(command, one, tmp_path):
    words = ("inspect", one, "--view", "weights", "--data", "mnist:test[:100]", "--arrays", "--out", tmp_path)
    _answer(command, *words)
    view = digitlab.inspect(one, "weights", data="mnist:test[:100]")
    with np.load(tmp_path / "weights.npz") as arrays:
        np.testing.assert_array_equal(arrays["weights"], view.data["weights"])
