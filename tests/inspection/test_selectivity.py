"""Class selectivity by hand, and the views of what units prefer."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import (
    InspectedModel,
    choose_pair,
    class_selectivity,
    compute_activations,
    inspect,
    top_activating,
    variance_between_classes,
)
from digitlab.networks import build

FEW = mnist("test").take(60)


@pytest.fixture(scope="module")
def mlp():
    return InspectedModel(build("mlp", hidden=(25,), seed=1).eval(), "mlp", FEW)


@pytest.fixture(scope="module")
def swift():
    return InspectedModel(build("swift", seed=1).eval(), "swift", FEW)


def test_the_selectivity_index_by_hand():
    classes = np.array([0, 0, 1, 2])
    values = np.array([[4.0, 1, 0, -1], [2, 1, 0, 1], [1, 1, 0, 1], [0, 1, 0, 1]])
    found = class_selectivity(values, classes)
    # Unit 0 has the means 3, 1 and 0: (3 - 0.5) / (3 + 0.5) = 5 / 7. Unit 1 is 1 for all: 0.
    # Unit 2 is never active. Unit 3 has a mean of 0 for class 0, and of 1 for 1 and 2: (1 - 0.5) / 1.5.
    assert found.means[0, :3].tolist() == [3, 1, 0]
    assert np.isnan(found.means[:, 3:]).all()
    assert found.index == pytest.approx([5 / 7, 0, np.nan, 1 / 3], nan_ok=True)
    assert found.preferred.tolist() == [0, 0, 0, 1]
    assert np.isnan(class_selectivity(values - 2, classes).index).all()  # not for negative means
    assert class_selectivity(np.array([[0.0], [0], [7], [0]]), classes).index.tolist() == [1]


def test_the_variance_between_classes_by_hand():
    # Means 1 and 5, of all 3: between ((1 - 3)^2 + (5 - 3)^2) / 2 = 4. In all (9 + 1 + 1 + 9) / 4 = 5.
    values = np.array([[0.0, 1, 3], [2, 1, 3], [4, 2, 3], [6, 2, 3]])
    assert variance_between_classes(values, np.array([4, 4, 7, 7])) == pytest.approx([0.8, 1, 0])


def test_the_pair_prefers_different_digits():
    classes = np.repeat(np.arange(10), 6)
    noise = np.random.default_rng(0).normal(0, 0.1, (60, 4))
    strengths = [(3, 5.0), (3, 4.0), (8, 0.6), (8, 0.5)]  # the digit that each unit prefers, and how much
    values = noise + np.stack([size * (classes == digit) for digit, size in strengths], axis=1)
    pair = choose_pair(values, classes)
    assert pair.units == (0, 2)  # units 1 has more variance than unit 2, but prefers the digit of unit 0
    assert pair.digits == (3, 8)
    assert pair.shares[0] > pair.shares[1]
    assert "units 0 and 2 of relu1: of its 4 units" in pair.format("relu1")
    alike = choose_pair(values[:, [1, 0, 1]], classes)  # all prefer 3
    assert alike.units[0] == 1
    assert alike.digits == (3, 3)
    assert choose_pair(values[:, :2], classes).units == (0, 1)


def test_the_most_activating_of_each_unit():
    values = np.array([[1.0, 5], [3, 5], [2, 9]])
    assert top_activating(values, 2).tolist() == [[1, 2], [2, 0]]
    assert top_activating(values, 9).shape == (2, 3)


def test_maximally_activating_digits_of_dense_units(mlp):
    result = inspect(mlp, "maximally-activating-digits", count=3)
    own = compute_activations(mlp.network, FEW.ink(), ["relu1"])["relu1"]
    assert result.data["units"].tolist() == list(range(10))
    assert result.data["indices"].shape == (10, 3)
    np.testing.assert_allclose(result.data["values"], -np.sort(-own[:, :10], axis=0)[:3].T, rtol=1e-5)
    assert (result.data["labels"] == FEW.labels[result.data["indices"]]).all()
    axes = result.figure.axes[0]
    assert len(axes.images) == 30
    assert (axes.images[4].get_array() == FEW.images[result.data["indices"][1, 1]] / 255).all()
    words = [text.get_text() for text in axes.texts]
    assert [each for each in words if each.startswith("unit")][:2] == ["unit 0", "unit 1"]
    assert f"{result.data['labels'][0, 0]}, {result.data['values'][0, 0]:.2f}" in words
    assert result.summary.endswith("units 0 to 9 of 25; --page 2 shows the next")
    last = inspect(mlp, "maximally-activating-digits", page=3)
    assert last.data["units"].tolist() == list(range(20, 25))
    assert inspect(mlp, "maximally-activating-digits", unit=(24, 3)).data["units"].tolist() == [24, 3]


def test_maximally_activating_digits_of_maps_are_by_their_maxima(swift):
    result = inspect(swift, "maximally-activating-digits", layer="conv1", unit=5, count=2)
    own = compute_activations(swift.network, FEW.ink(), ["conv1"])["conv1"][:, 5].max(axis=(1, 2))
    np.testing.assert_allclose(result.data["values"][0], -np.sort(-own)[:2], rtol=1e-5)
    assert "maximum over the map" in result.figure.texts[0].get_text()


def test_dead_units_are_called_dead_in_text_and_figure():
    network = build("mlp", hidden=(3,), seed=1).eval()
    with torch.no_grad():
        network.layers["hidden1"].weight[0] = 0
        network.layers["hidden1"].bias[0] = 1  # the same for all digits: alive, index 0
        network.layers["hidden1"].bias[1] = -1000
        # Unit 2 is above 0, by 0.001, for one digit only: its index would be 1.
        network.layers["hidden1"].weight[2] = 0
        network.layers["hidden1"].weight[2, 400] = 1
        ink = torch.from_numpy(FEW.ink()).flatten(1)[:, 400]
        network.layers["hidden1"].bias[2] = 0.001 - ink.max()
    model = InspectedModel(network, "mlp", FEW)
    result = inspect(model, "maximally-activating-digits")
    words = [text.get_text() for text in result.figure.axes[0].texts]
    assert "unit 1\n(dead)" in words
    assert "unit 2" in words
    assert not any("nan" in each for each in words)
    assert result.summary.splitlines()[1] == "relu1 1: dead, 0 for all 60 digits"
    selectivity = inspect(model, "class-selectivity")
    index = selectivity.data["selectivity_index"]
    assert np.isfinite(index).tolist() == [True, False, False]
    assert selectivity.data["hardly_active"].tolist() == [False, True, True]
    lines = selectivity.summary.splitlines()
    assert lines[0].startswith("most selective units of relu1: 0 (digit")
    assert lines[0].count("digit") == 1
    assert lines[1].startswith("2 of 3 units left out as dead or nearly so")
    heat, bars = selectivity.figure.axes[:2]
    assert len(heat.lines) == 1  # the frame of unit 0
    assert [text.get_text() for text in bars.texts][1:] == ["(nearly) dead"] * 2


def test_class_selectivity_of_a_layer(mlp, monkeypatch):
    from digitlab.inspection import unit_preferences

    monkeypatch.setattr(unit_preferences, "SELECTIVITY_UNITS", 20)
    result = inspect(mlp, "class-selectivity", page=2)
    own = compute_activations(mlp.network, FEW.ink(), ["relu1"])["relu1"]
    sevens = own[FEW.labels == 7].mean(axis=0)
    np.testing.assert_allclose(result.data["means"][:, 7], sevens, rtol=1e-5)
    heat, bars = result.figure.axes[:2]
    np.testing.assert_allclose(heat.images[0].get_array(), result.data["means"][20:25])
    assert [label.get_text() for label in heat.get_yticklabels()] == ["20", "21", "22", "23", "24"]
    widths = [patch.get_width() for patch in bars.patches]
    np.testing.assert_allclose(widths, np.nan_to_num(result.data["selectivity_index"][20:25]))
    assert heat.images[0].get_clim()[1] == pytest.approx(np.nanmax(result.data["means"]))  # as page 1 has it
    assert result.summary.endswith("units 20 to 24 of 25; --page 1 shows the first")
    assert "Class selectivity: which digits" in result.figure.texts[0].get_text()


def test_a_layer_with_negative_means_has_no_index_and_explains_its_colors(mlp):
    result = inspect(mlp, "class-selectivity", layer="hidden1")
    assert np.isnan(result.data["selectivity_index"]).any()
    assert any("red > 0, blue < 0" in axes.get_xlabel() for axes in result.figure.axes)


def test_the_scatter_chooses_its_units_and_says_why(mlp):
    result = inspect(mlp, "scatter")
    own = compute_activations(mlp.network, FEW.ink(), ["relu1", "logits"])
    pair = choose_pair(own["relu1"], own["logits"].argmax(axis=1))
    assert result.data["units"].tolist() == list(pair.units)
    np.testing.assert_allclose(result.data["values"], own["relu1"][:, list(pair.units)], rtol=1e-5)
    assert result.summary == pair.format("relu1")
    assert f"units {pair.units[0]} and {pair.units[1]}" in result.figure.axes[0].get_title()
    assert inspect(mlp, "scatter", unit=(3, 4)).summary == ""


@pytest.mark.parametrize("name", ["maximally-activating-digits", "class-selectivity"])
def test_units_that_there_are_not(mlp, name):
    with pytest.raises(SettingError, match="no page 9 of relu1"):
        inspect(mlp, name, page=9)
    with pytest.raises(SettingError, match="no unit of relu1 number 25"):
        inspect(mlp, name, unit=25)
    with pytest.raises(SettingError, match="no layer 'relu7'"):
        inspect(mlp, name, layer="relu7")
