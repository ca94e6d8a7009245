"""`deep-mnist` starts as source 002 says."""

import pytest
import torch

from digitlab.networks import Dropout, build


def test_truncated_normal_weights_and_biases_of_a_tenth():
    layers = build("deep-mnist", seed=2).layers
    for name in ("conv1", "conv2", "dense3", "logits"):
        weight = layers[name].weight
        assert weight.abs().max() <= 0.2
        assert (layers[name].bias == torch.tensor(0.1)).all()
    # A normal distribution cut at two standard deviations keeps 0.87962 of its standard deviation:
    # 1 - 2 * 2 phi(2) / (2 Phi(2) - 1) = 1 - 4 * 0.05399 / 0.95450 = 0.77374, of which the root
    assert layers["dense3"].weight.std().item() == pytest.approx(0.1 * 0.87962, rel=0.002)
    assert layers["dense3"].weight.mean().item() == pytest.approx(0, abs=3e-4)
    assert layers["dense3"].weight.abs().max() > 0.1999  # cut, not drawn again within less


def test_its_dropout_rate_is_an_option():
    rates = [
        next(layer.rate for layer in build("deep-mnist", **options).modules() if isinstance(layer, Dropout))
        for options in ({}, {"dropout": 0.2})
    ]
    assert rates == [0.5, 0.2]
