"""A network as plain data: what is in it, and what is refused in words."""

import numpy as np
import pytest
import torch
from torch import nn

from digitlab.errors import ModelError
from digitlab.networks import Network, build
from digitlab.networks.layers import Unsqueeze
from digitlab.web.layer_list import list_layers


def _network(layer):
    layers = {"flatten": nn.Flatten(), "odd": layer, "logits": nn.Linear(784, 10)}
    return Network("odd", {}, (28, 28), layers)


def test_description_and_numbers_fit_together():
    network = build("swift", width=2, seed=3).train()
    layers = list_layers(network)
    plain = layers.description()
    numbers = np.frombuffer(layers.numbers(), "<f4")
    assert len(numbers) == layers.n_numbers == network.parameter_count()
    found = {layer["name"]: layer for layer in plain["layers"]}
    conv = found["conv2"]
    assert (conv["kind"], conv["input_shape"], conv["output_shape"]) == (
        "convolution",
        [2, 10, 10],
        [4, 8, 8],
    )
    start = conv["arrays"]["weight"]["start"]
    shape = conv["arrays"]["weight"]["shape"]
    weight = network.layers["conv2"].weight.detach().numpy()
    assert np.array_equal(numbers[start : start + weight.size].reshape(shape), weight)
    assert found["crop"]["settings"] == {"margin": 2}
    assert all(module.training for module in network.modules())


def test_batch_normalization_is_a_scale_and_a_shift():
    norm = nn.BatchNorm2d(1, eps=0.0)
    norm.running_mean.fill_(2.0)
    norm.running_var.fill_(4.0)
    norm.weight.data.fill_(3.0)
    norm.bias.data.fill_(1.0)
    layers = {"image": Unsqueeze(), "norm": norm, "flatten": nn.Flatten(), "logits": nn.Linear(784, 10)}
    arrays = list_layers(Network("two", {}, (28, 28), layers)).layers[1].arrays
    # (x - 2) / 2 * 3 + 1 = 1.5 x - 2
    assert (arrays["scale"].tolist(), arrays["shift"].tolist()) == ([1.5], [-2.0])


def test_the_no_digit_layer_stands_beside_the_last():
    plain = list_layers(build("micro")).description()
    assert plain["no_digit"]["input_shape"] == plain["layers"][-1]["input_shape"]
    assert plain["no_digit"]["output_shape"] == [1]
    assert list_layers(build("softmax")).description()["no_digit"] is None


@pytest.mark.parametrize(
    "layer", [nn.GELU(), nn.LayerNorm(784), nn.Flatten(0)], ids=lambda one: type(one).__name__
)
def test_what_a_page_cannot_run_is_refused_in_words(layer):
    with pytest.raises(ModelError, match=r"cannot run layer odd: \w+.*\n.*FILE\.onnx"):
        list_layers(_network(layer))


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(1, 10, 28, padding="same"),
        nn.Conv2d(1, 10, 14, dilation=2),
        nn.Conv2d(1, 10, 3, padding=1, padding_mode="circular"),
        nn.MaxPool2d(2, padding=1),
        nn.MaxPool2d(3, ceil_mode=True),
        nn.BatchNorm2d(1, track_running_stats=False),
    ],
    ids=str,
)
def test_settings_that_a_page_cannot_run_are_refused_in_words(layer):
    network = build("swift", width=1)
    network.layers["conv1"] = layer
    with pytest.raises(ModelError, match="cannot run layer conv1"):
        list_layers(network)


def test_weights_that_are_no_numbers_are_refused():
    network = build("mlp", components=3)  # the projection is filled by training only
    with pytest.raises(ModelError, match="mean of layer projection"):
        list_layers(network)
    network = build("softmax")
    with torch.no_grad():
        network.layers["logits"].bias[3] = torch.inf
    with pytest.raises(ModelError, match="bias of layer logits"):
        list_layers(network)
