"""Training speed: steps beside a plain PyTorch loop, several seeds beside one, and time to an accuracy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from digitlab.bench.measurement import Measurement
from digitlab.data import classroom, mnist
from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import build
from digitlab.training import RECIPES, Examples, Recipe, fit

__all__ = ["seeds", "steps", "time_to_99", "time_to_99_5"]

ROUNDS = 5
SEEDS = 10

Log = Callable[[str], None]


@dataclass(frozen=True)
class StepCase:
    """A network whose training steps are timed.

    Attributes:
        title: Its layer sizes, or its name.
        goal: How many times as fast as the plain loop its steps shall be.
        network: Its name.
        options: Its options.
        optimizer: A recipe's optimizer.
        batch: Examples in a step.
        count: Steps of one round.
    """

    title: str
    goal: str
    network: str = "mlp"
    options: dict[str, Any] = field(default_factory=dict)
    optimizer: str = "adam"
    batch: int = 32
    count: int = 1000


CASES = (
    StepCase("400-25-15-10", "at least 5", options={"inputs": 400, "hidden": (25, 15)}),
    StepCase("784-1-10", "at least 5", options={"hidden": (1,)}),
    StepCase("784-100-100-10", "at least 3.3", options={"hidden": (100, 100)}),
    StepCase("784-300-10", "at least 2.1", options={"hidden": (300,)}, count=600),
    StepCase("784-700-10", "at least 2.4 with AVX-512, 1.9 with AVX2", options={"hidden": (700,)}, count=400),
    StepCase(
        "784-700-10, RMSprop",
        "at least 2.4 with AVX-512, 1.9 with AVX2",
        options={"hidden": (700,)},
        optimizer="rmsprop",
        count=400,
    ),
    StepCase("deep-mnist", "", network="deep-mnist", batch=50, count=100),
)


def steps(log: Log) -> Iterator[Measurement]:
    """Ours and the plain loop in turn, round by round, on the same digits with the same optimizer."""
    small, large = Examples.of(classroom()), Examples.of(mnist("train").take(10_000))
    for case in CASES:
        examples = small if case.options.get("inputs") == 400 else large
        recipe = Recipe(
            optimizer=case.optimizer,  # type: ignore[arg-type]
            batch_size=case.batch,
            max_steps=case.count,
        )
        ours, plain = [], []
        for number in range(ROUNDS + 1):
            fitted = fit(build(case.network, **case.options), recipe, examples)
            seconds = _plain_loop(build(case.network, **case.options), examples, case)
            if number:  # the first round warms up
                ours.append(fitted.train_seconds / case.count * 1e6)
                plain.append(seconds / case.count * 1e6)
                log(f"steps: {case.title}: {ours[-1]:.0f} us, plain loop {plain[-1]:.0f} us")
        ratios = [theirs / mine for mine, theirs in zip(ours, plain, strict=True)]
        title = f"steps: {case.title}, batch {case.batch}"
        yield Measurement(title, "us/step", ours)
        yield Measurement(f"{title}: plain PyTorch loop", "us/step", plain)
        yield Measurement(f"{title}: times as fast", "ratio", ratios, case.goal)


def _plain_loop(network: nn.Module, examples: Examples, case: StepCase) -> float:
    """Seconds for the steps of the loop that PyTorch's own example has: DataLoader, eager optimizer."""
    loader = DataLoader(TensorDataset(examples.inputs, examples.labels), batch_size=case.batch, shuffle=True)
    optimizers = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
    optimizer = optimizers[case.optimizer](network.parameters(), lr=1e-3)
    network.train()
    taken = 0
    started = time.perf_counter()
    while taken < case.count:
        for images, labels in loader:
            optimizer.zero_grad()
            loss = cross_entropy(network(images), labels)
            loss.backward()
            optimizer.step()
            taken += 1
            if taken == case.count:
                break
    return time.perf_counter() - started


def seeds(log: Log) -> Iterator[Measurement]:
    """Ten seeds of 400-25-15-10 as one stack, and one seed, in turn: five epochs of the classroom set."""
    examples = Examples.of(classroom())
    options: dict[str, Any] = {"inputs": 400, "hidden": (25, 15)}
    recipe = Recipe(epochs=5)
    one, ten = [], []
    for number in range(ROUNDS + 1):
        alone = fit(build("mlp", **options), recipe, examples)
        networks = [build("mlp", seed=seed, **options) for seed in range(SEEDS)]
        together = fit(networks, recipe, examples, seeds=range(SEEDS))
        if number:  # the first round warms up
            one.append(alone.train_seconds)
            ten.append(sum(fitted.train_seconds for fitted in together))
            log(f"seeds: one {one[-1]:.2f} s, ten {ten[-1]:.2f} s")
    yield Measurement("seeds: one of 400-25-15-10", "s", one)
    yield Measurement("seeds: ten as one stack", "s", ten)
    ratios = [many / alone for many, alone in zip(ten, one, strict=True)]
    yield Measurement("seeds: ten / one", "ratio", ratios, "at most 5")


def time_to_99(log: Log) -> Iterator[Measurement]:
    """Ten seeds of `swift` by its standard recipe on all 60,000 training digits."""
    return _time_to("time-to-99", {}, "swift", 10, 0.99, "mean of at most 3 s", log)


def time_to_99_5(log: Log) -> Iterator[Measurement]:
    """Five seeds of the recipe that is quickest to 99.5 %."""
    return _time_to("time-to-99.5", {"width": 32}, "swift-99.5", 5, 0.995, "aim: under 15 s", log)


def _time_to(
    name: str, options: dict[str, Any], recipe_name: str, seeds: int, wanted: float, goal: str, log: Log
) -> Iterator[Measurement]:
    """Trains, and then asks the test digits once. The recipe was chosen on validation digits."""
    train, test = Examples.of(mnist("train")), Examples.of(mnist("test"))
    seconds, accuracies = [], []
    for seed in range(seeds):
        recipe = replace(RECIPES[recipe_name], seed=seed, eval_every=None)
        built = build("swift", seed=seed, **options)
        fitted = fit(built, recipe, train)
        accuracy, _ = accuracy_and_log_loss(predict_logits(built, test.inputs), test.labels.numpy())
        seconds.append(fitted.train_seconds)
        accuracies.append(accuracy)
        log(f"{name}: seed {seed}: {accuracy:.2%} in {fitted.train_seconds:.2f} s")
    yield Measurement(f"{name}: training time", "s", seconds, goal)
    yield Measurement(f"{name}: test accuracy", "accuracy", accuracies, f"mean of at least {wanted:.1%}")
