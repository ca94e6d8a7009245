"""Normalization of an image of one digit to MNIST's format: light ink on black, 20x20 inside 28x28, centered.

MNIST's makers scaled each digit, its proportions kept, into a box of 20 by 20 pixels, and placed that in
28 by 28 with its center of mass in the middle. The same is done here, after segmentation of the ink from the
paper. (LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document recognition, 1998.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data.foreground import extract_ink
from digitlab.data.morphology import bounding_box, center_of_mass
from digitlab.errors import DataError

__all__ = ["check_gray", "normalize_ink", "to_mnist_format"]

SIDE = 28
CENTER = 14  # row and column of the center of mass; in all of MNIST's test images within half a pixel
BOX = 20  # the digit's long side in an MNIST image
NEARLY = 2  # a digit within so many pixels of BOX is not scaled: that would only blur it
THIN = 2.0  # thinner strokes than this are thickened to it; MNIST's are 2 to 4 wide


def to_mnist_format(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Converts an image of one digit to MNIST's format.

    The paper is what most of the border is, light or dark, evenly lit or not; what differs from it is
    ink. Specks are dropped, thin strokes thickened, the digit scaled into a 20x20 box and placed by
    its center of mass. An image that already has this format is hardly changed.

    Args:
        gray: `(height, width)`, any size, dark ink on light paper or light on dark.

    Returns:
        `(28, 28)`, 0 = paper, 255 = ink.

    Raises:
        DataError: If `gray` is not two-dimensional `uint8`, or no ink stands out from the paper.
    """
    check_gray(gray)
    return normalize_ink(extract_ink(gray))


def check_gray(gray: NDArray[np.uint8]) -> None:
    """Raises a `DataError` unless `gray` is `uint8`, `(height, width)`, and not empty."""
    if gray.ndim != 2 or gray.dtype != np.uint8 or gray.size == 0:
        raise DataError(
            f"a picture of shape {gray.shape} and type {gray.dtype}",
            "Give gray pixels: uint8 (height, width).",
        )


def normalize_ink(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scales and centers the ink of one digit as MNIST's are.

    Args:
        ink: `(height, width)`, 0 = paper, 255 = ink, some of it more than a tenth of full ink.

    Returns:
        `(28, 28)`, 0 = paper, 255 = ink.
    """
    return _centered(_scaled(_thickened(_cropped(ink))))


def _box(ink: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is clearly ink: a tenth of full ink at least."""
    left, top, width, height = bounding_box(ink > 25)
    return top, top + height, left, left + width


def _long_side(ink: NDArray[np.uint8]) -> int:
    top, bottom, left, right = _box(ink)
    return max(bottom - top, right - left)


def _fits(long: int) -> bool:
    """Whether a digit has the size of MNIST's, and so is left as it is."""
    return abs(long - BOX) <= NEARLY


def _cropped(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The digit with its faint fringe: what becomes one pixel around it in the end."""
    top, bottom, left, right = _box(ink)
    fringe = -(-max(bottom - top, right - left) // BOX)
    return ink[max(top - fringe, 0) : bottom + fringe, max(left - fringe, 0) : right + fringe]


def _thickened(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The digit with strokes that will be at least `THIN` wide once it is scaled.

    A stroke of width w and length l grows by 2 l when it is widened by a pixel on either side, so the
    growth of the area tells l, and w is area / l. Widening by r pixels makes the digit larger as well:
    (w + 2 r) * BOX / (long side + 2 r) = THIN is solved for r.
    """
    if _fits(_long_side(ink)):
        return ink
    solid = ink > 127
    if not solid.any():  # a piece may be faint throughout: it has no stroke to widen
        return ink
    length = (_widened(np.pad(solid, 1), 1).sum() - solid.sum()) / 2
    width = solid.sum() / length
    radius = round((THIN * _long_side(ink) - BOX * width) / (2 * (BOX - THIN)))
    return _widened(np.pad(ink, radius), radius) if radius > 0 else ink


def _widened(ink: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Strokes widened by `radius` pixels on every side, nearly round: by squares and crosses in turn."""
    for step in range(radius):
        up_and_down = ink.copy()
        np.maximum(up_and_down[1:], ink[:-1], out=up_and_down[1:])
        np.maximum(up_and_down[:-1], ink[1:], out=up_and_down[:-1])
        across = up_and_down if step % 2 == 0 else ink
        wide = up_and_down.copy()
        np.maximum(wide[:, 1:], across[:, :-1], out=wide[:, 1:])
        np.maximum(wide[:, :-1], across[:, 1:], out=wide[:, :-1])
        ink = wide
    return ink


def _scaled(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The digit with its long side scaled to `BOX`, by area going down, smoothly going up.

    One pixel of the result around the digit holds its faint fringe.
    """
    top, bottom, left, right = _box(ink)
    long = max(bottom - top, right - left)
    if not _fits(long):
        scale = long / BOX
        height, width = (max(1, round(side / scale)) + 2 for side in (bottom - top, right - left))
        room = int(2 * scale) + 2
        middle_x, middle_y = (left + right) / 2 + room, (top + bottom) / 2 + room
        reach_x, reach_y = width * scale / 2, height * scale / 2
        ink = np.array(
            Image.fromarray(np.pad(ink, room)).resize(
                (width, height),
                Image.Resampling.BOX if scale > 1 else Image.Resampling.BICUBIC,
                (middle_x - reach_x, middle_y - reach_y, middle_x + reach_x, middle_y + reach_y),
            )
        )
    bright: NDArray[np.uint8] = (ink * (255 / ink.max())).round().astype(np.uint8)
    return bright


def _centered(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The digit in a 28x28 image, center of mass in the middle, shifted if it must be to stay inside."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    height, width = ink.shape
    row, column = center_of_mass(ink)
    down, along = CENTER - row, CENTER - column
    top, left = min(max(round(down), 0), SIDE - height), min(max(round(along), 0), SIDE - width)
    image[top : top + height, left : left + width] = ink
    return image
