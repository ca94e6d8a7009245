"""`Session`: a training under way, and its `Timetable`."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from digitlab.networks import Network
from digitlab.training.history import Period
from digitlab.training.keeping import Average, Best
from digitlab.training.recipe import Recipe

__all__ = ["Session", "Timetable"]


@dataclass(frozen=True)
class Timetable:
    """How many steps there are, in an epoch, in a period, and in all."""

    epoch_steps: int
    period_steps: int
    total_steps: int

    @classmethod
    def of(cls, recipe: Recipe, n: int) -> Timetable:
        """The timetable of a recipe for `n` training examples."""
        whole, rest = divmod(n, recipe.batch_size)
        epoch_steps = max(1, whole if recipe.drop_last else whole + bool(rest))
        total = recipe.steps or recipe.epochs * epoch_steps
        return cls(epoch_steps, min(total, recipe.period_steps or epoch_steps), total)


@dataclass
class Session:
    """Everything that changes while training, and so everything that a checkpoint holds."""

    network: Network
    optimizer: torch.optim.Optimizer
    average: Average | None
    best: Best
    history: list[Period] = field(default_factory=list)
    step: int = 0
    rate_factor: float = 1.0
    train_seconds: float = 0.0
    evaluation_seconds: float = 0.0
