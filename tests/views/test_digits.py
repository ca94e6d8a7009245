"""Views of the digits themselves: their numbers."""

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.networks import build
from digitlab.views import InspectedModel, inspect


@pytest.fixture(scope="module")
def subject():
    return InspectedModel(build("mlp", hidden=(5,), seed=1), "mlp, seed 1", mnist("test").take(100))


def test_a_grid_of_digits_and_their_labels(subject):
    seen = inspect(subject, "digits")
    indices = seen.data["indices"]
    assert len(indices) == 64
    assert (seen.data["labels"] == subject.digits.labels[indices]).all()
    assert (seen.data["images"] == subject.digits.images[indices]).all()
    axes = seen.figure.axes[0]
    assert [text.get_text() for text in axes.texts] == [str(label) for label in seen.data["labels"]]
    assert axes.get_title() == "64 of the 100 digits of mnist:test[first 100], drawn at random"
    assert inspect(subject, "digits", seed=1).data["indices"].tolist() != indices.tolist()
    assert len(inspect(subject, "digits", number=5000).data["indices"]) == 100


def test_what_is_read_wrongly_is_marked(subject):
    seen = inspect(subject, "predictions", number=10, seed=3)
    labels, read = seen.data["labels"], seen.data["predictions"]
    assert (read == subject.predictions[seen.data["indices"]]).all()
    assert [text.get_text() for text in seen.figure.axes[0].texts] == [
        str(label) if label == said else f"✗ said {said}, is {label}"
        for label, said in zip(labels, read, strict=True)
    ]
    assert 0 < (labels != read).sum() <= 10  # a network that learned nothing
    assert seen.words == f"misread: {(labels != read).sum()} of these 10 digits"


def test_averages(subject):
    seen = inspect(subject, "averages")
    sevens = subject.digits.images[subject.digits.labels == 7] / 255
    assert seen.data["averages"][7] == pytest.approx(sevens.mean(axis=0), abs=1e-6)
    assert seen.data["counts"].tolist() == np.bincount(subject.digits.labels, minlength=10).tolist()


def test_the_values_of_one_image(subject):
    seen = inspect(subject, "image", image=2)
    assert (seen.data["values"] == subject.digits.images[2]).all()
    assert seen.figure.axes[0].get_title() == "mnist:test[first 100] #2, a 1: 0 is paper, 255 is ink"
