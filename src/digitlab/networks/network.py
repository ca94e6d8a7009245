"""`Network`: layers by name, with the options they were built from; and its layer table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn

from digitlab.arguments import check_arguments
from digitlab.networks.layers import Crop, Normalize, Projection, SelectPixels, Unsqueeze

__all__ = ["LayerRow", "Network", "layer_table", "multiply_adds"]

FIXED = (nn.Flatten, Unsqueeze, Crop, Normalize, SelectPixels, Projection)
"""Layers without parameters, randomness and changing state; others that come first are not precomputed."""


class Network(nn.Module):
    """A sequential network of named layers, with the plain data that builds it again.

    The output of a layer is the only input of the next one, so that inspection can stop after any layer and
    name it.

    Attributes:
        name: The architecture's name, for example `mlp`.
        options: The architecture's options as plain data, complete; `build(name, **options)` makes
            the same network.
        input_shape: Shape of one input: `(height, width)`, or `(features,)` for a network that
            takes images and feature vectors of that many numbers.
        layers: The layers by name, in order.
        no_digit: A layer beside the last that takes the same input and gives one logit more, `(n, 1)`, of
            "this shows no digit"; None for a network of ten digits only.
    """

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any],
        input_shape: tuple[int, ...],
        layers: Mapping[str, nn.Module],
        no_digit: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.options = dict(options)
        self.input_shape = input_shape
        self.layers = nn.ModuleDict(layers)
        self.no_digit = no_digit

    def forward(self, images: Tensor) -> Tensor:
        """Logits of each digit.

        Args:
            images: `(n, *input_shape)`, `float32`; ink in [0, 1]: 0 paper, 1 ink. A network with
                `(features,)` takes images too, flattened by rows.

        Returns:
            `(n, 10)` logits; `softmax` over axis 1 makes them probabilities.
        """
        signal = images
        for layer in self.layers.values():
            signal = layer(signal)
        return signal

    def outputs(self, images: Tensor) -> Tensor:
        """Logits of each digit and, where the network has it, of "no digit".

        Args:
            images: As in `forward`.

        Returns:
            `(n, 11)` logits, the last of "no digit"; `(n, 10)` for a network of ten digits only.
        """
        *others, last = self.layers.values()
        signal = images
        for layer in others:
            signal = layer(signal)
        digits: Tensor = last(signal)
        return digits if self.no_digit is None else torch.cat([digits, self.no_digit(signal)], 1)

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether inputs of this shape (without the batch axis) fit this network."""
        return shape == self.input_shape or (
            len(self.input_shape) == 1 and math.prod(shape) == self.input_shape[0]
        )

    def fixed_prefix(self) -> tuple[str, ...]:
        """Names of the leading layers whose output is a fixed function of the input.

        They have no trainable parameters, no randomness and no state that training changes, so that their
        output may be computed once for a whole data set.
        """
        return tuple(
            name for name, _ in takewhile(lambda item: isinstance(item[1], FIXED), self.layers.items())
        )

    def parameter_count(self) -> int:
        """Number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.parameters())


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


@check_arguments
def layer_table(network: Network) -> list[LayerRow]:
    """Layer table of `network`: one row for each layer, in order."""
    was_training = network.training
    network.eval()
    rows = []
    with torch.no_grad():
        signal = torch.zeros(1, *network.input_shape, device=next(network.parameters()).device)
        for name, layer in network.layers.items():
            before, signal = signal, layer(signal)
            shape = tuple(signal.shape[1:])
            parameters = sum(parameter.numel() for parameter in layer.parameters())
            rows.append(LayerRow(name, type(layer).__name__, shape, parameters, _multiply_adds(layer, shape)))
        if network.no_digit is not None:
            shape = tuple(network.no_digit(before).shape[1:])
            parameters = sum(parameter.numel() for parameter in network.no_digit.parameters())
            kind, products = type(network.no_digit).__name__, _multiply_adds(network.no_digit, shape)
            rows.append(LayerRow("no_digit", kind, shape, parameters, products))
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
