"""Random streams: what is drawn is a function of (seed, stream, number), without hidden state.

A resumed training therefore draws exactly what an uninterrupted one draws.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

__all__ = ["RngStream", "epoch_order", "generator_for", "reseed"]

RngStream = Literal[
    "order", "dropout", "augmentation", "non-digits", "string-parts"
]  # a new one goes last: its index is hashed
STREAMS: tuple[RngStream, ...] = get_args(RngStream)


def reseed(generator: torch.Generator, seed: int, stream: RngStream, number: int) -> None:
    """Seeds `generator` for the `number`-th epoch or step of a stream."""
    words = np.random.SeedSequence((seed, STREAMS.index(stream), number)).generate_state(1, np.uint64)
    generator.manual_seed(int(words[0] >> np.uint64(1)))


def generator_for(seed: int, stream: RngStream, number: int, device: str = "cpu") -> torch.Generator:
    """A new generator on a device, seeded as by `reseed`. Another kind of device draws other numbers."""
    generator = torch.Generator(device)
    reseed(generator, seed, stream, number)
    return generator


def epoch_order(seed: int, n: int, epoch: int) -> Tensor:
    """The order of `n` examples in one epoch: `(n,)` indices, `int64`."""
    return torch.randperm(n, generator=generator_for(seed, "order", epoch))
