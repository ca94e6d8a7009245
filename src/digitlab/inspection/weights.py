"""Weights as images: of dense units that read the image, and convolution kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from digitlab.errors import SettingError
from digitlab.figures.tiles import draw_tiles, draw_unit_weights
from digitlab.inspection.lookup import check_index, find_layer, first_layer, one_unit, page_of_units
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult
from digitlab.networks import Network

__all__ = [
    "Kernels",
    "UnitWeights",
    "image_layer",
    "kernels",
    "kernels_of_map",
    "unit_weights",
    "view_kernels",
    "view_unit_weights",
    "view_weights",
]

TILES = 1024
"""The most units whose weights one figure holds."""
KERNELS = 128
"""The most kernels that one figure holds."""
SIDES = {28 * 28: (28, 28), 20 * 20: (20, 20)}


@dataclass(frozen=True, eq=False)
class UnitWeights:
    """Weights of the units of a dense layer, each as an image.

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
    """The dense layer that reads the image itself; None if there is none, as after a convolution."""
    for name, layer in network.layers.items():
        if isinstance(layer, nn.Linear):
            return name if math.prod(network.input_shape) in SIDES else None
        if not isinstance(layer, nn.Flatten):
            return None
    return None


def unit_weights(network: Network, layer: str | None = None) -> UnitWeights:
    """The weights of a dense layer's units as images (studies `crash-course` and `hidden-layer`).

    Args:
        network: Any network whose first dense layer reads the image: `softmax` or `mlp`.
        layer: That layer; by default it is found.

    Raises:
        SettingError: If the layer is no dense one, or does not read the image.
    """
    sees = image_layer(network)
    name = layer or sees or first_layer(network, nn.Linear)
    dense = find_layer(network, name, nn.Linear)
    assert isinstance(dense, nn.Linear)
    if name != sees:
        raise SettingError(
            f"{network.name}: the units of {name} do not read the image, so their weights are no image",
            f"Look at {sees}." if sees else _instead(network),
        )
    weights = dense.weight.detach().cpu().numpy()
    return UnitWeights(
        layer=name,
        weights=weights.reshape(len(weights), *SIDES[weights.shape[1]]).copy(),
        biases=dense.bias.detach().cpu().numpy().copy(),
    )


def _instead(network: Network) -> str:
    needs = (
        "The views weights and unit-weights need a dense layer that reads 784 or 400 pixels: softmax or mlp."
    )
    convolutions = any(isinstance(layer, nn.Conv2d) for layer in network.layers.values())
    return f"{needs} Its kernels are in the view kernels." if convolutions else needs


def kernels(network: Network, layer: str | None = None) -> Kernels:
    """The kernels of a convolution (study `deep-mnist`: 32 of 5x5).

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
        check_index(unit, len(found.weights), f"map of {found.layer}")
    ]
    return chosen


def view_weights(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The weights of each unit as an image, all on one scale."""
    found = unit_weights(model.network, options.layer)
    n = len(found.weights)
    size = min(options.count or TILES, TILES)
    page = page_of_units(options.unit, options.page, n, size, found.layer)
    what = "the unit" if len(page.units) == 1 else "each unit"
    title = f"Weights of {found.layer}: what does {what} respond to?\n{model.name}; {page.format()}"
    wide = 5 if len(page.units) in (10, 25) else None
    figure = draw_tiles(found.weights[list(page.units)], title, [str(unit) for unit in page.units], wide)
    data = {"weights": found.weights, "biases": found.biases, "shown": np.array(page.units)}
    return ViewResult(data, figure, page.hint())


def view_unit_weights(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The weights of one unit, large."""
    found = unit_weights(model.network, options.layer)
    unit, n = one_unit(options.unit, "the weights") or 0, len(found.weights)
    check_index(unit, n, f"unit of {found.layer}")
    weights, bias = found.weights[unit], found.biases[unit]
    written = f"{bias:+.3g}".replace("-", "\N{MINUS SIGN}")
    title = f"Weights of unit {unit} of {found.layer}: what does it respond to?\n{model.name}; bias {written}"
    data = {"unit": np.array(unit), "weights": weights, "bias": bias}
    return ViewResult(data, draw_unit_weights(weights, title), _next_unit(unit, n, "unit"))


def _next_unit(unit: int, n: int, kind: str) -> str:
    """How to see another unit, where a figure shows one; empty if there is no other."""
    return f"{kind} {unit} of {n}; --unit {(unit + 1) % n} shows another" if n > 1 else ""


def view_kernels(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The kernels of a convolution as tiles on one scale."""
    found = kernels(model.network, options.layer)
    out, into = found.weights.shape[:2]
    size = "x".join(map(str, found.weights.shape[2:]))
    data = {"kernels": found.weights, "biases": found.biases}
    if into == 1:
        page = page_of_units(options.unit, options.page, out, KERNELS, found.layer, "map")
        title = (
            f"Kernels of {found.layer}: which patterns does each map respond to?\n"
            f"{model.name}; {page.format()}, {size}"
        )
        shown = found.weights[list(page.units), 0]
        hint = page.hint()
    else:
        unit = one_unit(options.unit, "the kernels") or 0
        kernels_of_one = kernels_of_map(found, unit)
        page = page_of_units(None, options.page, into, KERNELS, found.layer, "map")
        title = (
            f"Kernels of map {unit} of {found.layer}: what does it take from each map before it?\n"
            f"{model.name}; {page.format()} before it, {size}"
        )
        shown = data["chosen"] = kernels_of_one[list(page.units)]
        hint = "\n".join(filter(None, (_next_unit(unit, out, "map"), page.hint())))
    data["shown"] = np.array(page.units)
    return ViewResult(data, draw_tiles(shown, title, [str(unit) for unit in page.units], 8), hint)
