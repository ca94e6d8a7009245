"""The arithmetic of one unit adds up to what the network itself put out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digitlab.errors import DataError, SettingError
from digitlab.inspection import compute_activations, compute_unit
from digitlab.networks import build

INK = np.random.default_rng(0).random((28, 28), dtype=np.float32)
ROUNDING = 2e-5  # of sums of up to 3,136 float32 products, whose sizes add up to less than 100


def randomized(name, **options):
    """A network none of whose weights and biases are zero."""
    network = build(name, seed=1, **options)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.empty_like(parameter).normal_(std=0.1, generator=generator))
    return network


@pytest.mark.parametrize(
    ("name", "options", "layer", "unit", "position"),
    [
        ("softmax", {}, "logits", 3, None),
        ("mlp", {"hidden": (9, 6)}, "hidden1", 8, None),
        ("mlp", {"hidden": (9, 6)}, "hidden2", 0, None),
        ("mlp", {"hidden": (9, 6), "activation": "tanh"}, "hidden2", 5, None),
        ("mlp", {"hidden": (9, 6), "dropout": 0.5}, "logits", 9, None),
        ("deep-mnist", {}, "conv1", 31, (0, 0)),  # reaches into the padding above and left
        ("deep-mnist", {}, "conv1", 0, (27, 26)),  # and below and right
        ("deep-mnist", {}, "conv2", 63, (13, 0)),
        ("deep-mnist", {}, "conv2", 7, (5, 6)),
        ("deep-mnist", {}, "dense3", 1023, None),
        ("deep-mnist", {}, "logits", 2, None),
        ("swift", {}, "conv1", 15, (19, 7)),
        ("swift", {}, "conv2", 31, (7, 0)),
        ("swift", {}, "dense3", 100, None),
        ("swift", {}, "logits", 4, None),
    ],
)
def test_it_adds_up_to_the_networks_own_output(name, options, layer, unit, position):
    network = randomized(name, **options).train()  # dropout must not show
    found = compute_unit(network, INK, layer, unit, position)
    own = compute_activations(network, INK[None])[layer][0][(unit, *(position or ()))]
    assert found.value == own
    assert found.total == pytest.approx(own, abs=ROUNDING)
    assert found.sum_of_products == pytest.approx(found.products.sum())
    assert found.map_sums.sum() == pytest.approx(found.products.sum())
    assert (found.products == found.inputs.astype(float) * found.weights.astype(float)).all()
    weights = network.layers[layer].weight[unit].detach().numpy()
    assert (found.weights == weights).all()
    assert found.inputs.shape == found.products.shape == weights.shape
    assert found.bias == network.layers[layer].bias[unit].item()


def test_by_hand():
    network = build("mlp", inputs=4, hidden=(2,), seed=1)
    hidden = network.layers["hidden1"]
    with torch.no_grad():
        hidden.weight[:] = torch.tensor([[1.0, -2.0, 4.0, 0.5], [-1.0, -1.0, -1.0, -1.0]])
        hidden.bias[:] = torch.tensor([0.25, -1.0])
    image = np.array([[0.5, 0.25], [0.0, 1.0]], dtype=np.float32)
    found = compute_unit(network, image, "hidden1", 0)
    assert found.products.tolist() == [0.5, -0.5, 0, 0.5]  # 1/2 x 1, 1/4 x -2, 0 x 4, 1 x 1/2
    assert (found.sum_of_products, found.bias, found.total, found.value) == (0.5, 0.25, 0.75, 0.75)
    assert found.equation() == "sum of 4 products 0.500 + bias 0.250 = 0.750; relu(0.750) = 0.750"
    assert found.label() == "unit 0 of hidden1"
    assert (found.source, found.input_name(2)) == ("image", "pixel (1, 0)")
    other = compute_unit(network, image, "hidden1", 1)  # -(1/2 + 1/4 + 1) - 1 = -2.75
    assert other.equation() == "sum of 4 products −1.750 + bias −1.000 = −2.750; relu(−2.750) = 0.000"
    assert other.steps[0].value == 0
    assert compute_unit(network, image, "hidden1").unit == 0  # the greater of 0.75 and -2.75
    assert compute_unit(network, image.reshape(4), "hidden1").input_name(2) == "pixel 2"


def test_padding_is_zero_and_the_corner_says_where():
    found = compute_unit(randomized("deep-mnist"), INK, "conv1", 0, (0, 27))
    assert found.patch_origin == (-2, 25)  # two pixels of padding on each side
    patch = np.zeros((5, 5), np.float32)
    patch[2:, :3] = INK[:3, 25:]
    assert (found.inputs[0] == patch).all()
    assert found.source == "image"


def test_a_patch_without_padding():
    network = randomized("swift")
    found = compute_unit(network, INK, "conv1", 0, (3, 4))
    assert found.patch_origin == (3, 4)
    assert found.source == "standardize"
    inside = INK[2 + 3 : 2 + 8, 2 + 4 : 2 + 9]  # the crop takes two pixels off
    np.testing.assert_allclose(found.inputs[0], (inside - 0.1307) / 0.3081, rtol=1e-6)


def test_pooling_between_a_convolution_and_its_activation():
    network = randomized("swift")
    outputs = compute_activations(network, INK[None])
    found = compute_unit(network, INK, "conv1", 5, (7, 12))
    pooled, activated = found.steps
    window = outputs["conv1"][0, 5, 6:8, 12:14]
    assert (pooled.layer, pooled.kind, pooled.position) == ("pool1", "max", (3, 6))
    assert pooled.inputs == tuple(window.ravel().tolist())
    assert found.value in pooled.inputs
    assert pooled.value == window.max() == outputs["pool1"][0, 5, 3, 6]
    assert (activated.layer, activated.kind, activated.inputs) == ("relu1", "relu", (pooled.value,))
    assert activated.value == max(pooled.value, 0) == outputs["relu1"][0, 5, 3, 6]


def test_steps_end_with_the_first_activation_and_logits_have_none():
    network = randomized("deep-mnist")
    assert [step.layer for step in compute_unit(network, INK, "conv1", 0, (1, 1)).steps] == ["relu1"]
    assert [step.layer for step in compute_unit(network, INK, "dense3", 0).steps] == ["relu3"]
    assert compute_unit(network, INK, "logits", 0).steps == ()


def test_sigmoid():
    network = randomized("mlp", hidden=(3,), activation="sigmoid")
    found = compute_unit(network, INK, "hidden1", 1)
    step = found.steps[0]
    assert step.kind == "sigmoid"
    assert step.value == pytest.approx(1 / (1 + np.exp(-found.total)), rel=1e-5)


def test_inputs_of_later_layers_are_named_by_where_they_come_from():
    network = randomized("deep-mnist")
    dense = compute_unit(network, INK, "dense3", 0)
    number = 3 * 49 + 2 * 7 + 5
    assert dense.input_name(number) == "pool2 map 3 (2, 5)"
    assert dense.inputs[number] == compute_activations(network, INK[None], ["pool2"])["pool2"][0, 3, 2, 5]
    assert compute_unit(network, INK, "logits", 0).input_name(17) == "relu3 17"


def test_the_strongest_place_is_taken_where_none_is_named():
    network = randomized("swift")
    maps = compute_activations(network, INK[None], ["conv2"])["conv2"][0]
    found = compute_unit(network, INK, "conv2")
    assert found.value == maps.max()
    assert compute_unit(network, INK, "conv2", 9).value == maps[9].max()
    assert (
        found.label() == f"map {found.unit} of conv2 at row {found.position[0]}, column {found.position[1]}"
    )


@pytest.mark.parametrize(
    ("layer", "unit", "position", "problem"),
    [
        ("relu1", 0, None, "no dense layer or convolution 'relu1'"),
        ("conv1", 16, None, "no map of conv1 number 16"),
        ("conv1", 0, (20, 0), "no row of conv1 number 20"),
        ("conv1", 0, (0, 20), "no column of conv1 number 20"),
        ("dense3", 128, None, "no unit of dense3 number 128"),
        ("dense3", 0, (0, 0), "dense3 has no rows and columns"),
    ],
)
def test_places_that_do_not_exist(layer, unit, position, problem):
    with pytest.raises(SettingError, match=problem):
        compute_unit(build("swift", seed=1), INK, layer, unit, position)


def test_an_image_of_another_size():
    with pytest.raises(DataError, match="these are 20 x 20"):
        compute_unit(build("swift", seed=1), np.zeros((20, 20), np.float32), "conv1")
