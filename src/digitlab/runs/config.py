"""Configuration of a run: network, recipe, data (`DataConfig`), and the environment it is trained in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from pydantic import field_validator

from digitlab.data import Digits, SplitMethod, load
from digitlab.errors import SettingError
from digitlab.machine import environment
from digitlab.settings import settings
from digitlab.training import Recipe, standard_recipe

__all__ = ["SCHEMA_VERSION", "DataConfig", "RunConfig", "Splits", "configure"]

SCHEMA_VERSION = 2
"""Of `run.json` and `metrics.json`."""
HOLD_OUT = re.compile(r"(first|last|random|stratified):(\d+)(%?)(?::(\d+))?")
OF_TRAIN = re.compile(r"train(?:\[(\d*):(\d*)\])?")


@dataclass(frozen=True)
class Splits:
    """Data splits of a run: the digits it is trained on, and those it is only evaluated on."""

    train: Digits
    validation: Digits | None = None
    test: Digits | None = None
    extra: Digits | None = None

    def by_name(self) -> dict[str, Digits]:
        """The splits that there are, of `train`, `validation`, `test` and `extra`."""
        return {name: digits for name, digits in vars(self).items() if digits is not None}


@settings("data setting")
class DataConfig:
    """Data of a run: where the digits of each split come from, as plain data."""

    train: str = "mnist:train"
    """Training data: a dataset or a path, as `digitlab data list` shows them."""
    validation: str = "stratified:10%:0"
    """Evaluated while training, and monitored by early stopping. `none`; the name of a dataset; or digits
    held out of `train`: `first:5000`, `last:5000`, `random:5000:7`, `stratified:10%:7`. The number at the end
    is the seed of the hold-out split, by default 0; it does not depend on the seed of the recipe."""
    test: str = "none"
    """Evaluated once, after training."""
    extra: str = "none"
    """A second split that is evaluated while training; early stopping ignores it. `none`; the name of a
    dataset; or `train[:7500]`, a slice of what the run is trained on."""

    @field_validator("validation")
    @classmethod
    def _write_out_seed(cls, value: str) -> str:
        drawn = re.fullmatch(r"(random|stratified):\d+%?", value)
        return f"{value}:0" if drawn else value

    @property
    def holds_out(self) -> bool:
        """Whether the validation digits are held out of the training data."""
        return HOLD_OUT.fullmatch(self.validation) is not None

    @property
    def split_seed(self) -> int | None:
        """The seed of the hold-out split; None if nothing is drawn at random."""
        match = HOLD_OUT.fullmatch(self.validation)
        return int(match[4]) if match and match[4] is not None else None

    skip_unknown: bool = False
    """Whether entries of image folders that are no digit's folder, and no image, are skipped."""

    def load(self) -> Splits:
        """Loads the digits.

        Raises:
            DataError: If they cannot be read.
            SettingError: If `validation` cannot be held out, or `extra` is no slice of `train`.
        """
        train = self._load(self.train)
        validation = None
        if match := HOLD_OUT.fullmatch(self.validation):
            how, number, percent, seed = match.groups()
            n = round(len(train) * int(number) / 100) if percent else int(number)
            train, validation = train.split(n, cast(SplitMethod, how), int(seed or 0))
        elif self.validation != "none":
            validation = self._load(self.validation)
        test = None if self.test == "none" else self._load(self.test)
        return Splits(train, validation, test, self._load_extra(train))

    def _load(self, name: str) -> Digits:
        return load(name, skip_unknown=self.skip_unknown)

    def _load_extra(self, train: Digits) -> Digits | None:
        if self.extra == "none":
            return None
        match = OF_TRAIN.fullmatch(self.extra)
        if match is None:
            return self._load(self.extra)
        start, stop = int(match[1] or 0), int(match[2] or len(train))
        if not start < stop <= len(train):
            raise SettingError(
                f"data setting extra={self.extra!r}: the run is trained on {len(train)} digits",
                f"Give a start below the stop, and a stop of at most {len(train)}.",
            )
        images, labels = train.images[start:stop], train.labels[start:stop]
        return replace(train, images=images, labels=labels, name=f"{train.name}[{start}:{stop}]")

    def check(self) -> None:
        """Checks what can be checked without reading anything.

        Raises:
            SettingError: If `test` is also trained or validated on, which would make its metrics worthless.
        """
        if self.test != "none" and self.test in (self.train, self.validation):
            raise SettingError(
                f"data setting test={self.test!r} is also trained on or validated on",
                "Test on digits that training never sees.",
            )


@settings("field of a run")
class RunConfig:
    """Configuration of a run, decided before its first step; `run.json`."""

    schema_version: Literal[2] = 2
    network: str
    options: dict[str, Any]
    recipe: Recipe
    data: DataConfig
    initial_weights: str | None = None
    """The file of the weights that training started from. None: drawn, as the seed of the recipe decides."""
    teachers: tuple[str, ...] = ()
    """The weights files of the networks that teach this one (recipe field `distillation`)."""
    environment: dict[str, Any]

    @property
    def seed(self) -> int:
        """The seed, which is a field of the recipe."""
        return self.recipe.seed

    def same_training(self, other: RunConfig) -> bool:
        """Whether both describe the same training; the environments may differ."""
        return replace(self, environment={}) == replace(other, environment={})


def configure(
    network: str,
    options: Mapping[str, object] | None,
    recipe: Recipe | str | None,
    data: DataConfig | None,
    teachers: tuple[str, ...] = (),
) -> RunConfig:
    """The configuration of a run on this machine; what is None has the default that the command has."""
    return RunConfig(
        network=network,
        options=dict(options or {}),
        recipe=recipe if isinstance(recipe, Recipe) else standard_recipe(network, recipe),
        data=data or DataConfig(),
        teachers=teachers,
        environment=environment(),
    )
