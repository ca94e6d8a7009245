"""Checking what is given to the estimator."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import column_or_1d, validate_data

from digitlab.data import stratified_sample
from digitlab.estimator.errors import InputError
from digitlab.estimator.images import (
    InputScale,
    check_scale,
    find_scale,
    flatten_images,
    shape_of,
    to_input_tensor,
)
from digitlab.networks import Network
from digitlab.training import Examples

__all__ = [
    "Labeled",
    "Pair",
    "as_path",
    "can_hold_out",
    "check_same_classes",
    "encode_labels",
    "find_classes",
    "make_examples",
    "read_labeled",
    "split_validation",
    "validation_examples",
]


Pair = tuple[ArrayLike, ArrayLike]
"""Inputs and their labels."""


def as_path(path: Any, method: str) -> Path:
    """`path` as a Path.

    Raises:
        InputError: If it is no path.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"{method} got {type(path).__name__} as a path", "Give the path as text or a Path.")
    return Path(path)


def find_classes(classes: Any, known: NDArray[Any] | None) -> NDArray[Any]:
    """The classes of all calls of `partial_fit`, sorted.

    Args:
        classes: As given to this call, or None.
        known: Of the calls before; None at the first.

    Raises:
        InputError: If the first call is given none, a later one others than before, or they are no labels.
    """
    if classes is None:
        if known is None:
            raise InputError(
                "classes is None in the first call of partial_fit",
                "Give the labels of all calls to come: classes=np.unique(y).",
            )
        return known
    try:
        found: NDArray[Any] = unique_labels(column_or_1d(classes))
    except (ValueError, TypeError):  # scikit-learn's errors call them y
        found = np.array([])
    if not len(found):
        raise InputError(
            f"classes={classes!r} is no list of labels", "Give the labels of all calls: classes=np.unique(y)."
        )
    if known is not None and found.tolist() != known.tolist():
        raise InputError(
            f"classes are {_shown(found)}; those before are {_shown(known)}",
            "Leave classes out, or call fit, which begins anew.",
        )
    return found


def check_same_classes(classes: NDArray[Any], before: NDArray[Any]) -> None:
    """Checks that a fit with `warm_start` has the classes of the fit before.

    Raises:
        InputError: If it has not.
    """
    if classes.tolist() != before.tolist():
        raise InputError(
            f"y holds the classes {_shown(classes)}; the fit before had {_shown(before)}",
            "With warm_start, y holds the same classes each time; else set warm_start=False.",
        )


def encode_labels(
    labels: NDArray[Any], classes: NDArray[Any], place: str, classes_place: str
) -> NDArray[np.int64]:
    """Numbers `(n,)` of labels `(n,)` in the sorted `classes` `(k,)`.

    Args:
        labels: The labels.
        classes: The classes.
        place: Where the labels come from, for the error.
        classes_place: Where the classes come from.

    Raises:
        InputError: If a label is none of the classes.
    """
    code_of = {label: code for code, label in enumerate(classes.tolist())}
    for label in labels.tolist():
        if label not in code_of:
            raise InputError(
                f"{place} holds the label {label!r}, which {classes_place} does not",
                f"Give examples of the classes that are trained: {_shown(classes)}.",
            )
    return np.array([code_of[label] for label in labels.tolist()], dtype=np.int64)


def _shown(classes: NDArray[Any]) -> str:
    """At most ten classes in words."""
    return ", ".join(map(repr, classes.tolist()[:10])) + (", ..." if len(classes) > 10 else "")


FEWEST_HELD_OUT = 10
"""Examples below which a held-out part is too small to stop a training by."""


@dataclass(frozen=True, eq=False)
class Labeled:
    """Inputs with labels, checked.

    Attributes:
        inputs: `(n, features)`, of `float32` or bytes.
        labels: `(n,)`, of any kind.
        shape: Of one input as it was given.
        scale: Of the inputs of `fit`.
    """

    inputs: NDArray[Any]
    labels: NDArray[Any]
    shape: tuple[int, ...]
    scale: InputScale


def read_labeled(
    estimator: Any,
    X: Any,  # noqa: N803
    y: Any,
    *,
    scale: InputScale | None,
    place: str = "X",
) -> Labeled:
    """Reads inputs with labels.

    Args:
        estimator: Its `n_features_in_` and `feature_names_in_` are set, or compared.
        X: As `DigitClassifier.fit` takes it.
        y: Labels.
        scale: That of the `fit` before; None if there was none: names and scale are set then.
        place: What the inputs are called in errors.

    Raises:
        InputError: If `X` is one image, or of another scale.
        ValueError: If they are no examples for a classifier (scikit-learn's).
    """
    reset = scale is None
    rows = flatten_images(X, None if reset else estimator.n_features_in_)
    inputs, labels = validate_data(estimator, rows, y, dtype=(np.float32, np.uint8), reset=reset)
    check_classification_targets(labels)
    shape = shape_of(X)[1:]
    if scale is None:
        scale = find_scale(inputs, shape)
    else:
        check_scale(inputs, scale, place)
    return Labeled(inputs, labels, shape, scale)


def make_examples(given: Labeled, codes: NDArray[np.int64], network: Network) -> Examples:
    """Inputs and class numbers `(n,)` as examples for a network.

    Inputs get the network's shape if it takes images, and keep their own otherwise.
    """
    shape = network.input_shape if len(network.input_shape) == 2 else given.shape
    inputs = to_input_tensor(given.inputs, shape, given.scale)
    return Examples(inputs, torch.from_numpy(codes.astype(np.int64, copy=False)))


def validation_examples(
    estimator: Any, pair: Pair, classes: NDArray[Any], network: Network, train: Labeled
) -> Examples:
    """The examples of `validation_data`.

    Raises:
        InputError: If it is not a pair, holds other labels than `classes`, or is of another scale than the
            training examples.
        ValueError: As `read_labeled` does.
    """
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise InputError("validation_data is not a pair", "Give validation_data=(X, y).")
    given = read_labeled(estimator, *pair, scale=train.scale, place="validation_data")
    codes = encode_labels(given.labels, classes, "validation_data", "y")
    return make_examples(replace(given, shape=train.shape), codes, network)


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
