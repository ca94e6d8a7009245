"""`ExperimentRuns`: what the seeds of one experiment came to, as drawings, tables and measures get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from digitlab.networks import Network, load_network
from digitlab.studies.study import ReproduceOptions, StudyData, TrainingExperiment
from digitlab.training import HistoryEntry, Recipe

__all__ = ["ExperimentRuns", "SeedResult", "recipe_for", "seeds_for"]


@dataclass(frozen=True)
class SeedResult:
    """What one seed came to.

    Attributes:
        seed: Which.
        weights: The file with its network.
        history: One line for each period.
        also: Log loss on the second followed role after each period; empty without one.
        scores: Metrics by role, as `Metrics.to_dict` has them.
        train_seconds: Wall clock of training and of the scoring between its periods.
    """

    seed: int
    weights: Path
    history: tuple[HistoryEntry, ...]
    extra_eval: tuple[float, ...]
    scores: dict[str, dict[str, Any]]
    train_seconds: float


@dataclass(frozen=True, eq=False)
class ExperimentRuns:
    """An experiment after its trainings.

    Attributes:
        experiment: What was done.
        order: What was asked for.
        outcomes: One for each seed.
    """

    experiment: TrainingExperiment
    options: ReproduceOptions
    seed_results: Sequence[SeedResult]

    @cached_property
    def data(self) -> StudyData:
        """The digits of the experiment."""
        return self.experiment.data(self.options)

    @cached_property
    def network(self) -> Network:
        """The first seed's network, in evaluation mode."""
        return load_network(self.seed_results[0].weights)

    @cached_property
    def networks(self) -> list[Network]:
        """Every seed's network."""
        return [load_network(seed_result.weights) for seed_result in self.seed_results]

    @property
    def recipe(self) -> Recipe:
        """How the first seed was trained."""
        return recipe_for(self.experiment, self.options, self.seed_results[0].seed)


def recipe_for(experiment: TrainingExperiment, options: ReproduceOptions, seed: int) -> Recipe:
    """How one seed of an experiment is trained: on one core, for another is at work beside it."""
    cut = experiment.quick if options.quick else {}
    return replace(experiment.recipe, **{**cut, "seed": seed, "threads": 1})


def seeds_for(experiment: TrainingExperiment, options: ReproduceOptions) -> list[int]:
    """The seeds of an experiment: as many as asked for, else as the study says, one if quick."""
    return list(range(options.seeds or (1 if options.quick else experiment.seeds)))
