"""How an experiment was done, in words: its network, its recipe without idle knobs, its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from digitlab.formatting import format_number
from digitlab.report.format import name_text
from digitlab.report.results import ExperimentResult

__all__ = ["ExperimentSetup", "describe_setup"]

IN_USE: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "momentum": ("optimizer", ("momentum", "nesterov")),
    "betas": ("optimizer", ("adam", "adamw")),
    "rho": ("optimizer", ("rmsprop",)),
    "epsilon": ("optimizer", ("adam", "adamw", "rmsprop")),
    "lr_decay": ("schedule", ("step", "exponential")),
    "lr_decay_epochs": ("schedule", ("step", "exponential")),
    "pct_start": ("schedule", ("one-cycle",)),
    "final_lr_ratio": ("schedule", ("linear", "cosine", "one-cycle")),
}
"""Knobs of a recipe that mean something only beside a certain value of another."""
ONLY_WITH = {"monitor": "patience", "restore_best": "patience", "clip_mode": "max_grad_norm"}
"""Knobs that mean something only where another is set."""


@dataclass(frozen=True)
class ExperimentSetup:
    """How an experiment was done: lines of text by heading."""

    network: str
    recipe: str
    data: tuple[tuple[str, str], ...]
    seeds: str


def describe_setup(experiment: ExperimentResult) -> ExperimentSetup:
    """How an experiment was done, leaving out knobs that were not in use."""
    network = dict(experiment.network)
    parts = [str(network.pop("name"))] if "name" in network else []
    parts += [f"{name_text(k)} {_value_text(v)}" for k, v in dict(network.pop("options", {})).items()]
    if network.get("parameters") is not None:
        parts.append(f"{_value_text(network.pop('parameters'))} parameters")
    parts += [f"{name_text(k)} {_value_text(v)}" for k, v in network.items()]
    recipe = [
        _value_text(value) if name == "optimizer" else f"{name_text(name)} {_value_text(value)}"
        for name, value in experiment.recipe.items()
        if _in_use(name, value, experiment.recipe)
    ]
    return ExperimentSetup(
        network=", ".join(parts),
        recipe=", ".join(recipe),
        data=tuple((name_text(role), _value_text(words)) for role, words in experiment.data.items()),
        seeds=", ".join(map(str, experiment.seeds)),
    )


def _in_use(name: str, value: Any, recipe: Mapping[str, Any]) -> bool:
    if value is None or value is False or value == 0 or value == "constant":
        return False
    if name in IN_USE:
        other, wanted = IN_USE[name]
        return recipe.get(other) in wanted
    if name in ONLY_WITH:
        return recipe.get(ONLY_WITH[name]) is not None
    return not (name == "epochs" and recipe.get("max_steps") is not None)


def _value_text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return format_number(value)
    if isinstance(value, list | tuple):
        between = "-" if all(isinstance(each, int) for each in value) else ", "
        return between.join(_value_text(each) for each in value) if value else "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name_text(str(k))} {_value_text(v)}" for k, v in value.items())
    return str(value)
