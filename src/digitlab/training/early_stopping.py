"""Early stopping: the best entry of the history so far, its weights, and when to stop."""

from __future__ import annotations

from torch import Tensor, nn

from digitlab.training.history import HistoryEntry
from digitlab.training.recipe import Recipe

__all__ = ["EarlyStopping", "Weights", "copy_weights"]

Weights = dict[str, Tensor]
"""Parameters and buffers by name, as `Network.state_dict` has them."""


def copy_weights(network: nn.Module) -> Weights:
    """A copy of all parameters and buffers of `network`, by name."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


class EarlyStopping:
    """Early stopping with patience, by the recipe's monitored metric.

    Attributes:
        best: The best entry so far; None before the first, and without patience.
        weights: Its weights, when the recipe restores them; else empty.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.monitor = recipe.monitor
        self.patience = recipe.patience
        self.restore_best = recipe.restore_best
        self.best: HistoryEntry | None = None
        self.weights: Weights = {}

    def update(self, entry: HistoryEntry, network: nn.Module) -> None:
        """Copies the weights of `network`, if `entry` is better than all before it."""
        if self.patience is None:
            return
        if self.best is None or self._monitored(entry) < self._monitored(self.best):
            self.best = entry
            self.weights = copy_weights(network) if self.restore_best else {}

    def should_stop(self, now: int) -> bool:
        """Whether the last `patience` entries up to number `now` brought no improvement."""
        return self.patience is not None and self.best is not None and now - self.best.entry >= self.patience

    def _monitored(self, entry: HistoryEntry) -> float:
        """The monitored metric, signed so that smaller is better."""
        if self.monitor == "validation_accuracy":
            assert entry.validation_accuracy is not None
            return -entry.validation_accuracy
        assert entry.validation_loss is not None
        return entry.validation_loss
