"""Datasets in NumPy's `.npz` format and as comma-separated values (CSV)."""

from __future__ import annotations

import codecs
import io
import math
import os
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data.digits import Digits
from digitlab.data.safe_read import MAX_BYTES, read_content
from digitlab.data.validation import make_digits, parse_labels, to_gray, unflatten_rows
from digitlab.errors import DataError
from digitlab.files import check_path

__all__ = ["read_csv", "read_npz"]

PAIRS = (("images", "labels"), ("X", "y"), ("x", "y"), ("x_train", "y_train"), ("x_test", "y_test"))
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MAX_CSV_BYTES = 2**29
LINES = 1000


def read_npz(path: str | os.PathLike[str]) -> Digits:
    """Reads the digits in an `.npz` file that holds exactly one pair of images and labels.

    The pair is called `images` and `labels`, `X` and `y`, `x` and `y`, `x_train` and `y_train`, or
    `x_test` and `y_test`. Images are `(n, height, width)`, `(n, height, width, 1)`, or
    `(n, side * side)` flattened by rows; values run from 0 to 1 or 0 to 255 (see `validation.to_gray`).
    Labels are `(n,)`, `(n, 1)` or `(1, n)`. Pickled objects are never read.

    Args:
        path: The file.

    Returns:
        The digits, named after the file; 20x20 and 28x28 stay, other sizes are brought to 28x28.

    Raises:
        DataError: If the file cannot be read, holds no pair or several, or is not as above.
    """
    name = check_path(path)
    pixels, labels = _arrays(read_content(name), name)
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3):
        raise DataError(
            f"{name}: images of shape {pixels.shape}", "Images are (n, height, width) or (n, 784)."
        )
    gray = to_gray(pixels, name)
    images = unflatten_rows(gray, "rows", name) if gray.ndim == 2 else gray
    return make_digits(images, parse_labels(labels, len(images), name), name)


def read_csv(path: str | os.PathLike[str]) -> Digits:
    """Reads the digits in a file of comma-separated values, one digit on each line.

    A line is the label, then the pixels row by row: 784, 400 or another square number of them, 0 to
    1 or 0 to 255 (see `validation.to_gray`). A first line of column names and empty lines are skipped.

    Args:
        path: The file, UTF-8, at most 512 MiB.

    Returns:
        The digits, named after the file; 20x20 and 28x28 stay, other sizes are brought to 28x28.

    Raises:
        DataError: If the file cannot be read or is not as above; the error names the line.
    """
    name = check_path(path)
    blocks, numbers = _blocks(read_content(name, MAX_CSV_BYTES), name)
    table = np.concatenate(blocks)
    if table.shape[1] < 2:
        raise DataError(f"{name}: one number on each line", "Write the label first, then the pixels.")

    def line(index: int) -> str:
        return f"line {numbers[index]}"

    labels = parse_labels(table[:, 0], len(table), name, line)
    images = unflatten_rows(to_gray(table[:, 1:], name, line), "rows", name)
    return make_digits(images, labels, name, line)


def _blocks(content: bytes, name: str) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
    """The file's numbers, a thousand lines at a time, and the number of each line that holds some."""
    lines = _lines(content, name)
    blocks: list[NDArray[np.float32]] = []
    places: list[NDArray[np.int64]] = []
    while batch := list(islice(lines, LINES)):
        width = blocks[0].shape[1] if blocks else batch[0][1].count(",") + 1
        blocks.append(_numbers(batch, width, name))
        places.append(np.array([place for place, _ in batch]))
    if not blocks:
        raise DataError(f"{name}: no digits", "Write one digit on each line: the label, then the pixels.")
    return blocks, np.concatenate(places)


def _lines(content: bytes, name: str) -> Iterator[tuple[int, str]]:
    """Each line with its number from 1, without empty lines and without a first line of names."""
    first = True
    for place, line in enumerate(io.BytesIO(content.removeprefix(codecs.BOM_UTF8)), start=1):
        try:
            text = line.decode().strip()
        except UnicodeDecodeError as error:
            raise DataError(f"{name}: line {place} is not UTF-8 text", "Save it as plain CSV.") from error
        if text and not (first and not _is_number(text.split(",", 1)[0])):
            yield place, text
        first = first and not text


def _numbers(batch: list[tuple[int, str]], width: int, name: str) -> NDArray[np.float32]:
    """The numbers of some lines, `(lines, width)`."""
    try:
        table = _parsed([text for _, text in batch])
        if table.shape[1] == width:
            return table
    except ValueError:
        pass
    for place, text in batch:
        try:
            sound = _parsed([text]).shape[1] == width
        except ValueError:
            sound = False
        if not sound:
            raise DataError(
                f"{name}: line {place} ({text.count(',') + 1} fields) is not {width} numbers",
                "Write the label, then the pixels, as numbers between commas, as many on each line.",
            )
    raise DataError(f"{name}: cannot be read near line {batch[0][0]}", "Save it as plain CSV.")


def _parsed(lines: list[str]) -> NDArray[np.float32]:
    table = np.loadtxt(lines, np.float64, comments=None, delimiter=",", ndmin=2)
    with np.errstate(over="ignore"):
        return table.astype(np.float32)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _arrays(content: bytes, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The one pair of images and labels in an `.npz` file, which is a zip of `.npy` files."""
    # On a damaged file zipfile and the header's parser raise whatever they run into.
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(content)) as archive:
            warnings.simplefilter("ignore")
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            pair = _one_pair(members.keys(), name)
            images, labels = (_array(archive, members[key], f"{name}: {key}") for key in pair)
            return images, labels
    except DataError:
        raise
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(
            f"{name}: not a readable .npz file ({reason})", "Write it with numpy.savez."
        ) from error


def _one_pair(keys: Iterable[str], name: str) -> tuple[str, str]:
    held = sorted(keys)
    pairs = [pair for pair in PAIRS if set(pair) <= set(held)]
    if len(pairs) != 1:
        seen = ", ".join(filter(str.isidentifier, held))[:200]
        known = ", ".join(" and ".join(pair) for pair in PAIRS)
        raise DataError(
            f"{name}: holds {seen or 'nothing'}: {len(pairs)} pairs of images and labels",
            f"Write exactly one pair: {known}.",
        )
    return pairs[0]


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> NDArray[Any]:
    """One `.npy` file. `numpy.load` would allocate whatever the header declares, before reading any."""
    if member.compress_type not in PACKINGS or member.file_size > MAX_BYTES:
        raise DataError(
            f"{name}: {member.file_size} bytes, packed by method {member.compress_type}",
            f"Write it with numpy.savez or numpy.savez_compressed, below {MAX_BYTES} bytes.",
        )
    with archive.open(member) as file:
        shape, column_major, dtype = _npy_header(file)
        if dtype.hasobject:
            raise DataError(f"{name}: holds pickled objects", "Write plain arrays of numbers.")
        data = file.read()
    expected = math.prod(shape) * dtype.itemsize
    if len(data) != expected:
        raise DataError(f"{name}: {len(data)} bytes, where its header makes {expected}", "Write it again.")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if column_major else "C")


def _npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)
