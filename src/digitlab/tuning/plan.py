"""`Plan`: all settings of a hyper-parameter search, as plain data, fixed before its first fit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args

import torch
from pydantic import Field

from digitlab.errors import SettingError
from digitlab.networks import build, multiply_adds
from digitlab.settings import settings
from digitlab.training import Recipe

__all__ = ["SCHEMA_VERSION", "Candidate", "Fit", "Plan", "Splitter", "parse_cv"]

SCHEMA_VERSION = 3

Splitter = Literal["StratifiedKFold", "KFold"]
"""How examples are dealt to folds, by the names of scikit-learn's classes."""

HALVING_FACTOR = 3
"""One candidate in three goes on to the next rung, with three times the examples (Jamieson and
Talwalkar 2016; scikit-learn's `HalvingGridSearchCV` has the same factor)."""
STEP_OVERHEAD = 8_000_000
"""Multiply-adds that take about as long as what every step costs besides arithmetic."""
UPDATE = 8
"""Multiply-adds that take about as long as updating one weight."""


def parse_cv(cv: int | str) -> tuple[Splitter, int]:
    """How examples are dealt to folds, and to how many.

    Args:
        cv: A number, which means stratified folds; or `KFold:3`, `StratifiedKFold:3`.

    Raises:
        SettingError: If it is neither.
    """
    name, separator, count = str(cv).rpartition(":")
    splitters = {splitter: splitter for splitter in get_args(Splitter)} | {"": "StratifiedKFold"}
    if name not in splitters or (separator and not name) or not count.isdecimal():
        raise SettingError(
            f"cannot deal examples to folds by cv={cv}",
            "Give a number of stratified folds, for example 3, or one of KFold:3 and StratifiedKFold:3.",
        )
    return splitters[name], int(count)


@settings("field of a candidate")
class Candidate:
    """One combination of hyper-parameters.

    Attributes:
        params: Its values of the grid, by name, as plain data.
        options: All options of its network.
        recipe: How it is trained, on one thread.
    """

    params: dict[str, Any]
    options: dict[str, Any]
    recipe: Recipe


@settings("field of a fit")
class Fit:
    """One training of a search: a candidate on a fold; in successive halving, in a rung.

    Attributes:
        rung: The iteration of successive halving, from 0; 0 without halving.
        candidate: Which of the plan's candidates.
        split: Which fold is held out and scored, from 0.
    """

    rung: Annotated[int, Field(ge=0)] = 0
    candidate: Annotated[int, Field(ge=0)]
    split: Annotated[int, Field(ge=0)]


@settings("field of a search")
class Plan:
    """The settings of a search; `search.json`. Equal plans give equal scores.

    Attributes:
        network: A name from `ARCHITECTURES`.
        candidates: What is compared.
        data: What is searched on: `name`, `n` examples, and the `digest` of all numbers.
        validation: What early stopping monitors: `per-fold`, a stratified tenth of each fold's
            training part; or fixed data by name.
        splitter: How examples are dealt to folds: each class alike, or in their order.
        cv: How many folds.
        shuffle: Whether examples are shuffled before they are dealt to folds.
        seed: Decides the shuffling, the tenths, and the samples of halving.
        halving: Whether most candidates are dropped early.
    """

    schema_version: Literal[3] = 3
    network: str
    candidates: tuple[Candidate, ...]
    data: dict[str, Any]
    validation: str
    splitter: Splitter
    cv: Annotated[int, Field(ge=2, le=1000)]
    shuffle: bool
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    halving: bool

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of a fold's training part that the fits of each rung use, in (0, 1]; the last is 1."""
        rungs = 1 + int(math.log(len(self.candidates), HALVING_FACTOR) + 1e-9) if self.halving else 1
        return tuple(float(HALVING_FACTOR) ** (rung + 1 - rungs) for rung in range(rungs))

    def fits(self, rung: int, candidates: Iterable[int]) -> list[Fit]:
        """The fits of some candidates in a rung, the largest first, so that all workers finish together."""
        fits = [
            Fit(rung=rung, candidate=candidate, split=split)
            for candidate in candidates
            for split in range(self.cv)
        ]
        return sorted(fits, key=self.cost, reverse=True)

    def cost(self, fit: Fit) -> float:
        """Estimated work of a fit in multiply-adds, if all stop equally early."""
        recipe, options = self.candidates[fit.candidate].recipe, self.candidates[fit.candidate].options
        with torch.device("meta"):
            network = build(self.network, **options)
            forward = multiply_adds(network)
        step = 3 * forward * recipe.batch_size + UPDATE * network.parameter_count() + STEP_OVERHEAD
        examples = self.data["n"] * self.shares[fit.rung]
        return float(step * (recipe.max_steps or recipe.epochs * examples / recipe.batch_size))

    def survivors(self, ranked: list[int]) -> list[int]:
        """The candidates, of those ranked best first, that go on to the next rung."""
        return ranked[: math.ceil(len(ranked) / HALVING_FACTOR)]

    def halving_summary(self, fits: Iterable[Fit]) -> dict[str, Any]:
        """Training that successive halving saved.

        Returns:
            `full_fits`, the fits on all examples; `of`, how many a search without halving has;
            `fits_saved`, the number of full fits that the training left out amounts to;
            `training_share` that was done, in (0, 1].
        """
        shares = [self.shares[fit.rung] for fit in fits]
        whole = len(self.candidates) * self.cv
        return {
            "full_fits": shares.count(1.0),
            "of": whole,
            "fits_saved": round(whole - sum(shares), 2),
            "training_share": sum(shares) / whole,
        }
