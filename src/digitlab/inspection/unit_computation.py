"""The computation of one unit: inputs, weights, products, sum, bias and activation, as the network did it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import from_numpy, nn
from torch.nn.functional import unfold

from digitlab.formatting import MINUS, format_count, format_number
from digitlab.inspection.activations import compute_activations
from digitlab.inspection.lookup import ACTIVATIONS, check_position, check_unit, find_layer
from digitlab.networks import Dropout, Network

__all__ = [
    "Step",
    "UnitComputation",
    "compute_unit",
]

INPUT = "image"
"""Name of the network's input."""


@dataclass(frozen=True)
class Step:
    """One later layer applied to a unit's value.

    Attributes:
        layer: The layer's name.
        kind: `relu`, `sigmoid`, `tanh`, or `max` for pooling.
        inputs: What it was computed from: one number, or the pooled window's.
        value: What came out.
        position: Row and column of it in the layer's maps; None for a dense unit.
    """

    layer: str
    kind: str
    inputs: tuple[float, ...]
    value: float
    position: tuple[int, int] | None

    def equation(self) -> str:
        """The step as an equation: `relu(0.250) = 0.250`."""
        return f"{self.kind}({', '.join(_number(each) for each in self.inputs)}) = {_number(self.value)}"


@dataclass(frozen=True, eq=False)
class UnitComputation:
    """The computation of one activation: `sum(inputs * weights) + bias = value`, then `steps`.

    Inputs, weights, bias and `value` are the very float32 numbers the network used; products and their
    sums are computed in float64, where a product of two of them is exact. So `total` differs from
    `value` by no more than the network's own rounding.

    Attributes:
        layer: The dense layer or convolution.
        unit: Which unit or map, from 0.
        position: Row and column in the map, for a convolution; None for a dense unit.
        patch_origin: Row and column in the maps before it of the patch's upper left pixel; below 0 where the
            patch reaches into the padding. None for a dense unit.
        source: The layer whose numbers are the inputs, or `image`.
        source_maps: Its output for this image, `(channels, height, width)`, `(height, width)` or
            `(units,)`.
        inputs: `(features,)`, or a patch of every map `(channels, kernel height, kernel width)`;
            padding is 0.
        weights: Of the same shape.
        products: `inputs * weights`, of the same shape.
        bias: Added to their sum; 0 for a layer without.
        value: The layer's output in the network.
        steps: Later layers applied to `value`: up to the first activation, through pooling;
            empty where none follows.
    """

    layer: str
    unit: int
    position: tuple[int, int] | None
    patch_origin: tuple[int, int] | None
    source: str
    source_maps: NDArray[np.float32]
    inputs: NDArray[np.float32]
    weights: NDArray[np.float32]
    products: NDArray[np.float64]
    bias: float
    value: float
    steps: tuple[Step, ...]

    @property
    def sum_of_products(self) -> float:
        """The sum of all products, in float64 without rounding on the way."""
        return math.fsum(self.products.ravel().tolist())

    @property
    def total(self) -> float:
        """`sum_of_products + bias`."""
        return self.sum_of_products + self.bias

    @property
    def map_sums(self) -> NDArray[np.float64]:
        """What each map before a convolution adds, `(channels,)`; of a dense unit, its products."""
        return self.products if self.products.ndim == 1 else self.products.sum(axis=(1, 2))

    def label(self) -> str:
        """Which unit it is: `unit 3 of hidden1`, `map 5 of conv1 at row 2, column 7`."""
        if self.position is None:
            return f"unit {self.unit} of {self.layer}"
        return f"map {self.unit} of {self.layer} at row {self.position[0]}, column {self.position[1]}"

    def input_name(self, number: int) -> str:
        """What the input of a dense unit is: `relu1 17`, `pool2 map 3 (2, 5)` or `pixel (14, 9)`.

        Args:
            number: Which, from 0 to features - 1.
        """
        index = tuple(map(int, np.unravel_index(number, self.source_maps.shape)))
        if len(index) == 1:
            return f"pixel {index[0]}" if self.source == INPUT else f"{self.source} {index[0]}"
        what = "pixel" if len(index) == 2 else f"{self.source} map {index[0]}"
        return f"{what} ({index[-2]}, {index[-1]})"

    def equation(self) -> str:
        """All of it in one line."""
        what = format_count(self.products.size, "product")
        first = (
            f"sum of {what} {_number(self.sum_of_products)} + bias {_number(self.bias)} "
            f"= {_number(self.total)}"
        )
        return "; ".join([first, *(step.equation() for step in self.steps)])


def compute_unit(
    network: Network,
    ink: NDArray[np.floating],
    layer: str,
    unit: int | None = None,
    position: tuple[int, int] | None = None,
) -> UnitComputation:
    """The computation of one unit for one image.

    Args:
        network: Any network.
        ink: `(height, width)` or `(features,)`; images are ink in [0, 1].
        layer: A dense layer or a convolution.
        unit: Which unit or map, from 0; None for the one with the largest output.
        position: Row and column in the map, for a convolution; None for where the map is largest.

    Raises:
        SettingError: If there is no such layer, unit or position.
        DataError: If the network takes images of another size.
    """
    found = find_layer(network, layer, nn.Linear, nn.Conv2d)
    outputs = {name: each[0] for name, each in compute_activations(network, ink[None]).items()}
    own = outputs[layer]
    maps = isinstance(found, nn.Conv2d)
    if position is not None:
        check_position(position, own.shape, layer)
    if unit is None:
        unit = int(np.unravel_index(own.argmax(), own.shape)[0])
    check_unit(unit, own.shape, layer)
    place: tuple[int, ...] = (unit,)
    if maps:
        if position is None:
            row, column = np.unravel_index(own[unit].argmax(), own[unit].shape)
            position = int(row), int(column)
        place = (unit, *position)
    source, source_maps = _source(network, layer, np.asarray(ink, dtype=np.float32), outputs)
    patch_origin = None
    if isinstance(found, nn.Conv2d):
        assert position is not None
        inputs, patch_origin = _patch(found, source_maps, position)
    else:
        inputs = source_maps.reshape(-1)
    assert isinstance(found, nn.Linear | nn.Conv2d)
    weights: NDArray[np.float32] = found.weight[unit].detach().float().cpu().numpy().copy()
    return UnitComputation(
        layer=layer,
        unit=unit,
        position=position,
        patch_origin=patch_origin,
        source=source,
        source_maps=source_maps,
        inputs=inputs,
        weights=weights,
        products=inputs.astype(np.float64) * weights.astype(np.float64),
        bias=0.0 if found.bias is None else float(found.bias[unit].detach()),
        value=float(own[place]),
        steps=_steps(network, layer, outputs, place),
    )


def _source(
    network: Network, layer: str, ink: NDArray[np.float32], outputs: Mapping[str, NDArray[np.float32]]
) -> tuple[str, NDArray[np.float32]]:
    """The layer before `layer` that last changed a number, and its output.

    Flattening and dropout, which does nothing in evaluation mode, are passed by, so that an input is
    named by where it stands in a map.
    """
    names = list(network.layers)
    for name in reversed(names[: names.index(layer)]):
        if not isinstance(network.layers[name], nn.Flatten | Dropout):
            return name, outputs[name]
    return INPUT, ink


def _patch(
    found: nn.Conv2d, maps: NDArray[np.float32], position: tuple[int, int]
) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """What a kernel lies on at one position, `(channels, kernel height, kernel width)`, and its corner."""
    assert not isinstance(found.padding, str)
    patches = unfold(
        from_numpy(maps)[None],
        kernel_size=found.kernel_size,
        dilation=found.dilation,
        padding=found.padding,
        stride=found.stride,
    )
    across = (maps.shape[2] + 2 * found.padding[1] - found.kernel_size[1]) // found.stride[1] + 1
    patch = patches[0, :, position[0] * across + position[1]].reshape(len(maps), *found.kernel_size)
    patch_origin = tuple(
        where * step - beyond
        for where, step, beyond in zip(position, found.stride, found.padding, strict=True)
    )
    array: NDArray[np.float32] = patch.numpy()
    return array, (patch_origin[0], patch_origin[1])


def _steps(
    network: Network, layer: str, outputs: Mapping[str, NDArray[np.float32]], place: tuple[int, ...]
) -> tuple[Step, ...]:
    """What becomes of the value at `place`, through pooling, up to and with the first activation."""
    steps: list[Step] = []
    names = list(network.layers)
    values = outputs[layer]
    for name in names[names.index(layer) + 1 :]:
        after = network.layers[name]
        kind = ACTIVATIONS.get(type(after))
        if kind:
            steps.append(Step(name, kind, (float(values[place]),), float(outputs[name][place]), _at(place)))
            return tuple(steps)
        if not isinstance(after, nn.MaxPool2d) or after.stride != after.kernel_size:
            break
        side = after.kernel_size
        assert isinstance(side, int)
        pooled = (place[0], place[1] // side, place[2] // side)
        if any(where >= size for where, size in zip(pooled, outputs[name].shape, strict=True)):
            break  # an edge that does not fill a window is left out by pooling
        window = values[
            pooled[0],
            pooled[1] * side : (pooled[1] + 1) * side,
            pooled[2] * side : (pooled[2] + 1) * side,
        ]
        steps.append(
            Step(name, "max", tuple(map(float, window.ravel())), float(outputs[name][pooled]), _at(pooled))
        )
        values, place = outputs[name], pooled
    return tuple(steps)


def _at(place: tuple[int, ...]) -> tuple[int, int] | None:
    return (place[1], place[2]) if len(place) == 3 else None


def _number(value: float) -> str:
    """Three decimals; more where these would say nothing."""
    if value == 0 or abs(value) >= 0.001:
        return format_number(value, 3)
    return f"{value:.1e}".replace("-", MINUS)
