"""Training runs: load the data, build, train, evaluate, and leave finished run folders."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.data import Digits
from digitlab.errors import RunError, SettingError
from digitlab.networks import Network, architecture, build, set_projection
from digitlab.runs.config import DataConfig, RunConfig, Splits, configure
from digitlab.runs.evaluate import evaluate_and_save
from digitlab.runs.folder import Run, check_no_run, new_run_folder
from digitlab.runs.progress import both, training_progress
from digitlab.training import (
    Callback,
    Examples,
    FitResult,
    HistoryEntry,
    OnHistory,
    Recipe,
    StepCounts,
    check_training,
    fit,
)
from digitlab.training.checkpoint import Checkpoint
from digitlab.training.hardware import Hardware, choose_hardware

__all__ = [
    "OnStart",
    "TrainingSetup",
    "TrainingStart",
    "resume",
    "train",
    "train_run",
    "train_worker",
]


@dataclass(frozen=True)
class TrainingStart:
    """What is known before the first step.

    Attributes:
        config: Configuration of the run; of a stack, without its seeds.
        seeds: One seed; of a stack, all.
        parameters: Trainable parameters of one network.
        counts: How many steps there are.
        hardware: Device, precision and threads.
    """

    config: RunConfig
    seeds: tuple[int, ...]
    parameters: int
    counts: StepCounts
    hardware: Hardware


OnStart = Callable[[TrainingStart], None]


def train(
    network: str,
    options: Mapping[str, object] | None = None,
    recipe: Recipe | str | None = None,
    data: DataConfig | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
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
        callbacks: Called after every step.
        on_start: Called before the first step, once everything is checked.
        on_history: Called with each history entry as it comes, and 0.
        progress: Whether to show the progress on standard error; None: on a terminal and in a notebook.

    Raises:
        DigitlabError: If a setting, the data or the folder does not do.
    """
    config = configure(network, options, recipe, data)
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
    """Trains one run and shows its progress."""
    with training_progress(f"{config.network}, seed {config.seed}", config.recipe, progress) as told:
        return train_run(
            folder,
            config,
            callbacks=[*callbacks, *told.callbacks],
            on_start=both(told.on_start, on_start),
            on_history=both(told.on_history, on_history),
        )[0]


def resume(
    folder: str | os.PathLike[str],
    *,
    callbacks: Sequence[Callback] = (),
    on_start: OnStart | None = None,
    on_history: OnHistory | None = None,
    progress: bool | None = None,
) -> Run:
    """Resumes the run in `folder` where it was stopped; a finished run is returned as it is.

    Args:
        folder: A folder that `train` made.
        callbacks: As in `train`.
        on_start: As in `train`.
        on_history: As in `train`.
        progress: As in `train`.

    Raises:
        DigitlabError: If the folder holds no run, or its data are no longer there.
    """
    run = Run.open(Path(folder))
    return run if run.finished else _train(run.folder, run.config, callbacks, on_start, on_history, progress)


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
) -> list[Run]:
    """Trains a run, or the runs of several seeds as one stack, from a configuration to finished folders.

    It goes on with what the folder holds already, if that is of the same training: killed and called again,
    it leaves the same bits; finished runs are left as they are. A network with a fixed projection gets the
    principal components of its training images.

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

    Returns:
        The finished runs: one, or one for each seed.

    Raises:
        DigitlabError: If a setting, the data or the folder does not do; nothing is written then.
    """
    setup = TrainingSetup.of(config, splits, seeds)
    folder = folder or new_run_folder(config.network)
    runs = [
        _begin(folder if seeds is None else folder / f"seed-{seed}", setup.config_for(seed))
        for seed in setup.seeds
    ]
    if all(run.finished for run in runs):
        return runs
    if on_start:
        on_start(setup.start())

    def record(entry: HistoryEntry, member: int) -> None:
        if not runs[member].finished:
            runs[member].append_history(entry)
        if on_history:
            on_history(entry, member)

    checkpoint = folder / "checkpoint"
    results = setup.fit(callbacks, record, Checkpoint(checkpoint))
    scored = {name: each for name, each in setup.examples.items() if score_train or name != "train"}
    scored = scored or dict(setup.examples)  # nothing else to measure it by
    for run, network, fitted in zip(runs, setup.networks, results, strict=True):
        if not run.finished:
            evaluate_and_save(run, network, fitted, scored, setup.load_seconds, figures)
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
    setup = TrainingSetup.of(config)
    setup.fit((), None, Run.open(folder).checkpoint if folder else None)


@dataclass(frozen=True, eq=False)
class TrainingSetup:
    """A training whose data are loaded, whose networks are built, and of which everything is checked.

    Attributes:
        config: With all options of the network.
        seeds: One; of a stack, all.
        networks: One for each seed, untrained.
        examples: The splits by name.
        load_seconds: How long loading took.
        stacked: Whether the seeds take the place of the recipe's.
    """

    config: RunConfig
    seeds: tuple[int, ...]
    networks: list[Network]
    examples: Mapping[str, Examples]
    load_seconds: float
    stacked: bool

    @classmethod
    def of(
        cls, config: RunConfig, splits: Splits | None = None, seeds: Sequence[int] | None = None
    ) -> TrainingSetup:
        """Loads, builds and checks; the arguments are those of `train_run`.

        Raises:
            DigitlabError: If a setting or the data do not do.
        """
        architecture(config.network).with_defaults(config.options)
        config.data.check()
        started = time.perf_counter()
        splits = splits or config.data.load()
        load_seconds = time.perf_counter() - started
        own_seeds = (config.seed,) if seeds is None else tuple(seeds)
        options = _fit_options(config, splits.train)
        networks = [build(config.network, seed=seed, **options) for seed in own_seeds]
        _check_outputs(networks[0])
        examples = {name: Examples.of(digits) for name, digits in splits.by_name().items()}
        check_training(networks[0], config.recipe, examples["train"], examples.get("validation"))
        for each in examples.values():
            each.check_fit(networks[0])
        _fill_projections(networks, splits.train)
        complete = replace(config, options=networks[0].options)
        return cls(complete, own_seeds, networks, examples, load_seconds, seeds is not None)

    def config_for(self, seed: int) -> RunConfig:
        """The configuration of one seed's run."""
        return replace(self.config, recipe=replace(self.config.recipe, seed=seed))

    def start(self) -> TrainingStart:
        """What is known before the first step."""
        network, recipe = self.networks[0], self.config.recipe
        counts = StepCounts.of(recipe, len(self.examples["train"]))
        hardware = choose_hardware(recipe, network)
        return TrainingStart(self.config, self.seeds, network.parameter_count(), counts, hardware)

    def fit(
        self, callbacks: Sequence[Callback], on_history: OnHistory | None, checkpoint: Checkpoint | None
    ) -> list[FitResult]:
        """Trains the networks in place."""
        train, validation = self.examples["train"], self.examples.get("validation")
        more: dict[str, Any] = {
            "extra_eval": self.examples.get("extra"),
            "callbacks": callbacks,
            "on_history": on_history,
            "checkpoint": checkpoint,
        }
        if self.stacked:
            return fit(self.networks, self.config.recipe, train, validation, seeds=self.seeds, **more)
        return [fit(self.networks[0], self.config.recipe, train, validation, **more)]


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


def _fit_options(config: RunConfig, train: Digits) -> dict[str, Any]:
    """The network's options, with `inputs` from the images where the network takes any size."""
    if architecture(config.network).input_shape is None:
        return {"inputs": train.height * train.width, **config.options}
    return dict(config.options)


def _check_outputs(network: Network) -> None:
    if network.options.get("outputs", 10) != 10:
        raise SettingError(
            f"option of {network.name} outputs={network.options['outputs']}: there are ten digits",
            "Leave outputs out, or train DigitClassifier on classes of your own.",
        )


def _fill_projections(networks: Sequence[Network], train: Digits) -> None:
    """Fills the fixed projection of networks that have one: principal components of the training images."""
    if not (n_components := networks[0].options.get("components", 0)):
        return
    from sklearn.decomposition import PCA

    ink = train.ink().reshape(len(train), -1)
    if n_components > min(ink.shape):
        raise SettingError(
            f"option of {networks[0].name} components={n_components}: "
            f"{len(ink)} images of {ink.shape[1]} pixels have {min(ink.shape)} principal components",
            "Ask for fewer.",
        )
    pca = PCA(n_components=n_components, svd_solver="covariance_eigh").fit(ink)
    for network in networks:
        set_projection(network, np.asarray(pca.mean_), np.asarray(pca.components_))
