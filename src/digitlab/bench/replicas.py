"""What ten seeds at once cost, beside one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from digitlab.bench.measurement import Measurement
from digitlab.data import classroom
from digitlab.networks import build
from digitlab.training import Examples, Recipe, fit

__all__ = ["replicas"]

ROUNDS = 5
REPLICAS = 10

Say = Callable[[str], None]


def replicas(say: Say) -> Iterator[Measurement]:
    """Ten replicas of 400-25-15-10 and one, in turn, five epochs of the classroom set."""
    examples = Examples.of(classroom())
    options: dict[str, Any] = {"inputs": 400, "hidden": (25, 15)}
    recipes = [Recipe(epochs=5, seed=seed) for seed in range(REPLICAS)]
    one, ten = [], []
    for number in range(ROUNDS + 1):
        alone = fit(build("mlp", **options), recipes[0], examples)
        networks = [build("mlp", seed=recipe.seed, **options) for recipe in recipes]
        together = fit(networks, recipes[0], examples, seeds=range(REPLICAS))
        if number:  # the first round warms up
            one.append(alone.train_seconds)
            ten.append(sum(fitted.train_seconds for fitted in together))
            say(f"replicas: one {one[-1]:.2f} s, ten {ten[-1]:.2f} s")
    yield Measurement("replicas: one 400-25-15-10", "s", one)
    yield Measurement("replicas: ten at once", "s", ten)
    ratios = [many / alone for many, alone in zip(ten, one, strict=True)]
    yield Measurement("replicas: ten / one", "ratio", ratios, "at most 3")
