"""The digits of the studies, as the sources split them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from digitlab.data import classroom, mnist, write_mat
from digitlab.runs import DataConfig
from digitlab.studies import ReproduceOptions, datasets
from digitlab.studies.train_job import with_files


def test_source_000_scores_the_start_of_the_test_file_by_every_name():
    data = datasets.SAME_FIRST_TEST_IMAGES
    splits, test = data.config.load().by_name(), mnist("test")
    named = {data.measured_as[name]: each for name, each in splits.items() if name in data.measured_as}
    assert {name: len(each) for name, each in named.items()} == {
        "train": 7500,
        "validation": 2500,
        "test": 3000,
    }
    for name, each in named.items():
        assert np.array_equal(each.labels, test.labels[: len(each)]), name
    assert len(splits["train"]) == 60_000


def test_its_heldout_version_keeps_them_apart():
    splits = datasets.HELD_OUT_2500.config.load()
    assert len(splits.train) == 57_500
    assert len(splits.validation) == 2500
    assert len(splits.test) == 10_000
    assert np.array_equal(splits.extra.images, splits.train.images[:7500])
    train = {image.tobytes() for image in splits.train.images}
    # A handful of MNIST's images occur twice in its training file; no more than that.
    assert sum(image.tobytes() in train for image in splits.validation.images) <= 2


def test_sources_002_and_003_hold_the_first_5000_out():
    labels = mnist("train").labels
    splits = datasets.FIRST_5000_HELD_OUT.config.load()
    assert np.array_equal(splits.validation.labels, labels[:5000])
    assert np.array_equal(splits.train.labels, labels[5000:])
    aside = datasets.FIRST_5000_SET_ASIDE.config.load()
    assert np.array_equal(aside.train.images, splits.train.images)
    assert aside.validation is None


def test_a_fifth_of_the_classroom_set_is_held_out_by_digit():
    splits = datasets.CLASSROOM_HELD_OUT.config.load()
    assert np.bincount(splits.validation.labels).tolist() == [100] * 10
    assert len(splits.train) == 4000
    assert datasets.CLASSROOM_HELD_OUT.measured_as["validation"] == "test"


def test_a_mat_file_is_read_where_the_computation_wrote_it(tmp_path):
    data = datasets.mat_file_data(ReproduceOptions(tmp_path, mat=Path("mine.mat")))
    assert data.config.train == str(tmp_path / "computed" / "mat-file" / "file" / "classroom.mat")
    assert "mine.mat" in data.descriptions["train"]
    here = tmp_path / "elsewhere"
    here.mkdir()
    write_mat(here / "classroom.mat", classroom().subset(np.arange(0, 5000, 4)))
    (split, _, name) = data.files[0]
    found = with_files(data.config, [(split, "key", name)], {"key": here})
    assert found == DataConfig(train=str(here / "classroom.mat"), validation="none", test="none")
    assert len(found.load().train) == 1250


def test_the_digest_of_the_data_follows_the_files(tmp_path):
    mine = tmp_path / "mine.mat"
    mine.write_bytes(b"one")
    first = datasets.data_digest([mine])
    assert first == datasets.data_digest([mine]) != datasets.data_digest()
    mine.write_bytes(b"two")
    assert datasets.data_digest([mine]) != first
