"""A few units over many digits."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.errors import SettingError
from digitlab.inspection import (
    box_plot_stats,
    centroids,
    compute_activations,
    first_hidden_layer,
    unit_values,
)
from digitlab.networks import build

INK = np.random.default_rng(0).random((6, 28, 28), dtype=np.float32)


@pytest.mark.parametrize(("name", "layer"), [("mlp", "relu1"), ("swift", "relu3"), ("deep-mnist", "relu3")])
def test_the_first_hidden_layer_is_the_first_activation_of_dense_units(name, layer):
    assert first_hidden_layer(build(name, seed=1)) == layer


def test_a_network_without_hidden_units():
    with pytest.raises(SettingError, match="softmax has no hidden units") as caught:
        first_hidden_layer(build("softmax"))
    assert "flatten, logits" in caught.value.remedy


def test_values_are_those_of_the_layers():
    network = build("swift", seed=1)
    all_of_it = compute_activations(network, INK)
    found = unit_values(network, INK, "relu3", (3, 0))
    np.testing.assert_allclose(found.values, all_of_it["relu3"][:, [3, 0]], rtol=1e-5)
    np.testing.assert_allclose(found.logits, all_of_it["logits"], rtol=1e-5, atol=1e-6)
    assert found.predictions.tolist() == all_of_it["logits"].argmax(axis=1).tolist()
    assert found.meaning == ""


def test_values_of_a_map_are_its_mean_or_one_place():
    network = build("swift", seed=1)
    maps = compute_activations(network, INK, ["conv1"])["conv1"]
    mean = unit_values(network, INK, "conv1", (2,))
    np.testing.assert_allclose(mean.values[:, 0], maps[:, 2].mean(axis=(1, 2)), rtol=1e-4, atol=1e-6)
    assert mean.meaning == "mean over the map"
    place = unit_values(network, INK, "conv1", (2, 5), (19, 4))
    np.testing.assert_allclose(place.values, maps[:, [2, 5], 19, 4], rtol=1e-5, atol=1e-6)
    assert place.meaning == "at row 19, column 4"


@pytest.mark.parametrize(
    ("layer", "units", "position", "problem"),
    [
        ("relu3", (128,), None, "no unit of relu3 number 128"),
        ("conv1", (16,), None, "no map of conv1 number 16"),
        ("conv1", (0,), (20, 0), "no row of conv1 number 20"),
        ("conv1", (0,), (0, 20), "no column of conv1 number 20"),
        ("relu3", (0,), (0, 0), "relu3 has no rows and columns"),
        ("relu9", (0,), None, "no layer 'relu9'"),
    ],
)
def test_places_that_do_not_exist(layer, units, position, problem):
    with pytest.raises(SettingError, match=problem):
        unit_values(build("swift", seed=1), INK, layer, units, position)


def test_five_numbers_of_each_class():
    summary, counts = box_plot_stats(np.array([1.0, 2, 3, 4, 5, 7]), np.array([4, 4, 4, 4, 4, 9]))
    assert summary[4].tolist() == [1, 2, 3, 4, 5]
    assert summary[9].tolist() == [7, 7, 7, 7, 7]
    assert counts.tolist() == [0, 0, 0, 0, 5, 0, 0, 0, 0, 1]
    assert np.isnan(summary[[0, 1, 2, 3, 5, 6, 7, 8]]).all()


def test_centroids_of_each_class():
    points = np.array([[0.0, 2], [2, 4], [5, 5]], dtype=np.float32)
    middles, counts = centroids(points, np.array([1, 1, 0]))
    assert middles[1].tolist() == [1, 3]  # (0 + 2) / 2, (2 + 4) / 2
    assert middles[0].tolist() == [5, 5]
    assert np.isnan(middles[2:]).all()
    assert counts.tolist() == [1, 2, 0, 0, 0, 0, 0, 0, 0, 0]
