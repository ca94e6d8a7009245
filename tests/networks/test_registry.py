"""`build`: every network by its name, from a seed; errors that say what there is."""

import math

import pytest
import torch

from digitlab.errors import SettingError
from digitlab.networks import ARCHITECTURES, architecture, build


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        # 784 * 10 + 10
        ("softmax", {}, 7_850),
        # (400 + 1) * 25 + (25 + 1) * 15 + (15 + 1) * 10 = 10,025 + 390 + 160
        ("mlp", {"inputs": 400, "hidden": (25, 15)}, 10_575),
        # 785 * 1 + 2 * 10
        ("mlp", {"hidden": (1,)}, 805),
        # (25 + 1) * 32 + (32 * 25 + 1) * 64 + (3136 + 1) * 1024 + 1025 * 10
        ("deep-mnist", {}, 832 + 51_264 + 3_212_288 + 10_250),
    ],
)
def test_parameter_counts(name, options, count):
    assert build(name, **options).parameter_count() == count


def test_deep_mnist_is_as_large_as_source_002_says():
    assert build("deep-mnist").parameter_count() == 3_274_634


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_ink_becomes_ten_logits(name):
    network = build(name).eval()
    logits = network(torch.rand(3, 28, 28))
    assert logits.shape == (3, 10)
    assert logits.dtype == torch.float32
    assert network.takes((28, 28))
    assert not network.takes((20, 20))


def _weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_seed_decides_the_weights(name):
    one, same, other = (_weights(build(name, seed=seed)) for seed in (3, 3, 4))
    assert all(torch.equal(one[key], same[key]) for key in one)
    if name != "softmax":  # which starts at zero whatever the seed
        assert any(not torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_building_leaves_the_global_randomness_alone(name):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    build(name, seed=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_name_and_options_build_the_same_network_again():
    network = build("mlp", seed=1, hidden="30, 20", activation="tanh", dropout="0.25", inputs=400)
    assert network.options == {
        "inputs": 400,
        "hidden": [30, 20],
        "activation": "tanh",
        "dropout": 0.25,
        "initialization": "auto",
        "outputs": 10,
        "pixels": [],
        "components": 0,
    }
    again = build(network.name, seed=1, **network.options)
    assert list(again.layers) == list(network.layers)
    assert all(map(torch.equal, network.parameters(), again.parameters()))


def test_options_left_out_have_their_defaults():
    assert architecture("softmax").with_defaults({}) == {"inputs": 784, "outputs": 10}
    assert architecture("deep-mnist").with_defaults({"dropout": "0.2"}) == {"dropout": 0.2}


@pytest.mark.parametrize(
    ("name", "options", "problem", "remedy"),
    [
        ("resnet", {}, "unknown network 'resnet'", "softmax, mlp, deep-mnist, swift"),
        ("mlp", {"width": 3}, "unknown option of mlp 'width'", "inputs, hidden, activation, dropout"),
        ("softmax", {"hidden": 3}, "unknown option of softmax 'hidden'", "Those there are: inputs, outputs."),
        ("mlp", {"self": 3}, "unknown option of mlp 'self'", "inputs, hidden"),
        ("mlp", {"name": 3}, "unknown option of mlp 'name'", "inputs, hidden"),
        ("mlp", {"activation": "gelu"}, "activation='gelu'", "'relu', 'sigmoid' or 'tanh'"),
        ("mlp", {"hidden": ()}, "hidden=()", "at least 1"),
        ("mlp", {"hidden": (0,)}, "hidden=0", "greater than or equal to 1"),
        ("mlp", {"hidden": "ten"}, "hidden='ten'", "integer"),
        ("mlp", {"dropout": 1.0}, "dropout=1.0", "less than 1"),
        ("mlp", {"dropout": math.nan}, "dropout=nan", "finite"),
        ("mlp", {"inputs": 0}, "inputs=0", "greater than or equal to 1"),
        ("mlp", {"pixels": "3,784"}, "pixels holds 784, and inputs=784", "Change one of them"),
        ("mlp", {"pixels": (5, 4, 5)}, "pixels holds an index twice", "Change one of them"),
        ("mlp", {"pixels": (-1,)}, "pixels=-1", "greater than or equal to 0"),
        ("mlp", {"pixels": (1,), "components": 2}, "pixels and components", "Change one of them"),
        ("deep-mnist", {"dropout": "much"}, "dropout='much'", "number"),
    ],
)
def test_errors_name_the_value_and_what_is_allowed(name, options, problem, remedy):
    with pytest.raises(SettingError) as caught:
        build(name, **options)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert "\n" not in caught.value.problem + caught.value.remedy


def test_an_mlp_too_large_for_memory_is_refused():
    # 100,001 * 100,000 is 10^10: 40 gigabytes
    with pytest.raises(SettingError, match="more than 100,000,000"):
        build("mlp", inputs=100_000, hidden=(100_000,))
