"""Learning-rate schedules: the rate of each step as a plain function of the step."""

from __future__ import annotations

import math
from collections.abc import Sequence

from digitlab.training.history import HistoryEntry, monitored_value
from digitlab.training.hyperparameters import Recipe

__all__ = ["learning_rate_at", "plateau_factor"]


def learning_rate_at(recipe: Recipe, step: int, total_steps: int, epoch_steps: int) -> float:
    """The learning rate of one step.

    `one-cycle` climbs by a half cosine from 1/25 of the highest rate at the first step to the
    highest at `pct_start`, and falls by another to `final_lr_ratio` (Smith and Topin 2018, with the shape
    and the 1/25 of torch's `OneCycleLR`). `cosine` is Loshchilov and Hutter 2016 without restarts.
    A warm-up climbs evenly, and the schedule runs over the steps that remain. `reduce-on-plateau` is constant
    here: `plateau_factor` lowers it.

    Args:
        recipe: Its `schedule` and the fields that belong to it.
        step: Steps taken before this one, from 0 to `total_steps` - 1.
        total_steps: Steps of the whole training.
        epoch_steps: Steps of one epoch.

    Returns:
        The rate, between 0 and `recipe.learning_rate`.
    """
    warm_up_steps = round(recipe.warmup_fraction * total_steps)
    if step < warm_up_steps:
        return recipe.learning_rate * (step + 1) / warm_up_steps
    if recipe.schedule in ("constant", "reduce-on-plateau"):
        return recipe.learning_rate
    step -= warm_up_steps
    decays = step / (epoch_steps * recipe.lr_decay_epochs)
    if recipe.schedule == "exponential":
        return recipe.learning_rate * math.pow(recipe.lr_decay, decays)
    if recipe.schedule == "step":
        return recipe.learning_rate * math.pow(recipe.lr_decay, math.floor(decays))
    last = max(1, total_steps - warm_up_steps - 1)
    if recipe.schedule == "linear":
        return recipe.learning_rate * (1 + (recipe.final_lr_ratio - 1) * step / last)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * _half_cosine(1, recipe.final_lr_ratio, step / last)
    top = recipe.pct_start * last
    if step < top:
        return recipe.learning_rate * _half_cosine(1 / 25, 1, step / top)
    return recipe.learning_rate * _half_cosine(1, recipe.final_lr_ratio, (step - top) / (last - top))


def plateau_factor(recipe: Recipe, history: Sequence[HistoryEntry]) -> float:
    """The factor of the learning rate after a history: `lr_decay` once for each plateau in it.

    A plateau is `plateau_patience` entries in which the monitored metric was never better than before them;
    the next plateau is counted from its end, as Keras's `ReduceLROnPlateau` and torch's do. 1 for every
    other schedule.

    Args:
        recipe: Its schedule and the fields that belong to it.
        history: The entries so far.
    """
    if recipe.schedule != "reduce-on-plateau":
        return 1.0
    best, waited, factor = math.inf, 0, 1.0
    for entry in history:
        value = monitored_value(entry, recipe.monitor)
        best, waited = (value, 0) if value < best else (best, waited + 1)
        if waited == recipe.plateau_patience:
            factor, waited = factor * recipe.lr_decay, 0
    return factor


def _half_cosine(start: float, end: float, share: float) -> float:
    """From `start` at share 0 to `end` at share 1, level at both ends."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
