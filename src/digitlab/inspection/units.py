"""A few units over many digits, and what their values are for each digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from digitlab.errors import SettingError
from digitlab.inspection.activations import activation_shapes, stream
from digitlab.inspection.places import check_position, check_unit
from digitlab.networks import Network

__all__ = ["ACTIVATIONS", "UnitValues", "centroids", "first_hidden", "five_numbers", "unit_values"]

ACTIVATIONS: dict[type[nn.Module], str] = {nn.ReLU: "relu", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh"}
"""Layers that change each number by itself, and what the function is called."""


def first_hidden(network: Network) -> str:
    """The layer that holds the first hidden units: the first activation after a dense layer.

    Raises:
        SettingError: If the network has no hidden dense layer.
    """
    after_dense = False
    for name, layer in network.layers.items():
        if after_dense and isinstance(layer, tuple(ACTIVATIONS)):
            return name
        after_dense = after_dense or isinstance(layer, nn.Linear)
    raise SettingError(
        f"{network.name} has no hidden units",
        f"Name a layer (--layer); those there are: {', '.join(network.layers)}.",
    )


@dataclass(frozen=True, eq=False)
class UnitValues:
    """Values of a few units over many inputs.

    Attributes:
        layer: Where the units are.
        units: Which, k of them, from 0.
        values: `(n, k)`.
        logits: `(n, classes)`, what the network said of the same inputs.
        meaning: What one value of a map is: `mean over the map`, or `at row 3, column 5`; empty for
            units that have one value.
    """

    layer: str
    units: tuple[int, ...]
    values: NDArray[np.float32]
    logits: NDArray[np.float32]
    meaning: str

    @property
    def predictions(self) -> NDArray[np.int64]:
        """What each input was read as, `(n,)`."""
        read: NDArray[np.int64] = self.logits.argmax(axis=1)
        return read


def unit_values(
    network: Network,
    ink: NDArray[np.floating],
    layer: str,
    units: Sequence[int],
    position: tuple[int, int] | None = None,
) -> UnitValues:
    """Values of a few units, with what the network read, in one pass and bounded memory.

    Args:
        network: Any network.
        ink: `(n, height, width)` or `(n, features)`; pictures are ink in [0, 1].
        layer: Where the units are; of maps, a unit is a map.
        units: Which, from 0.
        position: Row and column in the maps; None for the mean over the map.

    Raises:
        SettingError: If there is no such layer, unit or position.
        DataError: If the network takes inputs of another size.
    """
    shape = activation_shapes(network, [layer])[layer]
    maps = len(shape) == 3
    for unit in units:
        check_unit(unit, shape, layer)
    meaning = "mean over the map" if maps else ""
    if position is not None:
        check_position(position, shape, layer)
        meaning = f"at row {position[0]}, column {position[1]}"
    last = tuple(network.layers)[-1]
    classes = activation_shapes(network, [last])[last][0]
    values = np.empty((len(ink), len(units)), dtype=np.float32)
    logits = np.empty((len(ink), classes), dtype=np.float32)
    start = 0
    for part in stream(network, ink, [layer, last]):
        chosen = part[layer][:, list(units)]
        if position is not None:
            chosen = chosen[:, :, position[0], position[1]]
        elif maps:
            chosen = chosen.mean(axis=(2, 3))
        read = slice(start, start + len(chosen))
        values[read], logits[read] = chosen, part[last]
        start = read.stop
    return UnitValues(layer, tuple(units), values, logits, meaning)


def five_numbers(
    values: NDArray[np.floating], classes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Smallest, lower quartile, median, upper quartile and largest of the values of each class.

    Args:
        values: `(n,)`.
        classes: `(n,)`, 0 to 9.

    Returns:
        `(10, 5)`, NaN for a class that there is none of, and how many there are, `(10,)`.
    """
    summary = np.full((10, 5), np.nan)
    counts = np.bincount(classes, minlength=10)
    for digit in np.flatnonzero(counts):
        summary[digit] = np.percentile(values[classes == digit], [0, 25, 50, 75, 100])
    return summary, counts


def centroids(
    points: NDArray[np.floating], classes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The mean point of each class.

    Args:
        points: `(n, k)`.
        classes: `(n,)`, 0 to 9.

    Returns:
        `(10, k)`, NaN for a class that there is none of, and how many there are, `(10,)`.
    """
    means = np.full((10, points.shape[1]), np.nan)
    counts = np.bincount(classes, minlength=10)
    for digit in np.flatnonzero(counts):
        means[digit] = points[classes == digit].mean(axis=0, dtype=np.float64)
    return means, counts
