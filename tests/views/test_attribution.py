"""Views of attribution: their numbers, titles and words."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import integrated_gradients, occlusion, preferred_images, saliency
from digitlab.networks import build
from digitlab.views import InspectedModel, inspect


@pytest.fixture(scope="module")
def subject():
    network = build("mlp", hidden=(5,), seed=1).eval()
    return InspectedModel(network, "mlp, seed 1", mnist("test").take(20))


def test_the_digit_asked_about_is_the_one_read(subject):
    seen = inspect(subject, "saliency", image=3)
    read = int(subject.predictions[3])
    assert seen.data["digit"] == read
    ink = subject.digits.ink()[3]
    assert seen.data["ink"] == pytest.approx(ink)
    assert seen.data["saliency"] == pytest.approx(saliency(subject.network, ink, read), abs=1e-6)
    first, second = seen.figure.get_suptitle().split("\n")
    assert first == f"What in this image speaks for {read}?"
    assert second.startswith(f"mlp, seed 1: mnist:test[first 20] #3, read as {read} (0.")
    assert ", is 0 (0." in second  # image 3 is a 0, which this network does not know


def test_another_digit_can_be_asked_about(subject):
    read = int(subject.predictions[3])
    other = next(digit for digit in range(1, 10) if digit != read)
    seen = inspect(subject, "occlusion", image=3, digit=other)
    assert seen.data["digit"] == other
    found = occlusion(subject.network, subject.digits.ink()[3], other)
    assert seen.data["drops"] == pytest.approx(found.drops, abs=1e-6)
    assert seen.data["probabilities"] == pytest.approx(found.probabilities, abs=1e-6)
    assert f"; {other} has 0." in seen.figure.get_suptitle()
    row, column = np.unravel_index(found.drops.argmax(), (28, 28))
    assert f"around row {row}, column {column}: the probability of {other} goes from" in seen.words


def test_completeness_in_words(subject):
    seen = inspect(subject, "integrated-gradients", image=3, digit=4)
    found = integrated_gradients(subject.network, subject.digits.ink()[3], 4)
    assert seen.data["attributions"] == pytest.approx(found.attributions, abs=1e-6)
    total = found.attributions.sum(dtype=float)
    assert seen.words.startswith(f"integrated gradients add up to {total:.3f}; ")
    assert seen.words.endswith(f"a difference of {found.logit - found.paper_logit:.3f}")


def test_all_three_side_by_side(subject):
    together = inspect(subject, "attribution", image=3).data
    for view, one, name in (
        ("saliency", "saliency", "saliency"),
        ("integrated-gradients", "attributions", "integrated_gradients"),
        ("occlusion", "drops", "occlusion"),
    ):
        assert (together[name] == inspect(subject, view, image=3).data[one]).all()


def test_preferred_images_of_the_digits(subject):
    seen = inspect(subject, "preferred", seed=2)
    found = preferred_images(subject.network, (28, 28), "logits", range(10), seed=2)
    assert (seen.data["images"] == found.images).all()
    captions = [text.get_text() for text in seen.figure.axes[0].texts]
    assert captions == [
        f"{digit}: logit {value:.1f}\nprobability {probability:.2f}"
        for digit, value, probability in zip(range(10), found.values, seen.data["probabilities"], strict=True)
    ]


def test_preferred_images_of_units(subject):
    one = inspect(subject, "preferred", layer="relu1", unit=3)
    assert one.data["images"].shape == (1, 28, 28)
    assert one.data["units"].tolist() == [3]
    assert "probabilities" not in one.data
    assert inspect(subject, "preferred", layer="relu1").data["units"].tolist() == [0, 1, 2, 3, 4]
    assert inspect(subject, "preferred", layer="relu1", number=2).data["units"].tolist() == [0, 1]
    with pytest.raises(SettingError, match="no unit of relu1 number 5"):
        inspect(subject, "preferred", layer="relu1", unit=5)
    with pytest.raises(SettingError, match="no layer 'relu2'"):
        inspect(subject, "preferred", layer="relu2")


def test_a_position_in_a_map():
    subject = InspectedModel(build("swift", width=2, seed=1).eval(), "swift", mnist("test").take(2))
    seen = inspect(subject, "preferred", layer="conv1", unit=1, position=(3, 4))
    assert seen.figure.axes[0].get_title().endswith("at row 3, column 4")
