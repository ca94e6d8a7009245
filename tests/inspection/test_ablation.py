"""Units that are switched off put out 0, and what is left of the accuracy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digitlab.data import Digits, mnist
from digitlab.errors import SettingError
from digitlab.evaluation import predict_logits
from digitlab.inspection import compute_activations
from digitlab.inspection.ablation import BATCH, ablate, ablation_accuracy
from digitlab.networks import build

INK = mnist("train").images[:3].astype(np.float32) / 255


def _logits(network):
    return predict_logits(network, torch.from_numpy(INK))


def test_a_dense_unit_that_is_off_is_one_without_weights_behind_it():
    """Also with sigmoid, which makes 0.5 of 0."""
    for activation in ("relu", "sigmoid"):
        network = build("mlp", hidden=(6, 5), activation=activation, seed=1)
        before = _logits(network)
        ablated = ablate(network, {"hidden1": {2, 4}})
        assert (compute_activations(ablated, INK)["hidden1"][:, [2, 4]] == 0).all()
        assert (_logits(network) == before).all()
        with torch.no_grad():
            network.layers["hidden2"].weight[:, [2, 4]] = 0
        np.testing.assert_allclose(_logits(ablated), _logits(network), atol=1e-6)


def test_a_map_that_is_off_is_one_without_kernels_behind_it():
    """Through batch normalization, activation and pooling."""
    network = build("recognizer", width=4, seed=2).eval()
    network.layers["norm2"].bias.data += 1
    ablated = ablate(network, {"conv2": {1}, "conv8": {0, 15}})
    outputs = compute_activations(ablated, INK)
    for name in ("conv2", "norm2", "relu2", "pool1"):
        assert (outputs[name][:, 1] == 0).all()
        assert outputs[name][:, 0].any()
    with torch.no_grad():
        network.layers["conv3"].weight[:, 1] = 0
        network.layers["logits"].weight[:, [0, 15, 16, 31]] = 0  # largest and mean value of each map
    np.testing.assert_allclose(_logits(ablated), _logits(network), atol=1e-5)


@pytest.mark.parametrize(
    ("off", "problem"),
    [
        ({"logits": {1}}, "holds the answers"),
        ({"hidden9": {1}}, "no dense layer or convolution 'hidden9'"),
        ({"relu1": {1}}, "'relu1'"),
        ({"hidden1": {6}}, "unit of hidden1 number 6"),
        ({"hidden1": {-1}}, "number -1"),
    ],
)
def test_what_cannot_be_switched_off_is_told(off, problem):
    with pytest.raises(SettingError, match=problem):
        ablate(build("mlp", hidden=(6, 5)), off)


def test_accuracy_before_and_after_is_counted():
    network = build("mlp", hidden=(12,), seed=3)
    ablated = ablate(network, {"hidden1": range(12)})
    images = mnist("train").images[:450]
    said = predict_logits(network, torch.from_numpy(images / np.float32(255))).argmax(1)
    digits = Digits(images, said, "what it says")
    always = int(_logits(ablated).argmax(1)[0])  # without hidden units every answer is the same
    known = []
    found = ablation_accuracy(network, ablated, digits, known=known)
    assert (found.n, found.total, found.before) == (450, 450, 450)
    assert found.after == (digits.labels == always).sum()
    first = ablation_accuracy(network, ablated, digits, seconds=0, known=known)
    assert (first.n, first.before) == (BATCH, BATCH)
