"""`Recipe`: what each field allows, and the errors when a value is not that."""

import dataclasses
import json
import math

import pytest

from digitlab.errors import SettingError
from digitlab.settings import from_dict, to_dict
from digitlab.training import Recipe

# For each field: values at its edges that are allowed, and values just beyond that are not.
BOUNDS = {
    "optimizer": (["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"], ["adagrad", "", 1]),
    "learning_rate": ([1e-9, 100], [0, -1, 100.1, "fast"]),
    "momentum": ([0, 0.999], [1, -0.1]),
    "betas": ([(0, 0), (0.9, 0.999)], [(0.9,), (0.9, 1), (-0.1, 0.9), (0.9, 0.9, 0.9)]),
    "rho": ([0, 0.999], [1, -0.1]),
    "epsilon": ([1e-30, 1], [0, -1e-8]),
    "weight_decay": ([0, 10], [-1e-9]),
    "label_smoothing": ([0, 0.99], [1, -0.1]),
    "max_grad_norm": ([None, 1e-6], [0, -5]),
    "clip_mode": (["global", "per-tensor"], ["value"]),
    "batch_size": ([1, 10_000_000], [0, -1, 10_000_001, 1.5]),
    "epochs": ([1, 10_000_000], [0, 1.5]),
    "max_steps": ([None, 1, 10_000_000], [0]),
    "eval_every": ([None, 1], [0]),
    "drop_last": ([True, False], ["perhaps", 2]),
    "schedule": (["constant", "step", "exponential", "linear", "cosine", "one-cycle"], ["triangle"]),
    "lr_decay": ([0.01, 1], [0, 1.1]),
    "lr_decay_epochs": ([0.1, 100], [0, -1]),
    "warmup_fraction": ([0, 0.99], [1, -0.1]),
    "pct_start": ([0.01, 0.99], [0, 1]),
    "final_lr_ratio": ([0, 1], [-0.1, 1.1]),
    "patience": ([None, 1], [0]),
    "monitor": (["validation_loss", "validation_accuracy"], ["test_accuracy"]),
    "restore_best": ([True, False], ["maybe"]),
    "ema_decay": ([None, 0, 0.9999], [1, -0.1]),
    "rotate": ([0, 180], [-1, 181]),
    "shift": ([0, 28], [-1, 29]),
    "zoom": ([0, 0.99], [-0.1, 1]),
    "shear": ([0, 89], [-1, 90]),
    "precision": (["auto", "float32", "bfloat16"], ["float16"]),
    "device": (["auto", "cpu", "cuda", "mps"], ["tpu"]),
    "threads": ([0, 1024], [-1, 1025]),
    "seed": ([0, 2**63 - 1], [-1, 2**63, 0.5]),
}


def test_every_field_is_looked_at_here():
    assert [field.name for field in dataclasses.fields(Recipe)] == list(BOUNDS)


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds(name):
    allowed, refused = BOUNDS[name]
    for value in allowed:
        assert getattr(Recipe(**{name: value}), name) == value
    for value in refused:
        with pytest.raises(SettingError) as caught:
            Recipe(**{name: value})
        assert name in caught.value.problem
        assert str(caught.value).count("\n") == 1


NUMBERS = [name for name, (allowed, _) in BOUNDS.items() if type(allowed[-1]) in (int, float)]


@pytest.mark.parametrize("name", NUMBERS)
def test_only_finite_numbers(name):
    for value in (math.nan, math.inf, "nan", "inf", "-inf", "1e999"):
        with pytest.raises(SettingError, match=name):
            Recipe(**{name: value})


def test_an_unknown_field_lists_those_there_are():
    with pytest.raises(SettingError) as caught:
        Recipe(learning_rat=0.1)
    assert caught.value.problem == "unknown recipe field 'learning_rat'"
    assert all(name in caught.value.remedy for name in BOUNDS)


def test_text_becomes_what_it_says():
    texts = {
        "learning_rate": "1e-2",
        "betas": "0.7, 0.9",
        "batch_size": "256",
        "drop_last": "true",
        "max_steps": "10",
        "optimizer": "sgd",
    }
    assert from_dict(Recipe, texts) == Recipe(
        learning_rate=0.01, betas=(0.7, 0.9), batch_size=256, drop_last=True, max_steps=10, optimizer="sgd"
    )


def test_json_and_back():
    recipe = Recipe(betas=(0.1, 0.2), max_steps=7, patience=3, ema_decay=0.99, learning_rate=1 / 3)
    again = from_dict(Recipe, json.loads(json.dumps(to_dict(recipe), allow_nan=False)))
    assert again == recipe
    assert type(again.betas) is tuple


def test_a_recipe_is_a_value():
    recipe = Recipe()
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.seed = 3
    assert dataclasses.replace(recipe, seed=3) == Recipe(seed=3)
    with pytest.raises(SettingError):
        dataclasses.replace(recipe, seed=-3)


def test_one_cycle_has_no_other_warm_up():
    with pytest.raises(SettingError, match="one-cycle has its own warm-up"):
        Recipe(schedule="one-cycle", warmup_fraction=0.1)
    assert Recipe(schedule="cosine", warmup_fraction=0.1).warmup_fraction == 0.1


@pytest.mark.parametrize("name", ["rotate", "shift", "zoom", "shear"])
def test_which_fields_change_pictures(name):
    assert not Recipe().augments
    assert Recipe(**{name: 0.5}).augments
