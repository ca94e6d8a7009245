"""How long a step takes, beside a plain PyTorch loop in the same process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from digitlab.bench.measurement import Measurement
from digitlab.data import classroom, mnist
from digitlab.networks import build
from digitlab.training import Examples, Recipe, fit

__all__ = ["steps"]

ROUNDS = 5
STEPS = {"mlp": 1000, "deep-mnist": 200}
"""Steps of one round: several epochs of the small networks' digits."""

Say = Callable[[str], None]


def steps(say: Say) -> Iterator[Measurement]:
    """Ours and the plain loop in turn, round by round, on the same digits with the same optimizer."""
    small, large = Examples.of(classroom()), Examples.of(mnist("train").take(10_000))
    yield from _compare(
        "400-25-15-10, batch 32", "mlp", {"inputs": 400, "hidden": (25, 15)}, 32, small, "at least 2", say
    )
    yield from _compare("784-700-10, batch 32", "mlp", {"hidden": (700,)}, 32, large, "at least 2", say)
    yield from _compare("deep-mnist, batch 50", "deep-mnist", {}, 50, large, "", say)


def _compare(
    title: str,
    network: str,
    options: dict[str, Any],
    batch: int,
    examples: Examples,
    goal: str,
    say: Say,
) -> Iterator[Measurement]:
    count = STEPS[network]
    recipe = Recipe(optimizer="adam", batch_size=batch, max_steps=count)
    ours, plain = [], []
    for number in range(ROUNDS + 1):
        fitted = fit(build(network, **options), recipe, examples)
        seconds = _plain_loop(build(network, **options), examples, batch, count)
        if number:  # the first round warms up
            ours.append(fitted.train_seconds / count * 1e6)
            plain.append(seconds / count * 1e6)
            say(f"steps: {title}: {ours[-1]:.0f} us, plain loop {plain[-1]:.0f} us")
    ratios = [theirs / mine for mine, theirs in zip(ours, plain, strict=True)]
    yield Measurement(f"steps: {title}", "us/step", ours)
    yield Measurement(f"steps: {title}: plain PyTorch loop", "us/step", plain)
    yield Measurement(f"steps: {title}: times faster", "ratio", ratios, goal)


def _plain_loop(network: nn.Module, examples: Examples, batch: int, count: int) -> float:
    """Seconds for `count` steps of the loop that PyTorch's own example has: DataLoader and eager Adam."""
    pictures = DataLoader(TensorDataset(examples.inputs, examples.labels), batch_size=batch, shuffle=True)
    optimizer = torch.optim.Adam(network.parameters())
    network.train()
    taken = 0
    started = time.perf_counter()
    while taken < count:
        for ink, labels in pictures:
            optimizer.zero_grad()
            loss = cross_entropy(network(ink), labels)
            loss.backward()
            optimizer.step()
            taken += 1
            if taken == count:
                break
    return time.perf_counter() - started
