"""Configuration of a run: network, recipe, data (`DataConfig`), and the environment it is trained in."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, cast

import torch

from digitlab.data import Digits, SplitMethod, load
from digitlab.errors import SettingError
from digitlab.settings import settings
from digitlab.training import Recipe, available_cores

__all__ = ["DataConfig", "RunConfig", "Splits", "environment"]

HOLD_OUT = re.compile(r"(first|last|random|stratified):(\d+)(%?)(?::(\d+))?")


@dataclass(frozen=True)
class Splits:
    """The digits of a plan."""

    train: Digits
    validation: Digits | None
    test: Digits | None

    def splits(self) -> dict[str, Digits]:
        """Those there are, by name: `train`, `validation`, `test`."""
        return {name: digits for name, digits in vars(self).items() if digits is not None}


@settings("data setting")
class DataConfig:
    """Where the digits of a run come from, as plain data.

    `validation` is `none`; digits held out of `train`, written `last:5000`, `first:5000`,
    `random:5000`, `stratified:10%`, with a seed as `random:5000:7`; or the name of other data.
    """

    train: str = "mnist:train"  # what to train on: a name or a path, as `digitlab data list` shows
    validation: str = "stratified:10%"  # what to follow training with, and stop it by
    test: str = "none"  # what to score the finished network on; never used before

    def load(self) -> Splits:
        """Loads the digits.

        Raises:
            DataError: If they cannot be read.
            SettingError: If `validation` cannot be held out.
        """
        train = load(self.train)
        validation = None
        if match := HOLD_OUT.fullmatch(self.validation):
            how, number, percent, seed = match.groups()
            n = round(len(train) * int(number) / 100) if percent else int(number)
            train, validation = train.split(n, cast(SplitMethod, how), int(seed or 0))
        elif self.validation != "none":
            validation = load(self.validation)
        return Splits(train, validation, None if self.test == "none" else load(self.test))

    def check(self) -> None:
        """Checks what can be checked without reading anything.

        Raises:
            SettingError: If `test` is what is trained on, which would make its score worthless.
        """
        if self.test != "none" and self.test in (self.train, self.validation):
            raise SettingError(
                f"data setting test={self.test!r} is also trained on or followed",
                "Score a run on digits that its training never sees.",
            )


@settings("field of a run")
class RunConfig:
    """What a run is, decided before its first step; `run.json`."""

    schema_version: Literal[1] = 1
    network: str
    options: dict[str, Any]
    recipe: Recipe
    data: DataConfig
    environment: dict[str, Any]

    @property
    def seed(self) -> int:
        """The seed, which is a field of the recipe."""
        return self.recipe.seed


def environment() -> dict[str, Any]:
    """Versions and machine, as they are written into every run and measurement."""
    return {
        "digitlab": version("digitlab"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": version("numpy"),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": available_cores(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
