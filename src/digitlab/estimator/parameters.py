"""Parameters of the estimator: from them to a recipe and a network's options, and nested ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from numbers import Integral
from typing import Any

from sklearn.utils import check_random_state

from digitlab.errors import SettingError
from digitlab.estimator.storage import plain_value
from digitlab.networks import ARCHITECTURES, Architecture, architecture
from digitlab.settings import from_dict
from digitlab.training import Recipe

__all__ = [
    "EPSILON",
    "RECIPE_PARAMETERS",
    "Parameters",
    "draw_seed",
    "find_architecture",
    "make_options",
    "make_recipe",
    "merge_nested",
    "nested_parameters",
    "one_epoch",
    "option_names",
    "split_nested",
]

Parameters = Mapping[str, Any]
"""What `get_params(deep=False)` returns."""

EPSILON = 1e-7
"""Of the optimizers that have one: Keras's, where `Recipe` has 1e-8."""
WITH_EPSILON = ("adam", "adamw", "rmsprop")
RECIPE_PARAMETERS = ("optimizer", "learning_rate", "batch_size", "epochs", "patience")
"""Parameters of the class that are fields of `Recipe`."""
OPTION_PARAMETERS = ("hidden", "activation", "dropout")
"""Parameters of the class that are options of a network."""
ELSEWHERE = {
    "recipe": (*RECIPE_PARAMETERS, "seed"),
    "options": (*OPTION_PARAMETERS, "inputs", "outputs"),
}
"""What a nested dict cannot hold, because it is decided elsewhere."""


def make_recipe(parameters: Parameters, seed: int) -> Recipe:
    """The recipe that the parameters and the seed make.

    Raises:
        SettingError: If a field is unknown, decided elsewhere, not allowed, or without effect, or if
            a parameter is not allowed.
    """
    _check_own(parameters)
    others = _read_dict("recipe", parameters["recipe"])
    named = {name: plain_value(parameters[name]) for name in RECIPE_PARAMETERS}
    if others.get("max_steps") is not None:
        del named["epochs"]  # has no effect then, and is always given here
    if named["optimizer"] in WITH_EPSILON:
        others = {"epsilon": EPSILON, **others}
    return from_dict(Recipe, {**others, **named, "seed": seed})


def _check_own(parameters: Parameters) -> None:
    """Checks the parameters that neither the recipe nor the network checks.

    Raises:
        SettingError: If one is not allowed.
    """
    fraction, warm_start = plain_value(parameters["validation_fraction"]), parameters["warm_start"]
    if not isinstance(fraction, int | float) or not 0 < fraction < 1:
        raise SettingError(f"parameter validation_fraction={fraction!r}", "It is between 0 and 1.")
    if not isinstance(plain_value(warm_start), bool):
        raise SettingError(f"parameter warm_start={warm_start!r}", "It is True or False.")


def one_epoch(recipe: Recipe) -> Recipe:
    """The recipe of one call of `partial_fit`: one epoch, one history entry, no early stopping.

    Raises:
        SettingError: If it needs to know how many steps there will be, or needs validation examples.
    """
    if recipe.schedule in ("linear", "cosine", "one-cycle"):
        field, reason = f"schedule={recipe.schedule}", "the number of all steps"
    elif recipe.warmup_fraction:
        field, reason = f"warmup_fraction={recipe.warmup_fraction}", "the number of all steps"
    elif recipe.schedule == "reduce-on-plateau":
        field, reason = "schedule=reduce-on-plateau", "validation examples"
    elif recipe.target is not None and recipe.target[0].startswith("validation"):
        field, reason = f"until={recipe.until}", "validation examples"
    else:
        once = replace(recipe, patience=None, until=None, max_steps=None, eval_every=None)
        return replace(once, epochs=1)
    raise SettingError(
        f"recipe field {field} needs {reason}, which partial_fit does not know",
        "Call fit, or leave it out: schedule is constant, step or exponential here.",
    )


def draw_seed(random_state: Any) -> int:
    """The recipe's seed: an int itself, or drawn from a `RandomState`, of NumPy's global one if None.

    Raises:
        ValueError: If it is none of these (scikit-learn's).
    """
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def find_architecture(parameters: Parameters) -> Architecture:
    """The architecture that the parameter `network` names.

    Raises:
        SettingError: If there is none of that name.
    """
    name = parameters["network"]
    if not isinstance(name, str):
        raise SettingError(
            f"parameter network={name!r} is no name", f"Those there are: {', '.join(ARCHITECTURES)}."
        )
    return architecture(name)


def make_options(parameters: Parameters, n_features: int, n_classes: int) -> dict[str, object]:
    """The options of the network for so many features and classes.

    Raises:
        SettingError: If one is unknown, decided elsewhere or not allowed.
    """
    kind = find_architecture(parameters)
    made: dict[str, object] = {"inputs": n_features, "outputs": n_classes}
    made |= {name: plain_value(parameters[name]) for name in ("hidden", "activation")}
    made = {name: value for name, value in made.items() if name in option_names(kind)}
    made |= _read_dict("options", parameters["options"])
    if parameters["dropout"] is not None:
        made["dropout"] = plain_value(parameters["dropout"])
    kind.with_defaults(made)  # raises: before any weights are drawn
    return made


def option_names(kind: Architecture) -> list[str]:
    """Names of an architecture's options."""
    return [field.name for field in fields(kind.options)]


def _read_dict(place: str, given: Any) -> dict[str, Any]:
    """What the parameter `options` or `recipe` holds, none of which is decided elsewhere."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise _no_dict(place, given)
    _check_place(place, given)
    return {name: plain_value(value) for name, value in given.items()}


def _check_place(place: str, names: Iterable[str]) -> None:
    for name in names:
        if name in ELSEWHERE[place]:
            raise SettingError(
                f"{place} holds {name!r}, which is decided elsewhere",
                "Give it as a parameter of DigitClassifier; inputs, outputs and seed follow from "
                "X, y and random_state.",
            )


def _no_dict(place: str, given: object) -> SettingError:
    kind = "fields of Recipe" if place == "recipe" else "options of the network"
    return SettingError(f"parameter {place}={given!r}", f"It is None or a dict of {kind} by name.")


# Nested parameters: `recipe__momentum` is what the parameter `recipe` holds under `momentum`


def nested_parameters(parameters: Parameters) -> dict[str, Any]:
    """What `options` and `recipe` hold, as `options__NAME` and `recipe__NAME`."""
    return {
        f"{place}__{name}": value
        for place in ELSEWHERE
        if isinstance(parameters[place], Mapping)
        for name, value in parameters[place].items()
    }


def split_nested(
    given: Parameters, names: Iterable[str], network: Any
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Parts the arguments of `set_params` into plain ones and those of each dict.

    Args:
        given: The arguments.
        names: Names of all parameters.
        network: The parameter `network` as it is before.

    Raises:
        SettingError: If a nested name is unknown or decided elsewhere, or a parameter holds no others.
    """
    plain: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        place, delimiter, inner = name.partition("__")
        if not delimiter or place not in names:
            _check_not_nested(name, names, plain.get("network", network))
            plain[name] = value  # of unknown ones scikit-learn says what there is
        elif place not in ELSEWHERE:
            raise SettingError(
                f"parameter {name!r}: {place} holds no parameters of its own",
                "Only options and recipe do: options__initialization, recipe__momentum.",
            )
        else:
            nested.setdefault(place, {})[inner] = value
    for place, values in nested.items():
        _check_names(place, values, plain.get("network", network))
    return plain, nested


def _check_not_nested(name: str, names: Iterable[str], network: Any) -> None:
    """Refuses the bare name of what `recipe` or `options` holds."""
    if name in names:
        return
    for place in ELSEWHERE:
        if name in _nested_names(place, network):
            raise SettingError(
                f"unknown parameter {name!r}", f"It is part of the parameter {place}: write {place}__{name}."
            )


def merge_nested(place: str, given: Any, values: Parameters) -> dict[str, Any]:
    """A new dict of what a parameter holds, with some of it changed.

    Raises:
        SettingError: If the parameter is no dict.
    """
    if given is not None and not isinstance(given, Mapping):
        raise _no_dict(place, given)
    return {**(given or {}), **values}


def _nested_names(place: str, network: Any) -> list[str]:
    """What `recipe` or `options` can hold."""
    if place == "recipe":
        known = [field.name for field in fields(Recipe)]
    elif isinstance(network, str) and network in ARCHITECTURES:
        known = option_names(ARCHITECTURES[network])
    else:  # `fit` refuses it
        known = [name for kind in ARCHITECTURES.values() for name in option_names(kind)]
    return [name for name in dict.fromkeys(known) if name not in ELSEWHERE[place]]


def _check_names(place: str, names: Iterable[str], network: Any) -> None:
    _check_place(place, names)
    known = _nested_names(place, network)
    for name in names:
        if name not in known:
            similar = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
            hint = f"Did you mean {' or '.join(f'{place}__{each}' for each in similar)}? " if similar else ""
            of = f"option of {network}" if place == "options" else "recipe field"
            raise SettingError(
                f"unknown {of} {name!r} in the parameter {place}__{name}",
                f"{hint}Those there are: {', '.join(known) or 'none'}.",
            )
