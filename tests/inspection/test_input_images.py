"""Views of the digits themselves: their numbers."""

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.inspection import InspectedModel, inspect
from digitlab.networks import build


@pytest.fixture(scope="module")
def model():
    return InspectedModel(build("mlp", hidden=(5,), seed=1), "mlp, seed 1", mnist("test").take(100))


def test_a_grid_of_digits_and_their_labels(model):
    result = inspect(model, "digits")
    indices = result.data["indices"]
    assert len(indices) == 64
    assert (result.data["labels"] == model.digits.labels[indices]).all()
    assert (result.data["images"] == model.digits.images[indices]).all()
    axes = result.figure.axes[0]
    assert [text.get_text() for text in axes.texts] == [str(label) for label in result.data["labels"]]
    assert axes.get_title() == "Random sample: 64 of the 100 digits of mnist:test[first 100]"
    assert inspect(model, "digits", seed=1).data["indices"].tolist() != indices.tolist()
    assert len(inspect(model, "digits", count=5000).data["indices"]) == 100


def test_what_is_read_wrongly_is_marked(model):
    result = inspect(model, "predictions", count=10, seed=3)
    labels, read = result.data["labels"], result.data["predictions"]
    assert (read == model.predictions[result.data["indices"]]).all()
    assert [text.get_text() for text in result.figure.axes[0].texts] == [
        f"{label}, {said}" if label == said else f"✗ {label}, {said}"
        for label, said in zip(labels, read, strict=True)
    ]
    assert 0 < (labels != read).sum() <= 10  # a network that learned nothing
    assert result.summary == f"misclassified: {(labels != read).sum()} of these 10 digits"
    one = inspect(model, "predictions", count=1)
    assert one.summary.endswith("of this digit")
    assert "of 1 digit of" in one.figure.axes[0].get_title()


def test_averages(model):
    result = inspect(model, "averages")
    sevens = model.digits.images[model.digits.labels == 7] / 255
    assert result.data["averages"][7] == pytest.approx(sevens.mean(axis=0), abs=1e-6)
    assert result.data["counts"].tolist() == np.bincount(model.digits.labels, minlength=10).tolist()


def test_the_values_of_one_image(model):
    result = inspect(model, "image", image=2)
    assert (result.data["values"] == model.digits.images[2]).all()
    assert (
        result.figure.axes[0].get_title()
        == "Pixel values: how much ink is where in mnist:test[first 100] #2, a 1? (0 paper, 255 ink)"
    )
