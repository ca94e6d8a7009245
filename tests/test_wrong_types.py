"""No public call raises anything but our own errors, whatever the type of an argument is."""

import inspect
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import digitlab
from digitlab import evaluation, networks, runs, training
from digitlab.errors import DigitlabError
from digitlab.runs import DataConfig, Run

VALUES = {
    "None": None,
    "True": True,
    "int": 3,
    "negative": -1,
    "float": 2.5,
    "nan": float("nan"),
    "complex": 1j,
    "text": "no such thing",
    "bytes": b"x",
    "list": [],
    "list of objects": [object()],
    "tuple": (1, 2, 3),
    "dict": {},
    "dict with numbers": {1: 2},
    "set": {1},
    "object": object(),
    "class": slice,
    "function": lambda *anything: None,
    "array": np.zeros(3),
    "tensor": torch.zeros(2, 2),
    "date": date(2020, 1, 1),
    "path": Path("/no/such/place"),
    "generator": iter(()),
}
DIGITS = digitlab.mnist("test").take(40)
DATA = DataConfig(train="mnist:train[:60]", validation="last:20")
RECIPE = digitlab.Recipe(max_steps=1)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return digitlab.train("softmax", {}, RECIPE, DATA, tmp_path_factory.mktemp("run") / "a")


@pytest.fixture
def calls(run, tmp_path, monkeypatch):
    """Every public function with arguments that do; those of a run go to a new folder."""
    monkeypatch.chdir(tmp_path)
    examples = digitlab.Examples.of(DIGITS)
    network, logits = digitlab.build("softmax"), np.eye(10, dtype=np.float32)[DIGITS.labels]
    model, metrics = digitlab.open(run.folder), digitlab.compute_metrics(logits, DIGITS.labels)
    picture = tmp_path / "seven.png"
    Image.fromarray(255 - DIGITS.images[0]).save(picture)
    several = {"seeds": 1, "recipe": RECIPE, "data": DATA}
    return {
        "Digits": (digitlab.Digits, {"images": DIGITS.images, "labels": DIGITS.labels, "name": "few"}),
        "Digits.take": (DIGITS.take, {"n": 3}),
        "Digits.split": (DIGITS.split, {"n": 3, "how": "last", "seed": 0}),
        "Digits.subset": (DIGITS.subset, {"indices": [1], "name": "one"}),
        "Digits.features": (DIGITS.features, {"order": "rows"}),
        "Recipe": (
            digitlab.Recipe,
            {"learning_rate": 0.1, "optimizer": "adam", "patience": 3, "until": None},
        ),
        "DataConfig": (DataConfig, {"train": "mnist:train", "validation": "none", "test": "none"}),
        "Examples.of": (digitlab.Examples.of, {"digits": DIGITS}),
        "build": (lambda seed=0, **options: digitlab.build("mlp", seed=seed, **options), {"hidden": (3,)}),
        "build by name": (lambda name: digitlab.build(name), {"name": "mlp"}),
        "classroom": (digitlab.classroom, {"variant": "boxes"}),
        "compare_runs": (runs.compare_runs, {"groups": [run]}),
        "compute_metrics": (digitlab.compute_metrics, {"logits": logits, "labels": DIGITS.labels}),
        "evaluate": (digitlab.evaluate, {"model": model, "digits": DIGITS}),
        "export_model": (digitlab.export_model, {"source": run.folder, "to": Path("a.safetensors")}),
        "fine_tune": (digitlab.fine_tune, {"source": run.folder, "recipe": RECIPE, "data": DATA, "out": "b"}),
        "fit": (digitlab.fit, {"network": network, "recipe": RECIPE, "train": examples, "validation": None}),
        "fit with callbacks": (
            lambda callbacks, on_history: digitlab.fit(
                digitlab.build("softmax"), RECIPE, examples, callbacks=callbacks, on_history=on_history
            ),
            {"callbacks": (), "on_history": None},
        ),
        "inspect": (
            digitlab.inspect,
            {"model": run.folder, "view_name": "weights", "data": "mnist:test[:9]"},
        ),
        "layer_table": (digitlab.layer_table, {"network": network}),
        "load": (digitlab.load, {"name": "mnist:test"}),
        "load_network": (digitlab.load_network, {"path": run.folder / "model.safetensors"}),
        "mnist": (digitlab.mnist, {"split": "test"}),
        "open": (digitlab.open, {"path": run.folder}),
        "open_runs": (runs.open_runs, {"path": run.folder}),
        "predict": (digitlab.predict, {"paths": [picture], "model": None}),
        "read": (
            digitlab.read,
            {
                "images": [picture],
                "model": None,
                "length": None,
                "count": None,
                "pattern": None,
                "cells": None,
                "region": None,
                "max_error": None,
                "skip_errors": False,
                "show_progress": False,
            },
        ),
        "recipe": (digitlab.recipe, {"name": "swift", "overrides": {}}),
        "resume": (digitlab.resume, {"folder": run.folder, "epochs": None, "more_epochs": None}),
        "Run.open": (Run.open, {"folder": run.folder}),
        "Run.create": (Run.create, {"folder": Path("c"), "config": run.config}),
        "save_network": (digitlab.save_network, {"network": network, "path": Path("n.safetensors")}),
        "search": (
            digitlab.search,
            {
                "network": "softmax",
                "grid": {"learning_rate": [0.1]},
                "options": None,
                "recipe": RECIPE,
                "data": "mnist:train[:90]",
                "cv": 3,
                "out": "s",
                "refit": False,
                "workers": 1,
            },
        ),
        "train": (
            digitlab.train,
            {
                "network": "softmax",
                "options": {},
                "recipe": RECIPE,
                "data": DATA,
                "out": "t",
                "callbacks": (),
                "on_start": None,
                "on_history": None,
                "progress": False,
            },
        ),
        "train_seeds": (digitlab.train_seeds, {"network": "softmax", "out": "u", **several}),
        "resume_seeds": (runs.resume_seeds, {"folder": run.folder, "epochs": None}),
        "model.predict": (model.predict, {"x": DIGITS}),
        "model.predict_proba": (model.predict_proba, {"x": DIGITS}),
        "model.evaluate": (model.evaluate, {"digits": DIGITS}),
        "model.activations": (model.activations, {"x": DIGITS, "layer": None}),
        "model.export": (model.export, {"to": "m.onnx"}),
        "metrics.top_confusions": (metrics.top_confusions, {"most": 3}),
    }


NAMES = [
    *("Digits", "Digits.take", "Digits.split", "Digits.subset", "Digits.features", "Recipe", "DataConfig"),
    *("Examples.of", "build", "build by name", "classroom", "compare_runs", "compute_metrics", "evaluate"),
    *("export_model", "fine_tune", "fit", "fit with callbacks", "inspect", "layer_table", "load"),
    *("load_network", "mnist", "open", "open_runs", "predict", "read", "recipe", "resume", "Run.open"),
    *("Run.create", "save_network", "search", "train", "train_seeds", "resume_seeds", "model.predict"),
    *("model.predict_proba", "model.evaluate", "model.activations", "model.export", "metrics.top_confusions"),
]
DONE_ELSEWHERE = {"DigitClassifier", "DigitlabError", "Metrics", "Network", "TrainedModel", "Run", "lab"}
"""An error, results that no one makes by hand, the estimator, which is held to scikit-learn's checks, and
what starts a process (`web/test_notebook_lab.py`)."""


def test_every_public_function_is_here(calls):
    assert sorted(calls) == sorted(NAMES)
    named = {name.split(".")[0].split(" ")[0] for name in NAMES}
    assert set(digitlab.__all__) - named == DONE_ELSEWHERE - named
    assert sum(len(arguments) for _, arguments in calls.values()) * len(VALUES) > 1000


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_of_a_wrong_type_is_an_error_of_ours(name, calls):
    function, arguments = calls[name]
    others = {"out", "folder", "to", "path"} & set(arguments)
    for argument in arguments:
        for kind, value in VALUES.items():
            if value is None and arguments[argument] is None:
                continue
            changed = {**arguments, argument: value}
            for place in others - {argument}:  # each call has a place of its own to write to
                if name in ("train", "train_seeds", "fine_tune", "search", "Run.create"):
                    changed[place] = Path(f"{argument}-{kind}".replace(" ", "-"))
            try:
                function(**changed)
            except DigitlabError as error:
                told = str(error).splitlines()
            except Exception as error:
                raise AssertionError(f"{name}({argument}={kind}): {type(error).__name__}: {error}") from error
            else:
                continue
            assert len(told) == 2, f"{name}({argument}={kind}): {told}"


@pytest.mark.parametrize(
    "function",
    [digitlab.open, digitlab.load, digitlab.train, digitlab.export_model, digitlab.load_network],
    ids=lambda function: function.__name__,
)
def test_paths_may_be_text_or_path_objects(function):
    for name, parameter in inspect.signature(function).parameters.items():
        if name in ("path", "out", "source", "to", "folder"):
            assert "str" in str(parameter.annotation)
            assert "PathLike" in str(parameter.annotation)


def test_names_that_packages_offer_exist():
    for package in (digitlab, runs, training, networks, evaluation):
        for name in package.__all__:
            assert getattr(package, name) is not None
