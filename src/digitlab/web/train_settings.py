"""What can be chosen for a training in the lab, and the configuration that a choice makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from digitlab.data import datasets
from digitlab.errors import SettingError
from digitlab.runs import Run, RunConfig

__all__ = ["DataChoice", "NewTraining", "choices", "configure_like", "configure_new", "run_settings"]

MAIN_FIELDS = ("learning_rate", "optimizer", "batch_size", "epochs", "schedule")
"""The fields of a recipe that are shown first; the seed has a place of its own."""
HIDDEN_OPTIONS = ("inputs", "outputs")
"""Follow from the data."""
NAMED = re.compile(r"(?P<name>[a-z:-]+)(?:\[\d{0,9}:\d{0,9}\])?")
HELD_OUT = re.compile(r"(first|last|random|stratified):\d{1,9}%?(:\d{1,9})?")
TEST = "mnist:test"

Text = Annotated[str, Field(max_length=200)]
Value = Text | bool | int | float | None | list[int | float]


class DataChoice(BaseModel):
    """Where the digits of each split come from: names of what ships, never a path.

    Attributes:
        train: A dataset or a slice of one: `mnist:train[:6000]`.
        validation: Held out of it, as `stratified:10%:0`; a dataset; or `none`.
        test: `mnist:test`, or `none`.
    """

    model_config = ConfigDict(extra="forbid")

    train: Text = "mnist:train"
    validation: Text = "stratified:10%:0"
    test: Text = "none"


class NewTraining(BaseModel):
    """A training to start.

    Attributes:
        network: The architecture's name.
        options: Of the network; those left out have their defaults.
        recipe: A recipe's name; None: the network's own.
        changes: Fields of the recipe that shall be others, as text or as they are; the seed is one of them.
        data: Which digits.
        paused: Whether to pause after the first step.
    """

    model_config = ConfigDict(extra="forbid")

    network: Text
    options: dict[Text, Value] = {}
    recipe: Text | None = None
    changes: dict[Text, Value] = {}
    data: DataChoice = DataChoice()
    paused: bool = False


def choices() -> dict[str, Any]:
    """What can be chosen, with the words that explain it.

    Returns:
        `networks` (each `name`, `summary`, `options` as `FieldDoc` has them, `recipe`: the name of its own),
        `recipes` (`name`, `summary`, `values`), `fields` (as `recipe_fields` has them, with `effect`),
        `main` (those that are shown first), and `data` (`name`, `n`, `height`, `width`, `origin`).
    """
    from digitlab.networks import ARCHITECTURES
    from digitlab.settings import field_docs, to_dict
    from digitlab.training import RECIPE_SUMMARIES, RECIPES, recipe_fields
    from digitlab.training.field_guide import field_guides

    guides = field_guides()
    return {
        "networks": [
            {
                "name": name,
                "summary": kind.summary,
                "options": [
                    doc.to_dict() for doc in field_docs(kind.options) if doc.name not in HIDDEN_OPTIONS
                ],
                "recipe": name if name in RECIPES else "default",
            }
            for name, kind in ARCHITECTURES.items()
        ],
        "recipes": [
            {"name": name, "summary": summary, "values": to_dict(RECIPES[name])}
            for name, summary in RECIPE_SUMMARIES.items()
        ],
        "fields": [{**field, "effect": guides[field["name"]].effect} for field in recipe_fields()],
        "main": list(MAIN_FIELDS),
        "data": [vars(each) for each in datasets() if each.name != TEST],
    }


def configure_new(wanted: NewTraining) -> RunConfig:
    """The configuration of a training.

    Raises:
        SettingError: If a name is unknown, or a value is not allowed.
    """
    from digitlab.networks import architecture
    from digitlab.runs import configure
    from digitlab.training import standard_recipe

    options = _plain(wanted.options)
    architecture(wanted.network).with_defaults(options)
    recipe = standard_recipe(wanted.network, wanted.recipe, _plain(wanted.changes))
    return configure(wanted.network, options, recipe, _data_config(wanted.data))


def configure_like(run: Run, changes: Mapping[str, Value]) -> RunConfig:
    """The configuration of a training from the start of another: the same initial weights, order and digits.

    Args:
        run: The other.
        changes: Fields of its recipe that shall be others.

    Raises:
        SettingError: If a value is not allowed, or the seed is among them.
    """
    from dataclasses import replace

    from digitlab.machine import environment
    from digitlab.training import change_recipe

    if "seed" in changes:
        raise SettingError("another seed is another start", "Leave the seed out, or start a new training.")
    recipe = change_recipe(run.config.recipe, _plain(changes))
    return replace(run.config, recipe=recipe, environment=environment())


def run_settings(run: Run) -> dict[str, Any]:
    """The settings of a run, as `NewTraining` has them, with all fields of its recipe."""
    from digitlab.settings import to_dict

    config = run.config
    return {
        "network": config.network,
        "options": {name: value for name, value in config.options.items() if name not in HIDDEN_OPTIONS},
        "recipe": to_dict(config.recipe),
        "data": {name: getattr(config.data, name) for name in ("train", "validation", "test")},
    }


def _plain(values: Mapping[str, Value]) -> dict[str, object]:
    """Values as settings take them: the text `none` is None."""
    return {
        name: None if isinstance(value, str) and value.lower() == "none" else value
        for name, value in values.items()
    }


def _data_config(data: DataChoice) -> Any:
    """The digits of a training.

    Raises:
        SettingError: If a name is none of those that ship, or the test digits are trained on.
    """
    from digitlab.runs import DataConfig

    known = [each.name for each in datasets()]
    if data.test not in ("none", TEST):
        raise SettingError(f"data setting test={data.test!r}", f"Choose none or {TEST}.")
    for name in ("train", "validation"):
        value: str = getattr(data, name)
        if name == "validation" and (value == "none" or HELD_OUT.fullmatch(value)):
            continue
        named = NAMED.fullmatch(value)
        if named is None or named["name"] not in known or named["name"] == TEST:
            allowed = [each for each in known if each != TEST]
            raise SettingError(f"data setting {name}={value!r}", f"Choose one of {', '.join(allowed)}.")
    return DataConfig(train=data.train, validation=data.validation, test=data.test)
