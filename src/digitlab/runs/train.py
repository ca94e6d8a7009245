"""Training runs: load the data, build, train, evaluate, and leave finished run folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from digitlab.arguments import check_arguments
from digitlab.errors import RunError
from digitlab.networks import save_network
from digitlab.runs.claim import check_unclaimed, claim_runs
from digitlab.runs.config import DataConfig, RunConfig, Splits, configure
from digitlab.runs.data_record import check_same_data, record_data
from digitlab.runs.evaluate import evaluate_and_save
from digitlab.runs.folder import Run, check_no_run, new_run_folder
from digitlab.runs.further import MoreTraining, fine_tuning_config, undone_on_error
from digitlab.runs.progress import both, resumable, training_progress
from digitlab.runs.rate_changes import repeat_rate_changes
from digitlab.runs.setup import INITIAL_WEIGHTS, OnStart, TrainingSetup
from digitlab.runs.teachers import (
    copy_teachers,
    own_teachers,
    plan_own_teachers,
    teacher_files,
    trains_own_teachers,
    without_teachers,
)
from digitlab.settings import to_dict
from digitlab.training import Callback, HistoryEntry, OnHistory, Recipe
from digitlab.training.checkpoint import Checkpoint

__all__ = [
    "fine_tune",
    "resume",
    "train",
    "train_configured",
    "train_own_teachers",
    "train_run",
    "train_worker",
]


@check_arguments
def train(
    network: str,
    options: Mapping[str, object] | None = None,
    recipe: Recipe | str | None = None,
    data: DataConfig | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
    teachers: Sequence[str | os.PathLike[str]] = (),
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_history: OnHistory | None = None,
    progress: bool | None = None,
) -> Run:
    """Trains a network and leaves a finished run. `digitlab train` with the same settings does the same.

    Args:
        network: A name from `ARCHITECTURES`.
        options: Its options. `inputs`, where the network has it, is by default the size of the data.
        recipe: How to train, or a recipe's name; by default the one named as the network, else `default`.
        data: What to train on; by default MNIST with a tenth held out for validation.
        out: The run's folder; by default the next free `runs/NETWORK-N`.
        teachers: Runs, folders of runs or `.safetensors` files whose networks teach this one
            (recipe field `distillation`).
        callbacks: Called after every step.
        on_start: Called before the first step, once everything is checked.
        on_history: Called with each history entry as it comes, and 0.
        progress: Whether to show the progress on standard error; None: on a terminal and in a notebook.

    Raises:
        DigitlabError: If a setting, the data or the folder does not do.
        TrainingSuspended: If a callback has suspended the training; it can be resumed.
    """
    return train_configured(
        configure(network, options, recipe, data, teacher_files(teachers)),
        out,
        callbacks=callbacks,
        on_start=on_start,
        on_history=on_history,
        progress=progress,
    )


def train_configured(
    config: RunConfig,
    out: str | os.PathLike[str] | None = None,
    *,
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_history: OnHistory | None = None,
    progress: bool | None = None,
) -> Run:
    """Trains a run from its whole configuration; `train` and `fine_tune` are made of it.

    Args:
        config: Of the run.
        out: As in `train`.
        callbacks: As in `train`.
        on_start: As in `train`.
        on_history: As in `train`.
        progress: As in `train`.

    Raises:
        DigitlabError: As `train` does.
        TrainingSuspended: As `train` does.
    """
    folder = None if out is None else Path(out)
    if folder is not None:
        check_no_run(folder)
    return _train(folder, config, callbacks, on_start, on_history, progress)


def _train(
    folder: Path | None,
    config: RunConfig,
    callbacks: Sequence[Callback],
    on_start: OnStart | None,
    on_history: OnHistory | None,
    progress: bool | None,
) -> Run:
    """Trains one run, its own teachers first, and shows the progress."""
    if trains_own_teachers(config):
        complete = TrainingSetup.of(without_teachers(config)).config  # checks what can be checked by now
        folder = folder or new_run_folder(config.network)
        config = plan_own_teachers(replace(complete, recipe=config.recipe), folder)
        Run.create(folder, config)
    if folder is not None:
        train_own_teachers(config, folder, progress)
    with training_progress(f"{config.network}, seed {config.seed}", config.recipe, progress) as told:
        return train_run(
            folder,
            config,
            callbacks=[*callbacks, *told.callbacks],
            on_start=both(told.on_start, on_start),
            on_history=both(told.on_history, on_history),
        )[0]


def train_own_teachers(config: RunConfig, folder: Path, progress: bool | None) -> None:
    """Trains the teachers of a run that it trains itself, as far as they are not trained yet.

    Args:
        config: Of the run, with its teachers.
        folder: Its folder, or that of all its seeds.
        progress: As in `train`.

    Raises:
        DigitlabError: As `train` does.
    """
    for place, own in own_teachers(config, folder):
        title = f"teacher, seed {own.seed}"
        with training_progress(title, own.recipe, progress) as told, resumable(folder):
            train_run(
                place, own, callbacks=told.callbacks, on_start=told.on_start, on_history=told.on_history
            )


@check_arguments
def fine_tune(
    source: str | os.PathLike[str],
    recipe: Recipe | str | None = None,
    data: DataConfig | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_history: OnHistory | None = None,
    progress: bool | None = None,
) -> Run:
    """Trains the weights of a finished run further, as a new run: on other data, or by another recipe.

    `digitlab train --from SOURCE` does the same. The optimizer starts anew; to train a run for more epochs as
    if it had had them from the start, see `resume`.

    Args:
        source: A run folder, a folder of runs (the first is taken), or a `.safetensors` file.
        recipe: As in `train`; by default that of the run.
        data: As in `train`; by default that of the run.
        out: As in `train`.
        callbacks: As in `train`.
        on_start: As in `train`.
        on_history: As in `train`.
        progress: As in `train`.

    Raises:
        DigitlabError: If there are no weights, or a setting, the data or the folder does not do.
        TrainingSuspended: If a callback has suspended the training; it can be resumed.
    """
    return train_configured(
        fine_tuning_config(source, recipe, to_dict(data) if data else None),
        out,
        callbacks=callbacks,
        on_start=on_start,
        on_history=on_history,
        progress=progress,
    )


@check_arguments
def resume(
    folder: str | os.PathLike[str],
    *,
    epochs: int | None = None,
    max_steps: int | None = None,
    more_epochs: int | None = None,
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_history: OnHistory | None = None,
    progress: bool | None = None,
) -> Run:
    """Resumes the run in `folder` where it was stopped, or trains a finished run for more epochs.

    With more epochs it ends with the weights of one long run, to the bit. Without, a finished run is returned
    as it is.

    Args:
        folder: A folder that `train` made.
        epochs: How many epochs it shall have in all.
        max_steps: How many steps, for a run whose recipe counts steps.
        more_epochs: How many epochs more.
        callbacks: As in `train`.
        on_start: As in `train`.
        on_history: As in `train`.
        progress: As in `train`.

    Raises:
        DigitlabError: If the folder holds no run, its data are no longer there, or it cannot go on or is
            being trained.
        TrainingSuspended: If a callback has suspended the training; it can be resumed.
    """
    run, more = Run.open(Path(folder)), MoreTraining(epochs, max_steps, more_epochs)
    check_unclaimed([run.folder])
    with undone_on_error([run.folder]) if more else nullcontext():
        run = more.reopen(run)
        if run.finished:
            return run
        return _train(run.folder, run.config, callbacks, on_start, on_history, progress)


def train_run(
    folder: Path | None,
    config: RunConfig,
    splits: Splits | None = None,
    *,
    seeds: Sequence[int] | None = None,
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_history: OnHistory | None = None,
    score_train: bool = True,
    figures: bool = True,
    keep_state: bool = True,
) -> list[Run]:
    """Trains a run, or the runs of several seeds as one stack, from a configuration to finished folders.

    It goes on with what the folder holds already, if that is of the same training: killed and called again,
    it leaves the same bits; finished runs are left as they are. Learning rates that were changed by hand
    (`rate_changes.py`) are changed again at the same steps. No other process may train it meanwhile.

    A network with a fixed projection gets the principal components of its training images.

    Args:
        folder: The run's folder; of a stack, the folder of its runs, which are called `seed-N`. None: the
            next free `runs/NETWORK-N`.
        config: What to train. Options that it leaves out have their defaults, and `inputs` the size of the
            data.
        splits: The digits, where they are loaded already; None: as `config.data` says.
        seeds: The seeds of a stack, which take the place of the recipe's; None: one run.
        callbacks: Called after every step.
        on_start: Called before the first step, once everything is checked.
        on_history: Called with each history entry as it comes, and the index of its seed.
        score_train: Whether the finished network is evaluated on its training split, too; it is in any case
            where there is no other split.
        figures: Whether learning curves and confusion matrix are drawn.
        keep_state: Whether the state of training stays in `checkpoint/`, so that more epochs can follow.

    Returns:
        The finished runs: one, or one for each seed.

    Raises:
        DigitlabError: If a setting, the data or the folder does not do; nothing is written then.
        TrainingSuspended: If a callback has suspended the training; it can be resumed.
    """
    setup = TrainingSetup.of(config, splits, seeds, folder)
    folder = folder or new_run_folder(config.network)
    folders = [folder if seeds is None else folder / f"seed-{seed}" for seed in setup.seeds]
    check_same_data(folders, setup.digests)
    runs = [_begin(own, setup.config_for(seed)) for own, seed in zip(folders, setup.seeds, strict=True)]
    for own in folders:
        record_data(own, setup.digests)
    if all(run.finished for run in runs):
        return runs

    def record(entry: HistoryEntry, member: int) -> None:
        if not runs[member].finished:
            runs[member].append_history(entry)
        if on_history:
            on_history(entry, member)

    checkpoint = folder / "checkpoint"
    callbacks = [*repeat_rate_changes(folder), *callbacks]
    scored = {name: each for name, each in setup.examples.items() if score_train or name != "train"}
    scored = scored or dict(setup.examples)  # nothing else to measure it by
    with resumable(folder), claim_runs(folders):
        if config.initial_weights is not None and not (folder / INITIAL_WEIGHTS).exists():
            save_network(setup.networks[0], folder / INITIAL_WEIGHTS)
        copy_teachers(config, folder)
        if on_start:
            on_start(setup.start())
        results = setup.fit(callbacks, record, Checkpoint(checkpoint), keep_state)
        for run, network, fitted in zip(runs, setup.networks, results, strict=True):
            if not run.finished:
                evaluate_and_save(run, network, fitted, scored, setup.load_seconds, figures)
        if not keep_state:
            shutil.rmtree(checkpoint, ignore_errors=True)
    return runs


def train_worker(config: RunConfig, folder: Path | None = None) -> None:
    """Takes part in training one network with other processes (`training/distributed.py`); writes nothing.

    Args:
        config: What is trained, the same in every process.
        folder: The run that is resumed; None for a new one.

    Raises:
        DigitlabError: As `train` does.
    """
    setup = TrainingSetup.of(config, folder=folder)
    setup.fit((), None, Run.open(folder).checkpoint if folder else None)


def _begin(folder: Path, config: RunConfig) -> Run:
    """The run in `folder`, which is begun there if there is none.

    Raises:
        RunError: If the folder holds the run of another training.
    """
    if not (folder / "run.json").exists():
        return Run.create(folder, config)
    run = Run.open(folder)
    if not run.config.same_training(config):
        raise RunError(f"{folder} holds a run of other settings", "Choose another folder.")
    return run
