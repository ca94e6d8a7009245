"""The layer table of a network: shapes, parameters and multiply-adds, one row for each layer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from digitlab.networks.layers import Projection
from digitlab.networks.network import Network

__all__ = ["LayerRow", "layer_table", "multiply_adds"]


@dataclass(frozen=True)
class LayerRow:
    """One layer of a network.

    Attributes:
        name: Its name in the network.
        kind: Its class, for example `Conv2d`.
        output_shape: Shape of its output for one input, without the batch axis.
        parameters: Number of trainable parameters.
        multiply_adds: Multiplications with a weight for one input. Dense layers and convolutions
            count; biases, activations, pooling and normalization do not, as is usual.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


def layer_table(network: Network) -> list[LayerRow]:
    """Layer table of `network`: one row for each layer, in order."""
    was_training = network.training
    network.eval()
    rows = []
    with torch.no_grad():
        signal = torch.zeros(1, *network.input_shape, device=next(network.parameters()).device)
        for name, layer in network.layers.items():
            signal = layer(signal)
            shape = tuple(signal.shape[1:])
            parameters = sum(parameter.numel() for parameter in layer.parameters())
            rows.append(LayerRow(name, type(layer).__name__, shape, parameters, _multiply_adds(layer, shape)))
    network.train(was_training)
    return rows


def multiply_adds(network: Network) -> int:
    """Multiply-adds of a whole network for one input."""
    return sum(row.multiply_adds for row in layer_table(network))


def _multiply_adds(layer: nn.Module, output_shape: tuple[int, ...]) -> int:
    if isinstance(layer, nn.Linear):
        return layer.in_features * layer.out_features
    if isinstance(layer, nn.Conv2d):
        return math.prod(output_shape) * math.prod(layer.weight.shape[1:])
    if isinstance(layer, Projection):
        return layer.components.numel()
    return 0
