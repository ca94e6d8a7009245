"""How dense networks start."""

import math

import pytest
import torch

from digitlab.networks import Dropout, build


def test_softmax_starts_at_zero():
    assert all((value == 0).all() for value in build("softmax", inputs=400, seed=7).parameters())


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_glorot_uniform(activation):
    layers = build("mlp", hidden=(300,), activation=activation).layers
    # Glorot and Bengio 2010: evenly within +-sqrt(6 / (inputs + outputs)) = +-sqrt(6 / 1084) = 0.0744
    bound = math.sqrt(6 / 1084)
    weight = layers["hidden1"].weight
    assert weight.abs().max() <= bound
    assert weight.abs().max() > 0.999 * bound  # 235,200 draws come this near the edge
    assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.01)
    assert (layers["hidden1"].bias == 0).all()


def test_he_normal_before_relu():
    layers = build("mlp", hidden=(300, 200), activation="relu").layers
    # He et al. 2015: standard deviation sqrt(2 / inputs)
    assert layers["hidden1"].weight.std().item() == pytest.approx(math.sqrt(2 / 784), rel=0.01)
    assert layers["hidden2"].weight.std().item() == pytest.approx(math.sqrt(2 / 300), rel=0.02)
    assert layers["hidden2"].weight.abs().max() > 3 * math.sqrt(2 / 300)  # not uniform, not cut
    # no relu follows the logits: Glorot, within sqrt(6 / 210)
    assert layers["logits"].weight.abs().max() <= math.sqrt(6 / 210)


def test_the_initialization_may_be_chosen():
    glorot = build("mlp", hidden=(300,), activation="relu", initialization="glorot").layers["hidden1"]
    assert glorot.weight.abs().max() <= math.sqrt(6 / 1084)
    he = build("mlp", hidden=(300,), activation="tanh", initialization="he").layers["hidden1"]
    assert he.weight.std().item() == pytest.approx(math.sqrt(2 / 784), rel=0.01)


def test_layers_in_order():
    assert list(build("mlp", hidden=(4, 3), activation="tanh", dropout=0.5).layers) == [
        "flatten",
        "hidden1",
        "tanh1",
        "dropout1",
        "hidden2",
        "tanh2",
        "dropout2",
        "logits",
    ]
    assert not any(isinstance(layer, Dropout) for layer in build("mlp").modules())


def test_an_mlp_by_hand():
    network = build("mlp", inputs=2, hidden=(2,), activation="sigmoid")
    with torch.no_grad():
        network.layers["hidden1"].weight.copy_(torch.tensor([[1.0, 0.0], [1.0, -1.0]]))
        network.layers["hidden1"].bias.copy_(torch.tensor([0.0, 1.0]))
        network.layers["logits"].weight.zero_()
        network.layers["logits"].weight[4] = torch.tensor([2.0, -1.0])
        network.layers["logits"].bias[:] = torch.arange(10)
        logits = network(torch.tensor([[0.0, 1.0]]))
    # units: sigmoid(0) = 1/2 and sigmoid(0 - 1 + 1) = 1/2; logit 4: 2 * 1/2 - 1 * 1/2 + 4 = 4.5
    assert logits.tolist() == [[0, 1, 2, 3, 4.5, 5, 6, 7, 8, 9]]


def test_small_normal_starts_weights_and_biases_alike():
    layers = build("mlp", hidden=(300,), initialization="normal-0.01", seed=3).layers
    for layer in (layers["hidden1"], layers["logits"]):
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.05)
        assert 0.005 < layer.bias.std().item() < 0.02
