"""Checking what is given to the estimator, and its errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.data import scale_ink, stratified_sample
from digitlab.errors import DataError, SettingError
from digitlab.training import Examples

__all__ = [
    "InputError",
    "ParameterError",
    "as_value_errors",
    "can_hold_out",
    "flatten_images",
    "get_shape",
    "make_examples",
    "split_validation",
    "to_input_tensor",
]


class InputError(DataError, ValueError):
    """Data that a `DigitClassifier` cannot take; a ValueError too, as scikit-learn expects."""


class ParameterError(SettingError, ValueError):
    """A parameter that a `DigitClassifier` does not have or allow; a ValueError too."""


@contextmanager
def as_value_errors() -> Iterator[None]:
    """Makes a SettingError of the block a ParameterError, which is a ValueError too."""
    try:
        yield
    except SettingError as error:
        raise ParameterError(error.problem, error.remedy) from None


FEWEST_HELD_OUT = 10
"""Examples below which a held-out part is too small to stop a training by."""


def get_shape(X: Any) -> tuple[int, ...]:  # noqa: N803
    """Shape of `X`, whatever kind of array or list it is."""
    return tuple(X.shape if hasattr(X, "shape") else np.asarray(X).shape)


def flatten_images(X: Any) -> Any:  # noqa: N803
    """Pictures `(n, height, width)` as `(n, height * width)`; anything else as it is."""
    shape = get_shape(X)
    return np.asarray(X).reshape(shape[0], shape[1] * shape[2]) if len(shape) == 3 else X


def make_examples(inputs: NDArray[Any], codes: NDArray[np.int64], shape: tuple[int, ...]) -> Examples:
    """Inputs `(n, features)` and class numbers `(n,)` as examples of `(n, *shape)`."""
    return Examples(to_input_tensor(inputs, shape), torch.from_numpy(codes.astype(np.int64, copy=False)))


def to_input_tensor(inputs: NDArray[Any], shape: tuple[int, ...]) -> torch.Tensor:
    """Inputs `(n, features)` as a `float32` tensor `(n, *shape)`; bytes become ink in [0, 1]."""
    if inputs.dtype == np.uint8:
        inputs = scale_ink(inputs)
    writable = np.require(inputs, np.float32, ["C", "W"])  # torch takes no read-only memory
    return torch.from_numpy(writable.reshape(len(inputs), *shape))


def can_hold_out(codes: NDArray[np.int64], fraction: float) -> bool:
    """Whether `fraction` makes two parts of `codes` `(n,)` with all classes, and enough to stop by."""
    counts, held = np.bincount(codes), _held_out(len(codes), fraction)
    k = len(counts)
    return bool(held >= max(k, FEWEST_HELD_OUT) and len(codes) - held >= k and counts.min() > 1)


def split_validation(examples: Examples, fraction: float, seed: int) -> tuple[Examples, Examples]:
    """Stratified validation split: `(training examples, validation examples)`."""
    labels = examples.labels.numpy()
    held = stratified_sample(labels, _held_out(len(labels), fraction), seed, fewest=1)
    kept = np.delete(np.arange(len(labels)), held)
    return (
        Examples(examples.inputs[kept], examples.labels[kept]),
        Examples(examples.inputs[held], examples.labels[held]),
    )


def _held_out(n: int, fraction: float) -> int:
    return math.ceil(n * fraction)
