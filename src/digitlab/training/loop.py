"""The training loop: how every network here is trained, for one seed or for R seeds at once."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import overload

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from digitlab.arguments import check_arguments
from digitlab.errors import SettingError
from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import Network
from digitlab.training.batches import Examples, MadeExamples, StepCounts, iter_batches, make_examples
from digitlab.training.checkpoint import Checkpoint, suspend
from digitlab.training.distributed import ProcessGroup, init_distributed
from digitlab.training.fit_result import Callback, FitResult, OnHistory, StepInfo
from digitlab.training.hardware import Hardware, choose_hardware
from digitlab.training.history import HistoryEntry
from digitlab.training.hyperparameters import Recipe
from digitlab.training.schedules import learning_rate_at, plateau_factor
from digitlab.training.stacking import apply_fixed_layers, make_step
from digitlab.training.state import (
    EMA,
    EarlyStopping,
    Member,
    OptimizerState,
    PartialEntry,
    TrainState,
)
from digitlab.training.step import copy_weights
from digitlab.training.validate import check_training, divergence_error

__all__ = ["fit"]


@overload
def fit(
    network: Network,
    recipe: Recipe,
    train: Examples,
    validation: Examples | None = None,
    *,
    extra_eval: Examples | None = None,
    teachers: Sequence[Network] = (),
    callbacks: Sequence[Callback] = (),
    on_history: OnHistory | None = None,
    checkpoint: Checkpoint | None = None,
    keep_state: bool = False,
    history: Sequence[HistoryEntry] = (),
    optimizer_state: OptimizerState | None = None,
) -> FitResult: ...


@overload
def fit(
    network: Sequence[Network],
    recipe: Recipe,
    train: Examples,
    validation: Examples | None = None,
    *,
    seeds: Sequence[int],
    extra_eval: Examples | None = None,
    teachers: Sequence[Network] = (),
    callbacks: Sequence[Callback] = (),
    on_history: OnHistory | None = None,
    checkpoint: Checkpoint | None = None,
    keep_state: bool = False,
) -> list[FitResult]: ...


@check_arguments
def fit(
    network: Network | Sequence[Network],
    recipe: Recipe,
    train: Examples,
    validation: Examples | None = None,
    *,
    seeds: Sequence[int] | None = None,
    extra_eval: Examples | None = None,
    teachers: Sequence[Network] = (),
    callbacks: Sequence[Callback] = (),
    on_history: OnHistory | None = None,
    checkpoint: Checkpoint | None = None,
    keep_state: bool = False,
    history: Sequence[HistoryEntry] = (),
    optimizer_state: OptimizerState | None = None,
) -> FitResult | list[FitResult]:
    """Trains a network in place; or R networks of one architecture, each by a seed of its own.

    Args:
        network: Freshly built, or R of them; training starts from their weights.
        recipe: How to train.
        train: The training examples.
        validation: Evaluated at every history entry; early stopping monitors it.
        seeds: For R networks, the R seeds that take the place of the recipe's.
        extra_eval: A second split that is evaluated at every history entry; early stopping ignores it.
        teachers: Trained networks for distillation, with the same outputs as `network`.
        callbacks: Called after every step.
        on_history: Called with each history entry as it comes, and the index of its network.
        checkpoint: Where the state is saved between entries; training goes on from what it holds.
        keep_state: Whether the state at the end is saved there, too, so that more epochs can follow.
        history: Of a training of this one network by this recipe, to which the recipe's epochs are added. The
            training examples may be others. A schedule over all steps is one over the steps of both.
        optimizer_state: What that training passed on, or `OptimizerState()` for a new optimizer. Its
            place in the result is filled only where this is given and training did not stop early.

    Returns:
        The result; for R networks, a list of R results.

    Raises:
        SettingError: If the recipe does not go with the network or the data.
        DataError: If the network does not take these inputs.
        RunError: If the checkpoint cannot be read or belongs to another training.
        TrainingError: If a loss is no longer finite.
        TrainingSuspended: If a callback has suspended the training.
    """
    networks = [network] if isinstance(network, Network) else list(network)
    if not networks or (seeds is not None and len(seeds) != len(networks)):
        raise SettingError(
            f"{len(networks)} networks and {len(seeds or ())} seeds",
            "Give a network, or one seed for each of several.",
        )
    check_training(networks[0], recipe, train, validation, teachers)
    hardware = choose_hardware(replace(recipe, batch_size=recipe.batch_size * len(networks)), networks[0])
    group = init_distributed(hardware.device)
    if group.size > 1 and len(networks) > 1:
        raise SettingError(
            f"{group.size} processes and {len(networks)} networks at once",
            "Let several processes train one network, or one process several seeds.",
        )
    if (history or optimizer_state) and (checkpoint or len(networks) > 1):
        beside = "a checkpoint" if checkpoint else f"{len(networks)} networks"
        raise SettingError(
            f"a training that is continued, and {beside}",
            "Continue one network, without a checkpoint.",
        )
    if recipe.schedule == "reduce-on-plateau" and len(networks) > 1:
        raise SettingError(
            f"schedule=reduce-on-plateau and {len(networks)} networks at once",
            "Each has a learning rate of its own: train them one by one.",
        )
    group.check(recipe, len(train))
    counts = StepCounts.of(recipe, len(train))
    networks = [hardware.move_model(each) for each in networks]
    train, first_layer = apply_fixed_layers(networks[0], recipe, train.to(hardware.device))
    own_seeds = [recipe.seed] if seeds is None else list(seeds)
    teachers = [hardware.move_model(copy.deepcopy(teacher)).eval() for teacher in teachers]
    step = make_step(networks, own_seeds, recipe, hardware, group, first_layer, teachers)
    made = make_examples(train, recipe)
    members = [
        Member(each, seed, EarlyStopping(recipe)) for each, seed in zip(networks, own_seeds, strict=True)
    ]
    ema = EMA(step.live, recipe.ema_decay) if recipe.ema_decay is not None else None
    state = TrainState(members, step, ema)
    with hardware.with_threads():
        stopped = False
        if checkpoint:
            checkpoint.restore(state)
        if history or optimizer_state:
            state.continue_from(history, optimizer_state or OptimizerState(), counts.epoch_steps)
            counts = replace(counts, total_steps=counts.total_steps + state.steps)
        while state.steps < counts.total_steps and state.active and not stopped:
            active = state.active
            entries, stopped = _train_until_entry(
                state, recipe, counts, hardware, group, train, made, callbacks
            )
            if state.partial is None:
                entries = _evaluate(state, entries, validation, extra_eval)
            if group.rank == 0:
                for member, entry in zip(active, entries, strict=False):
                    if on_history:
                        on_history(entry, members.index(member))
                if state.suspended:
                    suspend(state, checkpoint)
                if checkpoint:
                    checkpoint.save_if_due(state)
        if stopped:
            for member in state.active:
                member.stop_reason = "callback"
        if checkpoint and keep_state and group.rank == 0:
            checkpoint.save(state)
    passed_on = state.pass_on() if optimizer_state and state.active else None
    state.finish()
    results = [FitResult.of(member, counts, hardware, step.kind, len(members)) for member in members]
    return replace(results[0], passed_on=passed_on) if isinstance(network, Network) else results


def _train_until_entry(
    state: TrainState,
    recipe: Recipe,
    counts: StepCounts,
    hardware: Hardware,
    group: ProcessGroup,
    train: Examples,
    made: MadeExamples,
    callbacks: Sequence[Callback],
) -> tuple[list[HistoryEntry], bool]:
    """Takes the steps up to the next history entry.

    Returns:
        An entry for each active network, not yet evaluated, and whether a callback said stop. None where one
        has suspended the training before its entry; `state.partial` is set then.
    """
    step, active = state.step, state.active
    seeds = [member.seed for member in active]
    for member in active:
        member.network.train()
    logits, labels, rate, paused, stop = [], [], 0.0, 0.0, False
    if state.partial:
        logits, labels = [state.partial.logits], [state.partial.labels]
        state.partial = None
    end = min(counts.total_steps, state.entry_start + counts.eval_every)
    factor = plateau_factor(recipe, active[0].history)
    started = time.perf_counter()
    batches = iter_batches(train, seeds, recipe, counts, state.position, end + state.ahead, made)
    for inputs, targets in batches:
        total = counts.total_steps + state.ahead
        rate = learning_rate_at(recipe, state.position, total, counts.epoch_steps)
        rate *= factor * state.lr_factor
        logits.append(step.take(inputs, targets, state.steps, rate))
        labels.append(group.shard(targets))
        state.steps += 1
        if state.ema:
            state.ema.update(state.steps)
        if callbacks:
            left = time.perf_counter()
            info = StepInfo(
                step.networks,
                counts,
                state.steps,
                rate,
                logits[-1],
                labels[-1],
                recipe.label_smoothing,
                state.lr_factor,
                all_gradients=lambda: step.by_network(step.gradients),
            )
            for callback in callbacks:
                callback(info)
            if group.size == 1:  # the processes of a group must all go on alike
                state.lr_factor, stop, state.suspended = info.lr_factor, info.stop, info.suspend
            paused += time.perf_counter() - left
            if stop or state.suspended:
                break
    if hardware.device == "cuda":
        torch.cuda.synchronize()
    share = (time.perf_counter() - started - paused) / len(active)
    for member in active:
        member.train_seconds += share
        member.steps = state.steps
    seen = PartialEntry(torch.cat(logits, 1), torch.cat(labels, 1))
    if state.suspended and state.steps < end:
        state.partial = seen
        return [], stop
    losses, accuracies = _batch_metrics(seen.logits, seen.labels, recipe, group)
    entries = []
    for member, loss, accuracy in zip(active, losses, accuracies, strict=True):
        if not np.isfinite(loss):
            raise divergence_error(state.steps, rate, member.seed)
        entries.append(
            HistoryEntry(
                entry=len(member.history) + 1,
                step=state.steps,
                epoch=state.position / counts.epoch_steps,
                learning_rate=rate,
                train_loss=loss,
                train_accuracy=accuracy,
            )
        )
    return entries, stop


def _batch_metrics(
    logits: Tensor, labels: Tensor, recipe: Recipe, group: ProcessGroup
) -> tuple[list[float], list[float]]:
    """Mean loss and accuracy of each network over the batches that it was trained on.

    Args:
        logits: `(R, n, classes)`, each from before its step's update.
        labels: `(R, n)`.
        recipe: Its label smoothing.
        group: Over whose processes the means are taken.
    """
    flat = logits.float().flatten(0, 1)
    losses = cross_entropy(flat, labels.flatten(), reduction="none", label_smoothing=recipe.label_smoothing)
    right = (flat.argmax(1) == labels.flatten()).float()
    # Summed in float32, so that losses too large for it count as divergence.
    sums = [values.view_as(labels).sum(1).double() for values in (losses, right, torch.ones_like(right))]
    loss, correct, n = group.all_reduce_sum(torch.stack(sums))
    return (loss / n).tolist(), (correct / n).tolist()


def _evaluate(
    state: TrainState,
    entries: Sequence[HistoryEntry],
    validation: Examples | None,
    extra_eval: Examples | None,
) -> list[HistoryEntry]:
    """Evaluates the active networks, with averaged weights where there are any, and extends their histories.

    Members that stop early are dropped from the step.
    """
    active, evaluated = state.active, []
    with state.ema.swap_in() if state.ema else nullcontext():
        for member, entry in zip(active, entries, strict=True):
            started = time.perf_counter()
            loss, accuracy = _scores(member, entry, validation)
            extra_loss, extra_accuracy = _scores(member, entry, extra_eval)
            entry = replace(
                entry,
                validation_loss=loss,
                validation_accuracy=accuracy,
                extra_loss=extra_loss,
                extra_accuracy=extra_accuracy,
            )
            member.history.append(entry)
            evaluated.append(entry)
            stopping = member.early_stopping
            stopping.update(entry, member.network)
            if stopping.reached(entry):
                member.final_weights, member.stop_reason = copy_weights(member.network), "until"
            elif stopping.should_stop(entry.entry):
                member.final_weights = stopping.weights or copy_weights(member.network)
                member.stop_reason = "patience"
            member.evaluation_seconds += time.perf_counter() - started
    state.drop_stopped(active)
    return evaluated


def _scores(
    member: Member, entry: HistoryEntry, examples: Examples | None
) -> tuple[float | None, float | None]:
    """Log loss and accuracy of a member on a split, or None and None without one."""
    if examples is None:
        return None, None
    logits = predict_logits(member.network, examples.inputs)
    if not np.isfinite(logits).all():
        raise divergence_error(entry.step, entry.learning_rate, member.seed)
    accuracy, loss = accuracy_and_log_loss(logits, examples.labels.numpy())
    return loss, accuracy
