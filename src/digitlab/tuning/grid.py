"""Parameter grids: from values of options and recipe fields to checked candidates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from digitlab.errors import SettingError
from digitlab.networks import architecture
from digitlab.settings import from_dict, parse_assignments, to_dict
from digitlab.training import Recipe
from digitlab.training.hyperparameters import unused_fields
from digitlab.tuning.plan import Candidate

__all__ = ["expand_grid", "parse_grid", "sample_candidates"]

MAX_COMBINATIONS = 10_000
"""Limit on the combinations of a grid; more is taken for a mistake."""
RECIPE_FIELDS = {field.name: field for field in dataclasses.fields(Recipe)}


def parse_grid(network: str, texts: Iterable[str]) -> dict[str, list[Any]]:
    """Parses a parameter grid as written on a command line.

    Args:
        network: A name from `ARCHITECTURES`.
        texts: Each `name=value,value,...`. A value that has parts itself, as `hidden` and `betas`
            do, joins them with `+`: `hidden=100,200` is two networks of one hidden layer each,
            `hidden=100+50,200` one of two hidden layers and one of one. `none` is None.

    Returns:
        Values by name, for `search`.

    Raises:
        SettingError: If a text has no `=` or no values, a name is unknown or comes twice.
    """
    grid = {}
    for name, text in parse_assignments(texts).items():
        values = "none" if text is None else text
        parts = [part.strip() for part in values.split(",") if part.strip()]
        compound = isinstance(_field(network, name).default, tuple)
        grid[name] = [_value(part, compound) for part in parts]
    return grid


def expand_grid(
    network: str, grid: Mapping[str, Sequence[object]], options: Mapping[str, object], recipe: Recipe
) -> list[Candidate]:
    """The candidates of a grid: all combinations, in the order of scikit-learn's `ParameterGrid`.

    Args:
        network: A name from `ARCHITECTURES`.
        grid: Values by the name of a network option or recipe field.
        options: Options that are the same for all.
        recipe: The recipe whose fields the grid changes.

    Raises:
        SettingError: If the grid is empty, a name is unknown or fixed as well, a value is not
            allowed or comes twice, or a recipe field has no effect on any candidate.
    """
    if not grid:
        raise SettingError("the grid is empty", "Give at least one name with values: hidden=100,200.")
    names = sorted(grid)
    for name in names:
        _check_name(network, name, grid[name], options)
    n = int(np.prod([float(len(grid[name])) for name in names]))
    if n > MAX_COMBINATIONS:
        raise SettingError(
            f"the grid has {n:,} combinations", f"Leave some out: {MAX_COMBINATIONS:,} are allowed."
        )
    found = [
        _candidate(network, dict(zip(names, values, strict=True)), options, recipe)
        for values in product(*(grid[name] for name in names))
    ]
    seen = set()
    for candidate in found:
        words = ", ".join(f"{name}={value}" for name, value in candidate.params.items())
        if words in seen:
            raise SettingError(f"the grid has {words} twice", "Give each value once.")
        seen.add(words)
    _check_effects(names, found)
    return found


def _check_effects(names: Sequence[str], candidates: Sequence[Candidate]) -> None:
    """Refuses a recipe field that changes nothing in any of the candidates."""
    unused = [unused_fields(candidate.recipe) for candidate in candidates]
    for name in names:
        if all(name in each for each in unused):
            raise SettingError(
                f"the grid varies {name}, which has no effect on any of its candidates",
                f"It is only used when {unused[0][name]}: set that too, or leave {name} out.",
            )


def sample_candidates(candidates: list[Candidate], n: int | None, seed: int) -> list[Candidate]:
    """Random search: `n` of the candidates, drawn without replacement, in order; all if `n` is None.

    Raises:
        SettingError: If `n` is less than 1.
    """
    if n is None or n >= len(candidates):
        return candidates
    if n < 1:
        raise SettingError(f"n_candidates={n}", "Try at least 1 candidate.")
    chosen = np.random.default_rng(seed).permutation(len(candidates))[:n]
    return [candidates[index] for index in sorted(chosen)]


def _check_name(network: str, name: str, values: object, options: Mapping[str, object]) -> None:
    _field(network, name)
    if name in options:
        raise SettingError(f"{name} is in the grid and given as an option too", "Leave one of them out.")
    if isinstance(values, str) or not isinstance(values, Sequence | range) or not len(values):
        raise SettingError(f"the grid has no values for {name}", f"Give a list of them: {name}=[...].")
    if name == "threads":
        raise SettingError("threads cannot be searched: every fit has one thread", "Leave it out.")


def _field(network: str, name: str) -> dataclasses.Field[Any]:
    """The option or recipe field called `name`."""
    options = {field.name: field for field in dataclasses.fields(architecture(network).options)}
    if name not in options and name not in RECIPE_FIELDS:
        raise SettingError(
            f"the grid names {name!r}, which is neither an option of {network} nor a recipe field",
            f"Options: {', '.join(options) or 'none'}. Recipe fields: {', '.join(RECIPE_FIELDS)}.",
        )
    return options.get(name) or RECIPE_FIELDS[name]


def _value(text: str, compound: bool) -> Any:
    if text.lower() == "none":
        return None
    return text.replace("+", ",") if compound else text


def _candidate(
    network: str, values: Mapping[str, object], options: Mapping[str, object], recipe: Recipe
) -> Candidate:
    kind = architecture(network)
    known = {field.name for field in dataclasses.fields(kind.options)}
    chosen = {name: value for name, value in values.items() if name in known}
    changes = {name: value for name, value in values.items() if name not in known}
    complete = kind.with_defaults({**options, **chosen})
    # Built from all fields, not by `dataclasses.replace`, so that text from a command line will do.
    changed = from_dict(Recipe, {**dataclasses.asdict(recipe), **changes, "threads": 1})
    plain = to_dict(changed)
    params = {name: complete[name] if name in known else plain[name] for name in values}
    return Candidate(params=params, options=complete, recipe=changed)
