"""How long training takes to an accuracy: `time-to-99` and `time-to-99.5`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from digitlab.bench.measurement import Measurement
from digitlab.data import mnist
from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import build
from digitlab.training import RECIPES, Examples, fit

__all__ = ["time_to_99", "time_to_99_5"]

Say = Callable[[str], None]


def time_to_99(say: Say) -> Iterator[Measurement]:
    """Ten seeds of `swift` by its standard recipe on all 60,000 training digits."""
    return _time_to("time-to-99", {}, "swift", 10, 0.99, "mean of at most 3 s", say)


def time_to_99_5(say: Say) -> Iterator[Measurement]:
    """Five seeds of the recipe that is quickest to 99.5 %."""
    return _time_to("time-to-99.5", {"width": 32}, "swift-99.5", 5, 0.995, "aim: under 15 s", say)


def _time_to(
    name: str, options: dict[str, Any], recipe_name: str, seeds: int, wanted: float, goal: str, say: Say
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
        say(f"{name}: seed {seed}: {accuracy:.2%} in {fitted.train_seconds:.2f} s")
    yield Measurement(f"{name}: training time", "s", seconds, goal)
    yield Measurement(f"{name}: test accuracy", "accuracy", accuracies, f"mean of at least {wanted:.1%}")
