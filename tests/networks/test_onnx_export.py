"""ONNX files: any number of pictures, the same logits, and their origin inside."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import digitlab
from digitlab.data import mnist
from digitlab.errors import ModelError
from digitlab.networks import build, export_onnx, onnx_export
from digitlab.reader import DEFAULT_MODEL, OnnxModel


@pytest.fixture(scope="module")
def digits():
    return torch.from_numpy(mnist("test").take(64).ink())


@pytest.mark.parametrize("name", ["swift", "mlp"])
def test_the_file_does_what_the_network_does(name, digits, tmp_path):
    network = build(name, seed=3)
    difference = export_onnx(network, tmp_path / "a.onnx", digits)
    assert 0 <= difference < 1e-4
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["n", 28, 28]
    for n in (1, 3, 64):
        (theirs,) = session.run(["logits"], {"ink": digits[:n].numpy()})
        np.testing.assert_allclose(theirs, network(digits[:n]).detach(), atol=1e-4)
    onnx.checker.check_model(tmp_path / "a.onnx", full_check=True)
    told = json.loads(session.get_modelmeta().custom_metadata_map["digitlab"])
    assert told == {"schema_version": 1, "network": name, "options": network.options}


def test_the_reader_reads_it(digits, tmp_path):
    network = build("mlp", hidden=(5,), dropout=0.5)
    export_onnx(network, tmp_path / "a.onnx", digits)
    model = OnnxModel(tmp_path / "a.onnx")
    assert (model.network, model.options, model.input_shape) == ("mlp", network.options, (28, 28))
    np.testing.assert_allclose(model.logits(digits.numpy()), network(digits).detach(), atol=1e-4)


def test_the_file_tells_nothing_of_the_machine_it_was_made_on(digits, tmp_path):
    export_onnx(build("mlp"), tmp_path / "a.onnx", digits)
    content = (tmp_path / "a.onnx").read_bytes()
    for folder in (Path(digitlab.__file__).parent, Path(torch.__file__).parent, tmp_path):
        assert str(folder).encode() not in content
    assert b"stack_trace" not in content


def test_features_that_are_no_picture(tmp_path):
    inputs = torch.rand(1, 37)
    export_onnx(build("softmax", inputs=37), tmp_path / "a.onnx", inputs)
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["n", 37]


def test_a_file_that_fails_its_check_is_not_kept(digits, tmp_path, monkeypatch):
    path = tmp_path / "a.onnx"
    path.write_bytes(b"old")
    for wrong in (0.5, float("nan")):
        monkeypatch.setattr(onnx_export, "onnx_difference", lambda *_, wrong=wrong: wrong)
        with pytest.raises(ModelError, match="differ from the network's by"):
            export_onnx(build("softmax"), path, digits)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.onnx"]


def test_the_difference_is_the_largest_of_any_logit(digits, tmp_path):
    network = build("softmax")
    export_onnx(network, tmp_path / "a.onnx", digits)
    with torch.no_grad():
        network.layers["logits"].bias[3] = -0.25
    assert onnx_export.onnx_difference(network, tmp_path / "a.onnx", digits) == 0.25


def test_the_metadata_say_what_the_file_takes_and_gives(tmp_path):
    export_onnx(build("softmax"), tmp_path / "a.onnx", torch.rand(3, 28, 28))
    for path in (tmp_path / "a.onnx", DEFAULT_MODEL):
        told = onnxruntime.InferenceSession(path).get_modelmeta().custom_metadata_map
        assert told["input"].startswith("ink: float32 (n, 28, 28), 0 = paper to 1 = ink")
        assert told["output"].startswith("logits: float32 (n, 10)")
