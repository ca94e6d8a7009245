"""Inputs of a network: the same digits in every form are the same ink."""

import numpy as np
import pytest
from PIL import Image

from digitlab.data import mnist
from digitlab.data.classroom import digit_boxes
from digitlab.data.image_file import read_digit
from digitlab.errors import DataError, ModelError
from digitlab.reader import to_ink
from digitlab.reader.inputs import read_many, read_pixels

DIGITS = mnist("test").take(3)
SHAPE = (28, 28)


@pytest.mark.parametrize(
    "x",
    [
        DIGITS,
        [DIGITS.take(1), DIGITS.subset([1, 2])],
        DIGITS.images,
        DIGITS.ink(),
        DIGITS.ink().tolist(),
        DIGITS.features(),
        DIGITS.images[:, None],  # channels first
        DIGITS.images[..., None],  # channels last
    ],
    ids=["Digits", "list of Digits", "uint8", "ink", "lists", "flat", "channels first", "channels last"],
)
def test_a_batch_in_every_form(x):
    for shape in (SHAPE, (784,)):
        ink, single = to_ink(x, shape)
        assert (ink.dtype, ink.shape, single) == (np.float32, (3, *shape), False)
        np.testing.assert_array_equal(ink.reshape(3, 28, 28), DIGITS.ink())


@pytest.mark.parametrize("x", [DIGITS.images[0], DIGITS.features()[0], DIGITS.images[0][..., None]])
def test_one_image_in_every_form(x):
    ink, single = to_ink(x, SHAPE)
    assert (ink.shape, single) == ((1, 28, 28), True)
    np.testing.assert_array_equal(ink[0], DIGITS.ink()[0])


def test_one_image_with_its_channel_first_is_a_batch_of_one():
    ink, single = to_ink(DIGITS.images[:1], SHAPE)
    assert (ink.shape, single) == ((1, 28, 28), False)


def test_an_image_of_one_row_is_not_taken_for_a_channel():
    # (2, 1, 5): two images of 1 x 5, not an image with a channel in front
    ink, single = to_ink(np.full((2, 1, 5), 255, np.uint8), (1, 5))
    assert (ink.shape, single) == ((2, 1, 5), False)


def test_a_picture_in_the_size_of_the_network(tmp_path):
    Image.fromarray(255 - DIGITS.images[0]).resize((140, 140)).save(tmp_path / "seven.png")
    large = read_digit(tmp_path / "seven.png")
    for shape in ((28, 28), (784,)):
        np.testing.assert_array_equal(read_pixels(tmp_path / "seven.png", shape).pixels, large)
    for shape in ((20, 20), (400,)):
        small = read_pixels(tmp_path / "seven.png", shape).pixels
        np.testing.assert_array_equal(small, digit_boxes(large[None])[0])
        ink, single = to_ink(str(tmp_path / "seven.png"), shape)
        assert (ink.shape, single) == ((1, *shape), True)
        np.testing.assert_array_equal(ink.reshape(20, 20), small * np.float32(1 / 255))
    with pytest.raises(ModelError, match="takes inputs of 14 x 14"):
        read_pixels(tmp_path / "seven.png", (14, 14))


def test_many_files_are_read_in_order_with_their_errors_in_place(tmp_path):
    noise = np.random.default_rng(0).integers(0, 12, (280, 280), np.uint8)
    paths = []
    for number in range(12):
        digit = Image.fromarray(255 - DIGITS.images[number % 3]).resize((280, 280))
        picture = np.asarray(digit) - np.minimum(noise, digit)  # noise makes every second file a large one
        path = tmp_path / f"{number}.png"
        Image.fromarray(picture if number % 2 else np.asarray(digit)).save(path)
        paths.append(path)
    assert (paths[1].stat().st_size >= 20_000, paths[0].stat().st_size < 20_000) == (True, True)
    (tmp_path / "bad.png").write_bytes(b"no picture" * 3000)
    files = [*paths, tmp_path / "bad.png", tmp_path / "none.png", Image.open(paths[0])]
    read = read_many(files, SHAPE)
    for path, image in zip(paths, read, strict=False):
        np.testing.assert_array_equal(image.pixels, read_digit(path))
    np.testing.assert_array_equal(read[-1].pixels, read[0].pixels)
    for path, error in zip(files[-3:-1], read[-3:-1], strict=True):
        assert isinstance(error, DataError)
        assert str(path) in str(error)
    assert read_many([], SHAPE) == []
    with pytest.raises(ModelError, match="takes inputs of 14 x 14"):
        read_many(paths, (14, 14))
    with pytest.raises(DataError, match=r"none\.png"):
        to_ink([paths[0], tmp_path / "none.png"], SHAPE)


def test_progress_is_drawn_on_a_terminal_alone_and_leaves_nothing(tmp_path, capsys):
    Image.fromarray(255 - DIGITS.images[0]).save(tmp_path / "seven.png")
    read_many([tmp_path / "seven.png"] * 3, SHAPE, show_progress=True)
    assert capsys.readouterr() == ("", "")


def test_values_outside_the_range_are_refused():
    with pytest.raises(DataError, match="ink from 0 to 255"):
        to_ink(DIGITS.images.astype(np.float32), SHAPE)
    with pytest.raises(DataError, match="images of type int64"):
        to_ink(DIGITS.images.astype(np.int64), SHAPE)
    with pytest.raises(DataError, match=r"images of shape \(3, 28, 28\); the network takes 20 x 20"):
        to_ink(DIGITS, (20, 20))
