"""`LayerList`: a network as plain data, layers with settings and weights, that JavaScript can run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.arguments import check_arguments
from digitlab.errors import ModelError
from digitlab.networks import Dropout, Network
from digitlab.networks.layers import Crop, GlobalPool, Normalize, Projection, SelectPixels, Unsqueeze

__all__ = ["LayerList", "PlainLayer", "list_layers"]

REMEDY = "Export it to a file for a program instead: --to FILE.onnx."
Parts = tuple[str, dict[str, Any], dict[str, Tensor]]
"""Kind, settings and arrays of a layer."""


@dataclass(frozen=True, eq=False)
class PlainLayer:
    """One layer as plain data.

    Attributes:
        name: Its name in the network.
        kind: What it computes: a name that `page/network.js` knows.
        input_shape: Shape of what it takes for one input, without the batch axis.
        output_shape: Shape of what it gives.
        settings: Numbers, and lists of numbers, that decide what it computes.
        arrays: Its weights by name, `float32`.
    """

    name: str
    kind: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    settings: Mapping[str, Any]
    arrays: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class LayerList:
    """A network as plain data; each layer takes what the one before it gives.

    Attributes:
        network: The name of the architecture.
        input_shape: Shape of one input, ink in [0, 1]: `(height, width)` or `(features,)`.
        layers: The layers, in order; the last gives the logits.
        no_digit: A layer beside the last one, for the logit of "no digit"; None where there is none.
    """

    network: str
    input_shape: tuple[int, ...]
    layers: tuple[PlainLayer, ...]
    no_digit: PlainLayer | None

    @property
    def every(self) -> tuple[PlainLayer, ...]:
        """All layers; that of "no digit" is the last."""
        return self.layers if self.no_digit is None else (*self.layers, self.no_digit)

    @property
    def n_numbers(self) -> int:
        """How many numbers all arrays hold."""
        return sum(array.size for layer in self.every for array in layer.arrays.values())

    def description(self) -> dict[str, Any]:
        """Everything but the numbers of the arrays, for JSON.

        `arrays` of a layer tells for each its `shape` and its `start`, the index of its first number in
        `numbers`; an array is stored by rows.
        """
        start, plain = 0, []
        for layer in self.every:
            arrays = {}
            for name, array in layer.arrays.items():
                arrays[name] = {"shape": list(array.shape), "start": start}
                start += array.size
            plain.append(
                {
                    "name": layer.name,
                    "kind": layer.kind,
                    "input_shape": list(layer.input_shape),
                    "output_shape": list(layer.output_shape),
                    "settings": dict(layer.settings),
                    "arrays": arrays,
                }
            )
        no_digit = plain.pop() if self.no_digit else None
        shape = list(self.input_shape)
        return {"network": self.network, "input_shape": shape, "layers": plain, "no_digit": no_digit}

    def numbers(self) -> bytes:
        """The numbers of all arrays in a row: `float32`, the lowest byte first."""
        return b"".join(
            array.astype("<f4").tobytes() for layer in self.every for array in layer.arrays.values()
        )


@check_arguments
def list_layers(network: Network) -> LayerList:
    """A network, as it is in evaluation mode, as plain data.

    Args:
        network: On any device; it is left in the mode it was in.

    Raises:
        ModelError: If a layer is of a kind, or has a setting, that `page/network.js` cannot run, or a weight
            is not finite.
    """
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        with torch.no_grad():
            return _listed(network)
    finally:
        for module, mode in modes.items():
            module.training = mode


def _listed(network: Network) -> LayerList:
    described = {name: _described(name, layer) for name, layer in network.layers.items()}
    device = next(network.parameters()).device
    signal = before = torch.zeros(1, *network.input_shape, device=device)
    layers = []
    for name, layer in network.layers.items():
        before, signal = signal, layer(signal)
        layers.append(_plain(name, described[name], before, signal))
    no_digit = None
    if network.no_digit is not None:
        parts = _described("no_digit", network.no_digit)
        no_digit = _plain("no_digit", parts, before, network.no_digit(before))
    return LayerList(network.name, network.input_shape, tuple(layers), no_digit)


def _plain(name: str, parts: Parts, before: Tensor, after: Tensor) -> PlainLayer:
    kind, settings, tensors = parts
    arrays: dict[str, NDArray[np.float32]] = {}
    for each, tensor in tensors.items():
        arrays[each] = tensor.detach().float().cpu().numpy()
        if not np.isfinite(arrays[each]).all():
            raise ModelError(
                f"{each} of layer {name} holds values that are not numbers", "Train the network again."
            )
    return PlainLayer(name, kind, tuple(before.shape[1:]), tuple(after.shape[1:]), settings, arrays)


def _described(name: str, layer: nn.Module) -> Parts:
    describe = KINDS.get(type(layer))
    parts = describe(layer) if describe else None
    if parts is None:
        raise ModelError(
            f"a page cannot run layer {name}: {' '.join(repr(layer).split())}",
            REMEDY,
        )
    return parts


def _convolution(layer: nn.Conv2d) -> Parts | None:
    if isinstance(layer.padding, str) or layer.padding_mode != "zeros" or layer.dilation != (1, 1):
        return None
    settings = {
        "kernel": list(layer.kernel_size),
        "stride": list(layer.stride),
        "padding": list(layer.padding),
        "groups": layer.groups,
    }
    return "convolution", settings, _weights(layer)


def _max_pool(layer: nn.MaxPool2d) -> Parts | None:
    if _pair(layer.padding) != [0, 0] or _pair(layer.dilation) != [1, 1] or layer.ceil_mode:
        return None
    return "max-pool", {"size": _pair(layer.kernel_size), "stride": _pair(layer.stride)}, {}


def _pair(size: Any) -> list[int]:
    return list(size) if isinstance(size, tuple) else [size, size]


def _weights(layer: nn.Linear | nn.Conv2d) -> dict[str, Tensor]:
    return {"weight": layer.weight} if layer.bias is None else {"weight": layer.weight, "bias": layer.bias}


def _batch_norm(layer: nn.BatchNorm2d) -> Parts | None:
    """In evaluation mode: each channel times a number, plus another (Ioffe and Szegedy 2015)."""
    if layer.running_mean is None or layer.running_var is None:
        return None
    scale = 1 / (layer.running_var.double() + layer.eps).sqrt()
    shift = -layer.running_mean.double() * scale
    if layer.affine:
        scale, shift = scale * layer.weight, shift * layer.weight + layer.bias
    return "batch-norm", {}, {"scale": scale, "shift": shift}


def _same(kind: str) -> Callable[[Any], Parts]:
    """Describes a layer that has neither settings nor weights."""
    return lambda layer: (kind, {}, {})


KINDS: Mapping[type, Callable[[Any], Parts | None]] = {
    nn.Linear: lambda layer: ("dense", {}, _weights(layer)),
    nn.Conv2d: _convolution,
    nn.MaxPool2d: _max_pool,
    nn.BatchNorm2d: _batch_norm,
    nn.ReLU: _same("relu"),
    nn.Sigmoid: _same("sigmoid"),
    nn.Tanh: _same("tanh"),
    nn.Flatten: lambda layer: ("flatten", {}, {}) if (layer.start_dim, layer.end_dim) == (1, -1) else None,
    nn.Identity: _same("identity"),
    nn.Dropout: _same("dropout"),
    Dropout: _same("dropout"),
    Unsqueeze: _same("channel"),
    Crop: lambda layer: ("crop", {"margin": layer.margin}, {}),
    Normalize: _same("normalize"),
    SelectPixels: lambda layer: ("select", {"indices": layer.indices.tolist()}, {}),
    Projection: lambda layer: (
        "projection",
        {},
        {"mean": layer.mean, "components": layer.components},
    ),
    GlobalPool: _same("global-pool"),
}
"""How each kind of layer is described; None where a page cannot run one with its settings."""
