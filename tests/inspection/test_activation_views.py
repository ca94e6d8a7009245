"""Views of activations and of arithmetic: their numbers are the network's, and errors are in words."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.formatting import format_number
from digitlab.inspection import InspectedModel, compute_activations, inspect, unit_statistics
from digitlab.networks import build

FEW = mnist("test").take(40)


@pytest.fixture(scope="module")
def swift():
    return InspectedModel(build("swift", seed=1).eval(), "swift", FEW)


@pytest.fixture(scope="module")
def mlp():
    return InspectedModel(build("mlp", hidden=(5,), seed=1).eval(), "mlp", FEW)


def test_all_layers_of_one_image(swift):
    result = inspect(swift, "activations", image=2)
    outputs = compute_activations(swift.network, swift.input_image(2).ink[None])
    for name, values in outputs.items():
        assert (result.data[name] == values[0]).all()
    assert result.data["probabilities"].sum() == pytest.approx(1)
    assert "conv1 16 x 20 x 20" in result.summary
    labels = {text.get_text().strip() for text in result.figure.texts}
    assert {"conv1", "pool1", "relu1", "conv2", "dense3", "logits", "softmax"} <= labels
    assert not {"flatten", "crop"} & labels  # the same numbers again; a single map stands beside the image


def test_maps_that_the_figure_of_all_layers_leaves_out_are_on_a_page_of_feature_maps(swift, monkeypatch):
    from digitlab.inspection import activations

    assert len(inspect(swift, "activations").summary.splitlines()) == 1
    monkeypatch.setattr(activations, "MAPS_OF_A_LAYER", 20)
    monkeypatch.setattr(activations, "PICTURED", 10)
    _, *hints = inspect(swift, "activations").summary.splitlines()
    assert (
        hints[0] == "maps 0 to 19 of 32 of conv2; --view feature-maps --layer conv2 --page 3 shows the next"
    )
    assert inspect(swift, "feature-maps", layer="conv2", page=3).data["shown"].tolist() == list(range(20, 30))


def test_all_layers_of_a_network_of_dense_layers(mlp):
    result = inspect(mlp, "activations")
    assert {"hidden1", "relu1", "logits"} <= {text.get_text().strip() for text in result.figure.texts}
    assert result.data["relu1"].shape == (5,)


def test_feature_maps_are_the_first_convolutions_before_its_activation(swift):
    result = inspect(swift, "feature-maps", image=3)
    assert (
        result.data["maps"]
        == compute_activations(swift.network, swift.input_image(3).ink[None], ["conv1"])["conv1"][0]
    ).all()
    assert result.data["maps"].min() < 0
    assert result.data["shown"].tolist() == list(range(16))
    some = inspect(swift, "feature-maps", layer="relu2", unit=(31, 4))
    assert some.data["maps"].shape == (32, 4, 4)
    assert some.data["shown"].tolist() == [31, 4]
    assert "maps 31, 4, 4 x 4" in some.figure.texts[0].get_text()
    assert inspect(swift, "feature-maps", layer="conv2", count=5).data["shown"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("what", "options", "problem"),
    [
        ("feature-maps", {"layer": "dense3"}, "dense3 has no feature maps"),
        ("feature-maps", {"unit": 16}, "no map of conv1 number 16"),
        ("boxplot", {"unit": tuple(range(13))}, "13 units in one figure"),
        ("boxplot", {"unit": 128}, "no unit of relu3 number 128"),
        ("scatter", {"unit": 1}, "a scatter of units 1"),
        ("scatter", {"unit": (1, 1)}, "a scatter of units 1, 1"),
        ("scatter", {"layer": "standardize"}, "has only one unit"),
        ("scatter", {"layer": "relu9"}, "no layer 'relu9'"),
        ("unit-computation", {"unit": (1, 2)}, "the computation of 2 units"),
        ("unit-computation", {"layer": "relu1"}, "no dense layer or convolution 'relu1'"),
    ],
)
def test_what_there_is_not(swift, what, options, problem):
    with pytest.raises(SettingError, match=problem):
        inspect(swift, what, **options)


def test_networks_without_what_is_looked_at(mlp):
    with pytest.raises(SettingError, match="mlp has no convolution"):
        inspect(mlp, "feature-maps")
    one = InspectedModel(build("mlp", hidden=(1,), seed=1).eval(), "one", FEW)
    with pytest.raises(SettingError, match="only one unit") as caught:
        inspect(one, "scatter")
    assert "boxplot" in caught.value.remedy
    softmax = InspectedModel(build("softmax").eval(), "softmax", FEW)
    with pytest.raises(SettingError, match="softmax has no hidden units"):
        inspect(softmax, "boxplot")
    assert inspect(softmax, "boxplot", layer="logits").data["values"].shape == (40, 10)


def test_a_box_for_each_digit_that_was_read(mlp):
    result = inspect(mlp, "boxplot", unit=3)
    ink = FEW.ink()
    outputs = compute_activations(mlp.network, ink, ["relu1", "logits"])
    np.testing.assert_allclose(result.data["values"][:, 0], outputs["relu1"][:, 3])
    assert result.data["predictions"].tolist() == outputs["logits"].argmax(axis=1).tolist()
    assert result.data["counts"].sum() == 40
    assert result.data["indices"].tolist() == list(range(40))
    empty = int((result.data["counts"] == 0).sum())
    assert [text.get_text() for text in result.figure.axes[0].texts] == ["none"] * empty
    assert np.isnan(result.data["box_plot_stats"][0, result.data["counts"] == 0]).all()
    assert "the 40 digits of mnist:test" in result.figure.axes[0].get_title()


def test_dear_networks_read_fewer_digits_unless_told(mlp, monkeypatch):
    monkeypatch.setattr(unit_statistics, "WORK", 1.0)
    monkeypatch.setattr(unit_statistics, "FEWEST", 15)
    result = inspect(mlp, "boxplot", unit=0, seed=4)
    assert len(result.data["indices"]) == 15
    assert "15 of the 40 digits" in result.figure.axes[0].get_title()
    assert (result.data["indices"] == inspect(mlp, "boxplot", unit=0, seed=4).data["indices"]).all()
    assert len(inspect(mlp, "boxplot", count=30).data["indices"]) == 30


def test_a_scatter_draws_some_points_and_centroids_of_all(mlp, monkeypatch):
    monkeypatch.setattr(unit_statistics, "POINTS", 10)
    result = inspect(mlp, "scatter", unit=(4, 2))
    values, read = result.data["values"], result.data["predictions"]
    assert values.shape == (40, 2)
    digit = int(read[0])
    np.testing.assert_allclose(result.data["centroids"][digit], values[read == digit].mean(axis=0), rtol=1e-5)
    drawn = result.figure.axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(drawn, values[result.data["drawn"]])
    assert len(drawn) == 10
    assert "10 drawn" in result.figure.axes[0].get_title()


def test_outputs_step_by_step(swift):
    result = inspect(swift, "outputs", image=1)
    z = compute_activations(swift.network, swift.input_image(1).ink[None], ["logits"])["logits"][0]
    np.testing.assert_allclose(result.data["logits"], z, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(result.data["shifted"], result.data["logits"] - result.data["logits"].max())
    np.testing.assert_allclose(result.data["exponentials"], np.exp(result.data["shifted"]))
    np.testing.assert_allclose(
        result.data["probabilities"], result.data["exponentials"] / result.data["total"]
    )
    read = z.argmax()
    assert result.summary.startswith(f"mnist:test[first 40] #1: said {read} (0.")
    assert result.summary.endswith("is 2")


@pytest.mark.parametrize(
    ("what", "layer", "shape"),
    [
        ("mlp", "hidden1", (784,)),
        ("mlp", "logits", (5,)),
        ("swift", "conv1", (1, 5, 5)),
        ("swift", "conv2", (16, 3, 3)),
        ("swift", "dense3", (512,)),
    ],
)
def test_arithmetic_of_every_kind_of_layer(what, layer, shape, request):
    model = request.getfixturevalue(what)
    result = inspect(model, "unit-computation", layer=layer, image=5)
    data = result.data
    assert data["products"].shape == shape
    assert data["products"].sum() + data["bias"] == pytest.approx(float(data["value"]), abs=1e-5)
    own = compute_activations(model.network, model.input_image(5).ink[None], [layer])[layer][0]
    assert data["value"] == own.max() == own[(int(data["unit"]), *map(int, data.get("position", ())))]
    assert f"= {format_number(float(data['total']), 3)}" in result.summary
    if layer == "conv1":
        assert data["relu1"] == max(data["pool1"], 0)
        assert "max(" in result.summary


def test_the_default_is_the_first_layer_with_weights(swift, mlp):
    assert "of conv1 at row" in inspect(swift, "unit-computation").summary
    assert "of hidden1" in inspect(mlp, "unit-computation").summary


def test_terms_of_the_picture_add_up(swift):
    for layer, number in (("conv2", 2), ("conv2", 16), ("dense3", 4), ("conv1", None)):
        result = inspect(swift, "unit-computation", layer=layer, count=number)
        widths = [patch.get_width() for patch in result.figure.axes[-1].patches]
        steps = 2 if layer.startswith("conv") else 1  # pooling and relu, or relu
        total = widths[-1 - steps]
        assert sum(widths[: -1 - steps]) == pytest.approx(total, abs=1e-9)
        assert total == pytest.approx(float(result.data["total"]), abs=1e-9)
