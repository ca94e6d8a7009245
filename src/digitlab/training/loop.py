"""The training loop: how every network here is trained, top to bottom in one sitting."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import Network
from digitlab.training.augmentation import augment
from digitlab.training.check import check_training, diverged
from digitlab.training.checkpoint import Checkpoint
from digitlab.training.examples import Examples
from digitlab.training.hardware import Hardware, choose_hardware
from digitlab.training.history import HistoryEntry
from digitlab.training.keeping import EMA, EarlyStopping
from digitlab.training.optimizers import clip_gradients, make_optimizer
from digitlab.training.randomness import epoch_order, prepare_dropout, reseed
from digitlab.training.recipe import Recipe
from digitlab.training.schedules import learning_rate_at
from digitlab.training.session import StepCounts, TrainState
from digitlab.training.team import ProcessGroup, init_distributed

__all__ = ["Callback", "FitResult", "StepInfo", "fit"]


@dataclass
class StepInfo:
    """A training under way, as its callbacks see it after every step and may steer it.

    A callback that blocks pauses the training; its time does not count as training. In a team of
    several processes it can watch and pause, but what it sets is left aside.

    Attributes:
        network: What is trained. Its weights may be read.
        timetable: How many steps there are.
        step: Steps taken.
        learning_rate: Of the step just taken.
        loss: Of the step just taken, a tensor of shape `()`; reading it out costs its watcher.
        rate_factor: May be set: every later learning rate is multiplied by it.
        stop: May be set: training ends with this period, here.
    """

    network: Network
    timetable: StepCounts
    step: int
    learning_rate: float
    loss: Tensor
    rate_factor: float = 1.0
    stop: bool = False


Callback = Callable[[StepInfo], None]


@dataclass(frozen=True)
class FitResult:
    """What a training has come to; the network itself holds the weights that were kept.

    Attributes:
        history: One `HistoryEntry` for each period.
        hardware: What it ran on.
        steps: Steps taken.
        train_seconds: Wall clock of the steps alone, over all resumptions.
        evaluation_seconds: Wall clock of the scoring between periods.
        best_entry: The period whose weights were kept, when the recipe has patience; else None.
        stopped_early: Whether patience ran out.
    """

    history: tuple[HistoryEntry, ...]
    hardware: Hardware
    steps: int
    train_seconds: float
    evaluation_seconds: float
    best_entry: int | None
    stopped_early: bool


def fit(
    network: Network,
    recipe: Recipe,
    train: Examples,
    validation: Examples | None = None,
    *,
    callbacks: Sequence[Callback] = (),
    on_history: Callable[[HistoryEntry], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> FitResult:
    """Trains `network` by `recipe`, in place.

    Args:
        network: Freshly built; its weights are where training starts.
        recipe: How to train.
        train: What to train on.
        validation: What to follow between periods, and to stop early by.
        callbacks: Called after every step.
        on_history: Called with each line of history as it comes.
        checkpoint: Where to keep the state between periods; training goes on from what it holds.

    Raises:
        SettingError: If the recipe does not go with the network or the data.
        DataError: If the network does not take these inputs.
        TrainingError: If the loss stops being a number.
    """
    check_training(network, recipe, train, validation)
    hardware = choose_hardware(recipe, network)
    team = init_distributed(hardware.device)
    timetable = StepCounts.of(recipe, len(train))
    team.check(recipe, len(train))
    network = hardware.place(network)
    train = train.to(hardware.device)
    session = TrainState(
        network,
        make_optimizer(network, recipe),
        EMA(network, recipe.ema_decay) if recipe.ema_decay is not None else None,
        EarlyStopping(recipe),
    )
    stopped = False
    with hardware.with_threads():
        if checkpoint:
            checkpoint.restore(session)
            stopped = session.best.exhausted(len(session.history))
        while session.step < timetable.total_steps and not stopped:
            period, stopped = _train_period(session, recipe, timetable, hardware, team, train, callbacks)
            period = _follow(session, period, validation)
            stopped = stopped or session.best.exhausted(period.entry)
            if on_history and team.rank == 0:
                on_history(period)
            if checkpoint and team.rank == 0:
                checkpoint.save_if_due(session)
    _keep_weights(session)
    return FitResult(
        history=tuple(session.history),
        hardware=hardware,
        steps=session.step,
        train_seconds=session.train_seconds,
        evaluation_seconds=session.evaluation_seconds,
        best_entry=session.best.entry.entry if session.best.entry else None,
        stopped_early=session.step < timetable.total_steps,
    )


def _train_period(
    session: TrainState,
    recipe: Recipe,
    timetable: StepCounts,
    hardware: Hardware,
    team: ProcessGroup,
    train: Examples,
    callbacks: Sequence[Callback],
) -> tuple[HistoryEntry, bool]:
    """Takes the steps of one period. Returns its line of history, and whether a callback said stop."""
    network, optimizer = session.network.train(), session.optimizer
    forward, weights = team.forward(network), list(network.parameters())
    dropout_randomness = prepare_dropout(network, recipe, hardware.device)
    picture_randomness = torch.Generator() if recipe.augments else None
    losses, outputs, targets = [], [], []
    end = min(timetable.total_steps, session.step + timetable.eval_every)
    away = 0.0
    stop = False
    batches: tuple[Tensor, ...] = ()
    rate = 0.0
    started = time.perf_counter()
    for step in range(session.step, end):
        epoch, place = divmod(step, timetable.epoch_steps)
        if not batches or place == 0:
            batches = epoch_order(recipe.seed, len(train), epoch).to(hardware.device).split(recipe.batch_size)
        batch = batches[place]
        ink, labels = train.inputs.index_select(0, batch), train.labels.index_select(0, batch)
        if picture_randomness:
            reseed(picture_randomness, recipe.seed, "augmentation", step)
            ink = augment(ink, recipe, picture_randomness)
        ink, labels = team.part(ink), team.part(labels)
        if dropout_randomness:
            reseed(dropout_randomness, recipe.seed, "dropout", step)
        rate = session.rate_factor * learning_rate_at(
            recipe, step, timetable.total_steps, timetable.epoch_steps
        )
        for group in optimizer.param_groups:
            group["lr"] = rate

        with hardware.autocast():
            logits = forward(ink)
        loss = cross_entropy(logits.float(), labels, label_smoothing=recipe.label_smoothing)
        team.weighted(loss, len(labels), len(batch)).backward()
        clip_gradients(weights, recipe)
        optimizer.step()
        for weight in weights:
            weight.grad = None
        if session.average:
            session.average.update(step + 1)

        session.step = step + 1
        losses.append(loss.detach())
        outputs.append(logits.detach())
        targets.append(labels)
        if callbacks:
            left = time.perf_counter()
            live = StepInfo(network, timetable, session.step, rate, losses[-1], session.rate_factor)
            for callback in callbacks:
                callback(live)
            if team.size == 1:  # a team's processes must all go on alike
                session.rate_factor, stop = live.rate_factor, live.stop
            away += time.perf_counter() - left
            if stop:
                break
    if hardware.device == "cuda":
        torch.cuda.synchronize()
    session.train_seconds += time.perf_counter() - started - away
    sizes = torch.tensor([len(labels) for labels in targets], dtype=torch.float64)
    right = (torch.cat(outputs).argmax(1) == torch.cat(targets)).double().sum().cpu()
    seen = torch.stack([(torch.stack(losses).double().cpu() * sizes).sum(), right, sizes.sum()])
    total_loss, total_right, n = team.total(seen.to(hardware.device)).tolist()
    mean_loss = total_loss / n
    if not mean_loss < float("inf"):
        raise diverged(len(session.history) + 1, session.step, recipe.learning_rate)
    period = HistoryEntry(
        entry=len(session.history) + 1,
        step=session.step,
        epoch=session.step / timetable.epoch_steps,
        learning_rate=rate,
        train_loss=mean_loss,
        train_accuracy=total_right / n,
    )
    return period, stop


def _follow(session: TrainState, period: HistoryEntry, validation: Examples | None) -> HistoryEntry:
    """Scores the weights as they would be kept, and enters the period into the history."""
    started = time.perf_counter()
    network = session.network
    with session.average.put_into(network) if session.average else nullcontext():
        if validation is not None:
            logits = predict_logits(network, validation.inputs)
            if not np.isfinite(logits).all():
                raise diverged(period.entry, session.step, period.learning_rate)
            accuracy, loss = accuracy_and_log_loss(logits, validation.labels.numpy())
            period = replace(period, validation_loss=loss, validation_accuracy=accuracy)
        session.best.consider(period, network)
    session.history.append(period)
    session.evaluation_seconds += time.perf_counter() - started
    return period


def _keep_weights(session: TrainState) -> None:
    """Leaves the network with its best weights, else the averaged ones, else the last."""
    if session.best.weights:
        session.network.load_state_dict(session.best.weights)
    elif session.average:
        session.network.load_state_dict(session.average.weights)
    session.network.eval()
