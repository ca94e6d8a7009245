"""Training state: everything that changes while R networks are trained, and so what a checkpoint holds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from digitlab.errors import SettingError
from digitlab.networks import Network
from digitlab.training.history import HistoryEntry, monitored_value
from digitlab.training.hyperparameters import Recipe
from digitlab.training.step import Step, Weights, copy_weights, load_weights

__all__ = [
    "EMA",
    "EarlyStopping",
    "Member",
    "OptimizerState",
    "PartialEntry",
    "TrainState",
    "TrainingSuspended",
]


class TrainingSuspended(Exception):  # noqa: N818 - nothing is wrong
    """A callback has suspended the training; the checkpoint holds its state."""


class EarlyStopping:
    """When a network's training ends before its last step: by patience, or at the recipe's target.

    Attributes:
        best: The best entry so far; None before the first, and without patience.
        weights: Its weights, when the recipe restores them; else empty.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.monitor = recipe.monitor
        self.patience = recipe.patience
        self.restore_best = recipe.restore_best
        self.target = recipe.target
        self.best: HistoryEntry | None = None
        self.weights: Weights = {}

    def update(self, entry: HistoryEntry, network: nn.Module) -> None:
        """Copies the weights of `network`, if `entry` is better than all before it."""
        if self.patience is None:
            return
        value = monitored_value(entry, self.monitor)
        if self.best is None or value < monitored_value(self.best, self.monitor):
            self.best = entry
            self.weights = copy_weights(network) if self.restore_best else {}

    def should_stop(self, now: int) -> bool:
        """Whether the last `patience` entries up to number `now` brought no improvement."""
        return self.patience is not None and self.best is not None and now - self.best.entry >= self.patience

    def reached(self, entry: HistoryEntry) -> bool:
        """Whether `entry` is as good as the recipe's `until` asks for."""
        if self.target is None:
            return False
        metric, value = self.target
        return monitored_value(entry, metric) <= (-value if metric.endswith("accuracy") else value)


class EMA:
    """An exponential moving average of parameters and buffers.

        average <- decay average + (1 - decay) weights

    Buffers too: an average that leaves the statistics of batch normalization out costs up to a point
    of accuracy early on. Early, the decay is lowered to `(1 + t) / (10 + t)` after `t` steps, so that
    the initial weights are soon forgotten. Integer buffers are copied, not averaged.

    Args:
        tensors: The live tensors; they stay the same objects while training.
        decay: In [0, 1).

    Attributes:
        averages: One for each live tensor.
    """

    def __init__(self, tensors: Sequence[Tensor], decay: float) -> None:
        self.decay = decay
        self._live = [tensor.detach() for tensor in tensors]
        self.averages = [tensor.clone() for tensor in self._live]
        self._floating = [i for i, tensor in enumerate(self._live) if tensor.is_floating_point()]
        self._integer = [i for i, tensor in enumerate(self._live) if not tensor.is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the live tensors as they are after `step` steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        averages = [self.averages[i] for i in self._floating]
        torch._foreach_lerp_(averages, [self._live[i] for i in self._floating], 1 - decay)
        for i in self._integer:
            self.averages[i].copy_(self._live[i])

    @contextmanager
    @torch.no_grad()
    def swap_in(self) -> Iterator[None]:
        """Puts the averages into the live tensors for the length of a block."""
        before = [tensor.clone() for tensor in self._live]
        self._load(self.averages)
        try:
            yield
        finally:
            self._load(before)

    @torch.no_grad()
    def _load(self, values: Sequence[Tensor]) -> None:
        for live, value in zip(self._live, values, strict=True):
            live.copy_(value)


@dataclass(frozen=True, eq=False)
class OptimizerState:
    """What a training passes on, beside the network and its history, to one that continues it.

    The default is that of a training that has not begun, with a new optimizer.

    Attributes:
        steps: Updates that the optimizer has made.
        slots: The optimizer's own state: for each slot, tensors by parameter name.
        averages: The moving average of the weights by name; empty without `ema_decay`.
        weights: The weights after the last step, where the network ends with others: averaged ones, or
            those of its best entry. Else empty.
    """

    steps: int = 0
    slots: Mapping[str, Weights] = field(default_factory=dict)
    averages: Weights = field(default_factory=dict)
    weights: Weights = field(default_factory=dict)


@dataclass
class Member:
    """One of the networks that are trained together.

    Attributes:
        network: It is trained in place.
        seed: Of its order, dropout and augmentation.
        early_stopping: The best entry so far and its weights.
        history: Its entries so far.
        final_weights: The weights with which it stopped early; None while it is trained.
        stop_reason: Why it stopped early: `patience`, `until` or `callback`.
        steps: Steps taken.
        train_seconds: Wall clock of its steps: its equal share where several networks are trained.
        evaluation_seconds: The same of evaluating it between steps.
    """

    network: Network
    seed: int
    early_stopping: EarlyStopping
    history: list[HistoryEntry] = field(default_factory=list)
    final_weights: Weights | None = None
    stop_reason: str | None = None
    steps: int = 0
    train_seconds: float = 0.0
    evaluation_seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class PartialEntry:
    """The batches since the last history entry, of a training that was suspended between two entries.

    Attributes:
        logits: `(R, n, classes)`, each from before its step's update.
        labels: `(R, n)`.
    """

    logits: Tensor
    labels: Tensor


@dataclass
class TrainState:
    """Everything that changes while training.

    Attributes:
        members: All networks, in the order given; those that stopped early too.
        step: Takes the steps of the members that have not stopped, in their order.
        ema: Moving average of their weights; None without.
        steps: Steps taken.
        lr_factor: By which a callback has multiplied all later learning rates.
        ahead: Steps by which `position` is ahead of `steps`.
        suspended: Whether a callback has suspended the training.
        partial: What the next history entry has seen already, after that; else None.
    """

    members: list[Member]
    step: Step
    ema: EMA | None
    steps: int = 0
    lr_factor: float = 1.0
    ahead: int = 0
    suspended: bool = False
    partial: PartialEntry | None = None

    @property
    def position(self) -> int:
        """Steps taken if all epochs had been as long as the present one; it decides epoch and order."""
        return self.steps + self.ahead

    @property
    def active(self) -> list[Member]:
        """The members that have not stopped early."""
        return [member for member in self.members if member.final_weights is None]

    @property
    def entry_start(self) -> int:
        """Steps taken up to the last history entry."""
        history = self.active[0].history
        return history[-1].step if history else 0

    def optimizer_states(self) -> list[OptimizerState]:
        """The optimizer's state and the moving averages of each active member: views, not copies."""
        optimizer = self.step.optimizer
        slots = {name: self.step.by_network(slot) for name, slot in optimizer.slots.items()}
        averages = self.step.by_network(self.ema.averages) if self.ema else [{} for _ in self.active]
        return [
            OptimizerState(optimizer.steps, {name: every[i] for name, every in slots.items()}, averages[i])
            for i in range(len(self.active))
        ]

    def load_optimizer_states(self, states: Sequence[OptimizerState]) -> None:
        """Copies what `optimizer_states` returned into the step and the moving averages.

        Raises:
            KeyError: If a slot, a parameter or an average is missing.
        """
        names = self.step.optimizer.slots
        self.step.load_slots({name: [state.slots[name] for state in states] for name in names})
        self.step.optimizer.steps = states[0].steps
        if self.ema:
            load_weights(self.step.by_network(self.ema.averages), [state.averages for state in states])

    def continue_from(
        self, history: Sequence[HistoryEntry], before: OptimizerState, epoch_steps: int
    ) -> None:
        """Continues the training of one network.

        A moving average that was not taken before starts from the weights as they are.

        Args:
            history: Of the training before; empty if there was none.
            before: What it passed on.
            epoch_steps: Steps of an epoch from now on.

        Raises:
            SettingError: If it was a training by an optimizer with another state.
        """
        (member,) = self.members
        if before.weights:
            load_weights(self.step.by_network(self.step.live), [before.weights])
        if self.ema:
            averages = before.averages or copy_weights(member.network)
            load_weights(self.step.by_network(self.ema.averages), [averages])
            before = replace(before, averages=averages)
        if before.steps:
            if set(before.slots) != set(self.step.optimizer.slots):
                raise SettingError(
                    f"recipe field optimizer={self.step.setup.recipe.optimizer} cannot continue from the "
                    "state of another optimizer",
                    "Name the optimizer of the training before, or begin with a new optimizer.",
                )
            self.load_optimizer_states([before])
        if history:
            member.history = list(history)
            self.steps = member.steps = history[-1].step
            self.ahead = math.ceil(history[-1].epoch) * epoch_steps - self.steps

    def pass_on(self) -> OptimizerState:
        """What a training that continues this one, of one network that has not stopped, needs: copies."""
        (state,), (member,) = self.optimizer_states(), self.active
        return OptimizerState(
            state.steps,
            {name: _copied(slot) for name, slot in state.slots.items()},
            _copied(state.averages),
            copy_weights(member.network) if self.ema or member.early_stopping.weights else {},
        )

    def drop_stopped(self, before: Sequence[Member]) -> None:
        """Leaves the members out of the step that have stopped since `before` were active."""
        kept = [i for i, member in enumerate(before) if member.final_weights is None]
        if len(kept) == len(before) or not kept:
            return
        averages = self.step.by_network(self.ema.averages) if self.ema else []
        old = self.step
        self.step = old.select(kept)
        if self.ema:
            self.ema = EMA(self.step.live, self.ema.decay)
            load_weights(self.step.by_network(self.ema.averages), [averages[i] for i in kept])

    def finish(self) -> None:
        """Leaves every network with its best weights, else the averaged ones, else the last."""
        active = self.active
        averages = self.step.by_network(self.ema.averages) if self.ema else []
        finals = [member.final_weights for member in self.members]
        for i, member in enumerate(active):
            own = averages[i] if averages else copy_weights(member.network)
            finals[self.members.index(member)] = member.early_stopping.weights or own
        for member, weights in zip(self.members, finals, strict=True):
            for parameter in member.network.parameters():  # no memory shared with a step
                parameter.data = parameter.detach().clone()
            member.network.load_state_dict({**member.network.state_dict(), **(weights or {})})
            member.network.eval()


def _copied(weights: Weights) -> Weights:
    return {name: value.detach().clone() for name, value in weights.items()}
