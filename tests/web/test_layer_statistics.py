"""Statistics of layers by hand, and the pictures of the first layer's weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from digitlab.networks import Network, build
from digitlab.web.layer_statistics import first_weights, layer_statistics


def _dense(activation):
    """Four inputs, two hidden units; of ReLU the second is dead, because ink is never negative."""
    first, last = nn.Linear(4, 2), nn.Linear(2, 10)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, -3.0, 0.0]]))
        first.bias.copy_(torch.tensor([0.0, -6.0]))
        last.weight.fill_(2.0)
        last.bias.zero_()
    layers = {"flatten": nn.Flatten(), "hidden1": first, "activation1": activation, "logits": last}
    return Network("mlp", {}, (2, 2), layers)


INK = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]])


def test_relu_by_hand():
    """Hidden outputs are (1, 0) and (0, 0): three of four are zero. Logits are 2 and 0."""
    network = _dense(nn.ReLU()).train()
    gradients = {"layers.hidden1.weight": torch.full((2, 4), -3.0)}
    hidden, logits = layer_statistics(network, gradients, INK)
    assert network.training
    assert hidden == {
        "name": "hidden1",
        "kind": "dense",
        "activation": "ReLU",
        "units": 2,
        "dead": 1,
        "flat": 0.75,
        "weight": pytest.approx((11 / 8) ** 0.5),
        "gradient": 3.0,
        "mean": 0.25,
        "sd": pytest.approx((3 / 16) ** 0.5),
    }
    assert logits == {
        "name": "logits",
        "kind": "dense",
        "activation": None,
        "units": 10,
        "dead": None,
        "flat": None,
        "weight": 2.0,
        "gradient": None,
        "mean": 1.0,
        "sd": 1.0,
    }


@pytest.mark.parametrize(("activation", "flat"), [(nn.Sigmoid(), 0.5), (nn.Tanh(), 0.5)])
def test_ends_of_other_activations(activation, flat):
    """The second unit gets -9 and -6: both functions are as good as at their end there."""
    hidden, _ = layer_statistics(_dense(activation), {}, INK)
    assert (hidden["flat"], hidden["dead"]) == (flat, 1)


def test_a_dead_map_and_the_layers_of_a_convolutional_network():
    network = build("swift")
    convolution = next(layer for layer in network.layers.values() if isinstance(layer, nn.Conv2d))
    with torch.no_grad():
        convolution.weight[3] = 0
        convolution.bias[3] = -1
    found = layer_statistics(network, {}, torch.rand(5, 28, 28, generator=torch.Generator().manual_seed(0)))
    assert [one["kind"] for one in found].count("convolution") >= 2
    assert found[0]["dead"] == 1
    assert found[0]["units"] == len(convolution.weight)
    assert found[-1]["name"] == "logits"


def test_weights_whose_squares_are_too_large():
    network = _dense(nn.ReLU())
    with torch.no_grad():
        network.layers["hidden1"].weight.fill_(-1e30)
        network.layers["logits"].weight.zero_()
    hidden, logits = layer_statistics(network, {}, INK)
    assert hidden["weight"] == pytest.approx(1e30)
    assert logits["weight"] == 0


def test_numbers_that_are_none():
    network = _dense(nn.ReLU())
    with torch.no_grad():
        network.layers["hidden1"].weight[0, 0] = torch.nan
    hidden, logits = layer_statistics(network, {}, INK)
    assert hidden["weight"] is hidden["mean"] is hidden["sd"] is logits["mean"] is None
    assert first_weights(network) is None


def test_pictures_of_the_first_layer():
    found = first_weights(_dense(nn.ReLU()))
    assert (found.layer, found.limit, found.units) == ("hidden1", 3.0, 2)
    assert found.pictures.dtype == np.uint8
    assert found.pictures.tolist() == [[[170, 86], [128, 128]], [[128, 128], [1, 128]]]


def test_pictures_of_other_networks():
    assert first_weights(build("softmax")).pictures.tolist() == np.full((10, 28, 28), 128).tolist()
    assert first_weights(build("mlp", hidden=(50,))).pictures.shape == (40, 28, 28)
    assert first_weights(build("swift")).pictures.shape[1:] in {(3, 3), (5, 5)}
    assert first_weights(build("mlp", inputs=784, components=20)) is None
