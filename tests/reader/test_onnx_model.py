"""ONNX files: read with their metadata, run in batches, and refused in words when they do not fit."""

import subprocess
import sys

import numpy as np
import pytest

from digitlab.data.mnist import mnist
from digitlab.errors import ModelError
from digitlab.reader import DEFAULT_MODEL, OnnxModel


def test_logits_are_those_of_the_network(make_onnx):
    weights = np.random.default_rng(0).normal(size=(784, 10)).astype(np.float32)
    model = OnnxModel(make_onnx(weights=weights))
    ink = mnist("test").take(600).ink()  # three batches, the last not full
    logits = model.logits(ink)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, ink.reshape(600, 784) @ weights, rtol=1e-4, atol=1e-4)
    assert model.logits(ink[:0]).shape == (0, 10)


def test_the_metadata_say_what_it_is(make_onnx):
    metadata = {"network": "mlp", "options": {"hidden": [700]}, "schema_version": 1}
    model = OnnxModel(make_onnx(metadata=metadata))
    assert (model.network, model.options, model.input_shape) == ("mlp", {"hidden": [700]}, (28, 28))
    model = OnnxModel(make_onnx(shape=("n", 20, 24)))
    assert (model.network, model.options, model.input_shape) == ("onnx", {}, (20, 24))


@pytest.mark.parametrize(
    "metadata",
    [
        *("{", "[]", "{}", "3"),
        {"network": "mlp", "schema_version": 1},
        {"network": 1, "options": {}, "schema_version": 1},
        {"network": "mlp", "options": [], "schema_version": 1},
        {"network": "mlp", "options": {}, "schema_version": 2},
    ],
)
def test_damaged_metadata_are_refused(make_onnx, metadata):
    with pytest.raises(ModelError, match="metadata 'digitlab'"):
        OnnxModel(make_onnx(metadata=metadata))


@pytest.mark.parametrize(
    "wrong",
    [{"into": "x"}, {"out": "y"}, {"outs": 11}, {"shape": ("n", 1, 28, 28)}, {"shape": (1, 28, 28)}],
    ids=str,
)
def test_a_network_for_something_else_is_refused(make_onnx, wrong):
    with pytest.raises(ModelError, match="is a network for something else") as caught:
        OnnxModel(make_onnx(**wrong))
    assert "'ink'" in caught.value.remedy


def test_what_is_no_model_is_refused(tmp_path, make_onnx, capfd):
    whole = make_onnx().read_bytes()
    for name, content in [("empty", b""), ("words", b"a model, honestly"), ("cut", whole[: len(whole) // 2])]:
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(content)
        with pytest.raises(ModelError, match=rf"{name}\.onnx"):
            OnnxModel(path)
    with pytest.raises(ModelError, match="there is no such file"):
        OnnxModel(tmp_path / "missing.onnx")
    with pytest.raises(ModelError, match="it is not a file"):
        OnnxModel(tmp_path)
    assert capfd.readouterr().err == ""


def test_a_missing_model_of_the_package_is_told_apart(monkeypatch, tmp_path):
    path = tmp_path / "model.onnx"
    monkeypatch.setattr("digitlab.reader.onnx_model.DEFAULT_MODEL", path)
    with pytest.raises(ModelError, match="the model that comes with digitlab is not there"):
        OnnxModel(path)
    assert DEFAULT_MODEL.name == "model.onnx"


def test_ink_of_another_shape_or_type_is_refused(make_onnx):
    model = OnnxModel(make_onnx())
    for ink in (np.zeros((28, 28), np.float32), np.zeros((1, 20, 20), np.float32), np.zeros((1, 28, 28))):
        with pytest.raises(ModelError, match="ink of shape"):
            model.logits(ink)


def test_reading_imports_no_torch(make_onnx):
    code = (
        f"import sys; from digitlab.reader import OnnxModel; assert 'onnxruntime' not in sys.modules; "
        f"OnnxModel({str(make_onnx())!r}); "
        f"assert not {{'torch', 'scipy', 'sklearn', 'matplotlib', 'onnx'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
