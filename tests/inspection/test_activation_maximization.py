"""The image that a unit wants most."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digitlab.errors import DataError, SettingError
from digitlab.evaluation import predict_logits
from digitlab.inspection import maximize_activation
from digitlab.inspection.activation_maximization import INK, _neighbors, _projected
from digitlab.inspection.activations import compute_activations
from digitlab.networks import build

SHAPE = (28, 28)


@pytest.fixture(scope="module")
def swift():
    return build("swift", width=4, seed=2).eval()


def test_images_are_ink_of_a_digits_amount(swift):
    found = maximize_activation(swift, SHAPE, "logits", range(10))
    assert found.images.shape == (10, 28, 28)
    assert found.images.min() >= 0
    assert found.images.max() <= 1
    assert (found.images.mean(axis=(1, 2)) <= INK + 1e-4).all()
    assert found.position is None


def test_values_are_what_the_network_puts_out(swift):
    found = maximize_activation(swift, SHAPE, "logits", (7, 2))
    logits = predict_logits(swift, torch.from_numpy(found.images))
    assert found.values == pytest.approx([logits[0, 7], logits[1, 2]], abs=1e-5)
    maps = maximize_activation(swift, SHAPE, "conv2", (1, 3), position=(2, 5))
    signal = compute_activations(swift, maps.images, ["conv2"])["conv2"]
    assert maps.values == pytest.approx([signal[0, 1, 2, 5], signal[1, 3, 2, 5]], abs=1e-5)


def test_units_want_their_images_more_than_noise_or_each_others(swift):
    found = maximize_activation(swift, SHAPE, "logits", range(10))
    logits = predict_logits(swift, torch.from_numpy(found.images))
    assert (logits.argmax(axis=0) == np.arange(10)).all()  # of the ten, each logit is largest for its own
    noise = np.random.default_rng(0).random((50, 28, 28), dtype=np.float32) * np.float32(2 * INK)
    assert (found.values > predict_logits(swift, torch.from_numpy(noise)).max(axis=0)).all()


def test_a_linear_unit_wants_ink_where_its_weights_are_positive():
    network = build("softmax", inputs=256).eval()
    with torch.no_grad():
        weights = network.layers["logits"].weight[6].view(16, 16)
        weights.fill_(-1)
        weights[3:8, 5:10] = 1  # 25 pixels of 256 are 10 %, less than a digit's ink
    image = maximize_activation(network, (16, 16), "logits", (6,)).images[0]
    assert image[4:7, 6:9].min() > 0.9
    assert image[3:8, 5:10].sum() > 0.8 * image.sum()


def test_the_middle_of_a_map_sees_only_its_surroundings(swift):
    found = maximize_activation(swift, SHAPE, "conv1", (0,))
    assert found.position == (10, 10)  # of 20x20: 28 less the crop of 2 and the kernel's margin of 2
    # Row 10 of the map reads rows 10 to 14 of the crop, which are 12 to 16 of the image; ink spreads.
    outside = found.images[0].copy()
    outside[8:21, 8:21] = 0
    assert outside.max() < 0.05 < found.images[0].max()


def test_an_activation_is_climbed_by_its_input():
    network = build("mlp", hidden=(6,), seed=1).eval()
    with torch.no_grad():
        network.layers["hidden1"].bias.fill_(-1)  # no unit answers to paper
    before = maximize_activation(network, SHAPE, "hidden1", range(6))
    after = maximize_activation(network, SHAPE, "relu1", range(6))
    assert (before.images == after.images).all()
    assert after.values == pytest.approx(np.maximum(before.values, 0))
    assert (after.values > 0).all()


def test_the_seed_decides_and_other_units_do_not(swift):
    one = maximize_activation(swift, SHAPE, "relu3", (5,), seed=4).images
    again = maximize_activation(swift, SHAPE, "relu3", (5,), seed=4).images
    beside = maximize_activation(swift, SHAPE, "relu3", (1, 5), seed=4).images[1:]
    other = maximize_activation(swift, SHAPE, "relu3", (5,), seed=5).images
    assert (one == again).all()
    assert one == pytest.approx(beside, abs=0.05)
    assert np.abs(one - other).max() > 0.05


def test_what_there_is_not_is_refused(swift):
    with pytest.raises(SettingError, match="no layer 'conv9'"):
        maximize_activation(swift, SHAPE, "conv9", (0,))
    with pytest.raises(SettingError, match="no map of conv1 number 4"):
        maximize_activation(swift, SHAPE, "conv1", (4,))
    with pytest.raises(SettingError, match="no unit of logits number 10"):
        maximize_activation(swift, SHAPE, "logits", (10,))
    with pytest.raises(SettingError, match="no row of conv1 number 20"):
        maximize_activation(swift, SHAPE, "conv1", (0,), position=(20, 0))
    with pytest.raises(SettingError, match="logits has no rows and columns"):
        maximize_activation(swift, SHAPE, "logits", (0,), position=(0, 0))
    with pytest.raises(DataError, match="takes inputs of 28 x 28"):
        maximize_activation(swift, (20, 20), "logits", (0,))


def test_projection_is_the_nearest_image_with_so_much_ink():
    enough = torch.tensor([[[0.5, -0.2], [0.0, 0.0]]])
    assert _projected(enough).tolist() == [[[0.5, 0.0], [0.0, 0.0]]]  # a mean of 0.125 is within 0.13
    # [2, 0.5, 0.1, 0] may keep 4 * 0.13 = 0.52: less m, cut at 0 and 1, that is 1 for m <= 1; with
    # m = 1.48 it is 0.52 + 0 + 0 + 0.
    much = torch.tensor([[[2.0, 0.5], [0.1, 0.0]]])
    assert _projected(much)[0].numpy() == pytest.approx(np.array([[0.52, 0.0], [0.0, 0.0]]), abs=1e-3)
    # [0.5, 0.4, 0, 0] less m = 0.19 is 0.31 + 0.21 = 0.52.
    both = torch.tensor([[[0.5, 0.4], [0.0, 0.0]]])
    assert _projected(both)[0].numpy() == pytest.approx(np.array([[0.31, 0.21], [0.0, 0.0]]), abs=1e-3)


def test_neighbors_across_the_border_count_as_alike():
    image = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    # Upper left: two neighbors of 0, each 1 less. Those beside it: one neighbor of 1. Opposite: none.
    assert _neighbors(image).tolist() == [[[-2, 1], [1, 0]]]
