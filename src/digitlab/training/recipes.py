"""Recipes by name: a standard one for each network, and the defaults of well-known frameworks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from digitlab.errors import SettingError
from digitlab.settings import from_plain
from digitlab.training.recipe import Recipe

__all__ = ["RECIPES", "recipe", "standard_recipe"]

RECIPES: Mapping[str, Recipe] = {
    "default": Recipe(),
    # Keras: every value that differs from ours (keras.optimizers, Keras 2 and 3 alike).
    "keras-adam": Recipe(optimizer="adam", learning_rate=1e-3, epsilon=1e-7, batch_size=32),
    "keras-rmsprop": Recipe(optimizer="rmsprop", learning_rate=1e-3, rho=0.9, epsilon=1e-7, batch_size=32),
    "keras-sgd": Recipe(optimizer="sgd", learning_rate=1e-2, batch_size=32),
    # Source 002: plain gradient descent for softmax, Adam and dropout for the deep network.
    "softmax": Recipe(optimizer="sgd", learning_rate=0.5, batch_size=50, steps=1000, period_steps=100),
    "deep-mnist": Recipe(
        optimizer="adam",
        learning_rate=1e-4,
        batch_size=50,
        steps=1100,
        period_steps=100,
        keep_probability=0.5,
    ),
    "swift": Recipe(
        optimizer="adam",
        learning_rate=1e-2,
        betas=(0.7, 0.9),
        batch_size=256,
        epochs=1,
        schedule="one-cycle",
        label_smoothing=0.1,
        drop_last=True,
    ),
}


def recipe(name: str, overrides: Mapping[str, object] | Iterable[tuple[str, object]] = ()) -> Recipe:
    """The recipe called `name`, with some fields changed.

    Args:
        name: A name from `RECIPES`.
        overrides: Fields and their values; text, as from a command line, is turned into the
            field's type.

    Raises:
        SettingError: If the name or a field is unknown, or a value is not allowed.
    """
    if name not in RECIPES:
        raise SettingError(f"unknown recipe {name!r}", f"Those there are: {', '.join(RECIPES)}.")
    return from_plain(Recipe, {**asdict(RECIPES[name]), **dict(overrides)})


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
    return recipe(name or (network if network in RECIPES else "default"), overrides or {})
