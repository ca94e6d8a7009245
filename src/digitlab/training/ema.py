"""Exponential moving average (EMA) of a network's weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

__all__ = ["EMA"]


class EMA:
    """An exponential moving average of parameters and buffers.

        average <- decay average + (1 - decay) weights

    Buffers too: an average that leaves the statistics of batch normalization out costs up to a point
    of accuracy early on. Early, the decay is lowered to `(1 + t) / (10 + t)` after `t` steps, so that
    the initial weights are soon forgotten. Integer buffers are copied, not averaged.

    Args:
        tensors: The live tensors; they stay the same objects while training.
        decay: In [0, 1).

    Attributes:
        averages: One for each live tensor.
    """

    def __init__(self, tensors: Sequence[Tensor], decay: float) -> None:
        self.decay = decay
        self._live = [tensor.detach() for tensor in tensors]
        self.averages = [tensor.clone() for tensor in self._live]
        self._floating = [i for i, tensor in enumerate(self._live) if tensor.is_floating_point()]
        self._integer = [i for i, tensor in enumerate(self._live) if not tensor.is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the live tensors as they are after `step` steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        averages = [self.averages[i] for i in self._floating]
        torch._foreach_lerp_(averages, [self._live[i] for i in self._floating], 1 - decay)
        for i in self._integer:
            self.averages[i].copy_(self._live[i])

    @contextmanager
    @torch.no_grad()
    def swap_in(self) -> Iterator[None]:
        """Puts the averages into the live tensors for the length of a block."""
        before = [tensor.clone() for tensor in self._live]
        self._load(self.averages)
        try:
            yield
        finally:
            self._load(before)

    @torch.no_grad()
    def _load(self, values: Sequence[Tensor]) -> None:
        for live, value in zip(self._live, values, strict=True):
            live.copy_(value)
