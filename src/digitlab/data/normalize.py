"""Normalization of an image of one digit to MNIST's format: light ink on black, 20x20 inside 28x28, centered.

MNIST's makers scaled each digit, its proportions kept, into a box of 20 by 20 pixels, and placed that in
28 by 28 with its center of mass in the middle. The same is done here, after segmentation of the ink from the
paper. (LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document recognition, 1998.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data.foreground import extract_ink
from digitlab.data.morphology import bounding_box, center_of_mass
from digitlab.errors import DataError, NoInkError, SettingError

__all__ = ["STEPS", "StepImage", "check_gray", "normalization_steps", "normalize_ink", "to_mnist_format"]

SIDE = 28
CENTER = 14  # row and column of the center of mass; in all of MNIST's test images within half a pixel
BOX = 20  # the digit's long side in an MNIST image
NEARLY = 2  # a digit within so many pixels of BOX is not scaled: that would only blur it
FAINT = 25  # what has no more ink than this, a tenth of full ink, is the fringe of a stroke
THIN = 2.0  # thinner strokes than this are thickened to it; MNIST's are 2 to 4 wide
STEPS = ("ink", "thicken", "scale", "center")
"""The steps to MNIST's format: ink without its paper, strokes thickened, size, place."""
NONE: frozenset[str] = frozenset()


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


@dataclass(frozen=True, eq=False)
class StepImage:
    """What a picture is after one step.

    Attributes:
        name: The step, one of `STEPS`.
        pixels: `uint8`, 0 = paper, 255 = ink: after `ink` the whole picture, after `thicken` and `scale` the
            digit alone, after `center` `(28, 28)`.
    """

    name: str
    pixels: NDArray[np.uint8]


def normalization_steps(
    gray: NDArray[np.uint8], without: Collection[str] = NONE, ink: NDArray[np.uint8] | None = None
) -> list[StepImage]:
    """What `to_mnist_format` makes of an image, step by step; steps may be left out to see what they are for.

    Without `ink` the gray levels count as ink: paper and all. Without `scale` the whole picture is reduced to
    28x28, with the digit as large as it was in it. Without `center` the digit stays where it was.

    Args:
        gray: As in `to_mnist_format`.
        without: The steps that are left out.
        ink: What `extract_ink` gives for it, if that is known.

    Returns:
        One image for each of `STEPS`; of a step that is left out, what the next one gets.

    Raises:
        DataError: As `to_mnist_format` does; and if `gray` is black all over and its levels are to be ink.
        SettingError: If there is no such step.
    """
    check_gray(gray)
    for name in without:
        if name not in STEPS:
            raise SettingError(f"there is no step {name[:40]!r}", f"Those there are: {', '.join(STEPS)}.")
    if "ink" in without:
        ink = gray
    elif ink is None:
        ink = extract_ink(gray)
    if ink.max() <= FAINT:
        raise NoInkError("a black picture has no ink", "Draw something on it.")
    return [StepImage("ink", ink), *_normalized(ink, without)]


def normalize_ink(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scales and centers the ink of one digit as MNIST's are.

    Args:
        ink: `(height, width)`, 0 = paper, 255 = ink, some of it more than a tenth of full ink.

    Returns:
        `(28, 28)`, 0 = paper, 255 = ink.
    """
    *_, last = _normalized(ink, NONE)
    return last.pixels


def _normalized(ink: NDArray[np.uint8], without: Collection[str]) -> Iterator[StepImage]:
    """The images after each step from ink on."""
    digit = _cropped(ink)
    if "thicken" not in without:
        digit = _thickened(digit)
    yield StepImage("thicken", digit)
    digit = _scaled(digit, max(ink.shape) / SIDE if "scale" in without else None)
    yield StepImage("scale", digit)
    if "center" in without:
        top, bottom, left, right = _box(ink)
        middle = (top + bottom) / 2 / ink.shape[0], (left + right) / 2 / ink.shape[1]
        row, column = (SIDE * share - side / 2 for share, side in zip(middle, digit.shape, strict=True))
    else:
        mass = center_of_mass(digit)
        row, column = CENTER - mass[0], CENTER - mass[1]
    yield StepImage("center", _placed(digit, row, column))


def _box(ink: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is clearly ink: a tenth of full ink at least."""
    left, top, width, height = bounding_box(ink > FAINT)
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


def _scaled(ink: NDArray[np.uint8], scale: float | None = None) -> NDArray[np.uint8]:
    """The digit reduced by a factor, by area going down, smoothly going up; None: its long side to `BOX`.

    One pixel of the result around the digit holds its faint fringe.
    """
    top, bottom, left, right = _box(ink)
    long = max(bottom - top, right - left)
    if scale is None:
        scale = 1.0 if _fits(long) else long / BOX
    if scale != 1:
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


def _placed(ink: NDArray[np.uint8], row: float, column: float) -> NDArray[np.uint8]:
    """The digit in a 28x28 image, its corner nearly at a place, shifted if it must be to stay inside."""
    ink = _within(ink)
    image = np.zeros((SIDE, SIDE), np.uint8)
    height, width = ink.shape
    top, left = min(max(round(row), 0), SIDE - height), min(max(round(column), 0), SIDE - width)
    image[top : top + height, left : left + width] = ink
    return image


def _within(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a digit that is larger than an image: it was left as large as it was drawn."""
    rows, columns = (max(side - SIDE, 0) for side in ink.shape)
    return ink[rows // 2 : rows // 2 + SIDE, columns // 2 : columns // 2 + SIDE]
