"""Views that map many images: their numbers and words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import (
    InspectedModel,
    inspect,
    pca_projection,
    pixel_importances,
    principal_components,
    top_pixels,
)
from digitlab.inspection.activations import compute_activations
from digitlab.networks import build
from digitlab.runs import DataConfig, Run, RunConfig
from digitlab.training import recipe


@pytest.fixture(scope="module")
def model():
    network = build("mlp", hidden=(5,), dropout=0.5, seed=1).eval()
    return InspectedModel(network, "mlp, seed 1", mnist("test").take(300))


def trained(model, tmp_path, plan):
    facts = RunConfig(
        network="mlp", options=model.network.options, recipe=recipe("default"), data=plan, environment={}
    )
    return replace(model, run=Run(tmp_path, facts))


def test_a_map_is_of_the_last_hidden_layer(model):
    result = inspect(model, "pca", count=50, seed=2)
    chosen = result.data["indices"]
    assert len(chosen) == len(set(chosen)) == 50
    assert (result.data["labels"] == model.digits.labels[chosen]).all()
    assert (result.data["predictions"] == model.predictions[chosen]).all()
    values = compute_activations(model.network, model.digits.subset(chosen).ink(), ["relu1"])["relu1"]
    assert result.data["points"] == pytest.approx(pca_projection(values, seed=2).points)
    axes = result.figure.axes[0]
    assert axes.get_title().startswith("PCA projection: does layer relu1 separate the digits? Its 5 values\n")
    assert (
        axes.get_xlabel() == f"component 1 ({result.data['explained_variance_ratio'][0]:.1%} of the variance)"
    )
    wrong = (result.data["labels"] != result.data["predictions"]).sum()
    assert result.summary == f"misclassified: {wrong} of these 50 digits"


def test_a_map_is_of_any_layer(model):
    assert "Its 784 values" in inspect(model, "pca", layer="flatten").figure.axes[0].get_title()
    with pytest.raises(SettingError, match="no layer 'conv1'"):
        inspect(model, "pca", layer="conv1")


def test_tsne_of_the_same_digits(model):
    result = inspect(model, "tsne", count=50, seed=2)
    assert (result.data["indices"] == inspect(model, "pca", count=50, seed=2).data["indices"]).all()
    assert result.data["points"].shape == (50, 2)
    assert "t-SNE projection: " in result.figure.axes[0].get_title()
    with pytest.raises(SettingError, match="a map of 2 points"):
        inspect(model, "tsne", count=2)


def test_variance_and_components(model):
    found = principal_components(model.digits.images)
    variance = inspect(model, "explained-variance")
    assert variance.data["explained_variance_ratio"] == pytest.approx(found.explained_variance_ratio)
    assert variance.data["needed"] == found.n_for(0.95)
    assert variance.summary.endswith("; 300 digits of mnist:test[first 300]")
    components = inspect(model, "principal-components", count=7)
    assert components.data["components"] == pytest.approx(found.images[:7])
    assert components.data["mean"] == pytest.approx(found.mean)
    assert len(inspect(model, "principal-components").data["components"]) == 20


def test_the_digits_of_a_run_are_those_it_learned_from(model, tmp_path):
    run = trained(model, tmp_path, DataConfig(train="mnist:test", validation="first:9000"))
    result = inspect(run, "explained-variance")
    assert result.summary.endswith("; 1,000 digits of mnist:test that mlp was trained on")
    assert result.data["explained_variance_ratio"] == pytest.approx(
        principal_components(mnist("test").images[9000:]).explained_variance_ratio
    )


def test_where_these_are_gone_or_of_another_size_those_it_reads_are_looked_at(model, tmp_path):
    for plan in (DataConfig(train=str(tmp_path / "gone.mat")), DataConfig(train="classroom")):
        words = inspect(trained(model, tmp_path, plan), "explained-variance").summary
        assert words.endswith("; 300 digits of mnist:test[first 300]")


def test_pixels_that_matter(model):
    digits = model.digits
    importances = pixel_importances(digits.images, digits.labels)
    result = inspect(model, "pixel-importance")
    assert result.data["importances"] == pytest.approx(importances)
    assert result.summary == "100 trees on 300 digits of mnist:test[first 300]"
    pixels = inspect(model, "important-pixels", image=2)
    assert pixels.data["pixels"].tolist() == top_pixels(importances, 70).tolist()
    assert (pixels.data["rows"] * 28 + pixels.data["columns"] == pixels.data["pixels"]).all()
    assert len(inspect(model, "important-pixels", count=10_000).data["pixels"]) == 784
    (marks,) = pixels.figure.axes[0].collections
    assert (
        marks.get_offsets().tolist()
        == np.stack([pixels.data["columns"], pixels.data["rows"]], axis=1).tolist()
    )


def test_a_forest_grows_on_the_first_5000_digits(model, tmp_path):
    run = trained(model, tmp_path, DataConfig(train="mnist:test", validation="none"))
    assert (
        inspect(run, "pixel-importance").summary
        == "100 trees on the first 5,000 digits of mnist:test that mlp was trained on"
    )
