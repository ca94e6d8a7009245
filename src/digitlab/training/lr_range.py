"""Learning-rate range test: the loss while the learning rate rises, and the rate that it suggests."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import SettingError, TrainingError
from digitlab.formatting import format_count
from digitlab.networks import Network
from digitlab.training.batches import Examples
from digitlab.training.fit_result import StepInfo
from digitlab.training.hyperparameters import Recipe
from digitlab.training.loop import fit

__all__ = ["LrRange", "lr_range_test", "suggest_rate"]

SMOOTHING = 0.9
"""Decay of the average of the losses: it spans about ten steps, a third of a power of ten by default."""
DIVERGED = 4.0
"""The test ends when the smoothed loss is above its minimum times this."""
SKIPPED = 10
"""Steps at the start that are not suggested."""
NEIGHBORS = 5
"""Steps on either side through which a slope is fitted: as many as the average spans."""
FEWEST_STEPS = 50
FALLING = ("step", "exponential", "linear", "cosine", "one-cycle")
"""Schedules whose `learning_rate` is the highest of the training, not that of every step."""


@dataclass(frozen=True)
class LrRange:
    """Result of a learning-rate range test of k steps.

    Attributes:
        rates: The learning rate of each step, `(k,)`, rising.
        losses: Training loss of each step's batch before its update, `(k,)`, in nats; finite.
        smoothed: Bias-corrected exponential average of the losses, `(k,)`, in nats.
        suggestion: The suggested learning rate, by `suggest_rate`, rounded to two digits.
        diverged: Whether the test ended early, because the loss was too large or not finite.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float
    diverged: bool

    def __repr__(self) -> str:
        steps = format_count(len(self.rates), "step")
        end = ", ended by the loss" if self.diverged else ""
        first, last = self.rates[0], self.rates[-1]
        return f"LrRange({self.suggestion:g} is suggested; {steps} from {first:.2g} to {last:.2g}{end})"


def lr_range_test(
    network: Network,
    recipe: Recipe,
    train: Examples,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 200,
) -> LrRange:
    """Trains a copy of a network at a rising learning rate and suggests a rate.

    The rate of step i, from 0, is low (high / low)^(i / (steps - 1)). The test ends after `steps` steps, or
    when the smoothed loss exceeds four times its minimum, or a loss is not finite. The idea is that of Smith
    2017, "Cyclical learning rates for training neural networks", section 3.3, where the rate rises linearly;
    the exponential rise and the end at four times the minimum are fastai's.

    Args:
        network: Not changed: a copy is trained.
        recipe: How to train. Optimizer, batch size, loss and augmentation are used; the rate has no schedule
            but its rise, and there is no warm-up, early stopping or average of weights. Whether its
            schedule lowers the rate decides which rate is suggested.
        train: The training examples; nothing else is looked at.
        low: The first learning rate, above 0.
        high: The last, above `low`, at most 100.
        steps: How many steps, at least 50.

    Raises:
        SettingError: If an argument is out of its range, the recipe does not go with the network or the data,
            or several processes train together.
        DataError: If the network does not take these inputs.
        TrainingError: If the loss diverges within the first ten steps, or falls at no rate.
    """
    _check_range(low, high, steps)
    sweep = _Sweep(low, high, steps)
    constant = replace(
        recipe,
        learning_rate=low,
        schedule="constant",
        warmup_fraction=0.0,
        patience=None,
        until=None,
        ema_decay=None,
        max_steps=steps,
        eval_every=None,
    )
    try:
        fit(copy.deepcopy(network), constant, train, callbacks=[sweep])
    except TrainingError:  # `fit` does not accept the loss at which the sweep ended
        if not sweep.diverged:
            raise
    if len(sweep.losses) <= SKIPPED:
        raise TrainingError(
            f"the loss diverges within {SKIPPED} steps from a learning rate of {low:g}",
            f"Start lower, for example with --low {low / 1000:g}.",
        )
    suggestion = suggest_rate(sweep.rates, sweep.smoothed, recipe.schedule in FALLING)
    return LrRange(
        tuple(sweep.rates),
        tuple(sweep.losses),
        tuple(sweep.smoothed),
        float(f"{suggestion:.2g}"),
        sweep.diverged,
    )


def suggest_rate(rates: Sequence[float], smoothed: Sequence[float], falling: bool = False) -> float:
    """The rate at which the smoothed loss falls fastest, or a higher one for a schedule that lowers the rate.

    The steepest descent is over the logarithm of the rate. The slope at a step is that of the least-squares
    line through it and its five neighbors on either side. The first ten steps are left out, for their
    average is of few losses, and so is everything after the minimum. fastai's `steep` and PyTorch
    Lightning's `suggestion` take the differences of neighboring steps, which for small batches are mostly
    noise.

    Where the schedule lowers the rate, most steps have less than the one suggested: it is then the geometric
    mean of that at the steepest descent and that at the minimum. Both rules are measured in
    `docs/how-to/choose-a-learning-rate.md`.

    Args:
        rates: `(k,)`, rising.
        smoothed: The smoothed loss at each rate, `(k,)`.
        falling: Whether the rate falls in the training that is to come.

    Raises:
        TrainingError: If the loss falls nowhere after the first ten steps.
    """
    logs, losses = np.log(np.asarray(rates, dtype=float)), np.asarray(smoothed, dtype=float)
    lowest = int(losses.argmin())
    slopes = {i: _slope(logs, losses, i) for i in range(SKIPPED, lowest + 1)}
    steepest = min(slopes, key=lambda i: slopes[i], default=0)
    if not slopes or slopes[steepest] >= 0:
        raise TrainingError(
            f"the loss does not fall at any learning rate from {rates[0]:g} to {rates[-1]:g}",
            "Start lower (--low), and give the network freshly built weights.",
        )
    return math.sqrt(rates[steepest] * rates[lowest]) if falling else float(rates[steepest])


def _slope(x: NDArray[np.float64], y: NDArray[np.float64], center: int) -> float:
    """Slope of the least-squares line through the points from `center` - 5 to `center` + 5."""
    window = slice(max(0, center - NEIGHBORS), center + NEIGHBORS + 1)
    offset = x[window] - x[window].mean()
    return float(offset @ y[window] / (offset @ offset))


def _check_range(low: float, high: float, steps: int) -> None:
    if not 0 < low < high <= 100:
        raise SettingError(
            f"the learning rate cannot rise from {low:g} to {high:g}",
            "Give a low rate above 0, and a high one above it, of at most 100.",
        )
    if steps < FEWEST_STEPS:
        raise SettingError(f"{steps} steps show no curve", f"Take at least {FEWEST_STEPS}.")
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1:  # a callback cannot set their rate
        raise SettingError(
            f"{processes} processes train together; a range test is for one", "Start it without torchrun."
        )


@dataclass
class _Sweep:
    """Callback that raises the learning rate after every step and records the losses."""

    low: float
    high: float
    steps: int
    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    smoothed: list[float] = field(default_factory=list)
    diverged: bool = False
    _average: float = 0.0

    def __call__(self, info: StepInfo) -> None:
        loss = info.loss.item()
        if math.isfinite(loss):
            self.rates.append(info.learning_rate)
            self.losses.append(loss)
            self._average = SMOOTHING * self._average + (1 - SMOOTHING) * loss
            self.smoothed.append(self._average / (1 - SMOOTHING ** len(self.losses)))
            self.diverged = self.smoothed[-1] > DIVERGED * min(self.smoothed)
        else:
            self.diverged = True
        info.stop = self.diverged
        info.lr_factor = (self.high / self.low) ** (info.step / (self.steps - 1))
