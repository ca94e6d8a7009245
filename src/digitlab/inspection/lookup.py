"""Layer and unit lookup: layers by name or kind, checked indices, images as input tensors."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.errors import DataError, SettingError
from digitlab.networks import Network

__all__ = [
    "ACTIVATIONS",
    "check_index",
    "check_position",
    "check_unit",
    "find_layer",
    "first_hidden_layer",
    "first_layer",
    "to_input_tensor",
]

KINDS: dict[type[nn.Module], str] = {nn.Linear: "dense layer", nn.Conv2d: "convolution"}
ACTIVATIONS: dict[type[nn.Module], str] = {nn.ReLU: "relu", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh"}
"""Layers that change each number by itself, and what the function is called."""


def find_layer(network: Network, name: str, *kinds: type[nn.Module]) -> nn.Module:
    """The layer called `name`.

    Args:
        network: Where to look.
        name: A name from `network.layers`.
        kinds: What it may be (`nn.Linear`, `nn.Conv2d`); nothing for any layer.

    Raises:
        SettingError: If there is no such layer, or it is of another kind; the message lists those that are.
    """
    allowed = [each for each, layer in network.layers.items() if not kinds or isinstance(layer, kinds)]
    if name not in allowed:
        words = " or ".join(KINDS[kind] for kind in kinds) or "layer"
        raise SettingError(
            f"{network.name} has no {words} {name!r}",
            f"Those there are: {', '.join(allowed)}." if allowed else f"It has no {words} at all.",
        )
    return network.layers[name]


def first_layer(network: Network, *kinds: type[nn.Module]) -> str:
    """Name of the first layer that is of one of `kinds`.

    Raises:
        SettingError: If there is none.
    """
    for name, layer in network.layers.items():
        if isinstance(layer, kinds):
            return name
    words = " or ".join(KINDS[kind] for kind in kinds)
    raise SettingError(f"{network.name} has no {words}", "Look at a network that has one: digitlab networks.")


def check_index(value: int, n: int, what: str) -> int:
    """`value`, if it is one of 0 to `n` - 1.

    Args:
        value: A unit, a map, a row, a column or an image.
        n: How many there are.
        what: What is numbered, for the error: `unit of hidden1`.

    Raises:
        SettingError: If it is not.
    """
    if not 0 <= value < n:
        raise SettingError(f"there is no {what} number {value}", f"They are numbered 0 to {n - 1}.")
    return value


def check_unit(unit: int, shape: tuple[int, ...], layer: str) -> int:
    """`unit`, if layer `layer`, whose output for one input has `shape`, has such a unit or map.

    Raises:
        SettingError: If it has not.
    """
    return check_index(unit, shape[0], f"{'map' if len(shape) == 3 else 'unit'} of {layer}")


def check_position(position: tuple[int, int], shape: tuple[int, ...], layer: str) -> tuple[int, int]:
    """`position`, row and column, if layer `layer`, whose output for one input has `shape`, has such a place.

    Raises:
        SettingError: If it has not, or puts out no maps.
    """
    if len(shape) != 3:
        raise SettingError(f"{layer} has no rows and columns: it puts out no maps", "Leave the position out.")
    row, column = position
    check_index(row, shape[1], f"row of {layer}")
    check_index(column, shape[2], f"column of {layer}")
    return row, column


def to_input_tensor(network: Network, ink: NDArray[np.float32]) -> Tensor:
    """Converts images to the input tensor of a network.

    Args:
        network: The network that takes them.
        ink: `(n, height, width)` or `(n, features)`, `float32`; images are ink in [0, 1].

    Raises:
        DataError: If the network takes inputs of another size.
    """
    shape = tuple(ink.shape[1:])
    if not network.takes(shape):
        here, there = (" x ".join(map(str, sides)) for sides in (shape, network.input_shape))
        raise DataError(
            f"{network.name} takes inputs of {there}; these are {here}",
            "Give it digits of the size it was trained on (--data).",
        )
    return torch.from_numpy(np.ascontiguousarray(ink, dtype=np.float32))


def first_hidden_layer(network: Network) -> str:
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
