"""`Recipe`: what each field allows, and the errors when a value is not that."""

import dataclasses
import json
import math

import pytest

from digitlab.errors import SettingError
from digitlab.settings import field_docs, from_dict, to_dict
from digitlab.training import Recipe
from digitlab.training.hyperparameters import AUGMENTATIONS, unused_fields

# For each field: values at its edges that are allowed, and values just beyond that are not.
BOUNDS = {
    "optimizer": (["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"], ["adagrad", "", 1]),
    "learning_rate": ([1e-9, 100], [0, -1, 100.1, "fast"]),
    "momentum": ([0, 0.999], [1, -0.1]),
    "betas": ([(0, 0), (0.9, 0.999)], [(0.9,), (0.9, 1), (-0.1, 0.9), (0.9, 0.9, 0.9)]),
    "rho": ([0, 0.999], [1, -0.1]),
    "epsilon": ([1e-30, 1], [0, -1e-8]),
    "epsilon_in_root": ([True, False], ["perhaps", 2]),
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
    "plateau_patience": ([1, 10_000_000], [0, 2.5]),
    "warmup_fraction": ([0, 0.99], [1, -0.1]),
    "pct_start": ([0.01, 0.99], [0, 1]),
    "final_lr_ratio": ([0, 1], [-0.1, 1.1]),
    "patience": ([None, 1], [0]),
    "monitor": (["validation_loss", "validation_accuracy"], ["test_accuracy"]),
    "restore_best": ([True, False], ["maybe"]),
    "until": (
        [None, "train_loss=0.1", "validation_accuracy=0.985", "validation_loss=1e-3"],
        [
            "0.985",
            "validation_accuracy",
            "test_accuracy=0.9",
            "train_loss=-1",
            "train_loss=nan",
            "train_accuracy=98.5",
        ],
    ),
    "ema_decay": ([None, 0, 0.9999], [1, -0.1]),
    "rotate": ([0, 180], [-1, 181]),
    "shift": ([0, 28], [-1, 29]),
    "zoom": ([0, 0.99], [-0.1, 1]),
    "shear": ([0, 89], [-1, 90]),
    "elastic": ([0, 10], [-0.1, 11]),
    "thickness": ([0, 1], [-0.1, 1.1]),
    "degrade": ([0, 1], [-0.1, 1.1]),
    "augment_fade": ([0, 1], [-0.1, 1.1]),
    "non_digits": ([0, 4], [-0.1, 4.1]),
    "string_parts": ([0, 4], [-0.1, 4.1]),
    "distillation": ([0, 1], [-0.1, 1.1]),
    "teachers": ([0, 100], [-1, 101]),
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
        assert getattr(dataclasses.replace(Recipe(), **{name: value}), name) == value
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
        "optimizer": "adamw",
    }
    assert from_dict(Recipe, texts) == Recipe(
        learning_rate=0.01, betas=(0.7, 0.9), batch_size=256, drop_last=True, max_steps=10, optimizer="adamw"
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


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_which_fields_change_pictures(name):
    assert not Recipe().augments
    assert Recipe(**{name: 0.5}).augments


NO_EFFECT = [
    ({"restore_best": False}, "restore_best=False", "patience is set"),
    ({"monitor": "validation_accuracy"}, "monitor=validation_accuracy", "patience is set"),
    ({"momentum": 0.5}, "momentum=0.5", "optimizer=momentum or nesterov"),
    ({"optimizer": "sgd", "betas": (0.5, 0.5)}, "betas=(0.5, 0.5)", "optimizer=adam or adamw"),
    ({"rho": 0.5}, "rho=0.5", "optimizer=rmsprop"),
    ({"optimizer": "sgd", "epsilon": 0.1}, "epsilon=0.1", "optimizer=adam or adamw or rmsprop"),
    ({"clip_mode": "per-tensor"}, "clip_mode=per-tensor", "max_grad_norm is set"),
    ({"max_steps": 5, "epochs": 2}, "epochs=2", "max_steps=none"),
    ({"lr_decay": 0.5}, "lr_decay=0.5", "schedule=step or exponential"),
    ({"lr_decay_epochs": 2}, "lr_decay_epochs=2", "schedule=step or exponential"),
    ({"schedule": "linear", "pct_start": 0.5}, "pct_start=0.5", "schedule=one-cycle"),
    ({"final_lr_ratio": 0.5}, "final_lr_ratio=0.5", "schedule=linear or cosine or one-cycle"),
]


@pytest.mark.parametrize(("given", "problem", "needed"), NO_EFFECT)
def test_a_field_without_effect_is_an_error(given, problem, needed):
    with pytest.raises(SettingError) as caught:
        Recipe(**given)
    assert problem in caught.value.problem
    assert needed in caught.value.remedy
    # A field that was not given but has a default is no error, nor is a copy of a whole recipe.
    name = problem.partition("=")[0]
    others = {other: value for other, value in given.items() if other != name}
    assert name in unused_fields(Recipe(**others))
    assert dataclasses.replace(Recipe(**others), **{name: given[name]}).seed == 0


def test_every_field_is_documented():
    described = {field.name for field in field_docs(Recipe) if field.description}
    assert described == set(BOUNDS)
