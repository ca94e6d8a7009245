"""`Examples`: inputs and labels as tensors in memory, ready to be gathered into batches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from digitlab.data import Digits
from digitlab.errors import DataError
from digitlab.networks import Network

__all__ = ["Examples"]


@dataclass(frozen=True, eq=False)
class Examples:
    """What a network is trained on or scored with.

    Attributes:
        inputs: `(n, height, width)` ink in [0, 1], or `(n, features)`; `float32`.
        labels: `(n,)`, `int64`, 0 to 9.
    """

    inputs: Tensor
    labels: Tensor

    @classmethod
    def of(cls, digits: Digits) -> Examples:
        """The pictures and labels of `digits` as tensors."""
        return cls(torch.from_numpy(digits.ink()), torch.tensor(digits.labels))

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: str) -> Examples:
        """The same on another device."""
        return Examples(self.inputs.to(device), self.labels.to(device))

    def check_fit(self, network: Network) -> None:
        """Checks that `network` takes these inputs.

        Raises:
            DataError: If it does not; the message says what it takes.
        """
        shape = tuple(self.inputs.shape[1:])
        if not network.takes(shape):
            here, there = (" x ".join(map(str, sides)) for sides in (shape, network.input_shape))
            raise DataError(
                f"{network.name} takes inputs of {there}; these are {here}",
                "Train softmax or mlp, which take any size, or choose other data.",
            )
