"""Recipes by name: a standard one for each network, and the defaults of well-known frameworks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from digitlab.arguments import check_arguments
from digitlab.errors import SettingError
from digitlab.settings import field_docs, from_dict
from digitlab.training.hyperparameters import MachineSpecific, Recipe, check_effect, used_when

__all__ = ["RECIPES", "RECIPE_SUMMARIES", "change_recipe", "recipe", "recipe_fields", "standard_recipe"]

SWIFT = Recipe(
    optimizer="adam",
    learning_rate=0.014,
    betas=(0.7, 0.9),
    batch_size=128,
    epochs=1,
    drop_last=True,
    eval_every=39,
    schedule="linear",
    warmup_fraction=0.2,
    label_smoothing=0.1,
)

TEACHER = Recipe(
    optimizer="adamw",
    learning_rate=3e-3,
    weight_decay=0.05,
    batch_size=256,
    epochs=40,
    drop_last=True,
    schedule="cosine",
    warmup_fraction=0.05,
    ema_decay=0.999,
    rotate=14,
    shift=2.5,
    zoom=0.17,
    shear=12,
    elastic=1.0,
    thickness=0.8,
    degrade=0.5,
    augment_fade=0.4,
    non_digits=0.4,
)

_NAMED: tuple[tuple[str, str, Recipe], ...] = (
    ("default", "every field at its default", Recipe()),
    (
        "keras-adam",
        "Keras's defaults for Adam (Keras 2 and 3 alike)",
        Recipe(optimizer="adam", learning_rate=1e-3, epsilon=1e-7, batch_size=32),
    ),
    (
        "keras-3-rmsprop",
        "Keras 3's defaults for RMSprop: epsilon is added to the mean square",
        Recipe(optimizer="rmsprop", learning_rate=1e-3, rho=0.9, epsilon=1e-7, batch_size=32),
    ),
    (
        "keras-2.0-rmsprop",
        "defaults for RMSprop of Keras in TensorFlow 2.0: epsilon is added to the root of the mean square",
        Recipe(optimizer="rmsprop", rho=0.9, epsilon=1e-7, epsilon_in_root=False, batch_size=32),
    ),
    (
        "keras-sgd",
        "Keras's defaults for gradient descent",
        Recipe(optimizer="sgd", learning_rate=1e-2, batch_size=32),
    ),
    (
        "softmax",
        "the study deep-mnist's gradient descent for softmax regression",
        Recipe(optimizer="sgd", learning_rate=0.5, batch_size=50, max_steps=1000, eval_every=100),
    ),
    (
        "deep-mnist",
        "the study deep-mnist's Adam for its deep network",
        Recipe(optimizer="adam", learning_rate=1e-4, batch_size=50, max_steps=1100, eval_every=100),
    ),
    ("swift", "the quickest to a mean accuracy of 99 % on two cores; chosen on validation digits", SWIFT),
    (
        "swift-99.5",
        "the quickest to a mean of 99.5 %, with swift of width 32; chosen on validation digits",
        replace(
            SWIFT, learning_rate=6e-3, epochs=3, eval_every=None, rotate=10, shift=1.5, zoom=0.1, shear=5.7
        ),
    ),
    (
        "recognizer-teacher",
        "for the teachers of recognizer: strong augmentation that fades, and non-digits",
        TEACHER,
    ),
    (
        "recognizer",
        "for the model that ships: distilled from three teachers, which are trained first",
        replace(TEACHER, epochs=60, distillation=0.8, teachers=3),
    ),
    (
        "reading",
        "fine-tunes a trained recognizer (--from RUN) for reading strings, on parts of strings",
        replace(
            TEACHER,
            learning_rate=4e-4,
            batch_size=128,
            epochs=3,
            ema_decay=0.995,
            non_digits=0.3,
            string_parts=0.9,
        ),
    ),
    (
        "micro",
        "for micro: distilled from networks of recognizer (needs --teacher), with weaker augmentation",
        replace(
            TEACHER,
            learning_rate=6e-3,
            weight_decay=0.0,
            epochs=60,
            rotate=9,
            shift=1.5,
            zoom=0.1,
            shear=8,
            elastic=0.7,
            thickness=0.4,
            degrade=0.2,
            augment_fade=0.5,
            non_digits=0.25,
            distillation=0.8,
        ),
    ),
)
RECIPES: Mapping[str, Recipe] = {name: made for name, _, made in _NAMED}
RECIPE_SUMMARIES: Mapping[str, str] = {name: summary for name, summary, _ in _NAMED}


@check_arguments
def recipe(name: str, overrides: Mapping[str, object] | None = None) -> Recipe:
    """The recipe called `name`, with some fields changed.

    Args:
        name: A name from `RECIPES`.
        overrides: Fields and their values; text, as from a command line, is turned into the
            field's type.

    Raises:
        SettingError: If the name or a field is unknown, a value is not allowed, or a changed field has no
            effect beside the others.
    """
    if name not in RECIPES:
        raise SettingError(f"unknown recipe {name!r}", f"Those there are: {', '.join(RECIPES)}.")
    return change_recipe(RECIPES[name], overrides or {})


def change_recipe(original: Recipe, changes: Mapping[str, object]) -> Recipe:
    """A recipe with some fields changed. `epochs` takes the place of a `max_steps` that is not changed, too.

    Args:
        original: The recipe.
        changes: As the overrides of `recipe`.

    Raises:
        SettingError: As `recipe` does.
    """
    changes = dict(changes)
    if changes.get("epochs") is not None:
        changes.setdefault("max_steps", None)
    made = from_dict(Recipe, {**asdict(original), **changes})
    check_effect(made, changes)
    return made


@check_arguments
def standard_recipe(
    network: str, name: str | None = None, overrides: Mapping[str, object] | None = None
) -> Recipe:
    """The recipe called `name`, or by default the one named as `network`, else `default`.

    Args:
        network: A network's name.
        name: A recipe's name, or None.
        overrides: As in `recipe`.

    Raises:
        SettingError: As `recipe` does.
    """
    return recipe(name or (network if network in RECIPES else "default"), overrides)


def recipe_fields() -> list[dict[str, Any]]:
    """The documentation of every field of `Recipe`, as plain data.

    Returns:
        For each field `name`, `type`, `bounds` (an interval, or empty), `default`, `about`, `used_when`
        (in words; empty if always), and `machine_specific`: whether it tells where a run is computed,
        not what.
    """
    return [
        {
            "name": field.name,
            "type": field.type,
            "bounds": field.bounds,
            "default": field.default,
            "about": field.description,
            "used_when": used_when(field.marks),
            "machine_specific": any(isinstance(mark, MachineSpecific) for mark in field.marks),
        }
        for field in field_docs(Recipe)
    ]
