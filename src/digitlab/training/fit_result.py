"""What `fit` returns: the history, the best entry, and the time it took; and what it tells callbacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import cross_entropy

from digitlab.networks import Network
from digitlab.training.batches import StepCounts
from digitlab.training.hardware import Hardware
from digitlab.training.history import History, HistoryEntry
from digitlab.training.state import Member, OptimizerState
from digitlab.training.step import Weights

__all__ = [
    "Callback",
    "FitResult",
    "OnHistory",
    "StepInfo",
]


@dataclass
class StepInfo:
    """What a callback sees after every step, and the three things that it may set.

    A callback that blocks pauses the training; its time does not count as training. Where several
    processes train one network, what it sets is ignored.

    Attributes:
        networks: The networks under training, but for those that have stopped early.
        counts: How many steps there are.
        step: Steps taken.
        learning_rate: Of the step just taken.
        logits: Of the step's batch, before its update: `(R, batch, classes)`.
        labels: `(R, batch)`.
        label_smoothing: As the loss has it.
        lr_factor: May be set: all later learning rates are multiplied by it.
        stop: May be set: training ends here.
        suspend: May be set: the state is saved in the checkpoint, if there is one, and `fit` raises
            `TrainingSuspended`; resumed, the training goes on from here as if it had not been interrupted.
        all_gradients: Gives the gradients of the step just taken, after clipping, for each network by
            parameter name: views, which the next step overwrites.
    """

    networks: Sequence[Network]
    counts: StepCounts
    step: int
    learning_rate: float
    logits: Tensor
    labels: Tensor
    label_smoothing: float
    lr_factor: float = 1.0
    stop: bool = False
    suspend: bool = False
    all_gradients: Callable[[], list[Weights]] = list

    @property
    def network(self) -> Network:
        """The network, or the first of several."""
        return self.networks[0]

    @property
    def loss(self) -> Tensor:
        """Mean loss of the step just taken, `()`, in nats. `.item()` waits for the device."""
        logits, labels = self.logits.float().flatten(0, 1), self.labels.flatten()
        return cross_entropy(logits, labels, label_smoothing=self.label_smoothing)


Callback = Callable[[StepInfo], None]
OnHistory = Callable[[HistoryEntry, int], None]
"""Called with an entry and the index of the network that it is about."""


@dataclass(frozen=True)
class FitResult:
    """The result of training one network; the network itself holds the final weights.

    Attributes:
        history: Its entries, by default one for each epoch.
        hardware: Device, precision and threads.
        steps: Steps taken.
        train_seconds: Wall clock of the steps, over all resumptions; an equal share of it where several
            networks were trained together.
        evaluation_seconds: The same of evaluating between steps.
        best_entry: Number of the entry with the best monitored metric, when the recipe has patience.
        stopped_early: Whether it ended before its last step.
        stop_reason: Why: `patience`, `until` (the recipe's target was reached, at the last step perhaps) or
            `callback`; None after all steps.
        step_kind: `dense` or `autograd`; see `step.py`.
        n_stacked_seeds: How many networks were trained together.
        passed_on: What a training needs that continues this one; None unless `fit` was given an
            `optimizer_state`.
    """

    history: History
    hardware: Hardware
    steps: int
    train_seconds: float
    evaluation_seconds: float
    best_entry: int | None
    stopped_early: bool
    stop_reason: str | None
    step_kind: str
    n_stacked_seeds: int
    passed_on: OptimizerState | None = None

    @classmethod
    def of(cls, member: Member, counts: StepCounts, hardware: Hardware, kind: str, n: int) -> FitResult:
        """The result of one of `n` networks that were trained together, by a kind of step."""
        best = member.early_stopping.best
        return cls(
            history=History(member.history),
            hardware=hardware,
            steps=member.steps,
            train_seconds=member.train_seconds,
            evaluation_seconds=member.evaluation_seconds,
            best_entry=best.entry if best else None,
            stopped_early=member.steps < counts.total_steps,
            stop_reason=member.stop_reason,
            step_kind=kind,
            n_stacked_seeds=n,
        )
