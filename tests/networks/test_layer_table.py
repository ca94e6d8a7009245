"""The layer table against numbers worked by hand."""

import torch

from digitlab.networks import build, layer_table, multiply_adds


def test_deep_mnist_by_hand():
    rows = {row.name: row for row in layer_table(build("deep-mnist"))}
    assert next(iter(rows)) == "image"
    # conv1: 28 * 28 places, 32 maps, 5 * 5 * 1 weights each = 627,200
    assert rows["conv1"].multiply_adds == 627_200
    assert rows["conv1"].output_shape == (32, 28, 28)
    assert rows["conv1"].parameters == 5 * 5 * 32 + 32
    # conv2: 14 * 14 places, 64 maps, 5 * 5 * 32 weights each = 10,035,200
    assert rows["conv2"].multiply_adds == 10_035_200
    assert rows["conv2"].output_shape == (64, 14, 14)
    assert rows["pool2"].output_shape == (64, 7, 7)
    assert rows["flatten"].output_shape == (3136,)
    # dense3: 7 * 7 * 64 * 1024 = 3,211,264; logits: 1024 * 10
    assert rows["dense3"].multiply_adds == 3_211_264
    assert rows["logits"].multiply_adds == 10_240
    assert multiply_adds(build("deep-mnist")) == 627_200 + 10_035_200 + 3_211_264 + 10_240
    assert {row.multiply_adds for row in rows.values() if row.parameters == 0} == {0}
    assert sum(row.parameters for row in rows.values()) == 3_274_634


def test_the_classroom_network_by_hand():
    rows = layer_table(build("mlp", inputs=400, hidden=(25, 15), activation="sigmoid"))
    with_weights = [(row.name, row.parameters, row.multiply_adds) for row in rows if row.parameters]
    assert with_weights == [("hidden1", 10_025, 10_000), ("hidden2", 390, 375), ("logits", 160, 150)]
    assert [row.kind for row in rows] == ["Flatten", "Linear", "Sigmoid", "Linear", "Sigmoid", "Linear"]


def test_looking_changes_nothing():
    network = build("swift").train()
    before = [value.clone() for value in network.state_dict().values()]
    state = torch.get_rng_state()
    layer_table(network)
    assert network.training
    assert all(map(torch.equal, before, network.state_dict().values()))
    assert torch.equal(torch.get_rng_state(), state)
