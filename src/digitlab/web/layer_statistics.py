"""What can be seen of a network while it trains: statistics of each layer, and its first layer's weights."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.networks import Network

__all__ = ["FirstWeights", "first_weights", "layer_statistics"]

PICTURED = 40
"""The most units whose weights are shown."""
ENDS: dict[type[nn.Module], tuple[float, ...]] = {
    nn.ReLU: (0.0,),
    nn.Sigmoid: (0.0, 1.0),
    nn.Tanh: (-1.0, 1.0),
}
"""The outputs at which an activation function is flat, so that no gradient passes."""
CLOSE = 0.01
"""How close to such an end an output of sigmoid or tanh counts as being there."""


@torch.inference_mode()
def layer_statistics(
    network: Network, gradients: Mapping[str, Tensor], inputs: Tensor
) -> list[dict[str, Any]]:
    """Statistics of each dense layer and convolution, in order, with the activation that follows it.

    Args:
        network: While it is trained; left in training mode.
        gradients: Of the last step, by parameter name.
        inputs: `(n, *input_shape)`: what the activations are computed for, in evaluation mode.

    Returns:
        For each layer `name`, `kind`, `activation` (the name of the function, or None), `weight` and
        `gradient` (root mean square of the weights and of their gradient), `mean` and `sd` of the outputs,
        `flat` (the share of outputs at a flat end of the activation: zeros of ReLU), `units`, and `dead`
        (how many units are there for every input: they get no gradient); `flat` and `dead` are None
        without such an activation. A number that is not finite is None.
    """
    network.eval()
    found = []
    for name, layer, activation, outputs in _weighted_layers(network, inputs):
        weight = layer.get_parameter("weight")
        gradient = gradients.get(f"layers.{name}.weight")
        row = {
            "name": name,
            "kind": "convolution" if isinstance(layer, nn.Conv2d) else "dense",
            "activation": type(activation).__name__ if activation else None,
            "weight": _finite(_root_mean_square(weight)),
            "gradient": None if gradient is None else _finite(_root_mean_square(gradient)),
            "mean": _finite(outputs.mean().item()),
            "sd": _finite(outputs.std(correction=0).item()),
            "units": outputs.shape[1],
            "flat": None,
            "dead": None,
        }
        if activation is not None:
            flat = _is_flat(outputs, type(activation))
            row["flat"] = flat.float().mean().item()
            row["dead"] = int(flat.transpose(0, 1).flatten(1).all(1).sum())
        found.append(row)
    network.train()
    return found


def _weighted_layers(
    network: Network, inputs: Tensor
) -> Iterator[tuple[str, nn.Module, nn.Module | None, Tensor]]:
    """Each dense layer and convolution, the activation before the next one, and the outputs after that."""
    current: tuple[str, nn.Module] | None = None
    activation: nn.Module | None = None
    outputs = signal = inputs
    for name, layer in network.layers.items():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            if current:
                yield *current, activation, outputs
            current, activation = (name, layer), None
        signal = layer(signal)
        if activation is None:
            outputs = signal
        if type(layer) in ENDS and activation is None:
            activation = layer
    if current:
        yield *current, activation, outputs


def _is_flat(outputs: Tensor, kind: type[nn.Module]) -> Tensor:
    if kind is nn.ReLU:
        return outputs == 0
    near = torch.zeros_like(outputs, dtype=torch.bool)
    for end in ENDS[kind]:
        near |= (outputs - end).abs() < CLOSE
    return near


def _root_mean_square(values: Tensor) -> float:
    largest = values.abs().max().float().item()  # squares of what diverges do not fit into float32
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * (values.float() / largest).square().mean().sqrt().item()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


@dataclass(frozen=True, eq=False)
class FirstWeights:
    """The weights of the first layer as pictures.

    Attributes:
        layer: Its name.
        pictures: `(n, height, width)`, `uint8`: 128 is 0, 1 and 255 are minus and plus `limit`.
        limit: The largest absolute weight; above 0.
        units: How many units it has; n is less where they are many.
    """

    layer: str
    pictures: NDArray[np.uint8]
    limit: float
    units: int


@torch.inference_mode()
def first_weights(network: Network) -> FirstWeights | None:
    """Those of the layer that reads the image; None if they make no pictures, or are not finite."""
    for name, layer in network.layers.items():
        if isinstance(layer, nn.Linear):
            side = math.isqrt(layer.in_features)
            if side * side != layer.in_features:
                return None
            pictures = layer.weight.reshape(-1, side, side)
        elif isinstance(layer, nn.Conv2d):
            pictures = layer.weight.mean(1)
        else:
            continue
        shown = pictures[:PICTURED].float()
        limit = shown.abs().max().item()
        if not math.isfinite(limit):
            return None
        limit = limit or 1.0  # softmax regression begins with zeros
        scaled = (128 + 127 * shown / limit).round().to(torch.uint8)
        return FirstWeights(name, scaled.cpu().contiguous().numpy(), limit, len(pictures))
    return None
