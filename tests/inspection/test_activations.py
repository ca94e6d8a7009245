"""Capturing activations: whole, in batches, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digitlab.errors import DataError, SettingError
from digitlab.inspection import activation_shapes, compute_activations, iter_activations, map_layers
from digitlab.networks import build, layer_table

INK = np.random.default_rng(0).random((7, 28, 28), dtype=np.float32)


@pytest.mark.parametrize("name", ["softmax", "mlp", "deep-mnist", "swift"])
def test_every_layer_is_what_a_hook_sees(name):
    network = build(name, seed=1).eval()
    result = {}
    for layer, module in network.layers.items():
        module.register_forward_hook(
            lambda _module, _inputs, output, layer=layer: result.__setitem__(
                layer, output.detach().numpy().copy()
            )
        )
    with torch.no_grad():
        network(torch.from_numpy(INK))
    hooked = dict(result)  # before capture, which the hooks see too
    found = compute_activations(network, INK)
    assert list(found) == list(network.layers)
    for layer, values in found.items():
        np.testing.assert_allclose(values, hooked[layer], rtol=1e-5, atol=1e-6)
    shapes = {row.name: row.output_shape for row in layer_table(network)}
    assert (
        {layer: values.shape[1:] for layer, values in found.items()} == shapes == activation_shapes(network)
    )


def test_a_no_digit_layer_stands_beside_the_others_and_is_none_of_them():
    network = build("micro")
    assert list(compute_activations(network, INK)) == list(network.layers)


def test_batches_add_up_to_the_whole_and_only_what_is_asked_for_is_given():
    network = build("swift", seed=1)
    asked = ["logits", "conv1"]
    parts = list(iter_activations(network, INK, asked, batch=3))
    assert [len(part["conv1"]) for part in parts] == [3, 3, 1]
    assert all(list(part) == ["conv1", "logits"] for part in parts)  # the layers' order
    whole = compute_activations(network, INK, asked)
    for layer in asked:
        joined = np.concatenate([part[layer] for part in parts])
        np.testing.assert_allclose(joined, whole[layer], rtol=1e-5, atol=1e-6)


def test_a_stream_reads_a_batch_when_it_is_asked_for():
    network = build("mlp", hidden=(5,), seed=1)
    batches = iter_activations(network, INK, ["relu1"], batch=2)
    first = next(batches)["relu1"]
    with torch.no_grad():
        network.layers["hidden1"].weight.zero_()
        network.layers["hidden1"].bias.fill_(3)
    assert not (first == 3).all()
    assert (next(batches)["relu1"] == 3).all()


def test_the_network_reads_in_evaluation_mode_and_is_left_as_it_was():
    network = build("deep-mnist", seed=1).train()
    network.layers["conv1"].eval()  # parts may differ
    modes = [module.training for module in network.modules()]
    batches = iter_activations(network, INK, ["relu3", "dropout"], batch=4)
    part = next(batches)
    assert (part["dropout"] == part["relu3"]).all()
    assert [module.training for module in network.modules()] == modes
    assert not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()


def test_no_inputs_at_all():
    network = build("mlp", hidden=(5,), seed=1)
    assert list(iter_activations(network, INK[:0])) == []
    assert {
        layer: values.shape
        for layer, values in compute_activations(network, INK[:0], ["relu1", "logits"]).items()
    } == {
        "relu1": (0, 5),
        "logits": (0, 10),
    }


def test_what_would_take_too_much_is_refused():
    network = build("mlp", hidden=(5,), seed=1)
    # 784 + 5 + 5 + 10 numbers of 4 bytes for each of 7 inputs
    needed = 7 * (784 + 5 + 5 + 10) * 4
    assert compute_activations(network, INK, limit=needed)
    with pytest.raises(SettingError) as caught:
        compute_activations(network, INK, limit=needed - 1)
    assert "4 layers for 7 inputs" in caught.value.problem
    assert "flatten takes most" in caught.value.remedy
    assert "iter_activations" in caught.value.remedy


def test_a_size_is_named_without_filling_memory():
    digits = np.broadcast_to(INK[:1], (1_000_000, 28, 28))  # takes no memory
    network = build("swift", seed=1)
    # numbers an input: 784 + 2 x 576 + 6400 + 2 x 1600 + 2048 + 3 x 512 + 2 x 128 + 10 = 15,386
    with pytest.raises(SettingError, match=r"take 57\.3 GiB, more than 4\.0 GiB"):
        compute_activations(network, digits)


@pytest.mark.parametrize(
    ("layers", "problem"), [(["conv9"], "no layer 'conv9'"), ([], "no layer is asked for")]
)
def test_layers_that_do_not_exist(layers, problem):
    network = build("mlp", hidden=(5,), seed=1)
    for look in (compute_activations, iter_activations):
        with pytest.raises(SettingError, match=problem) as caught:
            look(network, INK, layers)
        assert "flatten, hidden1, relu1, logits" in caught.value.remedy


def test_inputs_of_another_size_and_batches_of_none():
    network = build("swift", seed=1)
    with pytest.raises(DataError, match="takes inputs of 28 x 28; these are 20 x 20"):
        compute_activations(network, np.zeros((2, 20, 20), np.float32))
    with pytest.raises(SettingError, match="batches of 0 inputs"):
        iter_activations(network, INK, batch=0)


def test_layers_of_maps():
    assert map_layers(build("mlp", hidden=(5,), seed=1)) == ()
    assert map_layers(build("deep-mnist", seed=1)) == (
        "image",
        "conv1",
        "relu1",
        "pool1",
        "conv2",
        "relu2",
        "pool2",
    )
