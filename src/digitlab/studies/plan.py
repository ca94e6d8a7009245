"""The jobs of a study: seeds that are trained, folds that are fitted, computations, figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from digitlab.jobs import Job
from digitlab.networks import build
from digitlab.settings import to_dict
from digitlab.studies.datasets import data_digest
from digitlab.studies.experiment_results import recipe_for, seeds_for, train_data
from digitlab.studies.run_job import compute, draw_runs, draw_search
from digitlab.studies.study import (
    Computation,
    Experiment,
    ReproduceOptions,
    SearchExperiment,
    Study,
    TrainingExperiment,
)
from digitlab.studies.train_job import fit_fold, train_runs
from digitlab.training import plan_stacks

__all__ = ["INPUT", "computation_key", "figures_key", "fit_keys", "plan_jobs", "train_keys"]

FIGURE_COST = 0.25
"""Expected seconds of one core for a figure."""
INPUT = "input"
"""Key of the folder that holds a person's own `.mat` file, under the name `MAT_FILE`."""
QUICK_TRAINING, QUICK_FIT = 0.1, 0.05
"""Cost of a quick look's training or fit, as a share of the whole one's."""


def plan_jobs(study: Study, options: ReproduceOptions) -> list[Job]:
    """All jobs of a study under these options."""
    return [job for experiment in study.selected(options) for job in _jobs(study, experiment, options)]


def computation_key(study: Study, experiment: str) -> str:
    """Key of the job that does a computation; its folder holds the files and the figures that it makes."""
    return f"computed/{study.id}/{experiment}"


def figures_key(study: Study, experiment: Experiment) -> str:
    """Key of the job that draws the figures of a training or a search."""
    return f"figures/{study.id}/{experiment.id}"


def train_keys(
    study: Study, experiment: TrainingExperiment, options: ReproduceOptions
) -> dict[str, tuple[int, ...]]:
    """Keys of the jobs that train an experiment, each with the seeds that it trains as one stack."""
    recipe, seeds = recipe_for(experiment, options), seeds_for(experiment, options)
    stacks = [tuple(seeds)]
    if len(seeds) > 1:
        stacks = plan_stacks(build(experiment.network, **experiment.options), recipe, seeds)
    return {f"runs/{study.id}/{experiment.id}/{_stack_name(stack)}": stack for stack in stacks}


def _stack_name(seeds: Sequence[int]) -> str:
    return f"seed-{seeds[0]}" if len(seeds) == 1 else f"seeds-{seeds[0]}-{seeds[-1]}"


def fit_keys(
    study: Study, experiment: SearchExperiment, options: ReproduceOptions
) -> dict[str, tuple[int, int]]:
    """Keys of the jobs of a search, each with its width and its fold."""
    return {
        f"fits/{study.id}/{experiment.id}/{width}-{fold}": (width, fold)
        for width in experiment.widths_for(options)
        for fold in range(experiment.cv)
    }


def _jobs(study: Study, experiment: Experiment, options: ReproduceOptions) -> Iterator[Job]:
    if isinstance(experiment, Computation):
        if experiment.run:
            yield _computation_job(study, experiment, options)
    elif isinstance(experiment, SearchExperiment):
        yield from _search_jobs(study, experiment, options)
    else:
        yield from _training_jobs(study, experiment, options)


def _computation_job(study: Study, experiment: Computation, options: ReproduceOptions) -> Job:
    return Job(
        key=computation_key(study, experiment.id),
        function=compute,
        arguments=_names(study, experiment, options),
        after=(INPUT,) if options.mat else (),
        cost=experiment.cost * (QUICK_TRAINING if options.quick else 1),
        data_digest=data_digest([options.mat] if options.mat else []),
        group=study.id,
    )


def _training_jobs(study: Study, experiment: TrainingExperiment, options: ReproduceOptions) -> Iterator[Job]:
    data = train_data(experiment, options)
    needed = tuple(computation_key(study, name) for name in experiment.needs(options))
    cost = experiment.cost * (QUICK_TRAINING if options.quick else 1)
    keys = train_keys(study, experiment, options)
    for key, seeds in keys.items():
        yield Job(
            key=key,
            function=train_runs,
            arguments={
                "network": experiment.network,
                "options": to_plain(experiment.options),
                "recipe": to_dict(recipe_for(experiment, options, seeds[0])),
                "data": to_dict(data.config),
                "seeds": list(seeds),
                "files": [[split, computation_key(study, name), file] for split, name, file in data.files],
                "pixels_from": computation_key(study, experiment.pixels_from)
                if experiment.pixels_from
                else None,
                "progress_every": experiment.progress_every,
                "score_train": "train" in data.measured_as,
                "loss_errors_of": [
                    split
                    for split, name in data.measured_as.items()
                    if f"{name}_loss" in experiment.published
                ],
            },
            after=needed,
            cost=cost * (0.5 + len(seeds) / 2),
            data_digest=data_digest(),
            group=study.id,
        )
    n_drawn = len(experiment.figures) + len(experiment.tables) + len(experiment.answers)
    n_drawn += bool(experiment.measures)
    if n_drawn:
        yield Job(
            key=figures_key(study, experiment),
            function=draw_runs,
            arguments={
                **_names(study, experiment, options),
                "files": [[split, computation_key(study, name), file] for split, name, file in data.files],
                "stacks": [[key, list(seeds)] for key, seeds in keys.items()],
            },
            after=(*keys, *needed),
            cost=FIGURE_COST * n_drawn,
            data_digest=data_digest(),
            group=study.id,
        )


def _search_jobs(study: Study, experiment: SearchExperiment, options: ReproduceOptions) -> Iterator[Job]:
    changes = dict(experiment.quick) if options.quick else {}
    keys = fit_keys(study, experiment, options)
    for key, (width, fold) in keys.items():
        yield Job(
            key=key,
            function=fit_fold,
            arguments={
                "network": experiment.network,
                "options": to_plain({**experiment.options, "hidden": (width,)}),
                "recipe": {**to_dict(experiment.recipe), **changes, "threads": 1},
                "data": experiment.quick_data if options.quick else experiment.data,
                "validation": experiment.validation,
                "splitter": experiment.splitter,
                "cv": experiment.cv,
                "fold": fold,
            },
            cost=experiment.costs(width) * (QUICK_FIT if options.quick else 1),
            data_digest=data_digest(),
            group=study.id,
        )
    yield Job(
        key=figures_key(study, experiment),
        function=draw_search,
        arguments={
            **_names(study, experiment, options),
            "fits": [[key, width, fold] for key, (width, fold) in keys.items()],
        },
        after=tuple(keys),
        cost=FIGURE_COST,
        group=study.id,
    )


def _names(study: Study, experiment: Experiment, options: ReproduceOptions) -> dict[str, Any]:
    """Which experiment a job is of, and the options of `reproduce` that decide it."""
    return {
        "study": study.id,
        "experiment": experiment.id,
        "quick": options.quick,
        "mat": options.mat.name if options.mat else None,
    }


def to_plain(options: Any) -> dict[str, Any]:
    """Options of a network as plain data for JSON: tuples become lists."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
