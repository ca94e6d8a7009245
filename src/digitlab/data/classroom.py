"""Classroom set: 5,000 digits of 20x20, as the machine-learning course's `.mat` file has them.

The course's own file may not be passed on, so this set is made from MNIST, where it came from: same
number, same size, same order by digit, other writers. There are two variants, because there are two ways from
28x28 to 20x20: the 20x20 box that each digit fills, or the whole image reduced.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data.digits import Digits
from digitlab.data.mnist import mnist
from digitlab.errors import SettingError

__all__ = ["ClassroomVariant", "classroom", "classroom_matrix", "digit_boxes"]

ClassroomVariant = Literal["box", "reduced"]

SIDE = 20
PER_DIGIT = 500


def classroom(variant: ClassroomVariant = "box") -> Digits:
    """5,000 digits of 20x20, upright: 500 zeros, then 500 ones, and so on to 500 nines.

    They are the first 500 of each digit in MNIST's training file.

    Args:
        variant: `box`: before a digit was placed into 28x28 by its center of mass it filled a box of 20x20;
            the smallest box that holds all its ink, which is never larger than 20x20 in any of the 70,000
            images, is centered in 20x20 again (where a margin is odd, the wider side is below or on the
            right). No pixel is resampled. `reduced`: the whole image, margins and all, made smaller by
            bicubic interpolation. The course's file looks to have been made so: its values overshoot 0
            and 1, as bicubic ones do, and the losses published for it are those of this variant
            (`docs/studies.md`); here they are whole numbers of 0 to 255.

    Returns:
        The digits, named `classroom` or `classroom-reduced`.

    Raises:
        SettingError: If there is no such variant.
        DataError: If the package's MNIST files are damaged.
    """
    if not isinstance(variant, str) or variant not in ("box", "reduced"):
        seen = " ".join(repr(variant).split())
        raise SettingError(f"no variant {seen} of the classroom set", "Ask for 'box' or 'reduced'.")
    train = mnist("train")
    chosen = np.concatenate([np.flatnonzero(train.labels == digit)[:PER_DIGIT] for digit in range(10)])
    images, labels = train.images[chosen], train.labels[chosen]
    if variant == "box":
        return Digits(digit_boxes(images), labels, "classroom")
    smaller = [Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for image in images]
    return Digits(np.stack([np.asarray(image) for image in smaller]), labels, "classroom-reduced")


def classroom_matrix(variant: ClassroomVariant = "box") -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The classroom set as the course's exercises load it, with 0 as 0 (Octave's file wrote 10).

    Args:
        variant: As in `classroom`.

    Returns:
        `X`: `(5000, 400)`, `float32`, ink in [0, 1], each image flattened by columns, so that
        `X[i].reshape(20, 20).T` is upright. `y`: `(5000, 1)`, `uint8`, 0 to 9.

    Raises:
        SettingError: If there is no such variant.
        DataError: If the package's MNIST files are damaged.
    """
    digits = classroom(variant)
    return digits.features(order="columns"), digits.labels.astype(np.uint8)[:, None]


def digit_boxes(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The 20x20 boxes that MNIST's digits fill: the ink of each image, centered.

    Args:
        images: `(n, height, width)`, `uint8`, 0 = paper; ink larger than 20x20 is cut off.

    Returns:
        `(n, 20, 20)`, `uint8`.
    """
    padded = np.pad(images, ((0, 0), (SIDE, SIDE), (SIDE, SIDE)))
    rows = SIDE + _starts(images.max(axis=2))[:, None] + np.arange(SIDE)
    columns = SIDE + _starts(images.max(axis=1))[:, None] + np.arange(SIDE)
    cut: NDArray[np.uint8] = padded[
        np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]
    ]
    return cut


def _starts(darkest: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where a window of 20 begins that has the inked stretch of each row `(n, length)` in its middle."""
    inked = darkest > 0
    first = np.argmax(inked, axis=1)
    end = inked.shape[1] - np.argmax(inked[:, ::-1], axis=1)
    starts: NDArray[np.int64] = first - (SIDE - (end - first)) // 2
    return starts
