"""`recognizer` and `micro`: their size, their no-digit output, and what is kept of it in files."""

import numpy as np
import pytest
import torch

from digitlab.evaluation import predict_logits, predict_outputs
from digitlab.networks import build, export_onnx, layer_table, load_network, save_network
from digitlab.reader import OnnxModel

INK = torch.rand(5, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("name", "most"), [("recognizer", 500_000), ("micro", 10_000)])
def test_they_are_as_small_as_they_are_to_be(name, most):
    network = build(name)
    assert 0.9 * most < network.parameter_count() <= most
    assert sum(row.parameters for row in layer_table(network)) == network.parameter_count()
    assert layer_table(network)[-1].name == "no_digit"


def test_ten_logits_stay_ten_logits():
    network = build("recognizer", width=4).eval()
    outputs = predict_outputs(network, INK)
    assert outputs.shape == (5, 11)
    np.testing.assert_array_equal(outputs[:, :10], predict_logits(network, INK))
    assert len(np.unique(outputs[:, 10])) == 5
    ten = build("swift", width=2)
    np.testing.assert_array_equal(predict_outputs(ten, INK), predict_logits(ten, INK))


@pytest.mark.parametrize(("name", "options"), [("recognizer", {"width": 4}), ("micro", {})])
def test_files_keep_the_no_digit_output(tmp_path, name, options):
    network = build(name, seed=3, **options).eval()
    ours = predict_outputs(network, INK)
    save_network(network, tmp_path / "a.safetensors")
    np.testing.assert_array_equal(predict_outputs(load_network(tmp_path / "a.safetensors"), INK), ours)
    export_onnx(network, tmp_path / "a.onnx", INK)
    model = OnnxModel(tmp_path / "a.onnx")
    assert (model.network, model.has_no_digit, model.rule) == (name, True, None)
    np.testing.assert_allclose(model.outputs(INK.numpy()), ours, atol=1e-5)
    np.testing.assert_allclose(model.logits(INK.numpy()), ours[:, :10], atol=1e-5)


def test_the_seed_decides_all_weights():
    one, same, other = (build("micro", seed=seed).state_dict() for seed in (1, 1, 2))
    drawn = [
        name for name in one if "conv" in name or "depth" in name or "logits" in name or "no_digit" in name
    ]
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert len(drawn) == 15
    assert not any(torch.equal(one[name], other[name]) for name in drawn)
