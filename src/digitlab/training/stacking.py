"""Which kind of step trains a network, and which seeds are trained together as one stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import torch
from torch import nn

from digitlab.networks import Network
from digitlab.training.batches import Examples
from digitlab.training.dense_step import DENSE_RECIPE_FIELDS, DenseStep, dense_layers
from digitlab.training.distributed import ProcessGroup
from digitlab.training.hardware import Hardware, choose_hardware
from digitlab.training.hyperparameters import Recipe
from digitlab.training.step import AutogradStep, Step, StepSetup

__all__ = ["LARGEST_STACKED", "apply_fixed_layers", "make_step", "plan_stacks", "supports_dense_step"]

LARGEST_STACKED = 30_000
"""Parameters of the largest network whose seeds are trained as one stack.

Stacking saves what a step costs besides arithmetic, and loses the cache. Measured on one core (AVX2), time
of ten stacked seeds over that of ten one after another: 400-25-15-10 (10,575 parameters) 0.56,
784-1-10 0.57, 784-100-100-10 (89,610) 1.03; three of 784-300-10 (238,510) 1.20."""


def supports_dense_step(network: Network, recipe: Recipe, hardware: Hardware) -> bool:
    """Whether a `DenseStep` can train this network by this recipe: the allow-list of layers and fields.

    Every layer must be one that `dense_layers` knows, and every recipe field that differs from its default
    must be in `DENSE_RECIPE_FIELDS` (`precision` and `device` count by what they come to on this machine:
    float32 on the CPU).
    """
    if (hardware.device, hardware.precision) != ("cpu", "float32"):
        return False
    if dense_layers(network) is None or network.no_digit is not None:
        return False
    changed = {field.name for field in fields(recipe) if getattr(recipe, field.name) != field.default}
    return changed <= DENSE_RECIPE_FIELDS | {"precision", "device"}


def make_step(
    networks: Sequence[Network],
    seeds: Sequence[int],
    recipe: Recipe,
    hardware: Hardware,
    group: ProcessGroup,
    first_layer: int,
    teachers: Sequence[Network] = (),
) -> Step:
    """The fastest step that can train these networks by this recipe."""
    setup = StepSetup(recipe, hardware, group, first_layer, tuple(teachers))
    dense = group.size == 1 and supports_dense_step(networks[0], recipe, hardware)
    return (DenseStep if dense else AutogradStep)(networks, seeds, setup)


def plan_stacks(network: Network, recipe: Recipe, seeds: Sequence[int]) -> list[tuple[int, ...]]:
    """Which seeds to train together: all as one stack where that is faster, else each by itself.

    Args:
        network: One of them, built.
        recipe: How they are trained.
        seeds: All seeds.

    Returns:
        Groups of seeds, each for one call of `fit`.

    Raises:
        SettingError: If the recipe names a device that this machine does not have.
    """
    small = network.parameter_count() <= LARGEST_STACKED
    alike = recipe.schedule != "reduce-on-plateau"  # else each has a learning rate of its own
    if small and alike and supports_dense_step(network, recipe, choose_hardware(recipe, network)):
        return [tuple(seeds)]
    return [(seed,) for seed in seeds]


def apply_fixed_layers(network: Network, recipe: Recipe, train: Examples) -> tuple[Examples, int]:
    """Passes all examples through the leading layers that are not trained, once instead of in every step.

    Only where images need not be augmented before, and where it needs no more memory than the images.

    Returns:
        The examples to train on, and how many layers they have passed through.
    """
    names = network.fixed_prefix()
    if recipe.augments or not names or network.no_digit is not None:
        return train, 0
    front = nn.Sequential(*(getattr(network.layers, name) for name in names)).eval()
    with torch.no_grad():
        if front(train.inputs[:1]).numel() > train.inputs[:1].numel() or not isinstance(front[0], nn.Flatten):
            return train, 0
        parts = [front(part) for part in train.inputs.split(1000)] if len(names) > 1 else []
    inputs = torch.cat(parts) if parts else train.inputs.flatten(1)
    return Examples(inputs, train.labels), len(names)
