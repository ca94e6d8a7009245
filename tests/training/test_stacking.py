"""Networks trained together end as each ends alone, and what is stacked is decided in one place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import SettingError, TrainingError
from digitlab.networks import build
from digitlab.training import Examples, HistoryEntry, Recipe, StepInfo, checkpoint, fit, plan_stacks
from digitlab.training.checkpoint import Checkpoint

PLAIN = {"hidden": (20, 10)}
CASES = {
    "adam": ("mlp", PLAIN, Recipe(epochs=2)),
    "rmsprop": ("mlp", PLAIN, Recipe(epochs=2, optimizer="rmsprop", epsilon=1e-7)),
    "nesterov, stopped early, last weights": (
        "mlp",
        PLAIN,
        Recipe(epochs=8, learning_rate=0.05, optimizer="nesterov", patience=1, restore_best=False),
    ),
    "dropout, averaged weights, best weights": (
        "mlp",
        {**PLAIN, "dropout": 0.3, "activation": "sigmoid"},
        Recipe(epochs=4, learning_rate=0.01, ema_decay=0.9, patience=1),
    ),
    "clipped one by one": ("mlp", PLAIN, Recipe(epochs=1, max_grad_norm=0.05, clip_mode="per-tensor")),
    "clipped together": ("mlp", PLAIN, Recipe(epochs=1, max_grad_norm=0.05, label_smoothing=0.1)),
    "augmented": ("mlp", PLAIN, Recipe(epochs=1, rotate=10, shift=1)),
    "convolutional, stopped early": ("swift", {}, Recipe(epochs=4, batch_size=64, patience=1, ema_decay=0.5)),
}
SEEDS = (3, 4, 5)


@pytest.fixture(scope="module")
def examples() -> tuple[Examples, Examples]:
    train, validation = mnist("train").take(1500).split(500, "last")
    return Examples.of(train), Examples.of(validation)


def _numbers(entry: HistoryEntry) -> dict[str, float]:
    return {name: value for name, value in vars(entry).items() if value is not None}


@pytest.mark.parametrize("case", CASES)
def test_each_network_ends_as_alone(case: str, examples: tuple[Examples, Examples]) -> None:
    name, options, recipe = CASES[case]
    together = [build(name, seed=seed, **options) for seed in SEEDS]
    results = fit(together, recipe, *examples, seeds=SEEDS)
    for network, seed, result in zip(together, SEEDS, results, strict=True):
        alone = build(name, seed=seed, **options)
        expected = fit(alone, replace(recipe, seed=seed), *examples)
        assert result.best_entry == expected.best_entry
        assert (result.stopped_early, result.steps) == (expected.stopped_early, expected.steps)
        assert (result.step_kind, result.n_stacked_seeds) == (expected.step_kind, 3)
        assert len(result.history) == len(expected.history)
        for ours, theirs in zip(result.history, expected.history, strict=True):
            assert _numbers(ours) == pytest.approx(_numbers(theirs), rel=1e-3, abs=2e-3)
        for key, weight in alone.state_dict().items():
            torch.testing.assert_close(network.state_dict()[key], weight, rtol=1e-3, atol=1e-4)


def test_a_stopped_seed_takes_no_more_steps(examples: tuple[Examples, Examples]) -> None:
    _, options, recipe = CASES["nesterov, stopped early, last weights"]
    sizes: list[int] = []

    def watch(info: StepInfo) -> None:
        assert info.logits.shape[0] == info.labels.shape[0] == len(info.networks)
        sizes.append(len(info.networks))

    networks = [build("mlp", seed=seed, **options) for seed in SEEDS]
    results = fit(networks, recipe, *examples, seeds=SEEDS, callbacks=[watch])
    ends = sorted(result.steps for result in results)
    assert ends[0] < ends[-1]  # they do stop at different times
    expected = [sum(end > step for end in ends) for step in range(ends[-1])]
    assert sizes == expected
    assert sum(result.train_seconds for result in results) > 0


def test_networks_with_other_seeds_are_others(examples: tuple[Examples, Examples]) -> None:
    networks = [build("mlp", seed=seed, **PLAIN) for seed in (0, 1)]
    fit(networks, Recipe(epochs=1), examples[0], seeds=(0, 1))
    first, second = (network.state_dict()["layers.hidden1.weight"] for network in networks)
    assert not torch.allclose(first, second, atol=0.01)


def test_trained_networks_share_no_memory(examples: tuple[Examples, Examples]) -> None:
    networks = [build("mlp", seed=seed, **PLAIN) for seed in (0, 1)]
    fit(networks, Recipe(epochs=1), examples[0], seeds=(0, 1))
    storages = [p.untyped_storage().data_ptr() for network in networks for p in network.parameters()]
    assert len(set(storages)) == len(storages)


class Killed(BaseException):
    """Stands for a kill in the same process."""


@pytest.mark.parametrize("case", ["dropout, averaged weights, best weights", "convolutional, stopped early"])
def test_a_killed_stack_ends_with_the_same_bits(
    case: str, examples: tuple[Examples, Examples], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "SHARE_OF_TIME", 1e9)
    name, options, recipe = CASES[case]
    recipe = replace(recipe, epochs=6, patience=2, threads=1)

    def train(kill_at: int | None = None, folder: Path | None = None) -> list[torch.Tensor]:
        def kill(info: StepInfo) -> None:
            if info.step == kill_at:
                raise Killed

        networks = [build(name, seed=seed, **options) for seed in SEEDS]
        kept = Checkpoint(folder) if folder else None
        results = fit(networks, recipe, *examples, seeds=SEEDS, callbacks=[kill], checkpoint=kept)
        losses = [torch.tensor([entry.train_loss for entry in result.history]) for result in results]
        return [*losses, *(weight for network in networks for weight in network.state_dict().values())]

    whole = train()
    for kill_at in (40, 90, 130):
        with pytest.raises(Killed):
            train(kill_at if name == "mlp" else kill_at // 2, tmp_path)
    resumed = train(None, tmp_path)
    assert len(whole) == len(resumed)
    assert all(map(torch.equal, whole, resumed))


def test_a_diverging_network_is_named_by_its_seed(examples: tuple[Examples, Examples]) -> None:
    recipe = Recipe(epochs=5, optimizer="sgd", learning_rate=100.0)
    networks = [build("mlp", seed=seed, hidden=(50, 50, 50)) for seed in (7, 8)]
    with pytest.raises(TrainingError, match=r"no longer a finite number \(seed [78], step"):
        fit(networks, recipe, examples[0], seeds=(7, 8))


@pytest.mark.parametrize("count", [1, 2])
def test_an_infinite_validation_loss_is_an_error_for_one_seed_and_for_several(
    count: int, examples: tuple[Examples, Examples]
) -> None:
    """The last step does the damage, so that only validation can see it."""
    few = Examples(examples[0].inputs[:10], examples[0].labels[:10])
    recipe = Recipe(epochs=1, optimizer="sgd", learning_rate=100, batch_size=10)
    networks = [build("mlp", seed=seed, hidden=(50,) * 60) for seed in range(count)]
    with pytest.raises(TrainingError, match="step 1"):
        fit(networks, recipe, few, examples[1], seeds=range(count))


def test_patience_needs_validation_digits(examples: tuple[Examples, Examples]) -> None:
    with pytest.raises(SettingError, match="patience"):
        fit([build("mlp")], Recipe(patience=1), examples[0], seeds=[0])


@pytest.mark.parametrize(
    ("network", "options", "together"),
    [
        ("softmax", {}, True),
        ("mlp", {"inputs": 400, "hidden": (25, 15)}, True),
        ("mlp", {"hidden": (1,)}, True),
        ("mlp", {"hidden": (300,)}, False),
        ("swift", {}, False),
    ],
)
def test_small_dense_networks_are_stacked(network: str, options: dict[str, object], together: bool) -> None:
    stacks = plan_stacks(build(network, **options), Recipe(threads=1), range(4))
    assert stacks == ([(0, 1, 2, 3)] if together else [(0,), (1,), (2,), (3,)])
