"""`.mat` files: the course's layout, scipy as reference, and damage of every kind."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.io import loadmat, savemat

from digitlab.data import Digits, classroom, classroom_matrix, read_mat, write_mat
from digitlab.data.mat import mat_content, parse_mat
from digitlab.errors import DataError

ROW = np.linspace(0, 1, 400)


def saved(**variables: Any) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, variables)
    return buffer.getvalue()


def read(content: bytes, folder: Path) -> Digits:
    path = folder / "digits.mat"
    path.write_bytes(content)
    return read_mat(path)


def test_what_is_written_is_what_the_course_loads(tmp_path: Path) -> None:
    path = tmp_path / "classroom.mat"
    write_mat(path, classroom())
    data = loadmat(path)
    assert (data["X"].dtype, data["y"].dtype) == (np.float64, np.uint8)
    assert sorted(set(data["y"].ravel().tolist())) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    X, y = classroom_matrix()  # noqa: N806
    np.testing.assert_allclose(data["X"], X, atol=1e-6)
    np.testing.assert_array_equal(data["y"] % 10, y)
    again = read_mat(path)
    np.testing.assert_array_equal(again.images, classroom().images)
    np.testing.assert_array_equal(again.labels, classroom().labels)
    assert again.name == str(path)


def test_an_image_is_unrolled_by_columns(tmp_path: Path) -> None:
    # The first column of the image is the first 20 numbers of its row.
    digits = read(saved(X=ROW[None], y=[[3]]), tmp_path)
    np.testing.assert_array_equal(digits.images[0][:, 0], np.rint(ROW[:20] * 255))


def test_overshoot_is_clipped_and_bytes_are_kept(tmp_path: Path) -> None:
    overshoot = np.where(ROW < 0.5, -0.13, 1.13)
    assert set(read(saved(X=overshoot[None], y=[[3]]), tmp_path).images.ravel().tolist()) == {0, 255}
    for dtype in (np.uint8, np.int16, np.float32):
        scaled = np.rint(ROW * 255).astype(dtype)
        image = read(saved(X=scaled[None], y=[[3]]), tmp_path).images[0]
        np.testing.assert_array_equal(image.T.ravel(), scaled)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)])
@pytest.mark.parametrize("labels", [[10, 1, 9], [0, 1, 9]])
def test_labels_in_any_shape_and_either_zero(
    shape: tuple[int, ...], labels: list[int], tmp_path: Path
) -> None:
    content = saved(X=np.tile(ROW, (3, 1)), y=np.reshape(labels, shape).astype(float))
    assert read(content, tmp_path).labels.tolist() == [0, 1, 9]


@pytest.mark.parametrize("compressed", [False, True])
def test_other_variables_and_sides(compressed: bool, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    others = {
        "a": {"field": [1, "two"]},
        "b": "text",
        "c": np.zeros((0, 0)),
        "d": 1j,
        "e": np.array([[1], "x"], object),
    }
    X = np.tile(np.linspace(0, 1, 784), (2, 1))  # noqa: N806
    savemat(buffer, {**others, "X": X, "y": [1, 2], "z": 5}, do_compression=compressed)
    assert read(buffer.getvalue(), tmp_path).images.shape == (2, 28, 28)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_all_types_agree_with_scipy(dtype: str) -> None:
    array = np.arange(1, 13).reshape(2, 3, 2).astype(dtype)
    np.testing.assert_array_equal(loadmat(io.BytesIO(mat_content({"A": array})))["A"], array, strict=True)
    for compressed in (False, True):
        buffer = io.BytesIO()
        savemat(buffer, {"A": array}, do_compression=compressed)
        np.testing.assert_array_equal(parse_mat(buffer.getvalue(), ("A",), "a")[0], array, strict=True)


def test_big_endian_by_hand() -> None:
    header = b"".ljust(124) + bytes.fromhex("0100") + b"MI"
    element = bytes.fromhex(
        "0000000e 00000038"  # a matrix of 56 bytes
        "00000006 00000008 00000006 00000000"  # flags: class double
        "00000005 00000008 00000001 00000002"  # shape 1x2
        "00010001 41000000"  # name A, in the tag
        "00000009 00000010 3ff0000000000000 c000000000000000"
    )
    element = element[:4] + struct.pack(">I", len(element) - 8) + element[8:]
    assert parse_mat(header + element, ("A",), "by hand")[0].tolist() == [[1, -2]]


def spoilt(at: tuple[int, int], value: float, top: float = 1) -> np.ndarray[Any, Any]:
    pixels = np.tile(ROW * top, (3, 1))
    pixels[at] = value
    return pixels


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"X": spoilt((1, 7), np.nan), "y": [1, 2, 3]}, "pixel value nan at index 1"),
        ({"X": spoilt((2, 7), np.inf), "y": [1, 2, 3]}, "pixel value inf at index 2"),
        ({"X": spoilt((2, 7), -0.6), "y": [1, 2, 3]}, "pixel value -0.6 at index 2"),
        ({"X": spoilt((0, 7), 1.6), "y": [1, 2, 3]}, "pixel value 1.6 at index 0"),
        ({"X": spoilt((0, 7), -1, 255), "y": [1, 2, 3]}, "pixel value -1 at index 0"),
        ({"X": spoilt((0, 7), 256, 255), "y": [1, 2, 3]}, "pixel value 256 at index 0"),
        ({"X": spoilt((0, 7), 0) + 1j, "y": [1, 2, 3]}, "X is complex"),
        ({"X": spoilt((0, 7), 0), "y": [0, 1, 10]}, "label 10 at index 2, label 0 at index 0"),
        ({"X": spoilt((0, 7), 0), "y": [1, 2, 11]}, "label 11 at index 2"),
        ({"X": spoilt((0, 7), 0), "y": [1, 2.5, 3]}, "label 2.5 at index 1"),
        ({"X": spoilt((0, 7), 0), "y": [1, np.nan, 3]}, "label nan at index 1"),
        ({"X": spoilt((0, 7), 0), "y": [1, 2]}, "3 images, but labels of shape (1, 2)"),
        ({"X": spoilt((0, 7), 0)[:, :399], "y": [1, 2, 3]}, "399 pixels in an image"),
        ({"X": np.zeros((3, 20, 20)), "y": [1, 2, 3]}, "X has the shape (3, 20, 20)"),
        ({"X": spoilt((0, 7), 0), "Y": [1, 2, 3]}, "no y; it holds X, Y"),
        ({"X": "four", "y": [1, 2, 3]}, "X is of class char"),
        ({"X": np.zeros((0, 400)), "y": [1]}, "X is empty, shape (0, 400)"),
        ({"X": {"field": 1}, "y": [1, 2, 3]}, "X is of class struct"),
    ],
)
def test_what_is_not_digits_is_named(variables: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(saved(**variables), tmp_path)
    assert words in caught.value.problem
    assert "digits.mat" in caught.value.problem


def test_a_file_of_version_7_3_is_told_how_to_be_saved(tmp_path: Path) -> None:
    header = b"MATLAB 7.3 MAT-file".ljust(124) + struct.pack("<H2s", 0x0200, b"IM")
    with pytest.raises(DataError, match="save\\('-v7'"):
        read(header + bytes(400), tmp_path)


@pytest.mark.parametrize("declared", [1 << 10, (1 << 22) + 1, (1 << 31) + 1])
def test_a_variable_that_unpacks_to_other_than_declared_is_refused(declared: int, tmp_path: Path) -> None:
    packed = zlib.compress(struct.pack("<II", 14, declared) + bytes(1 << 22))
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM")
    with pytest.raises(DataError, match=f"a variable of {declared} bytes"):
        read(header + struct.pack("<II", 15, len(packed)) + packed, tmp_path)


def test_only_square_digits_are_written(tmp_path: Path) -> None:
    digits = Digits(np.zeros((1, 20, 28), np.uint8), np.array([1]), "wide")
    with pytest.raises(DataError, match="20x28"):
        write_mat(tmp_path / "wide.mat", digits)


PLAIN = saved(X=np.tile(ROW, (2, 1)).astype(np.float32), y=[[1], [2]])
PACKED = io.BytesIO()
savemat(PACKED, {"X": np.tile(ROW, (2, 1)), "y": [[1], [2]]}, do_compression=True)


@given(
    whole=st.sampled_from([PLAIN, PACKED.getvalue()]),
    patch=st.binary(max_size=8),
    at=st.integers(0, 400) | st.integers(0, 4000),
    cut=st.just(0) | st.integers(0, 3000),
)
def test_any_bytes_are_digits_or_a_data_error(
    whole: bytes, patch: bytes, at: int, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mutated = whole[:at] + patch + whole[at + len(patch) :]
    try:
        digits = read(mutated[: len(mutated) - cut], tmp_path_factory.getbasetemp())
    except DataError:
        return
    assert digits.images.shape[1:] in ((20, 20), (28, 28))
