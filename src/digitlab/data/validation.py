"""Validation of the arrays in a person's file: gray values, shapes and labels, on the way to `Digits`.

Errors name the digit with the first bad value, in the file's own way of counting (`RowLabel`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from digitlab.data.digits import Digits
from digitlab.errors import DataError

__all__ = ["RowLabel", "at_index", "make_digits", "parse_labels", "to_gray", "unflatten_rows"]

RowLabel = Callable[[int], str]
"""Names a digit of a file, given its index from 0: `line 7`."""

UNCHANGED_SIZES = ((28, 28), (20, 20))
MAX_UNIT = 2.0
OVERSHOOT = 0.5
BLOCK = 2**20


def at_index(index: int) -> str:
    """The row label of a digit in an array: `index 7`."""
    return f"index {index}"


# A signaling NaN in a file makes numpy warn when it is cast or compared; it is refused all the same.
@np.errstate(all="ignore")
def to_gray(pixels: NDArray[Any], name: str, row_label: RowLabel = at_index) -> NDArray[np.uint8]:
    """Converts pixels of either usual scale, 0 to 1 or 0 to 255, to gray values of one byte.

    If the largest value is above 2 the scale is 0 to 255 and nothing may lie outside. Otherwise it
    is 0 to 1; values down to -0.5 and up to 1.5 are clipped, because the course's file, enlarged and
    reduced again, overshoots from about -0.13 to 1.13.

    Args:
        pixels: `(n, ...)`, any real type.
        name: What to call the file in errors.
        row_label: Names a digit of the file in errors.

    Returns:
        The same shape, `uint8`, 0 to 255, rounded to the nearest.

    Raises:
        DataError: If the type is not a real number, or a value is not finite or outside its scale.
    """
    if pixels.dtype.kind not in "buif":
        raise DataError(f"{name}: pixels of type {pixels.dtype}", "Pixels are numbers, 0 to 1 or 0 to 255.")
    if pixels.size == 0:
        raise DataError(f"{name}: no pixels, shape {pixels.shape}", "Give at least one digit.")
    flat = pixels.reshape(len(pixels), -1)
    if flat.dtype == np.uint8 and flat.max() > MAX_UNIT:
        return pixels
    step = max(1, BLOCK // flat.shape[1])
    blocks = range(0, len(flat), step)
    unit = not any((flat[start : start + step] > MAX_UNIT).any() for start in blocks)
    gray = np.empty(flat.shape, np.uint8)
    for start in blocks:
        values = flat[start : start + step].astype(np.float64)
        low, high, top = (-OVERSHOOT, 1 + OVERSHOOT, 1) if unit else (0, 255, 255)
        bad = ~((values >= low) & (values <= high))
        if bad.any():
            row, column = np.unravel_index(int(bad.argmax()), bad.shape)
            raise DataError(
                f"{name}: pixel value {values[row, column]:g} at {row_label(start + int(row))}",
                f"Values here run from 0 to {top} (0 to 255 if any is above 2), and are finite.",
            )
        gray[start : start + step] = np.rint(np.clip(values, 0, top) * (255 / top))
    return gray.reshape(pixels.shape)


@np.errstate(all="ignore")
def parse_labels(
    values: NDArray[Any], n: int, name: str, row_label: RowLabel = at_index, *, ten_is_zero: bool = False
) -> NDArray[np.int64]:
    """Parses labels: whole numbers 0 to 9.

    Args:
        values: `(n,)`, `(n, 1)` or `(1, n)`, any real type.
        n: How many there must be.
        name: What to call the file in errors.
        row_label: Names a digit of the file in errors.
        ten_is_zero: Whether 10 stands for 0, as in Octave's files; then 0 may not occur beside it.

    Returns:
        `(n,)`, `int64`, 0 to 9.

    Raises:
        DataError: If the shape, the number, or a label is not as above.
    """
    if values.dtype.kind not in "buif" or values.shape not in ((n,), (n, 1), (1, n)):
        raise DataError(
            f"{name}: {n} images, but labels of shape {values.shape} and type {values.dtype}",
            "Give one number, the digit, for each image.",
        )
    flat = values.reshape(n).astype(np.float64)
    bad = ~((flat >= 0) & (flat <= (10 if ten_is_zero else 9)) & (flat == np.rint(flat)))
    if bad.any():
        first = int(bad.argmax())
        raise DataError(
            f"{name}: label {flat[first]:g} at {row_label(first)}", "Labels are the digits 0 to 9."
        )
    labels = flat.astype(np.int64)
    tens, zeros = labels == 10, labels == 0
    if tens.any() and zeros.any():
        ten, zero = row_label(int(tens.argmax())), row_label(int(zeros.argmax()))
        raise DataError(
            f"{name}: label 10 at {ten}, label 0 at {zero}",
            "Write every zero in one way, as 0 or as 10.",
        )
    return np.where(tens, 0, labels)


def unflatten_rows(
    matrix: NDArray[np.uint8], order: Literal["rows", "columns"], name: str
) -> NDArray[np.uint8]:
    """Square images from a matrix with one image in each row.

    Args:
        matrix: `(n, side * side)`.
        order: Whether an image was flattened row after row, or column after column (Octave's order).
        name: What to call the file in errors.

    Returns:
        `(n, side, side)`, upright.

    Raises:
        DataError: If a row's length is not a square number.
    """
    side = math.isqrt(matrix.shape[1])
    if side * side != matrix.shape[1]:
        raise DataError(
            f"{name}: {matrix.shape[1]} pixels in an image",
            "Give 784 (28x28), 400 (20x20) or another square number of pixels.",
        )
    images = matrix.reshape(len(matrix), side, side)
    return images if order == "rows" else images.transpose(0, 2, 1)


def make_digits(
    gray: NDArray[np.uint8], labels: NDArray[np.int64], name: str, row_label: RowLabel = at_index
) -> Digits:
    """Makes `Digits` of checked arrays; images of other sizes than 28x28 and 20x20 are brought to 28x28.

    Args:
        gray: `(n, height, width)`, 0 = paper and 255 = ink for these two sizes; for others
            either way round.
        labels: `(n,)`, 0 to 9.
        name: What to call the digits.
        row_label: Names a digit of the file in errors.

    Raises:
        DataError: If an image of another size holds no ink, or the parts do not fit together.
    """
    if gray.shape[1:] not in UNCHANGED_SIZES:
        from digitlab.data.normalize import to_mnist_format

        formed = np.empty((len(gray), 28, 28), np.uint8)
        for index, image in enumerate(gray):
            try:
                formed[index] = to_mnist_format(image)
            except DataError as error:
                raise DataError(f"{name}: {row_label(index)}: {error.problem}", error.remedy) from error
        gray = formed
    return Digits(np.ascontiguousarray(gray), labels, name)
