"""What views look at: a run, its sibling runs, a weights file; and the data they read."""

import numpy as np
import pytest

import digitlab
from digitlab.data import Digits, mnist
from digitlab.errors import DataError, ModelError, SettingError
from digitlab.inspection import InspectedModel
from digitlab.inspection.view import short_name
from digitlab.networks import build, save_network
from digitlab.runs import default_data


@pytest.fixture
def model():
    return InspectedModel(build("softmax"), "softmax", mnist("test").take(20))


def test_a_weights_file_reads_test_digits_of_its_size(tmp_path):
    save_network(build("mlp", hidden=(3,), inputs=400), tmp_path / "a.safetensors")
    opened = InspectedModel.open(tmp_path / "a.safetensors")
    assert (opened.name, opened.digits.name, opened.runs) == ("mlp (a.safetensors)", "classroom", ())


@pytest.mark.parametrize("name", ["classroom", "classroom-reduced"])
def test_a_run_on_20x20_is_shown_digits_made_as_those_it_was_trained_on(name, tmp_path):
    data = digitlab.DataConfig(train=f"{name}[:60]", validation="last:20")
    folder = digitlab.train("softmax", {}, digitlab.Recipe(max_steps=1), data, tmp_path / "a").folder
    assert InspectedModel.open(folder).digits.name == name
    assert default_data(digitlab.open(folder)) == name


def test_no_data_of_that_size(tmp_path):
    save_network(build("mlp", hidden=(3,), inputs=7), tmp_path / "a.safetensors")
    with pytest.raises(DataError, match="takes inputs of 7"):
        InspectedModel.open(tmp_path / "a.safetensors")


def test_logits_are_checked_before_they_are_shown(model):
    other = InspectedModel(
        model.network, "softmax", Digits(np.zeros((1, 20, 20), np.uint8), np.zeros(1, int), "x")
    )
    with pytest.raises(DataError, match="20 x 20"):
        _ = other.logits
    ill = build("softmax")
    next(ill.parameters()).data.fill_(float("nan"))
    with pytest.raises(ModelError, match="not numbers"):
        _ = InspectedModel(ill, "ill", model.digits).predictions


def test_a_picture_by_number(model):
    image = model.input_image(3)
    assert (image.label, image.name) == (int(model.digits.labels[3]), "mnist:test[first 20] #3")
    assert np.rint(image.ink * 255).astype(np.uint8).tolist() == model.digits.images[3].tolist()
    with pytest.raises(SettingError, match="0 to 19"):
        model.input_image(20)


def test_names_in_titles_hold_no_folders():
    def named(name):
        return short_name(Digits(np.zeros((1, 2, 2), np.uint8), np.zeros(1, int), name))

    assert named("mnist:test") == "mnist:test"
    assert named("/home/a/digits.npz") == "digits.npz"
    assert named("photos/") == "photos"
