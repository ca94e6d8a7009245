"""Training of one network with several seeds: stacked where that is faster, else as parallel jobs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from digitlab.arguments import check_arguments
from digitlab.errors import DigitlabError, RunError, SettingError
from digitlab.jobs import (
    Job,
    JobExecutor,
    JobReport,
    Progress,
    ResultStore,
    local_executor,
    ray_executor,
    run_jobs,
)
from digitlab.machine import available_cores
from digitlab.networks import build
from digitlab.runs.claim import check_unclaimed
from digitlab.runs.config import DataConfig, RunConfig, Splits, configure
from digitlab.runs.data_record import check_same_data, digest_splits
from digitlab.runs.folder import Run, check_no_run, new_run_folder
from digitlab.runs.further import MoreTraining, undone_on_error
from digitlab.runs.progress import both, resumable, training_progress
from digitlab.runs.seed_folder import SeedRuns
from digitlab.runs.seed_jobs import DATA, train_job, write_splits
from digitlab.runs.setup import OnStart, TrainingSetup, TrainingStart
from digitlab.runs.teachers import plan_own_teachers, teacher_files, trains_own_teachers, without_teachers
from digitlab.runs.train import train_own_teachers, train_run
from digitlab.settings import to_dict
from digitlab.training import Callback, OnHistory, Recipe, StepCounts, plan_stacks
from digitlab.training.hardware import choose_hardware

__all__ = ["resume_seeds", "train_seeds", "train_seeds_configured"]

STACK = "stack"


@check_arguments
def train_seeds(
    network: str,
    options: Mapping[str, object] | None = None,
    recipe: Recipe | str | None = None,
    data: DataConfig | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
    seeds: int,
    ray: str | None = None,
    teachers: Sequence[str | os.PathLike[str]] = (),
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_run: Callable[[Run], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    progress: bool | None = None,
) -> tuple[Path, list[Run]]:
    """Trains the same network several times, with the seeds from `recipe.seed` on.

    Small dense networks are trained together as one stack (`plan_stacks`); others as jobs, in one process
    for each core with one thread each, or on a Ray cluster.

    Args:
        network: As in `train`.
        options: As in `train`.
        recipe: As in `train`; its seed is the first.
        data: As in `train`.
        out: A folder for the runs, which are called `seed-N` in it; by default as in `train`.
        seeds: How many.
        ray: Address of a Ray cluster; None: this machine.
        teachers: As in `train`.
        callbacks: Called after every step of a stack in this process.
        on_start: Called before the first step of a stack in this process.
        on_run: Called with each run as it is finished.
        on_progress: Called with the progress of the jobs, each second.
        progress: As in `train`.

    Returns:
        The folder and the finished runs in it, by seed.

    Raises:
        DigitlabError: As `train` does.
        TrainingSuspended: If a callback has suspended a stack in this process; it can be resumed.
    """
    return train_seeds_configured(
        configure(network, options, recipe, data, teacher_files(teachers)),
        out,
        seeds=seeds,
        ray=ray,
        callbacks=callbacks,
        on_start=on_start,
        on_run=on_run,
        on_progress=on_progress,
        progress=progress,
    )


def train_seeds_configured(
    config: RunConfig,
    out: str | os.PathLike[str] | None = None,
    *,
    seeds: int,
    ray: str | None = None,
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_run: Callable[[Run], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    progress: bool | None = None,
) -> tuple[Path, list[Run]]:
    """Trains several seeds of a run from its whole configuration.

    Args:
        config: Of the run with the first seed.
        out: As in `train_seeds`.
        seeds: As in `train_seeds`.
        ray: As in `train_seeds`.
        callbacks: As in `train_seeds`.
        on_start: As in `train_seeds`.
        on_run: As in `train_seeds`.
        on_progress: As in `train_seeds`.
        progress: As in `train`.

    Returns:
        As `train_seeds` does.

    Raises:
        DigitlabError: As `train` does.
        TrainingSuspended: As `train_seeds` does.
    """
    if seeds < 1:
        raise SettingError(f"seeds={seeds}", "Train at least 1.")
    splits = config.data.load()
    recipe, checked = config.recipe, without_teachers(config) if trains_own_teachers(config) else config
    # Checks everything before anything is written, but for teachers that are not trained yet.
    config = TrainingSetup.of(checked, splits).config
    out = None if out is None else Path(out)
    if out is not None:
        check_no_run(out)
    cluster = ray_executor(ray) if ray else None
    out = out or new_run_folder(config.network)
    config = plan_own_teachers(replace(config, recipe=recipe), out)
    runs = SeedRuns(out, config, tuple(range(config.seed, config.seed + seeds)))
    runs.save()
    how = _Options(cluster, callbacks, on_start, on_run, on_progress)
    return runs.folder, _finish_and_show(runs, splits, how, progress)


@check_arguments
def resume_seeds(
    folder: str | os.PathLike[str],
    *,
    epochs: int | None = None,
    max_steps: int | None = None,
    more_epochs: int | None = None,
    ray: str | None = None,
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_run: Callable[[Run], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    progress: bool | None = None,
) -> list[Run]:
    """Resumes what `train_seeds` left unfinished in `folder`, or trains all seeds for more epochs.

    Args:
        folder: A folder that `train_seeds` made.
        epochs: As in `resume`.
        max_steps: As in `resume`.
        more_epochs: As in `resume`.
        ray: As in `train_seeds`.
        callbacks: As in `train_seeds`.
        on_start: As in `train_seeds`.
        on_run: As in `train_seeds`.
        on_progress: As in `train_seeds`.
        progress: As in `train`.

    Returns:
        All runs, by seed.

    Raises:
        DigitlabError: If the folder holds no runs of seeds, their data are no longer there, or one is being
            trained.
        TrainingSuspended: As `train_seeds` does.
    """
    more, runs = MoreTraining(epochs, max_steps, more_epochs), SeedRuns.open(Path(folder))
    folders = [runs.folder, *(runs.run_folder(seed) for seed in runs.seeds)]
    check_unclaimed(folders[1:])
    with undone_on_error(folders) if more else nullcontext():
        runs = more.reopen_seeds(runs)
        if len(finished := runs.finished()) == len(runs.seeds):
            return finished
        cluster = ray_executor(ray) if ray else None
        options = _Options(cluster, callbacks, on_start, on_run, on_progress, adopt=bool(more))
        splits = runs.config.data.load()
        check_same_data(folders[1:], digest_splits(splits))
        return _finish_and_show(runs, splits, options, progress)


@dataclass(frozen=True)
class _Options:
    cluster: JobExecutor | None
    callbacks: Sequence[Callback]
    on_start: OnStart | None
    on_run: Callable[[Run], None] | None
    on_progress: Callable[[Progress], None] | None
    on_history: OnHistory | None = None
    adopt: bool = False
    """Whether what is in the seeds' folders is theirs to go on with, although it is not of the same jobs."""

    def tell(self, run: Run) -> None:
        if self.on_run:
            self.on_run(run)


def _finish_and_show(runs: SeedRuns, splits: Splits, options: _Options, progress: bool | None) -> list[Run]:
    """Trains what a folder of seeds lacks, teachers of its own first, and shows the progress."""
    train_own_teachers(runs.config, runs.folder, progress)
    title = f"{runs.config.network}, seeds {runs.seeds[0]} to {runs.seeds[-1]}"
    with training_progress(title, runs.config.recipe, progress) as told, resumable(runs.folder):
        return _finish(
            runs,
            splits,
            replace(
                options,
                callbacks=[*options.callbacks, *told.callbacks],
                on_start=both(told.on_start, options.on_start),
                on_history=told.on_history,
                on_progress=both(partial(told.on_jobs, folder=runs.folder), options.on_progress),
            ),
        )


def _finish(runs: SeedRuns, splits: Splits, options: _Options) -> list[Run]:
    """Trains what a folder of seeds lacks."""
    config, seeds = runs.config, runs.seeds
    stacks = plan_stacks(build(config.network, **config.options), config.recipe, seeds)
    stacked = len(stacks) == 1
    if stacked and (options.cluster is None or runs.run_folder(seeds[0]).exists()):
        trained = train_run(
            runs.folder,
            config,
            splits,
            seeds=seeds,
            callbacks=options.callbacks,
            on_start=options.on_start,
            on_history=options.on_history,
        )
        shutil.rmtree(runs.folder / STACK, ignore_errors=True)  # of a cluster that was given up
        for run in trained:
            options.tell(run)
        return trained
    if options.on_start:
        options.on_start(_start(runs, splits))
    if stacked:
        jobs = [_job(runs, STACK, config, seeds)]
    else:
        done = {run.config.seed for run in runs.finished()}
        jobs = [_seed_job(runs, seed) for seed in seeds if seed not in done]
    report = _run(runs, jobs, splits, options)
    if report.failed:
        key, reason = next(iter(report.failed.items()))
        error = report.errors[key]
        if isinstance(error, DigitlabError):
            raise error
        raise RunError(
            f"{key} was not trained: {reason}",
            f"Go on with what is missing: digitlab train --resume {runs.folder}.",
        )
    return runs.finished()


def _start(runs: SeedRuns, splits: Splits) -> TrainingStart:
    config = replace(runs.config, recipe=replace(runs.config.recipe, threads=runs.config.recipe.threads or 1))
    network = build(config.network, **config.options)
    counts = StepCounts.of(config.recipe, len(splits.train))
    hardware = choose_hardware(config.recipe, network)
    return TrainingStart(config, runs.seeds, network.parameter_count(), counts, hardware)


def _seed_job(runs: SeedRuns, seed: int) -> Job:
    """The job that trains one seed in a process of its own, with one thread."""
    recipe = replace(runs.config.recipe, seed=seed, threads=runs.config.recipe.threads or 1)
    return _job(runs, runs.run_folder(seed).name, replace(runs.config, recipe=recipe), None)


def _job(runs: SeedRuns, key: str, config: RunConfig, seeds: Sequence[int] | None) -> Job:
    arguments = {"config": to_dict(config), "seeds": list(seeds) if seeds else None}
    return Job(key, train_job, arguments, after=(DATA,))


def _run(runs: SeedRuns, jobs: Sequence[Job], splits: Splits, options: _Options) -> JobReport:
    """Does the jobs, and leaves in the folder what a training without jobs leaves there."""
    told: set[str] = set()

    def on_progress(progress: Progress) -> None:
        for key in progress.done - told:
            told.add(key)
            for run in _collect(runs, key):
                options.tell(run)
        if options.on_progress:
            options.on_progress(progress)

    with tempfile.TemporaryDirectory() as name:
        digest = write_splits(splits, Path(name))
        jobs, store = [replace(job, data_digest=digest) for job in jobs], ResultStore(runs.folder)
        for job in jobs:
            if options.adopt and (store.folder(job) / "run.json").exists():
                store.adopt(job)
        with options.cluster or local_executor(min(available_cores(), len(jobs))) as executor:
            return run_jobs(
                jobs,
                executor,
                store,
                given={DATA: Path(name)},
                on_progress=on_progress,
            )


def _collect(runs: SeedRuns, key: str) -> list[Run]:
    """Takes the runs of a finished job out of its output folder, if they are a stack."""
    folder = runs.folder / key
    if key != STACK:
        (folder / "job.json").unlink(missing_ok=True)
        return [Run.open(folder)]
    for seed in runs.seeds:
        if (path := folder / f"seed-{seed}").exists():
            path.rename(runs.run_folder(seed))
    if (state := folder / "checkpoint").exists():
        shutil.rmtree(runs.folder / "checkpoint", ignore_errors=True)
        state.rename(runs.folder / "checkpoint")
    shutil.rmtree(folder)
    return runs.finished()
