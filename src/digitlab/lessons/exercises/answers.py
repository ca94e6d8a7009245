"""Answers to exercises as numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.lessons.checking import NoAnswer, WrongAnswer

__all__ = ["array_of", "check_is_function", "number_of"]


def check_is_function(value: Any, name: str) -> Callable[..., Any]:
    """A value that must be a function.

    Raises:
        WrongAnswer: If it is none.
    """
    if not callable(value):
        raise WrongAnswer(f"{value!r} is no function: define {name}, and pass the name alone.")
    function: Callable[..., Any] = value
    return function


def number_of(value: Any, name: str) -> float:
    """A value that must be a number.

    Raises:
        WrongAnswer: If it is none.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, Real) or isinstance(value, bool):
        raise WrongAnswer(f"{name} is {value!r}; it must be a number.")
    return float(value)


def array_of(value: Any, shape: tuple[int, ...], name: str) -> NDArray[np.float64]:
    """A value that must be an array of a shape.

    Args:
        value: What was given, or what a function returned.
        shape: The shape that it must have.
        name: What it is, for the messages: `softmax([1, 2, 3])`.

    Raises:
        NoAnswer: If it is three dots.
        WrongAnswer: If it is no array of numbers, or has another shape.
    """
    if value is ...:
        raise NoAnswer
    if value is None:
        raise WrongAnswer(f"{name} gives None: let the function return its result.")
    try:
        found = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise WrongAnswer(f"{name} gives {value!r}, which is no array of numbers.") from None
    if found.shape != shape:
        raise WrongAnswer(f"{name} has the shape {found.shape}; it must be {shape}.")
    return found
