"""Inputs of the estimator as images: their shape, and the scale of their values in `fit` and after it."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.data import scale_ink
from digitlab.estimator.errors import InputError

__all__ = ["InputScale", "check_scale", "find_scale", "flatten_images", "shape_of", "to_input_tensor"]

InputScale = Literal["ink", "unit", "bytes-as-numbers", "other"]
"""What `fit` was given.

`ink`: bytes, which it divides by 255, or images of numbers in [0, 1]. `unit`: other inputs in [0, 1].
`bytes-as-numbers`: images of numbers from 0 to 255 that are not of type `uint8` and taken as they are.
`other`: anything else.
"""

IMAGE_SIZES = (28 * 28, 20 * 20)
"""Numbers in one input that is taken for an image when it is given as a row."""
LEAST_BYTE_RANGE = 128
"""Images of whose values one is at least this large are taken for ink from 0 to 255."""


def shape_of(X: Any) -> tuple[int, ...]:  # noqa: N803
    """Shape of `X`, whatever kind of array or list it is."""
    return tuple(X.shape if hasattr(X, "shape") else np.asarray(X).shape)


def flatten_images(X: Any, n_features: int | None = None) -> Any:  # noqa: N803
    """Images `(n, height, width)` as `(n, height * width)`; anything else as it is.

    Args:
        X: As `DigitClassifier` takes it.
        n_features: Numbers in one input of the fitted classifier; None before it is fitted.

    Raises:
        InputError: If `X` is one image or one input, a file, or has an axis of channels.
    """
    if hasattr(X, "getbands"):  # a Pillow image
        raise InputError(
            f"X is one Pillow image of {X.width}x{X.height}",
            "Give an array: np.asarray(image)[None], or read it by digitlab.open(RUN).predict(image).",
        )
    if isinstance(X, str | bytes):
        raise InputError(
            f"X is the text {X!r}", "Give an array of images; digitlab.open(RUN).predict reads image files."
        )
    shape = shape_of(X)
    if len(shape) == 4:
        channels_last = shape[-1] in (1, 3, 4)
        remedy = "Give (n, height, width): of images with one channel X[..., 0] or X[:, 0]."
        if channels_last and shape[-1] > 1:
            remedy = "Give gray images of light digits on black, (n, height, width)."
        raise InputError(f"X has the shape {shape}: images with an axis of channels", remedy)
    if len(shape) == 2 and n_features not in (None, shape[1]) and math.prod(shape) == n_features:
        raise InputError(
            f"X is one image of {shape[0]}x{shape[1]}", "Give an array of images, also of one: X[None]."
        )
    if len(shape) == 1 and shape[0] == n_features:
        raise InputError(
            f"X is one input of {shape[0]} numbers",
            "Reshape your data, so that it is an array of inputs, also of one: X.reshape(1, -1).",
        )
    return np.asarray(X).reshape(shape[0], shape[1] * shape[2]) if len(shape) == 3 else X


def find_scale(inputs: NDArray[Any], shape: tuple[int, ...]) -> InputScale:
    """The scale of the inputs of a `fit`.

    Args:
        inputs: `(n, features)`, of `float32` or bytes.
        shape: Of one input as it was given.
    """
    if inputs.dtype == np.uint8:
        return "ink"
    least, most = float(inputs.min()), float(inputs.max())
    image = len(shape) == 2 or math.prod(shape) in IMAGE_SIZES
    if least >= 0 and most <= 1:
        return "ink" if image else "unit"
    return "bytes-as-numbers" if image and least >= 0 and LEAST_BYTE_RANGE <= most <= 255 else "other"


def check_scale(inputs: NDArray[Any], scale: InputScale, place: str = "X") -> None:
    """Checks that inputs have the scale of those in `fit`.

    A few values above 1 are let through: a scaler that was fitted to other examples makes them.

    Args:
        inputs: `(n, features)`, of `float32` or bytes.
        scale: That of `fit`.
        place: What the inputs are called in the error.

    Raises:
        InputError: If `fit` saw ink in [0, 1] and most of the ink of an input is above 1; or it saw ink
            from 0 to 255 and there is none above 1.
    """
    if inputs.dtype == np.uint8 or scale not in ("ink", "bytes-as-numbers"):
        return
    above = (inputs > 1).sum(axis=1)
    if scale == "ink" and (2 * above > (inputs != 0).sum(axis=1)).any():
        raise InputError(
            f"{place} holds ink up to {inputs.max():g}; the classifier was fitted to ink in [0, 1]",
            "Give X / 255, or bytes: X.astype('uint8'), which are divided by 255.",
        )
    if scale == "bytes-as-numbers" and not above.any() and inputs.any():
        raise InputError(
            f"{place} holds ink up to {inputs.max():g}; the classifier was fitted to ink from 0 to 255",
            "Give 255 * X, or fit on ink in [0, 1].",
        )


def to_input_tensor(inputs: NDArray[Any], shape: tuple[int, ...], scale: InputScale) -> torch.Tensor:
    """Inputs `(n, features)` as a `float32` tensor `(n, *shape)`, of the scale that `fit` saw.

    Bytes become ink in [0, 1], unless `fit` saw numbers of another range.
    """
    if inputs.dtype == np.uint8 and scale in ("ink", "unit"):
        inputs = scale_ink(inputs)
    writable = np.require(inputs, np.float32, ["C", "W"])  # torch takes no read-only memory
    return torch.from_numpy(writable.reshape(len(inputs), *shape))
