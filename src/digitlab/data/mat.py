"""MATLAB and Octave files in the layout of the course's `ex3data1.mat`: `X` and `y`."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data.arrays import digits_of, grey_of, labels_of, unrolled
from digitlab.data.content import LARGEST, read_content
from digitlab.data.digits import Digits
from digitlab.errors import DataError
from digitlab.files import write_bytes

__all__ = ["read_mat", "write_mat"]

CLASSES = {
    "double",
    "single",
    "logical",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}
COMPRESSED = 15
SAVE = "Save it from Octave or MATLAB with save('-v7', 'digits.mat', 'X', 'y')."


def read_mat(path: str | os.PathLike[str]) -> Digits:
    """The digits in a `.mat` file (version 4 to 7) with the variables `X` and `y`.

    `X` is `(n, side * side)`, most often `(n, 400)`, each image unrolled by columns; its values run
    from 0 to 1, with a little overshoot that is clipped, or from 0 to 255 (see `arrays.grey_of`).
    `y` is `(n, 1)`, `(1, n)` or `(n,)`; 10 stands for the digit 0.

    Args:
        path: The file.

    Returns:
        The digits, named after the file; 20x20 and 28x28 stay, other sizes are brought to 28x28.

    Raises:
        DataError: If the file cannot be read, is no such file, or its numbers are not as above.
    """
    name = os.fspath(path)
    content = read_content(path)
    _check_inflated(content, name)
    pixels, values = _variables(content, name)
    if pixels.ndim != 2:
        raise DataError(f"{name}: X has the shape {pixels.shape}", "X is (n, 400), one image in each row.")
    labels = labels_of(values, len(pixels), name, ten_is_zero=True)
    return digits_of(unrolled(grey_of(pixels, name), "columns", name), labels, name)


def write_mat(path: str | os.PathLike[str], digits: Digits) -> None:
    """Writes digits as a `.mat` file in the course's layout, whole or not at all.

    `X` is `(n, side * side)`, `float64`, ink in [0, 1], unrolled by columns; `y` is `(n, 1)`,
    `uint8`, with 0 written as 10.

    Args:
        path: The file to write.
        digits: Square digits.

    Raises:
        DataError: If the digits are not square.
        OutputError: If the operating system refuses.
    """
    if digits.height != digits.width:
        raise DataError(f"{digits.name}: {digits.height}x{digits.width} pixels", "Write square images.")
    from scipy.io import savemat

    pixels = digits.images.transpose(0, 2, 1).reshape(len(digits), -1) / 255
    values = np.where(digits.labels == 0, 10, digits.labels).astype(np.uint8)[:, None]
    buffer = io.BytesIO()
    savemat(buffer, {"X": pixels, "y": values}, do_compression=True)
    write_bytes(Path(path), buffer.getvalue())


def _variables(content: bytes, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """`X` and `y`, as they are in the file."""
    try:
        from scipy.io import loadmat, whosmat
    except ImportError as error:
        raise DataError(f"{name}: reading .mat files needs scipy", "pip install 'digitlab[lab]'") from error
    # On a damaged file scipy raises whatever its parser runs into, MemoryError and zlib.error included.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = {key: (shape, kind) for key, shape, kind in whosmat(io.BytesIO(content))}
            _check_declared(found, name)
            loaded = loadmat(io.BytesIO(content), variable_names=["X", "y"], mat_dtype=False)
            return np.asarray(loaded["X"]), np.asarray(loaded["y"])
    except DataError:
        raise
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"{name}: not a readable .mat file ({reason})", SAVE) from error


def _check_declared(found: dict[str, tuple[tuple[int, ...], str]], name: str) -> None:
    """Refuses, before anything is read, what is not two full arrays of numbers of a bearable size."""
    if not {"X", "y"} <= found.keys():
        seen = ", ".join(sorted(found)) or "nothing"
        raise DataError(f"{name}: holds {seen}, not X and y", SAVE)
    for key in ("X", "y"):
        shape, kind = found[key]
        if (
            kind not in CLASSES
            or min(shape, default=0) < 1
            or 8 * float(np.prod(shape, dtype=float)) > LARGEST
        ):
            raise DataError(
                f"{name}: {key} is of class {kind} and shape {shape}",
                f"X and y are full arrays of numbers, not empty, below {LARGEST} bytes.",
            )


def _check_inflated(content: bytes, name: str) -> None:
    """Refuses compressed variables that would fill the memory (version 5 files and later).

    Such a file has a header of 128 bytes, then elements: type and length, four bytes each, and data.
    """
    order = {b"IM": "<", b"MI": ">"}.get(content[126:128])
    at, total = 128, 0
    while order and at + 8 <= len(content):
        kind, length = struct.unpack_from(order + "II", content, at)
        if kind == COMPRESSED:
            total += _inflated(content[at + 8 : at + 8 + length], LARGEST - total)
        if total > LARGEST:
            raise DataError(f"{name}: unpacks to more than {LARGEST} bytes", "Split it into smaller files.")
        at += 8 + length


def _inflated(content: bytes, limit: int) -> int:
    """How many bytes a zlib stream unpacks to, counted no further than just beyond `limit`."""
    stream, total = zlib.decompressobj(), 0
    try:
        while content and total <= limit:
            total += len(stream.decompress(content, 1 << 20))
            content = stream.unconsumed_tail
    except zlib.error:
        return total
    return total
