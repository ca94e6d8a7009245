"""`DenseStep` takes the steps of autograd, and every recipe field is honored or sent to autograd."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import nn

from digitlab.data import mnist
from digitlab.networks import Dropout, Network, build
from digitlab.networks.layers import dense
from digitlab.settings import settings
from digitlab.training import Examples, Recipe, batches, fit, loop, supports_dense_step
from digitlab.training.dense_step import DENSE_RECIPE_FIELDS, DenseLayer, dense_layers
from digitlab.training.hardware import choose_hardware
from digitlab.training.step import AutogradStep, StepSetup

OPTIONS: dict[str, Any] = {"hidden": (12, 9), "dropout": 0.2}
BASE = {"batch_size": 30, "max_steps": 12, "eval_every": 4, "threads": 1}

CHANGED: dict[str, dict[str, Any]] = {
    "optimizer": {"optimizer": "rmsprop"},
    "learning_rate": {"learning_rate": 0.02},
    "momentum": {"optimizer": "momentum", "momentum": 0.5},
    "betas": {"betas": (0.5, 0.6)},
    "rho": {"optimizer": "rmsprop", "rho": 0.5},
    "epsilon": {"epsilon": 1e-3},
    "epsilon_in_root": {"optimizer": "rmsprop", "epsilon": 1e-3, "epsilon_in_root": False},
    "weight_decay": {"weight_decay": 0.1},
    "label_smoothing": {"label_smoothing": 0.3},
    "max_grad_norm": {"optimizer": "sgd", "max_grad_norm": 0.1},
    "clip_mode": {"optimizer": "sgd", "max_grad_norm": 0.1, "clip_mode": "per-tensor"},
    "batch_size": {"batch_size": 20},
    "epochs": {"max_steps": None, "epochs": 1},
    "max_steps": {"max_steps": 7},
    "eval_every": {"eval_every": 5, "patience": 1, "learning_rate": 0.3, "optimizer": "sgd"},
    "drop_last": {"drop_last": True, "max_steps": 20},
    "schedule": {"schedule": "linear"},
    "lr_decay": {"schedule": "exponential", "lr_decay": 0.01, "lr_decay_epochs": 0.2},
    "lr_decay_epochs": {"schedule": "exponential", "lr_decay_epochs": 0.1},
    "plateau_patience": {
        "schedule": "reduce-on-plateau",
        "plateau_patience": 1,
        "learning_rate": 1.0,
        "optimizer": "sgd",
        "eval_every": 1,
    },
    "warmup_fraction": {"warmup_fraction": 0.5},
    "pct_start": {"schedule": "one-cycle", "pct_start": 0.7},
    "final_lr_ratio": {"schedule": "linear", "final_lr_ratio": 0.5},
    "patience": {"patience": 1, "learning_rate": 1.0, "optimizer": "sgd", "eval_every": 1},
    "monitor": {"monitor": "validation_accuracy", "patience": 1, "learning_rate": 0.8, "eval_every": 1},
    "restore_best": {"patience": 1, "learning_rate": 1.0, "restore_best": False, "eval_every": 1},
    "until": {"until": "train_loss=100", "eval_every": 1},
    "ema_decay": {"ema_decay": 0.8},
    "rotate": {"rotate": 20},
    "shift": {"shift": 2},
    "zoom": {"zoom": 0.2},
    "shear": {"shear": 20},
    "elastic": {"elastic": 1},
    "thickness": {"thickness": 0.5},
    "degrade": {"degrade": 0.5},
    "augment_fade": {"rotate": 20, "augment_fade": 0.5},
    "non_digits": {"non_digits": 0.5},
    "string_parts": {"string_parts": 0.5},
    "distillation": {"distillation": 0.5},
    "teachers": {"distillation": 0.5, "teachers": 2},
    "precision": {"precision": "bfloat16"},
    "device": {"device": "cpu"},
    "threads": {"threads": 2},
    "seed": {"seed": 3},
}
"""For each field of `Recipe`: settings in which it is not at its default and matters."""
AUTOGRAD_ONLY = {"precision", "non_digits", "string_parts", "distillation", "teachers"}
"""Fields that send a run to autograd."""
NO_EFFECT_ON_WEIGHTS = {"device", "threads", "teachers"}
"""Fields that say where a run is computed, not what; and one for runs, which train teachers before `fit`."""


@pytest.fixture(autouse=True)
def few_made_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "NON_DIGITS", 60)
    monkeypatch.setattr(batches, "STRING_PARTS", 60)


@pytest.fixture(scope="module")
def examples() -> tuple[Examples, Examples]:
    train, validation = mnist("train").take(400).split(65, "last")
    return Examples.of(train), Examples.of(validation)


def _train(recipe: Recipe, examples: tuple[Examples, Examples]) -> tuple[list[torch.Tensor], str]:
    network = build("mlp", seed=recipe.seed, **OPTIONS)
    if recipe.non_digits or recipe.string_parts:  # as in the networks that have such an output
        network.no_digit = dense(OPTIONS["hidden"][-1], 1, "zeros", torch.Generator())
    teachers = [build("mlp", seed=9, **OPTIONS)] if recipe.distillation else []
    result = fit(network, recipe, *examples, teachers=teachers)
    return list(network.state_dict().values()), result.step_kind


def _by_autograd(
    recipe: Recipe, examples: tuple[Examples, Examples], monkeypatch: pytest.MonkeyPatch
) -> list[torch.Tensor]:
    def make(networks, seeds, recipe, hardware, group, first_layer, teachers):  # type: ignore[no-untyped-def]
        return AutogradStep(networks, seeds, StepSetup(recipe, hardware, group, first_layer, tuple(teachers)))

    with monkeypatch.context() as patch:
        patch.setattr(loop, "make_step", make)
        weights, kind = _train(recipe, examples)
    assert kind == "autograd"
    return weights


def test_every_field_of_the_recipe_is_tried_here() -> None:
    assert list(CHANGED) == [field.name for field in dataclasses.fields(Recipe)]


@pytest.mark.parametrize("field", CHANGED)
def test_both_steps_give_the_same_weights_or_autograd_is_used(
    field: str, examples: tuple[Examples, Examples], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(**{**BASE, **CHANGED[field]})
    weights, kind = _train(recipe, examples)
    expected = _by_autograd(recipe, examples, monkeypatch)
    expected_kind = "autograd" if field in AUTOGRAD_ONLY else "dense"
    assert kind == expected_kind, f"add {field} to DENSE_RECIPE_FIELDS, or to AUTOGRAD_ONLY here"
    assert kind == "autograd" or field in DENSE_RECIPE_FIELDS | {"device"}
    for ours, theirs in zip(weights, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("field", sorted(set(CHANGED) - NO_EFFECT_ON_WEIGHTS))
def test_every_field_changes_the_weights(
    field: str, examples: tuple[Examples, Examples], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a field which some step ignores is found. Weights of the same kind of step are compared."""
    default = {other.name: other.default for other in dataclasses.fields(Recipe)}[field]
    changed = {**BASE, **CHANGED[field]}
    unchanged = {**changed, field: BASE.get(field, default)}
    if field in ("max_steps", "batch_size"):
        unchanged = {**changed, field: BASE[field]}
    if field == "epochs":
        unchanged = {**changed, field: 2}
    if field == "optimizer":
        unchanged = {**changed, field: "adam"}
    one, other = Recipe(**changed), Recipe(**unchanged)
    (ours, kind), (theirs, other_kind) = _train(one, examples), _train(other, examples)
    if kind != other_kind:
        theirs = _by_autograd(other, examples, monkeypatch)
    assert any(not torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@settings("recipe field")
class WithNewField(Recipe):
    """A recipe with a field that nobody has taught to the steps."""

    made_up: float = 0.0


def test_a_field_that_a_dense_step_does_not_know_sends_the_run_to_autograd(
    examples: tuple[Examples, Examples],
) -> None:
    network = build("mlp", **OPTIONS)
    known, new = WithNewField(**BASE), WithNewField(**BASE, made_up=1.0)
    hardware = choose_hardware(known, network)
    assert supports_dense_step(network, known, hardware)
    assert not supports_dense_step(network, new, hardware)
    assert fit(network, new, *examples).step_kind == "autograd"


def test_a_new_field_that_does_nothing_is_found(
    examples: tuple[Examples, Examples], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `test_every_field_changes_the_weights` asks of each field fails for one that is ignored."""
    ours, kind = _train(WithNewField(**BASE, made_up=1.0), examples)
    theirs = _by_autograd(WithNewField(**BASE), examples, monkeypatch)
    assert kind == "autograd"
    assert all(map(torch.equal, ours, theirs))
    assert {field.name for field in dataclasses.fields(WithNewField)} - set(CHANGED) == {"made_up"}


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("hidden", [(1,), (7,), (9, 8, 7)])
def test_activations_depths_and_dropout(
    activation: str,
    dropout: float,
    hidden: tuple[int, ...],
    examples: tuple[Examples, Examples],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(OPTIONS, "activation", activation)
    monkeypatch.setitem(OPTIONS, "dropout", dropout)
    monkeypatch.setitem(OPTIONS, "hidden", hidden)
    recipe = Recipe(**BASE)
    weights, kind = _train(recipe, examples)
    assert kind == "dense"
    for ours, theirs in zip(weights, _by_autograd(recipe, examples, monkeypatch), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def _network(**layers: nn.Module) -> Network:
    return Network("test", {}, (4,), OrderedDict(layers))


def test_the_layers_that_a_dense_step_knows() -> None:
    found = dense_layers(
        _network(flat=nn.Flatten(), a=nn.Linear(4, 3), r=nn.Tanh(), d=Dropout(0.5), b=nn.Linear(3, 10))
    )
    assert found == [DenseLayer("a", "tanh", 0.5), DenseLayer("b")]
    assert dense_layers(_network(a=nn.Linear(4, 3), b=nn.Linear(3, 10))) == [DenseLayer("a"), DenseLayer("b")]


@pytest.mark.parametrize(
    "layers",
    [
        {"a": nn.Linear(4, 3, bias=False), "b": nn.Linear(3, 10)},
        {"a": nn.Linear(4, 3), "g": nn.GELU(), "b": nn.Linear(3, 10)},
        {"a": nn.Linear(4, 3), "r": nn.LeakyReLU(), "b": nn.Linear(3, 10)},
        {"a": nn.Linear(4, 3), "r": nn.ReLU(), "t": nn.Tanh(), "b": nn.Linear(3, 10)},
        {"a": nn.Linear(4, 3), "d": Dropout(0.5), "r": nn.ReLU(), "b": nn.Linear(3, 10)},
        {"a": nn.Linear(4, 3), "n": nn.BatchNorm1d(3), "b": nn.Linear(3, 10)},
        {"a": nn.Linear(4, 10), "r": nn.ReLU()},
        {"a": nn.Linear(4, 10), "d": Dropout(0.5)},
        {"flat": nn.Flatten()},
    ],
)
def test_what_a_dense_step_does_not_know_is_left_to_autograd(layers: dict[str, nn.Module]) -> None:
    assert dense_layers(_network(**layers)) is None
