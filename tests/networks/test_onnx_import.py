"""Networks built again from ONNX files: the same logits, layers by their names."""

from __future__ import annotations

import shutil

import onnx
import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import ModelError
from digitlab.networks import build, export_onnx, network_from_onnx
from digitlab.networks.onnx_export import onnx_difference
from digitlab.pages.evidence import READING_MODEL
from digitlab.reader import DEFAULT_MODEL


@pytest.mark.parametrize("path", [DEFAULT_MODEL, READING_MODEL], ids=["recognizer", "reading"])
def test_the_models_that_ship_have_layers(path):
    network = network_from_onnx(path)
    assert list(network.layers)[:4] == ["image", "conv1", "relu1", "conv2"]
    digits = torch.from_numpy(mnist("test").take(64).ink())
    assert onnx_difference(network, path, digits) < 1e-4
    assert not network.training


def test_any_network_that_is_exported_comes_back(tmp_path):
    network = build("mlp", hidden=(5,), activation="tanh", seed=1)
    inputs = torch.rand(4, 28, 28, generator=torch.Generator().manual_seed(0))
    export_onnx(network, tmp_path / "mlp.onnx", inputs)
    again = network_from_onnx(tmp_path / "mlp.onnx")
    assert again.options == network.options
    torch.testing.assert_close(again(inputs), network(inputs), atol=1e-5, rtol=0)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "other.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot read"):
        network_from_onnx(path)

    def changed(**properties):
        model = onnx.load(DEFAULT_MODEL)
        kept = {each.key: each.value for each in model.metadata_props}
        onnx.helper.set_model_props(model, {**kept, **properties})
        onnx.save(model, path)
        return path

    with pytest.raises(ModelError, match="cannot be built: unknown network 'no'"):
        network_from_onnx(changed(digitlab='{"network": "no", "options": {}}'))
    with pytest.raises(ModelError, match=r"holds no network.layers.conv1.weight of \[12, 1, 3, 3\]"):
        network_from_onnx(changed(digitlab='{"network": "recognizer", "options": {"width": 16}}'))
    shutil.copy(DEFAULT_MODEL, path)
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    with pytest.raises(ModelError, match="does not say"):
        network_from_onnx(path)
