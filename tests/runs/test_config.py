"""Which digits a run trains on."""

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.runs import DataConfig


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A file of 200 digits."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    digits = mnist("train").take(200)
    np.savez(path, images=digits.images, labels=digits.labels)
    return str(path)


@pytest.mark.parametrize(
    ("words", "held"),
    [
        ("last:50", range(150, 200)),
        ("first:50", range(50)),
        ("last:10%", range(180, 200)),
        ("first:1", range(1)),
    ],
)
def test_held_out_as_they_stand(few, words, held):
    data = DataConfig(train=few, validation=words).load()
    everything = mnist("train").take(200)
    np.testing.assert_array_equal(data.validation.images, everything.images[list(held)])
    kept = [index for index in range(200) if index not in held]
    np.testing.assert_array_equal(data.train.images, everything.images[kept])
    assert data.test is None
    assert list(data.by_name()) == ["train", "validation"]


@pytest.mark.parametrize("how", ["random", "stratified"])
def test_held_out_by_a_seed(few, how):
    def held(words):
        return DataConfig(train=few, validation=words).load().validation.images

    assert len(held(f"{how}:10%")) == 20
    np.testing.assert_array_equal(held(f"{how}:20"), held(f"{how}:20:0"))
    assert not np.array_equal(held(f"{how}:20:7"), held(f"{how}:20"))


def test_none_and_other_data(few):
    data = DataConfig(train=few, validation="none", test="mnist:test").load()
    assert (len(data.train), data.validation, len(data.test)) == (200, None, 10_000)
    assert len(DataConfig(train="mnist:train", validation=few).load().validation) == 200


@pytest.mark.parametrize(
    "words", ["last:200", "last:0", "stratified:100%", "random:201", "middle:5", "last", ""]
)
def test_what_cannot_be_held_out(few, words):
    with pytest.raises(SettingError):
        DataConfig(train=few, validation=words).load()


def test_the_test_digits_are_seen_by_nothing_else():
    DataConfig(test="mnist:test").check()
    DataConfig(validation="none", test="none").check()
    for plan in (DataConfig(train="a", test="a"), DataConfig(validation="b", test="b")):
        with pytest.raises(SettingError, match="is also trained on or validated on"):
            plan.check()


def test_the_seed_of_the_hold_out_split_is_recorded():
    seeds = {
        "random:5000": ("random:5000:0", 0),
        "stratified:10%": ("stratified:10%:0", 0),
        "stratified:10%:7": ("stratified:10%:7", 7),
        "first:5000": ("first:5000", None),
        "none": ("none", None),
        "mnist:test": ("mnist:test", None),
    }
    for words, (written, seed) in seeds.items():
        config = DataConfig(validation=words)
        assert (config.validation, config.split_seed) == (written, seed)
    assert DataConfig().split_seed == 0


def test_extra_is_a_slice_of_what_is_trained_on_or_other_data(few):
    data = DataConfig(train=few, validation="first:50", extra="train[10:40]").load()
    np.testing.assert_array_equal(data.extra.images, mnist("train").take(200).images[60:90])
    assert list(data.by_name()) == ["train", "validation", "extra"]
    assert len(DataConfig(train=few, validation="first:50", extra="train").load().extra) == 150
    assert len(DataConfig(train=few, validation="none", extra="mnist:test[:20]").load().extra) == 20
    for words in ("train[:151]", "train[5:5]"):
        with pytest.raises(SettingError, match="trained on 150 digits"):
            DataConfig(train=few, validation="first:50", extra=words).load()
