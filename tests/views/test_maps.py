"""Views that map many images: their numbers and words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import pca_map, pixel_importances, principal_components, top_pixels
from digitlab.inspection.activations import capture
from digitlab.networks import build
from digitlab.runs import DataConfig, Run, RunConfig
from digitlab.training import recipe
from digitlab.views import InspectedModel, inspect


@pytest.fixture(scope="module")
def subject():
    network = build("mlp", hidden=(5,), dropout=0.5, seed=1).eval()
    return InspectedModel(network, "mlp, seed 1", mnist("test").take(300))


def trained(subject, tmp_path, plan):
    facts = RunConfig(
        network="mlp", options=subject.network.options, recipe=recipe("default"), data=plan, environment={}
    )
    return replace(subject, run=Run(tmp_path, facts))


def test_a_map_is_of_the_last_hidden_layer(subject):
    seen = inspect(subject, "pca-map", number=50, seed=2)
    chosen = seen.data["indices"]
    assert len(chosen) == len(set(chosen)) == 50
    assert (seen.data["labels"] == subject.digits.labels[chosen]).all()
    assert (seen.data["predictions"] == subject.predictions[chosen]).all()
    values = capture(subject.network, subject.digits.subset(chosen).ink(), ["relu1"])["relu1"]
    assert seen.data["points"] == pytest.approx(pca_map(values, seed=2).points)
    axes = seen.figure.axes[0]
    assert axes.get_title().startswith("Does layer relu1 tell the digits apart? Its 5 values by PCA\n")
    assert axes.get_xlabel() == f"component 1 ({seen.data['shares'][0]:.1%} of the variance)"
    wrong = (seen.data["labels"] != seen.data["predictions"]).sum()
    assert seen.words == f"misread: {wrong} of these 50 digits"


def test_a_map_is_of_any_layer(subject):
    assert "Its 784 values" in inspect(subject, "pca-map", layer="flatten").figure.axes[0].get_title()
    with pytest.raises(SettingError, match="no layer 'conv1'"):
        inspect(subject, "pca-map", layer="conv1")


def test_tsne_of_the_same_digits(subject):
    seen = inspect(subject, "tsne-map", number=50, seed=2)
    assert (seen.data["indices"] == inspect(subject, "pca-map", number=50, seed=2).data["indices"]).all()
    assert seen.data["points"].shape == (50, 2)
    assert "by t-SNE" in seen.figure.axes[0].get_title()
    with pytest.raises(SettingError, match="a map of 2 points"):
        inspect(subject, "tsne-map", number=2)


def test_variance_and_components(subject):
    found = principal_components(subject.digits.images)
    variance = inspect(subject, "variance")
    assert variance.data["shares"] == pytest.approx(found.shares)
    assert variance.data["needed"] == found.needed(0.95)
    assert variance.words.endswith("; 300 digits of mnist:test[first 300]")
    components = inspect(subject, "components", number=7)
    assert components.data["components"] == pytest.approx(found.images[:7])
    assert components.data["mean"] == pytest.approx(found.mean)
    assert len(inspect(subject, "components").data["components"]) == 20


def test_the_digits_of_a_run_are_those_it_learned_from(subject, tmp_path):
    run = trained(subject, tmp_path, DataConfig(train="mnist:test", validation="first:9000"))
    seen = inspect(run, "variance")
    assert seen.words.endswith("; 1,000 digits of mnist:test that mlp learned from")
    assert seen.data["shares"] == pytest.approx(principal_components(mnist("test").images[9000:]).shares)


def test_where_these_are_gone_or_of_another_size_those_it_reads_are_looked_at(subject, tmp_path):
    for plan in (DataConfig(train=str(tmp_path / "gone.mat")), DataConfig(train="classroom")):
        words = inspect(trained(subject, tmp_path, plan), "variance").words
        assert words.endswith("; 300 digits of mnist:test[first 300]")


def test_pixels_that_matter(subject):
    digits = subject.digits
    importances = pixel_importances(digits.images, digits.labels)
    seen = inspect(subject, "importances")
    assert seen.data["importances"] == pytest.approx(importances)
    assert seen.words == "100 trees on 300 digits of mnist:test[first 300]"
    pixels = inspect(subject, "pixels", image=2)
    assert pixels.data["pixels"].tolist() == top_pixels(importances, 70).tolist()
    assert (pixels.data["rows"] * 28 + pixels.data["columns"] == pixels.data["pixels"]).all()
    assert len(inspect(subject, "pixels", number=10_000).data["pixels"]) == 784
    (marks,) = pixels.figure.axes[0].collections
    assert (
        marks.get_offsets().tolist()
        == np.stack([pixels.data["columns"], pixels.data["rows"]], axis=1).tolist()
    )


def test_a_forest_grows_on_the_first_5000_digits(subject, tmp_path):
    run = trained(subject, tmp_path, DataConfig(train="mnist:test", validation="none"))
    assert (
        inspect(run, "importances").words
        == "100 trees on the first 5,000 digits of mnist:test that mlp learned from"
    )
