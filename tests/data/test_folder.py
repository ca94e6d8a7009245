"""A folder of pictures becomes Digits, and what does not belong there is named."""

import numpy as np
import pytest
from PIL import Image

from digitlab.data.image_file import read_folder
from digitlab.data.mnist import mnist
from digitlab.errors import DataError

DIGITS = mnist("test").take(20)


@pytest.fixture
def folder(tmp_path):
    for index, (image, label) in enumerate(zip(DIGITS.images, DIGITS.labels, strict=True)):
        place = tmp_path / str(label)
        place.mkdir(exist_ok=True)
        Image.fromarray(255 - image).resize((140, 140)).save(place / f"{index:02}.png")
    return tmp_path


def test_pictures_are_read_in_order_of_digit_and_name(folder):
    (folder / ".DS_Store").touch()
    (folder / "7" / "Thumbs.db").touch()
    (folder / "7" / ".hidden").touch()
    digits = read_folder(folder)
    order = np.argsort(DIGITS.labels, kind="stable")
    np.testing.assert_array_equal(digits.labels, DIGITS.labels[order])
    assert digits.images.shape == (20, 28, 28)
    assert digits.name == f"folder:{folder}"
    assert np.abs(digits.images.astype(int) - DIGITS.images[order]).mean() < 15


def test_a_picture_that_cannot_be_read_is_named(folder):
    (folder / "3" / "words.png").write_text("three")
    with pytest.raises(DataError, match=r"words\.png is not a picture"):
        read_folder(folder)


def test_a_picture_without_ink_is_named(folder):
    Image.new("L", (30, 30), 255).save(folder / "3" / "blank.png")
    with pytest.raises(DataError, match=r"blank\.png: no ink found"):
        read_folder(folder)


def test_what_is_no_folder_of_digits_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot read folder"):
        read_folder(tmp_path / "missing")
    with pytest.raises(DataError, match="is empty"):
        read_folder(tmp_path)
    (tmp_path / "4").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        read_folder(tmp_path)
    (tmp_path / "four").mkdir()
    with pytest.raises(DataError, match="sub-folder 'four', which is no digit"):
        read_folder(tmp_path)
    (tmp_path / "four").rmdir()
    (tmp_path / "5").touch()
    with pytest.raises(DataError, match="file '5', which is no digit"):
        read_folder(tmp_path)
    with pytest.raises(DataError, match="cannot read folder"):
        read_folder(tmp_path / "5")
    (tmp_path / "5").unlink()
    (tmp_path / "4" / "deeper").mkdir()
    with pytest.raises(DataError, match="deeper is not a picture file"):
        read_folder(tmp_path)
