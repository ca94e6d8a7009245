"""Exercises about convolutions: one by hand, a kernel that looks for strokes, and max pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.lessons.checking import WrongAnswer
from digitlab.lessons.exercises.answers import array_of, check_is_function

__all__ = ["check_convolution", "check_max_pooling", "check_vertical_kernel"]

Floats = NDArray[np.float64]
IMAGE_SHAPE = (9, 8)
SEED = 5


def check_convolution(answer: Any) -> str:
    """Checks a function of an image `(h, w)`, a kernel `(5, 5)` and a bias, which gives a map `(h, w)`."""
    function = check_is_function(answer, "convolve(image, kernel, bias)")
    generator = np.random.default_rng(SEED)
    image, kernel, bias = generator.random(IMAGE_SHAPE), generator.normal(size=(5, 5)), 0.75
    found = function(image.copy(), kernel.copy(), bias)
    height, width = IMAGE_SHAPE
    if getattr(found, "shape", None) == (height - 4, width - 4):
        raise WrongAnswer(
            f"Of {height} x {width} pixels it makes {height - 4} x {width - 4}: first put two rows and "
            "columns of paper (0) around the image, so that the map has the size of the image."
        )
    array = array_of(found, IMAGE_SHAPE, f"convolve of {height} x {width} pixels")
    right = _convolve(image, kernel)
    mistakes = {
        "The bias is missing: it is added at each position.": right,
        "The kernel is turned by 180 degrees. Mathematics does so; networks lay it down as it is.": (
            _convolve(image, kernel[::-1, ::-1]) + bias
        ),
        "The rows and columns of the kernel are exchanged.": _convolve(image, kernel.T) + bias,
        "The bias is added 25 times: add it once, to the sum.": right + 25 * bias,
        "Negative sums became 0: that is the ReLU, which comes after the convolution.": (
            np.maximum(right + bias, 0)
        ),
    }
    if np.allclose(array, right + bias, atol=1e-5):
        return "Each number of the map is a sum of 25 products and the bias."
    for text, wrong in mistakes.items():
        if np.allclose(array, wrong, atol=1e-5):
            raise WrongAnswer(text)
    if np.allclose(array[2:-2, 2:-2], (right + bias)[2:-2, 2:-2], atol=1e-5):
        raise WrongAnswer("It is right inside and wrong at the border: outside of the image is paper, 0.")
    raise WrongAnswer(
        f"In row 4, column 3 the map is {array[4, 3]:.4f}; it must be the sum of image[2:7, 1:6] * kernel, "
        f"plus the bias: {right[4, 3] + bias:.4f}."
    )


def _convolve(image: Floats, kernel: Floats) -> Floats:
    """The map of one kernel, with a border of zeros, without a bias."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2), kernel.shape)
    found: Floats = (windows * kernel).sum(axis=(2, 3))
    return found


def check_vertical_kernel(answer: Any) -> str:
    """Checks a kernel `(5, 5)` that responds to vertical strokes, and not to horizontal ones or solid ink."""
    kernel = array_of(answer, (5, 5), "The kernel")
    vertical = max(float((kernel * _stroke(column)).sum()) for column in range(4))
    horizontal = max(float((kernel * _stroke(row).T).sum()) for row in range(4))
    solid = float(kernel.sum())
    if horizontal > 0 and horizontal >= 2 * vertical:
        raise WrongAnswer(
            f"A horizontal stroke gives {horizontal:.2f}, a vertical one {vertical:.2f}: rows and columns "
            "are exchanged."
        )
    if vertical <= 0:
        raise WrongAnswer(
            f"A vertical stroke gives {vertical:.2f} at best; it must be above 0. Put positive weights where "
            "the stroke is."
        )
    if horizontal > vertical / 2:
        raise WrongAnswer(
            f"A horizontal stroke gives {horizontal:.2f}, a vertical one {vertical:.2f}: it does not tell "
            "them apart. Put negative weights beside the stroke."
        )
    if solid > vertical / 2:
        raise WrongAnswer(
            f"Solid ink gives {solid:.2f}, a vertical stroke {vertical:.2f}: let the weights sum to 0, so "
            "that ink everywhere is no stroke."
        )
    return (
        f"At best, a vertical stroke gives {vertical:.2f}, a horizontal one {horizontal:.2f}, and solid ink "
        f"{solid:.2f}."
    )


def _stroke(column: int) -> Floats:
    """A vertical stroke of ink, two pixels wide, in a patch of 5 x 5."""
    patch = np.zeros((5, 5))
    patch[:, column : column + 2] = 1
    return patch


def check_max_pooling(answer: Any) -> str:
    """Checks a function of a map `(h, w)`, both even, which gives the largest of each 2 x 2 numbers."""
    function = check_is_function(answer, "max_pool(feature_map)")
    feature_map = np.random.default_rng(SEED).normal(size=(6, 4)) - 0.5
    found = function(feature_map.copy())
    if getattr(found, "shape", None) in {(5, 3), (6, 4)}:
        raise WrongAnswer(
            "The squares overlap: move on by two rows and two columns, so that 6 x 4 becomes 3 x 2."
        )
    array = array_of(found, (3, 2), "max_pool of a map of 6 x 4")
    squares = feature_map.reshape(3, 2, 2, 2).swapaxes(1, 2)
    right = squares.max(axis=(2, 3))
    mistakes = {
        "It takes the mean of each square; asked for is its largest number.": squares.mean(axis=(2, 3)),
        "It takes one corner of each square; asked for is its largest number.": squares[:, :, 0, 0],
        "It takes the smallest number of each square.": squares.min(axis=(2, 3)),
        "It takes the largest absolute value; a map has signs before the ReLU.": np.abs(squares).max(
            axis=(2, 3)
        ),
        "Negative numbers became 0: a square of negative numbers has a negative maximum.": np.maximum(
            right, 0
        ),
        "The numbers of a square must be neighbors: reshape to (3, 2, 2, 2) and take axes 1 and 3.": (
            feature_map.reshape(3, 2, 2, 2).max(axis=(2, 3))
        ),
    }
    if np.allclose(array, right, atol=1e-6):
        return "A map of 6 x 4 becomes one of 3 x 2, each number the largest of four."
    for text, wrong in mistakes.items():
        if np.allclose(array, wrong, atol=1e-6):
            raise WrongAnswer(text)
    raise WrongAnswer(
        f"The first number is {array[0, 0]:.4f}; it must be the largest of the top left square: "
        f"{right[0, 0]:.4f}."
    )
