"""Randomness from a seed: the n-th number of each purpose is known without those before it.

Because nothing is carried along, a resumed training draws exactly what the one never stopped drew.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

__all__ = ["Purpose", "generator_for", "reseed"]

Purpose = Literal["order", "dropout", "augmentation"]
PURPOSES: tuple[Purpose, ...] = ("order", "dropout", "augmentation")


def reseed(generator: torch.Generator, seed: int, purpose: Purpose, number: int) -> None:
    """Sets `generator` to where it stands for the `number`-th epoch or step of a purpose."""
    words = np.random.SeedSequence((seed, PURPOSES.index(purpose), number)).generate_state(1, np.uint64)
    generator.manual_seed(int(words[0] >> np.uint64(1)))


def generator_for(seed: int, purpose: Purpose, number: int) -> torch.Generator:
    """A new generator on the processor, as `reseed` sets it."""
    generator = torch.Generator()
    reseed(generator, seed, purpose, number)
    return generator
