"""Layer and unit lookup: layers by name or kind, checked indices, images as input tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.errors import DataError, SettingError
from digitlab.networks import Network

__all__ = [
    "ACTIVATIONS",
    "UnitPage",
    "check_index",
    "check_position",
    "check_unit",
    "find_layer",
    "first_hidden_layer",
    "first_layer",
    "one_unit",
    "page_of_units",
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


def one_unit(units: Sequence[int] | None, what: str) -> int | None:
    """The one unit that is named; None if none is.

    Raises:
        SettingError: If several are named; `what` is what is asked of them: `the computation`.
    """
    if units is None:
        return None
    if len(units) != 1:
        raise SettingError(f"{what} of {len(units)} units", "Name one: --unit 3.")
    return units[0]


@dataclass(frozen=True)
class UnitPage:
    """The units, or feature maps, of a layer that one figure shows.

    Attributes:
        units: Which, numbered from 0.
        n: How many the layer has.
        kind: `unit` or `map`.
        page: Which page it is, from 1; None for units that were named.
        n_pages: How many pages the layer has.
    """

    units: tuple[int, ...]
    n: int
    kind: str
    page: int | None
    n_pages: int

    def format(self) -> str:
        """Which units these are: `units 0 to 39 of 700`, `unit 3`, `all 16 maps`."""
        if self.page is None:
            return f"{self.kind}{'s' if len(self.units) > 1 else ''} {', '.join(map(str, self.units))}"
        if self.n_pages > 1:
            return f"{self.kind}s {self.units[0]} to {self.units[-1]} of {self.n:,}"
        return f"all {self.n:,} {self.kind}s" if self.n > 1 else f"the one {self.kind}"

    def hint(self) -> str:
        """How to see the other units: `units 0 to 39 of 700; --page 2 shows the next`; empty for none."""
        if self.page is None or self.n_pages == 1:
            return ""
        if self.page < self.n_pages:
            return f"{self.format()}; --page {self.page + 1} shows the next"
        return f"{self.format()}; --page 1 shows the first"


def page_of_units(
    units: Sequence[int] | None, page: int, n: int, size: int, layer: str, kind: str = "unit"
) -> UnitPage:
    """The units that were named, or else one page of all units of a layer.

    Args:
        units: Those named, from 0; None for a page.
        page: Which page, from 1.
        n: How many units the layer has.
        size: How many a page holds.
        layer: The layer's name, for errors.
        kind: What they are: `unit` or `map`.

    Raises:
        SettingError: If there is no such unit or page, more units are named than a page holds, or both are
            given.
    """
    n_pages = -(-n // size)
    if units is not None:
        if page != 1:
            raise SettingError(f"page {page} of {kind}s that are named", "Leave out --page or --unit.")
        if not 1 <= len(units) <= size:
            raise SettingError(f"{len(units)} {kind}s in one figure", f"Name 1 to {size} (--unit).")
        checked = tuple(check_index(unit, n, f"{kind} of {layer}") for unit in units)
        return UnitPage(checked, n, kind, None, n_pages)
    if page > n_pages:
        raise SettingError(
            f"there is no page {page} of {layer}",
            f"Its {n} {kind}s are on {'1 page' if n_pages == 1 else f'{n_pages} pages'} of {size}.",
        )
    start = (page - 1) * size
    return UnitPage(tuple(range(start, min(start + size, n))), n, kind, page, n_pages)
