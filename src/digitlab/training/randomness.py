"""Randomness from a seed: the n-th number of each purpose is known without those before it.

Because nothing is carried along, a resumed training draws exactly what the one never stopped drew.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from digitlab.networks import Dropout, Network
from digitlab.training.recipe import Recipe

__all__ = ["RngStream", "epoch_order", "generator_for", "prepare_dropout", "reseed"]

RngStream = Literal["order", "dropout", "augmentation"]
PURPOSES: tuple[RngStream, ...] = ("order", "dropout", "augmentation")


def reseed(generator: torch.Generator, seed: int, purpose: RngStream, number: int) -> None:
    """Sets `generator` to where it stands for the `number`-th epoch or step of a purpose."""
    words = np.random.SeedSequence((seed, PURPOSES.index(purpose), number)).generate_state(1, np.uint64)
    generator.manual_seed(int(words[0] >> np.uint64(1)))


def generator_for(seed: int, purpose: RngStream, number: int) -> torch.Generator:
    """A new generator on the processor, as `reseed` sets it."""
    generator = torch.Generator()
    reseed(generator, seed, purpose, number)
    return generator


def epoch_order(seed: int, n: int, epoch: int) -> Tensor:
    """The order of `n` examples in one epoch: `(n,)` indices, `int64`."""
    return torch.randperm(n, generator=generator_for(seed, "order", epoch))


def prepare_dropout(network: Network, recipe: Recipe, device: str) -> torch.Generator | None:
    """Gives the dropout layers the recipe's rate and one generator, to be reseeded at every step.

    Returns:
        The generator; None if nothing is dropped.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, Dropout)]
    generator = torch.Generator(device)
    for layer in layers:
        layer.generator = generator
    return generator if any(layer.rate for layer in layers) else None
