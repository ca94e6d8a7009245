"""Recipes by name: a standard one for each network, and the defaults of well-known frameworks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

from digitlab.errors import SettingError
from digitlab.settings import from_dict
from digitlab.training.recipe import Recipe

__all__ = ["RECIPES", "recipe", "standard_recipe"]

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

RECIPES: Mapping[str, Recipe] = {
    "default": Recipe(),
    # Keras: every value that differs from ours (keras.optimizers, Keras 2 and 3 alike).
    "keras-adam": Recipe(optimizer="adam", learning_rate=1e-3, epsilon=1e-7, batch_size=32),
    "keras-rmsprop": Recipe(optimizer="rmsprop", learning_rate=1e-3, rho=0.9, epsilon=1e-7, batch_size=32),
    "keras-sgd": Recipe(optimizer="sgd", learning_rate=1e-2, batch_size=32),
    # Source 002: plain gradient descent for softmax, Adam and dropout for the deep network.
    "softmax": Recipe(optimizer="sgd", learning_rate=0.5, batch_size=50, max_steps=1000, eval_every=100),
    "deep-mnist": Recipe(
        optimizer="adam",
        learning_rate=1e-4,
        batch_size=50,
        max_steps=1100,
        eval_every=100,
    ),
    # The quickest to a mean of 99 % and of 99.5 % on two cores; chosen on validation digits alone.
    "swift": SWIFT,
    "swift-99.5": replace(
        SWIFT, learning_rate=6e-3, epochs=3, eval_every=None, rotate=10, shift=1.5, zoom=0.1, shear=5.7
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
    return from_dict(Recipe, {**asdict(RECIPES[name]), **dict(overrides)})


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
