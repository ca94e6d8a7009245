"""NPZ and CSV files: layouts, scales, errors that name the place, and damage of every kind."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

from digitlab.data import Digits, mnist, read_csv, read_npz
from digitlab.errors import DataError

PIXELS = np.arange(3 * 400).reshape(3, 400) % 256


def saved(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npz(content: bytes, folder: Path) -> Digits:
    path = folder / "digits.npz"
    path.write_bytes(content)
    return read_npz(path)


def csv(content: str | bytes, folder: Path) -> Digits:
    path = folder / "digits.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_csv(path)


@pytest.mark.parametrize("keys", [("images", "labels"), ("X", "y"), ("x", "y"), ("x_train", "y_train")])
@pytest.mark.parametrize("shape", [(3, 20, 20), (3, 20, 20, 1), (3, 400)])
def test_npz_of_each_name_and_shape(keys: tuple[str, str], shape: tuple[int, ...], tmp_path: Path) -> None:
    images, labels = keys
    content = saved(**{images: PIXELS.reshape(shape), labels: np.array([[7], [0], [9]]), "other": 1})
    digits = npz(content, tmp_path)
    np.testing.assert_array_equal(digits.images, PIXELS.reshape(3, 20, 20))
    assert digits.labels.tolist() == [7, 0, 9]


def test_npz_in_either_scale_order_and_byte_order(tmp_path: Path) -> None:
    for pixels in (PIXELS / 255, (PIXELS / 255).astype(">f4"), np.asfortranarray(PIXELS.astype(np.uint8))):
        digits = npz(saved(X=pixels, y=[1, 2, 3]), tmp_path)
        np.testing.assert_array_equal(digits.images, PIXELS.reshape(3, 20, 20))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x_train": PIXELS, "y_train": [1, 2, 3], "x_test": PIXELS, "y_test": [1, 2, 3]}, "2 pairs"),
        ({"pictures": PIXELS}, "holds pictures: 0 pairs"),
        ({"X": PIXELS.astype(object), "y": [1, 2, 3]}, "X: holds pickled objects"),
        ({"X": PIXELS, "y": ["a", "b", "c"]}, "labels of shape (3,) and type <U1"),
        ({"X": PIXELS, "y": [1, 2, 10]}, "label 10 at index 2"),
        ({"X": PIXELS, "y": np.eye(10)[:3]}, "labels of shape (3, 10)"),
        ({"X": PIXELS - 1, "y": [1, 2, 3]}, "pixel value -1 at index 0"),
        ({"X": PIXELS.reshape(1, 3, 20, 20), "y": [1, 2, 3]}, "images of shape (1, 3, 20, 20)"),
        ({"X": np.zeros((0, 400)), "y": np.zeros(0)}, "no pixels, shape (0, 400)"),
        ({"X": 5, "y": 5}, "images of shape ()"),
    ],
)
def test_npz_errors_are_named(arrays: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        npz(saved(**arrays), tmp_path)
    assert words in caught.value.problem
    assert "digits.npz" in caught.value.problem


def test_a_signaling_nan_is_refused_without_a_warning(tmp_path: Path) -> None:
    nan = np.array([0x7F800001] * 400, np.uint32).view(np.float32)
    with pytest.raises(DataError, match="pixel value nan at index 0"):
        npz(saved(X=nan[None], y=[1]), tmp_path)
    with pytest.raises(DataError, match="label nan at index 0"):
        npz(saved(X=np.zeros((1, 400)), y=nan[:1]), tmp_path)


def test_npz_with_a_header_that_promises_too_much(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for key, count in (("X", 10**15), ("y", 3)):
            member = io.BytesIO()
            header = {"descr": "|u1", "fortran_order": False, "shape": (count,)}
            np.lib.format.write_array_header_1_0(member, header)
            archive.writestr(f"{key}.npy", member.getvalue() + bytes(3))
    with pytest.raises(DataError, match="X: 3 bytes, where its header makes 1000000000000000"):
        npz(buffer.getvalue(), tmp_path)


def test_csv_with_and_without_names_and_empty_lines(tmp_path: Path) -> None:
    rows = [",".join(map(str, [label, *pixels])) for label, pixels in zip([7, 0, 9], PIXELS, strict=True)]
    names = ",".join(["label", *(f"pixel{i}" for i in range(400))])
    for text in (
        "\n".join(rows),
        f"\ufeff{names}\r\n\r\n" + "\r\n".join(rows) + "\r\n\r\n",
        "\ufeff" + "\n".join(rows),
    ):
        digits = csv(text, tmp_path)
        np.testing.assert_array_equal(digits.images, PIXELS.reshape(3, 20, 20))
        assert digits.labels.tolist() == [7, 0, 9]


def test_csv_of_many_lines_is_as_numpy_reads_it(tmp_path: Path) -> None:
    digits = mnist("test").take(1200)
    path = tmp_path / "digits.csv"
    np.savetxt(path, np.column_stack([digits.labels, digits.images.reshape(1200, -1)]), "%d", ",")
    again = read_csv(path)
    np.testing.assert_array_equal(again.images, digits.images)
    np.testing.assert_array_equal(again.labels, digits.labels)


GOOD = "3" + ",9" * 400


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["label" + ",p" * 400, GOOD, "", GOOD + ",9"], "line 4 (402 fields) is not 401 numbers"),
        ([GOOD, GOOD.replace("9", "", 1)], "line 2 (401 fields) is not 401 numbers"),
        ([GOOD, GOOD.replace("9", "x", 1)], "line 2 (401 fields) is not 401 numbers"),
        ([GOOD] * 1500 + ["3,9"], "line 1501 (2 fields) is not 401 numbers"),
        ([GOOD, "", "x" + GOOD[1:]], "line 3 (401 fields) is not 401 numbers"),
        ([GOOD, "10" + GOOD[1:]], "label 10 at line 2"),
        ([GOOD, "nan" + GOOD[1:]], "label nan at line 2"),
        (["", GOOD, "", GOOD.replace("9", "256", 1)], "pixel value 256 at line 4"),
        ([GOOD.replace("9", "-1", 1)], "pixel value -1 at line 1"),
        ([GOOD.replace("9", "nan", 1)], "pixel value nan at line 1"),
        ([GOOD.replace("9", "1e300", 1)], "pixel value inf at line 1"),
        ([GOOD[:-2]], "399 pixels in an image"),
        (["3"], "one number on each line"),
        (["label,pixel"], "no digits"),
        (["", ""], "no digits"),
    ],
)
def test_csv_errors_name_the_line(lines: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        csv("\n".join(lines) + "\n", tmp_path)
    assert words in caught.value.problem
    assert "digits.csv" in caught.value.problem


def test_csv_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2 is not UTF-8"):
        csv(b"\n\xff\xfe", tmp_path)


def test_other_sizes_are_brought_to_28(tmp_path: Path) -> None:
    image = np.zeros((2, 8, 8), np.uint8)
    image[:, 1:7, 3:5] = 16
    content = saved(images=image * 15, labels=[1, 1])
    digits = npz(content, tmp_path)
    assert digits.images.shape == (2, 28, 28)
    assert digits.images.max() > 200
    image[1] = 0
    with pytest.raises(DataError, match="index 1: "):
        npz(saved(images=image * 15, labels=[1, 1]), tmp_path)


SMALL_NPZ = saved(X=PIXELS.astype(np.uint8), y=np.array([1, 2, 3]))
PLAIN = io.BytesIO()
np.savez(PLAIN, X=PIXELS.astype(np.uint8), y=np.array([1, 2, 3]))


@given(
    whole=st.sampled_from([SMALL_NPZ, PLAIN.getvalue()]),
    patch=st.binary(max_size=8),
    at=st.integers(0, 300) | st.integers(-400, -1) | st.integers(0, 3000),
    cut=st.just(0) | st.integers(0, 3000),
)
def test_any_npz_bytes_are_digits_or_a_data_error(
    whole: bytes, patch: bytes, at: int, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    at %= len(whole)
    mutated = whole[:at] + patch + whole[at + len(patch) :]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            digits = npz(mutated[: len(mutated) - cut] or b"-", tmp_path_factory.getbasetemp())
        except DataError:
            return
    assert digits.images.shape == (3, 20, 20)


@given(text=st.text('019.,-\n\r eEn"#_x\u0661\x0b\x85\u2028', max_size=40) | st.text(max_size=40))
@example(text="1,0,0,0,255\n")
@example(text="1,0\x0b,0,0,255")
@example(text="1_0,0,0,0,255")
@example(text='"1","0","0","0","255"')
@example(text="0x1,0")
def test_any_csv_text_is_digits_or_a_data_error(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        digits = csv(text or "-", tmp_path_factory.getbasetemp())
    except DataError:
        return
    assert digits.images.shape[1:] == (28, 28)
