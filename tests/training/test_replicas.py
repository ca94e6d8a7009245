"""Replicas trained together come to what each comes to alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import SettingError, TrainingError
from digitlab.networks import build
from digitlab.training import Examples, Recipe, can_stack, fit, fit_replicas

PLAIN = {"hidden": (20, 10)}
CASES = {
    "adam": (PLAIN, Recipe(epochs=2)),
    "rmsprop": (PLAIN, Recipe(epochs=2, optimizer="rmsprop", epsilon=1e-7)),
    "nesterov, stopped early, last weights": (
        PLAIN,
        Recipe(epochs=8, learning_rate=0.05, optimizer="nesterov", patience=1, restore_best=False),
    ),
    "dropout, averaged weights, best weights": (
        {**PLAIN, "dropout": 0.3, "activation": "sigmoid"},
        Recipe(epochs=4, learning_rate=0.01, ema_decay=0.9, patience=1),
    ),
    "clipped one by one": (PLAIN, Recipe(epochs=1, max_grad_norm=0.05, clip_mode="per-tensor")),
    "clipped together": (PLAIN, Recipe(epochs=1, max_grad_norm=0.05, label_smoothing=0.1)),
}


@pytest.fixture(scope="module")
def examples() -> tuple[Examples, Examples]:
    train, validation = mnist("train").take(1500).split(500, "last")
    return Examples.of(train), Examples.of(validation)


@pytest.mark.parametrize("case", CASES)
def test_each_replica_is_as_trained_alone(case: str, examples: tuple[Examples, Examples]) -> None:
    options, recipe = CASES[case]
    recipes = [replace(recipe, seed=seed) for seed in (3, 4, 5)]
    together = [build("mlp", seed=one.seed, **options) for one in recipes]
    fitted = fit_replicas(together, recipes, *examples)
    for network, one, came_to in zip(together, recipes, fitted, strict=True):
        alone = build("mlp", seed=one.seed, **options)
        expected = fit(alone, one, *examples)
        assert came_to.best_entry == expected.best_entry
        assert came_to.stopped_early == expected.stopped_early
        assert len(came_to.history) == len(expected.history)
        for ours, theirs in zip(came_to.history, expected.history, strict=True):
            assert vars(ours) == pytest.approx(vars(theirs), rel=1e-3, abs=2e-3)
        for name, weight in alone.state_dict().items():
            torch.testing.assert_close(network.state_dict()[name], weight, rtol=1e-3, atol=1e-4)


def test_replicas_with_other_seeds_are_others(examples: tuple[Examples, Examples]) -> None:
    recipes = [Recipe(epochs=1, seed=seed) for seed in (0, 1)]
    networks = [build("mlp", seed=one.seed, **PLAIN) for one in recipes]
    fit_replicas(networks, recipes, examples[0])
    first, second = (network.state_dict()["layers.hidden1.weight"] for network in networks)
    assert not torch.allclose(first, second, atol=0.01)


def test_replicas_keep_nothing_in_common(examples: tuple[Examples, Examples]) -> None:
    recipes = [Recipe(epochs=1, seed=seed) for seed in (0, 1)]
    networks = [build("mlp", seed=one.seed, **PLAIN) for one in recipes]
    fit_replicas(networks, recipes, examples[0])
    storages = [p.untyped_storage().data_ptr() for network in networks for p in network.parameters()]
    assert len(set(storages)) == len(storages)


@pytest.mark.parametrize(
    ("network", "options", "recipe", "answer"),
    [
        ("mlp", {}, Recipe(), True),
        ("softmax", {}, Recipe(), True),
        ("mlp", {}, Recipe(rotate=5), False),
        ("swift", {}, Recipe(), False),
    ],
)
def test_what_can_be_stacked(network: str, options: dict[str, int], recipe: Recipe, answer: bool) -> None:
    assert can_stack(build(network, **options), recipe) is answer


def test_a_diverging_replica_is_said_in_words(examples: tuple[Examples, Examples]) -> None:
    recipes = [Recipe(epochs=5, optimizer="sgd", learning_rate=100.0, seed=seed) for seed in (0, 1)]
    networks = [build("mlp", seed=one.seed, hidden=(50, 50, 50)) for one in recipes]
    with pytest.raises(TrainingError, match="no longer a number"):
        fit_replicas(networks, recipes, examples[0])


def test_patience_needs_validation_digits(examples: tuple[Examples, Examples]) -> None:
    with pytest.raises(SettingError, match="patience"):
        fit_replicas([build("mlp")], [Recipe(patience=1)], examples[0])
