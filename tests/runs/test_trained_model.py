"""`digitlab.open`: a trained model with the usual verbs, and images in every usual form."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import digitlab
from digitlab.data import Digits, mnist
from digitlab.errors import DataError, ModelError, RunError, SettingError
from digitlab.runs import DataConfig, TrainedModel, train, train_seeds
from digitlab.training import Recipe

DIGITS = mnist("test").take(20)
DATA = DataConfig(train="mnist:train[:600]", validation="last:100")
RECIPE = Recipe(max_steps=60, learning_rate=0.01)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "one"
    train("mlp", {"hidden": (16,)}, RECIPE, DATA, folder)
    return folder


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "several"
    train_seeds("softmax", None, Recipe(max_steps=20), DATA, folder, seeds=3)
    return folder


@pytest.fixture
def model(run: Path) -> TrainedModel:
    return digitlab.open(run)


def _images() -> dict[str, Any]:
    ink = DIGITS.ink()
    return {
        "uint8": DIGITS.images,
        "float32": ink,
        "float64": ink.astype(float),
        "flat": ink.reshape(len(DIGITS), -1),
        "channels last": ink[..., None],
        "channels first": ink[:, None],
        "torch": torch.from_numpy(ink),
        "nested lists": ink.tolist(),
        "Digits": DIGITS,
        "list of Digits": [DIGITS.take(5), DIGITS.subset(list(range(5, 20)))],
    }


@pytest.mark.parametrize("form", _images())
def test_every_form_of_a_batch_gives_the_same_predictions(model: TrainedModel, form: str) -> None:
    expected = model.predict_logits(DIGITS)
    np.testing.assert_allclose(model.predict_logits(_images()[form]), expected, atol=1e-5)
    np.testing.assert_array_equal(model.predict(_images()[form]), expected.argmax(axis=1))
    np.testing.assert_allclose(model.predict_proba(_images()[form]).sum(axis=1), 1)


@pytest.mark.parametrize("form", ["uint8", "float32", "flat", "channels last", "torch"])
def test_a_single_image_has_no_batch_axis(model: TrainedModel, form: str) -> None:
    one = _images()[form][3]
    assert model.predict(one) == model.predict(DIGITS)[3]
    assert model.predict_proba(one).shape == model.predict_logits(one).shape == (10,)


def test_one_image_with_its_channel_in_front_is_a_batch_of_one(model: TrainedModel) -> None:
    assert model.predict(DIGITS.ink()[:1]).shape == (1,)


def test_files_and_pillow_images(model: TrainedModel, tmp_path: Path) -> None:
    # MNIST's own format read from a file comes out as it went in, give or take a pixel.
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(255 - DIGITS.images[number]).resize((280, 280)).save(paths[-1])
    one = model.predict_proba(paths[0])
    assert one.shape == (10,)
    np.testing.assert_array_equal(model.predict_proba(str(paths[0])), one)
    np.testing.assert_array_equal(model.predict_proba(Image.open(paths[0])), one)
    several = model.predict_proba([paths[0], str(paths[1]), Image.open(paths[2])])
    assert several.shape == (3, 10)
    np.testing.assert_allclose(several[0], one, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (DIGITS.images.astype(np.float32), "ink from 0 to 255"),
        (DIGITS.images.astype(np.int64), "images of type int64"),
        (-DIGITS.ink(), "ink from -1 to"),
        (np.full((28, 28), np.nan, np.float32), "ink from nan"),
        (np.zeros((5, 20, 20), np.float32), r"images of shape \(5, 20, 20\); the network takes 784"),
        (np.zeros(3, np.float32), r"images of shape \(3,\)"),
        (None, "given as NoneType"),
        (object(), "given as object"),
        ({"a": 1}, "given as dict"),
        ([[1.0], [1.0, 2.0]], "cannot read images from list"),
        ("none.png", "there is no such file"),
    ],
)
def test_what_holds_no_images(model: TrainedModel, wrong: Any, words: str) -> None:
    for verb in (model.predict, model.predict_proba, model.predict_logits, model.activations):
        with pytest.raises(DataError, match=words):
            verb(wrong)


def test_evaluation_by_digits_and_by_name(model: TrainedModel) -> None:
    by_name, by_digits = model.evaluate("mnist:test[:500]"), model.evaluate(mnist("test").take(500))
    assert (by_name.n, by_name.accuracy) == (500, by_digits.accuracy)
    assert by_name.accuracy > 0.5
    with pytest.raises(SettingError, match=r"digits=\[1, 2\] is of type list"):
        model.evaluate([1, 2])  # type: ignore[arg-type]


def test_activations_end_in_the_logits(model: TrainedModel) -> None:
    found = model.activations(DIGITS)
    assert list(found)[-1] == "logits"
    np.testing.assert_allclose(found["logits"], model.predict_logits(DIGITS), atol=1e-5)
    assert list(model.activations(DIGITS, "relu1")) == ["relu1"]
    assert (found["relu1"] >= 0).all()
    assert found["relu1"].shape == (20, 16)
    with pytest.raises(SettingError, match="no layer 'relu9'"):
        model.activations(DIGITS, "relu9")


def test_summary_and_repr(model: TrainedModel, run: Path) -> None:
    lines = model.summary().splitlines()
    assert lines[0] == "mlp: 12,730 parameters"  # 784 x 16 + 16 + 16 x 10 + 10
    assert any(line.startswith("hidden1") and line.endswith("12,560") for line in lines)
    assert repr(model) == f"TrainedModel(mlp, from {run})"


def test_a_file_does_what_its_run_does(model: TrainedModel, tmp_path: Path) -> None:
    for ending in ("safetensors", "onnx"):
        file = tmp_path / f"model.{ending}"
        model.export(str(file))
        opened = digitlab.open(str(file))
        np.testing.assert_allclose(
            opened.predict_logits(DIGITS), model.predict_logits(DIGITS), rtol=1e-4, atol=1e-4
        )
        assert opened.runs == ()
    with pytest.raises(ModelError, match="is an ONNX file: its layers"):
        opened.activations(DIGITS)
    with pytest.raises(ModelError, match="is an ONNX file: it cannot be exported again"):
        opened.export(tmp_path / "again.onnx")
    assert "an ONNX file that takes 28 x 28" in opened.summary()


def test_a_folder_of_runs_is_its_first_and_has_all_as_members(seeds: Path) -> None:
    model = digitlab.open(seeds)
    assert [run.config.seed for run in model.runs] == [0, 1, 2]
    np.testing.assert_array_equal(
        model.predict_logits(DIGITS), digitlab.open(seeds / "seed-0").predict_logits(DIGITS)
    )
    second = model.members[1]
    assert second.run is not None
    assert second.run.config.seed == 1
    np.testing.assert_array_equal(
        second.predict_logits(DIGITS), digitlab.open(seeds / "seed-1").predict_logits(DIGITS)
    )
    assert repr(model).endswith("first of 3 runs)")


def test_a_folder_of_different_networks_is_refused(run: Path, seeds: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "a")
    shutil.copytree(seeds / "seed-0", tmp_path / "b")
    with pytest.raises(RunError, match="holds runs of different networks"):
        digitlab.open(tmp_path)


def test_the_model_that_ships(tmp_path: Path) -> None:
    model = digitlab.open()
    assert model.evaluate(DIGITS).accuracy == 1
    assert model.members == (model,)


@pytest.mark.parametrize(("path", "error"), [("none", ModelError), (3, ModelError), (None, RunError)])
def test_what_cannot_be_opened(tmp_path: Path, path: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        digitlab.open(tmp_path if path is None else tmp_path / path if isinstance(path, str) else path)


def test_digits_stay_as_they_are(model: TrainedModel) -> None:
    images = DIGITS.images.copy()
    model.predict(Digits(images, DIGITS.labels, "copy"))
    np.testing.assert_array_equal(images, DIGITS.images)
