"""Views of attribution: their numbers, titles and words."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.formatting import format_number
from digitlab.inspection import (
    InspectedModel,
    inspect,
    integrated_gradients,
    maximize_activation,
    occlusion,
    saliency,
)
from digitlab.networks import build


@pytest.fixture(scope="module")
def model():
    network = build("mlp", hidden=(5,), seed=1).eval()
    return InspectedModel(network, "mlp, seed 1", mnist("test").take(20))


def test_the_digit_asked_about_is_the_one_read(model):
    result = inspect(model, "saliency", image=3)
    read = int(model.predictions[3])
    assert result.data["digit"] == read
    ink = model.digits.ink()[3]
    assert result.data["ink"] == pytest.approx(ink)
    assert result.data["saliency"] == pytest.approx(saliency(model.network, ink, read), abs=1e-6)
    first, second = result.figure.get_suptitle().split("\n")
    assert first == f"Saliency map: which pixels support class {read}?"
    assert second.startswith(f"mlp, seed 1: mnist:test[first 20] #3, predicted {read} (0.")
    assert ", is 0 (0." in second  # image 3 is a 0, which this network does not know


def test_another_digit_can_be_asked_about(model):
    read = int(model.predictions[3])
    other = next(digit for digit in range(1, 10) if digit != read)
    result = inspect(model, "occlusion", image=3, digit=other)
    assert result.data["digit"] == other
    found = occlusion(model.network, model.digits.ink()[3], other)
    assert result.data["logit_drop"] == pytest.approx(found.logit_drop, abs=1e-6)
    assert result.data["probabilities"] == pytest.approx(found.probabilities, abs=1e-6)
    assert f"; {other} has 0." in result.figure.get_suptitle()
    row, column = np.unravel_index(found.logit_drop.argmax(), (28, 28))
    assert f"around row {row}, column {column}: the probability of {other} goes from" in result.summary


def test_completeness_in_words(model):
    result = inspect(model, "integrated-gradients", image=3, digit=4)
    found = integrated_gradients(model.network, model.digits.ink()[3], 4)
    assert result.data["attributions"] == pytest.approx(found.attributions, abs=1e-6)
    total = found.attributions.sum(dtype=float)
    assert result.summary.startswith(f"integrated gradients add up to {format_number(total, 3)}; ")
    assert result.summary.endswith(f"a difference of {format_number(found.logit - found.baseline_logit, 3)}")


def test_all_three_side_by_side(model):
    together = inspect(model, "attribution", image=3).data
    for view, one, name in (
        ("saliency", "saliency", "saliency"),
        ("integrated-gradients", "attributions", "integrated_gradients"),
        ("occlusion", "logit_drop", "occlusion"),
    ):
        assert (together[name] == inspect(model, view, image=3).data[one]).all()


def test_preferred_images_of_the_digits(model):
    result = inspect(model, "activation-maximization", seed=2)
    found = maximize_activation(model.network, (28, 28), "logits", range(10), seed=2)
    assert (result.data["images"] == found.images).all()
    captions = [text.get_text() for text in result.figure.axes[0].texts]
    assert captions == [
        f"{digit}: logit {value:.1f}\nprobability {probability:.2f}"
        for digit, value, probability in zip(
            range(10), found.values, result.data["probabilities"], strict=True
        )
    ]


def test_preferred_images_of_units(model):
    one = inspect(model, "activation-maximization", layer="relu1", unit=3)
    assert one.data["images"].shape == (1, 28, 28)
    assert one.data["units"].tolist() == [3]
    assert "probabilities" not in one.data
    assert inspect(model, "activation-maximization", layer="relu1").data["units"].tolist() == [0, 1, 2, 3, 4]
    assert inspect(model, "activation-maximization", layer="relu1", count=2).data["units"].tolist() == [0, 1]
    with pytest.raises(SettingError, match="no unit of relu1 number 5"):
        inspect(model, "activation-maximization", layer="relu1", unit=5)
    with pytest.raises(SettingError, match="no layer 'relu2'"):
        inspect(model, "activation-maximization", layer="relu2")


def test_a_position_in_a_map():
    model = InspectedModel(build("swift", width=2, seed=1).eval(), "swift", mnist("test").take(2))
    result = inspect(model, "activation-maximization", layer="conv1", unit=1, position=(3, 4))
    assert result.figure.axes[0].get_title().endswith("at row 3, column 4")
