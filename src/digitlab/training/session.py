"""`TrainState`: a training under way, and its `StepCounts`."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from digitlab.networks import Network
from digitlab.training.history import HistoryEntry
from digitlab.training.keeping import EMA, EarlyStopping
from digitlab.training.recipe import Recipe

__all__ = ["StepCounts", "TrainState"]


@dataclass(frozen=True)
class StepCounts:
    """How many steps there are, in an epoch, in a period, and in all."""

    epoch_steps: int
    eval_every: int
    total_steps: int

    @classmethod
    def of(cls, recipe: Recipe, n: int) -> StepCounts:
        """The timetable of a recipe for `n` training examples."""
        whole, rest = divmod(n, recipe.batch_size)
        epoch_steps = max(1, whole if recipe.drop_last else whole + bool(rest))
        total = recipe.max_steps or recipe.epochs * epoch_steps
        return cls(epoch_steps, min(total, recipe.eval_every or epoch_steps), total)


@dataclass
class TrainState:
    """Everything that changes while training, and so everything that a checkpoint holds."""

    network: Network
    optimizer: torch.optim.Optimizer
    average: EMA | None
    best: EarlyStopping
    history: list[HistoryEntry] = field(default_factory=list)
    step: int = 0
    rate_factor: float = 1.0
    train_seconds: float = 0.0
    evaluation_seconds: float = 0.0
