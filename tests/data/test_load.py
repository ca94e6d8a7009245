"""Sets by name, and files of every kind by path."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.data import (
    Digits,
    classroom,
    datasets,
    known_label_errors,
    load,
    mnist,
    write_idx,
    write_mat,
)
from digitlab.errors import DataError, SettingError


def test_the_list_says_what_the_sets_are() -> None:
    for known in datasets():
        digits = load(known.name)
        assert digits.name == known.name
        assert (len(digits), digits.height, digits.width) == (known.n, known.height, known.width)


def test_a_path_of_each_kind_gives_the_same_digits(tmp_path: Path) -> None:
    digits = classroom().subset(range(0, 5000, 250))
    write_mat(tmp_path / "set.MAT", digits)
    np.savez(tmp_path / "set.npz", images=digits.images, labels=digits.labels)
    table = np.column_stack([digits.labels, digits.images.reshape(len(digits), -1)])
    np.savetxt(tmp_path / "set.csv", table, "%d", ",")
    write_idx(tmp_path / "images.gz", digits.images)
    write_idx(tmp_path / "labels", digits.labels.astype(np.uint8))
    for name in ("set.MAT", "set.npz", "set.csv", "images.gz"):
        found = load(str(tmp_path / name))
        np.testing.assert_array_equal(found.images, digits.images)
        np.testing.assert_array_equal(found.labels, digits.labels)
        assert found.name == str(tmp_path / name)


def test_idx_bytes_are_gray_values_even_when_pale(tmp_path: Path) -> None:
    write_idx(tmp_path / "images", np.full((1, 28, 28), 2, np.uint8))
    write_idx(tmp_path / "labels", np.array([2], np.int32))
    assert load(str(tmp_path / "images")).images.max() == 2
    write_idx(tmp_path / "images", np.full((1, 28, 28), 0.5, np.float32))
    assert load(str(tmp_path / "images")).images.max() == 128
    write_idx(tmp_path / "images", np.zeros((0, 28, 28), np.uint8))
    write_idx(tmp_path / "labels", np.zeros(0, np.uint8))
    with pytest.raises(DataError, match=r"no digits, shape \(0, 28, 28\)"):
        load(str(tmp_path / "images"))


def test_mnist_alone_is_asked_back() -> None:
    with pytest.raises(SettingError, match="mnist:train or mnist:test"):
        load("mnist")


@pytest.mark.parametrize("name", ["mnist:all", "MNIST:train", "", "nowhere.mat", "nul\0"])
def test_an_unknown_name_lists_what_there_is(name: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(name)
    for word in ("mnist:train", "mnist:test", "classroom", ".npz", "folder"):
        assert word in caught.value.remedy


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "digits.txt").write_text("7")
    with pytest.raises(SettingError, match="not a kind of file"):
        load(str(tmp_path / "digits.txt"))
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "pipe.csv"):
        (tmp_path / "pipe").rename(tmp_path / name)
        with pytest.raises(DataError, match="a pipe or a device"):
            load(str(tmp_path / name))
        (tmp_path / name).rename(tmp_path / "pipe")


def test_a_folder_of_pictures_is_read(tmp_path: Path) -> None:
    for digit in (3, 8):
        (tmp_path / str(digit)).mkdir()
        image = mnist("test").images[np.flatnonzero(mnist("test").labels == digit)[0]]
        Image.fromarray(255 - image).save(tmp_path / str(digit) / "one.png")
    digits = load(str(tmp_path))
    assert digits.labels.tolist() == [3, 8]
    assert digits.images.shape == (2, 28, 28)


def test_test_digits_are_not_training_digits() -> None:
    assert not _rows(mnist("train")) & _rows(mnist("test"))


def _rows(digits: Digits) -> set[bytes]:
    return {image.tobytes() for image in digits.images}


@pytest.mark.parametrize(
    ("name", "start", "stop"),
    [
        ("mnist:test[:2500]", 0, 2500),
        ("mnist:test[9000:]", 9000, 10_000),
        ("mnist:test[10:20]", 10, 20),
        ("mnist:test[:]", 0, 10_000),
    ],
)
def test_a_slice_of_a_dataset(name: str, start: int, stop: int) -> None:
    digits, whole = load(name), mnist("test")
    assert digits.name == name
    np.testing.assert_array_equal(digits.images, whole.images[start:stop])
    np.testing.assert_array_equal(digits.labels, whole.labels[start:stop])


def test_slices_of_slices_and_of_files(tmp_path: Path) -> None:
    path = str(tmp_path / "set[1:2].npz")
    np.savez(path, images=mnist("test").images[:9], labels=mnist("test").labels[:9])
    assert len(load(path)) == 9
    sliced = load(f"{path}[2:8][1:]")
    assert sliced.name == f"{path}[2:8][1:]"
    np.testing.assert_array_equal(sliced.images, mnist("test").images[3:8])


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("mnist:test[5:5]", "holds no digits"),
        ("mnist:test[10000:]", "holds no digits"),
        ("mnist:test[9000:10001]", "reaches past the last of 10,000 digits"),
        ("mnist:test[5]", "cannot read the slice"),
        ("mnist:test[-5:]", "cannot read the slice"),
        ("mnist:test[0:10:2]", "cannot read the slice"),
        ("mnist:test[a:b]", "cannot read the slice"),
        ("mnist[:5]", "mnist is two datasets"),
        ("nothing[:5]", "no digits called 'nothing'"),
    ],
)
def test_a_wrong_slice_is_refused(name: str, problem: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(name)
    assert problem in caught.value.problem


def test_known_label_errors_of_slices() -> None:
    assert len(known_label_errors("mnist:test")) == 15
    assert known_label_errors("mnist:test[1600:2000]") == {21, 301}
    assert known_label_errors("mnist:test[1600:][21:]") == {
        index - 1621
        for index in (1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729)
    }
    assert not known_label_errors("classroom")


def test_a_run_is_no_digits(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(SettingError, match=r"is a trained run, not digits\ndigitlab\.open\("):
        load(tmp_path)
