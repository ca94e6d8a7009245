"""MATLAB and Octave files in the layout of the course's `ex3data1.mat`: `X` and `y`."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from digitlab.data.arrays import digits_of, grey_of, labels_of, unrolled
from digitlab.data.content import read_content
from digitlab.data.digits import Digits
from digitlab.data.mat5 import mat_content, parse_mat
from digitlab.errors import DataError
from digitlab.files import write_bytes

__all__ = ["read_mat", "write_mat"]


def read_mat(path: str | os.PathLike[str]) -> Digits:
    """The digits in a `.mat` file (version 5 to 7) with the variables `X` and `y`.

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
    pixels, values = parse_mat(read_content(path), ("X", "y"), name)
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
    pixels = digits.images.transpose(0, 2, 1).reshape(len(digits), -1) / 255
    values = np.where(digits.labels == 0, 10, digits.labels).astype(np.uint8)[:, None]
    write_bytes(Path(path), mat_content({"X": pixels, "y": values}))
