"""From a run to a fitted classifier's parameters, and from a classifier to a model file."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import RunError
from digitlab.estimator.errors import InputError
from digitlab.estimator.images import InputScale
from digitlab.estimator.inputs import as_path
from digitlab.estimator.parameters import EPSILON, OPTION_PARAMETERS, RECIPE_PARAMETERS
from digitlab.estimator.storage import ClassifierState, plain_value
from digitlab.networks import Network, architecture
from digitlab.runs import Run, open as open_model
from digitlab.training import Recipe
from digitlab.training.hyperparameters import unused_fields

__all__ = ["check_model", "find_run", "read_run"]

DIGITS = list(range(10))


def find_run(path: str | os.PathLike[str] | Run) -> Run:
    """The finished run in a folder, or the first by seed of a folder of runs.

    Raises:
        InputError: If `path` is neither a path nor a run.
        RunError: If it is a file, or holds no finished run, or runs of different networks.
        ModelError: If there is nothing.
    """
    if isinstance(path, Run):
        return path
    opened = open_model(as_path(path, "from_run"))
    if opened.run is None:
        raise RunError(
            f"{path} is a file, not the folder of a run",
            "Give a folder that `digitlab train` made; DigitClassifier.load reads what save wrote.",
        )
    return opened.run


def read_run(run: Run) -> tuple[Network, ClassifierState]:
    """The network of a finished run, and the state of a classifier that predicts what it predicts.

    Raises:
        RunError: If the run is not finished, or damaged.
        ModelError: If its weights are damaged.
    """
    network, metrics = run.network(), run.metrics()
    best = metrics.get("best_entry")
    state = ClassifierState(
        parameters=_parameters(network, run.config.recipe),
        classes=np.arange(10),
        feature_names=None,
        history=run.history(),
        best_entry=best,
        seed=run.config.seed,
        input_scale="ink",
    )
    return network, state


def _parameters(network: Network, recipe: Recipe) -> dict[str, Any]:
    options = {name: plain_value(_tuple(value)) for name, value in network.options.items()}
    made: dict[str, Any] = {"network": network.name, "random_state": recipe.seed}
    made |= {name: options.pop(name) for name in OPTION_PARAMETERS if name in options}
    usual = architecture(network.name).with_defaults({})
    made["options"] = {
        name: value
        for name, value in options.items()
        if name not in ("inputs", "outputs") and value != plain_value(_tuple(usual[name]))
    }
    made |= {name: getattr(recipe, name) for name in RECIPE_PARAMETERS}
    without_effect = unused_fields(recipe)
    defaults = {field.name: field.default for field in fields(Recipe)} | {"epsilon": EPSILON}
    made["recipe"] = {
        name: getattr(recipe, name)
        for name, default in defaults.items()
        if name not in (*RECIPE_PARAMETERS, "seed", *without_effect) and getattr(recipe, name) != default
    }
    return {name: value if value != {} else None for name, value in made.items()}


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def check_model(classes: NDArray[Any], scale: InputScale, path: Path) -> None:
    """Checks that a classifier of these classes and this scale is a model, and `path` a weights file's name.

    Raises:
        InputError: If it is not.
    """
    seen = classes.tolist()
    if seen not in (DIGITS, [str(digit) for digit in DIGITS]):
        shown = ", ".join(map(repr, seen[:10])) + (", ..." if len(seen) > 10 else "")
        raise InputError(
            f"the classes are {shown}: a model reads the digits 0 to 9",
            "Fit it on labels 0 to 9, or keep it as a classifier: save writes it to a file.",
        )
    if scale not in ("ink", "unit"):
        raise InputError(
            "the classifier was fitted to values outside of [0, 1]: a model reads ink in [0, 1]",
            "Fit it on bytes or on X / 255, or keep it as a classifier: save writes it to a file.",
        )
    if path.suffix != ".safetensors":
        raise InputError(f"cannot save a model to {path}: unknown ending", "Name it FILE.safetensors.")
