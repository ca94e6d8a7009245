"""Weights as images: of units that see the picture, and of convolution kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from digitlab.errors import SettingError
from digitlab.inspection.places import check_number, find_layer, first_layer
from digitlab.networks import Network

__all__ = ["Kernels", "UnitImages", "image_layer", "kernels", "kernels_of_map", "unit_images"]

SIDES = {28 * 28: (28, 28), 20 * 20: (20, 20)}


@dataclass(frozen=True, eq=False)
class UnitImages:
    """What every unit of a dense layer looks for.

    Attributes:
        layer: The layer.
        weights: `(units, height, width)`, the weight of each pixel, as the network multiplies ink by it.
        biases: `(units,)`.
    """

    layer: str
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Kernels:
    """The kernels of a convolution.

    Attributes:
        layer: The layer.
        weights: `(maps out, maps in, height, width)`.
        biases: `(maps out,)`.
    """

    layer: str
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]


def image_layer(network: Network) -> str | None:
    """The dense layer that sees the picture itself; None if there is none, as after a convolution."""
    for name, layer in network.layers.items():
        if isinstance(layer, nn.Linear):
            return name if math.prod(network.input_shape) in SIDES else None
        if not isinstance(layer, nn.Flatten):
            return None
    return None


def unit_images(network: Network, layer: str | None = None) -> UnitImages:
    """The weights of a dense layer's units as images (sources 000 and 003).

    Args:
        network: Any network whose first dense layer sees the picture: `softmax` or `mlp`.
        layer: That layer; by default it is found.

    Raises:
        SettingError: If the layer is no dense one, or does not see the picture.
    """
    sees = image_layer(network)
    name = layer or sees or first_layer(network, nn.Linear)
    dense = find_layer(network, name, nn.Linear)
    assert isinstance(dense, nn.Linear)
    if name != sees:
        raise SettingError(
            f"{network.name}: the units of {name} do not see the picture, so their weights are no image",
            f"Look at {sees}." if sees else _instead(network),
        )
    weights = dense.weight.detach().cpu().numpy()
    return UnitImages(
        layer=name,
        weights=weights.reshape(len(weights), *SIDES[weights.shape[1]]).copy(),
        biases=dense.bias.detach().cpu().numpy().copy(),
    )


def _instead(network: Network) -> str:
    needs = "The views weights and unit need a dense layer that reads 784 or 400 pixels: softmax or mlp."
    convolutions = any(isinstance(layer, nn.Conv2d) for layer in network.layers.values())
    return f"{needs} Its kernels are in the view filters." if convolutions else needs


def kernels(network: Network, layer: str | None = None) -> Kernels:
    """The kernels of a convolution (source 002: 32 of 5x5).

    Args:
        network: A network that has a convolution.
        layer: Which; by default the first.

    Raises:
        SettingError: If the network has no convolution of that name, or none at all.
    """
    name = layer or first_layer(network, nn.Conv2d)
    convolution = find_layer(network, name, nn.Conv2d)
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.bias is not None
    return Kernels(
        layer=name,
        weights=convolution.weight.detach().cpu().contiguous().numpy().copy(),
        biases=convolution.bias.detach().cpu().numpy().copy(),
    )


def kernels_of_map(found: Kernels, unit: int) -> NDArray[np.float32]:
    """The kernels of one map that comes out, one for each map that comes in: `(maps in, height, width)`.

    Raises:
        SettingError: If there is no such map.
    """
    chosen: NDArray[np.float32] = found.weights[
        check_number(unit, len(found.weights), f"map of {found.layer}")
    ]
    return chosen
