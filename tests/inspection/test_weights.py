"""Weights as images and kernels, against the layers they come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digitlab.errors import SettingError
from digitlab.inspection import image_layer, kernels, kernels_of_map, unit_weights
from digitlab.networks import build


def test_a_units_image_is_what_the_ink_is_multiplied_by():
    network = build("mlp", hidden=(5, 3), seed=1)
    found = unit_weights(network)
    assert found.layer == "hidden1"
    assert found.weights.shape == (5, 28, 28)
    ink = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    by_hand = (found.weights * ink).sum(axis=(1, 2)) + found.biases
    with torch.inference_mode():
        flat = network.layers["flatten"](torch.tensor(ink)[None])
        theirs = network.layers["hidden1"](flat)[0].numpy()
    np.testing.assert_allclose(by_hand, theirs, rtol=1e-4, atol=1e-5)


def test_softmax_has_an_image_for_each_digit_and_the_classroom_20x20():
    assert unit_weights(build("softmax")).layer == "logits"
    assert unit_weights(build("mlp", inputs=400, hidden=(25, 15))).weights.shape == (25, 20, 20)


@pytest.mark.parametrize(
    ("network", "layer", "words"),
    [
        (build("swift"), None, "dense3 do not read the image"),
        (build("mlp", hidden=(5, 3)), "hidden2", "Look at hidden1"),
        (build("mlp", hidden=(5, 3)), "hidden9", "Those there are: hidden1, hidden2, logits"),
        (build("mlp", inputs=154), None, "do not read the image"),
    ],
)
def test_what_is_no_image_is_refused(network, layer, words):
    with pytest.raises(SettingError) as caught:
        unit_weights(network, layer)
    assert words in str(caught.value)


def test_which_layer_sees_the_picture():
    assert image_layer(build("mlp", hidden=(5, 3))) == "hidden1"
    assert image_layer(build("deep-mnist")) is None
    assert image_layer(build("mlp", inputs=70)) is None


def test_kernels_are_the_convolutions_own():
    network = build("deep-mnist", seed=2)
    first, second = kernels(network), kernels(network, "conv2")
    assert first.weights.shape == (32, 1, 5, 5)
    assert second.weights.shape == (64, 32, 5, 5)
    assert np.array_equal(kernels_of_map(second, 3), network.layers["conv2"].weight[3].detach().numpy())
    with pytest.raises(SettingError, match="no map of conv2 number 64"):
        kernels_of_map(second, 64)
    with pytest.raises(SettingError, match="softmax has no convolution"):
        kernels(build("softmax"))


def test_what_is_returned_is_a_copy():
    network = build("softmax")
    unit_weights(network).weights[:] = 7
    assert not network.layers["logits"].weight.any()
