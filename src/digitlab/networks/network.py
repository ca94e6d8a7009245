"""`Network`: named layers run one after another, from ink to logits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

__all__ = ["Network"]


class Network(nn.Module):
    """A digit network: a row of named layers, and the plain data that builds it again.

    Every network here is a row: what a layer puts out is all that the next one gets. Whoever looks
    inside can therefore stop after any layer, and name it.

    Attributes:
        name: The architecture's name, for example `mlp`.
        options: The architecture's options as plain data, complete; `build(name, **options)` makes
            the same network.
        input_shape: Shape of one input: `(height, width)`, or `(features,)` for a network that
            takes any picture or feature vector of that many numbers.
        layers: The layers by name, in order.
    """

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any],
        input_shape: tuple[int, ...],
        layers: Mapping[str, nn.Module],
    ) -> None:
        super().__init__()
        self.name = name
        self.options = dict(options)
        self.input_shape = input_shape
        self.layers = nn.ModuleDict(layers)

    def forward(self, ink: Tensor) -> Tensor:
        """Logits of each digit.

        Args:
            ink: `(n, *input_shape)`, `float32`. Pictures are ink in [0, 1]: 0 paper, 1 ink. A
                network with `(features,)` takes pictures too, unrolled by rows.

        Returns:
            `(n, 10)` logits; `softmax` over axis 1 makes them probabilities.
        """
        signal = ink
        for layer in self.layers.values():
            signal = layer(signal)
        return signal

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether inputs of this shape (without the batch axis) fit this network."""
        return shape == self.input_shape or (
            len(self.input_shape) == 1 and math.prod(shape) == self.input_shape[0]
        )

    def parameter_count(self) -> int:
        """How many numbers training changes."""
        return sum(parameter.numel() for parameter in self.parameters())
