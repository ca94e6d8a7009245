"""Training state: everything that changes while R networks are trained, and so what a checkpoint holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from digitlab.networks import Network
from digitlab.training.early_stopping import EarlyStopping, Weights, copy_weights
from digitlab.training.ema import EMA
from digitlab.training.history import HistoryEntry
from digitlab.training.recipe import Recipe
from digitlab.training.step import Step, load_weights

__all__ = ["Member", "StepCounts", "TrainState"]


@dataclass(frozen=True)
class StepCounts:
    """How many steps an epoch has, how many lie between two history entries, and how many there are."""

    epoch_steps: int
    eval_every: int
    total_steps: int

    @classmethod
    def of(cls, recipe: Recipe, n: int) -> StepCounts:
        """The step counts of a recipe for `n` training examples."""
        whole, rest = divmod(n, recipe.batch_size)
        epoch_steps = max(1, whole if recipe.drop_last else whole + bool(rest))
        total = recipe.max_steps or recipe.epochs * epoch_steps
        return cls(epoch_steps, min(total, recipe.eval_every or epoch_steps), total)


@dataclass
class Member:
    """One of the networks that are trained together.

    Attributes:
        network: It is trained in place.
        seed: Of its order, dropout and augmentation.
        early_stopping: The best entry so far and its weights.
        history: Its entries so far.
        final_weights: The weights with which it stopped early; None while it is trained.
        steps: Steps taken.
        train_seconds: Wall clock of its steps: its equal share where several networks are trained.
        evaluation_seconds: The same of evaluating it between steps.
    """

    network: Network
    seed: int
    early_stopping: EarlyStopping
    history: list[HistoryEntry] = field(default_factory=list)
    final_weights: Weights | None = None
    steps: int = 0
    train_seconds: float = 0.0
    evaluation_seconds: float = 0.0


@dataclass
class TrainState:
    """Everything that changes while training.

    Attributes:
        members: All networks, in the order given; those that stopped early too.
        step: Takes the steps of the members that have not stopped, in their order.
        ema: Moving average of their weights; None without.
        steps: Steps taken.
        lr_factor: By which a callback has multiplied all later learning rates.
    """

    members: list[Member]
    step: Step
    ema: EMA | None
    steps: int = 0
    lr_factor: float = 1.0

    @property
    def active(self) -> list[Member]:
        """The members that have not stopped early."""
        return [member for member in self.members if member.final_weights is None]

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
