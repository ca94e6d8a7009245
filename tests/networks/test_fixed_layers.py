"""Fixed first layers of `mlp`: selected pixels and a linear projection."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from digitlab.data import mnist
from digitlab.errors import ModelError, SettingError
from digitlab.networks import (
    build,
    export_onnx,
    layer_table,
    load_network,
    save_network,
    set_projection,
)
from digitlab.reader import OnnxModel


@pytest.fixture(scope="module")
def images():
    return torch.from_numpy(mnist("test").take(40).ink())


def _projected(images, n=7, **options):
    pca = PCA(n, svd_solver="covariance_eigh").fit(images.flatten(1).numpy())
    network = build("mlp", components=n, **options)
    set_projection(network, pca.mean_, pca.components_)
    return network, pca


def test_selected_pixels_by_hand():
    network = build("mlp", inputs=4, pixels=(3, 1), hidden=(2,))
    layers = network.layers
    assert list(layers) == ["flatten", "pixels", "hidden1", "relu1", "logits"]
    images = torch.arange(8.0).reshape(2, 2, 2)
    assert layers["pixels"](layers["flatten"](images)).tolist() == [[3, 1], [7, 5]]
    assert layers["hidden1"].in_features == 2
    assert network.input_shape == (4,)
    assert network(images).shape == (2, 10)


def test_a_projection_is_that_of_scikit_learn(images):
    network, pca = _projected(images)
    layers = network.layers
    assert list(layers) == ["flatten", "projection", "hidden1", "relu1", "logits"]
    seen = layers["projection"](layers["flatten"](images))
    np.testing.assert_allclose(seen, pca.transform(images.flatten(1).numpy()), atol=1e-5)
    assert network.parameter_count() == 8 * 100 + 101 * 10  # the projection is not trained


def test_a_projection_that_is_not_filled_gives_no_logits_and_no_file(images, tmp_path):
    network = build("mlp", components=3)
    assert network(images).isnan().all()
    save_network(network, tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match="not numbers"):
        load_network(tmp_path / "a.safetensors")


@pytest.mark.parametrize("front", ["pixels", "projection"])
def test_files_hold_the_fixed_layer(front, images, tmp_path):
    if front == "pixels":
        network = build("mlp", pixels=(350, 400, 401), seed=2)
    else:
        network, _ = _projected(images, seed=2)
    logits = network.eval()(images).detach()
    save_network(network, tmp_path / "a.safetensors")
    loaded = load_network(tmp_path / "a.safetensors")
    assert loaded.options == network.options
    assert torch.equal(loaded(images), logits)
    export_onnx(network, tmp_path / "a.onnx", images)
    np.testing.assert_allclose(OnnxModel(tmp_path / "a.onnx").logits(images.numpy()), logits, atol=1e-4)


def test_rows_of_the_layer_table(images):
    rows = {row.name: row for row in layer_table(build("mlp", pixels=(5, 6), hidden=(3,)))}
    assert (rows["pixels"].kind, rows["pixels"].output_shape, rows["pixels"].multiply_adds) == (
        "SelectPixels",
        (2,),
        0,
    )
    rows = {row.name: row for row in layer_table(_projected(images)[0])}
    row = rows["projection"]
    assert (row.kind, row.output_shape, row.parameters, row.multiply_adds) == ("Projection", (7,), 0, 7 * 784)


def test_the_fixed_prefix_is_all_that_may_be_computed_once(images):
    expected = {
        "softmax": ("flatten",),
        "mlp": ("flatten",),
        "deep-mnist": ("image",),
        "swift": ("image", "crop", "standardize"),
    }
    assert {name: build(name).fixed_prefix() for name in expected} == expected
    assert build("mlp", pixels=(1,)).fixed_prefix() == ("flatten", "pixels")
    assert build("mlp", components=1).fixed_prefix() == ("flatten", "projection")
    network = build("swift").train()
    signal = images
    for name in network.fixed_prefix():
        before, signal = signal.clone(), network.layers[name](signal)
        assert torch.equal(network.layers[name](before), signal)
        assert not any(value.requires_grad for value in network.layers[name].parameters())


@pytest.mark.parametrize(
    ("mean", "components", "words"),
    [
        (np.zeros(783), np.zeros((2, 784)), r"mean of shape \(783,\)"),
        (np.zeros(784), np.zeros((784, 2)), r"components of shape \(784, 2\)"),
        (np.full(784, np.nan), np.zeros((2, 784)), "784 of its values not finite"),
    ],
)
def test_a_projection_that_does_not_fit_is_refused(mean, components, words):
    with pytest.raises(SettingError, match=words):
        set_projection(build("mlp", components=2), mean, components)


def test_a_network_without_projection_has_none_to_fill():
    with pytest.raises(SettingError, match="mlp has no projection"):
        set_projection(build("mlp"), np.zeros(784), np.zeros((2, 784)))
