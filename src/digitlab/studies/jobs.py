"""`Job`: one piece of work of a study, small enough that two cores end together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from digitlab.networks import build
from digitlab.settings import to_dict
from digitlab.studies.study import (
    Computation,
    Experiment,
    ReproduceOptions,
    SearchExperiment,
    Study,
    TrainingExperiment,
)
from digitlab.studies.training_results import recipe_for, seeds_for
from digitlab.training import plan_stacks

__all__ = ["Job", "fingerprint", "jobs_of", "search_values"]

DRAWING_COST = 0.6
"""Seconds of one core for a picture, roughly."""


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Attributes:
        study: Of which study.
        experiment: Of which of its experiments.
        kind: `train` seeds, `fit` one fold of a search, `show` a demonstration, or `draw` what was trained.
        name: Unique among the experiment's jobs.
        seeds: Of `train`: which, all in one stack.
        width: Of `fit`: how many hidden units.
        split: Of `fit`: which fold is scored.
        cost: Seconds of one core, roughly.
        after: Names of jobs, as `key` has them, that must be done first.
    """

    study: str
    experiment: str
    kind: Literal["train", "fit", "show", "draw"]
    name: str
    cost: float
    seeds: tuple[int, ...] = ()
    width: int = 0
    split: int = 0
    after: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Unique among all jobs."""
        return f"{self.study}/{self.experiment}/{self.name}"

    def file(self, options: ReproduceOptions) -> Path:
        """Where its result is kept."""
        return options.out / "work" / self.study / f"{self.experiment}-{self.name}.json"


def jobs_of(study: Study, options: ReproduceOptions) -> Iterator[Job]:
    """Every job of a study."""
    for experiment in study.chosen(options):
        jobs = list(_work_of(study, experiment, options))
        yield from jobs
        shown = _shown_of(experiment)
        if shown:
            after = tuple(job.key for job in jobs)
            yield Job(study.id, experiment.id, "draw", "draw", DRAWING_COST * shown, after=after)


def _shown_of(experiment: Experiment) -> int:
    """How many pictures, tables and measures are made of what was trained."""
    if isinstance(experiment, TrainingExperiment):
        return len(experiment.figures) + len(experiment.tables) + bool(experiment.measures)
    return int(isinstance(experiment, SearchExperiment))


def _work_of(study: Study, experiment: Experiment, options: ReproduceOptions) -> Iterator[Job]:
    after = tuple(f"{study.id}/{needed}/show" for needed in experiment.needs)
    if isinstance(experiment, Computation):
        if experiment.show:
            yield Job(study.id, experiment.id, "show", "show", experiment.cost, after=after)
    elif isinstance(experiment, SearchExperiment):
        _, widths = search_values(experiment, options)
        for width in widths:
            for split in range(experiment.cv):
                cost = experiment.costs(width) * (0.05 if options.quick else 1)
                yield Job(study.id, experiment.id, "fit", f"{width}-{split}", cost, (), width, split, after)
    else:
        cost = experiment.cost * (0.1 if options.quick else 1)
        for seeds in _stacks(experiment, options):
            name = "seed-" + "-".join(map(str, seeds)) if len(seeds) < 3 else f"seeds-{seeds[0]}-{seeds[-1]}"
            yield Job(
                study.id, experiment.id, "train", name, cost * (0.5 + len(seeds) / 2), seeds, after=after
            )


def _stacks(experiment: TrainingExperiment, options: ReproduceOptions) -> list[tuple[int, ...]]:
    """The seeds of an experiment, together where a stack of replicas is faster than one after another."""
    seeds = seeds_for(experiment, options)
    if len(seeds) == 1:
        return [tuple(seeds)]
    network = build(experiment.network, **experiment.options)
    return plan_stacks(network, experiment.recipe, seeds)


def search_values(
    search: SearchExperiment, options: ReproduceOptions
) -> tuple[dict[str, Any], Sequence[int]]:
    """What a search changes of its recipe, and which widths it compares."""
    return (dict(search.quick), search.quick_widths) if options.quick else ({}, search.widths)


def fingerprint(experiment: Experiment, options: ReproduceOptions) -> str:
    """What a kept result must agree in with what is asked for now, as a short text."""
    told: dict[str, Any] = {"quick": options.quick, "mat": str(options.mat or "")}
    if isinstance(experiment, TrainingExperiment):
        told |= {"recipe": to_dict(recipe_for(experiment, options, 0)), "options": dict(experiment.options)}
        told |= {"network": experiment.network, "seeds": seeds_for(experiment, options)}
        told["drawings"] = [(one.id, one.title) for one in experiment.figures]
    elif isinstance(experiment, SearchExperiment):
        told |= {"recipe": to_dict(experiment.recipe), "values": search_values(experiment, options)}
    return hashlib.blake2b(json.dumps(told, sort_keys=True, default=str).encode(), digest_size=8).hexdigest()
