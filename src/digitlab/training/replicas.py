"""Many seeds at once: replicas of one dense network trained as a single batched computation.

A small dense network leaves a processor idle: most of a step's time is spent calling, not computing.
Here R replicas, each with its own seed, stand in one stack of weights `(R, in, out)`, and a step is
one `baddbmm` for each layer. Every replica is drawn, shuffled, dropped out, followed and stopped by
its own seed exactly as `fit` would do it alone; only the order of additions differs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import Dropout, Network
from digitlab.training.check import check_training, diverged
from digitlab.training.examples import Examples
from digitlab.training.hardware import Hardware, choose_hardware
from digitlab.training.history import HistoryEntry
from digitlab.training.keeping import EMA, EarlyStopping, Weights, copy_weights
from digitlab.training.loop import FitResult
from digitlab.training.optimizers import make_optimizer
from digitlab.training.randomness import epoch_order, prepare_dropout, reseed
from digitlab.training.recipe import Recipe
from digitlab.training.schedules import learning_rate_at
from digitlab.training.session import StepCounts

__all__ = ["can_stack", "fit_replicas"]

ELEMENTWISE = (nn.ReLU, nn.Sigmoid, nn.Tanh)


def can_stack(network: Network, recipe: Recipe) -> bool:
    """Whether replicas of `network` can be trained together by `recipe`: dense layers, no new pictures."""
    kinds = (nn.Flatten, nn.Linear, Dropout, *ELEMENTWISE)
    return all(isinstance(layer, kinds) for layer in network.layers.values()) and not recipe.augments


class StackedNetworks(nn.Module):
    """Replicas of one dense network with their weights in one tensor for each layer.

    The replicas' own weights are views of the stack's, so that each replica is at any time a
    `Network` of its own.
    """

    def __init__(self, replicas: Sequence[Network]) -> None:
        super().__init__()
        self.replicas = list(replicas)
        self.weights, self.biases = nn.ParameterDict(), nn.ParameterDict()
        for name, layer in replicas[0].layers.items():
            if isinstance(layer, nn.Linear):
                rows: list[nn.Linear] = [getattr(one.layers, name) for one in replicas]
                stacked = torch.stack([row.weight.detach().T for row in rows])
                self.weights[name] = nn.Parameter(stacked)
                self.biases[name] = nn.Parameter(torch.stack([row.bias.detach() for row in rows]))
                for row, weight, bias in zip(rows, self.weights[name], self.biases[name], strict=True):
                    row.weight.data, row.bias.data = weight.detach().T, bias.detach()

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits `(R, batch, 10)` of inputs `(R, batch, features)`."""
        signal = inputs
        for name, layer in self.replicas[0].layers.items():
            if isinstance(layer, nn.Linear):
                weight, bias = self.weights[name], self.biases[name]
                signal = torch.baddbmm(bias.unsqueeze(1), signal, weight)
            elif isinstance(layer, Dropout):
                own = [getattr(one.layers, name) for one in self.replicas]
                signal = torch.stack([drop(part) for drop, part in zip(own, signal, strict=True)])
            elif not isinstance(layer, nn.Flatten):
                signal = layer(signal)
        return signal


def fit_replicas(
    replicas: Sequence[Network],
    recipes: Sequence[Recipe],
    train: Examples,
    validation: Examples | None = None,
) -> list[FitResult]:
    """Trains replicas of one dense network together, in place.

    Args:
        replicas: Freshly built with the same name and options; see `can_stack`.
        recipes: One for each replica; alike but for their seeds.
        train: What to train on.
        validation: What to follow between periods, and to stop early by, each replica for itself.

    Returns:
        What each came to, as `fit` returns it. `train_seconds` is each replica's equal share of
        the time that all took together.

    Raises:
        SettingError: If the recipe does not go with the network or the data.
        TrainingError: If the loss of a replica stops being a number.
    """
    recipe = recipes[0]
    for replica in replicas:
        check_training(replica, recipe, train, validation)
    hardware = choose_hardware(replace(recipe, batch_size=recipe.batch_size * len(replicas)), replicas[0])
    timetable = StepCounts.of(recipe, len(train))
    for replica in replicas:
        hardware.place(replica)
    course = _Course(StackedNetworks(replicas).to(hardware.device), list(recipes), timetable, hardware)
    flat = Examples(train.inputs.flatten(1), train.labels).to(hardware.device)
    with hardware.with_threads():
        while course.step < timetable.total_steps and course.going():
            course.take_period(flat)
            course.follow(validation)
    return course.finish()


class _Course:
    """A joint training under way: the stack, and for each replica its history and best weights."""

    def __init__(
        self, stack: StackedNetworks, recipes: list[Recipe], timetable: StepCounts, hardware: Hardware
    ) -> None:
        self.stack, self.recipes, self.timetable, self.hardware = stack, recipes, timetable, hardware
        self.recipe = recipes[0]
        self.optimizer = make_optimizer(stack, self.recipe)
        decay = self.recipe.ema_decay
        self.average = None if decay is None else EMA(stack, decay)
        self.best = [EarlyStopping(recipe) for recipe in recipes]
        self.histories: list[list[HistoryEntry]] = [[] for _ in recipes]
        self.stopped: list[Weights] = [{} for _ in recipes]  # the weights with which a replica stopped
        self.lines: list[HistoryEntry] = []
        self.step = 0
        self.train_seconds = self.evaluation_seconds = 0.0

    def going(self) -> bool:
        """Whether any replica has not stopped early."""
        return not all(self.stopped)

    def take_period(self, train: Examples) -> None:
        """Takes the steps of one period; leaves a line of history for each replica in `lines`."""
        recipe, timetable, count = self.recipe, self.timetable, len(self.recipes)
        self.stack.train()
        masks = [
            prepare_dropout(one, each, self.hardware.device)
            for one, each in zip(self.stack.replicas, self.recipes, strict=True)
        ]
        losses, outputs, targets = [], [], []
        end = min(timetable.total_steps, self.step + timetable.eval_every)
        batches: tuple[Tensor, ...] = ()
        rate = 0.0
        started = time.perf_counter()
        for step in range(self.step, end):
            epoch, place = divmod(step, timetable.epoch_steps)
            if not batches or place == 0:
                orders = torch.stack([epoch_order(one.seed, len(train), epoch) for one in self.recipes])
                batches = orders.to(self.hardware.device).split(recipe.batch_size, dim=1)
            batch = batches[place].flatten()
            inputs = train.inputs.index_select(0, batch).unflatten(0, (count, -1))
            labels = train.labels.index_select(0, batch).view(count, -1)
            for mask, one in zip(masks, self.recipes, strict=True):
                if mask is not None:
                    reseed(mask, one.seed, "dropout", step)
            rate = learning_rate_at(recipe, step, timetable.total_steps, timetable.epoch_steps)
            for group in self.optimizer.param_groups:
                group["lr"] = rate

            logits = self.stack(inputs)
            each = cross_entropy(
                logits.flatten(0, 1),
                labels.flatten(),
                reduction="none",
                label_smoothing=recipe.label_smoothing,
            ).view(count, -1)
            each.mean(dim=1).sum().backward()
            self._clip_gradients()
            self.optimizer.step()
            for weight in self.stack.parameters():
                weight.grad = None
            if self.average:
                self.average.update(step + 1)

            self.step = step + 1
            losses.append(each.detach())
            outputs.append(logits.detach())
            targets.append(labels)
        self.train_seconds += time.perf_counter() - started
        loss = torch.cat(losses, dim=1).double().mean(dim=1)
        right = torch.cat(outputs, dim=1).argmax(2) == torch.cat(targets, dim=1)
        if not bool(loss.isfinite().all()):
            raise diverged(len(self.histories[0]) + 1, self.step, recipe.learning_rate)
        self.lines = [
            HistoryEntry(
                entry=-(-self.step // timetable.eval_every),
                step=self.step,
                epoch=self.step / timetable.epoch_steps,
                learning_rate=rate,
                train_loss=float(one_loss),
                train_accuracy=float(accuracy),
            )
            for one_loss, accuracy in zip(loss, right.double().mean(dim=1), strict=True)
        ]

    def follow(self, validation: Examples | None) -> None:
        """Scores each replica that has not stopped, and enters its line into its history."""
        started = time.perf_counter()
        with self.average.put_into(self.stack) if self.average else nullcontext():
            for number, network in enumerate(self.stack.replicas):
                if not self.stopped[number]:
                    self._follow_one(number, network, validation)
        self.evaluation_seconds += time.perf_counter() - started

    def _follow_one(self, number: int, network: Network, validation: Examples | None) -> None:
        line = self.lines[number]
        if validation is not None:
            logits = predict_logits(network, validation.inputs)
            accuracy, loss = accuracy_and_log_loss(logits, validation.labels.numpy())
            line = replace(line, validation_loss=loss, validation_accuracy=accuracy)
        self.histories[number].append(line)
        self.best[number].consider(line, network)
        if self.best[number].exhausted(line.entry):
            self.stopped[number] = self.best[number].weights or copy_weights(network)

    def finish(self) -> list[FitResult]:
        """Gives each replica the weights that `fit` would keep, as tensors of its own."""
        if self.average:
            self.stack.load_state_dict(self.average.weights)
        share = 1 / len(self.recipes)
        fitted = []
        for number, network in enumerate(self.stack.replicas):
            kept = self.stopped[number] or self.best[number].weights or copy_weights(network)
            for parameter in network.parameters():
                parameter.data = parameter.data.clone(memory_format=torch.contiguous_format)
            network.load_state_dict(kept)
            network.eval()
            history, best = self.histories[number], self.best[number].entry
            fitted.append(
                FitResult(
                    history=tuple(history),
                    hardware=self.hardware,
                    steps=history[-1].step,
                    train_seconds=self.train_seconds * share,
                    evaluation_seconds=self.evaluation_seconds * share,
                    best_entry=best.entry if best else None,
                    stopped_early=history[-1].step < self.timetable.total_steps,
                )
            )
        return fitted

    def _clip_gradients(self) -> None:
        """`clip_gradients`, for each replica by itself."""
        longest = self.recipe.max_grad_norm
        if longest is None:
            return
        gradients = [p.grad for p in self.stack.parameters() if p.grad is not None]
        squares = torch.stack([gradient.flatten(1).square().sum(dim=1) for gradient in gradients])
        if self.recipe.clip_mode == "global":
            squares = squares.sum(dim=0, keepdim=True).expand_as(squares)
        factors = (longest / (squares.sqrt() + 1e-6)).clamp(max=1.0)
        for gradient, factor in zip(gradients, factors, strict=True):
            gradient.mul_(factor.view(-1, *[1] * (gradient.ndim - 1)))
