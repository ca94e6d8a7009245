"""Numbers that a caller gives as pixels: their type and range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DataError

__all__ = ["check_pixels", "pixel_array"]

ROUNDING = 1e-6
"""How far beyond 0 and 1 rounding may put ink or gray."""


def pixel_array(source: Any, what: str, remedy: str) -> NDArray[Any]:
    """What a caller gives, as an array.

    Args:
        source: Anything.
        what: What is read from it, for the error.
        remedy: Of the error.

    Raises:
        DataError: If NumPy makes no array of it.
    """
    try:
        return np.asarray(source)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"cannot read {what} from {type(source).__name__}: {error}", remedy) from None


def check_pixels(pixels: NDArray[Any], source: Any, what: str, level: str, remedy: str) -> NDArray[Any]:
    """Checks the type and the range of pixels.

    Args:
        pixels: Of any shape.
        source: What they were given as.
        what: What they are, for errors: `images`.
        level: What their values are: `ink` or `gray`.
        remedy: Of the error if they are no numbers.

    Returns:
        The same; of floats that rounding has put a little beyond 0 or 1, none is any more.

    Raises:
        DataError: If they are neither `uint8`, bool, nor floats in [0, 1].
    """
    if pixels.dtype == np.uint8 or pixels.dtype == np.bool_:
        return pixels
    if not np.issubdtype(pixels.dtype, np.floating):
        numbers = "Give uint8 from 0 to 255, or floats in [0, 1]."
        raise DataError(
            f"{what} of type {pixels.dtype}, given as {type(source).__name__}",
            numbers if pixels.dtype.kind in "iu" else remedy,
        )
    if pixels.size and not (pixels.min() >= -ROUNDING and pixels.max() <= 1 + ROUNDING):  # NaN fails, too
        raise DataError(
            f"{level} from {pixels.min():g} to {pixels.max():g}",
            f"Floats are {level} in [0, 1]: divide by 255, or give uint8.",
        )
    clipped: NDArray[Any] = np.clip(pixels, 0, 1)
    return clipped
