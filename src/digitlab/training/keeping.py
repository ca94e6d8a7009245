"""Which weights are kept: the moving average of all, and the best seen on validation data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from digitlab.networks import Network
from digitlab.training.history import HistoryEntry
from digitlab.training.recipe import Recipe

__all__ = ["EMA", "EarlyStopping", "Weights", "copy_weights"]

Weights = dict[str, Tensor]


def copy_weights(network: nn.Module) -> Weights:
    """A copy of all parameters and buffers of `network`, by name."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


class EMA:
    """An exponential moving average of a network's parameters and buffers.

    Buffers too: an average that leaves batch normalization's statistics out costs up to a point of
    accuracy early on. Early, the decay is lowered to `(1 + t) / (10 + t)` after `t` steps, so that
    the first weights are soon forgotten. Whole-number buffers are copied, not averaged.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = copy_weights(network)
        self._live = {name: value.detach() for name, value in network.state_dict().items()}
        floating = [name for name, value in self._live.items() if value.is_floating_point()]
        self._averaged = [self.weights[name] for name in floating]
        self._sources = [self._live[name] for name in floating]
        self._copied = [name for name in self._live if name not in floating]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the network's weights as they are after `step` steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._averaged, self._sources, 1 - decay)
        for name in self._copied:
            self.weights[name].copy_(self._live[name])

    @torch.no_grad()
    def restore(self, weights: Weights) -> None:
        """Goes on from a stored average."""
        for name, value in self.weights.items():
            value.copy_(weights[name])

    @contextmanager
    def put_into(self, network: nn.Module) -> Iterator[None]:
        """Gives `network` the averaged weights for the length of a block."""
        before = copy_weights(network)
        network.load_state_dict(self.weights)
        try:
            yield
        finally:
            network.load_state_dict(before)


class EarlyStopping:
    """The best period so far by the recipe's monitored figure, and how long ago it was."""

    def __init__(self, recipe: Recipe) -> None:
        self.monitor = recipe.monitor
        self.patience = recipe.patience
        self.restore_best = recipe.restore_best
        self.entry: HistoryEntry | None = None
        self.weights: Weights = {}

    def consider(self, period: HistoryEntry, network: Network) -> None:
        """Keeps the weights of `network`, if `period` is better than all before it."""
        if self.patience is None:
            return
        if self.entry is None or self._figure(period) < self._figure(self.entry):
            self.entry = period
            self.weights = copy_weights(network) if self.restore_best else {}

    def exhausted(self, now: int) -> bool:
        """Whether `patience` periods have brought nothing better, at the end of period `now`."""
        return (
            self.patience is not None and self.entry is not None and (now - self.entry.entry >= self.patience)
        )

    def _figure(self, period: HistoryEntry) -> float:
        """What should be small."""
        if self.monitor == "validation_accuracy":
            assert period.validation_accuracy is not None
            return -period.validation_accuracy
        assert period.validation_loss is not None
        return period.validation_loss
